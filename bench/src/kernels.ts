/**
 * `kernels`: one large product and one whole EASE training on MovieLens 1M, in the kernels and with the prebuilt library
 * where it is installed, beside numpy (OpenBLAS; Cholesky inverse by LAPACK) on the same data with as many threads. Each
 * measurement is the first of its size in a process of its own, after a small one, in turn with the peer's; ratios are of
 * medians. Processor seconds stand beside seconds: they count where others use the machine.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openGemmLibrary } from "@thewatcher/engine/kernels/library";
import { detectKernelPath } from "@thewatcher/engine/kernels/load";
import { entryOf } from "@thewatcher/kit/entry";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { readMovieLens } from "./movielens.ts";
import { hasPythonModule, runCommand, runNode } from "./processes.ts";
import type { Figure } from "./report.ts";
import { median } from "./statistics.ts";

export interface KernelRun {
  /** As recorded by the model. */
  readonly path: string;
  readonly productSeconds: number;
  readonly productProcessorSeconds: number;
  readonly easeSeconds: number;
  readonly easeProcessorSeconds: number;
}
interface PeerRun extends Omit<KernelRun, "path"> {
  readonly version: string;
  readonly inverse: string;
}

const EDGE = 3_416;
const PRODUCT_GIGAFLOP = (2 * EDGE ** 3) / 1e9;
const REGULARIZATION = 300;
const THREADS_MAX = 2;

const GOALS = {
  kernels: { product: 0.18, ease: 4 },
  library: { product: 0.5, ease: 1.5 },
} as const;

const PEER = fileURLToPath(new URL("../peers/kernels.py", import.meta.url));

async function run(context: BenchContext): Promise<Outcome> {
  const { options, say } = context;
  const threads = Math.min(THREADS_MAX, availableParallelism());
  const data = readMovieLens(options);
  const pairs = join(context.freshFolder("pairs"), "pairs.bin");
  writeFileSync(
    pairs,
    Int32Array.from(
      { length: 2 * data.userIndices.length },
      (_, i) => (i % 2 === 0 ? data.userIndices : data.itemIndices)[i >> 1]!,
    ),
  );
  const own = detectKernelPath();
  const library = await openGemmLibrary({ workers: threads });
  if (library.kind === "opened") await library.library.close();
  const paths: [keyof typeof GOALS, string][] = [["kernels", own]];
  if (library.kind === "opened") paths.push(["library", `${own}+onnxruntime`]);
  const withPeer = await hasPythonModule("numpy", context);

  const { path: child, execArgv } = entryOf(import.meta.url, "./kernels-child");
  const runs: Record<keyof typeof GOALS, KernelRun[]> = { kernels: [], library: [] };
  const single: KernelRun[] = [];
  const peers: PeerRun[] = [];
  const measure = async (path: string, count: number): Promise<KernelRun> => {
    const args = [path, String(count), String(EDGE), options.datasets, String(REGULARIZATION)];
    return JSON.parse((await runNode([...execArgv, child, ...args], context)).stdout) as KernelRun;
  };
  for (let round = 0; round < options.rounds; round++) {
    say(`kernels: run ${round + 1} of ${options.rounds}`);
    if (withPeer) {
      const args = [PEER, threads, EDGE, pairs, data.userCount, data.itemCount, REGULARIZATION].map(String);
      peers.push(JSON.parse((await runCommand(options.python, args, context)).stdout) as PeerRun);
    }
    for (const [name, path] of paths) runs[name].push(await measure(path, threads));
    if (threads > 1) single.push(await measure(own, 1));
  }

  const numpy = `numpy ${peers[0]?.version ?? ""}`;
  type Field = Exclude<keyof KernelRun, "path">;
  const rate = (of: readonly Pick<KernelRun, Field>[], field: Field) => of.map((one) => PRODUCT_GIGAFLOP / one[field]);
  const figures: Figure[] = [];
  const add = (
    name: string,
    unit: string,
    values: readonly number[],
    peer: readonly number[],
    goal?: { readonly text: string; met(ratio: number): boolean },
  ): void => {
    const value = median(values);
    const beside = peer.length > 0 ? { beside: { name: numpy, value: median(peer) } } : {};
    const judged = goal && peer.length > 0 ? { goal: { text: goal.text, met: goal.met(value / median(peer)) } } : {};
    figures.push({ name, value, unit, runs: values, ...beside, ...judged });
  };
  for (const [name] of paths) {
    const { product, ease } = GOALS[name];
    const label = name === "kernels" ? `${own}, ${threads} threads` : `${runs.library[0]?.path}, ${threads} threads`;
    add(`product ${EDGE}: ${label}`, "GFLOP/s", rate(runs[name], "productSeconds"), rate(peers, "productSeconds"), {
      text: `≥ ${product} of numpy's`,
      met: (ratio) => ratio >= product,
    });
    add(
      `product ${EDGE}: ${label}`,
      "GFLOP a processor second",
      rate(runs[name], "productProcessorSeconds"),
      rate(peers, "productProcessorSeconds"),
    );
    add(
      `EASE, MovieLens 1M: ${label}`,
      "s",
      runs[name].map(({ easeSeconds }) => easeSeconds),
      peers.map(({ easeSeconds }) => easeSeconds),
      { text: `≤ ${ease} × numpy's`, met: (ratio) => ratio <= ease },
    );
    add(
      `EASE, MovieLens 1M: ${label}`,
      "processor s",
      runs[name].map(({ easeProcessorSeconds }) => easeProcessorSeconds),
      peers.map(({ easeProcessorSeconds }) => easeProcessorSeconds),
    );
  }
  if (single.length > 0) {
    add(`product ${EDGE}: ${own}, 1 thread`, "GFLOP/s", rate(single, "productSeconds"), []);
    add(
      `EASE, MovieLens 1M: ${own}, 1 thread`,
      "s",
      single.map(({ easeSeconds }) => easeSeconds),
      [],
    );
  }
  return {
    figures,
    notes: [
      `EASE: λ ${REGULARIZATION}, no fading, from rows to weights: Gram matrix, inverse, division. ${options.rounds} rounds.`,
      withPeer
        ? `numpy: ${threads} threads; dense Gram matrix; inverse by ${peers[0]?.inverse === "Cholesky" ? "LAPACK's Cholesky (spotrf, spotri)" : "numpy.linalg.inv, as scipy is missing"}.`
        : `numpy as a peer is left out: ${options.python} does not have it (\`node bench/peers/setup.mjs\` sets it up).`,
      library.kind === "opened" ? `library: ${library.library.name}.` : `library: left out, ${library.reason}.`,
    ],
  };
}

export const kernelsBench: Bench = {
  name: "kernels",
  about: "a large product and EASE on MovieLens 1M beside numpy",
  run,
};
