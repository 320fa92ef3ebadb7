/** One product and one EASE training in a process of its own: `kernels-child <path> <threads> <edge> <datasets> <λ>`. */
import { buildInteractions } from "@thewatcher/engine/dataset";
import { createKernels } from "@thewatcher/engine/kernels/load";
import { openNumerics } from "@thewatcher/engine/kernels/numerics";
import { multiplyInto, operand } from "@thewatcher/engine/kernels/product";
import { requireModel } from "@thewatcher/engine/models/registry";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import type { KernelRun } from "./kernels.ts";
import { readMovieLens } from "./movielens.ts";
import { timedHere } from "./processes.ts";

const [path = "", threads = "", edgeText = "", datasets = "", regularization = ""] = process.argv.slice(2);
const { monotonicMs } = systemClock;
const workers = Number(threads);
const edge = Number(edgeText);

const { kernelPath, library } = await openNumerics({ pin: path, workers, monotonicMs });

const product = await (async () => {
  const kernels = createKernels({ path: kernelPath, workers });
  const rng = createRng(1);
  const [a, b, c] = [0, 1, 2].map(() => kernels.allocate(edge * edge)) as [
    ReturnType<typeof kernels.allocate>,
    ReturnType<typeof kernels.allocate>,
    ReturnType<typeof kernels.allocate>,
  ];
  for (const block of [a, b]) {
    const values = kernels.f32(block);
    for (let i = 0; i < values.length; i++) values[i] = rng.next() - 0.5;
  }
  const multiply = (size: number) =>
    multiplyInto(
      kernels,
      {
        ...{ m: size, n: size, k: size, alpha: 1, accumulate: false },
        ...{ a: operand(a.address, edge), b: operand(b.address, edge), c: operand(c.address, edge) },
      },
      { library },
    );
  // As the peer does: a small product first, in which threads start and code is compiled.
  for (let run = 0; run < 3; run++) await multiply(512);
  return timedHere(systemClock, () => multiply(edge));
})();

const data = readMovieLens({ datasets });
const interactions = buildInteractions(
  {
    userIndices: data.userIndices,
    itemIndices: data.itemIndices,
    weights: new Float32Array(data.userIndices.length).fill(1),
    occurredAt: data.positions,
  },
  { userCount: data.userCount, itemCount: data.itemCount, timeQuality: "synthetic" },
);
const parameters = {
  regularization: Number(regularization),
  halfLifeInteractions: null,
  trainingHalfLifeInteractions: null,
};
const ease = await timedHere(systemClock, () =>
  requireModel("ease").fit(interactions, parameters, { rng: createRng(1), kernelPath, library, workers }),
);
const answer: KernelRun = {
  path: ease.value.kernelPath ?? "",
  productSeconds: product.seconds,
  productProcessorSeconds: product.processorSeconds,
  easeSeconds: ease.seconds,
  easeProcessorSeconds: ease.processorSeconds,
};
process.stdout.write(JSON.stringify(answer));
await library?.close();
