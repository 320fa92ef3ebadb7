/**
 * What the lists do beyond hitting: how much of the catalogue they show and how far from the beaten track they lead.
 *
 *   coverage@k   number of distinct items in all users' first k places ÷ number of items in the catalogue
 *   novelty@k    per user: mean over the first k items of -log2((c_i + 1) / (N + n)), in bits; c_i is how often item i
 *                occurs in training, N = Σ c_i, n the number of items (add-one, so that an unseen item is finite)
 *   popularityRank@k  per user: mean over the first k items of the item's rank by c_i (1 = the most watched; equal
 *                counts share the mean of their ranks)
 *
 * Worked examples with the arithmetic in `beyond-accuracy.test.ts`.
 */
import type { Interactions } from "../dataset.ts";

export function itemCounts(data: Interactions): Float64Array {
  const counts = new Float64Array(data.itemCount);
  for (const item of data.itemIndices) counts[item]!++;
  return counts;
}

/** Bits of surprise for each item. */
export function itemSurprise(counts: Float64Array): Float64Array {
  let total = 0;
  for (const count of counts) total += count;
  return counts.map((count) => -Math.log2((count + 1) / (total + counts.length)));
}

/** 1-based ranks by descending count, ties at their mean. */
export function popularityRanks(counts: Float64Array): Float64Array {
  const order = Array.from(counts, (_, item) => item).sort((a, b) => counts[b]! - counts[a]!);
  const ranks = new Float64Array(counts.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && counts[order[to]!] === counts[order[from]!]) to++;
    for (let position = from; position < to; position++) ranks[order[position]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Mean of `values` over the first k items; undefined for an empty list. */
export function meanOver(ranked: ArrayLike<number>, values: Float64Array, k: number): number | undefined {
  const length = Math.min(k, ranked.length);
  if (length === 0) return undefined;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += values[ranked[i]!]!;
  return sum / length;
}
