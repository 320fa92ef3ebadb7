/**
 * Processes that a benchmark starts: each ends with it. Their peak memory is what the operating system says (VmHWM of
 * /proc/<pid>/status, which keeps the peak by itself, so looking now and then is enough); where there is no /proc, memory
 * is left out.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Clock } from "@thewatcher/kit/clock";
import type { BenchContext } from "./harness.ts";

/** A command that hangs ends here; MovieLens 1M on a slow machine needs a few minutes at most. */
const COMMAND_MS_MAX = 15 * 60_000;
const LOOK_EVERY_MS = 100;
/** Then a child that was asked to end is killed. */
const END_MS_MAX = 20_000;
/** Standard error kept for the message of a failure. */
const STDERR_KEPT = 4_000;

export type MemoryPart = "cinema" | "warehouse" | "database";

/** Peak resident MiB by part; of PostgreSQL's processes, which share memory, the largest one. */
export type PeakMemory = Partial<Record<MemoryPart, number>>;

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function partOf(pid: number): MemoryPart | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (command.includes("chdb-child")) return "warehouse";
    // The program's own name: a flag of ours may well say "postgres" too.
    return /(^|\/)(postgres|initdb)/.test(command.split("\0")[0] ?? "") ? "database" : "cinema";
  } catch {
    return undefined;
  }
}

/** Peak resident MiB of one process so far; undefined where there is no /proc, or no such process any more. */
export function peakMemoryOf(pid: number): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
  } catch {
    return undefined;
  }
}

function look(pid: number, peak: PeakMemory): void {
  for (const child of childrenOf(pid)) look(child, peak);
  const mebibytes = peakMemoryOf(pid);
  const part = mebibytes === undefined ? undefined : partOf(pid);
  if (mebibytes !== undefined && part) peak[part] = Math.max(peak[part] ?? 0, mebibytes);
}

/** Keeps the peak memory of a process and everything under it until `stop`. */
export function watchMemory(pid: number): { readonly peak: PeakMemory; stop(): void } {
  const peak: PeakMemory = {};
  const timer = setInterval(() => look(pid, peak), LOOK_EVERY_MS);
  timer.unref();
  return { peak, stop: () => clearInterval(timer) };
}

export async function endProcess(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const patience = new AbortController();
  child.kill("SIGTERM");
  clock.sleep(END_MS_MAX, patience.signal).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await ended;
  patience.abort();
}

export interface FinishedCommand {
  readonly stdout: string;
  readonly seconds: number;
  readonly peakMemory: PeakMemory;
}

/** Runs a Node program to its end; throws with its standard error when that is not 0. */
export async function runNode(args: readonly string[], context: BenchContext): Promise<FinishedCommand> {
  return runCommand(process.execPath, args, context);
}

export async function runCommand(
  file: string,
  args: readonly string[],
  context: Pick<BenchContext, "clock" | "signal">,
): Promise<FinishedCommand> {
  const { clock, signal } = context;
  signal.throwIfAborted();
  const startedMs = clock.monotonicMs();
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], timeout: COMMAND_MS_MAX, signal });
  const memory = child.pid === undefined ? undefined : watchMemory(child.pid);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new Error(`${[file, ...args].join(" ")}\nended with ${code}:\n${stderr}`);
  } finally {
    memory?.stop();
  }
  return { stdout, seconds: (clock.monotonicMs() - startedMs) / 1000, peakMemory: memory?.peak ?? {} };
}
