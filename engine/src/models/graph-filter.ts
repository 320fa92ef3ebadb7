/**
 * A graph filter for catalogues that EASE cannot hold: a linear item–item model of low rank. Shen et al., "How Powerful is
 * Graph Convolution for Recommendation?" (GF-CF), CIKM 2021: what the graph of who watched what says about someone is
 * their history with its high frequencies taken out.
 *
 *   R̃_ui = x_ui / (n_u^a · m_i^b), n_u and m_i the sums of x over a row and a column, R̃ ≈ U Σ Vᵀ with `factors` columns
 *   score of j = m_j^b · Σ_d V_jd g_d Σ_h x_h m_h^-b V_hd,   g_d = σ_d² / (σ_d² + ρ σ_1²)
 *
 * ρ = 0 is GF-CF's ideal low-pass filter; above 0 it is the ridge regression of R̃ on itself, cut at that rank.
 * Departures: GF-CF adds R̃ᵀR̃ itself, which needs the users (or n² numbers) when it serves; the soft filter takes its place.
 * V by randomised subspace iteration (`../truncated-svd.ts`); x may fade with age, in training and in serving.
 * Shapes: one matrix [itemCount × F] in the kernels' memory, F the factors; someone's vector is a weighted sum of its rows, a
 * score the product of two rows.
 * Cost, n titles, U users, N interactions, d = F + 16, q iterations: (q + 1) · (2N d + n d²) + U d² multiply-adds, memory while fitting
 * 4 d (2n + U) + 16 N bytes, serving 4 n F. 40,000 titles, 20,000 users, 1 M interactions at F = 256: 0.1 GB and some 20 G
 * multiply-adds. A million titles, a million users, 100 M interactions at F = 128: 1.7 GB for the matrices and 1.6 GB for the
 * interactions, just inside the 4 GiB of 32-bit WASM, and 5 · (29 G + 21 G) multiply-adds, minutes on two cores; a list out of
 * a million titles is 128 M multiply-adds, 10 ms.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type History, type Interactions, interactionsOfHistories } from "../dataset.ts";
import type { SparseRows } from "../kernels/linear-algebra.ts";
import { type Block, createKernels, type Kernels, NO_DIAGONAL } from "../kernels/load.ts";
import { GEMM_WORK_LENGTH } from "../kernels/product.ts";
import {
  breathe,
  type Control,
  checkItems,
  type FitControl,
  type FittedModel,
  type ItemLists,
  type LoadOptions,
  type ModelDefinition,
} from "../model.ts";
import { type ParameterInput, type ParameterValues, resolveParameters } from "../parameters.ts";
import { rankRequestInTasks, rankScores } from "../ranking.ts";
import { fadedHistory, fadedRows, fading, halfLifeParameter, signalParameter } from "../recency.ts";
import { rightSingularVectors } from "../truncated-svd.ts";
import { explainSum } from "./explain.ts";

const NAME = "graphFilter";
const ARTIFACT_VERSION = 1;

const parameters = {
  factors: {
    kind: "number",
    description: "how many of the slowest frequencies of the graph are kept",
    min: 1,
    max: 2048,
    integer: true,
    default: 256,
  },
  softness: {
    kind: "number",
    description: "ρ: frequencies weaker than this share of the strongest count less than half; 0: all kept count alike",
    min: 0,
    max: 1e6,
    default: 0.01,
  },
  userNormalization: {
    kind: "number",
    description: "a: how much the interactions of someone with many weigh less",
    min: 0,
    max: 1,
    default: 0.5,
  },
  itemNormalization: {
    kind: "number",
    description: "b: how much popular titles are held down before the filter and raised after it",
    min: 0,
    max: 1,
    default: 0.5,
  },
  iterations: {
    kind: "number",
    description: "rounds that sharpen the frequencies",
    min: 0,
    max: 100,
    integer: true,
    default: 4,
  },
  halfLifeInteractions: halfLifeParameter(
    "after this many newer interactions a history item counts half; null: all count alike",
    null,
  ),
  trainingHalfLifeInteractions: halfLifeParameter("the same for the histories that are trained on", null),
  signal: signalParameter,
} as const;

type Parameters = ParameterValues<typeof parameters>;

/** m_i^b; 1 for a title without interactions. */
function itemScales({ columnCount, columns, values }: SparseRows, exponent: number): Float32Array {
  const sums = new Float64Array(columnCount);
  for (let e = 0; e < columns.length; e++) sums[columns[e]!]! += values[e]!;
  return Float32Array.from(sums, (sum) => (sum > 0 ? sum ** exponent : 1));
}

function normalized(rows: SparseRows, scales: Float32Array, userExponent: number): SparseRows {
  const values = new Float32Array(rows.values.length);
  for (let user = 0; user < rows.rowCount; user++) {
    const from = rows.rowOffsets[user]!;
    const to = rows.rowOffsets[user + 1]!;
    let sum = 0;
    for (let e = from; e < to; e++) sum += rows.values[e]!;
    const scale = sum ** -userExponent;
    for (let e = from; e < to; e++) values[e] = (rows.values[e]! * scale) / scales[rows.columns[e]!]!;
  }
  return { ...rows, values };
}

async function fit(data: Interactions, given: ParameterInput, control: FitControl): Promise<FittedModel> {
  const resolved = resolveParameters(NAME, parameters, given);
  assertInteractions(data);
  const { signal, trainingHalfLifeInteractions, softness } = resolved;
  const n = data.itemCount;
  const width = Math.min(resolved.factors, Math.max(1, n));
  const rows = fadedRows(data, { signal, halfLifeInteractions: trainingHalfLifeInteractions });
  const scales = itemScales(rows, resolved.itemNormalization);
  const { squares, vectors } = await rightSingularVectors(
    createKernels({ path: control.kernelPath, workers: control.workers }),
    normalized(rows, scales, resolved.userNormalization),
    {
      count: width,
      iterations: resolved.iterations,
      rng: control.rng,
      step: (fraction) => breathe(control, "frequencies", fraction),
    },
  );
  const roots = Float64Array.from(squares, (square) =>
    square > 0 ? Math.sqrt(square / (square + softness * squares[0]!)) : 0,
  );
  // The model in a memory of its own: that of the fit, which cannot shrink, goes with it.
  const kernels = createKernels({ path: control.kernelPath, workers: control.workers });
  const factors = kernels.allocate(n * width);
  const target = kernels.f32(factors);
  for (let item = 0; item < n; item++) {
    for (let d = 0; d < width; d++) target[item * width + d] = vectors[item * width + d]! * roots[d]! * scales[item]!;
  }
  return createModel({ kernels, factors, width, scales, parameters: resolved });
}

interface State {
  readonly kernels: Kernels;
  /** m_i^b √g_d V_id, [itemCount × width]. */
  readonly factors: Block;
  readonly width: number;
  /** m_i^b. */
  readonly scales: Float32Array;
  readonly parameters: Parameters;
}

function createModel({ kernels, factors, width, scales, parameters: resolved }: State): FittedModel {
  const n = scales.length;

  /** Σ_h x_h m_h^-2b · (row h of the matrix): its product with row j is the score of j. */
  function vectorOf(items: ArrayLike<number>, weights: ArrayLike<number>): Float32Array {
    const matrix = kernels.f32(factors);
    const vector = new Float64Array(width);
    for (let h = 0; h < items.length; h++) {
      const item = items[h]!;
      const weight = weights[h]! / scales[item]! ** 2;
      for (let d = 0; d < width; d++) vector[d]! += weight * matrix[item * width + d]!;
    }
    return Float32Array.from(vector);
  }

  function scoreInto(scores: Block, vector: Float32Array): void {
    const mark = kernels.mark();
    const x = kernels.allocate(width);
    const work = kernels.allocate(GEMM_WORK_LENGTH);
    kernels.f32(x).set(vector);
    kernels.raw.gemm(
      ...([1, n, width, 1, x.address, width, 1, factors.address, 1, width, 0] as const),
      ...([scores.address, n, NO_DIAGONAL, work.address] as const),
    );
    kernels.release(mark);
  }

  /** Titles by `scaleOf(j)` times the score of j after a history of `itemIndices[row]` alone; positive ones, without itself. */
  async function rankSingle(
    itemIndices: ArrayLike<number>,
    count: number,
    scaleOf: (item: number) => number,
    control: Control | undefined,
  ): Promise<ItemLists> {
    checkItems(n, itemIndices, count);
    return rankScores(
      kernels,
      { rowCount: itemIndices.length, itemCount: n, count },
      (row, scores) => {
        const itself = itemIndices[row]!;
        scoreInto(scores, vectorOf([itself], [1]));
        const values = kernels.f32(scores);
        for (let item = 0; item < n; item++) {
          const value = values[item]! * scaleOf(item);
          values[item] = value > 0 && item !== itself ? value : Number.NEGATIVE_INFINITY;
        }
        return "scored";
      },
      control,
    );
  }

  return {
    name: NAME,
    itemCount: n,
    parameters: resolved,
    kernelPath: kernels.path,
    memoryBytes: kernels.memoryBytes() + scales.byteLength,
    fadePerInteraction: fading(resolved.halfLifeInteractions, 1),

    // Without a history every score is 0: an order would be made up, so the list stays empty.
    recommend: (request, control) =>
      rankRequestInTasks(
        kernels,
        n,
        request,
        () => {
          const { histories } = request;
          const users = kernels.allocate(histories.userCount * width);
          const vectors = kernels.f32(users);
          for (let row = 0; row < histories.userCount; row++) {
            const { items, weights } = fadedHistory(histories, row, resolved);
            vectors.set(vectorOf(items, weights), row * width);
          }
          return { kind: "factors", users, items: factors, width };
        },
        control,
      ),

    /** The filter between two titles of equal popularity. */
    similarItems: (itemIndices, count, control) => rankSingle(itemIndices, count, (item) => 1 / scales[item]!, control),

    lifts: (itemIndices, count, control) => rankSingle(itemIndices, count, () => 1, control),

    explain(history: History, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const { items, weights } = fadedHistory(interactionsOfHistories([history], n), 0, resolved);
      if (items.length === 0) return { score: 0, contributions: [], rest: 0 };
      const mark = kernels.mark();
      const scores = kernels.allocate(n);
      scoreInto(scores, vectorOf(items, weights));
      const score = kernels.f32(scores)[itemIndex]!;
      kernels.release(mark);
      const matrix = kernels.f32(factors);
      const contributionOf = (h: number) => {
        const item = items[h]!;
        let sum = 0;
        for (let d = 0; d < width; d++) sum += matrix[item * width + d]! * matrix[itemIndex * width + d]!;
        return (weights[h]! / scales[item]! ** 2) * sum;
      };
      return explainSum(score, items, contributionOf, count);
    },

    save: () =>
      encodeArtifact({
        model: NAME,
        version: ARTIFACT_VERSION,
        meta: { parameters: resolved, itemCount: n },
        arrays: { factors: kernels.f32(factors).slice(), scales },
      }),
  };
}

function load(bytes: Uint8Array, options: LoadOptions = {}): FittedModel {
  const { model, version, meta, arrays } = decodeArtifact(bytes);
  assert(model === NAME, "a graph filter artifact", () => model);
  if (version !== ARTIFACT_VERSION) {
    throw new UserError(
      `model graphFilter: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
    );
  }
  const header = meta as { parameters: ParameterInput; itemCount: number };
  const { factors: stored, scales } = arrays;
  assert(stored instanceof Float32Array && scales instanceof Float32Array, "the arrays of a graph filter artifact");
  const resolved = resolveParameters(NAME, parameters, header.parameters);
  const width = Math.min(resolved.factors, Math.max(1, header.itemCount));
  assert(scales.length === header.itemCount && stored.length === scales.length * width, "shapes of the arrays");
  const kernels = createKernels({ path: options.kernelPath });
  const factors = kernels.allocate(stored.length);
  kernels.f32(factors).set(stored);
  return createModel({ kernels, factors, width, scales: scales.slice(), parameters: resolved });
}

export const graphFilter: ModelDefinition = {
  name: NAME,
  description: "a low-pass filter on the graph of who watched what, for large catalogues (GF-CF, Shen et al. 2021)",
  parameters,
  fit,
  load,
};
