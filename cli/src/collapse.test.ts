import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { expect, test } from "vitest";
import { measureCollapse, PAIRS_MAX } from "./collapse.ts";

const listOf = (from: number): string[] => Array.from({ length: 10 }, (_, i) => `film-${from + i}`);
const catalogueOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `film-${i}`);

test("three top tens: the median of 10, 5 and 5 titles in common, 15 titles of 20, and their Gini", () => {
  const measured = measureCollapse([listOf(0), listOf(0), listOf(5)], {
    catalogue: catalogueOf(20),
    rng: createRng(1),
  });
  // Pairs: 10/10, 5/10, 5/10. Exposures: 5 titles three times, 5 twice, 5 once, 5 never; of 30 places.
  const gini = [0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3]
    .sort((a, b) => a - b)
    .reduce((sum, x, place) => sum + (2 * (place + 1) - 20 - 1) * x, 0);
  expect(measured).toEqual({ profiles: 3, overlapMedian: 0.5, coverage: 15 / 20, gini: gini / (20 * 30) });
});

test("one page for all is an overlap of 1, pages without a common title are one of 0", () => {
  const catalogue = catalogueOf(1_000);
  const same = measureCollapse(
    Array.from({ length: 50 }, () => listOf(0)),
    { catalogue, rng: createRng(1) },
  );
  expect(same).toMatchObject({ overlapMedian: 1, coverage: 0.01 });
  // Ten titles share every place evenly: 1 − 10/1,000.
  expect(same.gini).toBeCloseTo(0.99, 12);
  const own = measureCollapse(
    Array.from({ length: 100 }, (_, i) => listOf(10 * i)),
    { catalogue, rng: createRng(1) },
  );
  expect(own).toEqual({ profiles: 100, overlapMedian: 0, coverage: 1, gini: 0 });
});

test("nothing to compare is undefined, not zero", () => {
  expect(measureCollapse([], { catalogue: [], rng: createRng(1) })).toEqual({
    profiles: 0,
    overlapMedian: undefined,
    coverage: undefined,
    gini: undefined,
  });
  expect(measureCollapse([listOf(0)], { catalogue: catalogueOf(10), rng: createRng(1) }).overlapMedian).toBeUndefined();
});

test("a sample of the pairs is a title off at most, and the same for the same seed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), (seed) => {
      const rng = createRng(seed);
      const topTens = Array.from({ length: 120 }, () => listOf(rng.int(12)));
      const catalogue = catalogueOf(30);
      expect((120 * 119) / 2).toBeGreaterThan(PAIRS_MAX);
      const sampled = measureCollapse(topTens, { catalogue, rng: createRng(seed) });
      expect(measureCollapse(topTens, { catalogue, rng: createRng(seed) })).toEqual(sampled);
      const shares = topTens.flatMap((a, i) =>
        topTens.slice(0, i).map((b) => a.filter((titleId) => b.includes(titleId)).length / 10),
      );
      const exact = shares.sort((a, b) => a - b)[shares.length >> 1]!;
      expect(Math.abs(sampled.overlapMedian! - exact)).toBeLessThanOrEqual(0.1 + 1e-9);
    }),
    { numRuns: 20 },
  );
});
