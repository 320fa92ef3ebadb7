import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { meansWithIntervals, quantile } from "./interval.ts";

test("quantiles lie between order statistics: a quarter into 10, 20, 30 is 15", () => {
  expect(quantile([10, 20, 30], 0.25)).toBe(15);
  expect(quantile([10, 20, 30], 1)).toBe(30);
  expect(quantile([10], 0.3)).toBe(10);
});

test("no users, or none with a value, is undefined with a reason", async () => {
  const reason = { kind: "undefined", reason: "no users to average over" };
  expect(await meansWithIntervals([new Float64Array(0)], createRng(1))).toEqual([reason]);
  expect(await meansWithIntervals([Float64Array.of(Number.NaN, Number.NaN)], createRng(1))).toEqual([reason]);
});

test("users without a value are left out of the mean and counted out", async () => {
  const [value] = await meansWithIntervals([Float64Array.of(1, Number.NaN, 3)], createRng(1));
  expect(value).toMatchObject({ kind: "value", value: 2, userCount: 2 });
});

test("the interval is that of the normal approximation for many users, and covers as promised", async () => {
  const rng = createRng(42);
  let covered = 0;
  const trials = 60;
  for (let trial = 0; trial < trials; trial++) {
    const values = Float64Array.from({ length: 400 }, () => 5 + 2 * rng.normal());
    const [mean] = await meansWithIntervals([values], rng.fork(`${trial}`));
    if (mean?.kind !== "value" || !mean.interval) return expect.fail("a value with an interval");
    // 2 · 1.96 · 2 / √400 = 0.392
    expect(Math.abs(mean.interval.high - mean.interval.low - 0.392)).toBeLessThan(0.08);
    if (mean.interval.low <= 5 && mean.interval.high >= 5) covered++;
  }
  // 60 trials at 95%: 57 expected, standard deviation 1.7; four of them below.
  expect(covered).toBeGreaterThanOrEqual(50);
});

test("series over the same users share their resamples: a constant difference has no width", async () => {
  const rng = createRng(3);
  const a = Float64Array.from({ length: 50 }, () => rng.next());
  const difference = a.map((value) => value + 0.5 - value);
  const [, gap] = await meansWithIntervals([a, difference], createRng(1));
  if (gap?.kind !== "value" || !gap.interval) return expect.fail("a value with an interval");
  expect(gap.interval.low).toBeCloseTo(0.5, 12);
  expect(gap.interval.high).toBeCloseTo(0.5, 12);
});

test("the same seed gives the same interval", async () => {
  const values = [Float64Array.of(1, 2, 3, 4)];
  expect(await meansWithIntervals(values, createRng(9))).toEqual(await meansWithIntervals(values, createRng(9)));
});

test("a figure over all users as a whole keeps its value in the middle though a resample has fewer distinct users", async () => {
  const distinct = { count: 1, cost: 1, of: (users: Uint32Array) => [new Set(users).size] };
  const [figure] = await meansWithIntervals([], createRng(4), { userCount: 200, wholes: distinct });
  if (figure?.kind !== "value" || !figure.interval) return expect.fail("a value with an interval");
  expect(figure.value).toBe(200);
  // 200 draws of 200 hold 200 · (1 - 1/e) ± 4.4 distinct ones; the percentiles are moved by those 73.
  expect(figure.interval.low).toBeGreaterThan(200 - 12);
  expect(figure.interval.low).toBeLessThan(200);
  expect(figure.interval.high).toBeGreaterThan(200);
  expect(figure.interval.high).toBeLessThan(200 + 12);
});

test("an abort ends the resampling with its reason", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(meansWithIntervals([Float64Array.of(1, 2)], createRng(1), { control: { signal } })).rejects.toThrow(
    "enough",
  );
});
