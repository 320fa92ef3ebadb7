/**
 * `growth`: MovieLens 1M with 1, 2, 4 and 8 times the users (`expand.ts`): seconds and memory of a training and of lists for all,
 * against linear growth from the first. Memory beyond the model is what a fit adds to the process, without the model's
 * own tables, by interaction.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createRng } from "@thewatcher/kit/rng";
import { runBatchChild, writeColumns } from "./batch.ts";
import { expandUsers } from "./expand.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { readMovieLens } from "./movielens.ts";
import type { Figure } from "./report.ts";

const FACTORS = [1, 2, 4, 8] as const;
const THREADS_MAX = 2;
const LIST = 20;
const LINEAR_MAX = 1.1;
const BYTES_MAX = 24;
const MODELS = {
  ease: {},
  itemKnn: {},
  ials: { factors: 64, halfLifeInteractions: null },
  graphFilter: { factors: 64 },
} as const;

async function run(context: BenchContext): Promise<Outcome> {
  const data = readMovieLens(context.options);
  const folder = context.freshFolder("columns");
  const workers = Math.min(THREADS_MAX, availableParallelism());
  const figures: Figure[] = [];
  for (const [model, parameters] of Object.entries(MODELS)) {
    const runs: { factor: number; interactions: number; processorSeconds: number; beyondBytes: number }[] = [];
    for (const factor of FACTORS) {
      context.say(`growth: ${model}, ${factor} × the users`);
      const { userCount, itemCount, userIndices, itemIndices } = expandUsers(data, factor, createRng(1));
      const file = join(folder, "columns.bin");
      writeColumns(file, userIndices, itemIndices, () => false);
      const one = await runBatchChild({ file, userCount, itemCount, model, parameters, workers, count: LIST }, context);
      runs.push({
        factor,
        interactions: one.interactions,
        processorSeconds: one.fitProcessorSeconds + one.rankProcessorSeconds,
        beyondBytes: (one.memoryFitMiB - one.memoryBeforeMiB) * 2 ** 20 - one.modelBytes,
      });
    }
    const [first, last] = [runs[0]!, runs.at(-1)!];
    for (const { factor, processorSeconds } of runs) {
      const linear = first.processorSeconds * factor;
      figures.push({
        name: `${model} × ${factor}: fit and lists`,
        value: processorSeconds,
        unit: "processor s",
        beside: { name: "linear", value: linear },
        goal: { text: `≤ ${LINEAR_MAX} × linear`, met: processorSeconds <= LINEAR_MAX * linear },
      });
    }
    // The slope: what a process needs whatever the data (threads, code) is no matter of interactions.
    const bytes = (last.beyondBytes - first.beyondBytes) / (last.interactions - first.interactions);
    figures.push({
      name: `${model}: memory beyond the model, each further interaction`,
      value: bytes,
      unit: "bytes",
      goal: { text: `≤ ${BYTES_MAX}`, met: bytes <= BYTES_MAX },
    });
  }
  return {
    figures,
    notes: [`Fractal expansion of MovieLens 1M; lists of ${LIST} for every user; ${workers} threads; a process each.`],
  };
}

export const growthBench: Bench = { name: "growth", about: "MovieLens 1M with up to eight times the users", run };
