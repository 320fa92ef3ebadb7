/**
 * iALS: matrix factorisation for implicit feedback. Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback
 * Datasets", ICDM 2008; conjugate gradients: Takács, Pilászy & Tikk, RecSys 2011; scaled regularisation: Rendle,
 * Krichene, Zhang & Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022.
 *
 *   minimise Σ_ui c_ui (p_ui - x_u·y_i)² + Σ_u λ_u ‖x_u‖² + Σ_i λ_i ‖y_i‖²
 *   p_ui = 1 where there is an interaction, else 0;  c_ui = 1 + α w_ui, w_ui what it weighs (1 or its grade, faded)
 *   λ_u = λ (n_u / n̄)^ν, n_u the interactions of the user, n̄ their mean over users; λ_i likewise over items
 *
 * Departures: users are never stored. A list is made from the history alone, whoever it belongs to: x solves its own
 * normal equations (G + λ_u I + Σ α w y yᵀ) x = Σ (1 + α w) y, G = YᵀY, by the same solver, with the history faded by
 * `halfLifeInteractions`; n_u is then the length of that history. So someone new is served like someone trained on.
 * Shapes: Y is [itemCount × F] f32 in the kernels' memory, F the factors rounded up to a multiple of 8 with zeros.
 * Cost: a sweep is Σ nnz · 4F(steps + 1) multiply-adds by conjugate gradients, nnz · F²/2 + rows · F³/3 directly; memory
 * beside the factors 20 bytes an interaction while fitting. A million titles of 64 factors are 256 MB.
 * An explanation is Hu et al.'s §5: with W = (G + λ_u I + Σ α w y yᵀ)⁻¹, the score of i is Σ_j (y_iᵀ W y_j) (1 + α w_j).
 * A lift is the list of a history of that one title: scores of iALS are no sum over the history, so this is its first
 * step from nothing, which overstates what one more title adds to a long history.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type History, type Interactions, interactionsOfHistories } from "../dataset.ts";
import type { SparseRows } from "../kernels/linear-algebra.ts";
import { type Block, createKernels, type Kernels, NO_DIAGONAL } from "../kernels/load.ts";
import {
  breathe,
  type Control,
  checkItems,
  checkRequest,
  type FitControl,
  type FittedModel,
  type ItemLists,
  type LoadOptions,
  type ModelDefinition,
} from "../model.ts";
import { type ParameterInput, type ParameterValues, resolveParameters } from "../parameters.ts";
import { rankRequestInTasks, rankScores } from "../ranking.ts";
import { fadedHistory, fadedRows, fading, halfLifeParameter, signalParameter } from "../recency.ts";
import { explainSum } from "./explain.ts";

const NAME = "ials";
const ARTIFACT_VERSION = 1;
/** Factors are padded to whole pairs of vectors. */
const FACTOR_STEP = 8;
/** 64·256 + 256·512 + 32: the packed panels of a product, the first part of every scratch memory. */
const PRODUCT_SCRATCH = 64 * 256 + 256 * 512 + 32;
/** Rows of factors that a direct solve gathers at a time. */
const GATHERED_ROWS = 256;
/** Floats of a row's columns that conjugate gradients copy together (`COPIED_MAX` in the assembly). */
const COPIED_MAX = 65_536;
/** Interactions of one task: some 5 ms of conjugate gradients at 64 factors. */
const TASK_INTERACTIONS = 16_384;
/**
 * Someone's vector starts from nothing: as many steps as it takes for a residual of this share. MovieLens 1M at 64 factors:
 * the same nDCG@10 to four places as by Cholesky.
 */
const FOLD_IN_STEPS = 64;
const FOLD_IN_TOLERANCE = 1e-3;
/** Starting values of the item factors: small beside 1, so that the first sweep is decided by the data. */
const START_SCALE = 0.1;

// Steps: MovieLens 1M, a random tenth as the target, 15 sweeps, α 9, λ 3, two seeds each, nDCG@10 at 64 and 128 factors:
// 1 step .253 and .248; 2 .257 and .245; 3 .256 and .242 (`implicit` with 3: .252 and .236; 95% ± .005).
const parameters = {
  factors: { kind: "number", description: "length of the vectors", min: 1, max: 1024, integer: true, default: 64 },
  iterations: {
    kind: "number",
    description: "sweeps over users and items",
    min: 1,
    max: 1000,
    integer: true,
    default: 15,
  },
  alpha: {
    kind: "number",
    description: "α: how much more an interaction of weight 1 counts than none",
    min: 1e-6,
    max: 1e9,
    default: 10,
  },
  regularization: { kind: "number", description: "λ; larger is smoother", min: 1e-3, max: 1e9, default: 3 },
  regularizationExponent: {
    kind: "number",
    description: "ν: λ grows with the number of interactions to this power; 0: the same λ for all",
    min: 0,
    max: 2,
    default: 0,
  },
  solver: {
    kind: "choice",
    description: "conjugateGradient: a few steps from the last sweep's factors; direct: each row exactly, by Cholesky",
    values: ["conjugateGradient", "direct"],
    default: "conjugateGradient",
  },
  conjugateSteps: {
    kind: "number",
    description: "steps of conjugateGradient in each sweep",
    min: 1,
    max: 1000,
    integer: true,
    default: 2,
  },
  halfLifeInteractions: halfLifeParameter(
    "after this many newer interactions a history item counts half; null: all count alike",
    5,
  ),
  trainingHalfLifeInteractions: halfLifeParameter("the same for the histories that are trained on", null),
  signal: signalParameter,
} as const;

type Parameters = ParameterValues<typeof parameters>;

/** One side of the matrix in the kernels' memory: its rows, their λ and their factors. */
interface Side {
  readonly count: number;
  readonly offsets: Block;
  readonly columns: Block;
  readonly extra: Block;
  readonly ridges: Block;
  readonly factors: Block;
  /** Tasks [from, to): whole rows of about equal numbers of interactions. */
  readonly parts: readonly (readonly [from: number, to: number])[];
  readonly longestRow: number;
}

/** λ of a row of `length` interactions. */
function ridgeOf({ regularization, regularizationExponent }: Parameters, length: number, meanLength: number): number {
  return regularizationExponent === 0 || length === 0 || meanLength === 0
    ? regularization
    : regularization * (length / meanLength) ** regularizationExponent;
}

function partsOf(offsets: ArrayLike<number>, count: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = 0;
  for (let row = 0; row < count; row++) {
    if (offsets[row + 1]! - offsets[from]! < TASK_INTERACTIONS && row + 1 < count) continue;
    parts.push([from, row + 1]);
    from = row + 1;
  }
  return parts;
}

function openSide(kernels: Kernels, rows: SparseRows, width: number, resolved: Parameters, factors: Block): Side {
  const { rowCount: count, rowOffsets, columns, values } = rows;
  const offsets = kernels.allocate(count + 1);
  const columnBlock = kernels.allocate(columns.length);
  const extra = kernels.allocate(columns.length);
  const ridges = kernels.allocate(count);
  assert(factors.length === count * width, "a row of factors for each row");
  kernels.u32(offsets).set(rowOffsets);
  kernels.i32(columnBlock).set(columns);
  const extras = kernels.f32(extra);
  for (let e = 0; e < values.length; e++) extras[e] = resolved.alpha * values[e]!;
  const meanLength = columns.length / Math.max(1, count);
  let longestRow = 0;
  const lambdas = kernels.f32(ridges);
  for (let row = 0; row < count; row++) {
    const length = rowOffsets[row + 1]! - rowOffsets[row]!;
    longestRow = Math.max(longestRow, length);
    lambdas[row] = ridgeOf(resolved, length, meanLength);
  }
  return {
    count,
    offsets,
    columns: columnBlock,
    extra,
    ridges,
    factors,
    parts: partsOf(rowOffsets, count),
    longestRow,
  };
}

/** G = YᵀY of `count` rows at `factors`. */
function gramOf(kernels: Kernels, factors: Block, count: number, width: number, target: Block): void {
  const mark = kernels.mark();
  const work = kernels.allocate(PRODUCT_SCRATCH);
  const { raw } = kernels;
  const y = factors.address;
  if (count === 0) kernels.f32(target).fill(0);
  else raw.gemm(width, width, count, 1, y, 1, width, y, width, 1, 0, target.address, width, NO_DIAGONAL, work.address);
  kernels.release(mark);
}

/** The other side of the same interactions. Written in the kernels' memory alone: 16 bytes an interaction for both sides. */
function openTransposed(kernels: Kernels, of: Side, count: number, resolved: Parameters, factors: Block): Side {
  const offsets = kernels.allocate(count + 1);
  const columns = kernels.allocate(of.columns.length);
  const extra = kernels.allocate(of.columns.length);
  const ridges = kernels.allocate(count);
  const [fromOffsets, fromColumns, fromExtra] = [
    kernels.u32(of.offsets),
    kernels.i32(of.columns),
    kernels.f32(of.extra),
  ];
  const [toOffsets, toColumns, toExtra] = [kernels.u32(offsets).fill(0), kernels.i32(columns), kernels.f32(extra)];
  for (let e = 0; e < fromColumns.length; e++) toOffsets[fromColumns[e]! + 1]!++;
  for (let row = 0; row < count; row++) toOffsets[row + 1]! += toOffsets[row]!;
  const next = toOffsets.slice(0, count);
  for (let row = 0; row < of.count; row++) {
    for (let e = fromOffsets[row]!; e < fromOffsets[row + 1]!; e++) {
      const slot = next[fromColumns[e]!]!++;
      toColumns[slot] = row;
      toExtra[slot] = fromExtra[e]!;
    }
  }
  const meanLength = of.columns.length / Math.max(1, count);
  const lambdas = kernels.f32(ridges);
  let longestRow = 0;
  for (let row = 0; row < count; row++) {
    const length = toOffsets[row + 1]! - toOffsets[row]!;
    longestRow = Math.max(longestRow, length);
    lambdas[row] = ridgeOf(resolved, length, meanLength);
  }
  return { count, offsets, columns, extra, ridges, factors, parts: partsOf(toOffsets, count), longestRow };
}

type Solve =
  | { readonly solver: "direct" }
  | { readonly solver: "conjugateGradient"; readonly steps: number; readonly tolerance: number };

interface Call {
  readonly kernel: "regressDirect" | "conjugateRows";
  /** The arguments for the rows of a part, without the scratch memory. */
  argumentsOf(part: readonly [from: number, to: number]): number[];
  readonly scratchLength: number;
}

/** Solves rows of `side` against `other`'s factors, whose Gram matrix is `gram`. */
function solution(side: Side, other: Block, gram: Block, width: number, solve: Solve): Call {
  const { factors, offsets, columns, extra, ridges, longestRow } = side;
  const [x, y, g, r] = [factors, other, gram, ridges].map(({ address }) => address) as [number, number, number, number];
  const lists = [offsets.address, columns.address, extra.address];
  if (solve.solver === "direct") {
    return {
      kernel: "regressDirect",
      argumentsOf: ([from, to]) => [from, to, x, width, y, g, r, ...lists, 1, 1],
      scratchLength: PRODUCT_SCRATCH + width * width + 2 * GATHERED_ROWS * width,
    };
  }
  return {
    kernel: "conjugateRows",
    argumentsOf: ([from, to]) => [from, to, x, width, ...lists, r, y, g, solve.steps, solve.tolerance],
    scratchLength: 4 * width + 2 * (longestRow + 4) + Math.min(longestRow * width, COPIED_MAX),
  };
}

/** False: not in 32 bits. */
async function solveSide(
  kernels: Kernels,
  side: Side,
  call: Call,
  step?: (fraction: number) => Promise<void>,
): Promise<boolean> {
  const { kernel, argumentsOf, scratchLength } = call;
  return (await kernels.run(kernel, side.parts.map(argumentsOf), { scratchLength, step })) >= 0;
}

const cannotSolve = ({ regularization }: Parameters) =>
  new UserError(
    `model ials: parameter "regularization" is ${regularization}, too small for this data: the equations cannot be solved in 32 bits`,
  );

async function fit(data: Interactions, given: ParameterInput, control: FitControl): Promise<FittedModel> {
  const resolved = resolveParameters(NAME, parameters, given);
  assertInteractions(data);
  const { itemCount: n, userCount } = data;
  const { factors: factorCount, iterations, signal, trainingHalfLifeInteractions } = resolved;
  const width = Math.ceil(factorCount / FACTOR_STEP) * FACTOR_STEP;
  await breathe(control, "sweeps", 0);
  const kernels = createKernels({ path: control.kernelPath, workers: control.workers });
  const itemFactors = kernels.allocate(n * width);
  const gram = kernels.allocate(width * width);
  const rows = fadedRows(data, { signal, halfLifeInteractions: trainingHalfLifeInteractions });
  const userFactors = kernels.allocate(userCount * width);
  const users = openSide(kernels, rows, width, resolved, userFactors);
  const items = openTransposed(kernels, users, n, resolved, itemFactors);
  kernels.f32(userFactors).fill(0);
  const y = kernels.f32(itemFactors).fill(0);
  const { rng } = control;
  const scale = START_SCALE / Math.sqrt(factorCount);
  for (let item = 0; item < n; item++) {
    for (let factor = 0; factor < factorCount; factor++) y[item * width + factor] = scale * rng.normal();
  }
  const solve: Solve =
    resolved.solver === "direct"
      ? { solver: "direct" }
      : { solver: "conjugateGradient", steps: resolved.conjugateSteps, tolerance: 0 };
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (const half of [0, 1]) {
      const [side, other] = half === 0 ? [users, items] : [items, users];
      gramOf(kernels, other.factors, other.count, width, gram);
      const step = (fraction: number) => breathe(control, "sweeps", (iteration + (half + fraction) / 2) / iterations);
      if (!(await solveSide(kernels, side, solution(side, other.factors, gram, width, solve), step)))
        throw cannotSolve(resolved);
    }
  }
  gramOf(kernels, itemFactors, n, width, gram);
  // The model in a memory of its own: that of the training, which cannot shrink, goes with it.
  const own = createKernels({ path: control.kernelPath, workers: control.workers });
  const [factors, ownGram] = [itemFactors, gram].map((from) => {
    const to = own.allocate(from.length);
    own.f32(to).set(kernels.f32(from));
    return to;
  }) as [Block, Block];
  control.progress?.({ stage: "sweeps", fraction: 1 });
  const meanLength = rows.columns.length / Math.max(1, userCount);
  return createModel({ kernels: own, itemCount: n, width, factors, gram: ownGram, meanLength, parameters: resolved });
}

interface State {
  readonly kernels: Kernels;
  readonly itemCount: number;
  readonly width: number;
  readonly factors: Block;
  readonly gram: Block;
  /** Interactions of a training user in the mean: n̄ of someone's λ. */
  readonly meanLength: number;
  readonly parameters: Parameters;
}

function createModel(state: State): FittedModel {
  const { kernels, itemCount: n, width, factors, gram, meanLength, parameters: resolved } = state;

  const foldInSolve: Solve =
    resolved.solver === "direct"
      ? { solver: "direct" }
      : { solver: "conjugateGradient", steps: FOLD_IN_STEPS, tolerance: FOLD_IN_TOLERANCE };

  function openHistories(histories: Interactions): Side {
    const side = openSide(
      kernels,
      fadedRows(histories, resolved),
      width,
      resolved,
      kernels.allocate(histories.userCount * width),
    );
    // λ of a history follows the training's mean, not that of the request: a batch gives the bits of single requests.
    const lambdas = kernels.f32(side.ridges);
    const offsets = kernels.u32(side.offsets);
    for (let row = 0; row < side.count; row++) {
      lambdas[row] = ridgeOf(resolved, offsets[row + 1]! - offsets[row]!, meanLength);
    }
    return side;
  }

  /** The vectors of histories, [histories × width]. */
  function foldIn(histories: Interactions): Promise<Float32Array> {
    return kernels.exclusive(async () => {
      const mark = kernels.mark();
      try {
        const side = openHistories(histories);
        kernels.f32(side.factors).fill(0);
        if (!(await solveSide(kernels, side, solution(side, factors, gram, width, foldInSolve))))
          throw cannotSolve(resolved);
        return kernels.f32(side.factors).slice();
      } finally {
        kernels.release(mark);
      }
    });
  }

  /** Scores of every title for one vector; the same sums in the same order as for any other number of titles. */
  function scoreInto(scores: Block, vector: Float32Array): void {
    const mark = kernels.mark();
    const x = kernels.allocate(width);
    const work = kernels.allocate(PRODUCT_SCRATCH);
    kernels.f32(x).set(vector);
    const { raw } = kernels;
    raw.gemm(
      ...([1, n, width, 1, x.address, width, 1, factors.address, 1, width, 0] as const),
      ...([scores.address, n, NO_DIAGONAL, work.address] as const),
    );
    kernels.release(mark);
  }

  const singletons = (itemIndices: ArrayLike<number>) =>
    interactionsOfHistories(
      Array.from(itemIndices, (item) => ({ itemIndices: [item] })),
      n,
    );

  /** Lists of positive scores for vectors, `itself` left out. */
  async function rankPositive(
    vectors: Float32Array,
    itemIndices: ArrayLike<number>,
    count: number,
    scale: ((item: number) => number) | undefined,
    control: Control | undefined,
  ): Promise<ItemLists> {
    return rankScores(
      kernels,
      { rowCount: itemIndices.length, itemCount: n, count },
      (row, scores) => {
        scoreInto(scores, vectors.subarray(row * width, (row + 1) * width));
        const values = kernels.f32(scores);
        const itself = itemIndices[row]!;
        for (let item = 0; item < n; item++) {
          const value = scale ? values[item]! * scale(item) : values[item]!;
          values[item] = value > 0 && item !== itself ? value : Number.NEGATIVE_INFINITY;
        }
        return "scored";
      },
      control,
    );
  }

  let norms: Float64Array | undefined;
  /** ‖y_i‖, computed when first asked for. */
  function normsOfItems(): Float64Array {
    if (norms) return norms;
    const y = kernels.f32(factors);
    norms = Float64Array.from({ length: n }, (_, item) => {
      let sum = 0;
      for (let factor = item * width; factor < (item + 1) * width; factor++) sum += y[factor]! ** 2;
      return Math.sqrt(sum);
    });
    return norms;
  }

  return {
    name: NAME,
    itemCount: n,
    parameters: resolved,
    kernelPath: kernels.path,
    memoryBytes: kernels.memoryBytes(),
    fadePerInteraction: fading(resolved.halfLifeInteractions, 1),

    // Without a history every score is 0: an order would be made up, so the list stays empty.
    async recommend(request, control) {
      checkRequest(n, request);
      await breathe(control, "solve", 0);
      const { histories } = request;
      const vectors = await foldIn(histories);
      return rankRequestInTasks(
        kernels,
        n,
        request,
        () => {
          const users = kernels.allocate(vectors.length);
          kernels.f32(users).set(vectors);
          return { kind: "factors", users, items: factors, width };
        },
        control,
      );
    },

    /** By the cosine of the factors. */
    async similarItems(itemIndices, count, control) {
      checkItems(n, itemIndices, count);
      const lengths = normsOfItems();
      const y = kernels.f32(factors);
      const vectors = new Float32Array(itemIndices.length * width);
      for (let row = 0; row < itemIndices.length; row++) {
        const item = itemIndices[row]!;
        const scale = lengths[item]! > 0 ? 1 / lengths[item]! : 0;
        for (let f = 0; f < width; f++) vectors[row * width + f] = y[item * width + f]! * scale;
      }
      const inverse = (item: number) => (lengths[item]! > 0 ? 1 / lengths[item]! : 0);
      return rankPositive(vectors, itemIndices, count, inverse, control);
    },

    async lifts(itemIndices, count, control) {
      checkItems(n, itemIndices, count);
      return rankPositive(await foldIn(singletons(itemIndices)), itemIndices, count, undefined, control);
    },

    explain(history: History, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const histories = interactionsOfHistories([history], n);
      const { items, weights } = fadedHistory(histories, 0, resolved);
      if (items.length === 0) return { score: 0, contributions: [], rest: 0 };
      const mark = kernels.mark();
      const side = openHistories(histories);
      kernels.f32(side.factors).fill(0);
      const { kernel, argumentsOf, scratchLength } = solution(side, factors, gram, width, foldInSolve);
      const work = kernels.allocate(scratchLength);
      if (kernels.raw[kernel](...argumentsOf([0, 1]), work.address) < 0) throw cannotSolve(resolved);
      const scores = kernels.allocate(n);
      scoreInto(scores, kernels.f32(side.factors).slice());
      const score = kernels.f32(scores)[itemIndex]!;
      const ridge = kernels.f32(side.ridges)[0]!;
      kernels.release(mark);

      const y = kernels.f32(factors);
      const rowOf = (item: number) => y.subarray(item * width, (item + 1) * width);
      const matrix = Float64Array.from(kernels.f32(gram));
      items.forEach((item, h) => {
        const row = rowOf(item);
        const extra = resolved.alpha * weights[h]!;
        for (let a = 0; a < width; a++) {
          for (let b = 0; b <= a; b++) matrix[a * width + b]! += extra * row[a]! * row[b]!;
        }
      });
      for (let a = 0; a < width; a++) matrix[a * width + a]! += ridge;
      const z = solvePositiveDefinite(matrix, Float64Array.from(rowOf(itemIndex)));
      const contributionOf = (h: number) => {
        const row = rowOf(items[h]!);
        return (1 + resolved.alpha * weights[h]!) * z.reduce((sum, value, a) => sum + value * row[a]!, 0);
      };
      return explainSum(score, items, contributionOf, count);
    },

    save: () =>
      encodeArtifact({
        model: NAME,
        version: ARTIFACT_VERSION,
        meta: { parameters: resolved, itemCount: n, meanLength },
        arrays: { factors: kernels.f32(factors).slice(), gram: kernels.f32(gram).slice() },
      }),
  };
}

/** A⁻¹ b in f64 by Cholesky; only the lower triangle of A is read, A and b are overwritten. */
function solvePositiveDefinite(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) b[i]! -= a[i * n + k]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i]! -= a[k * n + i]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
  return b;
}

function load(bytes: Uint8Array, options: LoadOptions = {}): FittedModel {
  const { model, version, meta, arrays } = decodeArtifact(bytes);
  assert(model === NAME, "an iALS artifact", () => model);
  if (version !== ARTIFACT_VERSION) {
    throw new UserError(
      `model ials: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
    );
  }
  const header = meta as { parameters: ParameterInput; itemCount: number; meanLength: number };
  const stored = arrays.factors;
  const storedGram = arrays.gram;
  assert(stored instanceof Float32Array && storedGram instanceof Float32Array, "the arrays of an iALS artifact");
  const resolved = resolveParameters(NAME, parameters, header.parameters);
  const width = Math.ceil(resolved.factors / FACTOR_STEP) * FACTOR_STEP;
  assert(stored.length === header.itemCount * width && storedGram.length === width ** 2, "shapes of the arrays");
  const kernels = createKernels({ path: options.kernelPath });
  const factors = kernels.allocate(stored.length);
  const gram = kernels.allocate(storedGram.length);
  kernels.f32(factors).set(stored);
  kernels.f32(gram).set(storedGram);
  const { itemCount, meanLength } = header;
  return createModel({ kernels, itemCount, width, factors, gram, meanLength, parameters: resolved });
}

export const ials: ModelDefinition = {
  name: NAME,
  description: "iALS, matrix factorisation for implicit feedback (Hu, Koren & Volinsky 2008)",
  parameters,
  fit,
  load,
};
