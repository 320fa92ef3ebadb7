/**
 * Brings a file of titles into the catalogue: what is new is added, what differs is changed field by field, the rest is
 * left alone; so the same file twice changes nothing. All of it in one transaction, with the history. A dry run does the
 * same work and undoes it, so that it says exactly what a run would do.
 */
import type { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import { TitleDocument as TitleDocumentSchema } from "@thewatcher/contracts/api/catalogue";
import { issuesOf } from "@thewatcher/kit/http";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import type { Transaction } from "kysely";
import { type CatalogueFile, type FileTitle, type Refusal, reasonOf } from "./catalogue-file.ts";
import { readDocuments, writeGenreNames, writePeople } from "./documents.ts";
import { changesBetween, type Editor, importCollection, issuesOfTitle, writeImported } from "./editing.ts";

/** Titles read, compared and written together: a few megabytes of documents. */
const BATCH_TITLES = 1_000;
/** Changes and refusals that an answer names one by one; all are counted. */
const NAMED_MAX = 1_000;

export interface CatalogueImport {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly people: number;
  readonly collections: number;
  readonly refused: number;
  /** The first thousand of each. */
  readonly diff: readonly { readonly titleId: string; readonly changes: ReturnType<typeof changesBetween> }[];
  readonly addedTitles: readonly { readonly titleId: string; readonly name: string }[];
  readonly refusals: readonly Refusal[];
  readonly dryRun: boolean;
}

class DryRun extends Error {}

export async function importCatalogue(
  database: Database,
  file: CatalogueFile,
  options: {
    readonly dryRun: boolean;
    readonly editor: Editor;
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<CatalogueImport> {
  let answer: CatalogueImport | undefined;
  try {
    await database.transaction(async (transaction) => {
      answer = await importInto(database, transaction, file, options);
      if (options.dryRun) throw new DryRun("undone");
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  if (!answer) throw new Error("an import that ended has an answer");
  return answer;
}

async function importInto(
  database: Database,
  transaction: Transaction<Tables>,
  file: CatalogueFile,
  options: Parameters<typeof importCatalogue>[2],
): Promise<CatalogueImport> {
  const refusals = [...file.refused];
  const diff: CatalogueImport["diff"][number][] = [];
  const addedTitles: CatalogueImport["addedTitles"][number][] = [];
  const counts = { added: 0, changed: 0, unchanged: 0 };
  /** Parts that this file gave to a title. */
  const parts = new Map<string, string>();
  await writePeople(database, file.people, transaction);
  if (Object.keys(file.genreNames).length > 0) await writeGenreNames(database, file.genreNames, transaction);
  for (let start = 0; start < file.titles.length; start += BATCH_TITLES) {
    options.signal?.throwIfAborted();
    const batch = file.titles.slice(start, start + BATCH_TITLES);
    const held = await readDocuments(
      database,
      batch.map(({ titleId }) => titleId),
      transaction,
    );
    const writes: { before: TitleDocument | undefined; after: TitleDocument }[] = [];
    for (const row of batch) {
      const before = held.get(row.titleId)?.document;
      const after = documentOf(row, before, options.editor.at);
      if ("reason" in after) {
        refusals.push(after);
        continue;
      }
      const changes = changesBetween(before ?? null, after);
      if (before && Object.keys(changes).length === 0) {
        counts.unchanged++;
        continue;
      }
      const issues = await issuesOfTitle(after, { kysely: transaction });
      for (const { partId } of after.seasons.flatMap(({ episodes }) => episodes)) {
        const owner = parts.get(partId);
        if (owner !== undefined)
          issues.push({ path: "seasons", message: `${partId} is a part of ${owner} in this file` });
      }
      if (issues.length > 0) {
        refusals.push({ place: `${row.place} (${row.titleId})`, reason: reasonOf(issues) });
        continue;
      }
      for (const { partId } of after.seasons.flatMap(({ episodes }) => episodes)) parts.set(partId, row.titleId);
      writes.push({ before, after });
      if (before) {
        counts.changed++;
        if (diff.length < NAMED_MAX) diff.push({ titleId: row.titleId, changes });
      } else {
        counts.added++;
        if (addedTitles.length < NAMED_MAX) addedTitles.push({ titleId: row.titleId, name: after.name });
      }
    }
    await writeImported(database, transaction, writes, options.editor);
    options.onProgress?.(start + batch.length, file.titles.length);
  }
  const collections = await importCollections(database, transaction, file, options.editor, refusals);
  return {
    ...counts,
    people: file.people.length,
    collections,
    refused: refusals.length,
    diff,
    addedTitles,
    refusals: refusals.slice(0, NAMED_MAX),
    dryRun: options.dryRun,
  };
}

function documentOf(row: FileTitle, before: TitleDocument | undefined, at: Date): TitleDocument | Refusal {
  const fresh = {
    titleId: row.titleId,
    year: null,
    genres: [],
    ageMark: null,
    runtimeMinutes: null,
    directors: [],
    plot: null,
    score: null,
    scoreVotes: null,
    source: "import",
    addedAt: at.toISOString(),
  };
  const base = before ?? fresh;
  const parsed = TitleDocumentSchema.safeParse({
    ...base,
    ...row.patch,
    names: { ...(row.patch.names ?? before?.names), ...row.addedNames },
    plots: { ...(row.patch.plots ?? before?.plots), ...row.addedPlots },
  });
  if (!parsed.success) {
    return { place: `${row.place} (${row.titleId})`, reason: reasonOf(issuesOf(parsed.error)) };
  }
  // As the database writes an instant: the same file again is the same document.
  return { ...parsed.data, addedAt: new Date(parsed.data.addedAt).toISOString() };
}

/** Answers how many are as the file has them. */
async function importCollections(
  database: Database,
  transaction: Transaction<Tables>,
  file: CatalogueFile,
  editor: Editor,
  refusals: Refusal[],
): Promise<number> {
  let good = 0;
  for (const collection of file.collections) {
    const issues = await importCollection(database, transaction, collection, editor);
    if (issues.length === 0) good++;
    else refusals.push({ place: `collections (${collection.collectionId})`, reason: reasonOf(issues) });
  }
  return good;
}
