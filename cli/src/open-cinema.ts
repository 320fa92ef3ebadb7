/** Opens the data folder, the stores and the cinema over them; closing goes the same way back. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { createLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { type Cinema, composeCinema } from "./compose.ts";
import type { Report } from "./console.ts";
import { type DataFolder, takeDataFolder, turnLog } from "./data-folder.ts";
import { openStores } from "./open-stores.ts";
import type { Settings } from "./settings.ts";

export interface OpenedCinema extends AsyncDisposable {
  readonly cinema: Cinema;
  readonly folder: DataFolder;
  close(): Promise<void>;
}

export type OpenCinema = (options: {
  readonly report: (report: Report) => void;
  /** The world of a folder that holds none yet; default: empty. */
  readonly worldWhenNew?: "demo" | "empty";
  /** Default: yes. */
  readonly foldsStates?: boolean;
}) => Promise<OpenedCinema>;

export const VERSION = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

const WEB_ROOT = fileURLToPath(new URL("../../web/dist", import.meta.url));

export function createOpenCinema(settings: Settings): OpenCinema {
  return async ({ report, worldWhenNew = "empty", foldsStates = true }) => {
    const folder = takeDataFolder(settings.dataDir);
    const logFile =
      settings.logFile === "-"
        ? undefined
        : isAbsolute(settings.logFile)
          ? settings.logFile
          : join(settings.dataDir, settings.logFile);
    if (logFile) turnLog(logFile);
    const log = createLog({ level: settings.logLevel, service: "thewatcher", ...(logFile ? { file: logFile } : {}) });
    const clock = systemClock;
    const lifecycle = createLifecycle(log);
    lifecycle.own("data folder", folder, (it) => it[Symbol.dispose]());
    try {
      if (!folder.world)
        folder.setWorld({
          world: worldWhenNew,
          ready: worldWhenNew === "empty",
          madeAt: clock.now(),
          seed: settings.seed,
        });
      report({ stage: "opening the stores" });
      const stores = await openStores({ settings, clock, log }, lifecycle);
      report({ stage: "bringing the schemas up to date" });
      await Promise.all([stores.database.migrate(), stores.warehouse.migrate()]);
      const cinema = await composeCinema(
        {
          stores,
          settings,
          clock,
          // Only for names that must not collide (generations); what a model does comes from the seed of its run.
          rng: createRng(clock.now() >>> 0),
          log,
          codeVersion: VERSION,
          foldsStates,
          world: () => folder.world?.world ?? "empty",
          ...(existsSync(join(WEB_ROOT, "index.html")) ? { web: { root: WEB_ROOT } } : {}),
        },
        lifecycle,
      );
      return { cinema, folder, close: lifecycle.close, [Symbol.asyncDispose]: lifecycle.close };
    } catch (error) {
      await lifecycle.close();
      throw error;
    }
  };
}
