import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, quantile } from "./statistics.ts";

describe("median", () => {
  test("is the middle of an odd count, the mean of the two middles of an even one, and leaves its input alone", () => {
    const values = [9, 1, 5];
    expect(median(values)).toBe(5);
    expect(values).toEqual([9, 1, 5]);
    expect(median([4, 1, 2, 10])).toBe((2 + 4) / 2);
  });
});

describe("quantile", () => {
  test("is the nearest rank: of 200 values, p99 is the 198th", () => {
    const values = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(quantile(values, 0.99)).toBe(198);
    expect(quantile(values, 0.5)).toBe(100);
    expect(quantile(values, 1)).toBe(200);
    expect(quantile([7], 0.01)).toBe(7);
  });

  test("is one of the values, with at least the asked share not above it", () => {
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1, noNaN: true }), (sample, fraction) => {
        const answer = quantile(sample, fraction);
        expect(sample).toContain(answer);
        expect(sample.filter((value) => value <= answer).length).toBeGreaterThanOrEqual(fraction * sample.length);
      }),
    );
  });
});
