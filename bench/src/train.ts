/**
 * `train`: seconds and peak memory of each model on MovieLens 1M, from columns to lists for everybody, each in a process
 * of its own. EASE stands beside what its arithmetic takes at the speed of the kernels' own product measured in the same
 * run (the inverse of an n × n positive definite matrix is n³ floating point operations), and beside numpy's where Python
 * has it. Ranking stands beside Random's, which scores by a hash and only selects.
 */
import { models } from "@thewatcher/engine/models/registry";
import { assert } from "@thewatcher/kit/assert";
import { entryOf } from "@thewatcher/kit/entry";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { movieLensFolder } from "./movielens.ts";
import { runCommand, runNode } from "./processes.ts";
import { type Beside, type Figure, number } from "./report.ts";
import { median } from "./statistics.ts";

export interface TrainedModel {
  readonly kernelPath: string | null;
  /** With the data read and nothing trained. */
  readonly memoryBeforeMiB: number;
  readonly memoryPeakMiB: number;
  readonly modelBytes: number;
  readonly lists: number;
  /** Seconds. */
  readonly stages: Readonly<Record<string, number>>;
  /** Seconds between the first and the last report of each step inside the stages. */
  readonly steps: Readonly<Record<string, number>>;
}

export interface KernelLimit {
  readonly gigaflopsPerSecond: number;
}

const ITEMS = 3_416;
const USERS = 6_040;

/** The Gram matrix of MovieLens-like random data and the inverse, in 32 bits, as numpy does them best. */
const NUMPY = `
import json, sys, time
import numpy as np
users, items, density = ${USERS}, ${ITEMS}, 0.0484
rng = np.random.default_rng(1)
x = (rng.random((users, items), dtype=np.float32) < density).astype(np.float32)
x.T[:64] @ x
start = time.perf_counter(); gram = x.T @ x; gram_seconds = time.perf_counter() - start
gram[np.diag_indices(items)] += 200
start = time.perf_counter(); inverse = np.linalg.inv(gram); invert_seconds = time.perf_counter() - start
print(json.dumps({"version": np.__version__, "gramSeconds": gram_seconds, "invertSeconds": invert_seconds}))
`;

interface Numpy {
  readonly version: string;
  readonly gramSeconds: number;
  readonly invertSeconds: number;
}

async function measureNumpy(context: BenchContext): Promise<Numpy | undefined> {
  try {
    await runCommand(context.options.python, ["-c", "import numpy"], context);
  } catch (error) {
    context.signal.throwIfAborted();
    context.say(
      `train: no peer in numpy (${String((error as Error).message)
        .trim()
        .split("\n")
        .at(-1)})`,
    );
    return undefined;
  }
  return JSON.parse((await runCommand(context.options.python, ["-c", NUMPY], context)).stdout) as Numpy;
}

async function inChild<Answer>(args: readonly string[], context: BenchContext): Promise<Answer> {
  const { path, execArgv } = entryOf(import.meta.url, "./train-child");
  return JSON.parse((await runNode([...execArgv, path, ...args], context)).stdout) as Answer;
}

async function run(context: BenchContext): Promise<Outcome> {
  const { options, say } = context;
  movieLensFolder(options);
  const names = Object.keys(models);
  const runs = new Map<string, TrainedModel[]>(names.map((name) => [name, []]));
  const limits: KernelLimit[] = [];
  const numpies: Numpy[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const name of names) {
      say(`train: ${name}, run ${round + 1} of ${options.rounds}`);
      const trained = await inChild<TrainedModel>([name, options.datasets], context);
      assert(trained.lists === USERS, "every viewer has a list", () => ({ name, lists: trained.lists }));
      runs.get(name)?.push(trained);
    }
    limits.push(await inChild<KernelLimit>(["limit", String(ITEMS)], context));
    if (round === 0 || numpies.length > 0) {
      const numpy = await measureNumpy(context);
      if (numpy) numpies.push(numpy);
    }
  }
  const gigaflops = median(limits.map(({ gigaflopsPerSecond }) => gigaflopsPerSecond));
  const invertLimit: Beside = { name: "n³ at the product's speed", value: ITEMS ** 3 / gigaflops / 1e9 };
  const randomRank = median((runs.get("random") ?? []).map(({ stages }) => stages.rank ?? 0));

  const numpyOf = (field: "gramSeconds" | "invertSeconds"): Beside => ({
    name: `numpy ${numpies[0]?.version ?? ""}`,
    value: median(numpies.map((one) => one[field])),
  });

  const figures: Figure[] = [{ name: `product ${ITEMS} × ${ITEMS}, one thread`, value: gigaflops, unit: "GFLOP/s" }];
  for (const [name, trained] of runs) {
    const seconds = (label: string, of: (one: TrainedModel) => number | undefined, beside?: Beside): Figure[] => {
      const values = trained.map(of).filter((value) => value !== undefined);
      if (values.length === 0) return [];
      return [
        { name: `${name}: ${label}`, value: median(values), unit: "s", runs: values, ...(beside ? { beside } : {}) },
      ];
    };
    const invert = (one: TrainedModel) => one.steps["training: invert"];
    figures.push(...seconds("fit", ({ stages }) => stages.fit));
    if (name === "ease") {
      const peers = numpies.length > 0;
      figures.push(
        ...seconds(
          "fit, Gram matrix",
          ({ steps }) => steps["training: gram"],
          peers ? numpyOf("gramSeconds") : undefined,
        ),
        ...seconds("fit, inverse", invert, invertLimit),
        ...(peers ? seconds("fit, inverse", invert, numpyOf("invertSeconds")) : []),
      );
    }
    figures.push(
      ...seconds(
        "lists of 200 for all",
        ({ stages }) => stages.rank,
        name === "random" ? undefined : { name: "random's", value: randomRank },
      ),
      ...seconds("evaluation", ({ stages }) => stages.evaluate),
      ...seconds("everything", ({ stages }) => Object.values(stages).reduce((sum, stage) => sum + stage, 0)),
      {
        name: `${name}: peak memory`,
        value: median(trained.map(({ memoryPeakMiB }) => memoryPeakMiB)),
        unit: "MiB",
        runs: trained.map(({ memoryPeakMiB }) => memoryPeakMiB),
        beside: { name: "data alone", value: median(trained.map(({ memoryBeforeMiB }) => memoryBeforeMiB)) },
      },
    );
  }
  return {
    figures,
    notes: [
      `MovieLens 1M whole (${number(USERS)} viewers, ${number(ITEMS)} titles, 999,611 interactions); the default parameters; one thread; medians of ${options.rounds} processes each.`,
      "Everything: reading columns into rows, evaluation (a second fit on each viewer's past but the last), fit, lists of 200, tables of neighbours, likeness and popularity.",
      numpies.length > 0
        ? "numpy: dense products of a random matrix of that shape and density, with as many threads as it takes by itself."
        : `numpy as a peer is left out: ${options.python} does not have it.`,
    ],
  };
}

export const trainBench: Bench = {
  name: "train",
  about: "seconds and peak memory of each model on MovieLens 1M",
  run,
};
