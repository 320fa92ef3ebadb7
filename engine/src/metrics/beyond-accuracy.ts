/**
 * What the lists do beyond hitting: how much of the catalogue they show, how far from the beaten track they lead, how
 * various they are and whether they keep to the proportions of a taste.
 *
 * L is a user's list, best first; L_k its first k items; H the user's history; c_i the number of training interactions
 * of item i, one a user; n the number of items in the catalogue; U the number of users in training. `counts` are the
 * c_i by item index. A metric that has nothing to say about a user (an empty list, an empty history) is undefined there
 * and left out of the mean. The examples below are run as tests and are the source of `docs/metrics.md`.
 */
import type { Interactions } from "../dataset.ts";

export function itemCounts(data: Interactions): Float64Array {
  const counts = new Float64Array(data.itemCount);
  for (const item of data.itemIndices) counts[item]!++;
  return counts;
}

/**
 * The share of the catalogue that stands in any user's first k places. One number over all users.
 * @formula coverage@k = |∪_u L_k(u)| / n
 * @symbols exposures: how often each item of the catalogue stands in the first k places of all users' lists
 * @example coverage([2, 1, 0, 1]) = 3 / 4
 */
export function coverage(exposures: ArrayLike<number>): number | undefined {
  if (exposures.length === 0) return undefined;
  let shown = 0;
  for (let item = 0; item < exposures.length; item++) if (exposures[item]! > 0) shown++;
  return shown / exposures.length;
}

/**
 * How unevenly the places are shared among the titles: 0 when each title of the catalogue is shown equally often,
 * (n - 1) / n when one title holds every place. One number over all users.
 * @formula exposureGini@k = Σ_j (2j - n - 1) · x_j / (n · Σ_j x_j), x the exposures in ascending order, j from 1
 * @symbols exposures: how often each item of the catalogue stands in the first k places of all users' lists
 * @example exposureGini([2, 1, 0, 1]) = ((2 * 1 - 5) * 0 + (2 * 2 - 5) * 1 + (2 * 3 - 5) * 1 + (2 * 4 - 5) * 2) / (4 * 4)
 * @example exposureGini([0, 0, 0, 7]) = 3 / 4
 */
export function exposureGini(exposures: ArrayLike<number>): number | undefined {
  const n = exposures.length;
  const ascending = Float64Array.from(exposures).sort();
  let weighted = 0;
  let total = 0;
  for (let j = 1; j <= n; j++) {
    const x = ascending[j - 1]!;
    weighted += (2 * j - n - 1) * x;
    total += x;
  }
  return total === 0 ? undefined : weighted / (n * total);
}

/**
 * How surprising the titles are, in bits: the mean inverse user frequency (Castells, Vargas & Wang 2011). A title nobody
 * watched counts as watched by one.
 * @formula novelty@k = 1 / |L_k| · Σ_{i ∈ L_k} -log2(max(1, c_i) / U)
 * @example novelty([0, 2], { counts: [5, 1, 0], userCount: 6 }, 2) = (log2(6 / 5) + log2(6 / 1)) / 2
 */
export function novelty(
  ranked: ArrayLike<number>,
  training: { readonly counts: ArrayLike<number>; readonly userCount: number },
  k: number,
): number | undefined {
  if (training.userCount === 0) return undefined;
  return meanOver(ranked, (item) => -Math.log2(Math.max(1, training.counts[item]!) / training.userCount), k);
}

/**
 * The mean popularity rank of the titles: 1 is the most watched title; equal counts share the mean of their ranks.
 * @formula popularityRank@k = 1 / |L_k| · Σ_{i ∈ L_k} rank(c_i)
 * @example popularityRank([1, 2], popularityRanks([2, 9, 2, 0]), 2) = (1 + (2 + 3) / 2) / 2
 */
export function popularityRank(ranked: ArrayLike<number>, ranks: ArrayLike<number>, k: number): number | undefined {
  return meanOver(ranked, (item) => ranks[item]!, k);
}

/** 1-based ranks by descending count, ties at their mean. */
export function popularityRanks(counts: ArrayLike<number>): Float64Array {
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

/**
 * How much more popular the titles of the list are than those of the user's history (Abdollahpouri et al. 2019): 0 when
 * as popular, 1 when twice as popular, negative when less.
 * @formula popularityLift@k = (1 / |L_k| · Σ_{i ∈ L_k} c_i) ÷ (1 / |H| · Σ_{i ∈ H} c_i) - 1
 * @example popularityLift([0, 1], [1, 2], [6, 4, 1], 2) = ((6 + 4) / 2) / ((4 + 1) / 2) - 1
 */
export function popularityLift(
  ranked: ArrayLike<number>,
  history: ArrayLike<number>,
  counts: ArrayLike<number>,
  k: number,
): number | undefined {
  const shown = meanOver(ranked, (item) => counts[item]!, k);
  const watched = meanOver(history, (item) => counts[item]!, history.length);
  return shown === undefined || watched === undefined || watched === 0 ? undefined : shown / watched - 1;
}

/**
 * Hits that popularity would not have brought: each counts by how far its place lies above the place that its popularity
 * alone would give it (as in RecTools, after Adamopoulos & Tuzhilin 2014).
 * @formula serendipity@k = 1 / k · Σ_{r ≤ k} rel(r) · max(0, p(r) - pop(L_r)), p(r) = (n + 1 - r) / n, pop(i) = (n + 1 - d_i) / n, 0 where c_i = 0
 * @symbols d_i: dense popularity rank of item i (1 for the largest count, 2 for the next different one…), 0 where c_i = 0
 * @example serendipity([2, 0, 3], new Set([2, 0, 3]), densePopularityRanks([9, 9, 4, 0]), 3) = (max(0, 4 / 4 - 3 / 4) + max(0, 3 / 4 - 4 / 4) + max(0, 2 / 4 - 0)) / 3
 */
export function serendipity(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  denseRanks: ArrayLike<number>,
  k: number,
): number {
  const n = denseRanks.length;
  let sum = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) {
    const item = ranked[i]!;
    if (!relevant.has(item)) continue;
    const rank = denseRanks[item]!;
    sum += Math.max(0, (n - i) / n - (rank === 0 ? 0 : (n + 1 - rank) / n));
  }
  return sum / k;
}

/** 1 for the largest count, 2 for the next different one…; 0 for items nobody watched. */
export function densePopularityRanks(counts: ArrayLike<number>): Float64Array {
  const distinct = [...new Set(Array.from(counts).filter((count) => count > 0))].sort((a, b) => b - a);
  const rankOf = new Map(distinct.map((count, index) => [count, index + 1]));
  return Float64Array.from(counts, (count) => rankOf.get(count) ?? 0);
}

/**
 * How unlike each other the titles of a list are: the mean distance over its pairs; undefined for fewer than two. The
 * distance is 1 - cosine of the titles' vectors: their genres where those are given (`--items`), else who watched them in
 * training (co-occurrence: |U_i ∩ U_j| / √(c_i · c_j)). A title without a vector is at distance 1 from every other.
 * @formula intraListDiversity@k = 2 / (|L_k| · (|L_k| - 1)) · Σ_{i < j ∈ L_k} (1 - cos(i, j))
 * @example intraListDiversity([0, 1, 2], (i, j) => [[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]][i][j], 3) = (0.5 + 1 + 0.75) / 3
 */
export function intraListDiversity(
  ranked: ArrayLike<number>,
  cosine: (item: number, other: number) => number,
  k: number,
): number | undefined {
  const length = Math.min(k, ranked.length);
  if (length < 2) return undefined;
  let sum = 0;
  for (let i = 0; i < length; i++) for (let j = i + 1; j < length; j++) sum += 1 - cosine(ranked[i]!, ranked[j]!);
  return (2 * sum) / (length * (length - 1));
}

/** Steck's α: the share of p in q̃, so that a category missing from the list costs much, not infinitely much. */
const CALIBRATION_SMOOTHING = 0.01;

/**
 * How far the list's mix of categories is from the history's (Steck 2018): the Kullback–Leibler divergence in bits, 0
 * when the proportions are the same; lower is better. An item's share of a category is 1 / (number of its genres) where
 * genres are given (`--items`); else the categories are 20 well-watched titles far from each other, and an item belongs to
 * the one that it shares most viewers with (cosine; `item-likeness.ts`).
 * @formula calibration@k = Σ_g p(g) · log2(p(g) / q̃(g)), q̃(g) = 0.99 · q(g) + 0.01 · p(g)
 * @symbols p(g) = 1 / |H| · Σ_{i ∈ H} share(g, i) and q(g) the same over L_k, both over the items that have categories, made to sum to 1; p(g) = 0 adds nothing
 * @symbols shares: one row an item, one column a category
 * @example calibration([0, 0, 1], [0, 1], { values: [1, 0, 0, 1], categoryCount: 2 }, 3) = (1 / 2) * log2((1 / 2) / (0.99 * (2 / 3) + 0.01 * (1 / 2))) + (1 / 2) * log2((1 / 2) / (0.99 * (1 / 3) + 0.01 * (1 / 2)))
 */
export function calibration(
  ranked: ArrayLike<number>,
  history: ArrayLike<number>,
  shares: Shares,
  k: number,
): number | undefined {
  const p = mixOf(history, shares, history.length);
  const q = mixOf(ranked, shares, k);
  if (!p || !q) return undefined;
  let divergence = 0;
  for (let g = 0; g < shares.categoryCount; g++) {
    if (p[g]! === 0) continue;
    divergence += p[g]! * Math.log2(p[g]! / ((1 - CALIBRATION_SMOOTHING) * q[g]! + CALIBRATION_SMOOTHING * p[g]!));
  }
  // Equal mixes may end a rounding error below 0.
  return Math.max(0, divergence);
}

export interface Shares {
  /** Row-major, [itemCount × categoryCount]; a row sums to 1, or to 0 where the item has no category. */
  readonly values: ArrayLike<number>;
  readonly categoryCount: number;
}

function mixOf(items: ArrayLike<number>, { values, categoryCount }: Shares, k: number): Float64Array | undefined {
  const mix = new Float64Array(categoryCount);
  let total = 0;
  for (let i = 0; i < Math.min(k, items.length); i++) {
    const row = items[i]! * categoryCount;
    for (let g = 0; g < categoryCount; g++) {
      mix[g]! += values[row + g]!;
      total += values[row + g]!;
    }
  }
  return total === 0 ? undefined : mix.map((share) => share / total);
}

/** Mean over the first k items; undefined for an empty list. */
function meanOver(ranked: ArrayLike<number>, figureOf: (item: number) => number, k: number): number | undefined {
  const length = Math.min(k, ranked.length);
  if (length === 0) return undefined;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += figureOf(ranked[i]!);
  return sum / length;
}
