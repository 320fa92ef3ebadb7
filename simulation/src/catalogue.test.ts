import { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { describe, expect, test } from "vitest";
import type { RawFilm } from "./catalogue.ts";
import { cleanCatalogue, loadCatalogue, parseRelease, readRawFilms } from "./catalogue.ts";

const worldNow = Date.UTC(2026, 10, 23);
const catalogue = loadCatalogue({ worldNow });
const named = (name: string) => catalogue.titles.filter((title) => title.name === name);

const raw = (fields: Partial<RawFilm>): RawFilm => ({
  Title: "A Film",
  "US Gross": null,
  "Worldwide Gross": null,
  "Release Date": "Jun 12 1998",
  "MPAA Rating": null,
  "Running Time min": null,
  "Major Genre": null,
  "Creative Type": null,
  Director: null,
  "IMDB Rating": null,
  "IMDB Votes": null,
  ...fields,
});
const clean = (...records: Partial<RawFilm>[]) => cleanCatalogue(records.map(raw), { worldNow });

describe("the real file", () => {
  test("every record ends kept, merged or dropped, and the figures are those of the file", () => {
    expect(catalogue.report).toEqual({
      read: 3201,
      kept: 3199,
      merged: 1, // Fantasia 2000: the IMAX and the theatrical release
      dropped: { untitled: 1 },
      yearsCorrected: 22,
      titlesFromNumbers: 9,
      encodingsRepaired: expect.any(Number),
      unknown: expect.any(Object),
    });
    expect(catalogue.report.encodingsRepaired).toBeGreaterThan(15);
    expect(catalogue.priors).toHaveLength(3199);
  });

  test("every title is a valid TitleDetails with an identifier of its own", () => {
    for (const title of catalogue.titles) TitleDetails.parse(title);
    expect(new Set(catalogue.titles.map((title) => title.titleId)).size).toBe(3199);
  });

  test("identifiers are places in the file, whatever the day", () => {
    expect(catalogue.titles[0]).toMatchObject({ titleId: "film-0001", name: "The Land Girls", year: 1998 });
    const later = loadCatalogue({ worldNow: worldNow + 400 * 86_400_000 });
    const identity = ({ titleId, name, year }: TitleDetails) => ({ titleId, name, year });
    expect(later.titles.map(identity)).toEqual(catalogue.titles.map(identity));
  });

  test("no film comes from after the file was compiled: silent films are back in their century", () => {
    for (const title of catalogue.titles) expect(title.year).toBeLessThanOrEqual(2011);
    expect(named("Gone with the Wind")[0]?.year).toBe(1939);
    expect(named("The Birth of a Nation")[0]?.year).toBe(1915);
    expect(named("Ben-Hur").map((title) => title.year)).toEqual([1925, 1959]);
    expect(named("Duel in the Sun")[0]?.year).toBe(1946);
  });

  test("numeric titles are text, articles lead, editions go, encodings are repaired", () => {
    for (const name of ["1776", "300", "9", "2046", "Léon", "Déjà Vu", "Per qualche dollaro in più", "Alien³"]) {
      expect(named(name), name).toHaveLength(1);
    }
    expect(named("The Charge of the Light Brigade")[0]?.year).toBe(1936);
    expect(named("King Kong").map((title) => title.year)).toEqual([1933, 1976, 2005]);
    expect(named("Y Tu Mama Tambien (And Your Mother Too)")).toHaveLength(1);
  });

  test("sixty titles arrived in the last six weeks, the newest releases last, and none in the future", () => {
    const byArrival = [...catalogue.titles].sort((a, b) => (a.addedAt < b.addedAt ? 1 : -1));
    const sixWeeksAgo = new Date(worldNow - 42 * 86_400_000).toISOString();
    expect(byArrival.filter((title) => title.addedAt > sixWeeksAgo)).toHaveLength(60);
    expect(byArrival[0]!.addedAt < new Date(worldNow).toISOString()).toBe(true);
    expect(byArrival.slice(0, 60).every((title) => title.year! >= 2009)).toBe(true);
    expect(byArrival.at(-1)!.year).toBe(1915);
  });
});

describe("cleaning", () => {
  test("what the file does not know stays unknown", () => {
    const { titles, priors } = clean({ "Release Date": null, "US Gross": 0 });
    expect(titles[0]).toMatchObject({
      year: null,
      genres: [],
      ageMark: null,
      runtimeMinutes: null,
      directors: [],
      plot: null,
      score: null,
      scoreVotes: null,
    });
    expect(priors[0]).toEqual({ votes: null, grossUsd: null });
  });

  test("a film without any title is dropped and counted", () => {
    const { titles, report } = clean({ Title: null }, { Title: "  " }, { Title: 54 });
    expect(titles.map((title) => [title.titleId, title.name])).toEqual([["film-0003", "54"]]);
    expect(report.dropped.untitled).toBe(2);
  });

  test("cautions go to the nearest age mark, bars to the first that lets nobody in whom they keep out", () => {
    const mark = (mpaa: string | null) => clean({ "MPAA Rating": mpaa }).titles[0]!.ageMark;
    expect(["G", "PG", "PG-13", "R", "NC-17", "Not Rated", "Open", null].map(mark)).toEqual([
      0,
      6,
      12,
      18,
      18,
      null,
      null,
      null,
    ]);
  });

  test("the same title in one year is one film: the earlier record wins, the later fills the gaps", () => {
    const { titles, report, priors } = clean(
      { Title: "Twice", Director: "First", "US Gross": 5 },
      {
        Title: "twice!",
        Director: "Second",
        "Running Time min": 90,
        "US Gross": 7,
        "IMDB Rating": 6.5,
        "IMDB Votes": 9,
      },
      { Title: "Twice", "Release Date": "Jun 12 1999" },
    );
    expect(report).toMatchObject({ read: 3, kept: 2, merged: 1 });
    expect(titles[0]).toMatchObject({
      titleId: "film-0001",
      directors: ["First"],
      runtimeMinutes: 90,
      score: 6.5,
      scoreVotes: 9,
    });
    expect(priors[0]).toEqual({ votes: 9, grossUsd: 7 });
    expect(titles[1]!.titleId).toBe("film-0003");
  });

  test("a release is a date of the file's form or unknown", () => {
    expect(parseRelease("Dec 31 2046")).toEqual({ year: 1946, at: Date.UTC(1946, 11, 31), corrected: true });
    expect(parseRelease("Dec 23 2011")).toMatchObject({ year: 2011, corrected: false });
    expect(parseRelease("TBD")).toBeNull();
    expect(parseRelease("Foo 12 1999")).toBeNull();
  });

  test("the file's own genre words all have a tidy name", () => {
    const { titles } = cleanCatalogue(readRawFilms(), { worldNow });
    const genres = new Set(titles.flatMap((title) => title.genres));
    expect([...genres].sort()).toEqual([
      "Action",
      "Adventure",
      "Black comedy",
      "Comedy",
      "Concert",
      "Documentary",
      "Drama",
      "Family",
      "Fantasy",
      "History",
      "Horror",
      "Musical",
      "Romance",
      "Science fiction",
      "Superhero",
      "Thriller",
      "True story",
      "Western",
    ]);
  });
});
