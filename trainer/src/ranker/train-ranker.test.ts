import { encodeRankerModel } from "@thewatcher/contracts/ranker-model";
import { createRng } from "@thewatcher/kit/rng";
import { beforeAll, describe, expect, test } from "vitest";
import { judge, ndcgByDecision, RANKER_DECISIONS_MIN, scoreRows, trainAndJudge } from "./judge-ranker.ts";
import { type RankerRow, rankerRowsOf, sliceDecisions } from "./rows.ts";
import { type RankerTraining, trainRanker } from "./train-ranker.ts";

const NAMES = ["worth", "shadow", "viewers", "always", "never"];
const options = { seed: 1, version: "r-test", trainedAt: 0 };
const look = (position: number): number => (position + 1) ** -0.5;
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Pages of ten, ordered by `shadow`, which says nothing of a title: whoever does not tell places from titles takes it for
 * worth. A title is picked with σ(worth − 1) when it is looked at.
 */
function pagesOf(count: number, seed: number) {
  const rng = createRng(seed);
  const rows: RankerRow[] = [];
  for (let page = 0; page < count; page++) {
    const titles = Array.from({ length: 10 }, () => ({ worth: rng.normal(), shadow: rng.normal() }));
    titles.sort((a, b) => b.shadow - a.shadow);
    for (const [position, { worth, shadow }] of titles.entries()) {
      const isPicked = rng.next() < look(position) && rng.next() < logistic(worth - 1);
      rows.push({
        decisionId: `d${String(page).padStart(6, "0")}`,
        at: page,
        features: [worth, shadow, Math.exp(3 * rng.normal()), 7, Number.NaN],
        position,
        rowKind: page % 2 === 0 ? "top_picks" : "new",
        blendedScore: shadow,
        label: isPicked ? 1 : 0,
      });
    }
  }
  return rankerRowsOf(NAMES, rows);
}

describe("a ranker trained on clicks that follow the place", () => {
  const rows = pagesOf(3_000, 5);
  const fresh = pagesOf(500, 6);
  let corrected: RankerTraining;
  let uncorrected: RankerTraining;
  beforeAll(async () => {
    corrected = await trainRanker(rows, options);
    uncorrected = await trainRanker(rows, { ...options, examination: "none" });
  }, 120_000);

  test("finds how often each place is looked at", () => {
    for (const position of [1, 2, 4, 7]) {
      // 3,000 pages with some 0.3 · look picks at a place: a standard error of 0.03.
      expect(Math.abs(corrected.examination[position]! - look(position))).toBeLessThan(0.1);
    }
    expect(corrected.examination[0]).toBe(1);
  });

  test("orders by worth, where one that is not corrected follows the place", () => {
    const truth = Float64Array.from({ length: fresh.rowCount }, (_, row) =>
      logistic(fresh.features[row * NAMES.length]! - 1),
    );
    const mean = (training: RankerTraining): number => {
      const values = ndcgByDecision(fresh, truth, scoreRows(training.model, fresh));
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(mean(corrected)).toBeGreaterThan(0.98);
    expect(mean(corrected) - mean(uncorrected)).toBeGreaterThan(0.005);
  });

  test("says the probability of a pick by somebody who looks", () => {
    const scores = scoreRows(corrected.model, fresh);
    let said = 0;
    let true_ = 0;
    for (let row = 0; row < fresh.rowCount; row++) {
      said += logistic(scores[row]!) / fresh.rowCount;
      true_ += logistic(fresh.features[row * NAMES.length]! - 1) / fresh.rowCount;
    }
    expect(Math.abs(said - true_)).toBeLessThan(0.03);
  });

  test("leaves out what says the same everywhere, and bends a long tail", () => {
    const features = corrected.model.features;
    expect(features.map(({ name }) => name)).toEqual(["worth", "shadow", "viewers"]);
    expect(features[2]!.saturation).toBeGreaterThan(0.5);
    expect(features[0]!.saturation).toBeNull();
  });

  test("is published where it is better on later decisions, and not where the sources' order is as good", async () => {
    expect(judge(corrected, fresh)).toMatchObject({ better: true });
    const byWorth = { ...fresh, blendedScores: scoreRows(corrected.model, fresh) as unknown as Float32Array };
    expect(judge(corrected, byWorth)).toMatchObject({ better: false, difference: { value: 0 } });
  });
});

test("the same rows and seed give the same bytes; another seed gives others", async () => {
  const rows = pagesOf(200, 9);
  const bytesOf = async (seed: number) =>
    encodeRankerModel((await trainRanker(rows, { ...options, seed, epochsMax: 2 })).model);
  const first = await bytesOf(4);
  expect(await bytesOf(4)).toEqual(first);
  expect(await bytesOf(5)).not.toEqual(first);
});

test("TensorFlow.js and our inference agree to 1e-5 of the score", async () => {
  const rows = pagesOf(200, 10);
  const { model, scores } = await trainRanker(rows, { ...options, epochsMax: 2 });
  const ours = scoreRows(model, rows);
  expect(scores).toHaveLength(ours.length);
  for (const [row, score] of ours.entries()) {
    expect(Math.abs(score - scores[row]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score)));
  }
});

test("with too few decisions nothing is trained, and it says how many are needed", async () => {
  const rows = pagesOf(RANKER_DECISIONS_MIN - 1, 3);
  expect(await trainAndJudge(rows, options)).toEqual({
    kind: "too_few",
    decisions: RANKER_DECISIONS_MIN - 1,
    needed: RANKER_DECISIONS_MIN,
  });
});

test("nDCG: the gain of each over log₂ of its place, against the best order", () => {
  const row = (decisionId: string, label: number): RankerRow => ({
    decisionId,
    at: 0,
    features: [0],
    position: 0,
    rowKind: "",
    blendedScore: 0,
    label,
  });
  const rows = rankerRowsOf(["x"], [row("a", 0), row("a", 1), row("a", 0.5), row("b", 0)]);
  // By score: 0.5, then 0, then 1; the best is 1, 0.5, 0. Decision b has no gain and says nothing.
  const best = 1 + 0.5 / Math.log2(3);
  expect(ndcgByDecision(rows, rows.labels, [2, 1, 3, 0])).toEqual([(0.5 + 1 / Math.log2(4)) / best]);
});

test("rows come in the order of time, whole decisions together, whatever the order given", () => {
  const row = (decisionId: string, at: number, position: number): RankerRow => ({
    decisionId,
    at,
    features: [position],
    position,
    rowKind: "new",
    blendedScore: 0,
    label: 0,
  });
  const rows = rankerRowsOf(
    ["x"],
    [row("late", 9, 0), row("b", 1, 0), row("a", 1, 0), row("late", 9, 1), row("a", 1, 1)],
  );
  expect([...rows.decisionOffsets]).toEqual([0, 2, 3, 5]);
  expect([...rows.features]).toEqual([0, 1, 0, 0, 1]);
  expect([...sliceDecisions(rows, 2, 3).positions]).toEqual([0, 1]);
});
