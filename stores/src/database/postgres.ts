/**
 * PostgreSQL by `pg` and Kysely. Right behind a pooler in transaction mode too: no named prepared statements, nothing of
 * the session outside a transaction (settings are SET LOCAL, locks and temporary tables end with their transaction).
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { Kysely, type Migration, Migrator, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { databaseMigrations } from "./migrations/all.ts";
import type { BulkWrite, Database } from "./port.ts";
import { tableColumns } from "./table-columns.ts";
import type { Tables } from "./tables.ts";

/** Statements are short; more connections only queue inside the server (two cores: 8 already saturate it). */
const CONNECTIONS_MAX = 10;
const CONNECT_MS_MAX = 10_000;
/** Text of one write to the socket while copying. */
const COPY_CHUNK_CHARACTERS = 65_536;
/** A million keys of 100 bytes sort in memory rather than in files. For the one transaction. */
const BULK_WORK_MEMORY = "128MB";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** For `describe`, asked each time; a server says its own. */
  readonly product?: () => string;
  readonly log?: (message: string) => void;
  /** Default: all of ours. A test gives others. */
  readonly migrations?: Readonly<Record<string, Migration>>;
  /** After the pool is closed. */
  readonly onClose?: () => Promise<void>;
}

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

function* encodeRows(rows: Iterable<readonly unknown[]>, columnCount: number): Generator<string> {
  let chunk = "";
  for (const row of rows) {
    assert(row.length === columnCount, "a row has one value for each column", () => row);
    let line = encodeValue(row[0]);
    for (let i = 1; i < columnCount; i++) line += `\t${encodeValue(row[i])}`;
    chunk += `${line}\n`;
    if (chunk.length >= COPY_CHUNK_CHARACTERS) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk.length > 0) yield chunk;
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

let bulkCount = 0;
const UNIQUE_VIOLATION = "23505";

/** Straight into the table; undefined, and nothing written, where a key was known or came twice. */
async function copyNew<Table extends keyof Tables>(
  client: pg.ClientBase,
  { table, columns, rows }: BulkWrite<Table>,
): Promise<number | undefined> {
  await client.query("SAVEPOINT copy_new");
  const target = client.query(copyFrom(`COPY ${identifier(table)} (${columns.map(identifier).join(", ")}) FROM STDIN`));
  try {
    await pipeline(Readable.from(encodeRows(rows, columns.length)), target);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    await client.query("ROLLBACK TO SAVEPOINT copy_new");
    return undefined;
  }
  await client.query("RELEASE SAVEPOINT copy_new");
  return target.rowCount;
}

async function copyAndMerge<Table extends keyof Tables>(
  client: pg.ClientBase,
  write: BulkWrite<Table>,
): Promise<number> {
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
  const names = columns.map(identifier).join(", ");
  const keys = keyColumns.map(identifier).join(", ");
  if (write.keysAreNew) {
    const copied = await copyNew(client, write);
    if (copied !== undefined) return copied;
  }
  const temporary = identifier(`bulk_${++bulkCount}`);
  await client.query(`SET LOCAL work_mem = '${BULK_WORK_MEMORY}'`);
  await client.query(
    `CREATE TEMPORARY TABLE ${temporary} ON COMMIT DROP AS SELECT ${names} FROM ${identifier(table)} WITH NO DATA`,
  );
  const target = client.query(copyFrom(`COPY ${temporary} (${names}) FROM STDIN`));
  await pipeline(Readable.from(encodeRows(rows, columns.length)), target);
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
  const merged = await client.query(
    `INSERT INTO ${identifier(table)} (${names}) SELECT DISTINCT ON (${keys}) ${names} FROM ${temporary} ORDER BY ${keys}, ${order} ON CONFLICT (${keys}) ${action}`,
  );
  await client.query(`DROP TABLE ${temporary}`);
  return merged.rowCount ?? 0;
}

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { log = () => {} } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    application_name: "thewatcher",
  });
  // An idle connection that the server closed: the pool opens another at the next query.
  pool.on("error", (error) => log(`database: ${error.message}`));
  // One in use: its query is refused with the same error, and the pool drops it. Without a listener it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    await pool.query("SELECT 1");
  } catch (error) {
    await pool.end();
    const { host } = new URL(options.url);
    throw new UserError(`database at ${host}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const clients = new WeakMap<Transaction<Tables>, pg.PoolClient>();

  async function transaction<Value>(work: (transaction: Transaction<Tables>) => Promise<Value>): Promise<Value> {
    const client = await pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    client.on("error", onError);
    try {
      // A Kysely of one connection, so that COPY can run beside Kysely's queries in one transaction.
      const single = new Kysely<Tables>({
        dialect: new PostgresDialect({
          pool: { connect: async () => ({ query: client.query.bind(client), release: () => {} }), end: async () => {} },
        }),
      });
      return await single.transaction().execute(async (open) => {
        clients.set(open, client);
        return await work(open);
      });
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }

  async function writeBulk<Table extends keyof Tables>(
    write: BulkWrite<Table>,
    open?: Transaction<Tables>,
  ): Promise<number> {
    if (!open) return await transaction((own) => writeBulk(write, own));
    const client = clients.get(open);
    assert(client, "writeBulk takes a transaction of Database.transaction");
    return await copyAndMerge(client, write);
  }

  return {
    kysely,
    transaction,
    writeBulk,

    async migrate() {
      const migrations = options.migrations ?? databaseMigrations;
      const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => ({ ...migrations }) } });
      const { error, results } = await migrator.migrateToLatest();
      if (error instanceof Error && /previously executed migration .* is missing/.test(error.message)) {
        throw new UserError(
          `database: its schema is newer than this program (${error.message}); start the version that made it, or a newer one`,
        );
      }
      if (error !== undefined) throw error;
      return (results ?? []).map(({ migrationName }) => migrationName);
    },

    async describe() {
      const { rows } = await pool.query<{ version: string }>("SELECT current_setting('server_version') AS version");
      const server = `PostgreSQL ${rows[0]?.version}`;
      return options.product ? `${server} (${options.product()})` : `${server} at ${new URL(options.url).host}`;
    },

    async close() {
      await kysely.destroy();
      await options.onClose?.();
    },
  };
}
