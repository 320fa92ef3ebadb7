/** Titles between the wire and the database: for askers one page at a time, for services in slices, from imports in bulk. */
import type {
  CatalogueEpisode,
  CatalogueSlice,
  CatalogueTitle,
  GenresView,
  SeasonsView,
  TitleDetails,
  TitleFacts,
} from "@thewatcher/contracts/api/catalogue";
import type { PartId, TitleId } from "@thewatcher/contracts/ids";
import { pickText } from "@thewatcher/contracts/locales";
import { genreNameOf } from "@thewatcher/contracts/title-card";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { sql, type Transaction } from "kysely";
import { type Asker, byName, detailsFor, seen } from "./askers.ts";
import { readCollections } from "./collections.ts";
import { getCatalogueTitles, listCatalogueTitles, readGenreNames, readSeasons } from "./documents.ts";

const factColumns = [
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
] as const satisfies readonly (keyof Tables["titles"])[];

/** Titles looked at for one page. A page may be shorter than asked for where most of them are hidden. */
const SCANNED_MAX = 1_000;

export async function getTitle(database: Database, asker: Asker, titleId: TitleId): Promise<TitleDetails | undefined> {
  const [title] = await getCatalogueTitles(database, [titleId]);
  if (!title || !seen(asker, title)) return undefined;
  const counts = title.kind === "series" ? await countSeasons(database, [titleId]) : new Map();
  return detailsFor(asker, title, counts.get(titleId) ?? 0);
}

/** By title id, from behind `after`: what the asker may see. */
export async function listTitles(
  database: Database,
  asker: Asker,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ readonly titles: readonly TitleDetails[]; readonly next: string | null }> {
  const shown: TitleDetails[] = [];
  let { after } = page;
  for (let scanned = 0; scanned < SCANNED_MAX; ) {
    const titles = await listCatalogueTitles(database, { after, limit: page.limit + 1 });
    const counts = await countSeasons(
      database,
      titles.filter(({ kind }) => kind === "series").map(({ titleId }) => titleId),
    );
    for (const title of titles.slice(0, page.limit)) {
      if (shown.length === page.limit) return { titles: shown, next: after ?? null };
      after = title.titleId;
      const details = detailsFor(asker, title, counts.get(title.titleId) ?? 0);
      if (details) shown.push(details);
    }
    if (titles.length <= page.limit) return { titles: shown, next: null };
    scanned += page.limit;
  }
  return { titles: shown, next: after ?? null };
}

async function countSeasons(database: Pick<Database, "kysely">, titleIds: readonly string[]) {
  if (titleIds.length === 0) return new Map<string, number>();
  const rows = await database.kysely
    .selectFrom("seasons")
    .select(["title_id", (count) => count.fn.countAll<string>().as("count")])
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .groupBy("title_id")
    .execute();
  return new Map(rows.map(({ title_id, count }) => [title_id, Number(count)]));
}

export async function getSeasons(database: Database, asker: Asker, titleId: TitleId): Promise<SeasonsView | undefined> {
  const [title] = await getCatalogueTitles(database, [titleId]);
  if (!title || !seen(asker, title)) return undefined;
  const seasons = (await readSeasons(database, [titleId])).get(titleId) ?? [];
  return {
    titleId,
    seasons: seasons.map(({ number, year, episodes }) => ({
      number,
      year,
      episodes: episodes.map((episode) => ({
        partId: episode.partId,
        number: episode.number,
        name: pickText(episode.names, asker.locale) ?? null,
        plot: pickText(episode.plots, asker.locale) ?? null,
        runtimeMinutes: episode.runtimeMinutes,
      })),
    })),
  };
}

/** Every genre that a title has. */
export async function listGenres(database: Database, asker: Asker): Promise<GenresView> {
  const { rows } = await sql<{ genre: string }>`SELECT DISTINCT unnest(genres) AS genre FROM titles`.execute(
    database.kysely,
  );
  const genres = rows.map(({ genre }) => ({ genre, name: genreNameOf(genre, asker.genreNames, asker.locale) }));
  return { genres: genres.sort(byName(asker.locale)) };
}

/** Changes with every write to the catalogue. */
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
      const titles = await listCatalogueTitles({ kysely }, { after: page.after, limit: page.limit + 1 });
      const shown = titles.slice(0, page.limit);
      const next = titles.length > page.limit ? (shown.at(-1)?.titleId ?? null) : null;
      const series = shown.flatMap(({ kind, titleId }) => (kind === "series" ? [titleId] : []));
      const episodes = await readEpisodes({ kysely }, series);
      const collections = page.after === undefined ? await readCollections({ kysely }) : undefined;
      return {
        version,
        titles: shown.map((title) => withEpisodes(title, episodes.get(title.titleId))),
        genreNames: await readGenreNames({ kysely }),
        ...(collections ? { collections: [...collections.values()].map(({ document }) => document) } : {}),
        next,
      };
    });
}

const withEpisodes = (title: CatalogueTitle, episodes: CatalogueEpisode[] | undefined): CatalogueTitle =>
  episodes ? { ...title, episodes } : title;

/** In the order in which they are watched: specials have no place of their own and come last. */
async function readEpisodes(
  { kysely }: Pick<Database, "kysely">,
  titleIds: readonly string[],
): Promise<Map<string, CatalogueEpisode[]>> {
  if (titleIds.length === 0) return new Map();
  const rows = await kysely
    .selectFrom("episodes")
    .select(["title_id", "part_id", "season", "episode", "runtime_minutes"])
    .where(sql<boolean>`title_id = any(${[...titleIds]}::text[])`)
    .orderBy(sql`season = 0`)
    .orderBy("season")
    .orderBy("episode")
    .execute();
  const found = new Map<string, CatalogueEpisode[]>();
  for (const { title_id, part_id, season, episode, runtime_minutes } of rows) {
    const list = found.get(title_id) ?? [];
    list.push({ partId: part_id as PartId, season, number: episode, runtimeMinutes: runtime_minutes });
    found.set(title_id, list);
  }
  return found;
}

/**
 * Inserts or replaces by title id, all or nothing, what a source without languages, people and rights knows; what others
 * said of a title beside that stays. Of a title named twice in one call the last counts. Answers rows written.
 */
export function upsertTitles(
  database: Database,
  titles: Iterable<TitleFacts>,
  transaction?: Transaction<Tables>,
): Promise<number> {
  const byId = new Map<string, TitleFacts>();
  for (const title of titles) byId.set(title.titleId, title);
  return database.writeBulk(
    { table: "titles", columns: factColumns, keyColumns: ["title_id"], onConflict: "replace", rows: rowsOf(byId) },
    transaction,
  );
}

/** From the start each time: a transaction may be repeated. */
function rowsOf(titles: ReadonlyMap<string, TitleFacts>): Iterable<readonly unknown[]> {
  return { [Symbol.iterator]: () => valuesOf(titles.values()) };
}

function* valuesOf(titles: Iterable<TitleFacts>): Generator<readonly unknown[]> {
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
