import { expect, test } from "vitest";
import { itemSurprise, meanOver, popularityRanks } from "./beyond-accuracy.ts";

test("surprise of counts 5, 1, 0 among three items: -log2 of 6/9, 2/9, 1/9", () => {
  const surprise = itemSurprise(Float64Array.of(5, 1, 0));
  expect([...surprise]).toEqual([-Math.log2(6 / 9), -Math.log2(2 / 9), -Math.log2(1 / 9)]);
});

test("novelty of the list [0, 2] at 2 is the mean of its two", () => {
  const surprise = itemSurprise(Float64Array.of(5, 1, 0));
  expect(meanOver([0, 2], surprise, 2)).toBeCloseTo((Math.log2(9 / 6) + Math.log2(9)) / 2, 12);
  expect(meanOver([0, 2], surprise, 1)).toBeCloseTo(Math.log2(9 / 6), 12);
  expect(meanOver([], surprise, 1)).toBeUndefined();
});

test("ranks of counts 2, 9, 2, 0: the two at 2 share ranks 2 and 3", () => {
  expect([...popularityRanks(Float64Array.of(2, 9, 2, 0))]).toEqual([2.5, 1, 2.5, 4]);
});
