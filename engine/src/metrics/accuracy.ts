/**
 * How well one user's ranked list finds what the user went on to watch.
 *
 * L is the list, best first; L_k its first k items; T the set of relevant items, never empty here (a user without any is
 * not evaluated); rel(r) is 1 when the item at rank r (from 1) is in T, else 0. A list shorter than k is not padded: what
 * is missing is a miss. The examples below are run as tests and are the source of `docs/metrics.md`.
 */
import { assert } from "@thewatcher/kit/assert";

export type AccuracyMetric = (ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number) => number;

function countHits(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  assert(relevant.size > 0 && k >= 1, "a user with relevant items and a list of at least one");
  let hits = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) hits++;
  return hits;
}

/**
 * The share of the relevant items that the list finds.
 * @formula recall@k = |L_k ∩ T| / |T|
 * @example recall([5, 2, 7, 9], new Set([2, 9, 4]), 4) = 2 / 3
 * @example recall([5, 2, 7, 9], new Set([2, 9, 4]), 2) = 1 / 3
 */
export const recall: AccuracyMetric = (ranked, relevant, k) => countHits(ranked, relevant, k) / relevant.size;

/**
 * The share of the k places that hold a relevant item; always divided by k, also where the list is shorter.
 * @formula precision@k = |L_k ∩ T| / k
 * @example precision([5, 2, 7, 9], new Set([2, 9, 4]), 4) = 2 / 4
 * @example precision([2], new Set([2]), 10) = 1 / 10
 */
export const precision: AccuracyMetric = (ranked, relevant, k) => countHits(ranked, relevant, k) / k;

/**
 * Whether the list holds any relevant item; its mean is the share of users with a hit.
 * @formula hitRate@k = 1 when L_k ∩ T is not empty, else 0
 * @example hitRate([5, 2, 7, 9], new Set([2, 9, 4]), 4) = 1
 * @example hitRate([5, 2, 7, 9], new Set([2, 9, 4]), 1) = 0
 */
export const hitRate: AccuracyMetric = (ranked, relevant, k) => (countHits(ranked, relevant, k) > 0 ? 1 : 0);

/**
 * How early the first relevant item comes (mean reciprocal rank).
 * @formula mrr@k = 1 / (rank of the first relevant item within k), 0 where there is none
 * @example mrr([5, 2, 7, 9], new Set([2, 9, 4]), 4) = 1 / 2
 * @example mrr([5, 2, 7, 9], new Set([4]), 4) = 0
 */
export const mrr: AccuracyMetric = (ranked, relevant, k) => {
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) return 1 / (i + 1);
  return 0;
};

/**
 * Hits, worth less further down, against the best that any list of k could do: the ideal is over min(k, |T|) places, so
 * a perfect list scores 1 however many items are relevant.
 * @formula ndcg@k = Σ_{r ≤ k} rel(r) / log2(r + 1) ÷ Σ_{r ≤ min(k, |T|)} 1 / log2(r + 1)
 * @example ndcg([5, 2, 7, 9], new Set([2, 9, 4]), 4) = (1 / log2(3) + 1 / log2(5)) / (1 / log2(2) + 1 / log2(3) + 1 / log2(4))
 * @example ndcg([5, 2, 7, 9], new Set([2, 9, 4]), 2) = (1 / log2(3)) / (1 / log2(2) + 1 / log2(3))
 */
export const ndcg: AccuracyMetric = (ranked, relevant, k) => {
  let gain = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) gain += 1 / Math.log2(i + 2);
  let ideal = 0;
  for (let i = 0; i < Math.min(k, relevant.size); i++) ideal += 1 / Math.log2(i + 2);
  return gain / ideal;
};

/**
 * Precision at each hit, averaged over the best possible number of hits (average precision, whose mean over users is
 * MAP). Divided by min(k, |T|), so that a perfect list scores 1; some libraries divide by |T| (RecTools) or by k.
 * @formula map@k = Σ_{r ≤ k} rel(r) · precision@r / min(k, |T|)
 * @example map([5, 2, 7, 9], new Set([2, 9, 4]), 4) = (1 / 2 + 2 / 4) / 3
 * @example map([5, 2, 7, 9], new Set([2, 9, 4]), 2) = (1 / 2) / 2
 */
export const map: AccuracyMetric = (ranked, relevant, k) => {
  let hits = 0;
  let sum = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) sum += ++hits / (i + 1);
  return sum / Math.min(k, relevant.size);
};

export const accuracyMetrics = { recall, precision, hitRate, ndcg, mrr, map } as const;
