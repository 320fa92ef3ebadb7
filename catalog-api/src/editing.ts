/**
 * Changes to titles and collections with their history. A change is: read under a lock, compare the revision that the
 * editor saw, check the new document, write it whole, and keep the documents before and after. An undo writes the
 * document from before a revision as a change of its own, so the history only grows and an undo can be undone.
 *
 * `revision` counts what the history knows. An import that changes a title raises it too; the first write of a title by
 * the demo or by MovieLens does not, and there revision 0 is the first that an editor sees.
 */
import type { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import { COLLECTIONS_MAX, TitleDocument as TitleDocumentSchema } from "@thewatcher/contracts/api/catalogue";
import {
  type CollectionDocument,
  CollectionDocument as CollectionDocumentSchema,
  HISTORY_PAGE_MAX,
  type History,
  type TitlePatch,
} from "@thewatcher/contracts/api/editor";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import { readCollections, writeCollections } from "./collections.ts";
import { getPeople, knownTitles, readDocuments, writeDocuments } from "./documents.ts";

type Subject = "title" | "collection";

export interface Editor {
  /** As the history names them. */
  readonly name: string;
  readonly at: Date;
}

export interface DocumentIssue {
  readonly path: string;
  readonly message: string;
}

export type EditOutcome<Document> =
  | { readonly kind: "written"; readonly revision: number; readonly document: Document }
  | { readonly kind: "missing" }
  | { readonly kind: "exists" }
  /** Somebody else changed it: the revision that it has. */
  | { readonly kind: "outdated"; readonly revision: number }
  | { readonly kind: "invalid"; readonly issues: readonly DocumentIssue[] };

/** What no schema can say: duplicates within a document, and what it names elsewhere. */
export async function issuesOfTitle(
  document: TitleDocument,
  reading: Pick<Database, "kysely">,
): Promise<DocumentIssue[]> {
  const issues = issuesOfText(document);
  if (document.kind === "film" && document.seasons.length > 0)
    issues.push({ path: "seasons", message: "a film has no seasons: say kind series" });
  findTwice(document.genres, "genres", issues);
  findTwice(
    document.credits.map(({ personId, role }) => `${personId} as ${role}`),
    "credits",
    issues,
  );
  findTwice(
    document.seasons.map(({ number }) => `season ${number}`),
    "seasons",
    issues,
  );
  for (const season of document.seasons) {
    findTwice(
      season.episodes.map(({ number }) => `episode ${season.number}.${number}`),
      "seasons",
      issues,
    );
  }
  const parts = document.seasons.flatMap(({ episodes }) => episodes.map(({ partId }) => partId));
  findTwice(parts, "seasons", issues);
  const people = await getPeople(
    reading,
    document.credits.map(({ personId }) => personId),
  );
  for (const { personId } of document.credits) {
    if (!people.has(personId)) issues.push({ path: "credits", message: `there is no person ${personId}` });
  }
  if (parts.length > 0) {
    const taken = await reading.kysely
      .selectFrom("episodes")
      .select(["part_id", "title_id"])
      .where(sql<boolean>`part_id = any(${parts}::text[])`)
      .where("title_id", "!=", document.titleId)
      .limit(1)
      .executeTakeFirst();
    if (taken) issues.push({ path: "seasons", message: `${taken.part_id} is a part of ${taken.title_id}` });
  }
  return issues;
}

/** PostgreSQL's text holds no NUL. */
const issuesOfText = (document: object): DocumentIssue[] =>
  JSON.stringify(document).includes("\\u0000") ? [{ path: "", message: "a text holds the character U+0000" }] : [];

function findTwice(values: readonly string[], path: string, issues: DocumentIssue[]): void {
  const known = new Set<string>();
  for (const value of values) {
    if (known.has(value)) issues.push({ path, message: `${value} is named twice` });
    known.add(value);
  }
}

async function issuesOfCollection(
  document: CollectionDocument,
  reading: Pick<Database, "kysely">,
): Promise<DocumentIssue[]> {
  const issues = issuesOfText(document);
  findTwice(document.titleIds, "titleIds", issues);
  const others = await reading.kysely
    .selectFrom("collections")
    .select((row) => row.fn.countAll<string>().as("count"))
    .where("collection_id", "!=", document.collectionId)
    .executeTakeFirstOrThrow();
  if (Number(others.count) >= COLLECTIONS_MAX)
    issues.push({ path: "collectionId", message: `there are ${COLLECTIONS_MAX} collections, and no room for more` });
  const known = await knownTitles(reading, document.titleIds);
  for (const titleId of document.titleIds) {
    if (!known.has(titleId)) issues.push({ path: "titleIds", message: `there is no title ${titleId}` });
  }
  return issues;
}

/** What titles and collections are to the history. */
interface Kind<Document> {
  readonly subject: Subject;
  readonly table: "titles" | "collections";
  readonly idColumn: "title_id" | "collection_id";
  readonly schema: z.ZodType<Document>;
  idOf(document: Document): string;
  read(
    transaction: Transaction<Tables>,
    id: string,
  ): Promise<{ readonly document: Document; readonly revision: number } | undefined>;
  issues(document: Document, transaction: Transaction<Tables>): Promise<readonly DocumentIssue[]>;
  write(document: Document, transaction: Transaction<Tables>): Promise<void>;
}

const titlesOf = (database: Database): Kind<TitleDocument> => ({
  subject: "title",
  table: "titles",
  idColumn: "title_id",
  schema: TitleDocumentSchema,
  idOf: (document) => document.titleId,
  read: async (transaction, id) => (await readDocuments(database, [id], transaction)).get(id),
  issues: (document, transaction) => issuesOfTitle(document, { kysely: transaction }),
  write: (document, transaction) => writeDocuments(database, [document], transaction),
});

const collectionsOf = (database: Database): Kind<CollectionDocument> => ({
  subject: "collection",
  table: "collections",
  idColumn: "collection_id",
  schema: CollectionDocumentSchema,
  idOf: (document) => document.collectionId,
  read: async (transaction, id) => (await readCollections(database, [id], transaction)).get(id),
  issues: (document, transaction) => issuesOfCollection(document, { kysely: transaction }),
  write: (document, transaction) => writeCollections([document], transaction),
});

async function save<Document>(
  kind: Kind<Document>,
  transaction: Transaction<Tables>,
  change: {
    readonly before: { readonly document: Document; readonly revision: number } | undefined;
    readonly after: Document;
    readonly action: Tables["catalogue_revisions"]["action"];
    readonly undoneRevision?: number;
    readonly editor: Editor;
  },
): Promise<EditOutcome<Document>> {
  const issues = await kind.issues(change.after, transaction);
  if (issues.length > 0) return { kind: "invalid", issues };
  const id = kind.idOf(change.after);
  const revision = (change.before?.revision ?? 0) + 1;
  await kind.write(change.after, transaction);
  await transaction
    .updateTable(kind.table)
    .set({ revision })
    .where(sql<boolean>`${sql.ref(kind.idColumn)} = ${id}`)
    .execute();
  await recordRevision(transaction, {
    subject: kind.subject,
    id,
    revision,
    before: change.before?.document ?? null,
    after: change.after,
    action: change.action,
    undoneRevision: change.undoneRevision ?? null,
    editor: change.editor,
  });
  return { kind: "written", revision, document: change.after };
}

async function recordRevision(
  transaction: Transaction<Tables>,
  one: {
    readonly subject: Subject;
    readonly id: string;
    readonly revision: number;
    readonly before: unknown;
    readonly after: unknown;
    readonly action: Tables["catalogue_revisions"]["action"];
    readonly undoneRevision: number | null;
    readonly editor: Editor;
  },
): Promise<void> {
  await transaction
    .insertInto("catalogue_revisions")
    .values({
      subject: one.subject,
      subject_id: one.id,
      revision: one.revision,
      changed_at: one.editor.at,
      changed_by: one.editor.name,
      action: one.action,
      before: one.before === null ? null : JSON.stringify(one.before),
      after: JSON.stringify(one.after),
      undone_revision: one.undoneRevision,
    })
    .execute();
}

function create<Document>(
  kind: Kind<Document>,
  database: Database,
  document: Document,
  editor: Editor,
): Promise<EditOutcome<Document>> {
  return database.transaction(async (transaction) => {
    // Two who create the same thing: the second waits here, and finds it.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`${kind.subject}:${kind.idOf(document)}`}))`.execute(transaction);
    const before = await kind.read(transaction, kind.idOf(document));
    if (before) return { kind: "exists" } as const;
    return save(kind, transaction, { before, after: document, action: "create", editor });
  });
}

function change<Document>(
  kind: Kind<Document>,
  database: Database,
  id: string,
  revision: number,
  editor: Editor,
  apply: (before: Document) => Document,
): Promise<EditOutcome<Document>> {
  return database.transaction(async (transaction) => {
    const before = await kind.read(transaction, id);
    if (!before) return { kind: "missing" } as const;
    if (before.revision !== revision) return { kind: "outdated", revision: before.revision } as const;
    return save(kind, transaction, { before, after: apply(before.document), action: "change", editor });
  });
}

/** What was before that revision; a creation cannot be undone, there is no document before it. */
function undo<Document>(
  kind: Kind<Document>,
  database: Database,
  id: string,
  undone: number,
  revision: number,
  editor: Editor,
): Promise<EditOutcome<Document>> {
  return database.transaction(async (transaction) => {
    const before = await kind.read(transaction, id);
    if (!before) return { kind: "missing" } as const;
    const row = await transaction
      .selectFrom("catalogue_revisions")
      .select("before")
      .where("subject", "=", kind.subject)
      .where("subject_id", "=", id)
      .where("revision", "=", undone)
      .executeTakeFirst();
    if (!row) return { kind: "missing" } as const;
    if (before.revision !== revision) return { kind: "outdated", revision: before.revision } as const;
    if (row.before === null)
      return { kind: "invalid", issues: [{ path: "revision", message: "nothing was before a creation" }] } as const;
    const after = kind.schema.safeParse(row.before);
    if (!after.success)
      return { kind: "invalid", issues: [{ path: "revision", message: "that document is no longer valid" }] } as const;
    return save(kind, transaction, { before, after: after.data, action: "undo", undoneRevision: undone, editor });
  });
}

export const createTitle = (database: Database, document: TitleDocument, editor: Editor) =>
  create(titlesOf(database), database, document, editor);
export const changeTitle = (database: Database, id: string, patch: TitlePatch, revision: number, editor: Editor) =>
  change(titlesOf(database), database, id, revision, editor, (before) => ({ ...before, ...patch }) as TitleDocument);
export const undoTitle = (database: Database, id: string, undone: number, revision: number, editor: Editor) =>
  undo(titlesOf(database), database, id, undone, revision, editor);
export const createCollection = (database: Database, document: CollectionDocument, editor: Editor) =>
  create(collectionsOf(database), database, document, editor);
export const replaceCollection = (database: Database, document: CollectionDocument, revision: number, editor: Editor) =>
  change(collectionsOf(database), database, document.collectionId, revision, editor, () => document);
export const undoCollection = (database: Database, id: string, undone: number, revision: number, editor: Editor) =>
  undo(collectionsOf(database), database, id, undone, revision, editor);

/** A collection as a file has it, in the import's transaction, with the history; an equal one is left alone. */
export async function importCollection(
  database: Database,
  transaction: Transaction<Tables>,
  document: CollectionDocument,
  editor: Editor,
): Promise<readonly DocumentIssue[]> {
  const kind = collectionsOf(database);
  const before = await kind.read(transaction, document.collectionId);
  if (before && Object.keys(changesBetween({ ...before.document }, { ...document })).length === 0) return [];
  const outcome = await save(kind, transaction, { before, after: document, action: "import", editor });
  return outcome.kind === "invalid" ? outcome.issues : [];
}

export async function readHistory(
  database: Database,
  subject: Subject,
  id: string,
  before: number | undefined,
): Promise<History> {
  const rows = await database.kysely
    .selectFrom("catalogue_revisions")
    .selectAll()
    .where("subject", "=", subject)
    .where("subject_id", "=", id)
    .$if(before !== undefined, (query) => query.where("revision", "<", before ?? 0))
    .orderBy("revision", "desc")
    .limit(HISTORY_PAGE_MAX)
    .execute();
  return {
    revisions: rows.map((row) => ({
      revision: row.revision,
      changedAt: row.changed_at.toISOString(),
      changedBy: row.changed_by,
      action: row.action,
      undoneRevision: row.undone_revision,
      changes: changesBetween(row.before, row.after),
    })),
  };
}

/** Field by field; equal ones are left out. */
export function changesBetween(
  before: Readonly<Record<string, unknown>> | null,
  after: Readonly<Record<string, unknown>>,
): Record<string, { before: unknown; after: unknown }> {
  const changes: Record<string, { before: unknown; after: unknown }> = {};
  for (const field of new Set([...Object.keys(before ?? {}), ...Object.keys(after)])) {
    const from = before?.[field] ?? null;
    const to = after[field] ?? null;
    if (canonical(from) !== canonical(to)) changes[field] = { before: from, after: to };
  }
  return changes;
}

/** Equal values are equal text, whatever order their fields came in. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** Many titles at once, with their history: what an import writes. */
export async function writeImported(
  database: Database,
  transaction: Transaction<Tables>,
  changes: readonly { readonly before: TitleDocument | undefined; readonly after: TitleDocument }[],
  editor: Editor,
): Promise<void> {
  if (changes.length === 0) return;
  await writeDocuments(
    database,
    changes.map(({ after }) => after),
    transaction,
  );
  const ids = changes.map(({ after }) => after.titleId);
  const raised = await transaction
    .updateTable("titles")
    .set({ revision: sql<number>`revision + 1` })
    .where(sql<boolean>`title_id = any(${ids}::text[])`)
    .returning(["title_id", "revision"])
    .execute();
  const revisions = new Map(raised.map((row) => [row.title_id, row.revision]));
  await database.writeBulk(
    {
      table: "catalogue_revisions",
      columns: ["subject", "subject_id", "revision", "changed_at", "changed_by", "action", "before", "after"],
      keyColumns: ["subject", "subject_id", "revision"],
      onConflict: "keep",
      rows: changes.map(({ before, after }) => [
        "title",
        after.titleId,
        revisions.get(after.titleId) ?? 1,
        editor.at.toISOString(),
        editor.name,
        "import",
        before ?? null,
        after,
      ]),
    },
    transaction,
  );
}
