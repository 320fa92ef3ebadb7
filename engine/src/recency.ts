/**
 * How histories fade: the r-th newest interaction (r = 0 is the newest) weighs 2^(-r / half-life), both where models are
 * trained and where they score. Shared by every model that reads a history as a weighted sum.
 * An interaction whose fading is below 2^-24, the resolution of f32, is left out of the sum.
 */
import type { Interactions } from "./dataset.ts";
import type { SparseRows } from "./kernels/linear-algebra.ts";

/** 2^-24 is half the distance from 1 to its neighbour in f32: a fading below it cannot change a sum led by 1. */
const FADING_BITS_MAX = 24;

export interface InputWeights {
  /** binary: every interaction counts 1; graded: it counts its weight. */
  readonly signal: "binary" | "graded";
  /** null: all interactions count alike, however old. */
  readonly halfLifeInteractions: number | null;
}

/** The weight of the interaction that `newerCount` newer ones follow; 0 when it is too faded to matter. */
export function fading(halfLife: number | null, newerCount: number): number {
  if (halfLife === null) return 1;
  const bits = newerCount / halfLife;
  return bits > FADING_BITS_MAX ? 0 : 2 ** -bits;
}

/** The interactions as sparse rows in their own order with faded weights; what is faded away is dropped. */
export function fadedRows(data: Interactions, { signal, halfLifeInteractions }: InputWeights): SparseRows {
  const { userCount, itemCount } = data;
  if (signal === "binary" && halfLifeInteractions === null) {
    const values = new Float32Array(data.itemIndices.length).fill(1);
    return {
      rowCount: userCount,
      columnCount: itemCount,
      rowOffsets: data.rowOffsets,
      columns: data.itemIndices,
      values,
    };
  }
  const values = new Float32Array(data.itemIndices.length);
  const columns = new Int32Array(data.itemIndices.length);
  const rowOffsets = new Uint32Array(userCount + 1);
  let end = 0;
  for (let user = 0; user < userCount; user++) {
    const last = data.rowOffsets[user + 1]!;
    for (let e = data.rowOffsets[user]!; e < last; e++) {
      const faded = fading(halfLifeInteractions, last - 1 - e);
      if (faded === 0) continue;
      columns[end] = data.itemIndices[e]!;
      values[end++] = faded * (signal === "graded" ? data.weights[e]! : 1);
    }
    rowOffsets[user + 1] = end;
  }
  return {
    rowCount: userCount,
    columnCount: itemCount,
    rowOffsets,
    columns: columns.subarray(0, end),
    values: values.subarray(0, end),
  };
}

export interface FadedHistory {
  readonly items: Int32Array;
  readonly weights: Float32Array;
}

/** What each interaction of one row weighs, newest last; the faded ones are cut off the front. */
export function fadedHistory(
  data: Interactions,
  row: number,
  { signal, halfLifeInteractions }: InputWeights,
): FadedHistory {
  const begin = data.rowOffsets[row]!;
  const end = data.rowOffsets[row + 1]!;
  let from = end;
  while (from > begin && fading(halfLifeInteractions, end - from) > 0) from--;
  const weights = new Float32Array(end - from);
  for (let e = from; e < end; e++) {
    weights[e - from] = (signal === "graded" ? data.weights[e]! : 1) * fading(halfLifeInteractions, end - 1 - e);
  }
  return { items: data.itemIndices.subarray(from, end), weights };
}

export const signalParameter = {
  kind: "choice",
  description: "binary: every interaction counts 1; graded: it counts its weight",
  values: ["binary", "graded"],
  default: "binary",
} as const;

/** `fallback` is the half-life where none is given. */
export const halfLifeParameter = <const Description extends string>(
  description: Description,
  fallback: number | null,
) => ({ kind: "optionalNumber", description, min: 0.1, max: 1e6, default: fallback }) as const;
