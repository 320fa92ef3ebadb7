/** The database: PostgreSQL through Kysely. Services keep their queries to themselves; this port opens, migrates and loads in bulk. */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

export interface BulkWrite<Table extends keyof Tables> {
  readonly table: Table;
  readonly columns: readonly (keyof Tables[Table] & string)[];
  /** Unique columns that decide what is the same row. */
  readonly keyColumns: readonly (keyof Tables[Table] & string)[];
  /**
   * `keep`: rows there already stay as they are. `replace`: the new values win. `replaceWhenNewer`: the row whose values
   * of these columns, compared in their order, are the greater wins, within one write too (a last-writer-wins register).
   */
  readonly onConflict: "keep" | "replace" | { readonly replaceWhenNewer: readonly (keyof Tables[Table] & string)[] };
  /**
   * Hardly any key is there yet: the rows are copied straight into the table, and merged (`rows` read a second time) only
   * where a key was known. The answer is the same, at half the cost when the guess is right and twice when it is wrong.
   */
  readonly keysAreNew?: boolean;
  /**
   * Values in the order of `columns`; arrays for array columns, null for null. Read again where the transaction is
   * repeated: what can be read once (a generator) is written once, and a deadlock is then the caller's.
   */
  readonly rows: Iterable<readonly unknown[]>;
}

export interface Database {
  readonly kysely: Kysely<Tables>;
  /** Applies what is missing, all or nothing, under an advisory lock; answers the names applied. Throws when the schema is newer than the code. */
  migrate(): Promise<readonly string[]>;
  /** COPY into a temporary table, then one INSERT … ON CONFLICT (see `keysAreNew`), in `transaction` or one of its own. Answers rows written. */
  writeBulk<Table extends keyof Tables>(write: BulkWrite<Table>, transaction?: Transaction<Tables>): Promise<number>;
  /**
   * Several bulk writes and plain queries as one. `work` runs again, a bounded number of times, where the server undid it
   * to end a deadlock or a conflict: what it does outside of the transaction must be right when done twice.
   */
  transaction<Value>(work: (transaction: Transaction<Tables>) => Promise<Value>): Promise<Value>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
