/**
 * A bulk write on one connection inside its transaction: COPY into a temporary table that ends with the transaction, then
 * one INSERT … ON CONFLICT; or COPY straight into the table where the keys are new. 1M rows at 150k a second.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { assert } from "@thewatcher/kit/assert";
import { from as copyFrom } from "pg-copy-streams";
import type { Lease } from "./lease.ts";
import type { BulkWrite } from "./port.ts";
import { codeOf } from "./postgres-url.ts";
import { tableColumns } from "./table-columns.ts";
import type { Tables } from "./tables.ts";

/** Text of one write to the socket while copying. */
const COPY_CHUNK_CHARACTERS = 65_536;
/** A million keys of 100 bytes sort in memory rather than in files. For the one transaction. */
const BULK_WORK_MEMORY = "128MB";
const UNIQUE_VIOLATION = "23505";

const SPECIAL = /[\\\n\r\t]/;
const escapeText = (text: string) =>
  SPECIAL.test(text)
    ? text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")
    : text;

/** One value in the text form of COPY. */
function encodeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return escapeText(value);
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "t" : "f";
    default:
      if (value === null || value === undefined) return "\\N";
      if (value instanceof Date) return value.toISOString();
      if (Array.isArray(value)) {
        const elements = value.map((element) =>
          element === null ? "NULL" : `"${String(element).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
        );
        return escapeText(`{${elements.join(",")}}`);
      }
      return escapeText(JSON.stringify(value));
  }
}

function* encodeRows(
  rows: Iterable<readonly unknown[]>,
  columnCount: number,
  progressed: () => void,
): Generator<string> {
  let chunk = "";
  for (const row of rows) {
    assert(row.length === columnCount, "a row has one value for each column", () => row);
    let line = encodeValue(row[0]);
    for (let i = 1; i < columnCount; i++) line += `\t${encodeValue(row[i])}`;
    chunk += `${line}\n`;
    if (chunk.length >= COPY_CHUNK_CHARACTERS) {
      yield chunk;
      // Asked for more: the server took what came before.
      progressed();
      chunk = "";
    }
  }
  if (chunk.length > 0) yield chunk;
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

let bulkCount = 0;
/** Generators and the like that were read. */
const used = new WeakSet<object>();

/** Gives its rows from the start each time, as an array does and a generator does not. */
export const isRepeatable = (rows: Iterable<unknown>): boolean => (rows as unknown) !== rows[Symbol.iterator]();

/** Straight into the table; undefined, and nothing written, where a key was known or came twice. */
async function copyNew<Table extends keyof Tables>(
  lease: Lease,
  { table, columns, rows }: BulkWrite<Table>,
): Promise<number | undefined> {
  await lease.query("SAVEPOINT copy_new");
  let copied: number;
  try {
    copied = await copy(lease, `${identifier(table)} (${columns.map(identifier).join(", ")})`, rows, columns.length);
  } catch (error) {
    if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
    await lease.query("ROLLBACK TO SAVEPOINT copy_new");
    return undefined;
  }
  await lease.query("RELEASE SAVEPOINT copy_new");
  return copied;
}

async function copy(
  lease: Lease,
  target: string,
  rows: Iterable<readonly unknown[]>,
  columnCount: number,
): Promise<number> {
  const copying = copyFrom(`COPY ${target} FROM STDIN`);
  await lease.stream(copying, (progressed) =>
    pipeline(Readable.from(encodeRows(rows, columnCount, progressed)), copying),
  );
  return copying.rowCount;
}

/** Answers the rows written. */
export async function writeBulkOn<Table extends keyof Tables>(lease: Lease, write: BulkWrite<Table>): Promise<number> {
  const { table, columns, keyColumns, onConflict, rows } = write;
  const known: Record<string, unknown> = tableColumns[table];
  const newerBy: readonly string[] = typeof onConflict === "object" ? onConflict.replaceWhenNewer : [];
  for (const column of [...columns, ...keyColumns, ...newerBy])
    assert(column in known, `${table} has no such column`, () => column);
  for (const column of newerBy)
    assert(
      columns.some((name) => name === column),
      "what is newer is written too",
      () => column,
    );
  assert(keyColumns.length > 0, "a bulk write names its key columns");
  if (!isRepeatable(rows)) {
    assert(
      !used.has(rows),
      "rows that can be read once are not read again: a transaction that repeats makes them anew",
    );
    assert(!write.keysAreNew, "rows of new keys may be read twice");
    used.add(rows);
  }
  await lease.allowLong(`SET LOCAL work_mem = '${BULK_WORK_MEMORY}'`);
  const copied = write.keysAreNew ? await copyNew(lease, write) : undefined;
  const written = copied ?? (await copyAndMerge(lease, write));
  await lease.allowShort();
  return written;
}

async function copyAndMerge<Table extends keyof Tables>(lease: Lease, write: BulkWrite<Table>): Promise<number> {
  const { table, columns, keyColumns, onConflict, rows } = write;
  const newerBy: readonly string[] = typeof onConflict === "object" ? onConflict.replaceWhenNewer : [];
  const names = columns.map(identifier).join(", ");
  const keys = keyColumns.map(identifier).join(", ");
  const temporary = identifier(`bulk_${++bulkCount}`);
  await lease.query(
    `CREATE TEMPORARY TABLE ${temporary} ON COMMIT DROP AS SELECT ${names} FROM ${identifier(table)} WITH NO DATA`,
  );
  await copy(lease, `${temporary} (${names})`, rows, columns.length);
  const updates = columns
    .filter((column) => !(keyColumns as readonly string[]).includes(column))
    .map((column) => `${identifier(column)} = excluded.${identifier(column)}`);
  const newer = newerBy.map(identifier);
  const onlyNewer =
    newer.length === 0
      ? ""
      : ` WHERE (${newer.map((name) => `excluded.${name}`).join(", ")}) > (${newer.map((name) => `${identifier(table)}.${name}`).join(", ")})`;
  const action =
    onConflict !== "keep" && updates.length > 0 ? `DO UPDATE SET ${updates.join(", ")}${onlyNewer}` : "DO NOTHING";
  // A key twice in one write: the first stays or the last (the newest) wins, as if written one after the other. In key
  // order, which also makes the index grow at its end.
  const order = [...newer.map((name) => `${name} DESC`), `ctid ${onConflict === "replace" ? "DESC" : "ASC"}`].join(
    ", ",
  );
  const merged = await lease.query(
    `INSERT INTO ${identifier(table)} (${names}) SELECT DISTINCT ON (${keys}) ${names} FROM ${temporary} ORDER BY ${keys}, ${order} ON CONFLICT (${keys}) ${action}`,
  );
  await lease.query(`DROP TABLE ${temporary}`);
  return merged.rowCount ?? 0;
}
