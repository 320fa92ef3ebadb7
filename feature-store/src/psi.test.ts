import fc from "fast-check";
import { expect, test } from "vitest";
import { decileEdges, populationStabilityIndex } from "./psi.ts";

test("the arithmetic, spelled out", () => {
  // Ten values are nine deciles of their own, and ten bins: (−∞, 1], (1, 2] … (9, ∞).
  const reference = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(decileEdges(reference)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // Each bin of the reference: (1 + ½) / (10 + 5) = 0.1. Now all ten lie in the first: (10 + ½) / 15 = 0.7, the others ½ / 15.
  const first = (0.7 - 0.1) * Math.log(0.7 / 0.1);
  const others = 9 * (0.5 / 15 - 0.1) * Math.log(0.5 / 15 / 0.1);
  expect(populationStabilityIndex(reference, new Array(10).fill(1))).toBeCloseTo(first + others, 12);
  expect(first + others).toBeCloseTo(1.8267, 4);
});

test("a feature of few values has fewer bins; one of one value has two", () => {
  expect(decileEdges([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])).toEqual([0, 1]);
  expect(decileEdges([3.5, 3.5])).toEqual([3.5]);
  // Two bins, r = (2½, ½) / 3, c = (½, 2½) / 3: twice (2/3 · ln 5).
  expect(populationStabilityIndex([3.5, 3.5], [4, 4])).toBeCloseTo((4 / 3) * Math.log(5), 12);
});

test("nothing to compare is no number", () => {
  expect(populationStabilityIndex([], [1])).toBeUndefined();
  expect(populationStabilityIndex([1], [])).toBeUndefined();
});

test("is 0 for the same values in any order, and never below", () => {
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(values, values, (reference, current) => {
      expect(populationStabilityIndex(reference, reference.toReversed())).toBe(0);
      expect(populationStabilityIndex(reference, current)).toBeGreaterThanOrEqual(0);
    }),
  );
});
