import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { buildInteractions, interactionsOfHistories } from "../dataset.ts";
import { listRow } from "../model.ts";
import { describeModelContract } from "./contract.ts";
import { itemKnn } from "./item-knn.ts";

describeModelContract(itemKnn);
describeModelContract(itemKnn, { parameters: { weighting: "bm25", signal: "graded" } });
describeModelContract(itemKnn, { parameters: { weighting: "tfidf", halfLifeInteractions: null } });

const control = { rng: createRng(1) };

describe("item-KNN", () => {
  /** Three titles, four users: {0, 1}, {0, 1}, {0, 2}, {0}. */
  const tiny = buildInteractions(
    { userIndices: [0, 0, 1, 1, 2, 2, 3], itemIndices: [0, 1, 0, 1, 0, 2, 0] },
    { userCount: 4, itemCount: 3 },
  );
  const plain = { shrinkage: 0, halfLifeInteractions: null };
  const likenessOf = async (item: number, parameters: object) =>
    listRow(await (await itemKnn.fit(tiny, { ...plain, ...parameters }, control)).similarItems([item], 3), 0);

  test("cosine by hand: 2 / √(4·2) and 1 / √(4·1); a shrinkage of 2 adds 2 below", async () => {
    expect(await likenessOf(0, {})).toEqual([
      { itemIndex: 1, score: expect.closeTo(2 / Math.sqrt(8), 6) },
      { itemIndex: 2, score: expect.closeTo(1 / 2, 6) },
    ]);
    expect(await likenessOf(2, {})).toEqual([{ itemIndex: 0, score: 0.5 }]);
    expect((await likenessOf(0, { shrinkage: 2 })).map(({ score }) => score)).toEqual([
      expect.closeTo(2 / (Math.sqrt(8) + 2), 6),
      expect.closeTo(1 / 4, 6),
    ]);
  });

  test("tf-idf by hand: users of two titles weigh ln(1 + 3/2), the one of one title ln(1 + 3)", async () => {
    const two = Math.log(1 + 3 / 2);
    const one = Math.log(1 + 3);
    const norm0 = Math.sqrt(3 * two ** 2 + one ** 2);
    const norm1 = Math.sqrt(2 * two ** 2);
    expect((await likenessOf(0, { weighting: "tfidf" }))[0]).toEqual({
      itemIndex: 1,
      score: expect.closeTo((2 * two ** 2) / (norm0 * norm1), 6),
    });
  });

  test("BM25 by hand: lengths 4, 2, 1 of mean 7/3, k₁ = 2, b = 1/2; the largest likeness is 1", async () => {
    const idf = Math.log(1 + 3 / 2);
    const value = (length: number) => ((1 * 3) / (2 * (0.5 + (0.5 * length) / (7 / 3)) + 1)) * idf;
    const settings = { weighting: "bm25", k1: 2, b: 0.5 };
    const [first, second] = await likenessOf(0, settings);
    expect(first).toEqual({ itemIndex: 1, score: 1 });
    expect(second).toEqual({
      itemIndex: 2,
      score: expect.closeTo((value(4) * value(1)) / (2 * value(4) * value(2)), 6),
    });
    // One common user of shrinkage 1 counts half, two count two thirds: the ratio falls by (1/2) / (2/3).
    const [, shrunk] = await likenessOf(0, { ...settings, shrinkage: 1 });
    expect(shrunk?.score).toBeCloseTo((second?.score ?? Number.NaN) * (3 / 4), 6);
  });

  test("only the K most alike are kept, equal ones by index, and a score is the faded sum over the history", async () => {
    const histories = [
      [0, 1, 2],
      [0, 1, 2],
      [3, 4],
      [0, 3],
    ];
    const data = interactionsOfHistories(
      histories.map((itemIndices) => ({ itemIndices })),
      5,
    );
    const model = await itemKnn.fit(data, { ...plain, neighbours: 1, halfLifeInteractions: 1 }, control);
    expect((await model.similarItems([0, 1, 2], 4)).filled).toEqual(Int32Array.of(1, 1, 1));
    const [best] = listRow(await model.similarItems([1], 4), 0);
    expect(best).toEqual({ itemIndex: 2, score: expect.closeTo(1, 6) });
    // The history 1, 3: title 2 by half of likeness(1, 2) = 1, title 4 by the whole of likeness(3, 4) = 1 / √2.
    const scores = (item: number) => model.explain({ itemIndices: [1, 3] }, item, 5);
    expect(scores(2)).toEqual({
      score: expect.closeTo(0.5, 6),
      contributions: [{ itemIndex: 1, contribution: expect.closeTo(0.5, 6) }],
      rest: expect.closeTo(0, 6),
    });
    expect(scores(4).score).toBeCloseTo(1 / Math.sqrt(2), 6);
    expect(model.fadePerInteraction).toBe(0.5);
  });

  test.each([
    [{ neighbours: 0 }, /"neighbours" is 0; accepted: an integer from 1/],
    [{ weighting: "jaccard" }, /"weighting" is "jaccard"; accepted: "cosine", "tfidf", "bm25"/],
    [{ b: 2 }, /"b" is 2; accepted: a number from 0 to 1/],
  ])("parameters %j are refused with what is accepted", async (parameters, message) => {
    await expect(itemKnn.fit(tiny, parameters, control)).rejects.toThrow(message);
  });
});
