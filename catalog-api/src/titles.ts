/** Titles between the wire and the database, one at a time and in bulk. */
import type { AgeMark, CatalogueSlice, TitleCard, TitleDetails } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import type { Selectable, Transaction } from "kysely";

type TitleRow = Selectable<Tables["titles"]>;
type CardRow = Pick<TitleRow, "title_id" | "name" | "year" | "genres" | "age_mark" | "runtime_minutes">;

const columns = [
  "title_id",
  "name",
  "year",
  "genres",
  "directors",
  "plot",
  "age_mark",
  "runtime_minutes",
  "score",
  "score_votes",
  "source",
  "added_at",
] as const satisfies readonly (keyof TitleRow)[];

export const cardColumns = [
  "titles.title_id",
  "titles.name",
  "titles.year",
  "titles.genres",
  "titles.age_mark",
  "titles.runtime_minutes",
] as const;

export function cardOf(row: CardRow): TitleCard {
  return {
    titleId: row.title_id as TitleId,
    name: row.name,
    year: row.year,
    genres: row.genres,
    ageMark: row.age_mark as AgeMark | null,
    runtimeMinutes: row.runtime_minutes,
  };
}

export function detailsOf(row: TitleRow): TitleDetails {
  return {
    ...cardOf(row),
    directors: row.directors,
    plot: row.plot,
    score: row.score,
    scoreVotes: row.score_votes,
    source: row.source,
    addedAt: row.added_at.toISOString(),
  };
}

export async function getTitle(database: Database, titleId: TitleId): Promise<TitleDetails | undefined> {
  const row = await database.kysely
    .selectFrom("titles")
    .select(columns)
    .where("title_id", "=", titleId)
    .executeTakeFirst();
  return row && detailsOf(row);
}

/** By title id, from behind `after`. */
export async function listTitles(
  database: Pick<Database, "kysely">,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<TitleDetails[]> {
  const { after } = page;
  const rows = await database.kysely
    .selectFrom("titles")
    .select(columns)
    .$if(after !== undefined, (query) => query.where("title_id", ">", after ?? ""))
    .orderBy("title_id")
    .limit(page.limit)
    .execute();
  return rows.map(detailsOf);
}

/** Changes with every write to the titles. */
export async function readCatalogueVersion(database: Pick<Database, "kysely">): Promise<string> {
  const row = await database.kysely.selectFrom("catalogue_version").select("version").executeTakeFirstOrThrow();
  return row.version;
}

/** A slice and the version that it belongs to, of one instant. */
export function readCatalogueSlice(
  database: Database,
  page: { readonly after?: TitleId | undefined; readonly limit: number },
): Promise<CatalogueSlice> {
  return database.kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (kysely) => {
      const version = await readCatalogueVersion({ kysely });
      const titles = await listTitles({ kysely }, { after: page.after, limit: page.limit + 1 });
      const shown = titles.slice(0, page.limit);
      return { version, titles: shown, next: titles.length > page.limit ? (shown.at(-1)?.titleId ?? null) : null };
    });
}

/** Inserts or replaces by title id, all or nothing. Of a title named twice in one call the last counts. Answers rows written. */
export function upsertTitles(
  database: Database,
  titles: Iterable<TitleDetails>,
  transaction?: Transaction<Tables>,
): Promise<number> {
  const byId = new Map<string, TitleDetails>();
  for (const title of titles) byId.set(title.titleId, title);
  return database.writeBulk(
    { table: "titles", columns, keyColumns: ["title_id"], onConflict: "replace", rows: rowsOf(byId) },
    transaction,
  );
}

/** From the start each time: a transaction may be repeated. */
function rowsOf(titles: ReadonlyMap<string, TitleDetails>): Iterable<readonly unknown[]> {
  return { [Symbol.iterator]: () => valuesOf(titles.values()) };
}

function* valuesOf(titles: Iterable<TitleDetails>): Generator<readonly unknown[]> {
  for (const title of titles) {
    yield [
      title.titleId,
      title.name,
      title.year,
      title.genres,
      title.directors,
      title.plot,
      title.ageMark,
      title.runtimeMinutes,
      title.score,
      title.scoreVotes,
      title.source,
      title.addedAt,
    ];
  }
}
