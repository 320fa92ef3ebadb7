/**
 * For tests of whole processes: starts the command line from source, finds what belongs to a data folder, ends it.
 * What is ended is named by the id that was started here, or by the data folder (a temporary one of the test).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { entryOf } from "@thewatcher/kit/entry";
import { Attach } from "../data-folder.ts";

const MAIN = entryOf(import.meta.url, "../main");
// A demo world and its training on a loaded machine took more than a minute; this only ends what hangs.
const READY_MS_MAX = 180_000;
const POLL_MS = 25;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it wrote so far, both streams. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
  /** The process and its children; what PostgreSQL forks has groups of its own and follows its postmaster. */
  killGroup(signal: NodeJS.Signals): void;
}

/** `thewatcher <args>` in a process group of its own. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("THEWATCHER_")));
  const child = spawn(process.execPath, [...MAIN.execArgv, MAIN.path, ...args], {
    cwd: dirname(MAIN.path),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...inherited, ...env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the command did not start");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // "exit", not "close": children that outlive it for a moment hold its pipes.
  const ended = once(child, "exit").then(async ([code, signal]) => {
    await Promise.race([once(child, "close"), systemClock.sleep(500)]);
    return { code, signal, stdout, stderr } as Ended;
  });
  return {
    pid,
    ended,
    said: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
    killGroup(signal) {
      try {
        process.kill(-pid, signal);
      } catch {
        // Gone.
      }
    },
  };
}

/** Runs a command to its end. */
export const command = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
  launch(args, env).ended;

export interface Cinema extends Running {
  readonly attach: Attach;
  /** From the spawn to an answering door. */
  readonly readyMs: number;
}

/** `thewatcher start` on free ports, resolved when its door and its stores answer. Rejects with what it said when it ends before. */
export async function startCinema(dataDir: string, args: readonly string[] = ["--world", "empty"]): Promise<Cinema> {
  const startedMs = systemClock.monotonicMs();
  const running = launch(["start", "--data-dir", dataDir, "--port", "0", "--admin-port", "0", ...args]);
  let ended: Ended | undefined;
  void running.ended.then((how) => {
    ended = how;
  });
  for (;;) {
    if (ended) throw new Error(`the cinema ended at its start (${ended.signal ?? ended.code}):\n${running.said()}`);
    if (systemClock.monotonicMs() - startedMs > READY_MS_MAX) {
      running.killGroup("SIGKILL");
      throw new Error(`the cinema was not ready within ${READY_MS_MAX / 1000} s:\n${running.said()}`);
    }
    const attach = await readAttach(dataDir);
    if (attach?.pid === running.pid && (await isReady(attach))) {
      return { ...running, attach, readyMs: systemClock.monotonicMs() - startedMs };
    }
    await systemClock.sleep(POLL_MS);
  }
}

async function readAttach(dataDir: string): Promise<Attach | undefined> {
  try {
    return Attach.parse(JSON.parse(await readFile(join(dataDir, "attach.json"), "utf8")));
  } catch {
    return undefined;
  }
}

export async function isReady({ adminUrl }: Attach): Promise<boolean> {
  const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
  return response?.status === 200;
}

/** SIGTERM; resolves with how it ended and how long that took. */
export async function stopCinema(cinema: Running): Promise<Ended & { readonly durationMs: number }> {
  const startedMs = systemClock.monotonicMs();
  cinema.kill("SIGTERM");
  const ended = await cinema.ended;
  return { ...ended, durationMs: systemClock.monotonicMs() - startedMs };
}

/** An operation as the attached command line asks for it, without the second that a process of its own takes. */
export async function operation<Answer>({ adminUrl, secret }: Attach, name: string, request: unknown): Promise<Answer> {
  const response = await fetch(`${adminUrl}/operations/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const last = (await response.text()).trim().split("\n").at(-1) ?? "";
  const line = JSON.parse(last) as { kind: string; answer?: Answer; message?: string };
  if (line.kind !== "result") throw new Error(`${name}: ${line.message ?? last}`);
  return line.answer as Answer;
}

/** The processes of the folder's stores, as the stores themselves name them. */
export async function storeProcesses(
  dataDir: string,
): Promise<{ readonly warehouse: number; readonly postgres: number }> {
  const child = JSON.parse(await readFile(join(dataDir, "warehouse", "child.json"), "utf8")) as { pid: number };
  const postmaster = await readFile(join(dataDir, "database", "data", "postmaster.pid"), "utf8");
  return { warehouse: child.pid, postgres: Number(postmaster.split("\n")[0]) };
}

/**
 * Processes that name the folder on their command line or stand in it (PostgreSQL's backends). Empty where there is no
 * /proc: the tests that ask then prove less.
 */
export async function processesOf(dataDir: string): Promise<readonly string[]> {
  const folder = resolve(dataDir);
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (Number(pid) === process.pid) return undefined;
      const [commandLine, standsIn, stat] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
        readlink(`/proc/${pid}/cwd`).catch(() => ""),
        readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z"),
      ]);
      if (/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")))) return undefined;
      const text = commandLine.replaceAll("\0", " ").trim();
      return text.includes(folder) || standsIn.startsWith(folder) ? `${pid} ${text}` : undefined;
    }),
  );
  return found.filter((line) => line !== undefined);
}

/** Polls until the folder has no process left, or answers those that are after `withinMs`. */
export async function orphansOf(dataDir: string, withinMs = 15_000): Promise<readonly string[]> {
  const deadline = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const left = await processesOf(dataDir);
    if (left.length === 0 || systemClock.monotonicMs() >= deadline) return left;
    await systemClock.sleep(POLL_MS * 4);
  }
}
