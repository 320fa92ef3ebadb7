/**
 * MovieLens in its published layouts, found by the files in the folder:
 *   100K    u.data (tab) + u.item (|, ISO-8859-1)
 *   1M, 10M ratings.dat + movies.dat (`::`)
 *   20M…    ratings.csv + movies.csv (header, quotes)
 *   ordered interactions.csv[.gz] (user,position,movie,rating) + movies.dat: an order without times
 * Demographics (u.user, users.dat) are not read: nothing here needs to know a person's age or occupation.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { UserError } from "@thewatcher/kit/user-error";
import { fileMistake, type LineChunk, readLines, splitFields } from "./lines.ts";
import {
  fingerprintOf,
  type ImportRow,
  type ImportSource,
  isSourceName,
  OCCURRED_AT_END_MS,
  quoted,
  type RowChunk,
  requireSourceName,
  SYNTHETIC_EPOCH_MS,
  starsOf,
  titleIdOf,
  wholeNumberOf,
} from "./source.ts";

/** GroupLens was founded in 1992; MovieLens opened in 1997. Anything before 1990 is not a time of a rating. */
const OCCURRED_AT_MIN_MS = Date.UTC(1990, 0, 1);

const GENRES_100K = [
  "unknown",
  "Action",
  "Adventure",
  "Animation",
  "Children's",
  "Comedy",
  "Crime",
  "Documentary",
  "Drama",
  "Fantasy",
  "Film-Noir",
  "Horror",
  "Musical",
  "Mystery",
  "Romance",
  "Sci-Fi",
  "Thriller",
  "War",
  "Western",
] as const;

interface Layout {
  readonly name: string;
  readonly defaultSource: (folder: string) => string;
  readonly ratings: readonly string[];
  readonly titles: string;
  readonly separator: string;
  readonly titlesSeparator: string;
  /** Places of the fields in a row of ratings. */
  readonly fields: { user: number; item: number; value: number; time: number; count: number };
  readonly time: "seconds" | "position";
  readonly header: string | undefined;
  readonly titlesHeader: string | undefined;
}

const LAYOUTS: readonly Layout[] = [
  {
    name: "movielens-100k",
    defaultSource: () => "ml-100k",
    ratings: ["u.data"],
    titles: "u.item",
    separator: "\t",
    titlesSeparator: "|",
    fields: { user: 0, item: 1, value: 2, time: 3, count: 4 },
    time: "seconds",
    header: undefined,
    titlesHeader: undefined,
  },
  {
    name: "movielens-dat",
    defaultSource: () => "ml-1m",
    ratings: ["ratings.dat"],
    titles: "movies.dat",
    separator: "::",
    titlesSeparator: "::",
    fields: { user: 0, item: 1, value: 2, time: 3, count: 4 },
    time: "seconds",
    header: undefined,
    titlesHeader: undefined,
  },
  {
    name: "movielens-csv",
    defaultSource: (folder) => (isSourceName(folder) ? folder : "movielens"),
    ratings: ["ratings.csv", "ratings.csv.gz"],
    titles: "movies.csv",
    separator: ",",
    titlesSeparator: ",",
    fields: { user: 0, item: 1, value: 2, time: 3, count: 4 },
    time: "seconds",
    header: "userId,movieId,rating,timestamp",
    titlesHeader: "movieId,title,genres",
  },
  {
    name: "movielens-ordered",
    defaultSource: () => "ml-1m",
    ratings: ["interactions.csv.gz", "interactions.csv"],
    titles: "movies.dat",
    separator: ",",
    titlesSeparator: "::",
    fields: { user: 0, time: 1, item: 2, value: 3, count: 4 },
    time: "position",
    header: "user,position,movie,rating",
    titlesHeader: undefined,
  },
];

export async function openMovieLens(
  folder: string,
  options: { readonly source?: string | undefined; readonly addedAt: number },
): Promise<ImportSource> {
  const files = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOTDIR") {
      throw new UserError(`${folder}: is a file; give the folder that holds the MovieLens files`, { cause });
    }
    if (cause.code === "ENOENT") throw new UserError(`${folder}: no such folder`, { cause });
    throw fileMistake(folder, cause);
  });
  const found = LAYOUTS.map((layout) => ({
    layout,
    ratings: layout.ratings.find((name) => files.includes(name)),
  })).find(({ layout, ratings }) => ratings !== undefined && files.includes(layout.titles));
  if (!found?.ratings) {
    const accepted = LAYOUTS.map((layout) => `${layout.ratings[0]} + ${layout.titles}`).join("; ");
    throw new UserError(
      `${folder}: no MovieLens layout found (it holds ${files.slice(0, 8).join(", ") || "nothing"}); accepted: ${accepted}`,
    );
  }
  const { layout } = found;
  const ratingsPath = join(folder, found.ratings);
  const titlesPath = join(folder, layout.titles);
  const source = requireSourceName(options.source ?? layout.defaultSource(basename(resolve(folder))));
  return {
    source,
    layout: layout.name,
    timeQuality: layout.time === "position" ? "synthetic" : "observed",
    fingerprint: await fingerprintOf(`${layout.name}\n${source}`, [ratingsPath, titlesPath]),
    bytesTotal: (await stat(ratingsPath)).size,
    titles: await readTitles(titlesPath, layout, source, options.addedAt),
    rows: () => readRows(ratingsPath, layout),
  };
}

async function* readRows(path: string, layout: Layout): AsyncGenerator<RowChunk> {
  let count = 0;
  for await (const chunk of readLines(path)) {
    const rows: ImportRow[] = [];
    for (let i = firstRowOf(chunk, layout.header, path); i < chunk.lines.length; i++) {
      const line = chunk.lines[i] as string;
      if (line === "") continue;
      const row = parseRow(line, layout);
      if (typeof row === "string") {
        // What stands before it is handed over first: an import keeps it.
        if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
        throw new UserError(`${path}: line ${chunk.firstLine + i}: ${row} (${quoted(line)})`);
      }
      rows.push(row);
    }
    count += rows.length;
    if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
  }
  if (count === 0) throw new UserError(`${path}: the file is empty: it holds no ratings`);
}

/** The row, or what is wrong with it. */
function parseRow(line: string, { fields, separator, time }: Layout): ImportRow | string {
  const parts = fieldsOf(line, separator);
  if (!parts) return "a quote is not closed";
  if (parts.length !== fields.count) {
    return `${fields.count} fields separated by ${JSON.stringify(separator)} expected, ${parts.length} found`;
  }
  const user = parts[fields.user] as string;
  const item = parts[fields.item] as string;
  const value = parts[fields.value] as string;
  const when = parts[fields.time] as string;
  if (!isId(user)) return `the user id ${quoted(user)} is not a positive whole number of at most 12 digits`;
  if (!isId(item)) return `the movie id ${quoted(item)} is not a positive whole number of at most 12 digits`;
  const stars = starsOf(value);
  if (stars === undefined) return `the rating ${quoted(value)} is not one of 0.5, 1, … 5`;
  const number = wholeNumberOf(when);
  if (time === "position") {
    const occurredAt = SYNTHETIC_EPOCH_MS + number * 60_000;
    if (!(occurredAt < OCCURRED_AT_END_MS))
      return `the position ${quoted(when)} is not a whole number from 0 to 52 million`;
    return { user, item, stars, strength: undefined, occurredAt };
  }
  const occurredAt = number * 1000;
  if (!(occurredAt >= OCCURRED_AT_MIN_MS && occurredAt < OCCURRED_AT_END_MS)) {
    return `the timestamp ${quoted(when)} is not whole seconds since 1970, of the years 1990 to 2099`;
  }
  return { user, item, stars, strength: undefined, occurredAt };
}

/** Quotes mean something in CSV only: movies.dat has `"Great Performances" Cats (1998)`. */
const fieldsOf = (line: string, separator: string): string[] | undefined =>
  separator === "," ? splitFields(line, separator) : line.split(separator);

/** Digits, the first not 0, at most 12 (ids as text and as numbers are then the same). */
function isId(text: string): boolean {
  return text.length <= 12 && text.charCodeAt(0) !== 48 && wholeNumberOf(text) > 0;
}

/** 0, or 1 behind the header, which is checked. */
function firstRowOf({ firstLine, lines }: LineChunk, header: string | undefined, path: string): 0 | 1 {
  if (firstLine !== 1 || header === undefined) return 0;
  const found = splitFields(lines[0] as string, ",")?.join(",");
  if (found !== header) {
    throw new UserError(
      `${path}: line 1: the header ${JSON.stringify(header)} is expected, found ${quoted(lines[0] as string)}`,
    );
  }
  return 1;
}

async function readTitles(
  path: string,
  layout: Layout,
  source: string,
  addedAt: number,
): Promise<readonly TitleDetails[]> {
  const addedInstant = new Date(addedAt).toISOString();
  const titles = new Map<string, TitleDetails>();
  for await (const chunk of readLines(path, { latin1Allowed: true })) {
    for (let i = firstRowOf(chunk, layout.titlesHeader, path); i < chunk.lines.length; i++) {
      const line = chunk.lines[i] as string;
      if (line === "") continue;
      const title = parseTitle(line, layout);
      if (typeof title === "string") {
        throw new UserError(`${path}: line ${chunk.firstLine + i}: ${title} (${quoted(line)})`);
      }
      titles.set(title.item, {
        titleId: titleIdOf(source, title.item),
        ...nameAndYear(title.heading),
        genres: title.genres,
        ageMark: null,
        runtimeMinutes: null,
        directors: [],
        plot: null,
        score: null,
        scoreVotes: null,
        source,
        addedAt: addedInstant,
      });
    }
  }
  if (titles.size === 0) throw new UserError(`${path}: the file is empty: it holds no titles`);
  return [...titles.values()];
}

function parseTitle(line: string, layout: Layout): { item: string; heading: string; genres: string[] } | string {
  const parts = fieldsOf(line, layout.titlesSeparator);
  if (!parts) return "a quote is not closed";
  const count = layout.titles === "u.item" ? FIELDS_100K : 3;
  if (parts.length !== count) {
    return `${count} fields separated by ${JSON.stringify(layout.titlesSeparator)} expected, ${parts.length} found`;
  }
  const item = parts[0] as string;
  const heading = (parts[1] as string).trim();
  if (!isId(item)) return `the movie id ${quoted(item)} is not a positive whole number of at most 12 digits`;
  if (heading === "") return "the title is empty";
  const genres = layout.titles === "u.item" ? flagsOf(parts) : namesOf(parts[2] as string);
  return { item, heading, genres };
}

/** u.item: id, title, two dates and an address, then one flag for each genre. */
const FIELDS_100K = 5 + GENRES_100K.length;

function flagsOf(parts: readonly string[]): string[] {
  return GENRES_100K.filter((genre, index) => parts[5 + index] === "1" && genre !== "unknown");
}

/** At most as many and as long as a title may have; the published files have at most 10 of at most 18 characters. */
function namesOf(text: string): string[] {
  if (text === "" || text === "(no genres listed)") return [];
  return text
    .split("|")
    .filter((name) => name !== "" && name.length <= 64)
    .slice(0, 12);
}

const ARTICLES = "The|A|An|Les|Le|La|L'|Das|Der|Die|El|Il|I|Los|Las|Det|Den";
/** "American President, The" at the end of the name or of a name in brackets, "a.k.a." before it or not. */
const MOVED_ARTICLE = new RegExp(`(^|\\(a\\.k\\.a\\. |\\()([^()]+?), (${ARTICLES})(?=\\s*(?:$|[()]))`, "g");
/** A name is cut at 300 characters: what lies behind a thousand is not looked at. */
const HEADING_CHARACTERS_MAX = 1_000;

/** "American President, The (1995)" → The American President, 1995. */
export function nameAndYear(heading: string): { name: string; year: number | null } {
  const whole = heading.slice(0, HEADING_CHARACTERS_MAX).trim();
  const match = /\((\d{4})(?:[-–]\d{0,4})?\)$/.exec(whole);
  const year = match ? Number(match[1]) : Number.NaN;
  const isYear = year >= 1874 && year <= 2100;
  const bare = (isYear && match ? whole.slice(0, match.index).trim() : whole) || whole;
  const name = bare.replaceAll(
    MOVED_ARTICLE,
    (_, before: string, rest: string, article: string) =>
      `${before}${article}${article.endsWith("'") ? "" : " "}${rest}`,
  );
  return { name: name.slice(0, 300), year: isYear ? year : null };
}
