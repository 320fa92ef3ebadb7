/** A whole catalogue at once: people before those who credit them, titles before the collections that hold them. */
import type { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import type { CollectionDocument } from "@thewatcher/contracts/api/editor";
import type { Texts } from "@thewatcher/contracts/locales";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import type { Transaction } from "kysely";
import { writeCollections } from "./collections.ts";
import { type Person, writeDocuments, writeGenreNames, writePeople } from "./documents.ts";

export async function writeCatalogue(
  database: Database,
  catalogue: {
    readonly titles: readonly TitleDocument[];
    readonly people: readonly Person[];
    readonly collections: readonly CollectionDocument[];
    readonly genreNames: Readonly<Record<string, Texts>>;
  },
  transaction: Transaction<Tables>,
): Promise<void> {
  await writePeople(database, catalogue.people, transaction);
  await writeGenreNames(database, catalogue.genreNames, transaction);
  await writeDocuments(database, catalogue.titles, transaction);
  await writeCollections(catalogue.collections, transaction);
}
