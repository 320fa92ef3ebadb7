/**
 * The data folder: one owner, one world.
 *
 * The lock is a numbered file that names its owner's process; the highest number counts. A starter that finds the highest
 * one free (released, or its process gone: kill -9) makes the next number by `link`, which fails where another starter
 * was quicker, and removes the lower ones. The highest is never removed, so a starter that slept meanwhile finds a higher
 * one behind its back and withdraws: of any number of starters at most one wins. On Linux the process's start time is
 * compared too, so that a process id used again by somebody else is not mistaken for the owner.
 * The owner writes beside it how to attach.
 */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { z } from "zod";

/** `owner-000001.lock` */
const LOCK_FILE = /^owner-(\d{6,12})\.lock$/;
const lockName = (number: number): string => `owner-${String(number).padStart(6, "0")}.lock`;
/** Each failed attempt means that somebody else made progress; nobody starts a hundred at once. */
const ATTEMPTS_MAX = 100;
const WORLD_FILE = "world.json";
const ATTACH_FILE = "attach.json";
const LOG_BYTES_MAX = 50 * 1024 * 1024;

const Owner = z.object({ pid: z.number().int().positive(), startedTicks: z.string().nullable() });
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

/** Of /proc/<pid>/stat: field 3, and field 22, when the process started. Undefined where there is no /proc. */
function readProcess(pid: number): { state: string; startedTicks: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the command, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startedTicks: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const found = readProcess(owner.pid);
  if (!found) return true;
  // A zombie is dead and waits for its parent to look.
  if (found.state === "Z" || found.state === "X") return false;
  return owner.startedTicks === null || found.startedTicks === owner.startedTicks;
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

/** The highest lock, 0 where there is none. */
function highestLock(dataDir: string): { number: number; owner: Owner | undefined } {
  let number = 0;
  for (const name of readdirSync(dataDir)) number = Math.max(number, Number(LOCK_FILE.exec(name)?.[1] ?? 0));
  return { number, owner: readJsonFile(join(dataDir, lockName(number)), Owner) };
}

/** The instance that owns the folder now, when it can be attached to. */
export function findRunning(dataDir: string): Attach | undefined {
  const attach = readJsonFile(join(dataDir, ATTACH_FILE), Attach);
  if (!attach) return undefined;
  const { owner } = highestLock(dataDir);
  return owner && attach.pid === owner.pid && isAlive(owner) ? attach : undefined;
}

export interface DataFolder extends Disposable {
  readonly path: string;
  readonly world: World | undefined;
  setWorld(world: World): void;
  publishAttach(attach: Omit<Attach, "pid" | "secret">): Attach;
}

/** Answers the number of the lock that is ours now. */
function takeLock(dataDir: string): number {
  const mine: Owner = { pid: process.pid, startedTicks: readProcess(process.pid)?.startedTicks ?? null };
  const temporary = join(dataDir, `starting.${process.pid}.${randomBytes(4).toString("hex")}`);
  try {
    writeFileSync(temporary, JSON.stringify(mine), { mode: 0o600 });
  } catch (cause) {
    throw new UserError(`data folder ${dataDir}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const { number, owner } = highestLock(dataDir);
      if (owner && isAlive(owner)) {
        throw new UserError(
          `data folder ${dataDir}: process ${owner.pid} has it open; stop that one, or give another folder with --data-dir`,
        );
      }
      const next = number + 1;
      try {
        linkSync(temporary, join(dataDir, lockName(next)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      if (highestLock(dataDir).number === next) {
        removeLocksBelow(dataDir, next);
        return next;
      }
      rmSync(join(dataDir, lockName(next)), { force: true });
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  throw new UserError(`data folder ${dataDir}: too many processes start in it at once; try again`);
}

function removeLocksBelow(dataDir: string, number: number): void {
  for (const name of readdirSync(dataDir)) {
    const found = LOCK_FILE.exec(name);
    if (found && Number(found[1]) < number) rmSync(join(dataDir, name), { force: true });
  }
}

/** Takes the folder, made where it is missing. UserError when another process has it. */
export function takeDataFolder(dataDir: string): DataFolder {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    throw new UserError(`data folder ${dataDir}: cannot be made (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  const lock = join(dataDir, lockName(takeLock(dataDir)));
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
      // Stays as the highest number, owned by nobody.
      writeJsonFile(lock, null);
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
