/**
 * Which process is meant: a pid comes round again, so a process is its pid and the tick it started at.
 *
 * Linux says it in /proc/<pid>/stat; elsewhere `ps` says when the process started, to the second.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Of the machine's clock since boot on Linux, a date elsewhere; compared, never read. */
  readonly startedAt: string;
}

/** `undefined` when there is none, or it has ended and only waits to be collected. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!Number.isInteger(pid) || pid < 2) return undefined;
  if (process.platform === "linux") return identifyByStat(pid, readStat(pid));
  const { status, stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
  const startedAt = status === 0 ? stdout.trim() : "";
  return startedAt === "" ? undefined : { pid, startedAt };
}

export const isSameProcess = (known: ProcessIdentity): boolean => identify(known.pid)?.startedAt === known.startedAt;

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** The name in parentheses may hold blanks and parentheses itself: fields are counted behind its last one (proc(5)). */
export function identifyByStat(pid: number, stat: string): ProcessIdentity | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = fields[19];
  if (stat === "" || state === "Z" || state === "X" || startTicks === undefined) return undefined;
  return { pid, startedAt: startTicks };
}
