/**
 * Whole titles between their documents and the tables. A document says everything of one title in every language; writing
 * one replaces everything that was said of it before, so an import, an editor's change and an undo are the same write.
 */
import type { AgeMark, CatalogueTitle, Season, TitleDocument } from "@thewatcher/contracts/api/catalogue";
import type { PartId, PersonId, TitleId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import { LOCALES, type Texts } from "@thewatcher/contracts/locales";
import type { PlanId } from "@thewatcher/contracts/plans";
import type { RightsWindow } from "@thewatcher/contracts/visibility";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { type Selectable, sql, type Transaction } from "kysely";

type Reading = Pick<Database, "kysely">;
type TitleRow = Selectable<Tables["titles"]>;

const TITLE_COLUMNS = [
  "title_id",
  "kind",
  "name",
  "original_name",
  "year",
  "genres",
  "countries",
  "directors",
  "plot",
  "age_mark",
  "runtime_minutes",
  "reference_runtime_minutes",
  "score",
  "score_votes",
  "source",
  "added_at",
  "restricted",
] as const satisfies readonly (keyof TitleRow)[];

/** Tables whose rows go with a title. Episodes go with their seasons. */
const TABLES_OF_TITLE = ["title_texts", "credits", "rights_windows", "seasons"] as const;

export interface Person {
  readonly personId: PersonId;
  /** As the source writes it. */
  readonly name: string;
  readonly names: Texts;
}

/** A title and how many changes the history knows of it. */
interface Revised<Document> {
  readonly document: Document;
  readonly revision: number;
}

type TitleRecord = Omit<CatalogueTitle, "people">;

/** By title id, from behind `after`: what services hold in memory. */
export async function listCatalogueTitles(
  reading: Reading,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<CatalogueTitle[]> {
  const { after } = page;
  const rows = await reading.kysely
    .selectFrom("titles")
    .select(TITLE_COLUMNS)
    .$if(after !== undefined, (query) => query.where("title_id", ">", after ?? ""))
    .orderBy("title_id")
    .limit(page.limit)
    .execute();
  return withPeople(reading, rows);
}

/** Those that there are, in no order of their own. */
export async function getCatalogueTitles(reading: Reading, titleIds: readonly string[]): Promise<CatalogueTitle[]> {
  const rows = await reading.kysely
    .selectFrom("titles")
    .select(TITLE_COLUMNS)
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .execute();
  return withPeople(reading, rows);
}

/** Those of the ids that name a title. */
export async function knownTitles(reading: Reading, titleIds: readonly string[]): Promise<Set<string>> {
  const rows = await reading.kysely
    .selectFrom("titles")
    .select("title_id")
    .where(sql<boolean>`title_id = any(${[...new Set(titleIds)]}::text[])`)
    .execute();
  return new Set(rows.map((row) => row.title_id));
}

async function withPeople(reading: Reading, rows: readonly Pick<TitleRow, Column>[]): Promise<CatalogueTitle[]> {
  const records = await recordsOf(reading, rows);
  const credits = await creditsOf(
    reading,
    rows.map((row) => row.title_id),
  );
  const people = await getPeople(reading, [...new Set([...credits.values()].flat().map(({ personId }) => personId))]);
  return records.map((record) => ({
    ...record,
    people: (credits.get(record.titleId) ?? []).map(({ personId, role }) => {
      const person = people.get(personId);
      return { personId, role, name: person?.name ?? personId, names: { ...person?.names } };
    }),
  }));
}

/** Documents by title id, of those that there are. In `transaction` the titles are locked until its end. */
export async function readDocuments(
  reading: Reading,
  titleIds: readonly string[],
  transaction?: Transaction<Tables>,
): Promise<Map<string, Revised<TitleDocument>>> {
  const from: Reading = transaction ? { kysely: transaction } : reading;
  const rows = await from.kysely
    .selectFrom("titles")
    .select([...TITLE_COLUMNS, "revision"])
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .orderBy("title_id")
    .$if(transaction !== undefined, (query) => query.forUpdate())
    .execute();
  const ids = rows.map((row) => row.title_id);
  const records = await recordsOf(from, rows);
  const credits = await creditsOf(from, ids);
  const seasons = await readSeasons(from, ids);
  return new Map(
    records.map((record, place) => [
      record.titleId,
      {
        document: {
          ...record,
          credits: credits.get(record.titleId) ?? [],
          seasons: seasons.get(record.titleId) ?? [],
        },
        revision: rows[place]?.revision ?? 0,
      },
    ]),
  );
}

type Column = (typeof TITLE_COLUMNS)[number];

async function recordsOf(reading: Reading, rows: readonly Pick<TitleRow, Column>[]): Promise<TitleRecord[]> {
  const ids = rows.map((row) => row.title_id);
  const texts = groupBy(
    await reading.kysely
      .selectFrom("title_texts")
      .selectAll()
      .where(sql<boolean>`title_id = any(${ids}::text[])`)
      .execute(),
    (row) => row.title_id,
  );
  const windows = groupBy(
    await reading.kysely
      .selectFrom("rights_windows")
      .selectAll()
      .where(sql<boolean>`title_id = any(${ids}::text[])`)
      .orderBy("title_id")
      .orderBy("place")
      .execute(),
    (row) => row.title_id,
  );
  return rows.map((row) => ({
    titleId: row.title_id as TitleId,
    kind: row.kind,
    name: row.name,
    originalName: row.original_name,
    year: row.year,
    genres: row.genres,
    countries: row.countries,
    ageMark: row.age_mark as AgeMark | null,
    runtimeMinutes: row.runtime_minutes,
    referenceRuntimeMinutes: row.reference_runtime_minutes,
    directors: row.directors,
    plot: row.plot,
    ...textsOf(texts.get(row.title_id) ?? []),
    score: row.score,
    scoreVotes: row.score_votes,
    source: row.source,
    addedAt: row.added_at.toISOString(),
    rights: row.restricted ? (windows.get(row.title_id) ?? []).map(windowOf) : null,
  }));
}

const windowOf = (row: Selectable<Tables["rights_windows"]>): RightsWindow => ({
  countries: row.countries,
  exceptCountries: row.except_countries,
  plans: row.plans as PlanId[] | null,
  from: row.opens_at?.getTime() ?? null,
  until: row.closes_at?.getTime() ?? null,
});

interface TextRow {
  readonly locale: Locale;
  readonly name: string | null;
  readonly plot: string | null;
}

function textsOf(rows: readonly TextRow[]) {
  const names: { [Name in Locale]?: string } = {};
  const plots: { [Name in Locale]?: string } = {};
  // In the order of the locales: equal documents are equal text.
  for (const locale of LOCALES) {
    const row = rows.find((one) => one.locale === locale);
    if (row && row.name !== null) names[locale] = row.name;
    if (row && row.plot !== null) plots[locale] = row.plot;
  }
  return { names, plots };
}

async function creditsOf(reading: Reading, titleIds: readonly string[]) {
  const rows = await reading.kysely
    .selectFrom("credits")
    .select(["title_id", "person_id", "role"])
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .orderBy("title_id")
    .orderBy("place")
    .execute();
  const grouped = groupBy(rows, (row) => row.title_id);
  return new Map(
    [...grouped].map(([titleId, credits]) => [
      titleId,
      credits.map(({ person_id, role }) => ({ personId: person_id as PersonId, role })),
    ]),
  );
}

export async function readSeasons(reading: Reading, titleIds: readonly string[]): Promise<Map<string, Season[]>> {
  const seasons = await reading.kysely
    .selectFrom("seasons")
    .selectAll()
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .orderBy("title_id")
    .orderBy("season")
    .execute();
  if (seasons.length === 0) return new Map();
  const episodes = await reading.kysely
    .selectFrom("episodes")
    .selectAll()
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .orderBy("episode")
    .execute();
  const texts = groupBy(
    await reading.kysely
      .selectFrom("episode_texts")
      .innerJoin("episodes", "episodes.part_id", "episode_texts.part_id")
      .selectAll("episode_texts")
      .where(sql<boolean>`episodes.title_id = any(${[...titleIds]}::text[])`)
      .execute(),
    (row) => row.part_id,
  );
  const bySeason = groupBy(episodes, (row) => `${row.title_id}\n${row.season}`);
  const found = new Map<string, Season[]>();
  for (const { title_id, season, year } of seasons) {
    const list = found.get(title_id) ?? [];
    found.set(title_id, list);
    list.push({
      number: season,
      year,
      episodes: (bySeason.get(`${title_id}\n${season}`) ?? []).map((row) => ({
        partId: row.part_id as PartId,
        number: row.episode,
        ...textsOf(texts.get(row.part_id) ?? []),
        runtimeMinutes: row.runtime_minutes,
      })),
    });
  }
  return found;
}

export async function getPeople(reading: Reading, personIds: readonly string[]): Promise<Map<string, Person>> {
  if (personIds.length === 0) return new Map();
  const ids = [...personIds];
  const people = await reading.kysely
    .selectFrom("people")
    .selectAll()
    .where(sql<boolean>`person_id = any(${ids}::text[])`)
    .execute();
  const names = groupBy(
    await reading.kysely
      .selectFrom("person_names")
      .selectAll()
      .where(sql<boolean>`person_id = any(${ids}::text[])`)
      .execute(),
    (row) => row.person_id,
  );
  return new Map(
    people.map(({ person_id, name }) => [
      person_id,
      { personId: person_id as PersonId, name, names: namesOf(names.get(person_id) ?? []) },
    ]),
  );
}

/** In the order of the locales. */
export function namesOf(rows: readonly { readonly locale: Locale; readonly name: string }[]): Texts {
  const names: { [Name in Locale]?: string } = {};
  for (const locale of LOCALES) {
    const row = rows.find((one) => one.locale === locale);
    if (row) names[locale] = row.name;
  }
  return names;
}

export async function readGenreNames(reading: Reading): Promise<Record<string, Texts>> {
  const rows = await reading.kysely.selectFrom("genre_names").selectAll().orderBy("genre").execute();
  return Object.fromEntries([...groupBy(rows, (row) => row.genre)].map(([genre, names]) => [genre, namesOf(names)]));
}

export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/**
 * Inserts or replaces everything that is said of these titles, all or nothing. Whoever is credited is in `people`. Of a
 * title named twice the last counts. The history is the caller's.
 */
export async function writeDocuments(
  database: Database,
  documents: Iterable<TitleDocument>,
  transaction: Transaction<Tables>,
): Promise<void> {
  const titles = [...new Map([...documents].map((document) => [document.titleId, document])).values()];
  if (titles.length === 0) return;
  await database.writeBulk(
    {
      table: "titles",
      columns: TITLE_COLUMNS,
      keyColumns: ["title_id"],
      onConflict: "replace",
      rows: titles.map((title) => [
        title.titleId,
        title.kind,
        title.name,
        title.originalName,
        title.year,
        title.genres,
        title.countries,
        title.directors,
        title.plot,
        title.ageMark,
        title.runtimeMinutes,
        title.referenceRuntimeMinutes,
        title.score,
        title.scoreVotes,
        title.source,
        title.addedAt,
        title.rights !== null,
      ]),
    },
    transaction,
  );
  const ids = titles.map((title) => title.titleId);
  for (const table of TABLES_OF_TITLE) {
    await transaction.deleteFrom(table).where(sql<boolean>`title_id = any(${ids}::text[])`).execute();
  }
  await copyRows(
    database,
    transaction,
    "title_texts",
    ["title_id", "locale", "name", "plot"],
    titles.flatMap((title) => textRows(title.titleId, title)),
  );
  await copyRows(
    database,
    transaction,
    "credits",
    ["title_id", "place", "person_id", "role"],
    titles.flatMap((title) =>
      title.credits.map(({ personId, role }, place) => [title.titleId, place, personId, role] as const),
    ),
  );
  await copyRows(
    database,
    transaction,
    "rights_windows",
    ["title_id", "place", "countries", "except_countries", "plans", "opens_at", "closes_at"],
    titles.flatMap((title) =>
      (title.rights ?? []).map((window, place) => [
        title.titleId,
        place,
        window.countries,
        window.exceptCountries,
        window.plans,
        dateOf(window.from),
        dateOf(window.until),
      ]),
    ),
  );
  await writeSeasons(database, titles, transaction);
}

async function writeSeasons(
  database: Database,
  titles: readonly TitleDocument[],
  transaction: Transaction<Tables>,
): Promise<void> {
  const seasons = titles.flatMap((title) => title.seasons.map((season) => ({ titleId: title.titleId, ...season })));
  if (seasons.length === 0) return;
  const episodes = seasons.flatMap((season) =>
    season.episodes.map((episode) => ({ titleId: season.titleId, season: season.number, episode })),
  );
  await copyRows(
    database,
    transaction,
    "seasons",
    ["title_id", "season", "year"],
    seasons.map(({ titleId, number, year }) => [titleId, number, year]),
  );
  await copyRows(
    database,
    transaction,
    "episodes",
    ["part_id", "title_id", "season", "episode", "runtime_minutes"],
    episodes.map(({ titleId, season, episode }) => [
      episode.partId,
      titleId,
      season,
      episode.number,
      episode.runtimeMinutes,
    ]),
  );
  await copyRows(
    database,
    transaction,
    "episode_texts",
    ["part_id", "locale", "name", "plot"],
    episodes.flatMap(({ episode }) => textRows(episode.partId, episode)),
  );
}

const dateOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const textRows = (
  id: string,
  { names, plots }: { readonly names: Texts; readonly plots: Texts },
): (readonly unknown[])[] =>
  LOCALES.filter((locale) => names[locale] !== undefined || plots[locale] !== undefined).map((locale) => [
    id,
    locale,
    names[locale] ?? null,
    plots[locale] ?? null,
  ]);

/** Into a table from which the rows of the same owner were just deleted. */
async function copyRows<Table extends keyof Tables>(
  database: Database,
  transaction: Transaction<Tables>,
  table: Table,
  columns: readonly (keyof Tables[Table] & string)[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  if (rows.length === 0) return;
  await database.writeBulk(
    { table, columns, keyColumns: columns.slice(0, 1), onConflict: "keep", keysAreNew: true, rows },
    transaction,
  );
}

/** Inserts or replaces people with their names. */
export async function writePeople(
  database: Database,
  people: readonly Person[],
  transaction: Transaction<Tables>,
): Promise<void> {
  if (people.length === 0) return;
  await database.writeBulk(
    {
      table: "people",
      columns: ["person_id", "name"],
      keyColumns: ["person_id"],
      onConflict: "replace",
      rows: people.map(({ personId, name }) => [personId, name]),
    },
    transaction,
  );
  const ids = people.map(({ personId }) => personId);
  await transaction.deleteFrom("person_names").where(sql<boolean>`person_id = any(${ids}::text[])`).execute();
  await database.writeBulk(
    {
      table: "person_names",
      columns: ["person_id", "locale", "name"],
      keyColumns: ["person_id", "locale"],
      onConflict: "replace",
      rows: people.flatMap(({ personId, names }) => nameRows(personId, names)),
    },
    transaction,
  );
}

export const nameRows = (id: string, names: Texts): (readonly [string, Locale, string])[] =>
  LOCALES.flatMap((locale) => {
    const name = names[locale];
    return name === undefined ? [] : [[id, locale, name] as const];
  });

/** Inserts or replaces the names of these genres. */
export async function writeGenreNames(
  database: Database,
  genreNames: Readonly<Record<string, Texts>>,
  transaction: Transaction<Tables>,
): Promise<void> {
  await database.writeBulk(
    {
      table: "genre_names",
      columns: ["genre", "locale", "name"],
      keyColumns: ["genre", "locale"],
      onConflict: "replace",
      rows: Object.entries(genreNames).flatMap(([genre, names]) => nameRows(genre, names)),
    },
    transaction,
  );
}
