/**
 * `batch`: iALS with 64 and 128 factors on MovieLens 1M, 15 sweeps, and the top 100 of every user with what was seen left
 * out, beside the library implicit on the same interactions with as many threads. A random tenth of the interactions is held
 * out, so that both are also held against it. Each in a process of its own, in turn; ratios are of medians.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { entryOf } from "@thewatcher/kit/entry";
import { createRng } from "@thewatcher/kit/rng";
import type { BatchJob, BatchRun } from "./batch-child.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { readMovieLens } from "./movielens.ts";
import { hasPythonModule, runCommand, runNode } from "./processes.ts";
import type { Figure } from "./report.ts";
import { median } from "./statistics.ts";

interface PeerRun {
  readonly version: string;
  readonly fitSeconds: number;
  readonly fitProcessorSeconds: number;
  readonly rankSeconds: number;
  readonly rankProcessorSeconds: number;
  readonly ndcg: number;
  readonly ndcgMargin: number;
}

const THREADS_MAX = 2;
const HELD_OUT = 0.1;
const SWEEPS = 15;
/** α of ours is the confidence beyond 1, that of implicit the whole. */
const ALPHA = 9;
const REGULARIZATION = 3;
const LIST = 100;
const FACTORS = [64, 128] as const;
const PEER = fileURLToPath(new URL("../peers/batch.py", import.meta.url));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Interactions as the child and the peers read them: users, items, whether it is a target. */
export function writeColumns(
  file: string,
  userIndices: ArrayLike<number>,
  itemIndices: ArrayLike<number>,
  isTarget: (row: number) => boolean,
): void {
  const rows = userIndices.length;
  const columns = new Int32Array(3 * rows);
  for (let row = 0; row < rows; row++) {
    columns[row] = userIndices[row]!;
    columns[rows + row] = itemIndices[row]!;
    columns[2 * rows + row] = isTarget(row) ? 1 : 0;
  }
  writeFileSync(file, columns);
}

export async function runBatchChild(job: BatchJob, context: BenchContext): Promise<BatchRun> {
  const { path, execArgv } = entryOf(import.meta.url, "./batch-child");
  return JSON.parse((await runNode([...execArgv, path, JSON.stringify(job)], context)).stdout) as BatchRun;
}

async function run(context: BenchContext): Promise<Outcome> {
  const { options, say } = context;
  const workers = Math.min(THREADS_MAX, availableParallelism());
  const { userCount, itemCount, userIndices, itemIndices } = readMovieLens(options);
  const file = join(context.freshFolder("columns"), "columns.bin");
  const rng = createRng(5);
  writeColumns(file, userIndices, itemIndices, () => rng.next() < HELD_OUT);
  const withPeer = await hasPythonModule("implicit", context);
  const figures: Figure[] = [];
  for (const factors of FACTORS) {
    const ours: BatchRun[] = [];
    const theirs: PeerRun[] = [];
    for (let round = 0; round < options.rounds; round++) {
      say(`batch: ${factors} factors, run ${round + 1} of ${options.rounds}`);
      if (withPeer) {
        const args = [PEER, workers, file, userCount, itemCount, factors, ALPHA + 1, REGULARIZATION, SWEEPS].map(
          String,
        );
        theirs.push(JSON.parse((await runCommand(options.python, args, context)).stdout) as PeerRun);
      }
      const parameters = {
        factors,
        iterations: SWEEPS,
        alpha: ALPHA,
        regularization: REGULARIZATION,
        halfLifeInteractions: null,
      };
      const job: BatchJob = { file, userCount, itemCount, model: "ials", parameters, workers, count: LIST };
      ours.push(await runBatchChild(job, context));
    }
    const peer = `implicit ${theirs[0]?.version ?? ""}`;
    const compare = (
      name: string,
      unit: string,
      own: (one: BatchRun) => number,
      other: (one: PeerRun) => number,
      goal?: { readonly text: string; met(own: number, other: number): boolean },
    ): void => {
      const value = median(ours.map(own));
      const besideValue = median(theirs.map(other));
      const beside = withPeer ? { beside: { name: peer, value: besideValue } } : {};
      const judged = goal && withPeer ? { goal: { text: goal.text, met: goal.met(value, besideValue) } } : {};
      figures.push({ name: `${factors} factors: ${name}`, value, unit, runs: ours.map(own), ...beside, ...judged });
    };
    compare(
      "fit",
      "s",
      (one) => one.fitSeconds,
      (one) => one.fitSeconds,
      {
        text: "≤ 1.0 × implicit's",
        met: (own, other) => own <= other,
      },
    );
    compare(
      "fit",
      "processor s",
      (one) => one.fitProcessorSeconds,
      (one) => one.fitProcessorSeconds,
    );
    compare(
      "nDCG@10",
      "",
      (one) => mean(one.ndcg10),
      (one) => one.ndcg,
      {
        text: "not below implicit's interval",
        met: (own, other) => own >= other - (theirs[0]?.ndcgMargin ?? 0),
      },
    );
    compare(
      `top ${LIST} of all`,
      "users/s",
      (one) => userCount / one.rankSeconds,
      (one) => userCount / one.rankSeconds,
      {
        text: "≥ 1 × implicit's",
        met: (own, other) => own >= other,
      },
    );
    compare(
      `top ${LIST} of all`,
      "processor s",
      (one) => one.rankProcessorSeconds,
      (one) => one.rankProcessorSeconds,
    );
    const beyond = ours.map(
      (one) => ((one.memoryFitMiB - one.memoryBeforeMiB) * 2 ** 20 - one.modelBytes) / one.interactions,
    );
    figures.push({
      name: `${factors} factors: memory beyond the model`,
      value: median(beyond),
      unit: "bytes an interaction",
      runs: beyond,
      goal: { text: "≤ 24", met: median(beyond) <= 24 },
    });
  }
  return {
    figures,
    notes: [
      `${SWEEPS} sweeps, α ${ALPHA} (implicit's alpha ${ALPHA + 1}), λ ${REGULARIZATION}, ${workers} threads each; ours takes 2 steps of conjugate gradients a sweep, implicit 3 (its default). Ours solves each user anew from the history before ranking.`,
      withPeer
        ? "implicit: BLAS on one thread, as it asks for; its own threads as many as ours."
        : `implicit as a peer is left out: ${options.python} does not have it (\`node bench/peers/setup.mjs\` sets it up).`,
    ],
  };
}

export const batchBench: Bench = {
  name: "batch",
  about: "iALS and the top 100 of every user beside implicit, on MovieLens 1M",
  run,
};
