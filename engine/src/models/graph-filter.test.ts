import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { interactionsOfHistories } from "../dataset.ts";
import { listRow } from "../model.ts";
import { describeModelContract } from "./contract.ts";
import { graphFilter } from "./graph-filter.ts";

describeModelContract(graphFilter);
describeModelContract(graphFilter, {
  parameters: { factors: 2, softness: 0, halfLifeInteractions: 5, trainingHalfLifeInteractions: 20 },
  deviations: {
    relabelling: "cut inside a spectrum without gaps the random start still shows after 4 rounds",
  },
});

const control = { rng: createRng(1) };

describe("the graph filter", () => {
  /**
   * Two users {0, 1}, {0, 1} and one {2}; n = 2, 2, 1, m = 2, 2, 1. R̃ = rows (1/2, 1/2, 0) twice and (0, 0, 1): its squares
   * are 1 (twice), V spans (1, 1, 0)/√2 and (0, 0, 1). History 0: x/√m = (1/√2, 0, 0), filtered (1/(2√2), 1/(2√2), 0), times √m:
   * title 1 gets 1/2, title 2 nothing. With ρ = 1/4 both g are 1 / (1 + 1/4) = 4/5.
   */
  const tiny = interactionsOfHistories([{ itemIndices: [0, 1] }, { itemIndices: [0, 1] }, { itemIndices: [2] }], 3);

  test.each([
    [0, 1 / 2],
    [0.25, 2 / 5],
  ])("three titles by hand, ρ = %f", async (softness, expected) => {
    const model = await graphFilter.fit(tiny, { factors: 2, softness }, control);
    const lists = await model.recommend({ histories: interactionsOfHistories([{ itemIndices: [0] }], 3), count: 2 });
    expect(listRow(lists, 0)).toEqual([
      { itemIndex: 1, score: expect.closeTo(expected, 5) },
      { itemIndex: 2, score: expect.closeTo(0, 5) },
    ]);
    expect(model.explain({ itemIndices: [0] }, 1, 1).contributions).toEqual([
      { itemIndex: 0, contribution: expect.closeTo(expected, 5) },
    ]);
  });

  test("with all factors kept and ρ = 0 nothing is filtered: a history returns to itself", async () => {
    const rng = createRng(5);
    const data = interactionsOfHistories(
      Array.from({ length: 60 }, () => ({ itemIndices: [...new Set([rng.int(12), rng.int(12), rng.int(12)])] })),
      12,
    );
    const model = await graphFilter.fit(data, { factors: 12, softness: 0 }, control);
    for (const item of [0, 5, 11]) {
      expect(model.explain({ itemIndices: [item] }, item, 1).score).toBeCloseTo(1, 3);
      expect(model.explain({ itemIndices: [item] }, (item + 1) % 12, 1).score).toBeCloseTo(0, 3);
    }
  });

  test.each([
    [{ factors: 0 }, /"factors" is 0; accepted: an integer from 1/],
    [{ softness: -1 }, /"softness" is -1; accepted: a number from 0/],
  ])("parameters %j are refused with what is accepted", async (parameters, message) => {
    await expect(graphFilter.fit(tiny, parameters, control)).rejects.toThrow(message);
  });
});
