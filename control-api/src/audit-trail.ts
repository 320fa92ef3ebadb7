/**
 * Who did what: one entry for each write, in its transaction, with the subject before and after. It only grows (a trigger
 * of the database refuses anything else), and is read a page at a time; the documents, which may be large, one by one.
 */
import type { AuditAction, AuditDetails, AuditEntry, AuditPage } from "@thewatcher/contracts/api/control";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import type { Selectable, Transaction } from "kysely";

/** Who writes, when, and under which request. */
export interface Author {
  readonly who: string;
  readonly role: AuditEntry["role"];
  readonly at: Date;
  readonly requestId: string;
}

export interface Recorded {
  readonly author: Author;
  readonly action: AuditAction;
  readonly subject: string;
  /** As it was; null: not there. */
  readonly before: object | null;
  readonly after: object | null;
}

export async function record(
  transaction: Transaction<Tables>,
  { author, action, subject, before, after }: Recorded,
): Promise<void> {
  await transaction
    .insertInto("audit_trail")
    .values({
      at: author.at,
      who: author.who,
      role: author.role,
      action,
      subject,
      request_id: author.requestId,
      before: before && JSON.stringify(before),
      after: after && JSON.stringify(after),
    })
    .execute();
}

const columns = ["entry_id", "at", "who", "role", "action", "subject", "request_id"] as const;

const entryOf = (row: Pick<Selectable<Tables["audit_trail"]>, (typeof columns)[number]>): AuditEntry => ({
  entryId: Number(row.entry_id),
  at: row.at.toISOString(),
  who: row.who,
  role: row.role as AuditEntry["role"],
  action: row.action as AuditAction,
  subject: row.subject,
  requestId: row.request_id,
});

/** The last first. */
export async function readTrail(
  { kysely }: Pick<Database, "kysely">,
  {
    subject,
    before,
    limit,
  }: { readonly subject?: string | undefined; readonly before?: number | undefined; readonly limit: number },
): Promise<AuditPage> {
  let query = kysely
    .selectFrom("audit_trail")
    .select(columns)
    .orderBy("entry_id", "desc")
    .limit(limit + 1);
  if (subject !== undefined) query = query.where("subject", "=", subject);
  if (before !== undefined) query = query.where("entry_id", "<", String(before));
  const rows = await query.execute();
  const entries = rows.slice(0, limit).map(entryOf);
  return { entries, next: rows.length > limit ? entries.at(-1)!.entryId : null };
}

export async function readEntry(
  { kysely }: Pick<Database, "kysely">,
  entryId: number,
): Promise<AuditDetails | undefined> {
  const row = await kysely
    .selectFrom("audit_trail")
    .selectAll()
    .where("entry_id", "=", String(entryId))
    .executeTakeFirst();
  return row && { ...entryOf(row), before: row.before, after: row.after };
}
