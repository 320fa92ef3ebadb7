/**
 * What intra-list diversity and calibration need to know of titles: a cosine between two, and each one's shares of
 * categories. Out of genres where they are given, else out of who watched what in training.
 */
import type { Interactions } from "../dataset.ts";
import { transposeSparse } from "../kernels/linear-algebra.ts";
import type { Shares } from "./beyond-accuracy.ts";

/** Which categories each item has: compressed rows, as interactions are. */
export interface ItemCategories {
  readonly categoryCount: number;
  /** itemCount + 1 long. */
  readonly rowOffsets: Uint32Array;
  /** Ascending inside a row, none twice. */
  readonly categories: Int32Array;
}

/** Without genres the most watched titles stand for tastes: as many as MovieLens has genres (18), rounded. */
const ANCHORS = 20;
/** Cosines kept: lists of many users share their pairs. 2^20 entries of a Map are some 40 MiB. */
const PAIRS_KEPT_MAX = 2 ** 20;

export type Cosine = (item: number, other: number) => number;

/** |U_i ∩ U_j| / √(c_i · c_j), U_i the users of training that have i; 0 where one has nobody. */
export function coOccurrenceCosine(train: Interactions): Cosine {
  const { rowOffsets: offsets, columns: users } = transposeSparse({
    rowCount: train.userCount,
    columnCount: train.itemCount,
    rowOffsets: train.rowOffsets,
    columns: train.itemIndices,
    values: train.weights,
  });
  return cosineOfRows(offsets, users, train.itemCount);
}

/** |G_i ∩ G_j| / √(|G_i| · |G_j|); 0 where one has no genre. */
export function categoryCosine({ rowOffsets, categories }: ItemCategories): Cosine {
  return cosineOfRows(rowOffsets, categories, rowOffsets.length - 1);
}

function cosineOfRows(offsets: ArrayLike<number>, columns: ArrayLike<number>, itemCount: number): Cosine {
  const kept = new Map<number, number>();
  return (a, b) => {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    const key = low * itemCount + high;
    const known = kept.get(key);
    if (known !== undefined) return known;
    let i = offsets[low]!;
    let j = offsets[high]!;
    const endI = offsets[low + 1]!;
    const endJ = offsets[high + 1]!;
    const norm = Math.sqrt((endI - i) * (endJ - j));
    let both = 0;
    while (i < endI && j < endJ) {
      const difference = columns[i]! - columns[j]!;
      if (difference === 0) both++;
      if (difference <= 0) i++;
      if (difference >= 0) j++;
    }
    const cosine = norm === 0 ? 0 : both / norm;
    if (kept.size >= PAIRS_KEPT_MAX) kept.clear();
    kept.set(key, cosine);
    return cosine;
  };
}

/** 1 / (number of genres) for each genre of an item. */
export function categoryShares({ rowOffsets, categories, categoryCount }: ItemCategories): Shares {
  const itemCount = rowOffsets.length - 1;
  const values = new Float64Array(itemCount * categoryCount);
  for (let item = 0; item < itemCount; item++) {
    const from = rowOffsets[item]!;
    const to = rowOffsets[item + 1]!;
    for (let e = from; e < to; e++) values[item * categoryCount + categories[e]!] = 1 / (to - from);
  }
  return { values, categoryCount };
}

/** The cosine with each of the most watched titles (equal counts by index), made to sum to 1. */
export function coOccurrenceShares(train: Interactions, counts: Float64Array): Shares {
  const anchors = Array.from(counts, (_, item) => item)
    .filter((item) => counts[item]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, ANCHORS);
  const categoryCount = anchors.length;
  const anchorOf = new Map(anchors.map((item, g) => [item, g]));
  const values = new Float64Array(train.itemCount * categoryCount);
  for (let user = 0; user < train.userCount; user++) {
    const row = train.itemIndices.subarray(train.rowOffsets[user]!, train.rowOffsets[user + 1]!);
    const mine: number[] = [];
    for (const item of row) {
      const g = anchorOf.get(item);
      if (g !== undefined) mine.push(g);
    }
    for (const item of row) for (const g of mine) values[item * categoryCount + g]!++;
  }
  for (let item = 0; item < train.itemCount; item++) {
    const row = values.subarray(item * categoryCount, (item + 1) * categoryCount);
    anchors.forEach((anchor, g) => {
      row[g] = row[g]! === 0 ? 0 : row[g]! / Math.sqrt(counts[item]! * counts[anchor]!);
    });
    const total = row.reduce((sum, value) => sum + value, 0);
    if (total > 0) for (let g = 0; g < categoryCount; g++) row[g]! /= total;
  }
  return { values, categoryCount };
}
