/**
 * The data folder: one owner, one world.
 *
 * The lock is a file that names its owner's process; it is made by `link`, which fails where another one is. A lock left
 * by a process that is gone (kill -9) is taken over: on Linux the process's start time is compared too, so that a
 * process id used again by somebody else is not mistaken for the owner. The owner writes beside it how to attach.
 */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@thewatcher/kit/result";
import { z } from "zod";

const LOCK_FILE = "owner.lock";
const WORLD_FILE = "world.json";
const ATTACH_FILE = "attach.json";
const LOG_BYTES_MAX = 50 * 1024 * 1024;

const Owner = z.object({ pid: z.number().int(), startedTicks: z.string().nullable() });
type Owner = z.infer<typeof Owner>;

/** How the command line reaches the running instance: loopback only, with a secret of this run. */
export const Attach = z.object({ pid: z.number().int(), adminUrl: z.string(), url: z.string(), secret: z.string() });
export type Attach = z.infer<typeof Attach>;

export const World = z.object({
  world: z.enum(["demo", "empty"]),
  /** The demo world is loaded whole, or is being loaded (and then loaded again: its events carry the same ids). */
  ready: z.boolean(),
  /** Milliseconds since the epoch: the present of the demo world when it was made. */
  madeAt: z.number(),
  seed: z.number().int(),
});
export type World = z.infer<typeof World>;

/** Field 22 of /proc/<pid>/stat: when the process started. Null where there is no /proc. */
function startedTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return owner.startedTicks === null || startedTicksOf(owner.pid) === owner.startedTicks;
}

function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** undefined where there is none: a new folder. Guessing what a damaged one held could load the demo among real data. */
function readWorld(path: string): World | undefined {
  if (!existsSync(path)) return undefined;
  const world = readJsonFile(path, World);
  if (world) return world;
  throw new UserError(
    `${path}: damaged; it says what the folder holds, as one JSON object such as {"world":"empty","ready":true,"madeAt":0,"seed":42} ("world": "demo" or "empty"); write it anew`,
  );
}

function writeJsonFile(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** The instance that owns the folder now, when it can be attached to. */
export function findRunning(dataDir: string): Attach | undefined {
  const owner = readJsonFile(join(dataDir, LOCK_FILE), Owner);
  const attach = readJsonFile(join(dataDir, ATTACH_FILE), Attach);
  return owner && attach && attach.pid === owner.pid && isAlive(owner) ? attach : undefined;
}

export interface DataFolder extends Disposable {
  readonly path: string;
  readonly world: World | undefined;
  setWorld(world: World): void;
  publishAttach(attach: Omit<Attach, "pid" | "secret">): Attach;
}

/**
 * Moves a stale lock aside before it is removed, and looks at what was moved: when somebody else took the folder in
 * between, it was their lock, and it goes back.
 */
function removeStale(lock: string, stale: Owner | undefined): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // Another starter was quicker: the next attempt sees its lock.
  }
  const moved = readJsonFile(aside, Owner);
  if (moved && JSON.stringify(moved) !== JSON.stringify(stale)) {
    try {
      linkSync(aside, lock);
    } catch {
      // A third one holds it by now: the next attempt finds out.
    }
  }
  rmSync(aside, { force: true });
}

/** Takes the folder, made where it is missing. UserError when another process has it. */
export function takeDataFolder(dataDir: string): DataFolder {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    throw new UserError(`data folder ${dataDir}: cannot be made (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  const lock = join(dataDir, LOCK_FILE);
  const mine: Owner = { pid: process.pid, startedTicks: startedTicksOf(process.pid) };
  const temporary = `${lock}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(temporary, JSON.stringify(mine), { mode: 0o600 });
  } catch (cause) {
    throw new UserError(`data folder ${dataDir}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        linkSync(temporary, lock);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 3) throw error;
      }
      const owner = readJsonFile(lock, Owner);
      if (owner && isAlive(owner)) {
        throw new UserError(
          `data folder ${dataDir}: process ${owner.pid} has it open; stop that one, or give another folder with --data-dir`,
        );
      }
      removeStale(lock, owner);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  rmSync(join(dataDir, ATTACH_FILE), { force: true });
  let released = false;
  return {
    path: dataDir,
    get world() {
      return readWorld(join(dataDir, WORLD_FILE));
    },
    setWorld: (world) => writeJsonFile(join(dataDir, WORLD_FILE), world),
    publishAttach(attach) {
      const whole: Attach = { ...attach, pid: process.pid, secret: randomBytes(32).toString("base64url") };
      writeJsonFile(join(dataDir, ATTACH_FILE), whole);
      return whole;
    },
    [Symbol.dispose]() {
      if (released) return;
      released = true;
      rmSync(join(dataDir, ATTACH_FILE), { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** A log above 50 MB becomes `<file>.1`; the one before it goes. */
export function turnLog(file: string): void {
  try {
    if (statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  } catch {
    // No log yet.
  }
}
