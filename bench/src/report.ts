/**
 * What a benchmark answers: figures, each beside a limit or a peer that was measured in the same run, with its goal and
 * whether it is met. Printed as one aligned table a benchmark, and written as JSON.
 */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { table } from "@thewatcher/cli/console";
import { detectKernelPath } from "@thewatcher/engine/kernels/load";

/** What a figure is compared with: a limit (what the machine could do at best) or a peer (what else does the same). */
export interface Beside {
  readonly name: string;
  readonly value: number;
}

export interface Goal {
  /** In words: "≤ 30 s", "≥ 60% of the slower". */
  readonly text: string;
  readonly met: boolean;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The runs that `value` is the median of, in their order. */
  readonly runs?: readonly number[];
  readonly beside?: Beside;
  readonly goal?: Goal;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  readonly kernelPath: string;
}

export interface Report {
  readonly bench: string;
  /** What was asked, as it can be typed again. */
  readonly command: string;
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${platform()} ${arch()}`,
    kernelPath: detectKernelPath(),
  };
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, node, platform: system, kernelPath } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, kernels ${kernelPath}`;
}

/** Three significant digits, thousands apart: 4.07, 19.2, 305, 141,220. */
export function number(value: number): string {
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.min(4, Math.max(0, 2 - digits));
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export function renderReport(report: Report): string {
  const rows = report.figures.map(({ name, value, unit, runs, beside, goal }) => [
    name,
    `${number(value)} ${unit}`,
    runs && runs.length > 1 ? `${number(Math.min(...runs))}–${number(Math.max(...runs))}` : "",
    beside ? `${beside.name}: ${number(beside.value)}` : "",
    beside ? number(value / beside.value) : "",
    goal?.text ?? "",
    goal ? (goal.met ? "met" : "MISSED") : "",
  ]);
  const lines = [
    `${report.bench}: ${report.durationSeconds.toFixed(0)} s, ${report.startedAt}`,
    machineLine(report.machine),
    "",
    table(["figure", "median", "min–max", "beside", "ratio", "goal", ""], rows),
  ];
  if (report.notes.length > 0) lines.push("", ...report.notes.map((note) => `- ${note}`));
  return lines.join("\n");
}
