/**
 * EASE: a linear item–item model with a closed form. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data",
 * WWW 2019: P = (XᵀX + λI)⁻¹, B = I - P · diag(P)⁻¹ (so its diagonal is 0), scores = x · B.
 * Departure: the history x fades with age (`../recency.ts`), which on MovieLens 1M more than doubles nDCG (see
 * `halfLifeInteractions`); the same may be done to X. With `dropout` p the diagonal of XᵀX counts 1 + p / (1 - p) times:
 * Steck, "Autoencoders that don't overfit towards the Identity" (EDLAE), NeurIPS 2020. With `nearHalfLifeInteractions` h a
 * pair of titles of one history, d interactions apart, counts 1 - s + s · 2^(-d / h) in XᵀX instead of 1: what was watched in one
 * sitting says more about each other (MovieLens 1M, random tenth as the target, nDCG@10: .2507 without both, .2523 with p = 1/3,
 * .2584 with h = 40, s = 0.8 as well; λ 200).
 * Shapes: B is [itemCount × itemCount] f32 in the kernels' memory; row h is what history item h adds to each target.
 * Cost: Σ_i Σ_{u has i} |x_u| for XᵀX, itemCount³ multiply-adds for the inverse, |x_u| · itemCount a user.
 * "More like this" ranks by the partial correlation -P_ij / √(P_ii P_jj), which is symmetric: B itself divides by P_jj
 * alone and so prefers titles that are hard to predict.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type History, type Interactions, interactionsOfHistories } from "../dataset.ts";
import { gramLowerNear } from "../kernels/gram-near.ts";
import { gramLower, invertPositiveDefinite, type Step, transposeSparse } from "../kernels/linear-algebra.ts";
import { type Block, createKernels, describeBytes, type Kernels } from "../kernels/load.ts";
import { pathName } from "../kernels/numerics.ts";
import {
  breathe,
  checkItems,
  type FitControl,
  type FittedModel,
  type LoadOptions,
  type ModelDefinition,
} from "../model.ts";
import { type ParameterInput, type ParameterValues, resolveParameters } from "../parameters.ts";
import { rankRequestInTasks, rankScores, type Scorer } from "../ranking.ts";
import { type FadedHistory, fadedHistory, fadedRows, fading, halfLifeParameter, signalParameter } from "../recency.ts";
import { explainSum } from "./explain.ts";

const NAME = "ease";
const ARTIFACT_VERSION = 1;
const DIVISION_STEP_ROWS = 1_024;
/** n² f32: 2 GiB is 23,170 titles and some 10 minutes of n³ on one core; larger catalogues want a sparser model. */
const EASE_MATRIX_BYTES_MAX = 2 * 1024 ** 3;
// Defaults: inner leave-one-out on MovieLens 1M (third-last item, trained before it, all 6,040 users), nDCG@10: .0542
// without fading (λ 300); .1336 with half-life 3 (λ 1000); .1374 with half-life 3, training half-life 50, λ 200, on a
// plateau (training half-life 20 to 100, λ 100 to 300: .1354 to .1374; half-life 2 or 5: .132). Ratings / 5 as graded
// weights: .1168 against .1336. The same settings on MovieLens 100K, inner: .127 against .092 without fading.
const parameters = {
  regularization: {
    kind: "number",
    description: "λ, added to the diagonal of XᵀX; larger is smoother",
    min: 1e-3,
    max: 1e9,
    default: 200,
  },
  halfLifeInteractions: halfLifeParameter(
    "after this many newer interactions a history item counts half; null: all count alike",
    3,
  ),
  trainingHalfLifeInteractions: halfLifeParameter("the same for the histories that are trained on", 50),
  dropout: {
    kind: "number",
    description: "p: trained as if this share of each history were missing, on average over what is (EDLAE)",
    min: 0,
    max: 0.99,
    default: 0,
  },
  nearHalfLifeInteractions: halfLifeParameter(
    "in training two titles count half as much together for each so many interactions between them; null: all alike",
    null,
  ),
  nearShare: {
    kind: "number",
    description: "how much of that is taken off at a large distance; 1: everything",
    min: 0,
    max: 1,
    default: 0.8,
  },
  signal: signalParameter,
} as const;

type Parameters = ParameterValues<typeof parameters>;

async function fit(data: Interactions, given: ParameterInput, control: FitControl): Promise<FittedModel> {
  const resolved = resolveParameters(NAME, parameters, given);
  assertInteractions(data);
  const n = data.itemCount;
  const matrixBytes = n * n * 4;
  if (matrixBytes > EASE_MATRIX_BYTES_MAX) {
    const itemsMax = Math.floor(Math.sqrt(EASE_MATRIX_BYTES_MAX / 4));
    throw new UserError(
      `model ease: ${n} items need a matrix of ${describeBytes(matrixBytes)}; at most ${itemsMax} items (${describeBytes(EASE_MATRIX_BYTES_MAX)}) are accepted`,
    );
  }
  const step =
    (stage: string): Step =>
    (fraction) =>
      breathe(control, stage, fraction);
  const { library } = control;
  const kernels = createKernels({ path: control.kernelPath, workers: control.workers });
  const matrix = kernels.allocate(n * n);
  const { signal, trainingHalfLifeInteractions } = resolved;
  const rows = fadedRows(data, { signal, halfLifeInteractions: trainingHalfLifeInteractions });
  const { nearHalfLifeInteractions: nearHalfLife, nearShare, dropout } = resolved;
  if (nearHalfLife === null) {
    const mark = kernels.mark();
    const byItem = transposeSparse(rows, kernels);
    // Transposed twice: rows again, now with items ascending.
    await gramLower(kernels, transposeSparse(byItem, kernels), byItem, matrix, step("gram"));
    kernels.release(mark);
  } else {
    let longest = 0;
    for (let user = 0; user < data.userCount; user++)
      longest = Math.max(longest, rows.rowOffsets[user + 1]! - rows.rowOffsets[user]!);
    const near = Float32Array.from(
      { length: longest },
      (_, distance) => 1 - nearShare + nearShare * 2 ** (-distance / nearHalfLife),
    );
    await gramLowerNear(kernels, rows, near, matrix, step("gram"));
  }

  const gram = kernels.f32(matrix);
  const missing = dropout / (1 - dropout);
  for (let i = 0; i < n; i++) gram[i * n + i] = gram[i * n + i]! * (1 + missing) + resolved.regularization;
  const outcome = await invertPositiveDefinite(kernels, matrix, n, step("invert"), { library });
  if (outcome.kind === "notPositiveDefinite") {
    throw new UserError(
      `model ease: parameter "regularization" is ${resolved.regularization}, too small for this data: the matrix cannot be inverted in 32 bits`,
    );
  }

  const b = kernels.f32(matrix);
  const precisions = Float32Array.from({ length: n }, (_, i) => b[i * n + i]!);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) b[i * n + j] = -b[i * n + j]! / precisions[j]!;
    b[i * n + i] = 0;
    // At 20,000 titles the whole division takes a second.
    if (i % DIVISION_STEP_ROWS === DIVISION_STEP_ROWS - 1) await step("invert")(1);
  }
  control.progress?.({ stage: "invert", fraction: 1 });
  return createModel({
    kernels,
    kernelPath: pathName(kernels.path, library),
    matrix,
    precisions,
    parameters: resolved,
  });
}

interface State {
  readonly kernels: Kernels;
  readonly kernelPath: string;
  /** B. */
  readonly matrix: Block;
  /** The diagonal of P. */
  readonly precisions: Float32Array;
  readonly parameters: Parameters;
}

function createModel({ kernels, kernelPath, matrix, precisions, parameters: resolved }: State): FittedModel {
  const n = precisions.length;
  const rowOf = (item: number) => kernels.f32(matrix).subarray(item * n, (item + 1) * n);

  const inputOf = (data: Interactions, row: number) => fadedHistory(data, row, resolved);

  function scoreInto(scores: Block, { items, weights }: FadedHistory): void {
    const mark = kernels.mark();
    const rows = kernels.allocate(items.length);
    const factors = kernels.allocate(items.length);
    kernels.i32(rows).set(items);
    kernels.f32(factors).set(weights);
    kernels.raw.combineRows(scores.address, matrix.address, n, n, rows.address, factors.address, items.length);
    kernels.release(mark);
  }

  return {
    name: NAME,
    itemCount: n,
    parameters: resolved,
    kernelPath,
    memoryBytes: kernels.memoryBytes() + precisions.byteLength,
    fadePerInteraction: fading(resolved.halfLifeInteractions, 1),

    // Without a history every score is 0: an order would be made up, so the list stays empty.
    recommend: (request, control) =>
      rankRequestInTasks(
        kernels,
        n,
        request,
        () => ({ kind: "combined", inputs: fadedRows(request.histories, resolved), matrix }),
        control,
      ),

    async similarItems(itemIndices, count, control) {
      checkItems(n, itemIndices, count);
      const scorer: Scorer = (row, scores) => {
        const item = itemIndices[row]!;
        const weights = rowOf(item);
        const target = kernels.f32(scores);
        for (let j = 0; j < n; j++) {
          const weight = weights[j]!;
          target[j] = weight > 0 ? weight * Math.sqrt(precisions[j]! / precisions[item]!) : Number.NEGATIVE_INFINITY;
        }
        return "scored";
      };
      return rankScores(kernels, { rowCount: itemIndices.length, itemCount: n, count }, scorer, control);
    },

    async lifts(itemIndices, count, control) {
      checkItems(n, itemIndices, count);
      const scorer: Scorer = (row, scores) => {
        const weights = rowOf(itemIndices[row]!);
        const target = kernels.f32(scores);
        for (let j = 0; j < n; j++) target[j] = weights[j]! > 0 ? weights[j]! : Number.NEGATIVE_INFINITY;
        return "scored";
      };
      return rankScores(kernels, { rowCount: itemIndices.length, itemCount: n, count }, scorer, control);
    },

    explain(history: History, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const { items, weights } = inputOf(interactionsOfHistories([history], n), 0);
      const mark = kernels.mark();
      const scores = kernels.allocate(n);
      scoreInto(scores, { items, weights });
      const score = kernels.f32(scores)[itemIndex]!;
      kernels.release(mark);
      const contributionOf = (h: number) => weights[h]! * rowOf(items[h]!)[itemIndex]!;
      return explainSum(score, items, contributionOf, count);
    },

    save: () =>
      encodeArtifact({
        model: NAME,
        version: ARTIFACT_VERSION,
        meta: { parameters: resolved, itemCount: n },
        arrays: { matrix: kernels.f32(matrix), precisions },
      }),
  };
}

function load(bytes: Uint8Array, options: LoadOptions = {}): FittedModel {
  const { model, version, meta, arrays } = decodeArtifact(bytes);
  assert(model === NAME, "an EASE artifact", () => model);
  if (version !== ARTIFACT_VERSION) {
    throw new UserError(
      `model ease: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
    );
  }
  const header = meta as { parameters: ParameterInput; itemCount: number };
  const stored = arrays.matrix;
  const precisions = arrays.precisions;
  assert(stored instanceof Float32Array && precisions instanceof Float32Array, "the arrays of an EASE artifact");
  assert(stored.length === header.itemCount ** 2 && precisions.length === header.itemCount, "shapes of the arrays");
  const kernels = createKernels({ path: options.kernelPath });
  const matrix = kernels.allocate(stored.length);
  kernels.f32(matrix).set(stored);
  return createModel({
    kernels,
    kernelPath: kernels.path,
    matrix,
    precisions: precisions.slice(),
    parameters: resolveParameters(NAME, parameters, header.parameters),
  });
}

export const ease: ModelDefinition = {
  name: NAME,
  description: "EASE, a closed-form item–item model whose input fades with age (Steck 2019)",
  parameters,
  fit,
  load,
};
