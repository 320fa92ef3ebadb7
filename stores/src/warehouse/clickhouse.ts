/**
 * The warehouse over ClickHouse's HTTP interface by `@clickhouse/client`: a server, a cluster, or the embedded child process.
 *
 * `insertEvents` sends the log's bytes as they are: `offset \t value`, into `event_records`, whose views do the rest. The
 * same batch twice meets itself by (topic, partition, offset). A block with a record that is no event is refused whole by
 * the engine (its view throws), so the batch is halved until the bad ones stand alone: k of n cost about k·log2 n inserts.
 *
 * The engine's own deduplication of inserted blocks is off: it would skip a repeated block before the views, so an insert
 * that was cut off between `events` and a view would never be made whole. Rows meet by their place instead.
 *
 * Every call has a deadline. One that was missed says nothing about its effect: the insert may still land.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ClickHouseError, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client";
import { topics } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { LogRecord, RecordBatch } from "../event-log/port.ts";
import { parseClickhouseUrl } from "./clickhouse-address.ts";
import { DECISION_COLUMNS, DECISION_ITEM_COLUMNS } from "./decision-rows.ts";
import { encodeRecords, looksLikeObject } from "./encode-records.ts";
import { warehouseMigrations } from "./migrations/all.ts";
import type { WarehouseMigration } from "./migrations/migration.ts";
import type { QueryOptions, Warehouse } from "./port.ts";
import { createDecisionRowsThread } from "./run-decision-rows.ts";
import { SINGLE, statementsOf, type TableDefinition } from "./schema.ts";

/** One request's body: 80,000 events of 400 bytes. Parsing that much takes the engine 0.3 s. */
const INSERT_BYTES_MAX = 32 * 1024 * 1024;
const QUERY_SECONDS_DEFAULT = 60;
/** A server that is there answers within milliseconds. */
const OPEN_MS_MAX = 15_000;
/** 32 MiB take a second; a server that merges hard, ten. */
const INSERT_MS_MAX = 60_000;
/** The engine ends a query at its own limit; what has not answered this much later never will. */
const ANSWER_GRACE_MS = 10_000;
/** The client's own limit, above every deadline here. */
const REQUEST_MS_MAX = 3_600_000;
/** Sink (4 partitions), trainer and pages together. */
const CONNECTIONS_MAX = 12;
/** What the engine's `throwIf` raises: a block held a record that is no event, or a position does not join on. */
const THROW_IF_CODE = "395";

/** Which migrations were applied, with the hash of their single-node text. */
const SCHEMA_MIGRATIONS: TableDefinition = {
  kind: "table",
  name: "schema_migrations",
  columns: [
    { name: "name", type: "String" },
    { name: "hash", type: "String" },
    { name: "appliedAt", type: "DateTime64(3, 'UTC')" },
  ],
  engine: "ReplacingMergeTree",
  orderBy: "name",
  shardBy: "cityHash64(name)",
};

export interface ClickhouseOptions {
  /** `http(s)://[user:password@]host:port[/database][?cluster=name&gzip=true&ca=/file.pem]` */
  readonly url: string;
  readonly clock: Clock;
  /** What answers, for `describe`; a server says its own version. */
  readonly product?: string;
  /** Default: all of ours. A test gives others. */
  readonly migrations?: readonly WarehouseMigration[];
  /** Defaults above. A test that freezes the server can't wait for them. */
  readonly deadlines?: { readonly openMs?: number; readonly insertMs?: number; readonly graceMs?: number };
}

export const migrationHash = ({ parts }: WarehouseMigration) =>
  createHash("sha256")
    .update(parts.flatMap((part) => statementsOf(part, SINGLE)).join("\n;\n"))
    .digest("hex")
    .slice(0, 32);

/** Runs `work` until the deadline, which also aborts it. A refusal of the engine keeps its code; the rest says where. */
async function within<Value>(
  origin: string,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`warehouse ${origin}: no answer within ${deadlineMs / 1000} s`));
      over.abort();
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(over.signal), late]);
  } catch (cause) {
    throw cause instanceof ClickHouseError || !(cause instanceof Error) || cause.message.startsWith("warehouse ")
      ? cause
      : new Error(`warehouse ${origin}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** An aggregate of connection attempts has no message of its own. */
const reasonOf = (error: Error): string => {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof AggregateError) return error.errors.map((inner) => reasonOf(inner as Error)).join(", ");
  return code !== undefined && !error.message.includes(code) ? `${code}: ${error.message}` : error.message;
};

export async function openClickhouseWarehouse(options: ClickhouseOptions): Promise<Warehouse> {
  const address = parseClickhouseUrl(options.url);
  const { origin, database, topology } = address;
  const { openMs = OPEN_MS_MAX, insertMs = INSERT_MS_MAX, graceMs = ANSWER_GRACE_MS } = options.deadlines ?? {};
  const base = {
    url: origin,
    username: address.username,
    password: address.password,
    request_timeout: REQUEST_MS_MAX,
    max_open_connections: CONNECTIONS_MAX,
    compression: { request: address.gzip, response: address.gzip },
    ...(address.ca ? { tls: { ca_cert: address.ca } } : {}),
    // Its logger prints each failed request whole; the error that we throw says it once, to whom it concerns.
    log: { level: ClickHouseLogLevel.OFF },
  };
  const onCluster = topology.kind === "cluster" ? ` ON CLUSTER '${topology.cluster}'` : "";
  const settings: ClickHouseSettings = {
    date_time_input_format: "best_effort",
    date_time_output_format: "iso",
    output_format_json_quote_64bit_integers: 1,
    // DateTime64 without a zone, in parameters and answers alike.
    session_timezone: "UTC",
    insert_deduplicate: 0,
    ...(topology.kind === "cluster"
      ? {
          // Acknowledged means on a majority of the replicas of its shard, not in a queue of the node that was asked.
          distributed_foreground_insert: 1,
          insert_quorum: "auto",
          // A subquery over all shards, wherever it stands.
          distributed_product_mode: "global",
        }
      : {}),
  };

  const root = createClient(base);
  try {
    await within(origin, openMs, (signal) =>
      root.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}${onCluster}`, abort_signal: signal }),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(`warehouse ${origin}: `, "") : String(cause);
    throw new UserError(
      `warehouse ${origin}: ${reason.replaceAll(/\s*\n\s*/g, " ").trim()}; start the server, or set its URL, user and password`,
      { cause },
    );
  } finally {
    await root.close();
  }
  const client = createClient({ ...base, database, clickhouse_settings: settings });
  const decisionRows = createDecisionRowsThread();

  /** The engine reads DateTime parameters as `2026-11-23 10:00:00.123` only, in the session's zone, which is UTC. */
  const instantsOf = (sql: string, params: Readonly<Record<string, unknown>>) => {
    const bound: Record<string, unknown> = { ...params };
    for (const [, name] of sql.matchAll(/\{\s*(\w+)\s*:\s*(?:Nullable\()?DateTime/g)) {
      const value = name === undefined ? undefined : bound[name];
      if (typeof value === "string") bound[name as string] = value.replace("T", " ").replace(/Z$/, "");
    }
    return bound;
  };
  const secondsOf = (queryOptions: QueryOptions = {}) => queryOptions.maxExecutionSeconds ?? QUERY_SECONDS_DEFAULT;
  const deadlineOf = (queryOptions?: QueryOptions) => secondsOf(queryOptions) * 1000 + graceMs;
  const requestOf = (sql: string, queryOptions?: QueryOptions) => ({
    query: sql,
    clickhouse_settings: { max_execution_time: secondsOf(queryOptions) },
    ...(queryOptions?.params ? { query_params: instantsOf(sql, queryOptions.params) } : {}),
  });

  function query<Row>(sql: string, queryOptions?: QueryOptions): Promise<readonly Row[]> {
    return within(origin, deadlineOf(queryOptions), async (signal) => {
      const request = requestOf(sql, queryOptions);
      const answer = await client.query({ ...request, format: "JSONEachRow", abort_signal: signal });
      return await answer.json<Row>();
    });
  }
  async function command(sql: string, queryOptions?: QueryOptions): Promise<void> {
    await within(origin, deadlineOf(queryOptions), (signal) =>
      client.command({ ...requestOf(sql, queryOptions), abort_signal: signal }),
    );
  }

  const insertRecords = (topic: string, partition: number, records: readonly LogRecord[]): Promise<void> =>
    insertBytes(
      "INSERT INTO event_records (topic, partition, offset, value) FORMAT TabSeparated",
      encodeRecords(topic, partition, records),
    );

  function insertBytes(sql: string, bytes: Buffer): Promise<void> {
    return within(origin, insertMs, async (signal) => {
      const { stream } = await client.exec({
        query: sql,
        values: Readable.from([bytes]),
        clickhouse_settings: {
          // One thread parses 200k rows/s; several take turns with the views for the same two cores (158k).
          input_format_parallel_parsing: 0,
          async_insert: 0,
          materialized_views_ignore_errors: 0,
          // The views have grouped the block already; merging it once more before it is written took 2 µs a row.
          optimize_on_insert: 0,
        },
        abort_signal: signal,
      });
      stream.resume();
      await new Promise<void>((resolve, reject) => stream.once("end", resolve).once("error", reject));
    });
  }

  /** Inserts what are events; answers the offsets of the rest. */
  async function insertOrSplit(
    topic: string,
    partition: number,
    records: readonly LogRecord[],
  ): Promise<readonly number[]> {
    if (records.length === 0) return [];
    try {
      await insertRecords(topic, partition, records);
      return [];
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.code !== THROW_IF_CODE) throw error;
      if (records.length === 1) return records.map(({ offset }) => offset);
    }
    const middle = records.length >> 1;
    const left = await insertOrSplit(topic, partition, records.slice(0, middle));
    return [...left, ...(await insertOrSplit(topic, partition, records.slice(middle)))];
  }

  return {
    async migrate() {
      const migrations = options.migrations ?? warehouseMigrations;
      for (const statement of statementsOf(SCHEMA_MIGRATIONS, topology)) await command(statement);
      const applied = await query<{ name: string; hash: string }>(
        "SELECT name, hash FROM schema_migrations FINAL ORDER BY name",
      );
      const known = new Map(migrations.map((migration) => [migration.name, migration]));
      for (const { name, hash } of applied) {
        const migration = known.get(name);
        if (!migration) {
          throw new UserError(
            `warehouse ${database}: its schema is newer than this program (it has migration ${name}); start the version that made it, or a newer one`,
          );
        }
        if (migrationHash(migration) !== hash) {
          throw new UserError(
            `warehouse ${database}: migration ${name} was applied with another text (recorded ${hash}, here ${migrationHash(migration)}); applied migrations don't change, add a new one`,
          );
        }
      }
      const done = new Set(applied.map(({ name }) => name));
      const names: string[] = [];
      for (const migration of migrations) {
        if (done.has(migration.name)) continue;
        for (const part of migration.parts) {
          for (const statement of statementsOf(part, topology)) await command(statement);
        }
        await command(
          "INSERT INTO schema_migrations SELECT {name:String}, {hash:String}, {appliedAt:DateTime64(3, 'UTC')}",
          {
            params: {
              name: migration.name,
              hash: migrationHash(migration),
              appliedAt: new Date(options.clock.now()).toISOString(),
            },
          },
        );
        names.push(migration.name);
      }
      return names;
    },

    async insertEvents({ topic, partition, records }: RecordBatch) {
      assert(/^[A-Za-z0-9_.-]+$/.test(topic), "a topic's name", () => topic);
      const undecodable = records.filter(({ value }) => !looksLikeObject(value)).map(({ offset }) => offset);
      const candidates = undecodable.length === 0 ? records : records.filter(({ value }) => looksLikeObject(value));
      let from = 0;
      while (from < candidates.length) {
        let to = from;
        for (let bytes = 0; to < candidates.length && (to === from || bytes < INSERT_BYTES_MAX); to++) {
          bytes += (candidates[to] as LogRecord).value.length;
        }
        undecodable.push(...(await insertOrSplit(topic, partition, candidates.slice(from, to))));
        from = to;
      }
      return { inserted: records.length - undecodable.length, undecodable: undecodable.sort((a, b) => a - b) };
    },

    async insertDecisions({ topic, partition, records }: RecordBatch) {
      assert(topic === topics.decisions.name, "decisions are of their topic", () => topic);
      const { undecodable, items, decisions } = await decisionRows.make({ topic, partition, records });
      const parts = [
        ["decision_item_records", DECISION_ITEM_COLUMNS, items],
        ["decisions", DECISION_COLUMNS, decisions],
      ] as const;
      for (const [table, columns, bytes] of parts) {
        if (bytes.length === 0) continue;
        const names = columns.map(([name]) => name).join(", ");
        const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        await insertBytes(`INSERT INTO ${table} (${names}) FORMAT TabSeparated`, body);
      }
      return { inserted: records.length - undecodable.length, undecodable };
    },

    async advance({ topic, partition, fromOffset, nextOffset, rows }) {
      const table = topic === topics.decisions.name ? "decisions" : "events";
      const params = { topic, partition, fromOffset, nextOffset, rows };
      const ofPartition = "WHERE topic = {topic:String} AND partition = {partition:UInt16}";
      try {
        // One statement, so that no restore comes between the look and the word; a request is most of what it costs.
        await command(
          `INSERT INTO log_positions (topic, partition, nextOffset)
SELECT {topic:String}, {partition:UInt16}, {nextOffset:UInt64}
WHERE throwIf(
  (SELECT max(nextOffset) FROM log_positions ${ofPartition}) < {fromOffset:UInt64}
  OR (SELECT uniqExact(offset) FROM ${table} ${ofPartition} AND offset >= {fromOffset:UInt64} AND offset < {nextOffset:UInt64}) < {rows:UInt64},
  'records are missing') = 0`,
          { params },
        );
        return nextOffset;
      } catch (error) {
        if (!(error instanceof ClickHouseError) || error.code !== THROW_IF_CODE) throw error;
      }
      const [position] = await query<{ nextOffset: number }>(
        `SELECT toFloat64(max(log_positions.nextOffset)) AS nextOffset FROM log_positions ${ofPartition}`,
        { params: { topic, partition } },
      );
      // Where others have gone past it meanwhile, nothing is missing.
      return position?.nextOffset ?? 0;
    },

    positions: () =>
      query<{ topic: string; partition: number; nextOffset: number }>(
        "SELECT topic, partition, toFloat64(max(log_positions.nextOffset)) AS nextOffset FROM log_positions GROUP BY topic, partition ORDER BY topic, partition",
      ),

    query,
    command,

    async *stream(sql, queryOptions) {
      const deadlineMs = deadlineOf(queryOptions);
      const { stream } = await within(origin, deadlineMs, (signal) =>
        client.exec({ ...requestOf(sql, queryOptions), abort_signal: signal }),
      );
      const chunks = stream[Symbol.asyncIterator]();
      try {
        for (;;) {
          // Between two chunks the server may work no longer than on the whole.
          const next = await within(origin, deadlineMs, () => chunks.next());
          if (next.done) return;
          yield next.value as Uint8Array;
        }
      } finally {
        stream.destroy();
      }
    },

    async describe() {
      if (options.product) {
        await query("SELECT 1");
        return options.product;
      }
      const [row] = await query<{ version: string }>("SELECT version() AS version");
      return `ClickHouse ${row?.version} at ${origin}`;
    },

    async close() {
      await decisionRows.close();
      await client.close();
    },
  };
}
