/**
 * The warehouse: every event as a row, and what is aggregated from them. ClickHouse's dialect of SQL over its HTTP
 * interface, whether a server answers or the embedded engine in a child process.
 *
 * Rows are keyed (topic, partition, offset): a batch inserted twice meets and merges. Readers deduplicate.
 */
import type { RecordBatch } from "../event-log/port.ts";

export interface QueryOptions {
  /** Typed parameters: `{asOf:DateTime64(3)}` in the SQL. Instants as ISO 8601 strings (a Date would lose its milliseconds). */
  readonly params?: Readonly<Record<string, unknown>>;
  /** The server stops the query after this; default 60 s. */
  readonly maxExecutionSeconds?: number;
}

export interface Warehouse {
  /** Applies what is missing, in order; answers the names applied. Throws when the schema is newer than the code. */
  migrate(): Promise<readonly string[]>;
  /**
   * Inserts stored events as they lie in the log, synchronously: when it resolves, the rows survive kill -9.
   * Records that are not JSON objects with an eventId, a profileId and an occurredAt are returned by their offsets, not
   * inserted and not lost: the caller dead-letters them.
   */
  insertEvents(batch: RecordBatch): Promise<{ readonly inserted: number; readonly undecodable: readonly number[] }>;
  /**
   * The same of logged decisions: a row of `decisions` each and one of `decision_items` for each title. Those of a batch are
   * in `decisions` only when all of its items are in.
   */
  insertDecisions(batch: RecordBatch): Promise<{ readonly inserted: number; readonly undecodable: readonly number[] }>;
  /**
   * Says that the records of a range are in: `rows` of them as rows, the others kept as dead letters. The warehouse looks
   * for itself: the position moves to `nextOffset` only where it had reached `fromOffset` and the rows are there. So no
   * late word of an old owner, nor of one that outlived a restore, makes a gap. Answers how far the partition is now, at
   * least; where that is below `nextOffset`, records are missing from there on.
   */
  advance(range: {
    readonly topic: string;
    readonly partition: number;
    readonly fromOffset: number;
    readonly nextOffset: number;
    readonly rows: number;
  }): Promise<number>;
  /** How far each partition is, as `advance` found: the warehouse's own word, restored with it from a backup. A partition that never advanced is not among them. */
  positions(): Promise<readonly { topic: string; partition: number; nextOffset: number }[]>;
  /** Rows as objects (JSONEachRow). Bounded answers only. UInt64 arrive as strings: cast in SQL what fits a number. */
  query<Row>(sql: string, options?: QueryOptions): Promise<readonly Row[]>;
  /** The answer's bytes in the format that the SQL names, chunk by chunk: for large results (RowBinary into typed arrays). */
  stream(sql: string, options?: QueryOptions): AsyncIterable<Uint8Array>;
  /** DDL, or an insert without data. */
  command(sql: string, options?: QueryOptions): Promise<void>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
