/**
 * One model fitted and ranked for everybody in a process of its own, so that its peak memory is its own. The job comes as
 * JSON: where the interactions are (three columns of int32: user, item, is target), the model, and how long the lists.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildInteractions, type Interactions } from "@thewatcher/engine/dataset";
import { accuracyMetrics } from "@thewatcher/engine/metrics/accuracy";
import { requireModel } from "@thewatcher/engine/models/registry";
import { assert } from "@thewatcher/kit/assert";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { timedHere } from "./processes.ts";

export interface BatchJob {
  readonly file: string;
  readonly userCount: number;
  readonly itemCount: number;
  readonly model: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly count: number;
}

export interface BatchRun {
  readonly fitSeconds: number;
  readonly fitProcessorSeconds: number;
  readonly rankSeconds: number;
  readonly rankProcessorSeconds: number;
  readonly interactions: number;
  /** By user who has targets, in their order. */
  readonly ndcg10: readonly number[];
  readonly recall20: readonly number[];
  readonly modelBytes: number;
  /**
   * Resident, with the interactions read and nothing trained; then the peak up to the end of fitting (reading included, so what
   * lies between is an upper bound), and of all.
   */
  readonly memoryBeforeMiB: number;
  readonly memoryFitMiB: number;
  readonly memoryPeakMiB: number;
}

const peakMiB = () => process.resourceUsage().maxRSS / 1024;

async function run(job: BatchJob): Promise<BatchRun> {
  const { userCount, itemCount, workers, count } = job;
  const bytes = readFileSync(job.file);
  const rows = bytes.byteLength / 12;
  const columns = new Int32Array(bytes.buffer, bytes.byteOffset, rows * 3);
  const isTarget = columns.subarray(2 * rows);
  const part = (wanted: number): Interactions => {
    const chosen = new Uint32Array(isTarget.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0));
    let at = 0;
    for (let row = 0; row < rows; row++) if (isTarget[row] === wanted) chosen[at++] = row;
    return buildInteractions(
      {
        userIndices: Uint32Array.from(chosen, (row) => columns[row]!),
        itemIndices: Uint32Array.from(chosen, (row) => columns[rows + row]!),
      },
      { userCount, itemCount },
    );
  };
  const train = part(0);
  const targets = part(1);
  // What reading left behind is collected first: the peak of the fit then counts from what is really held.
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const memoryBeforeMiB = process.memoryUsage.rss() / 2 ** 20;
  const fit = await timedHere(systemClock, () =>
    requireModel(job.model).fit(train, job.parameters, { rng: createRng(1), workers }),
  );
  const memoryFitMiB = peakMiB();
  const rank = await timedHere(systemClock, () => fit.value.recommend({ histories: train, count }));
  const lists = rank.value;
  const ndcg10: number[] = [];
  const recall20: number[] = [];
  for (let user = 0; user < userCount; user++) {
    const relevant = new Set(targets.itemIndices.subarray(targets.rowOffsets[user]!, targets.rowOffsets[user + 1]!));
    if (relevant.size === 0) continue;
    const ranked = lists.itemIndices.subarray(user * count, user * count + lists.filled[user]!);
    ndcg10.push(accuracyMetrics.ndcg(ranked, relevant, 10));
    recall20.push(accuracyMetrics.recall(ranked, relevant, 20));
  }
  return {
    fitSeconds: fit.seconds,
    fitProcessorSeconds: fit.processorSeconds,
    rankSeconds: rank.seconds,
    rankProcessorSeconds: rank.processorSeconds,
    interactions: train.itemIndices.length,
    ndcg10,
    recall20,
    modelBytes: fit.value.save().byteLength,
    memoryBeforeMiB,
    memoryFitMiB,
    memoryPeakMiB: peakMiB(),
  };
}

const [text] = process.argv.slice(2);
assert(text !== undefined, "a job");
process.stdout.write(JSON.stringify(await run(JSON.parse(text) as BatchJob)));
