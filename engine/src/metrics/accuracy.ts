/**
 * How well one user's ranked list finds what the user went on to watch. Definitions; L_k is the list's first k items,
 * T the set of relevant items (never empty here: a user without any is not evaluated), rel(r) = 1 when the item at
 * rank r (1-based) is in T. A list shorter than k is not padded: what is missing is a miss.
 *
 *   recall@k     |L_k ∩ T| / |T|
 *   precision@k  |L_k ∩ T| / k
 *   hitRate@k    1 when L_k ∩ T is not empty, else 0
 *   mrr@k        1 / rank of the first relevant item within k, else 0
 *   ndcg@k       Σ_{r ≤ k} rel(r) / log2(r + 1)  ÷  Σ_{r ≤ min(k, |T|)} 1 / log2(r + 1)
 *
 * The divisor of ndcg is the best that any list of k could do, so a perfect list scores 1 however many items are
 * relevant. Worked example (`accuracy.test.ts`): L = [5, 2, 7, 9], T = {2, 9, 4}, k = 4: recall 2/3, precision 2/4,
 * hitRate 1, mrr 1/2, ndcg (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/log2 4).
 */
import { assert } from "@thewatcher/kit/assert";

export type AccuracyMetric = (ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number) => number;

function countHits(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  assert(relevant.size > 0 && k >= 1, "a user with relevant items and a list of at least one");
  let hits = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) hits++;
  return hits;
}

export const recall: AccuracyMetric = (ranked, relevant, k) => countHits(ranked, relevant, k) / relevant.size;

export const precision: AccuracyMetric = (ranked, relevant, k) => countHits(ranked, relevant, k) / k;

export const hitRate: AccuracyMetric = (ranked, relevant, k) => (countHits(ranked, relevant, k) > 0 ? 1 : 0);

export const mrr: AccuracyMetric = (ranked, relevant, k) => {
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) return 1 / (i + 1);
  return 0;
};

export const ndcg: AccuracyMetric = (ranked, relevant, k) => {
  let gain = 0;
  for (let i = 0; i < Math.min(k, ranked.length); i++) if (relevant.has(ranked[i]!)) gain += 1 / Math.log2(i + 2);
  let ideal = 0;
  for (let i = 0; i < Math.min(k, relevant.size); i++) ideal += 1 / Math.log2(i + 2);
  return gain / ideal;
};

export const accuracyMetrics = { recall, precision, hitRate, mrr, ndcg } as const;
