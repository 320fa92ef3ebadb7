/**
 * Replay: rebuilds the warehouse's tables for whole days of `occurredAt` out of the log or its archive, while live traffic
 * goes on, and shows the difference before it takes effect.
 *
 * 1. Shadows of the tables, and views by which live inserts reach both (`stores/warehouse/rebuild`).
 * 2. The records that count: everything that occurred in those days, as the log has it, but for what erased profiles did
 *    up to their erasure; and, of any day, what the sink may still have had under way when the views were made.
 * 3. Rows and states of all other days are copied: partitions as they are, where they have none of these days.
 * 4. The difference; and then either the shadows go (a dry run), or each table is exchanged with its shadow.
 *
 * Rows are keyed by their place in the log and states are idempotent, so a record that arrives on two ways, or again, is
 * no harm: nothing has to be stopped, and nothing is counted. Whatever step a crash comes at, each live table is the old
 * one or the new one, whole and fed; the next replay removes what was left.
 */
import { isUtf8 } from "node:buffer";
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { holdAdvisoryLock } from "@thewatcher/stores/database/advisory-lock";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, LogRecord } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import { encodeRecords, looksLikeObject } from "@thewatcher/stores/warehouse/encode-records";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import {
  ERASURES,
  KEPT_EVENTS,
  REBUILT_TABLES,
  REPLAYED_RECORDS,
  SHADOW_TABLE_STATEMENTS,
  SHADOWS_SQL,
  STATE_TABLES,
  shadowName,
  shadowViewStatements,
} from "@thewatcher/stores/warehouse/rebuild";
import { type HistorySource, openHistory, type PartitionHistory } from "../archive/history.ts";
import { decodeRecord } from "../decode-record.ts";
import { createErasures } from "../erasures.ts";
import { fileSynthetic } from "../file-synthetic.ts";
import { SINK_GROUP } from "../sink.ts";
import {
  type Days,
  type Difference,
  dayWithin,
  differenceOf,
  isBelow,
  type LogPosition,
  occurredWithin,
} from "./difference.ts";

const DAY_MS = 86_400_000;
/** "replay" as bytes. */
const LOCK_KEY = 0x7265706c6179n;
/** One insert: rows, and the bytes of their values. */
const INSERT_ROWS_MAX = 20_000;
const INSERT_BYTES_MAX = 8 * 1024 * 1024;
/** An insert of erasures, as text. */
const ERASURES_PER_INSERT = 1_000;
/** Copying a table within the engine: 600 million rows. */
const COPY_SECONDS_MAX = 600;
/** What the engine's `throwIf` raises: the block held a record that is no event. */
const NO_EVENT_CODE = "395";
/** Records lie in the order of their arrival but for what an outbox or a slow collector held back. */
const DISORDER_MS = DAY_MS;

export interface ReplayDeps {
  readonly eventLog: EventLog;
  readonly objects: Objects;
  readonly warehouse: Warehouse;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the archive holds what the log held at the call; asked for the source `archive`. */
  readonly archiveCaughtUp?: () => Promise<void>;
}

export interface ReplayRequest {
  /** Widened to whole days in UTC: states are kept by day. */
  readonly from: number;
  readonly to: number;
  readonly source: HistorySource;
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  /** `recordsTotal`: of the log, those of other days included. */
  readonly onProgress?: (progress: {
    readonly stage: string;
    readonly recordsDone?: number;
    readonly recordsTotal?: number;
  }) => void;
}

export interface ReplayReport {
  readonly from: string;
  readonly to: string;
  readonly source: HistorySource;
  /** Records read again, of all days. */
  readonly records: number;
  /** Records that are no events: dead letters, as when they came first. */
  readonly undecodable: number;
  readonly difference: Difference;
  readonly swapped: boolean;
  readonly elapsedMs: number;
}

export async function replay(deps: ReplayDeps, request: ReplayRequest): Promise<ReplayReport> {
  const days = wholeDays(request);
  const outcome = await holdAdvisoryLock({ ...deps, key: LOCK_KEY }, (check) => rebuild(deps, request, days, check));
  if (outcome.kind === "taken") throw new UserError("another replay is under way; wait until it ends");
  return outcome.value;
}

/** Refuses a range that holds no day. */
export function wholeDays({ from, to }: Pick<ReplayRequest, "from" | "to">): Days {
  const days = { from: Math.floor(from / DAY_MS) * DAY_MS, to: Math.ceil(to / DAY_MS) * DAY_MS };
  if (days.from >= days.to) {
    throw new UserError(
      `--to ${new Date(to).toISOString()} is not behind --from ${new Date(from).toISOString()}; days from one up to, and without, the other are rebuilt`,
    );
  }
  return days;
}

async function rebuild(
  deps: ReplayDeps,
  request: ReplayRequest,
  days: Days,
  checkLock: () => Promise<void>,
): Promise<ReplayReport> {
  const { warehouse, clock, log } = deps;
  const { signal } = request;
  const startedMs = clock.monotonicMs();
  const stage = (name: string) => {
    signal?.throwIfAborted();
    request.onProgress?.({ stage: name });
  };
  await refuseCluster(warehouse);
  stage("looking at what the log and its archive hold");
  await openAll(deps, request.source, days);
  await dropShadows(warehouse);
  try {
    stage("making shadow tables");
    for (const statement of SHADOW_TABLE_STATEMENTS) await warehouse.command(statement);
    const underWay = await sinkPositions(deps.eventLog);
    const isWanted = `(${occurredWithin(days)} AND (topic = '${topics.erasures.name}' OR erasedProfile = '' OR occurredAt > erasedAt)) OR NOT (${isBelow(underWay)})`;
    for (const statement of shadowViewStatements(isWanted)) await warehouse.command(statement);

    const histories = await openAll(deps, request.source, days);
    stage("reading erasures");
    await insertErasures(warehouse, histories);
    stage("copying other days");
    await copyOtherDays(warehouse, days);
    const counts = await insertRecords(warehouse, histories, request);

    stage("comparing");
    const difference = await differenceOf(warehouse, days, await sinkPositions(deps.eventLog));
    if (!request.dryRun) {
      stage("exchanging the tables");
      await checkLock();
      for (const table of REBUILT_TABLES) {
        await warehouse.command(`EXCHANGE TABLES ${table} AND ${shadowName(table)}`);
      }
    }
    return {
      from: new Date(days.from).toISOString(),
      to: new Date(days.to).toISOString(),
      source: request.source,
      ...counts,
      difference,
      swapped: !request.dryRun,
      elapsedMs: clock.monotonicMs() - startedMs,
    };
  } finally {
    await dropShadows(warehouse).catch((err: unknown) =>
      log.warn({ err }, "shadow tables stay; the next replay drops them"),
    );
  }
}

async function refuseCluster(warehouse: Warehouse): Promise<void> {
  const [events] = await warehouse.query<{ engine: string }>(
    "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'events'",
  );
  if (events?.engine === "Distributed") {
    throw new UserError("warehouse: a replay works on one node, and this warehouse is a cluster");
  }
}

async function dropShadows(warehouse: Warehouse): Promise<void> {
  const shadows = await warehouse.query<{ name: string }>(SHADOWS_SQL);
  // Above 50 GB a server refuses to drop a table; what is dropped here was made here, or was exchanged for it.
  for (const { name } of shadows)
    await warehouse.command(`DROP TABLE ${name} SYNC SETTINGS max_table_size_to_drop = 0`);
}

/** How far the sink is: every record below has its row in the live tables. */
async function sinkPositions(eventLog: EventLog): Promise<readonly LogPosition[]> {
  const positions = await Promise.all(
    EVENT_TOPICS.map(async (topic) =>
      (await eventLog.committed(SINK_GROUP, topic)).map((position) => ({ topic, ...position })),
    ),
  );
  return positions.flat();
}

/** Every partition of every topic of events; a UserError where records that may count are held by nobody. */
async function openAll(deps: ReplayDeps, source: HistorySource, days: Days): Promise<readonly PartitionHistory[]> {
  const settle = source === "archive" ? deps.archiveCaughtUp : undefined;
  const histories: PartitionHistory[] = [];
  for (const topic of EVENT_TOPICS) histories.push(...(await openHistory(deps, topic, source, settle)));
  const lacking: string[] = [];
  for (const history of histories) {
    for (const { from, next } of history.missing) {
      if (await isBefore(history, next, days.from)) continue;
      lacking.push(`${history.topic} partition ${history.partition} offsets ${from} to ${next - 1}`);
    }
  }
  if (lacking.length === 0) return histories;
  const held = {
    log: "the log does not hold",
    archive: "the archive does not hold",
    auto: "neither log nor archive holds",
  };
  const more = lacking.length > 5 ? ` and ${lacking.length - 5} ranges more` : "";
  const advice = source === "auto" ? "replay later days" : "--source auto takes both";
  throw new UserError(
    `${held[source]} ${lacking.slice(0, 5).join(", ")}${more}: those days cannot be rebuilt; ${advice}`,
  );
}

/** Whether all that lies below the offset had arrived before the instant, and so had occurred before it. */
async function isBefore(history: PartitionHistory, offset: number, instant: number): Promise<boolean> {
  for await (const records of history.read(offset)) {
    for (const { value } of records) {
      const receivedAt = Date.parse(String(decodeRecord(value)?.receivedAt));
      if (!Number.isNaN(receivedAt)) return receivedAt < instant - DISORDER_MS;
    }
  }
  return false;
}

async function insertErasures(warehouse: Warehouse, histories: readonly PartitionHistory[]): Promise<void> {
  const erasures = createErasures();
  for (const history of histories) {
    if (history.topic !== topics.erasures.name) continue;
    for await (const records of history.read()) erasures.add(records);
  }
  const all = [...erasures.erasedAt];
  for (let start = 0; start < all.length; start += ERASURES_PER_INSERT) {
    const part = all.slice(start, start + ERASURES_PER_INSERT);
    const profiles = part.map(([profileId]) => profileId);
    const instants = part.map(([, at]) => at);
    await warehouse.command(
      `INSERT INTO ${ERASURES} SELECT pair.1, fromUnixTimestamp64Milli(pair.2, 'UTC') FROM (SELECT arrayJoin(arrayZip({profiles:Array(String)}, {instants:Array(Int64)})) AS pair)`,
      { params: { profiles, instants } },
    );
  }
}

async function copyOtherDays(warehouse: Warehouse, days: Days): Promise<void> {
  const options = { maxExecutionSeconds: COPY_SECONDS_MAX };
  const events = shadowName("events");
  const partitions = await warehouse.query<{ id: string; inside: number; outside: number }>(
    `SELECT _partition_id AS id, toUInt8(countIf(${occurredWithin(days)}) > 0) AS inside, toUInt8(countIf(NOT (${occurredWithin(days)})) > 0) AS outside FROM events GROUP BY id ORDER BY id`,
    options,
  );
  for (const { id, inside, outside } of partitions) {
    if (!outside) continue;
    if (inside) {
      await warehouse.command(
        `INSERT INTO ${KEPT_EVENTS} SELECT * FROM events WHERE _partition_id = '${id}' AND NOT (${occurredWithin(days)})`,
        options,
      );
    }
    await warehouse.command(
      `ALTER TABLE ${events} ATTACH PARTITION ID '${id}' FROM ${inside ? KEPT_EVENTS : "events"}`,
      options,
    );
  }
  for (const { name } of STATE_TABLES) {
    await warehouse.command(
      `INSERT INTO ${shadowName(name)} SELECT * FROM ${name} WHERE NOT (${dayWithin(days)})`,
      options,
    );
  }
}

async function insertRecords(
  warehouse: Warehouse,
  histories: readonly PartitionHistory[],
  { signal, onProgress }: ReplayRequest,
): Promise<{ readonly records: number; readonly undecodable: number }> {
  const recordsTotal = histories.reduce((sum, { next }) => sum + next, 0);
  let records = 0;
  let undecodable = 0;
  for (const { topic, partition, read } of histories) {
    for await (const batch of read()) {
      for (const chunk of cutByBytes(batch)) {
        signal?.throwIfAborted();
        const candidates = fileSynthetic(chunk.filter(({ value }) => looksLikeObject(value) && isUtf8(value)));
        undecodable += chunk.length - candidates.length;
        undecodable += await insertOrSplit(warehouse, topic, partition, candidates);
        records += chunk.length;
        onProgress?.({ stage: "rebuilding", recordsDone: records, recordsTotal });
      }
    }
  }
  return { records, undecodable };
}

function* cutByBytes(records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    bytes += records[i]!.value.length;
    if (i + 1 < records.length && i + 1 - start < INSERT_ROWS_MAX && bytes < INSERT_BYTES_MAX) continue;
    yield records.slice(start, i + 1);
    start = i + 1;
    bytes = 0;
  }
}

/** Inserts what are events, and answers how many are none: a block with one that is none is refused whole. */
async function insertOrSplit(
  warehouse: Warehouse,
  topic: string,
  partition: number,
  records: readonly LogRecord[],
): Promise<number> {
  if (records.length === 0) return 0;
  try {
    const rows = encodeRecords(topic, partition, records).toString("utf8");
    await warehouse.command(
      `INSERT INTO ${REPLAYED_RECORDS} (topic, partition, offset, value) FORMAT TabSeparated\n${rows}`,
    );
    return 0;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NO_EVENT_CODE) throw error;
    if (records.length === 1) return 1;
  }
  const middle = records.length >> 1;
  const left = await insertOrSplit(warehouse, topic, partition, records.slice(0, middle));
  return left + (await insertOrSplit(warehouse, topic, partition, records.slice(middle)));
}
