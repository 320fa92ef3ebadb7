/**
 * One connection of the pool, held for a query or a transaction, on which nothing waits for ever.
 *
 * A query has a deadline here, since a server that is frozen or unreachable sends no error: the connection is cut then,
 * and not used again. The server is told its own, smaller one inside a transaction (SET LOCAL, which a pooler in
 * transaction mode keeps apart), so that what nobody waits for any more does not go on.
 */
import { assert } from "@thewatcher/kit/assert";
import pg from "pg";
import { reasonOf } from "../server-url.ts";
import { codeOf } from "./postgres-url.ts";

/** What a caller waits for: a page's query takes milliseconds, one that waits for a lock behind an import a second. */
const QUERY_MS_MAX = 15_000;
/** A merge of a million rows takes 10 s on two cores; a migration waits for the one of another process. */
const LONG_MS_MAX = 300_000;
/** A transaction whose owner stands still holds locks; the longest rest of ours is an append to the event log. */
const IDLE_MS_MAX = 60_000;
/** For a connection out of the pool, or a new one. */
const CONNECT_MS_MAX = 10_000;
/** Each waits for at most `CONNECT_MS_MAX`. */
const WAITING_MAX = 1_000;

export interface Deadlines {
  readonly connectMs: number;
  readonly queryMs: number;
  readonly longMs: number;
  readonly idleMs: number;
}

export const DEADLINES: Deadlines = {
  connectMs: CONNECT_MS_MAX,
  queryMs: QUERY_MS_MAX,
  longMs: LONG_MS_MAX,
  idleMs: IDLE_MS_MAX,
};

export interface Lease {
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** A COPY: `work` says when something was taken, and may take as long as it likes while it does. */
  stream(copying: pg.Submittable, work: (progressed: () => void) => Promise<void>): Promise<void>;
  /** From here to the transaction's end, or `allowShort`: statements that take minutes. */
  allowLong(setting?: string): Promise<void>;
  allowShort(): Promise<void>;
  release(): void;
}

/** The first words of a transaction. One round trip with its BEGIN. */
export const beginWithin = ({ queryMs, idleMs }: Deadlines): string =>
  `begin; set local statement_timeout = ${queryMs}; set local idle_in_transaction_session_timeout = ${idleMs}`;

export async function takeLease(pool: pg.Pool, where: string, deadlines: Deadlines): Promise<Lease> {
  if (pool.waitingCount >= WAITING_MAX)
    throw new Error(`${where}: ${WAITING_MAX} queries are waiting for a connection`);
  const client = await pool.connect().catch((error: unknown) => {
    throw lostOf(where, error);
  });
  let broken: Error | undefined;
  let released = false;
  let msMax = deadlines.queryMs;
  const onError = (error: Error) => {
    broken ??= lostOf(where, error);
  };
  client.on("error", onError);

  /** Settles by the deadline whatever the driver does: a COPY on a connection that is cut may never hear of it. */
  async function within<Value>(
    doing: string,
    limitMs: number,
    work: (progressed: () => void) => Promise<Value>,
  ): Promise<Value> {
    if (broken) throw broken;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        broken ??= new Error(`${where}: ${doing}: no answer within ${limitMs} ms`);
        reject(broken);
        // With a query under way this cuts the connection.
        void client.end().catch(() => {});
      }, limitMs);
    });
    try {
      return await Promise.race([work(() => void timer?.refresh()), late]);
    } catch (error) {
      if (broken) throw broken;
      if (error instanceof pg.DatabaseError && isFatal(error)) broken = error;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  const lease: Lease = {
    query(text, values) {
      assert(!released, "a connection is used before it is given back");
      return within("query", msMax, async () => {
        try {
          return await client.query(text, values as unknown[]);
        } catch (error) {
          // The server's own word on a statement is the caller's to read; all else is a connection that is no more.
          if (!(error instanceof pg.DatabaseError)) broken ??= lostOf(where, error);
          throw error;
        }
      });
    },
    stream(copying, work) {
      return within("copy", deadlines.queryMs, (progressed) => {
        client.query(copying);
        return work(progressed);
      });
    },
    async allowLong(setting) {
      msMax = deadlines.longMs;
      await lease.query(`${setting === undefined ? "" : `${setting}; `}set local statement_timeout = ${msMax}`);
    },
    async allowShort() {
      msMax = deadlines.queryMs;
      await lease.query(`set local statement_timeout = ${msMax}`);
    },
    release() {
      released = true;
      client.off("error", onError);
      client.release(broken);
    },
  };
  return lease;
}

/** FATAL and PANIC end the connection: shutdown, idle for too long, a pooler that lost its server. */
const isFatal = (error: pg.DatabaseError): boolean => error.severity === "FATAL" || error.severity === "PANIC";

/** A connection that could not be had, or is no more. */
function lostOf(where: string, error: unknown): Error {
  const lost = new Error(`${where}: ${reasonOf(error)}`, { cause: error });
  const code = codeOf(error);
  return code === undefined ? lost : Object.assign(lost, { code });
}
