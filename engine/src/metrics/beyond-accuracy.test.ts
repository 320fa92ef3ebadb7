import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interactionsOfHistories } from "../dataset.ts";
import {
  calibration,
  coverage,
  densePopularityRanks,
  exposureGini,
  intraListDiversity,
  novelty,
  popularityLift,
  popularityRank,
  popularityRanks,
  serendipity,
} from "./beyond-accuracy.ts";
import { categoryCosine, categoryShares, coOccurrenceCosine, coOccurrenceShares } from "./item-likeness.ts";

test("ranks of counts 2, 9, 2, 0: the two at 2 share ranks 2 and 3", () => {
  expect([...popularityRanks([2, 9, 2, 0])]).toEqual([2.5, 1, 2.5, 4]);
});

test("dense ranks of counts 2, 9, 2, 0: 9 is first, both 2 second, 0 has none", () => {
  expect([...densePopularityRanks([2, 9, 2, 0])]).toEqual([2, 1, 2, 0]);
});

describe("what nothing can be said of is undefined, not 0", () => {
  test("an empty list", () => {
    const training = { counts: [5, 1], userCount: 6 };
    expect(novelty([], training, 3)).toBeUndefined();
    expect(popularityRank([], [1, 2], 3)).toBeUndefined();
    expect(popularityLift([], [0], [5, 1], 3)).toBeUndefined();
    expect(intraListDiversity([1], () => 0, 3)).toBeUndefined();
    expect(calibration([], [0], { values: [1, 1], categoryCount: 1 }, 3)).toBeUndefined();
  });
  test("an empty history, or one of titles nobody else watched", () => {
    expect(popularityLift([0], [], [5, 1], 3)).toBeUndefined();
    expect(popularityLift([0], [1], [5, 0], 3)).toBeUndefined();
    expect(calibration([0], [], { values: [1, 1], categoryCount: 1 }, 3)).toBeUndefined();
  });
  test("no catalogue, no exposure, no training", () => {
    expect(coverage([])).toBeUndefined();
    expect(exposureGini([0, 0])).toBeUndefined();
    expect(novelty([0], { counts: [0], userCount: 0 }, 1)).toBeUndefined();
  });
});

test("the mix of the history itself is calibrated, whatever the categories", () => {
  const items = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 });
  const shares = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(items, items, shares, (history, ranked, values) => {
      expect(calibration(history, history, { values, categoryCount: 3 }, history.length)).toBeCloseTo(0, 9);
      expect(calibration(ranked, history, { values, categoryCount: 3 }, 5)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("Gini and coverage lie from 0 to 1; equal shares are 0", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }), (exposures) => {
      const gini = exposureGini(exposures) ?? 0;
      expect(gini).toBeGreaterThanOrEqual(-1e-12);
      expect(gini).toBeLessThanOrEqual(1);
      expect(coverage(exposures)).toBeLessThanOrEqual(1);
      expect(exposureGini(exposures.map(() => 3))).toBeCloseTo(0, 12);
    }),
  );
});

test("serendipity is at most precision: a hit counts at most 1", () => {
  expect(serendipity([0, 1], new Set([0, 1]), [0, 0], 2)).toBe((2 / 2 + 1 / 2) / 2);
});

describe("how alike two titles are", () => {
  // Title 0 has users 0, 1, 2; title 1 users 0, 1; title 2 user 2; title 3 nobody.
  const train = interactionsOfHistories([{ itemIndices: [0, 1] }, { itemIndices: [1, 0] }, { itemIndices: [0, 2] }], 4);

  test("out of who watched them: common users over the root of both counts", () => {
    const cosine = coOccurrenceCosine(train);
    expect(cosine(0, 1)).toBe(2 / Math.sqrt(3 * 2));
    expect(cosine(1, 0)).toBe(2 / Math.sqrt(3 * 2));
    expect(cosine(0, 2)).toBe(1 / Math.sqrt(3 * 1));
    expect(cosine(1, 2)).toBe(0);
    expect(cosine(0, 3)).toBe(0);
  });

  test("tastes: anchors lie far apart, and a title belongs to the one it shares most viewers with", () => {
    // Anchors in this order: 0 (most watched), 2 (cosine 1/√3 with 0, less than title 1's 2/√6), 1.
    const { values, categoryCount } = coOccurrenceShares(train, Float64Array.of(3, 2, 1, 0));
    expect(categoryCount).toBe(3);
    const rows = [0, 1, 2, 3].map((item) => Array.from(values).slice(item * 3, item * 3 + 3));
    expect(rows).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
      // Nobody watched it.
      [0, 0, 0],
    ]);
  });

  test("out of genres: {0, 1} and {1} have one of them in common", () => {
    const categories = { categoryCount: 2, rowOffsets: Uint32Array.of(0, 2, 3, 3), categories: Int32Array.of(0, 1, 1) };
    expect(categoryCosine(categories)(0, 1)).toBe(1 / Math.sqrt(2 * 1));
    expect(categoryCosine(categories)(0, 2)).toBe(0);
    expect(Array.from(categoryShares(categories).values)).toEqual([0.5, 0.5, 0, 1, 0, 0]);
  });
});
