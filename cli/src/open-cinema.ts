/**
 * Opens a cinema, or the part of it that a process needs; closing goes the same way back. Over embedded stores that is
 * the data folder and everything in it; over servers it is some roles and stores, beside any number of other processes.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { createLog, type Log } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { type Cinema, type CinemaDeps, composeCinema } from "./compose.ts";
import type { Report } from "./console.ts";
import { type DataFolder, takeDataFolder, turnLog } from "./data-folder.ts";
import { openStores, STORE_NAMES, type StoreName } from "./open-stores.ts";
import { neededStoresOf, ROLE_NAMES, type RoleName, storesOf } from "./roles/table.ts";
import type { ResolvedSettings, Settings } from "./settings.ts";

interface Opened extends AsyncDisposable {
  readonly cinema: Cinema;
  close(): Promise<void>;
}

export interface OpenedCinema extends Opened {
  readonly folder: DataFolder;
}

export const VERSION = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

const WEB_ROOT = fileURLToPath(new URL("../../web/dist", import.meta.url));

const systemDeps = (): Pick<CinemaDeps, "clock" | "rng" | "codeVersion" | "web"> => ({
  clock: systemClock,
  // Only for names that must not collide (generations); what a model does comes from the seed of its run.
  rng: createRng(systemClock.now() >>> 0),
  codeVersion: VERSION,
  ...(existsSync(join(WEB_ROOT, "index.html")) ? { web: { root: WEB_ROOT } } : {}),
});

/** The whole cinema, over a data folder of which this process is the one owner. */
export async function openCinema(
  settings: Settings,
  options: {
    readonly report: (report: Report) => void;
    /** The world of a folder that holds none yet; default: empty. */
    readonly worldWhenNew?: "demo" | "empty";
    /** Default: yes. */
    readonly foldsStates?: boolean;
    /** Default: no. */
    readonly archives?: boolean;
  },
): Promise<OpenedCinema> {
  const { report, worldWhenNew = "empty", foldsStates = true, archives = false } = options;
  const folder = takeDataFolder(settings.dataDir);
  const logFile = logFileOf(settings);
  if (logFile) turnLog(logFile);
  const log = createLog({ level: settings.logLevel, service: "thewatcher", ...(logFile ? { file: logFile } : {}) });
  const lifecycle = createLifecycle(log);
  lifecycle.own("data folder", folder, (it) => it[Symbol.dispose]());
  try {
    if (!folder.world)
      folder.setWorld({
        world: worldWhenNew,
        ready: worldWhenNew === "empty",
        madeAt: systemClock.now(),
        seed: settings.seed,
      });
    report({ stage: "opening the stores" });
    const stores = await openStores(STORE_NAMES, { settings, clock: systemClock, log }, lifecycle);
    const cinema = await composeCinema(
      {
        ...systemDeps(),
        roles: ROLE_NAMES,
        stores,
        storeNames: STORE_NAMES,
        neededStores: STORE_NAMES,
        settings,
        log,
        foldsStates,
        archives,
        world: () => folder.world?.world ?? "empty",
      },
      lifecycle,
    );
    return { cinema, folder, close: lifecycle.close, [Symbol.asyncDispose]: lifecycle.close };
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

/** Some roles and stores over servers: no data folder, no owner. */
export async function openShared(
  { values: settings, origins }: ResolvedSettings,
  needs: {
    readonly roles: readonly RoleName[];
    /** Beside those of the roles. */
    readonly stores?: readonly StoreName[];
    /** A store that is away is no reason not to open the others. */
    readonly tolerant?: boolean;
    readonly logLevel?: string;
  },
): Promise<Opened> {
  const { roles } = needs;
  const storeNames = [...new Set([...storesOf(roles), ...(needs.stores ?? [])])];
  const log = createSharedLog({ values: settings, origins }, needs.logLevel);
  const lifecycle = createLifecycle(log);
  try {
    const { tolerant = false } = needs;
    const stores = await openStores(storeNames, { settings, clock: systemClock, log, tolerant }, lifecycle);
    const cinema = await composeCinema(
      {
        ...systemDeps(),
        roles,
        stores,
        storeNames,
        neededStores: neededStoresOf(roles),
        settings,
        log,
        foldsStates: true,
        archives: true,
        world: () => "empty",
      },
      lifecycle,
    );
    return { cinema, close: lifecycle.close, [Symbol.asyncDispose]: lifecycle.close };
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

/** To standard error, unless a file is asked for: a process without a data folder has no place of its own. */
function createSharedLog({ values, origins }: ResolvedSettings, level = values.logLevel): Log {
  const file = origins.logFile === "default" ? undefined : logFileOf(values);
  return createLog({
    level: origins.logLevel === "default" ? level : values.logLevel,
    service: "thewatcher",
    ...(file ? { file } : {}),
  });
}

function logFileOf({ logFile, dataDir }: Settings): string | undefined {
  if (logFile === "-") return undefined;
  return isAbsolute(logFile) ? logFile : join(dataDir, logFile);
}
