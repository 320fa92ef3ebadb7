/**
 * Item-KNN: titles are alike when the same people watched them; a score is the sum over the history of the likeness to
 * each of its titles. Sarwar et al., WWW 2001 (item-based); Deshpande & Karypis, TOIS 2004 (top-K); BM25 as a weight of
 * interactions: Robertson & Zaragoza 2009, used so by the library `implicit`.
 *
 *   x_ui   what the interaction weighs (1 or its grade, faded by trainingHalfLifeInteractions)
 *   cosine v_ui = x_ui;                                       likeness = Σ_u v_ui v_uj / (‖v_i‖ ‖v_j‖ + s)
 *   tfidf  v_ui = √x_ui · idf_u,  idf_u = ln(1 + I / n_u);    likeness as cosine's
 *   bm25   v_ui = x_ui (k₁ + 1) / (k₁ (1 - b + b · L_i / L) + x_ui) · idf_u,  L_i = Σ_u x_ui, L its mean over items;
 *          likeness = Σ_u v_ui v_uj, divided by the largest of all so that scores are near 1
 *   score  s_j = Σ_h x_h · likeness(h, j) over the history's titles h that have j among their K most alike
 *
 * (I titles, n_u titles of user u, s the shrinkage: a likeness that few users support is pulled to 0. With bm25 the
 * shrinkage multiplies the likeness by c / (c + s), c being the number of users that have both.)
 * Shapes: per title at most K (neighbour, likeness), best first, as sparse rows: 8 bytes each.
 * Cost: Σ_u n_u² multiply-adds (MovieLens 1M: 0.36 G), memory beside the model 16 bytes an interaction and 20 a title: a million
 * titles of 100 neighbours are 0.8 GB, and 100 M interactions 1.6 GB; a user of 10,000 titles costs as much as 10,000
 * users of 100.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type Interactions, interactionsOfHistories } from "../dataset.ts";
import { type SparseRows, transposeSparse } from "../kernels/linear-algebra.ts";
import { createKernels } from "../kernels/load.ts";
import {
  breathe,
  checkItems,
  createItemLists,
  type FitControl,
  type FittedModel,
  type ItemLists,
  type ModelDefinition,
} from "../model.ts";
import { type ParameterInput, type ParameterValues, resolveParameters } from "../parameters.ts";
import { rankRequestInTasks } from "../ranking.ts";
import { type FadedHistory, fadedHistory, fadedRows, fading, halfLifeParameter, signalParameter } from "../recency.ts";
import { explainSum } from "./explain.ts";
import { mostAlike, type Neighbours } from "./neighbours.ts";

const NAME = "itemKnn";
const ARTIFACT_VERSION = 1;

const parameters = {
  weighting: {
    kind: "choice",
    description: "how interactions are weighed before titles are compared",
    values: ["cosine", "tfidf", "bm25"],
    default: "cosine",
  },
  neighbours: {
    kind: "number",
    description: "K: how many of the most alike titles each title keeps",
    min: 1,
    max: 100_000,
    integer: true,
    default: 200,
  },
  shrinkage: {
    kind: "number",
    description: "s: how strongly a likeness that few users support is pulled to 0",
    min: 0,
    max: 1e9,
    default: 10,
  },
  k1: { kind: "number", description: "k₁ of bm25: how late a weight saturates", min: 0, max: 1e6, default: 100 },
  b: { kind: "number", description: "b of bm25: how much popular titles are held down", min: 0, max: 1, default: 0.8 },
  halfLifeInteractions: halfLifeParameter(
    "after this many newer interactions a history item counts half; null: all count alike",
    5,
  ),
  trainingHalfLifeInteractions: halfLifeParameter("the same for the histories that are trained on", null),
  signal: signalParameter,
} as const;

type Parameters = ParameterValues<typeof parameters>;

/** v_ui in the rows' own order. */
function weighted(rows: SparseRows, { weighting, k1, b }: Parameters): Float32Array {
  const { rowCount, columnCount, rowOffsets, columns, values } = rows;
  if (weighting === "cosine") return values;
  const lengths = new Float64Array(columnCount);
  let total = 0;
  for (let e = 0; e < columns.length; e++) {
    lengths[columns[e]!]! += values[e]!;
    total += values[e]!;
  }
  const meanLength = total / Math.max(1, columnCount);
  const out = new Float32Array(values.length);
  for (let user = 0; user < rowCount; user++) {
    const from = rowOffsets[user]!;
    const to = rowOffsets[user + 1]!;
    const idf = Math.log(1 + columnCount / (to - from));
    for (let e = from; e < to; e++) {
      const x = values[e]!;
      if (weighting === "tfidf") {
        out[e] = Math.sqrt(x) * idf;
      } else {
        const length = lengths[columns[e]!]! / meanLength;
        out[e] = ((x * (k1 + 1)) / (k1 * (1 - b + b * length) + x)) * idf;
      }
    }
  }
  return out;
}

interface Tables extends Neighbours {
  readonly itemCount: number;
}

async function fit(data: Interactions, given: ParameterInput, control: FitControl): Promise<FittedModel> {
  const resolved = resolveParameters(NAME, parameters, given);
  assertInteractions(data);
  const { signal, trainingHalfLifeInteractions, weighting, shrinkage } = resolved;
  const plain = fadedRows(data, { signal, halfLifeInteractions: trainingHalfLifeInteractions });
  const rows: SparseRows = { ...plain, values: weighted(plain, resolved) };
  const byItem = transposeSparse(rows);
  const n = data.itemCount;
  const k = Math.min(resolved.neighbours, Math.max(0, n - 1));
  const norms = new Float64Array(n);
  for (let item = 0; item < n; item++) {
    let sum = 0;
    for (let e = byItem.rowOffsets[item]!; e < byItem.rowOffsets[item + 1]!; e++) sum += byItem.values[e]! ** 2;
    norms[item] = Math.sqrt(sum);
  }

  const tables = await mostAlike(
    rows,
    byItem,
    k,
    (item, other, sum, common) =>
      weighting === "bm25" ? sum * (common / (common + shrinkage)) : sum / (norms[item]! * norms[other]! + shrinkage),
    (fraction) => breathe(control, "neighbours", fraction),
  );
  const { likeness } = tables;
  if (weighting === "bm25") {
    let largest = 0;
    for (const value of likeness) largest = Math.max(largest, value);
    if (largest > 0) for (let e = 0; e < likeness.length; e++) likeness[e] = likeness[e]! / largest;
  }
  control.progress?.({ stage: "neighbours", fraction: 1 });
  return createModel({ itemCount: n, ...tables }, resolved);
}

function createModel(tables: Tables, resolved: Parameters): FittedModel {
  const { itemCount: n, offsets, neighbours, likeness } = tables;
  const kernels = createKernels();
  const table = {
    offsets: kernels.allocate(offsets.length),
    columns: kernels.allocate(neighbours.length),
    values: kernels.allocate(likeness.length),
  };
  kernels.i32(table.offsets).set(offsets);
  kernels.i32(table.columns).set(neighbours);
  kernels.f32(table.values).set(likeness);
  const inputOf = (data: Interactions, row: number) => fadedHistory(data, row, resolved);

  /** The sums of the kernels, rounded where they round. */
  function scoreInto(scores: Float32Array, { items, weights }: FadedHistory): void {
    scores.fill(0);
    for (let h = 0; h < items.length; h++) {
      const weight = weights[h]!;
      const to = offsets[items[h]! + 1]!;
      for (let e = offsets[items[h]!]!; e < to; e++) scores[neighbours[e]!]! += Math.fround(weight * likeness[e]!);
    }
  }

  async function nearest(itemIndices: ArrayLike<number>, count: number): Promise<ItemLists> {
    checkItems(n, itemIndices, count);
    const lists = createItemLists(itemIndices.length, count);
    for (let row = 0; row < itemIndices.length; row++) {
      const from = offsets[itemIndices[row]!]!;
      const to = Math.min(from + count, offsets[itemIndices[row]! + 1]!);
      lists.itemIndices.set(neighbours.subarray(from, to), row * count);
      lists.scores.set(likeness.subarray(from, to), row * count);
      lists.filled[row] = to - from;
    }
    return lists;
  }

  return {
    name: NAME,
    itemCount: n,
    parameters: resolved,
    memoryBytes: kernels.memoryBytes() + offsets.byteLength + neighbours.byteLength + likeness.byteLength,
    fadePerInteraction: fading(resolved.halfLifeInteractions, 1),

    // Without a history every score is 0: an order would be made up, so the list stays empty.
    recommend: (request, control) =>
      rankRequestInTasks(
        kernels,
        n,
        request,
        () => ({ kind: "scattered", inputs: fadedRows(request.histories, resolved), ...table }),
        control,
      ),
    // Of weight 1 and the newest, an interaction adds its likeness itself.
    similarItems: nearest,
    lifts: nearest,

    explain(history, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const input = inputOf(interactionsOfHistories([history], n), 0);
      const scores = new Float32Array(n);
      scoreInto(scores, input);
      const likenessTo = (item: number) => {
        const position = neighbours.subarray(offsets[item]!, offsets[item + 1]!).indexOf(itemIndex);
        return position < 0 ? 0 : likeness[offsets[item]! + position]!;
      };
      const contributionOf = (h: number) => input.weights[h]! * likenessTo(input.items[h]!);
      return explainSum(scores[itemIndex]!, input.items, contributionOf, count);
    },

    save: () =>
      encodeArtifact({
        model: NAME,
        version: ARTIFACT_VERSION,
        meta: { parameters: resolved, itemCount: n },
        arrays: { offsets, neighbours, likeness },
      }),
  };
}

function load(bytes: Uint8Array): FittedModel {
  const { model, version, meta, arrays } = decodeArtifact(bytes);
  assert(model === NAME, "an item-KNN artifact", () => model);
  if (version !== ARTIFACT_VERSION) {
    throw new UserError(
      `model itemKnn: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
    );
  }
  const header = meta as { parameters: ParameterInput; itemCount: number };
  const { offsets, neighbours, likeness } = arrays;
  assert(
    offsets instanceof Int32Array && neighbours instanceof Int32Array && likeness instanceof Float32Array,
    "the arrays of an item-KNN artifact",
  );
  assert(offsets.length === header.itemCount + 1 && neighbours.length === likeness.length, "shapes of the arrays");
  return createModel(
    {
      itemCount: header.itemCount,
      offsets: offsets.slice(),
      neighbours: neighbours.slice(),
      likeness: likeness.slice(),
    },
    resolveParameters(NAME, parameters, header.parameters),
  );
}

export const itemKnn: ModelDefinition = {
  name: NAME,
  description: "item-KNN: titles that the same people watched (cosine, tf-idf or BM25), top-K pruned",
  parameters,
  fit,
  load,
};
