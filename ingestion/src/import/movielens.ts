/**
 * MovieLens in its published layouts, found by the files in the folder:
 *   100K    u.data (tab) + u.item (|, ISO-8859-1)
 *   1M, 10M ratings.dat + movies.dat (`::`)
 *   20M…    ratings.csv + movies.csv (header, quotes)
 *   ordered interactions.csv[.gz] (user,position,movie,rating) + movies.dat: an order without times
 * Demographics (u.user, users.dat) are not read: nothing here needs to know a person's age or occupation.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import { UserError } from "@thewatcher/kit/result";
import { type LineChunk, readLines, splitFields } from "./lines.ts";
import type { ImportRow, ImportSource } from "./source.ts";

/** Where a source has an order but no times: position p lies p minutes behind this instant. */
export const SYNTHETIC_EPOCH_MS = Date.UTC(2000, 0, 1);
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
    defaultSource: (folder) => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/.test(folder) ? folder : "movielens"),
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
    throw new UserError(
      cause.code === "ENOTDIR"
        ? `${folder} is a file; give the folder that holds the MovieLens files`
        : `${folder}: no such folder`,
      { cause },
    );
  });
  const found = LAYOUTS.map((layout) => ({
    layout,
    ratings: layout.ratings.find((name) => files.includes(name)),
  })).find(({ layout, ratings }) => ratings !== undefined && files.includes(layout.titles));
  if (!found?.ratings) {
    const accepted = LAYOUTS.map((layout) => `${layout.ratings[0]} + ${layout.titles}`).join("; ");
    throw new UserError(
      `${folder}: no MovieLens layout found (it holds ${files.slice(0, 8).join(", ") || "nothing"}). Accepted: ${accepted}`,
    );
  }
  const { layout } = found;
  const ratingsPath = join(folder, found.ratings);
  const titlesPath = join(folder, layout.titles);
  const source = options.source ?? layout.defaultSource(basename(resolve(folder)));
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/.test(source)) {
    throw new UserError(`--source ${JSON.stringify(source)}: 1 to 24 letters, digits and . _ - are accepted`);
  }
  return {
    source,
    layout: layout.name,
    rowsExpected: undefined,
    timeQuality: layout.time === "position" ? "synthetic" : "observed",
    fingerprint: await fingerprintOf(`${layout.name}\n${source}`, [ratingsPath, titlesPath]),
    titles: await readTitles(titlesPath, layout, source, options.addedAt),
    rows: () => readRows(ratingsPath, layout),
  };
}

export async function fingerprintOf(name: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(name);
  for (const path of paths)
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

async function* readRows(path: string, layout: Layout): AsyncGenerator<readonly ImportRow[]> {
  const { fields, separator } = layout;
  for await (const chunk of readLines(path)) {
    const rows: ImportRow[] = [];
    for (const { line, number } of numbered(chunk, layout.header, path)) {
      const parts = line.split(separator);
      const refuse = (what: string): never => {
        throw new UserError(`${path}: line ${number}: ${what} (${JSON.stringify(line.slice(0, 120))})`);
      };
      if (parts.length !== fields.count)
        refuse(`${fields.count} fields separated by ${JSON.stringify(separator)} expected, ${parts.length} found`);
      const user = parts[fields.user] ?? "";
      const item = parts[fields.item] ?? "";
      if (!isId(user)) refuse(`the user id ${JSON.stringify(user)} is not a positive whole number`);
      if (!isId(item)) refuse(`the movie id ${JSON.stringify(item)} is not a positive whole number`);
      const stars = Number(parts[fields.value]);
      if (!(stars >= 0.5 && stars <= 5) || stars * 2 !== Math.floor(stars * 2)) {
        refuse(`the rating ${JSON.stringify(parts[fields.value])} is not one of 0.5, 1, … 5`);
      }
      const time = Number(parts[fields.time]);
      if (!Number.isInteger(time) || time < 0 || parts[fields.time] === "") {
        refuse(
          `the ${layout.time === "position" ? "position" : "timestamp"} ${JSON.stringify(parts[fields.time])} is not a whole number`,
        );
      }
      const occurredAt = layout.time === "position" ? SYNTHETIC_EPOCH_MS + time * 60_000 : time * 1000;
      if (occurredAt < OCCURRED_AT_MIN_MS)
        refuse(`the timestamp ${time} lies before 1990: seconds since 1970 are expected`);
      rows.push({ user, item, stars, strength: undefined, occurredAt });
    }
    if (rows.length > 0) yield rows;
  }
}

const isId = (text: string): boolean => /^[1-9][0-9]{0,11}$/.test(text);

function* numbered(
  chunk: LineChunk,
  header: string | undefined,
  path: string,
): Generator<{ line: string; number: number }> {
  for (const [index, line] of chunk.lines.entries()) {
    const number = chunk.firstLine + index;
    if (number === 1 && header !== undefined) {
      if (line.replace(/^\uFEFF/, "") !== header) {
        throw new UserError(
          `${path}: line 1: the header ${JSON.stringify(header)} is expected, found ${JSON.stringify(line.slice(0, 120))}`,
        );
      }
      continue;
    }
    if (line !== "") yield { line, number };
  }
}

async function readTitles(
  path: string,
  layout: Layout,
  source: string,
  addedAt: number,
): Promise<readonly TitleDetails[]> {
  const titles = new Map<string, TitleDetails>();
  for await (const chunk of readLines(path, { latin1Allowed: true })) {
    for (const { line, number } of numbered(chunk, layout.titlesHeader, path)) {
      const parts = splitFields(line, layout.titlesSeparator);
      const [id = "", heading = ""] = parts ?? [];
      const genres = layout.titles === "u.item" ? flagsOf(parts ?? []) : namesOf(parts?.[2]);
      if (!isId(id) || heading === "" || genres === undefined) {
        throw new UserError(
          `${path}: line ${number}: a movie id, a title and genres separated by ${JSON.stringify(layout.titlesSeparator)} are expected (${JSON.stringify(line.slice(0, 120))})`,
        );
      }
      titles.set(id, {
        ...bareTitle(source, id, addedAt),
        ...nameAndYear(heading),
        genres,
      });
    }
  }
  return [...titles.values()];
}

/** A title of which nothing but the id is known. */
export function bareTitle(source: string, item: string, addedAt: number): TitleDetails {
  return {
    titleId: titleIdOf(source, item),
    name: item,
    year: null,
    genres: [],
    ageMark: null,
    runtimeMinutes: null,
    directors: [],
    plot: null,
    score: null,
    scoreVotes: null,
    source,
    addedAt: new Date(addedAt).toISOString(),
  };
}

export const titleIdOf = (source: string, item: string): TitleId => `${source}:${item}` as TitleId;

/** u.item: 5 fields, then one flag for each genre. */
function flagsOf(parts: readonly string[]): string[] | undefined {
  if (parts.length !== 5 + GENRES_100K.length) return undefined;
  return GENRES_100K.filter((genre, index) => parts[5 + index] === "1" && genre !== "unknown");
}

function namesOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text === "" || text === "(no genres listed)" ? [] : text.split("|").slice(0, 12);
}

/** "American President, The (1995)" → The American President, 1995. */
export function nameAndYear(heading: string): { name: string; year: number | null } {
  const match = /^(.*?)\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$/.exec(heading.trim());
  const year = match ? Number(match[2]) : Number.NaN;
  const bare = (match?.[1] ?? heading).trim() || heading.trim();
  const article = /^(.*), (The|A|An|Les|Le|La|L'|Das|Der|Die|El|Il|Los|Las)$/.exec(bare);
  const name = article ? `${article[2]}${article[2] === "L'" ? "" : " "}${article[1]}` : bare;
  return { name: name.slice(0, 300), year: year >= 1874 && year <= 2100 ? year : null };
}
