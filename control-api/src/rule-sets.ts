/**
 * Rule sets by version. A draft is written as often as anybody likes; published, it keeps its document for ever, and the
 * one that was published before is retired. A rollback publishes a retired one again. Every write is one transaction with
 * one entry of the audit trail.
 *
 * Two who write at once: writes wait for one another (an advisory lock: they are few), a draft's change names the revision
 * that it was made on, and whoever publishes names the version that it replaces. Where that is another one by now, nothing
 * is done. Whoever publishes names the draft's revision too: what was read is what is published.
 */
import {
  type PublishedRules,
  RULE_VERSIONS_PAGE_MAX,
  type RuleSetSummary,
  type RuleSetsPage,
  type RuleSetView,
} from "@thewatcher/contracts/api/control";
import { parseRuleSet, type RuleError, type RuleSet } from "@thewatcher/contracts/rules";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { type Selectable, sql, type Transaction } from "kysely";
import { type Author, type Recorded, record } from "./audit-trail.ts";

/** Drafts at a time: each is somebody's work under way. */
export const DRAFTS_MAX = 50;

export type WriteOutcome =
  | { readonly kind: "written"; readonly ruleSet: RuleSetView }
  | { readonly kind: "missing" }
  /** Somebody else changed it: the revision that it has. */
  | { readonly kind: "outdated"; readonly revision: number }
  /** Another version is published than the caller saw. */
  | { readonly kind: "replaced"; readonly published: number | null }
  /** Its status does not allow that. */
  | { readonly kind: "refused"; readonly why: string };

/** What JSON says and PostgreSQL's jsonb does not hold. */
const UNHELD = /\0|\p{Surrogate}/u;

/** The document as it is stored, with all that it leaves out; or everything that is wrong with it. */
export function checkRuleSet(
  document: unknown,
):
  | { readonly kind: "valid"; readonly ruleSet: RuleSet }
  | { readonly kind: "invalid"; readonly errors: readonly RuleError[] } {
  const parsed = parseRuleSet(document);
  if (parsed.kind === "invalid") return parsed;
  const errors = unheldTexts(parsed.ruleSet, "");
  return errors.length > 0 ? { kind: "invalid", errors } : parsed;
}

function unheldTexts(value: unknown, path: string): RuleError[] {
  if (typeof value === "string") {
    return UNHELD.test(value)
      ? [{ path, what: "holds NUL or half of a character", accepted: "a text of whole characters" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => unheldTexts(part, path === "" ? key : `${path}.${key}`));
}

type Row = Selectable<Tables["rule_sets"]>;

const summaryOf = (row: Omit<Row, "document"> & { readonly rule_count: number }): RuleSetSummary => ({
  version: row.version,
  status: row.status,
  revision: row.revision,
  note: row.note,
  ruleCount: row.rule_count,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  publishedAt: row.published_at?.toISOString() ?? null,
  publishedBy: row.published_by,
});

const viewOf = ({ document, ...row }: Row): RuleSetView => ({
  ...summaryOf({ ...row, rule_count: (document.rules as readonly unknown[]).length }),
  document,
});

export async function listRuleSets(
  { kysely }: Pick<Database, "kysely">,
  { before }: { readonly before?: number | undefined } = {},
): Promise<RuleSetsPage> {
  let query = kysely
    .selectFrom("rule_sets")
    .select([
      "version",
      "status",
      "revision",
      "note",
      "created_at",
      "created_by",
      "published_at",
      "published_by",
      sql<number>`jsonb_array_length(document -> 'rules')`.as("rule_count"),
    ])
    .orderBy("version", "desc")
    .limit(RULE_VERSIONS_PAGE_MAX + 1);
  if (before !== undefined) query = query.where("version", "<", before);
  const [rows, published] = await Promise.all([query.execute(), publishedVersion({ kysely })]);
  const versions = rows.slice(0, RULE_VERSIONS_PAGE_MAX).map(summaryOf);
  return { published, versions, next: rows.length > RULE_VERSIONS_PAGE_MAX ? versions.at(-1)!.version : null };
}

export async function readRuleSet(
  { kysely }: Pick<Database, "kysely">,
  version: number,
): Promise<RuleSetView | undefined> {
  const row = await kysely.selectFrom("rule_sets").selectAll().where("version", "=", version).executeTakeFirst();
  return row && viewOf(row);
}

export async function readPublished({ kysely }: Pick<Database, "kysely">): Promise<PublishedRules> {
  const row = await kysely
    .selectFrom("rule_sets")
    .select(["version", "document"])
    .where("status", "=", "published")
    .executeTakeFirst();
  return row ?? { version: null, document: null };
}

/** null: nothing was published yet. */
export async function publishedVersion({ kysely }: Pick<Database, "kysely">): Promise<number | null> {
  const row = await kysely
    .selectFrom("rule_sets")
    .select("version")
    .where("status", "=", "published")
    .executeTakeFirst();
  return row?.version ?? null;
}

interface Draft {
  readonly ruleSet: RuleSet;
  readonly note: string;
}

export function createDraft(database: Database, draft: Draft, author: Author): Promise<WriteOutcome> {
  return write(database, async (transaction) => {
    const drafts = await transaction
      .selectFrom("rule_sets")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("status", "=", "draft")
      .executeTakeFirstOrThrow();
    if (Number(drafts.count) >= DRAFTS_MAX) {
      return { kind: "refused", why: `There are ${DRAFTS_MAX} drafts already: discard one.` };
    }
    const row = await transaction
      .insertInto("rule_sets")
      .values({
        status: "draft",
        revision: 1,
        document: JSON.stringify(draft.ruleSet),
        note: draft.note,
        created_at: author.at,
        created_by: author.who,
        published_at: null,
        published_by: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return written(transaction, { action: "rules.create", author, before: undefined, after: row });
  });
}

export function replaceDraft(
  database: Database,
  version: number,
  { ruleSet, note, revision }: Draft & { readonly revision: number },
  author: Author,
): Promise<WriteOutcome> {
  return write(database, async (transaction) => {
    const found = await draftOf(transaction, version, revision);
    if (found.kind !== "found") return found;
    const row = await transaction
      .updateTable("rule_sets")
      .set({ document: JSON.stringify(ruleSet), note, revision: revision + 1 })
      .where("version", "=", version)
      .returningAll()
      .executeTakeFirstOrThrow();
    return written(transaction, { action: "rules.replace", author, before: found.row, after: row });
  });
}

/** Answers it as it was. */
export function discardDraft(
  database: Database,
  version: number,
  revision: number,
  author: Author,
): Promise<WriteOutcome> {
  return write(database, async (transaction) => {
    const found = await draftOf(transaction, version, revision);
    if (found.kind !== "found") return found;
    await transaction.deleteFrom("rule_sets").where("version", "=", version).execute();
    return written(transaction, { action: "rules.discard", author, before: found.row, after: undefined });
  });
}

export function publishDraft(
  database: Database,
  version: number,
  { revision, replaces }: { readonly revision: number; readonly replaces: number | null },
  author: Author,
): Promise<WriteOutcome> {
  return write(database, async (transaction) => {
    const found = await draftOf(transaction, version, revision);
    if (found.kind !== "found") return found;
    return publish(transaction, { row: found.row, replaces, action: "rules.publish", author });
  });
}

/** Publishes one that was published before. */
export function rollBack(
  database: Database,
  version: number,
  { replaces }: { readonly replaces: number | null },
  author: Author,
): Promise<WriteOutcome> {
  return write(database, async (transaction) => {
    const row = await rowOf(transaction, version);
    if (!row) return { kind: "missing" };
    if (row.status !== "retired") {
      const why = row.status === "draft" ? "It was never published: publish it." : "It is the published one.";
      return { kind: "refused", why };
    }
    return publish(transaction, { row, replaces, action: "rules.rollback", author });
  });
}

async function publish(
  transaction: Transaction<Tables>,
  {
    row,
    replaces,
    action,
    author,
  }: { row: Row; replaces: number | null; action: "rules.publish" | "rules.rollback"; author: Author },
): Promise<WriteOutcome> {
  const published = await publishedVersion({ kysely: transaction });
  if (published !== replaces) return { kind: "replaced", published };
  if (published !== null) {
    await transaction
      .updateTable("rule_sets")
      .set(({ eb }) => ({ status: "retired", revision: eb("revision", "+", 1) }))
      .where("version", "=", published)
      .execute();
  }
  const after = await transaction
    .updateTable("rule_sets")
    .set({ status: "published", revision: row.revision + 1, published_at: author.at, published_by: author.who })
    .where("version", "=", row.version)
    .returningAll()
    .executeTakeFirstOrThrow();
  return written(transaction, { action, author, before: row, after, replaces });
}

/** One at a time: what one read is still so when it writes. */
function write(
  database: Database,
  work: (transaction: Transaction<Tables>) => Promise<WriteOutcome>,
): Promise<WriteOutcome> {
  return database.transaction(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext('rule_sets'))`.execute(transaction);
    return work(transaction);
  });
}

const rowOf = (transaction: Transaction<Tables>, version: number): Promise<Row | undefined> =>
  transaction.selectFrom("rule_sets").selectAll().where("version", "=", version).executeTakeFirst();

async function draftOf(
  transaction: Transaction<Tables>,
  version: number,
  revision: number,
): Promise<{ readonly kind: "found"; readonly row: Row } | Exclude<WriteOutcome, { kind: "written" }>> {
  const row = await rowOf(transaction, version);
  if (!row) return { kind: "missing" };
  if (row.status !== "draft") {
    return { kind: "refused", why: `It is ${row.status}, and stays as it is: make a draft of it.` };
  }
  return row.revision === revision ? { kind: "found", row } : { kind: "outdated", revision: row.revision };
}

async function written(
  transaction: Transaction<Tables>,
  change: Pick<Recorded, "action" | "author"> & {
    readonly before: Row | undefined;
    readonly after: Row | undefined;
    /** Which version was published before. */
    readonly replaces?: number | null;
  },
): Promise<WriteOutcome> {
  const { action, author, before, after, replaces } = change;
  const subject = `rules/${(after ?? before)!.version}`;
  const recorded = after && { ...whole(after), ...(replaces === undefined ? {} : { replaces }) };
  await record(transaction, {
    action,
    author,
    subject,
    before: before ? whole(before) : null,
    after: recorded ?? null,
  });
  return { kind: "written", ruleSet: viewOf((after ?? before)!) };
}

const whole = ({ status, revision, note, document }: Row) => ({ status, revision, note, document });
