/**
 * The 300 queries of `search-gold/`, on the embedded index. Half of them were never looked at while the search was made: of
 * that half only counts are told.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { askGold, demoTitles, type GoldOutcome, goldHalf, indexOf } from "./search-gold/testing/gold.ts";

const RECALL_MIN = 0.97;
const TOLD_ABSENT_MIN = 0.85;

describe.each(["tuning", "held-out"] as const)("the %s half of the gold set, in memory", (name) => {
  let outcome: GoldOutcome;
  beforeAll(async () => {
    outcome = await askGold(await indexOf(demoTitles()), goldHalf(name));
    console.info(`${name}: recall@3 ${outcome.recall.toFixed(3)}, absent told ${outcome.toldAbsent.toFixed(2)}`);
  });

  test("recall@3 is 0.97 and more", () => {
    if (name === "tuning") expect(outcome.missed).toEqual([]);
    expect(outcome.recall).toBeGreaterThanOrEqual(RECALL_MIN);
  });

  test("what we don't have is told", () => {
    if (name === "tuning") expect(outcome.notTold).toEqual([]);
    expect(outcome.toldAbsent).toBeGreaterThanOrEqual(TOLD_ABSENT_MIN);
  });
});
