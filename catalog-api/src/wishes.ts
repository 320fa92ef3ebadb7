/**
 * "Tell me when it comes": titles that are not there yet, and words that the catalogue has nothing for.
 *
 * A wish is taken for any title id, known or not, and answered alike: to the profile a hidden title does not exist, and
 * wishing must not tell. Words are met by a title whose name, in any language, is those words (case, ё/е and punctuation
 * aside). What came is found by asking, when the wishes are read: the answer depends on the instant, the country and
 * the age limit, so it is worked out (`dueWishes`) rather than awaited; the first asking that finds it is when it arrived.
 * Who does not ask is looked for hourly, and told by mail (`arrivals.ts`).
 */
import type { CatalogueTitle, Wish, WishesView } from "@thewatcher/contracts/api/catalogue";
import { WISHES_PER_PROFILE_MAX } from "@thewatcher/contracts/api/catalogue";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { type Selectable, sql } from "kysely";
import { type Asker, cardFor, seen } from "./askers.ts";
import { getCatalogueTitles } from "./documents.ts";
import { readCatalogueVersion } from "./titles.ts";

type WishRow = Selectable<Tables["wishes"]>;

/** Names that are the same to somebody who types them. */
export const wordsOf = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("ё", "е")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

const keyOf = (wish: Wish): string => ("titleId" in wish ? `title:${wish.titleId}` : `query:${wordsOf(wish.query)}`);

/** Titles by what `wordsOf` makes of their names. */
export type FindByWords = (words: string) => readonly TitleId[];

/** Holds the names of one version of the catalogue: read again when it is asked after a change. */
export function createNameIndex(database: Database): () => Promise<FindByWords> {
  let version: string | undefined;
  let index = new Map<string, TitleId[]>();
  async function read(): Promise<Map<string, TitleId[]>> {
    const found = new Map<string, TitleId[]>();
    const add = (name: string, titleId: string) => {
      const words = wordsOf(name);
      const titles = found.get(words) ?? [];
      if (titles.length === 0) found.set(words, titles);
      if (!titles.includes(titleId as TitleId)) titles.push(titleId as TitleId);
    };
    for (const row of await database.kysely
      .selectFrom("titles")
      .select(["title_id", "name", "original_name"])
      .execute()) {
      add(row.name, row.title_id);
      if (row.original_name !== null) add(row.original_name, row.title_id);
    }
    for (const row of await database.kysely.selectFrom("title_texts").select(["title_id", "name"]).execute()) {
      if (row.name !== null) add(row.name, row.title_id);
    }
    return found;
  }
  return async () => {
    const now = await readCatalogueVersion(database);
    if (now !== version) {
      index = await read();
      version = now;
    }
    const held = index;
    return (words) => held.get(words) ?? [];
  };
}

export interface WaitingWish {
  readonly key: string;
  readonly titleId: string | null;
  readonly query: string | null;
}

/** Of the wishes that wait, those that the asker's catalogue now holds, each with the title. */
export function dueWishes(
  wishes: readonly WaitingWish[],
  asker: Pick<Asker, "viewer">,
  catalogue: { readonly find: FindByWords; readonly titles: ReadonlyMap<string, CatalogueTitle> },
): { readonly key: string; readonly titleId: TitleId }[] {
  return wishes.flatMap(({ key, titleId, query }) => {
    const candidates = titleId === null ? catalogue.find(wordsOf(query ?? "")) : [titleId];
    for (const candidate of candidates) {
      const title = catalogue.titles.get(candidate);
      if (title && seen(asker, title)) return [{ key, titleId: title.titleId }];
    }
    return [];
  });
}

/** Wished again, a wish waits anew. */
export async function putWish(
  database: Database,
  profileId: ProfileId,
  wish: Wish,
  at: Date,
): Promise<"wished" | "too_many" | "no_words"> {
  const wish_key = keyOf(wish);
  if (wish_key === "query:" || wish_key.includes("\0") || ("query" in wish && wish.query.includes("\0")))
    return "no_words";
  return database.transaction(async (transaction) => {
    // One profile's wishes are counted one after the other.
    await transaction
      .selectFrom("profiles")
      .select("profile_id")
      .where("profile_id", "=", profileId)
      .forNoKeyUpdate()
      .execute();
    const others = await transaction
      .selectFrom("wishes")
      .select((row) => row.fn.countAll<string>().as("count"))
      .where("profile_id", "=", profileId)
      .where("wish_key", "!=", wish_key)
      .executeTakeFirstOrThrow();
    if (Number(others.count) >= WISHES_PER_PROFILE_MAX) return "too_many";
    const asked = "titleId" in wish ? { title_id: wish.titleId, query: null } : { title_id: null, query: wish.query };
    await transaction
      .insertInto("wishes")
      .values({ profile_id: profileId, wish_key, ...asked, wished_at: at })
      .onConflict((conflict) =>
        conflict.columns(["profile_id", "wish_key"]).doUpdateSet({
          ...asked,
          wished_at: at,
          arrived_at: null,
          arrived_title_id: null,
          checked_at: null,
          told_at: null,
          claim_id: null,
          claimed_until: null,
        }),
      )
      .execute();
    return "wished";
  });
}

export async function dropWish(database: Database, profileId: ProfileId, wish: Wish): Promise<void> {
  await database.kysely
    .deleteFrom("wishes")
    .where("profile_id", "=", profileId)
    .where("wish_key", "=", keyOf(wish))
    .execute();
}

export async function listWishes(
  database: Database,
  asker: Asker,
  query: { readonly profileId: ProfileId; readonly at: Date; readonly names: () => Promise<FindByWords> },
): Promise<WishesView> {
  const { profileId, at } = query;
  const rows = await database.kysely
    .selectFrom("wishes")
    .selectAll()
    .where("profile_id", "=", profileId)
    .orderBy("wished_at", "desc")
    .orderBy("wish_key")
    .limit(WISHES_PER_PROFILE_MAX)
    .execute();
  const waiting = rows.filter((row) => row.arrived_at === null);
  const find: FindByWords = waiting.some((row) => row.query !== null) ? await query.names() : () => [];
  const ids = rows.flatMap((row): readonly string[] => {
    const titleId = row.arrived_title_id ?? row.title_id;
    return titleId === null ? find(wordsOf(row.query ?? "")) : [titleId];
  });
  const titles = new Map(
    (await getCatalogueTitles(database, [...new Set(ids)])).map((title) => [title.titleId as string, title]),
  );
  const due = new Map(
    dueWishes(
      waiting.map((row) => ({ key: row.wish_key, titleId: row.title_id, query: row.query })),
      asker,
      { find, titles },
    ).map(({ key, titleId }) => [key, titleId]),
  );
  if (due.size > 0) await markArrived(database, profileId, due, at);
  const arrivedOf = (row: WishRow) => {
    const titleId = row.arrived_title_id ?? due.get(row.wish_key);
    if (titleId === undefined) return null;
    const title = titles.get(titleId);
    return { at: (row.arrived_at ?? at).toISOString(), title: (title && cardFor(asker, title)) ?? null };
  };
  return {
    profileId,
    wishes: rows.map((row) => ({
      titleId: row.title_id as TitleId | null,
      query: row.query,
      wishedAt: row.wished_at.toISOString(),
      arrived: arrivedOf(row),
    })),
  };
}

async function markArrived(
  database: Database,
  profileId: ProfileId,
  due: ReadonlyMap<string, TitleId>,
  at: Date,
): Promise<void> {
  for (const [wish_key, arrived_title_id] of due) {
    await database.kysely
      .updateTable("wishes")
      .set({ arrived_at: at, arrived_title_id })
      .where("profile_id", "=", profileId)
      .where("wish_key", "=", wish_key)
      // Wished anew meanwhile: that wish's arrival is the next asking's.
      .where(sql<boolean>`arrived_at IS NULL`)
      .execute();
  }
}
