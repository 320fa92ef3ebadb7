/**
 * Processes that a benchmark starts: each ends with it. Their peak memory and processor time are what the operating
 * system says (/proc/<pid>/status and stat, which keep both by themselves, so looking now and then is enough); where
 * there is no /proc they are left out. Processor time says more than seconds on a machine that others use too.
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

/** Of what a command starts. */
export const PARTS = ["cinema", "warehouse", "database"] as const;
type Part = (typeof PARTS)[number];

export interface Usage {
  /** Resident; of PostgreSQL's processes, which share memory, the largest one. */
  peakMiB: number;
  /** All processes of the part together, up to the last look at each. */
  processorSeconds: number;
}
export type UsageByPart = Partial<Record<Part, Usage>>;

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function partOf(pid: number): Part {
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  if (command.includes("chdb-child")) return "warehouse";
  // The program's own name: a flag of ours may well say "postgres" too.
  return /(^|\/)(postgres|initdb)/.test(command.split("\0")[0] ?? "") ? "database" : "cinema";
}

/** utime + stime, the 14th and 15th field of /proc/<pid>/stat. Throws where there is no /proc. */
export function processorSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
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

interface Seen {
  readonly part: Part;
  readonly peakMiB: number;
  readonly processorSeconds: number;
}

function look(pid: number, seen: Map<number, Seen>): void {
  for (const child of childrenOf(pid)) look(child, seen);
  try {
    const peakMiB = peakMemoryOf(pid);
    if (peakMiB !== undefined) seen.set(pid, { part: partOf(pid), peakMiB, processorSeconds: processorSecondsOf(pid) });
  } catch {
    // It has ended since: what was seen last stays.
  }
}

/** Watches a process and everything under it. `stop` answers what they used. */
function watchUsage(pid: number): { stop(): UsageByPart } {
  const seen = new Map<number, Seen>();
  const timer = setInterval(() => look(pid, seen), LOOK_EVERY_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      const usage: UsageByPart = {};
      for (const { part, peakMiB, processorSeconds } of seen.values()) {
        usage[part] ??= { peakMiB: 0, processorSeconds: 0 };
        usage[part].peakMiB = Math.max(usage[part].peakMiB, peakMiB);
        usage[part].processorSeconds += processorSeconds;
      }
      return usage;
    },
  };
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
  readonly usage: UsageByPart;
}

/** Runs a Node program to its end; throws with its standard error when that is not 0. */
export async function runNode(args: readonly string[], context: BenchContext): Promise<FinishedCommand> {
  return runCommand(process.execPath, args, context);
}

/** Whether the interpreter of `--python` has the peer's library. */
export async function hasPythonModule(name: string, context: BenchContext): Promise<boolean> {
  try {
    await runCommand(context.options.python, ["-c", `import ${name}`], context);
    return true;
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}

/** Seconds, and processor seconds of this process: for the children that measure themselves. */
export async function timedHere<Value>(
  { monotonicMs }: Pick<Clock, "monotonicMs">,
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly seconds: number; readonly processorSeconds: number }> {
  const before = process.cpuUsage();
  const startedMs = monotonicMs();
  const value = await work();
  const seconds = (monotonicMs() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { value, seconds, processorSeconds: (user + system) / 1e6 };
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
  const watch = child.pid === undefined ? undefined : watchUsage(child.pid);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  let usage: UsageByPart = {};
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new Error(`${[file, ...args].join(" ")}\nended with ${code}:\n${stderr}`);
  } finally {
    usage = watch?.stop() ?? {};
  }
  return { stdout, seconds: (clock.monotonicMs() - startedMs) / 1000, usage };
}
