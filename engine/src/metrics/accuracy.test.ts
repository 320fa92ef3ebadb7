import fc from "fast-check";
import { expect, test } from "vitest";
import { accuracyMetrics, map, ndcg, precision, recall } from "./accuracy.ts";

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
      expect(map(relevantItems, relevant, k)).toBeCloseTo(1, 12);
      expect(recall(relevantItems, relevant, relevant.size)).toBe(1);
      expect(precision(relevantItems, relevant, relevant.size)).toBe(1);
    }),
  );
});

test("a user without relevant items has no metric", () => {
  expect(() => recall([1], new Set(), 1)).toThrow(/relevant items/);
});
