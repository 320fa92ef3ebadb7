/**
 * The demo catalogue: 3,201 real films of npm `vega-datasets` (`data/movies.json`, compiled in 2010 from The Numbers
 * and IMDb), cleaned into `TitleDetails`. Nothing is invented: what the file does not know stays null or empty, and
 * every record of the file ends as kept, merged or dropped with its cause (`report`, whose counts balance).
 *
 * What is wrong with the file, and what we do:
 * (a) two-digit years were read as 20xx ("Gone with the Wind", 2039): see `DATASET_HORIZON_YEAR`;
 * (b) nine titles are JSON numbers (1776, 300, 9): they become text;
 * (c) titles and directors hold Windows-1252 bytes read as Mac Roman ("LÈon" for "Léon"): `repairMacRoman`;
 * (d) "Secret, The" and "King Kong (1933)": the article goes to the front, an edition or year in brackets goes;
 * (e) after (d) two records can be one film in one year ("Fantasia 2000" for IMAX and for theatres): merged.
 *
 * Known and left: the file joined IMDb's figures by title alone, so a film and its remake can carry the same votes.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { AgeMark, TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { TitleId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";

/**
 * The last year that the file can mean: it was compiled in 2010 and announces films up to 2011 ("The Adventures of
 * Tintin"). A later year is a two-digit year in the wrong century. "Beyond today" alone would keep "The Birth of a
 * Nation" in 2015 and "Ben-Hur" in 2025, and the answer would change with the calendar.
 */
const DATASET_HORIZON_YEAR = 2011;

/** One record as the file has it. */
export interface RawFilm {
  readonly Title: string | number | null;
  readonly "US Gross": number | null;
  readonly "Worldwide Gross": number | null;
  readonly "Release Date": string | null;
  readonly "MPAA Rating": string | null;
  readonly "Running Time min": number | null;
  readonly "Major Genre": string | null;
  readonly "Creative Type": string | null;
  readonly Director: string | null;
  readonly "IMDB Rating": number | null;
  readonly "IMDB Votes": number | null;
}

/** What the file says of a film's popularity; null: not known. Parallel to `titles`. */
export interface PopularityPrior {
  readonly votes: number | null;
  /** US dollars of the time, the larger of the two figures; the file writes 0 where it does not know. */
  readonly grossUsd: number | null;
}

export interface CleaningReport {
  readonly read: number;
  readonly kept: number;
  /** Records that were the same film as an earlier one. */
  readonly merged: number;
  readonly dropped: { readonly untitled: number };
  readonly yearsCorrected: number;
  readonly titlesFromNumbers: number;
  /** Titles and directors whose encoding was repaired. */
  readonly encodingsRepaired: number;
  readonly unknown: {
    readonly year: number;
    readonly genre: number;
    readonly ageMark: number;
    readonly runtime: number;
    readonly director: number;
    readonly score: number;
  };
}

export interface Catalogue {
  readonly titles: readonly TitleDetails[];
  readonly priors: readonly PopularityPrior[];
  readonly report: CleaningReport;
}

/**
 * MPAA → age mark. Cautions (PG, PG-13: "parents strongly cautioned", nobody is turned away) go to the nearest mark;
 * bars (R keeps out under 17 without an adult, NC-17 everyone under 18) go up to the first mark that admits nobody whom
 * the source keeps out: 16 would admit a sixteen-year-old to R. "Not Rated", "Open" and absent say nothing: null, which
 * counts as 18 where a limit applies.
 */
const AGE_MARK_OF_MPAA: Readonly<Record<string, AgeMark>> = { G: 0, PG: 6, "PG-13": 12, R: 18, "NC-17": 18 };

const GENRES_OF_MAJOR: Readonly<Record<string, readonly string[]>> = {
  Drama: ["Drama"],
  Comedy: ["Comedy"],
  Musical: ["Musical"],
  "Thriller/Suspense": ["Thriller"],
  Adventure: ["Adventure"],
  Action: ["Action"],
  "Romantic Comedy": ["Romance", "Comedy"],
  Horror: ["Horror"],
  Western: ["Western"],
  Documentary: ["Documentary"],
  "Black Comedy": ["Black comedy", "Comedy"],
  "Concert/Performance": ["Concert"],
};

/** The creative types that a viewer would call a genre; "Contemporary Fiction" and its like are none. */
const GENRES_OF_CREATIVE_TYPE: Readonly<Record<string, readonly string[]>> = {
  "Science Fiction": ["Science fiction"],
  Fantasy: ["Fantasy"],
  "Super Hero": ["Superhero"],
  "Kids Fiction": ["Family"],
  "Historical Fiction": ["History"],
  Dramatization: ["True story"],
  Factual: ["Documentary"],
};

/** Mac Roman's reading of Windows-1252 bytes, for the characters that occur in the file. `¢` is the same in both. */
const WINDOWS_1252_OF_MAC_ROMAN: Readonly<Record<string, string>> = {
  È: "é",
  Í: "ê",
  "˘": "ù",
  Ö: "…",
  Ω: "½",
  Û: "ó",
  "‰": "ä",
  "‡": "à",
  Ë: "è",
  "·": "á",
  Ù: "ô",
  Î: "ë",
};

const repairMacRoman = (text: string): string =>
  text.replace(/[ÈÍ˘ÖΩÛ‰‡Ë·ÙÎ]/gu, (character) => WINDOWS_1252_OF_MAC_ROMAN[character] ?? character);

/** Brackets that name a release or the year; others ("And Your Mother Too") belong to the title. */
const EDITION = / \((?:\d{4}|IMAX|Theatrical Release|Canadian Release)\)$/;

function tidyName(raw: string): string {
  const plain = raw.replace(/\s+/g, " ").trim().replace(EDITION, "");
  const trailing = /^(.+), (The|A|An)$/.exec(plain);
  return trailing ? `${trailing[2]} ${trailing[1]}` : plain;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

interface Release {
  readonly year: number;
  /** Milliseconds since the epoch at midnight UTC: for ordering only. */
  readonly at: number;
  readonly corrected: boolean;
}

/** "Jun 12 1998". Anything else is not a date that we know, and stays unknown. */
export function parseRelease(text: string | null): Release | null {
  const match = text === null ? null : /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(text);
  const month = match ? MONTHS.indexOf(match[1]!) : -1;
  if (!match || month < 0) return null;
  const written = Number(match[3]);
  const corrected = written > DATASET_HORIZON_YEAR;
  const year = corrected ? written - 100 : written;
  return { year, at: Date.UTC(year, month, Number(match[2])), corrected };
}

/** Two names are one title when they differ only in case, spaces and punctuation. */
const sameFilmKey = (name: string, year: number | null): string =>
  `${name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")}|${year ?? "?"}`;

function genresOf(raw: RawFilm): string[] {
  const major = GENRES_OF_MAJOR[raw["Major Genre"] ?? ""] ?? [];
  const creative = GENRES_OF_CREATIVE_TYPE[raw["Creative Type"] ?? ""] ?? [];
  return [...new Set([...major, ...creative])];
}

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null);
const larger = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

interface Draft {
  /** Place in the file: the identifier comes from it, so that it never changes. */
  readonly recordIndex: number;
  name: string;
  release: Release | null;
  genres: string[];
  ageMark: AgeMark | null;
  runtimeMinutes: number | null;
  directors: string[];
  score: number | null;
  votes: number | null;
  grossUsd: number | null;
}

/** The earlier record wins where both know; the later one fills what the earlier lacks. Box office: the larger. */
function mergeInto(kept: Draft, other: Draft): void {
  if (kept.genres.length === 0) kept.genres = other.genres;
  kept.ageMark ??= other.ageMark;
  kept.runtimeMinutes ??= other.runtimeMinutes;
  if (kept.directors.length === 0) kept.directors = other.directors;
  if (kept.score === null) {
    kept.score = other.score;
    kept.votes = other.votes;
  }
  kept.grossUsd = larger(kept.grossUsd, other.grossUsd);
}

const DAY_MS = 86_400_000;
/**
 * When titles entered the catalogue, from the newest release to the oldest. The first step fills a "new" row for six
 * weeks (60 titles: ten a week), the second gives half a year of cold items behind it, the rest was there before.
 */
const ARRIVALS = [
  { titleCount: 60, fromDaysAgo: 0.5, toDaysAgo: 42 },
  { titleCount: 240, fromDaysAgo: 42, toDaysAgo: 180 },
  { titleCount: Number.POSITIVE_INFINITY, fromDaysAgo: 181, toDaysAgo: 6 * 365 },
] as const;

/** `rankFromNewest` 0 is the newest release. */
function arrivalOf(rankFromNewest: number, titleCount: number, worldNow: number): number {
  let before = 0;
  for (const step of ARRIVALS) {
    const count = Math.min(step.titleCount, titleCount - before);
    if (rankFromNewest < before + count) {
      const share = (rankFromNewest - before) / count;
      return Math.floor(worldNow - (step.fromDaysAgo + share * (step.toDaysAgo - step.fromDaysAgo)) * DAY_MS);
    }
    before += count;
  }
  throw new RangeError(`no arrival step holds rank ${rankFromNewest}`);
}

/** Pure: records in file order in, titles in file order out. */
export function cleanCatalogue(records: readonly RawFilm[], options: { readonly worldNow: number }): Catalogue {
  const byKey = new Map<string, Draft>();
  const counts = { merged: 0, untitled: 0, yearsCorrected: 0, titlesFromNumbers: 0, encodingsRepaired: 0 };
  const repaired = (text: string): string => {
    const result = repairMacRoman(text);
    if (result !== text) counts.encodingsRepaired++;
    return result;
  };
  for (const [recordIndex, raw] of records.entries()) {
    const name = raw.Title === null ? "" : tidyName(repaired(String(raw.Title)));
    if (name === "") {
      counts.untitled++;
      continue;
    }
    if (typeof raw.Title === "number") counts.titlesFromNumbers++;
    const release = parseRelease(raw["Release Date"]);
    if (release?.corrected) counts.yearsCorrected++;
    const draft: Draft = {
      recordIndex,
      name,
      release,
      genres: genresOf(raw),
      ageMark: AGE_MARK_OF_MPAA[raw["MPAA Rating"] ?? ""] ?? null,
      runtimeMinutes: positive(raw["Running Time min"]),
      directors: raw.Director ? [repaired(raw.Director.trim())] : [],
      score: raw["IMDB Rating"],
      votes: raw["IMDB Votes"],
      grossUsd: larger(positive(raw["US Gross"]), positive(raw["Worldwide Gross"])),
    };
    const key = sameFilmKey(name, release?.year ?? null);
    const earlier = byKey.get(key);
    if (earlier) {
      mergeInto(earlier, draft);
      counts.merged++;
    } else byKey.set(key, draft);
  }

  const drafts = [...byKey.values()];
  const unknownRelease = Number.NEGATIVE_INFINITY;
  const newestFirst = [...drafts].sort((a, b) => {
    const atA = a.release?.at ?? unknownRelease;
    const atB = b.release?.at ?? unknownRelease;
    return atA === atB ? a.recordIndex - b.recordIndex : atA < atB ? 1 : -1;
  });
  const addedAt = new Map(
    newestFirst.map((draft, rank) => [draft.recordIndex, arrivalOf(rank, drafts.length, options.worldNow)]),
  );
  const titles = drafts.map(
    (draft): TitleDetails => ({
      titleId: TitleId.parse(`film-${String(draft.recordIndex + 1).padStart(4, "0")}`),
      name: draft.name,
      year: draft.release?.year ?? null,
      genres: draft.genres,
      ageMark: draft.ageMark,
      runtimeMinutes: draft.runtimeMinutes,
      directors: draft.directors,
      plot: null,
      score: draft.score,
      scoreVotes: draft.votes,
      source: "vega",
      addedAt: new Date(addedAt.get(draft.recordIndex)!).toISOString(),
    }),
  );
  const count = (isUnknown: (title: TitleDetails) => boolean) => titles.filter(isUnknown).length;
  const report: CleaningReport = {
    read: records.length,
    kept: titles.length,
    merged: counts.merged,
    dropped: { untitled: counts.untitled },
    yearsCorrected: counts.yearsCorrected,
    titlesFromNumbers: counts.titlesFromNumbers,
    encodingsRepaired: counts.encodingsRepaired,
    unknown: {
      year: count((title) => title.year === null),
      genre: count((title) => title.genres.length === 0),
      ageMark: count((title) => title.ageMark === null),
      runtime: count((title) => title.runtimeMinutes === null),
      director: count((title) => title.directors.length === 0),
      score: count((title) => title.score === null),
    },
  };
  assert(report.read === report.kept + report.merged + report.dropped.untitled, "every record ends once", () => report);
  return { titles, priors: drafts.map(({ votes, grossUsd }) => ({ votes, grossUsd })), report };
}

/** The package's file. The package exports only its entry point (`build/index.js`); the data lies beside it. */
export function readRawFilms(): RawFilm[] {
  const require = createRequire(import.meta.url);
  const entry = require.resolve("vega-datasets");
  return JSON.parse(readFileSync(join(dirname(entry), "..", "data", "movies.json"), "utf8"));
}

/** The demo catalogue as of `worldNow` (milliseconds since the epoch). No network; about 20 ms. */
export const loadCatalogue = (options: { readonly worldNow: number }): Catalogue =>
  cleanCatalogue(readRawFilms(), options);
