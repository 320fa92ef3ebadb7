import { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { type Rights, visibilityOf } from "@thewatcher/contracts/visibility";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Asker } from "./askers.ts";
import { demoTitles, everybody, indexOf, NOW } from "./search-gold/testing/gold.ts";
import type { TitleIndex } from "./search-index.ts";
import { searchTitles } from "./search-titles.ts";

const aTitle = (titleId: string, extra: object = {}): CatalogueTitle =>
  CatalogueTitle.parse({
    ...{ titleId, name: titleId, year: 1999, genres: ["Drama"], ageMark: 0, runtimeMinutes: 100, directors: [] },
    ...{ plot: null, score: null, scoreVotes: null, source: "test", addedAt: "2026-01-01T00:00:00.000Z" },
    ...extra,
  });
const ask = (index: TitleIndex, text: string, asker: Asker = everybody, rest: object = {}) =>
  searchTitles(index, asker, { text, limit: 20, filters: {}, ...rest });

describe("what a profile may not see", () => {
  const countries = ["BY", "RU", "US", "KZ"];
  const instant = fc.integer({ min: NOW - 5, max: NOW + 5 });
  const window = fc
    .record({
      countries: fc.option(fc.subarray(countries, { minLength: 1 })),
      exceptCountries: fc.subarray(countries),
      plans: fc.constant(null),
      from: fc.option(instant),
      until: fc.option(instant),
    })
    .filter(({ from, until }) => from === null || until === null || from < until);
  const rights = fc.option(fc.array(window, { maxLength: 3 })) as fc.Arbitrary<Rights>;
  const titles = fc.array(fc.record({ rights, ageMark: fc.constantFrom(0, 6, 12, 16, 18, null) }), {
    minLength: 1,
    maxLength: 30,
  });
  const viewer = fc.record({
    country: fc.constantFrom(...countries, "DE"),
    ageLimit: fc.constantFrom(0, 6, 12, 16, 18, null),
    // Also later than the index was made.
    at: instant,
  });

  test("is in no hit, no total, no facet, nor near what we don't have; and all else is found", async () => {
    await fc.assert(
      fc.asyncProperty(titles, viewer, async (drawn, who) => {
        const all = drawn.map((one, i) =>
          aTitle(`film-${i}`, { ...one, names: { ru: "Матрица" }, genres: [`genre-${i}`] }),
        );
        const index = await indexOf(all);
        const visible = all.filter((title) => visibilityOf(title, who).kind === "visible");
        const allowed = new Set<string>(visible.map(({ titleId }) => titleId));
        for (const text of ["матрица", "матрцва", "vfnhbwf", "matrica", "", "матрица перезагрузка"]) {
          const page = await ask(index, text, { locale: "ru", genreNames: {}, viewer: who }, { limit: 50 });
          for (const { title } of [...page.hits, ...page.nearest]) expect(allowed).toContain(title.titleId);
          if (who.at !== NOW) continue;
          if (!page.absent) {
            expect(new Set(page.hits.map(({ title }) => title.titleId as string))).toEqual(allowed);
            expect(page.total).toBe(allowed.size);
            expect(page.facets.genre.map(({ value }) => value).sort()).toEqual(
              visible.flatMap(({ genres }) => genres).sort(),
            );
          } else if (text !== "матрица перезагрузка") expect(allowed.size).toBe(0);
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe("an answer", () => {
  let index: TitleIndex;
  beforeAll(async () => {
    index = await indexOf(demoTitles());
  });

  const shown = async (text: string, locale: Asker["locale"] = "ru") => {
    const page = await ask(index, text, { ...everybody, locale });
    const [hit] = page.hits;
    const marked = hit?.highlights.map(({ from, to }) => hit.title.name.slice(from, to));
    return { name: hit?.title.name, marked, reading: page.reading };
  };

  test("says how what was typed was read, and which letters of the name are meant", async () => {
    expect(await shown("побег из шоуш")).toEqual({
      name: "Побег из Шоушенка",
      marked: ["Побег", "из", "Шоуш"],
      reading: { kind: "typed", text: "побег из шоуш" },
    });
    expect(await shown("dkfcntkby rjktw")).toMatchObject({
      marked: ["Властелин", "колец"],
      reading: { kind: "layout", text: "властелин колец" },
    });
    // A beginning of a word is none of the two words that begin with it.
    expect(await shown("властелин кол")).toMatchObject({
      name: "Властелин колец: Братство Кольца",
      marked: ["Властелин", "кол", "Кол"],
    });
    expect(await shown("боицовскии клуп")).toMatchObject({
      marked: ["Бойцовский", "клуб"],
      reading: { kind: "typos", text: "Бойцовский клуб" },
    });
    expect(await shown("zelenaya milya")).toMatchObject({
      marked: ["Зелёная", "миля"],
      reading: { kind: "sound", text: "Зелёная миля" },
    });
    expect(await shown("spider man", "en")).toMatchObject({ name: "Spider-Man", marked: ["Spider", "Man"] });
    expect(await shown("spiderman", "en")).toMatchObject({ name: "Spider-Man", marked: ["Spider-Man"] });
    expect(await shown("киану ривз")).toMatchObject({ name: "Матрица", marked: [] });
  });

  test("is in the asker's language, whatever the query's", async () => {
    expect((await shown("fight club", "be")).name).toBe("Байцоўскі клуб");
    expect((await shown("бойцовский клуб", "en")).name).toBe("Fight Club");
  });

  test("counts by genre, kind, decade and country, and goes by them", async () => {
    const page = await ask(index, "матрица");
    expect(page.facets.decade).toEqual([
      { value: "2000", name: "2000", count: 2 },
      { value: "1990", name: "1990", count: 1 },
    ]);
    const old = await ask(index, "матрица", everybody, { filters: { decade: "1990" } });
    expect(old.hits.map(({ title }) => title.name)).toEqual(["Матрица"]);
    expect(old.total).toBe(1);
    const series = await ask(index, "", everybody, { filters: { kind: "series" } });
    expect(series.total).toBe(10);
    expect(series.facets.country[0]?.name).toMatch(/^[А-Я]/);
  });

  test("to what we don't have is that, with what comes near", async () => {
    const page = await ask(index, "breaking bad");
    expect(page).toMatchObject({ hits: [], total: 0, absent: true, reading: null, facets: { genre: [] } });
    expect(page.nearest.map(({ title }) => title.name)).toContain("Bad Boys");
    expect((await ask(index, "!!!")).absent).toBe(true);
    expect((await ask(index, "смотреть фильм матрица онлайн")).hits[0]?.title.name).toBe("Матрица");
  });

  test("is one, to anything that fits into the limit", async () => {
    const piece = fc.oneof(
      fc.constantFrom("матрица", "the", "ß".repeat(40), "x".repeat(60), "ﷺ", "щ", "-", "²", " ", "'", ",hfn"),
      fc.string({ unit: "grapheme", maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
        const page = await ask(index, pieces.join("").slice(0, 120));
        expect(page.absent).toBe(page.hits.length === 0);
        for (const { title, highlights } of page.hits) {
          let last = 0;
          for (const { from, to } of highlights) {
            expect(from).toBeGreaterThanOrEqual(last);
            expect(to).toBeGreaterThan(from);
            expect(to).toBeLessThanOrEqual(title.name.length);
            last = to;
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
