import type { ItemTables } from "@thewatcher/contracts/item-tables";
import { describe, expect, test } from "vitest";
import { GENERATION, titleIdOf } from "./test-world.ts";
import type { CatalogueTitle } from "./title-view.ts";
import { createTitleView, popularityIn } from "./title-view.ts";

const title = (index: number, addedAt: string, year: number | null, genres: string[] = []): CatalogueTitle => ({
  facts: {
    titleId: titleIdOf(index),
    kind: "film",
    name: `Film ${index}`,
    names: {},
    originalName: null,
    year,
    genres,
    ageMark: null,
    runtimeMinutes: null,
    referenceRuntimeMinutes: null,
  },
  rights: null,
  addedAt,
});
const table = { count: 0, itemIndices: new Int32Array(0), weights: new Float32Array(0) };
const popularity = (country: string, itemIndices: number[]) => ({
  country,
  itemIndices: Int32Array.from(itemIndices),
  scores: Float32Array.from(itemIndices, (_, place) => 10 - place),
});
const tables: ItemTables = {
  generation: GENERATION,
  asOf: 0,
  halfLifeInteractions: 1,
  titleIds: [0, 1, 2].map(titleIdOf),
  neighbours: table,
  similar: table,
  popularity: [popularity("*", [2, 1, 0]), popularity("BY", [0])],
};

describe("the view of all titles", () => {
  test("keeps the indices of the tables and puts titles that the models have not met behind them", () => {
    const view = createTitleView(
      [title(7, "2027-01-01T00:00:00.000Z", 2000), title(1, "2027-01-01T00:00:00.000Z", 2000)],
      tables,
    );
    expect(view.titleIds).toEqual([0, 1, 2, 7].map(titleIdOf));
    expect(view.trainedCount).toBe(3);
    // Titles 0 and 2 were trained on and left the catalogue since.
    expect([...view.shown]).toEqual([0, 1, 0, 1]);
    expect([...view.byGenre]).toEqual([]);
  });

  test("orders what is new by day, then year, then popularity; an unknown year stands last", () => {
    const view = createTitleView(
      [
        title(0, "2027-01-02T08:00:00.000Z", 1990),
        title(1, "2027-01-02T09:00:00.000Z", null),
        title(2, "2027-01-02T07:00:00.000Z", 1990),
        title(7, "2027-01-03T00:00:00.000Z", 1950),
        title(8, "2027-01-02T23:00:00.000Z", 2001),
      ],
      tables,
    );
    expect([...view.newest].map((index) => view.titleIds[index])).toEqual([7, 8, 2, 0, 1].map(titleIdOf));
  });

  test("orders each genre by popularity, then novelty", () => {
    const day = "2027-01-02T08:00:00.000Z";
    const view = createTitleView(
      [title(0, day, 1, ["Drama"]), title(2, day, 1, ["Drama", "Comedy"]), title(7, day, 1999, ["Drama"])],
      tables,
    );
    expect(view.genres).toEqual(["Comedy", "Drama"]);
    expect([...view.byGenre[1]!].map((index) => view.titleIds[index])).toEqual([2, 0, 7].map(titleIdOf));
    // Of `*`: 2 (half Drama, half Comedy), 1 (no card, no genre), 0 (Drama), a third each.
    expect(view.popularity.get("*")!.genreShares[0]).toBeCloseTo(1 / 6, 10);
    expect(view.popularity.get("*")!.genreShares[1]).toBeCloseTo(1 / 2, 10);
  });

  test("takes everywhere's popularity where the country has no table, and none before the first publication", () => {
    const view = createTitleView([], tables);
    expect(popularityIn(view, "BY")?.country).toBe("BY");
    expect(popularityIn(view, "DE")?.country).toBe("*");
    expect(popularityIn(createTitleView([], undefined), "BY")).toBeUndefined();
  });
});
