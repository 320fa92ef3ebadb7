/**
 * The warehouse over ClickHouse's HTTP interface by `@clickhouse/client`: a server, or the embedded child process.
 *
 * `insertEvents` sends the log's bytes as they are: `offset \t value`, into `event_records`, whose views do the rest. The
 * same batch twice meets itself by (topic, partition, offset). A block with a record that is no event is refused whole by
 * the engine (its view throws), so the batch is halved until the bad ones stand alone: k of n cost about k·log2 n inserts.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ClickHouseError, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { LogRecord, RecordBatch } from "../event-log/port.ts";
import { warehouseMigrations } from "./migrations/all.ts";
import type { WarehouseMigration } from "./migrations/migration.ts";
import type { QueryOptions, Warehouse } from "./port.ts";

/** One request's body: 80,000 events of 400 bytes. Parsing that much takes the engine 0.3 s. */
const INSERT_BYTES_MAX = 32 * 1024 * 1024;
const QUERY_SECONDS_DEFAULT = 60;
/** Above every `maxExecutionSeconds` that we ask for; the engine's own limit answers first. */
const REQUEST_MS_MAX = 600_000;
/** Sink (4 partitions), trainer and pages together. */
const CONNECTIONS_MAX = 12;
/** What the engine's `throwIf` raises: the block held a record that is no event. */
const NO_EVENT_CODE = "395";

export interface ClickhouseOptions {
  /** `http(s)://[user:password@]host:port[/database]` */
  readonly url: string;
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  readonly clock: Clock;
  /** What answers, for `describe`; a server says its own version. */
  readonly product?: string;
  /** Default: all of ours. A test gives others. */
  readonly migrations?: readonly WarehouseMigration[];
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === TAB || byte === NEWLINE || byte === 0x0d;

/** Whether the bytes could be a JSON object: the first and last that are no space are braces. The engine reads the rest. */
function looksLikeObject(value: Uint8Array): boolean {
  let first = 0;
  let last = value.length - 1;
  while (first < last && isSpace(value[first])) first++;
  while (last > first && isSpace(value[last])) last--;
  return value[first] === 0x7b && value[last] === 0x7d && first < last;
}

/** From the first value to the last, as far as the records lie side by side, as in a block of the log. */
function spanOf(records: readonly LogRecord[], from: number): { readonly bytes: Buffer; readonly to: number } {
  const first = (records[from] as LogRecord).value;
  let end = first.byteOffset + first.length;
  let to = from + 1;
  for (; to < records.length; to++) {
    const { value } = records[to] as LogRecord;
    if (value.buffer !== first.buffer || value.byteOffset !== end) break;
    end += value.length;
  }
  return { bytes: Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset), to };
}

const isPlain = (bytes: Buffer) => bytes.indexOf(BACKSLASH) < 0 && bytes.indexOf(NEWLINE) < 0 && bytes.indexOf(TAB) < 0;

/** TabSeparated rows `topic, partition, offset, value`; backslash, tab and newline in a value are escaped (JSON text has few). */
export function encodeRecords(topic: string, partition: number, records: readonly LogRecord[]): Buffer {
  const prefix = Buffer.from(`${topic}\t${partition}\t`, "utf8");
  const plainBytesMax = prefix.length + 18;
  let capacity = 0;
  for (const { value } of records) capacity += plainBytesMax + value.length;
  let target = Buffer.allocUnsafe(capacity);
  let at = 0;
  let plainTo = 0;
  let spanTo = 0;
  for (let i = 0; i < records.length; i++) {
    const { offset, value } = records[i] as LogRecord;
    if (i === spanTo) {
      // One look at a block's values together instead of three at each.
      const span = spanOf(records, i);
      spanTo = span.to;
      plainTo = isPlain(span.bytes) ? span.to : i;
    }
    // Twice the value is the most that escaping makes of it.
    if (at + plainBytesMax + value.length * (i < plainTo ? 1 : 2) > target.length) {
      const larger = Buffer.allocUnsafe(target.length * 2 + value.length * 2 + 64);
      target.copy(larger, 0, 0, at);
      target = larger;
    }
    target.set(prefix, at);
    at += prefix.length;
    at += target.write(String(offset), at, "latin1");
    target[at++] = TAB;
    if (i < plainTo || isPlain(Buffer.from(value.buffer, value.byteOffset, value.length))) {
      target.set(value, at);
      at += value.length;
    } else {
      for (const byte of value) {
        if (byte === BACKSLASH || byte === NEWLINE || byte === TAB) {
          target[at++] = BACKSLASH;
          target[at++] = byte === BACKSLASH ? BACKSLASH : byte === NEWLINE ? 0x6e : 0x74;
        } else target[at++] = byte;
      }
    }
    target[at++] = NEWLINE;
  }
  return target.subarray(0, at);
}

const hashOf = ({ statements }: WarehouseMigration) =>
  createHash("sha256").update(statements.join("\n;\n")).digest("hex").slice(0, 32);

export async function openClickhouseWarehouse(options: ClickhouseOptions): Promise<Warehouse> {
  const url = new URL(options.url);
  const database = options.database ?? (url.pathname.replace(/^\/|\/$/g, "") || "thewatcher");
  if (!/^[A-Za-z_]\w*$/.test(database)) {
    throw new UserError(
      `warehouse database ${JSON.stringify(database)}: letters, digits and _ only, starting with a letter`,
    );
  }
  const login = {
    username: options.username ?? (decodeURIComponent(url.username) || "default"),
    password: options.password ?? decodeURIComponent(url.password),
  };
  const base = {
    url: `${url.protocol}//${url.host}`,
    ...login,
    request_timeout: REQUEST_MS_MAX,
    max_open_connections: CONNECTIONS_MAX,
    // Its logger prints each failed request whole; the error that we throw says it once, to whom it concerns.
    log: { level: ClickHouseLogLevel.OFF },
  };
  const settings: ClickHouseSettings = {
    date_time_input_format: "best_effort",
    date_time_output_format: "iso",
    output_format_json_quote_64bit_integers: 1,
    // DateTime64 without a zone, in parameters and answers alike.
    session_timezone: "UTC",
  };

  const root = createClient(base);
  try {
    await root.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } catch (error) {
    await root.close();
    throw new UserError(`warehouse ${base.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  await root.close();
  const client = createClient({ ...base, database, clickhouse_settings: settings });

  /** The engine reads DateTime parameters as `2026-11-23 10:00:00.123` only, in the session's zone, which is UTC. */
  const instantsOf = (sql: string, params: Readonly<Record<string, unknown>>) => {
    const bound: Record<string, unknown> = { ...params };
    for (const [, name] of sql.matchAll(/\{\s*(\w+)\s*:\s*(?:Nullable\()?DateTime/g)) {
      const value = name === undefined ? undefined : bound[name];
      if (typeof value === "string") bound[name as string] = value.replace("T", " ").replace(/Z$/, "");
    }
    return bound;
  };
  const requestOf = (sql: string, queryOptions: QueryOptions = {}) => ({
    query: sql,
    clickhouse_settings: { max_execution_time: queryOptions.maxExecutionSeconds ?? QUERY_SECONDS_DEFAULT },
    ...(queryOptions.params ? { query_params: instantsOf(sql, queryOptions.params) } : {}),
  });

  async function query<Row>(sql: string, queryOptions?: QueryOptions): Promise<readonly Row[]> {
    const answer = await client.query({ ...requestOf(sql, queryOptions), format: "JSONEachRow" });
    return await answer.json<Row>();
  }
  async function command(sql: string, queryOptions?: QueryOptions): Promise<void> {
    await client.command(requestOf(sql, queryOptions));
  }

  async function insertRecords(topic: string, partition: number, records: readonly LogRecord[]): Promise<void> {
    const { stream } = await client.exec({
      query: "INSERT INTO event_records (topic, partition, offset, value) FORMAT TabSeparated",
      values: Readable.from([encodeRecords(topic, partition, records)]),
      clickhouse_settings: {
        // One thread parses 200k rows/s; several take turns with the views for the same two cores (158k).
        input_format_parallel_parsing: 0,
        async_insert: 0,
        materialized_views_ignore_errors: 0,
        // The views have grouped the block already; merging it once more before it is written took 2 µs a row.
        optimize_on_insert: 0,
      },
    });
    stream.resume();
    await new Promise<void>((resolve, reject) => stream.once("end", resolve).once("error", reject));
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
      if (!(error instanceof ClickHouseError) || error.code !== NO_EVENT_CODE) throw error;
      if (records.length === 1) return records.map(({ offset }) => offset);
    }
    const middle = records.length >> 1;
    const left = await insertOrSplit(topic, partition, records.slice(0, middle));
    return [...left, ...(await insertOrSplit(topic, partition, records.slice(middle)))];
  }

  return {
    async migrate() {
      const migrations = options.migrations ?? warehouseMigrations;
      await command(
        "CREATE TABLE IF NOT EXISTS schema_migrations (name String, hash String, appliedAt DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree ORDER BY name",
      );
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
        if (hashOf(migration) !== hash) {
          throw new UserError(
            `warehouse ${database}: migration ${name} was applied with another text (recorded ${hash}, here ${hashOf(migration)}); applied migrations don't change, add a new one`,
          );
        }
      }
      const done = new Set(applied.map(({ name }) => name));
      const names: string[] = [];
      for (const migration of migrations) {
        if (done.has(migration.name)) continue;
        for (const statement of migration.statements) await command(statement);
        await command(
          "INSERT INTO schema_migrations SELECT {name:String}, {hash:String}, {appliedAt:DateTime64(3, 'UTC')}",
          {
            params: {
              name: migration.name,
              hash: hashOf(migration),
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

    positions: async () => {
      const rows = await query<{ topic: string; partition: number; nextOffset: number }>(
        "SELECT topic, partition, toFloat64(max(offset) + 1) AS nextOffset FROM events GROUP BY topic, partition ORDER BY topic, partition",
      );
      return rows;
    },

    query,
    command,

    async *stream(sql, queryOptions) {
      const { stream } = await client.exec(requestOf(sql, queryOptions));
      for await (const chunk of stream) yield chunk as Uint8Array;
    },

    async describe() {
      if (options.product) {
        await query("SELECT 1");
        return options.product;
      }
      const [row] = await query<{ version: string }>("SELECT version() AS version");
      return `ClickHouse ${row?.version} at ${url.host}`;
    },

    close: () => client.close(),
  };
}
