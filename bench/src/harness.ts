/**
 * What every benchmark gets, and how one is run: options, a place for its folders, lifetimes that end with it (also when
 * it is interrupted), and a report at the end. Nothing listens beyond loopback; every count and time is bounded.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@thewatcher/kit/clock";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import { describeMachine, type Figure, type Report } from "./report.ts";

export interface BenchOptions {
  /** Runs that a median is taken of. */
  readonly rounds: number;
  /** Of one load, for requests a second. */
  readonly loadSeconds: number;
  /** Of the synthetic part of `import`. */
  readonly events: number;
  /** The folder that holds `ml-1m`. */
  readonly datasets: string;
  /** A data folder with MovieLens 1M imported and trained; made in the run where none is given. */
  readonly cinema: string | undefined;
  readonly python: string;
}

export interface BenchContext {
  readonly options: BenchOptions;
  readonly clock: Clock;
  /** Ends with the benchmark, last opened first. */
  readonly lifecycle: Lifecycle;
  readonly signal: AbortSignal;
  /** A line for whoever waits. */
  say(text: string): void;
  /** A fresh folder, removed at the end. */
  freshFolder(name: string): string;
  /** Shared by the benchmarks of one call: a data folder with MovieLens 1M imported and trained. */
  trainedCinema(): Promise<string>;
}

export interface Outcome {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

export interface Bench {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  run(context: BenchContext): Promise<Outcome>;
}

/** A folder of this process in the temporary place, with what removes it. */
export function makeWorkFolder(): { readonly path: string; fresh(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "thewatcher-bench-"));
  let made = 0;
  return {
    path,
    fresh(name) {
      made += 1;
      const folder = join(path, `${made}-${name}`);
      mkdirSync(folder);
      return folder;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export async function runBench(bench: Bench, context: BenchContext, command: string): Promise<Report> {
  const { clock } = context;
  const startedAt = new Date(clock.now()).toISOString();
  const startedMs = clock.monotonicMs();
  const { figures, notes } = await bench.run(context);
  return {
    bench: bench.name,
    command,
    startedAt,
    durationSeconds: (clock.monotonicMs() - startedMs) / 1000,
    machine: describeMachine(),
    figures,
    notes,
  };
}

export function writeReport(folder: string, report: Report): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.bench}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

/** Seconds that `work` takes. */
export async function timed<Value>(
  clock: Clock,
  work: () => Promise<Value>,
): Promise<{ readonly seconds: number; readonly value: Value }> {
  const startedMs = clock.monotonicMs();
  const value = await work();
  return { seconds: (clock.monotonicMs() - startedMs) / 1000, value };
}
