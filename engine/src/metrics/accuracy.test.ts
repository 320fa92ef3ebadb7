import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracyMetrics, hitRate, mrr, ndcg, precision, recall } from "./accuracy.ts";

describe("the worked example: L = [5, 2, 7, 9], T = {2, 9, 4}, k = 4", () => {
  const ranked = [5, 2, 7, 9];
  const relevant = new Set([2, 9, 4]);

  test("recall: 2 and 9 of three", () => expect(recall(ranked, relevant, 4)).toBe(2 / 3));
  test("precision: 2 of four places", () => expect(precision(ranked, relevant, 4)).toBe(2 / 4));
  test("hit rate", () => expect(hitRate(ranked, relevant, 4)).toBe(1));
  test("mrr: the first is at rank 2", () => expect(mrr(ranked, relevant, 4)).toBe(1 / 2));
  test("ndcg: ranks 2 and 4 against 1, 2 and 3", () =>
    expect(ndcg(ranked, relevant, 4)).toBeCloseTo(
      (1 / Math.log2(3) + 1 / Math.log2(5)) / (1 / Math.log2(2) + 1 / Math.log2(3) + 1 / Math.log2(4)),
      12,
    ));
  test("at 1 all are zero, at 2 one is found", () => {
    expect(Object.values(accuracyMetrics).map((metric) => metric(ranked, relevant, 1))).toEqual([0, 0, 0, 0, 0]);
    expect(recall(ranked, relevant, 2)).toBe(1 / 3);
    // One of two places; the ideal within two places is 1 + 1/log2 3, although three are relevant.
    expect(ndcg(ranked, relevant, 2)).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)), 12);
  });
});

test("a short list is not padded: precision still divides by k", () => {
  expect(precision([3], new Set([3]), 10)).toBe(1 / 10);
  expect(recall([], new Set([3]), 10)).toBe(0);
});

test("every metric stays in [0, 1], and is 1 for the perfect list (precision where T fills it)", () => {
  const items = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });
  const some = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(items, some, fc.integer({ min: 1, max: 25 }), (ranked, relevantItems, k) => {
      const relevant = new Set(relevantItems);
      for (const metric of Object.values(accuracyMetrics)) {
        expect(metric(ranked, relevant, k)).toBeGreaterThanOrEqual(0);
        expect(metric(ranked, relevant, k)).toBeLessThanOrEqual(1 + 1e-12);
      }
      expect(ndcg(relevantItems, relevant, k)).toBeCloseTo(1, 12);
      expect(recall(relevantItems, relevant, relevant.size)).toBe(1);
      expect(precision(relevantItems, relevant, relevant.size)).toBe(1);
    }),
  );
});

test("a user without relevant items has no metric", () => {
  expect(() => recall([1], new Set(), 1)).toThrow(/relevant items/);
});
