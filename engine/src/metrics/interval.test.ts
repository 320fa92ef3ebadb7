import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { meansWithIntervals, quantile } from "./interval.ts";

test("quantiles lie between order statistics: a quarter into 10, 20, 30 is 15", () => {
  expect(quantile([10, 20, 30], 0.25)).toBe(15);
  expect(quantile([10, 20, 30], 1)).toBe(30);
  expect(quantile([10], 0.3)).toBe(10);
});

test("no users, or none with a value, is undefined with a reason", () => {
  const reason = { kind: "undefined", reason: "no users to average over" };
  expect(meansWithIntervals([new Float64Array(0)], createRng(1))).toEqual([reason]);
  expect(meansWithIntervals([Float64Array.of(Number.NaN, Number.NaN)], createRng(1))).toEqual([reason]);
});

test("users without a value are left out of the mean and counted out", () => {
  const [value] = meansWithIntervals([Float64Array.of(1, Number.NaN, 3)], createRng(1));
  expect(value).toMatchObject({ kind: "value", value: 2, userCount: 2 });
});

test("the interval is that of the normal approximation for many users, and covers as promised", () => {
  const rng = createRng(42);
  let covered = 0;
  const trials = 60;
  for (let trial = 0; trial < trials; trial++) {
    const values = Float64Array.from({ length: 400 }, () => 5 + 2 * rng.normal());
    const [mean] = meansWithIntervals([values], rng.fork(`${trial}`));
    if (mean?.kind !== "value" || !mean.interval) return expect.fail("a value with an interval");
    // 2 · 1.96 · 2 / √400 = 0.392
    expect(Math.abs(mean.interval.high - mean.interval.low - 0.392)).toBeLessThan(0.08);
    if (mean.interval.low <= 5 && mean.interval.high >= 5) covered++;
  }
  // 60 trials at 95%: 57 expected, standard deviation 1.7; four of them below.
  expect(covered).toBeGreaterThanOrEqual(50);
});

test("series over the same users share their resamples: a constant difference has no width", () => {
  const rng = createRng(3);
  const a = Float64Array.from({ length: 50 }, () => rng.next());
  const difference = a.map((value) => value + 0.5 - value);
  const [, gap] = meansWithIntervals([a, difference], createRng(1));
  if (gap?.kind !== "value" || !gap.interval) return expect.fail("a value with an interval");
  expect(gap.interval.low).toBeCloseTo(0.5, 12);
  expect(gap.interval.high).toBeCloseTo(0.5, 12);
});

test("the same seed gives the same interval", () => {
  const values = [Float64Array.of(1, 2, 3, 4)];
  expect(meansWithIntervals(values, createRng(9))).toEqual(meansWithIntervals(values, createRng(9)));
});
