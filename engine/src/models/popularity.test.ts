import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { buildInteractions, interactionsOfHistories } from "../dataset.ts";
import { listRow } from "../model.ts";
import { describeModelContract } from "./contract.ts";
import { popularity } from "./popularity.ts";

describeModelContract(popularity, {
  deviations: { checkerboard: "it knows no tastes; on a checkerboard all titles are equally popular" },
});

const control = { rng: createRng(1) };
const DAY_MS = 86_400_000;
const nobody = (country?: string) => interactionsOfHistories([{ itemIndices: [], country }], 3);

describe("popularity", () => {
  /**
   * As of day 30, half-life 10 days. Title 0: three views on day 0, each 2^-3. Title 1: one view on day 20, 2^-1, and
   * one on day 30, 1. Sums: 3/8 and 3/2, together 15/8.
   */
  const views = buildInteractions(
    {
      userIndices: [0, 1, 2, 0, 3],
      itemIndices: [0, 0, 0, 1, 1],
      occurredAt: [0, 0, 0, 20 * DAY_MS, 30 * DAY_MS],
    },
    { userCount: 4, itemCount: 3, countryOf: (user) => (user < 3 ? "SE" : "DE") },
  );

  test("a view counts half after each half-life", async () => {
    const model = await popularity.fit(views, { halfLifeDays: 10 }, control);
    const row = listRow(await model.recommend({ histories: nobody(), count: 3 }), 0);
    expect(row).toEqual([
      { itemIndex: 1, score: expect.closeTo(3 / 2 / (15 / 8), 6) },
      { itemIndex: 0, score: expect.closeTo(3 / 8 / (15 / 8), 6) },
      { itemIndex: 2, score: 0 },
    ]);
  });

  test("without a half-life it counts", async () => {
    const model = await popularity.fit(views, { halfLifeDays: null }, control);
    const row = listRow(await model.recommend({ histories: nobody(), count: 3 }), 0);
    expect(row[0]).toEqual({ itemIndex: 0, score: expect.closeTo(3 / 5, 6) });
  });

  /** Sweden: title 0 three times, title 1 once; the world: 3/5 and 2/5. κ = 2: (3 + 2·3/5) / 6 and (1 + 2·2/5) / 6. */
  test("a country's shares lean on the world's by κ interactions", async () => {
    const model = await popularity.fit(views, { halfLifeDays: null, countryShrinkage: 2 }, control);
    const row = listRow(await model.recommend({ histories: nobody("SE"), count: 2 }), 0);
    expect(row.map(({ score }) => score)).toEqual([expect.closeTo(4.2 / 6, 6), expect.closeTo(1.8 / 6, 6)]);
  });

  test("a country's own favourite leads there, the world's elsewhere", async () => {
    const model = await popularity.fit(views, { halfLifeDays: null, countryShrinkage: 0 }, control);
    const first = async (country: string | undefined) =>
      (await model.recommend({ histories: nobody(country), count: 1 })).itemIndices[0];
    expect(await first("DE")).toBe(1);
    expect(await first("SE")).toBe(0);
    expect(await first("NO")).toBe(0);
    expect(await first(undefined)).toBe(0);
  });

  test("what happens after asOf changes nothing", async () => {
    const settings = { halfLifeDays: 10, asOf: 21 * DAY_MS };
    const model = await popularity.fit(views, settings, control);
    const past = buildInteractions(
      { userIndices: [0, 1, 2, 0], itemIndices: [0, 0, 0, 1], occurredAt: [0, 0, 0, 20 * DAY_MS] },
      { userCount: 4, itemCount: 3, countryOf: (user) => (user < 3 ? "SE" : "DE") },
    );
    const pastModel = await popularity.fit(past, settings, control);
    expect(Buffer.from(model.save())).toEqual(Buffer.from(pastModel.save()));
  });

  test("made-up times do not decay", async () => {
    const synthetic = { ...views, timeQuality: "synthetic" as const };
    const decayed = await popularity.fit(synthetic, { halfLifeDays: 1 }, control);
    const row = listRow(await decayed.recommend({ histories: nobody(), count: 1 }), 0);
    expect(row[0]).toEqual({ itemIndex: 0, score: expect.closeTo(3 / 5, 6) });
  });
});
