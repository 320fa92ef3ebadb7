/**
 * PostgreSQL by `pg` and Kysely. Right behind a pooler in transaction mode too (PgBouncer, Odyssey): no named prepared
 * statements, no settings asked for at connecting, nothing of the session outside a transaction: settings are SET LOCAL,
 * temporary tables and advisory locks end with their transaction, and nobody listens or notifies.
 *
 * A transaction that the server chose as the victim of a deadlock is repeated, so its work may run several times.
 */
import { randomInt } from "node:crypto";
import { assert } from "@thewatcher/kit/assert";
import { type Clock, systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import {
  type Dialect,
  Kysely,
  type Migration,
  Migrator,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPoolClient,
  sql,
  type Transaction,
} from "kysely";
import pg from "pg";
import { isRepeatable, writeBulkOn } from "./bulk-write.ts";
import { beginWithin, DEADLINES, type Deadlines, type Lease, takeLease } from "./lease.ts";
import { databaseMigrations } from "./migrations/all.ts";
import type { BulkWrite, Database } from "./port.ts";
import { codeOf, parsePostgresUrl, refusalToOpen } from "./postgres-url.ts";
import type { Tables } from "./tables.ts";

/** Statements are short; more connections only queue inside the server (two cores: 8 already saturate it). */
const CONNECTIONS = 10;
/** Behind a pooler an open client connection costs it nothing; the first bytes after this long find out a dead one. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/** Deadlock and serialization failure: undone by the server, and right when done again. */
const REPEATABLE = ["40P01", "40001"];
const ATTEMPTS_MAX = 6;
/** At random up to this, doubled each time: two that met do not meet again at the same moment. */
const REPEAT_PAUSE_MS = 25;
/** Any number that no other advisory lock of this database has. */
const MIGRATION_LOCK = 7_061_000;

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, see `postgres-url.ts`. */
  readonly url: string;
  /** For `describe`, asked each time; a server says its own. */
  readonly product?: () => string;
  readonly clock?: Clock;
  readonly log?: (message: string) => void;
  /** Default: all of ours. A test gives others. */
  readonly migrations?: Readonly<Record<string, Migration>>;
  /** A test gives smaller ones. */
  readonly deadlines?: Partial<Deadlines>;
  /** After the pool is closed. */
  readonly onClose?: () => Promise<void>;
}

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { log = () => {}, clock = systemClock } = options;
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const { where, config, connections = CONNECTIONS } = parsePostgresUrl(options.url);
  const pool = new pg.Pool({
    ...config,
    max: connections,
    connectionTimeoutMillis: deadlines.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: "thewatcher",
  });
  // An idle connection that the server closed: the pool opens another at the next query.
  pool.on("error", (error) => log(`${where}: ${error.message}`));
  // One in use: its query is refused with the same error, and the pool drops it. Without a listener it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  const lease = () => takeLease(pool, where, deadlines);

  try {
    const first = await lease();
    try {
      await first.query("SELECT 1");
    } finally {
      first.release();
    }
  } catch (error) {
    await pool.end();
    throw refusalToOpen(where, error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
  const kysely = new Kysely<Tables>({ dialect: dialectOver(lease, deadlines) });
  const leases = new WeakMap<Transaction<Tables>, Lease>();

  /** Of one connection, so that COPY can run beside Kysely's queries in one transaction. */
  const kyselyOn = (held: Lease) =>
    new Kysely<Tables>({ dialect: dialectOver(async () => ({ ...held, release: () => {} }), deadlines) });

  async function transactOnce<Value>(work: (transaction: Transaction<Tables>) => Promise<Value>): Promise<Value> {
    const held = await lease();
    try {
      return await kyselyOn(held)
        .transaction()
        .execute(async (open) => {
          leases.set(open, held);
          return await work(open);
        });
    } finally {
      held.release();
    }
  }

  async function transaction<Value>(work: (transaction: Transaction<Tables>) => Promise<Value>): Promise<Value> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transactOnce(work);
      } catch (error) {
        const code = codeOf(error);
        if (attempt === ATTEMPTS_MAX || code === undefined || !REPEATABLE.includes(code)) throw error;
        log(`${where}: ${code}, transaction repeated (${attempt} of ${ATTEMPTS_MAX - 1})`);
        await clock.sleep(randomInt(REPEAT_PAUSE_MS * 2 ** attempt));
      }
    }
  }

  async function writeBulk<Table extends keyof Tables>(
    write: BulkWrite<Table>,
    open?: Transaction<Tables>,
  ): Promise<number> {
    if (!open) {
      const own = (inside: Transaction<Tables>) => writeBulk(write, inside);
      return await (isRepeatable(write.rows) ? transaction(own) : transactOnce(own));
    }
    const held = leases.get(open);
    assert(held, "writeBulk takes a transaction of Database.transaction");
    return await writeBulkOn(held, write);
  }

  let closing: Promise<void> | undefined;
  return {
    kysely,
    transaction,
    writeBulk,

    migrate() {
      return transactOnce(async (open) => {
        const held = leases.get(open);
        assert(held, "a transaction has its connection");
        await held.allowLong();
        // Of the transaction: one of the session would stay on the pooler's connection, or be given back on another.
        await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(open);
        const migrations = options.migrations ?? databaseMigrations;
        const migrator = new Migrator({
          db: kyselyOn(held),
          provider: { getMigrations: async () => ({ ...migrations }) },
          // It is in ours.
          disableTransactions: true,
        });
        const { error, results } = await migrator.migrateToLatest();
        if (error instanceof Error && /previously executed migration .* is missing/.test(error.message)) {
          throw new UserError(
            `${where}: its schema is newer than this program (${error.message}); start the version that made it, or a newer one`,
          );
        }
        if (error !== undefined) throw error;
        return (results ?? []).map(({ migrationName }) => migrationName);
      });
    },

    async describe() {
      const { rows } = await sql<{ version: string }>`SELECT current_setting('server_version') AS version`.execute(
        kysely,
      );
      const server = `PostgreSQL ${rows[0]?.version}`;
      return options.product ? `${server} (${options.product()})` : `${server}, ${where}`;
    },

    close() {
      closing ??= (async () => {
        await kysely.destroy();
        await pool.end();
        await options.onClose?.();
      })();
      return closing;
    },
  };
}

/** Kysely's dialect over connections of ours. Its own lock of migrations is one of the session: ours is taken before. */
function dialectOver(lease: () => Promise<Lease>, deadlines: Deadlines): Dialect {
  const pool = {
    async connect() {
      const held = await lease();
      return {
        // Without the second form, of a cursor: nobody streams.
        query: ((text: string, values: readonly unknown[]) =>
          held.query(
            text === "begin" ? beginWithin(deadlines) : text,
            values,
          )) as unknown as PostgresPoolClient["query"],
        release: () => held.release(),
      };
    },
    end: async () => {},
  };
  const dialect = new PostgresDialect({ pool });
  return Object.assign(dialect, {
    createAdapter: () =>
      Object.assign(new PostgresAdapter(), {
        acquireMigrationLock: async () => {},
        releaseMigrationLock: async () => {},
      }),
  });
}
