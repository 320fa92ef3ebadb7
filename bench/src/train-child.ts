/** One training in a process of its own, so that its peak memory is its own; or, as `limit`, what the kernels can do here. */

import { createKernels } from "@thewatcher/engine/kernels/load";
import { multiply } from "@thewatcher/engine/kernels/product";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { runEngineJob } from "@thewatcher/trainer/engine-job";
import { readMovieLens } from "./movielens.ts";
import { median } from "./statistics.ts";
import type { KernelLimit, TrainedModel } from "./train.ts";

/** Rows of the product that the kernels are timed with: 2 · 512 · 3416² = 12 GFLOP, half a second. */
const LIMIT_ROWS = 512;
const LIMIT_RUNS = 3;

const { monotonicMs } = systemClock;
const mebibytes = (kibibytes: number): number => kibibytes / 1024;

async function measureKernels(n: number): Promise<KernelLimit> {
  const kernels = createKernels();
  const rng = createRng(1);
  const a = Float32Array.from({ length: LIMIT_ROWS * n }, () => rng.next() - 0.5);
  const b = Float32Array.from({ length: n * n }, () => rng.next() - 0.5);
  const rates: number[] = [];
  for (let run = 0; run <= LIMIT_RUNS; run++) {
    const startedMs = monotonicMs();
    await multiply(kernels, { m: LIMIT_ROWS, n, k: n }, a, b);
    rates.push((2 * LIMIT_ROWS * n * n) / (monotonicMs() - startedMs) / 1e6);
  }
  // The first run compiles.
  return { gigaflopsPerSecond: median(rates.slice(1)) };
}

async function trainModel(model: string, datasets: string): Promise<TrainedModel> {
  const data = readMovieLens({ datasets });
  const memoryBeforeMiB = mebibytes(process.resourceUsage().maxRSS);
  const steps = new Map<string, { firstMs: number; lastMs: number }>();
  const outcome = await runEngineJob(
    {
      model,
      parameters: {},
      seed: 42,
      evaluate: true,
      choose: true,
      userCount: data.userCount,
      itemCount: data.itemCount,
      userIndices: data.userIndices,
      itemIndices: data.itemIndices,
      weights: data.stars.map((stars) => stars / 5),
      occurredAt: data.positions,
      timeQuality: "synthetic",
      countries: new Array<string>(data.userCount).fill("US"),
      hiddenUsers: new Uint32Array(0),
      hiddenItems: new Uint32Array(0),
    },
    {
      monotonicMs,
      progress({ stage }) {
        const nowMs = monotonicMs();
        const step = steps.get(stage);
        if (step) step.lastMs = nowMs;
        else steps.set(stage, { firstMs: nowMs, lastMs: nowMs });
      },
    },
  );
  return {
    kernelPath: outcome.kernelPath ?? null,
    memoryBeforeMiB,
    memoryPeakMiB: mebibytes(process.resourceUsage().maxRSS),
    modelBytes: outcome.model.byteLength,
    lists: outcome.lists.filled.filter((filled) => filled > 0).length,
    stages: Object.fromEntries(outcome.stages.map(({ stage, durationMs }) => [stage, durationMs / 1000])),
    steps: Object.fromEntries([...steps].map(([stage, { firstMs, lastMs }]) => [stage, (lastMs - firstMs) / 1000])),
  };
}

const [what = "", argument = ""] = process.argv.slice(2);
const answer = what === "limit" ? await measureKernels(Number(argument)) : await trainModel(what, argument);
process.stdout.write(JSON.stringify(answer));
