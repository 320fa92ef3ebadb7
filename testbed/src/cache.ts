/**
 * Where installed servers lie: one folder a name and version, outside of the repository, shared by every checkout.
 *
 * An installation is built in a folder of its own and published by one rename, so what is found is whole: a crash half-way
 * leaves nothing that looks installed, and two at once can only waste work. A lock (a link that names its holder, made in
 * one step) makes the second wait for the first; a lock whose holder is gone is taken over.
 */
import { existsSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { identify, isSameProcess, type ProcessIdentity } from "./processes.ts";

/** Written last; what it says is for people. */
const MARKER = "installed.json";
const LOCK_POLL_MS = 100;
/** The longest build takes 8 minutes on two busy cores, behind another of the same length. */
const LOCK_MS_MAX = 40 * 60_000;

export interface InstallContext {
  /** Default: `cacheRoot()`. */
  readonly cacheFolder: string;
  /** One line on what happens now. */
  readonly say: (line: string) => void;
}

export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "thewatcher-testbed");
}

export const defaultContext = (say: (line: string) => void = () => {}): InstallContext => ({
  cacheFolder: cacheRoot(),
  say,
});

/** The folder of a finished installation. */
export function installedFolder(release: string, cacheFolder = cacheRoot()): string | undefined {
  const folder = join(cacheFolder, release);
  return existsSync(join(folder, MARKER)) ? folder : undefined;
}

export function requireInstalled(release: string): string {
  const folder = installedFolder(release);
  if (folder === undefined) throw new Error(`${release} is not installed: npm run services -- install`);
  return folder;
}

/**
 * The folder in which `release` (`kafka-4.4.0`) is installed; `build` fills the folder it is given where it is not yet.
 * What is built must not know its own path: it is moved to its place when it is whole.
 */
export async function installOnce(
  release: string,
  context: InstallContext,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const place = join(context.cacheFolder, release);
  const found = () => installedFolder(release, context.cacheFolder);
  if (found()) return place;
  await mkdir(context.cacheFolder, { recursive: true });
  const unlock = await lock(
    `${place}.lock`,
    (pid) => context.say(`${release}: process ${pid} is installing it; waiting`),
    found,
  );
  try {
    if (found()) return place;
    await removeAbandoned(context.cacheFolder, release);
    const building = await mkdtemp(`${place}.building-`);
    const startedMs = systemClock.monotonicMs();
    context.say(`${release}: installing`);
    try {
      await build(building);
      const seconds = Math.round((systemClock.monotonicMs() - startedMs) / 1000);
      const installedAt = new Date(systemClock.now()).toISOString();
      await writeFile(join(building, MARKER), `${JSON.stringify({ release, installedAt, seconds })}\n`);
      // A place without a marker was left by another program: nothing of ours.
      if (!found()) {
        await rm(place, { recursive: true, force: true });
        await rename(building, place);
      }
      context.say(`${release}: installed in ${seconds} s`);
    } finally {
      await rm(building, { recursive: true, force: true });
    }
    return place;
  } finally {
    await unlock();
  }
}

/**
 * Waits until the link at `path` is ours; resolves with what gives it back. `isDone` ends the waiting without a lock.
 */
export async function lock(
  path: string,
  onWaiting: (pid: number) => void,
  isDone: () => unknown = () => false,
): Promise<() => Promise<void>> {
  const holder = `${process.pid} ${identify(process.pid)?.startedAt ?? ""}`;
  const deadline = systemClock.monotonicMs() + LOCK_MS_MAX;
  let told = false;
  for (;;) {
    if (isDone()) return async () => {};
    try {
      // The link names its holder from the moment it exists: no other sees a lock of nobody.
      await symlink(holder, path);
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const other = readHolder(path);
    if (other === undefined) continue;
    if (!isSameProcess(other)) {
      await rm(path, { force: true });
      continue;
    }
    if (systemClock.monotonicMs() > deadline) {
      throw new Error(`${path}: process ${other.pid} has held it for ${LOCK_MS_MAX / 60_000} minutes`);
    }
    if (!told) onWaiting(other.pid);
    told = true;
    await systemClock.sleep(LOCK_POLL_MS);
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    const target = readlinkSync(path);
    const blank = target.indexOf(" ");
    return { pid: Number(target.slice(0, blank)), startedAt: target.slice(blank + 1) };
  } catch {
    return undefined;
  }
}

/** What a crash left: only the holder of the lock builds, so every other such folder is nobody's. */
async function removeAbandoned(cacheFolder: string, release: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (name.startsWith(`${release}.building-`)) await rm(join(cacheFolder, name), { recursive: true, force: true });
  }
}
