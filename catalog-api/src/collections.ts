/** Collections that editors make: for askers with what they may see, for editors as documents. */
import type { CollectionsView, CollectionView } from "@thewatcher/contracts/api/catalogue";
import { COLLECTIONS_MAX } from "@thewatcher/contracts/api/catalogue";
import type { CollectionDocument } from "@thewatcher/contracts/api/editor";
import type { CollectionId, TitleId } from "@thewatcher/contracts/ids";
import { pickText } from "@thewatcher/contracts/locales";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { sql, type Transaction } from "kysely";
import { type Asker, cardFor } from "./askers.ts";
import { getCatalogueTitles, groupBy, nameRows, namesOf } from "./documents.ts";

/** Cards that stand for a collection on the list of all. */
const CARDS_OF_LIST = 6;

interface Found {
  readonly document: CollectionDocument;
  readonly revision: number;
}

/** By id; with `transaction` locked until its end. All of them where none is named. */
export async function readCollections(
  reading: Pick<Database, "kysely">,
  collectionIds?: readonly string[],
  transaction?: Transaction<Tables>,
): Promise<Map<string, Found>> {
  const kysely = transaction ?? reading.kysely;
  const rows = await kysely
    .selectFrom("collections")
    .selectAll()
    .$if(collectionIds !== undefined, (query) =>
      query.where(sql<boolean>`collection_id = any(${[...(collectionIds ?? [])]}::text[])`),
    )
    .orderBy("collection_id")
    .limit(COLLECTIONS_MAX)
    .$if(transaction !== undefined, (query) => query.forUpdate())
    .execute();
  const ids = rows.map((row) => row.collection_id);
  const texts = groupBy(
    await kysely
      .selectFrom("collection_texts")
      .selectAll()
      .where(sql<boolean>`collection_id = any(${ids}::text[])`)
      .execute(),
    (row) => row.collection_id,
  );
  const titles = groupBy(
    await kysely
      .selectFrom("collection_titles")
      .selectAll()
      .where(sql<boolean>`collection_id = any(${ids}::text[])`)
      .orderBy("collection_id")
      .orderBy("place")
      .execute(),
    (row) => row.collection_id,
  );
  return new Map(
    rows.map(({ collection_id, revision }) => [
      collection_id,
      {
        document: {
          collectionId: collection_id as CollectionId,
          names: { ...namesOf(texts.get(collection_id) ?? []) },
          titleIds: (titles.get(collection_id) ?? []).map((row) => row.title_id as TitleId),
        },
        revision,
      },
    ]),
  );
}

/** Inserts or replaces. Their titles are there. */
export async function writeCollections(
  collections: readonly CollectionDocument[],
  transaction: Transaction<Tables>,
): Promise<void> {
  if (collections.length === 0) return;
  const ids = collections.map(({ collectionId }) => collectionId);
  await transaction
    .insertInto("collections")
    .values(ids.map((collection_id) => ({ collection_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const table of ["collection_texts", "collection_titles"] as const) {
    await transaction.deleteFrom(table).where(sql<boolean>`collection_id = any(${ids}::text[])`).execute();
  }
  const texts = collections.flatMap(({ collectionId, names }) => nameRows(collectionId, names));
  await transaction
    .insertInto("collection_texts")
    .values(texts.map(([collection_id, locale, name]) => ({ collection_id, locale, name })))
    .execute();
  for (const { collectionId, titleIds } of collections) {
    if (titleIds.length === 0) continue;
    await transaction
      .insertInto("collection_titles")
      .values(titleIds.map((title_id, place) => ({ collection_id: collectionId, place, title_id })))
      .execute();
  }
}

/** Those that hold something the asker may see, by name. */
export async function listCollections(database: Database, asker: Asker): Promise<CollectionsView> {
  const views = await viewsOf(database, asker);
  return {
    collections: views.map(({ collectionId, name, titles }) => ({
      collectionId,
      name,
      titleCount: titles.length,
      titles: titles.slice(0, CARDS_OF_LIST),
    })),
  };
}

/** undefined: no such collection, or nothing of it that the asker may see. */
export async function getCollection(
  database: Database,
  asker: Asker,
  collectionId: CollectionId,
): Promise<CollectionView | undefined> {
  return (await viewsOf(database, asker, [collectionId]))[0];
}

async function viewsOf(database: Database, asker: Asker, ids?: readonly string[]): Promise<CollectionView[]> {
  const found = [...(await readCollections(database, ids)).values()].map(({ document }) => document);
  const titleIds = new Set(found.flatMap((collection) => collection.titleIds));
  const cards = new Map(
    (await getCatalogueTitles(database, [...titleIds])).map((title) => [title.titleId, cardFor(asker, title)]),
  );
  const views = found.map(({ collectionId, names, titleIds: ordered }) => ({
    collectionId,
    name: pickText(names, asker.locale) ?? collectionId,
    titles: ordered.flatMap((titleId) => cards.get(titleId) ?? []),
  }));
  return views.filter(({ titles }) => titles.length > 0);
}
