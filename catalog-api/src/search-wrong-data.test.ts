/** What a viewer sees when the search server answers with wrong data: a cell of docs/failure-modes/serving.md. */
import { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { expect, test } from "vitest";
import { searchTitles } from "./search-titles.ts";

const aTitle = (titleId: string, ageMark: number): CatalogueTitle =>
  CatalogueTitle.parse({
    ...{ titleId, name: "Матрица", year: 1999, genres: ["Drama"], ageMark, runtimeMinutes: 100, directors: [] },
    ...{ plot: null, score: null, scoreVotes: null, source: "test", addedAt: "2026-01-01T00:00:00.000Z" },
  });
const titles = new Map([aTitle("film-1", 0), aTitle("film-18", 18)].map((title) => [title.titleId as string, title]));

test.each(["", "матрица"])(
  "search, wrong data: hits that are no titles, or not this viewer's, are left out (%j)",
  async (text) => {
    const hits = ["film-gone", "film-18", "film-1", "<script>"].map((id) => ({ id, score: Number.POSITIVE_INFINITY }));
    const page = await searchTitles(
      {
        ask: async () => ({ hits, total: 4_000_000, generation: "another-one" }),
        title: (titleId) => titles.get(titleId),
      },
      { locale: "ru", genreNames: {}, viewer: { country: "BY", ageLimit: 6, at: Date.parse("2026-06-01") } },
      { text, limit: 20, filters: {} },
    );
    expect(page.hits.map(({ title }) => title.titleId)).toEqual(["film-1"]);
    expect(page.nearest).toEqual([]);
  },
);
