import { readFileSync } from "node:fs";
import { RightsWindow } from "@thewatcher/contracts/visibility";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "../catalogue.ts";
import {
  demoCollections,
  demoCredits,
  demoCutVersions,
  demoPeople,
  demoRights,
  demoSeries,
  demoTexts,
  genreNames,
} from "./demo-content.ts";
import { BORROWED_VOTES, ORIGINAL_NAMES, YEARS_CORRECTED } from "./film-names.ts";
import type { Texts } from "./types.ts";

/** Two lines of a card. */
const PLOT_LENGTH_MAX = 200;
/** As distributed: Latin and Cyrillic in one word. */
const MIXED_ON_PURPOSE = new Set(["SuperПерцы", "СуперПерцы"]);

const { titles, priors } = loadCatalogue({ worldNow: Date.UTC(2026, 10, 23) });
const films = new Map(titles.map((title) => [title.titleId as string, title]));
const episodes = demoSeries.flatMap(({ seasons }) => seasons.flatMap((season) => season.episodes));
const known = (titleId: string) => films.has(titleId) || demoSeries.some((series) => series.titleId === titleId);

const plots: readonly Texts[] = [...demoTexts, ...demoSeries, ...episodes].map((each) => each.plots);
const names: readonly Texts[] = [
  ...[...demoTexts, ...demoSeries, ...episodes, ...demoPeople, ...demoCollections].map((each) => each.names),
  ...Object.values(genreNames),
];
const all = [...plots, ...names];
const words = (text: string) => text.match(/[\p{L}\p{M}’]+/gu) ?? [];
const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index);

describe("the choice of films", () => {
  test("the 150 with the most votes of the file, the most first, without votes borrowed from a namesake", () => {
    const byVotes = titles
      .map(({ titleId }, index) => ({ titleId, votes: priors[index]!.votes ?? 0 }))
      .filter(({ titleId }) => !BORROWED_VOTES.includes(titleId))
      .sort((a, b) => b.votes - a.votes);
    expect(demoTexts.map(({ titleId }) => titleId)).toEqual(byVotes.slice(0, 150).map(({ titleId }) => titleId));
  });

  test("borrowed votes are those of another film of the same name or series", () => {
    const votesOf = (titleId: string) => priors[titles.findIndex((title) => title.titleId === titleId)]!.votes;
    const lenders = demoTexts.map(({ titleId }) => votesOf(titleId));
    for (const titleId of BORROWED_VOTES) expect(lenders).toContain(votesOf(titleId));
  });

  test("an English name is the file's own unless the film has a name in its own language", () => {
    const plain = (name: string) => name.toLowerCase();
    for (const { titleId, names, originalName } of demoTexts) {
      const file = films.get(titleId)!.name;
      expect(plain(originalName ?? names.en)).toBe(plain(file));
    }
    expect(Object.keys(ORIGINAL_NAMES)).toHaveLength(demoTexts.filter((each) => each.originalName !== null).length);
  });

  test("a corrected year differs from the file's", () => {
    for (const [titleId, year] of Object.entries(YEARS_CORRECTED)) {
      expect(films.get(titleId)!.year).not.toBe(year);
      expect(demoTexts.find((each) => each.titleId === titleId)!.yearCorrected).toBe(year);
    }
  });
});

describe("every id exists and is used once", () => {
  test("people of credits and series; nobody is left without a title", () => {
    const people = new Set(demoPeople.map(({ personId }) => personId));
    const credited = new Set([...demoCredits, ...demoSeries].flatMap(({ directors, cast }) => [...directors, ...cast]));
    expect([...credited].filter((personId) => !people.has(personId))).toEqual([]);
    expect([...people].filter((personId) => !credited.has(personId))).toEqual([]);
  });

  test("each of the 150 films has directors and three to five leading roles, nobody twice", () => {
    expect(demoCredits.map(({ titleId }) => titleId)).toEqual(demoTexts.map(({ titleId }) => titleId));
    for (const { directors, cast } of demoCredits) {
      expect(directors.length).toBeGreaterThan(0);
      expect(cast.length).toBeGreaterThanOrEqual(3);
      expect(cast.length).toBeLessThanOrEqual(5);
      expect(repeated(directors)).toEqual([]);
      expect(repeated(cast)).toEqual([]);
    }
  });

  test("our director is the file's, where the file names one", () => {
    const latin = (name: string) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const nameOf = new Map(demoPeople.map(({ personId, names }) => [personId, latin(names.en)]));
    // the Wachowskis have other first names since the file was made
    const differing = demoCredits.filter(({ titleId, directors }) => {
      const [file] = films.get(titleId)!.directors;
      return file !== undefined && !directors.some((personId) => nameOf.get(personId) === latin(file));
    });
    expect(differing.map(({ titleId }) => films.get(titleId)!.name)).toEqual([
      "The Matrix",
      "The Matrix Reloaded",
      "The Matrix Revolutions",
    ]);
  });

  test("titles of collections, rights and cut versions", () => {
    for (const { titleIds } of demoCollections) {
      expect(titleIds.filter((titleId) => !known(titleId))).toEqual([]);
      expect(repeated(titleIds)).toEqual([]);
      expect(titleIds.length).toBeGreaterThanOrEqual(6);
    }
    expect(demoCollections).toHaveLength(10);
    for (const { titleId } of [...demoRights, ...demoCutVersions]) expect(known(titleId)).toBe(true);
  });

  test("no id and no name occurs twice", () => {
    const ids = [
      ...demoTexts.map((each) => each.titleId),
      ...demoSeries.map((each) => each.titleId),
      ...episodes.map((each) => each.partId),
      ...demoPeople.map((each) => each.personId),
      ...demoCollections.map((each) => each.collectionId),
    ];
    expect(repeated(ids)).toEqual([]);
    const groups = [[...demoTexts, ...demoSeries], demoPeople, demoCollections];
    for (const group of groups) {
      for (const locale of ["ru", "be", "en"] as const) {
        expect(repeated(group.map((each) => each.names[locale].toLowerCase()))).toEqual([]);
      }
    }
    for (const locale of ["ru", "be", "en"] as const) {
      expect(repeated(plots.map((plot) => plot[locale]))).toEqual([]);
      expect(repeated(Object.values(genreNames).map((texts) => texts[locale]))).toEqual([]);
    }
  });

  test("every genre of the catalogue and of the series has a name, and no other", () => {
    const used = new Set([...titles.flatMap(({ genres }) => genres), ...demoSeries.flatMap(({ genres }) => genres)]);
    expect(Object.keys(genreNames).sort()).toEqual([...used].sort());
  });
});

describe("the ten series", () => {
  test("one to three seasons of six to ten episodes, and none has the name of a film of the catalogue", () => {
    expect(demoSeries).toHaveLength(10);
    const filmNames = new Set(titles.map(({ name }) => name.toLowerCase()));
    for (const { seasons, names, year } of demoSeries) {
      expect(seasons.length).toBeGreaterThanOrEqual(1);
      expect(seasons.length).toBeLessThanOrEqual(3);
      expect(seasons[0]!.year).toBe(year);
      for (const season of seasons) {
        expect(season.episodes.length).toBeGreaterThanOrEqual(6);
        expect(season.episodes.length).toBeLessThanOrEqual(10);
      }
      expect(filmNames.has(names.en.toLowerCase())).toBe(false);
    }
  });
});

describe("texts", () => {
  test("none is empty, doubled in its spaces or open at an end", () => {
    for (const texts of all) {
      for (const text of Object.values(texts)) {
        expect(text).not.toBe("");
        expect(text).toBe(text.trim().replace(/\s+/g, " "));
      }
    }
  });

  test("a plot is one sentence of at most two lines, with a full stop", () => {
    for (const plot of plots) {
      for (const text of Object.values(plot)) {
        expect(text.length).toBeLessThanOrEqual(PLOT_LENGTH_MAX);
        expect(text).toMatch(/^[\p{Lu}«“"\d].*[^.]\.$/u);
        expect(text).not.toMatch(/[.!?] \p{Lu}/u);
      }
    }
  });

  test("no word mixes alphabets: a Latin look-alike in a Cyrillic word is found by no search", () => {
    const mixed = all
      .flatMap((texts) => Object.values(texts).flatMap(words))
      .filter((word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word));
    expect(mixed.filter((word) => !MIXED_ON_PURPOSE.has(word))).toEqual([]);
  });

  test("Russian and Belarusian are in Cyrillic, English is not", () => {
    for (const { ru, be, en } of all) {
      expect(en).not.toMatch(/\p{Script=Cyrillic}/u);
      expect(ru).toMatch(/\p{Script=Cyrillic}/u);
      expect(be).toMatch(/\p{Script=Cyrillic}/u);
    }
  });

  test("Belarusian has і, ў and ’ and no и, щ, ъ; Russian the other way round", () => {
    for (const { ru, be } of all) {
      expect(be).not.toMatch(/[ищъ'`]/iu);
      expect(ru).not.toMatch(/[іў'`]/iu);
    }
  });

  test("Belarusian writes ў behind a vowel, and only there", () => {
    for (const { be } of all) {
      expect(be).not.toMatch(/[аеёіоуыэюя] у/u);
      expect(be).not.toMatch(/(?:^|[^аеёіоуыэюя \-«])ў|[^аеёіоуыэюя»\d] ў/iu);
    }
  });

  test("Belarusian has no soft т, д, р, and no і, ё, я behind a hard sibilant", () => {
    for (const plot of plots) expect(plot.be).not.toMatch(/[тдр][іеёюя]|[жшч][іёюя]/iu);
  });
});

describe("rights and cut versions", () => {
  const DAY_MS = 86_400_000;
  const now = Date.UTC(2026, 10, 23);
  const at = (days: number | null) => (days === null ? null : now + days * DAY_MS);

  test("every window is one of the contract", () => {
    for (const { windows } of demoRights) {
      for (const { fromDays, untilDays, ...window } of windows) {
        RightsWindow.parse({ ...window, from: at(fromDays), until: at(untilDays) });
      }
    }
  });

  test("there is something for every case: leaving soon, elsewhere only, later, gone, by plan", () => {
    const windows = demoRights.flatMap((each) => each.windows);
    expect(demoRights.length).toBeGreaterThanOrEqual(40);
    const leaving = windows.filter(({ untilDays }) => untilDays !== null && untilDays > 0 && untilDays < 14);
    expect(leaving.length).toBeGreaterThanOrEqual(8);
    for (const country of ["BY", "US"]) {
      expect(windows.filter(({ exceptCountries }) => exceptCountries.includes(country)).length).toBeGreaterThan(4);
    }
    expect(windows.some(({ fromDays }) => fromDays !== null && fromDays > 0)).toBe(true);
    expect(windows.some(({ untilDays }) => untilDays !== null && untilDays < 0)).toBe(true);
    expect(windows.some(({ plans }) => plans !== null)).toBe(true);
  });

  test("five cut versions, whose reference is the film's own running time where the file knows it", () => {
    expect(demoCutVersions).toHaveLength(5);
    for (const { titleId, runtimeMinutes, referenceRuntimeMinutes } of demoCutVersions) {
      expect(referenceRuntimeMinutes).toBeGreaterThan(runtimeMinutes);
      expect(films.get(titleId)!.runtimeMinutes ?? referenceRuntimeMinutes).toBe(referenceRuntimeMinutes);
    }
    const header = readFileSync(new URL("./cut-versions.ts", import.meta.url), "utf8");
    expect(header).toContain("INVENTED FOR THE DEMO");
  });
});
