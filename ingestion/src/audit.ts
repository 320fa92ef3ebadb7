/**
 * Whether the warehouse has what the log has: by partition and hour, by offsets, and on demand (`deep`) by the eventId at
 * every place.
 *
 * Looked at is what lies below the warehouse's own position and is still in the log. A gap there is counted only after the
 * log has shown a record at its place that neither a dead letter nor an erasure accounts for. Rows behind the log's end are
 * of another world: a warehouse beside a log that it was not made from. The order of the looks (positions, rows, then the
 * log) keeps what arrives meanwhile out of both.
 */
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { EventLog, LogRecord } from "@thewatcher/stores/event-log/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { parseLetter } from "./dead-letter.ts";
import { decodeRecord } from "./decode-record.ts";
import { createErasures, type Erasures } from "./erasures.ts";

/** Offsets counted by one query: 8 MB in the engine, 20 ms. */
const BLOCK = 1_000_000;
/** Records compared at a time: 8 MB of events. */
const DEEP_RECORDS = 20_000;
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** Ranges named for a partition; all of them are counted. */
const NAMED_MAX = 20;
/** Gaps of one block that one answer brings; the block is asked again behind the last of them. */
const GAPS_MAX = 10_000;
const HOUR_MS = 3_600_000;
const HOURS_DEFAULT = 48;

export interface OffsetRange {
  readonly fromOffset: number;
  /** The first behind it. */
  readonly toOffset: number;
}

export interface AuditedHour {
  /** Of `receivedAt`: "2026-11-23T10". */
  readonly hour: string;
  /** Distinct places in the warehouse. */
  readonly rows: number;
  readonly missing: number;
  /** Records of the log; deep only. */
  readonly records?: number;
}

export interface AuditedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly log: OffsetRange;
  /** How far the warehouse says it is. */
  readonly position: number;
  /** Records that the warehouse has yet to take. */
  readonly lag: number;
  /** Records below the position that are neither rows nor dead letters. */
  readonly missing: number;
  /** The first of them. */
  readonly missingRanges: readonly OffsetRange[];
  /** Records below the position that were kept as dead letters. */
  readonly deadLetters: number;
  /** Records below the position that a replay left out, since their profile was erased. */
  readonly erased: number;
  /** Rows behind the end of the log. */
  readonly beyond: number;
  /** Places whose row is another event than the log's; deep only. */
  readonly different: number;
  readonly differentOffsets: readonly number[];
  readonly hours: readonly AuditedHour[];
}

export interface AuditReport {
  readonly at: string;
  readonly deep: boolean;
  readonly missing: number;
  readonly beyond: number;
  readonly different: number;
  readonly lag: number;
  readonly partitions: readonly AuditedPartition[];
}

export interface AuditDeps {
  readonly eventLog: Pick<EventLog, "bounds" | "read">;
  readonly warehouse: Pick<Warehouse, "positions" | "query">;
  readonly clock: Clock;
}

export interface AuditOptions {
  /** Reads the whole log and compares the event at every place. */
  readonly deep?: boolean;
  /** Looks at the newest so many records of a partition. Default: all. */
  readonly newestRecords?: number;
  /** How far back hours are told. Default: 48. */
  readonly hours?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const nameOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;
const OF_PARTITION = "topic = {topic:String} AND partition = {partition:UInt16}";
const IN_RANGE = `${OF_PARTITION} AND offset >= {fromOffset:UInt64} AND offset < {toOffset:UInt64}`;

export async function auditWarehouse(deps: AuditDeps, options: AuditOptions = {}): Promise<AuditReport> {
  const { eventLog, warehouse, clock } = deps;
  const { deep = false, newestRecords = Number.POSITIVE_INFINITY, hours = HOURS_DEFAULT, signal } = options;
  const positions = new Map((await warehouse.positions()).map((at) => [nameOf(at), at.nextOffset]));
  const ends = new Map(
    (
      await warehouse.query<Place & { readonly next: number }>(
        "SELECT topic, partition, toFloat64(max(offset) + 1) AS next FROM events GROUP BY topic, partition",
      )
    ).map((at) => [nameOf(at), at.next]),
  );
  const letters = lettersOf(eventLog, signal);
  const erasures = erasuresOf(eventLog, signal);

  const partitions: AuditedPartition[] = [];
  for (const topic of EVENT_TOPICS) {
    for (const { partition, firstOffset, nextOffset } of await eventLog.bounds(topic)) {
      signal?.throwIfAborted();
      const place = { topic, partition };
      const position = positions.get(nameOf(place)) ?? 0;
      const toOffset = Math.min(position, nextOffset);
      const looked = { fromOffset: Math.max(firstOffset, toOffset - newestRecords), toOffset };
      const hoursFound = await hoursOf(place, hours);
      const found = await (deep ? compare(place, looked, hoursFound) : findGaps(place, looked, hoursFound));
      partitions.push({
        ...place,
        log: { fromOffset: firstOffset, toOffset: nextOffset },
        position,
        lag: Math.max(0, nextOffset - Math.max(position, firstOffset)),
        ...found,
        beyond: (ends.get(nameOf(place)) ?? 0) > nextOffset ? await countBeyond(place, nextOffset) : 0,
        hours: [...hoursFound]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([hour, counted]) =>
            deep ? { hour, ...counted } : { hour, rows: counted.rows, missing: counted.missing },
          ),
      });
    }
  }
  const sum = (pick: (partition: AuditedPartition) => number) =>
    partitions.reduce((total, partition) => total + pick(partition), 0);
  return {
    at: new Date(clock.now()).toISOString(),
    deep,
    missing: sum(({ missing }) => missing),
    beyond: sum(({ beyond }) => beyond),
    different: sum(({ different }) => different),
    lag: sum(({ lag }) => lag),
    partitions,
  };

  type Hours = Map<string, { rows: number; missing: number; records: number }>;

  async function hoursOf(place: Place, count: number): Promise<Hours> {
    const since = new Date(clock.now() - count * HOUR_MS).toISOString();
    const rows = await warehouse.query<{ hour: string; rows: number }>(
      `SELECT substring(toString(toStartOfHour(receivedAt, 'UTC')), 1, 13) AS hour, toFloat64(uniqExact(offset)) AS rows FROM events WHERE ${OF_PARTITION} AND receivedAt >= {since:DateTime64(3)} GROUP BY hour ORDER BY hour`,
      { params: { ...place, since } },
    );
    return new Map(rows.map((row) => [row.hour.replace(" ", "T"), { rows: row.rows, missing: 0, records: 0 }]));
  }

  function hourIn(hoursFound: Hours, record: LogRecord) {
    const hour = receivedHourOf(record);
    const counted = hoursFound.get(hour) ?? { rows: 0, missing: 0, records: 0 };
    hoursFound.set(hour, counted);
    return counted;
  }

  async function countBeyond(place: Place, nextOffset: number): Promise<number> {
    const [row] = await warehouse.query<{ count: number }>(
      `SELECT toFloat64(uniqExact(offset)) AS count FROM events WHERE ${OF_PARTITION} AND offset >= {nextOffset:UInt64}`,
      { params: { ...place, nextOffset } },
    );
    return row?.count ?? 0;
  }

  /** By offsets alone: only what is not there is read from the log. */
  async function findGaps(place: Place, looked: OffsetRange, hoursFound: Hours) {
    const tally = createTally();
    for (let fromOffset = looked.fromOffset; fromOffset < looked.toOffset; fromOffset += BLOCK) {
      signal?.throwIfAborted();
      const toOffset = Math.min(fromOffset + BLOCK, looked.toOffset);
      const [counted] = await warehouse.query<{ rows: number }>(
        `SELECT toFloat64(uniqExact(offset)) AS rows FROM events WHERE ${IN_RANGE}`,
        { params: { ...place, fromOffset, toOffset } },
      );
      if (counted?.rows === toOffset - fromOffset) continue;
      for await (const gap of gapsOf(place, { fromOffset, toOffset })) {
        for await (const record of recordsOf(place, gap)) {
          await tellAbsent(place, record, tally, hoursFound);
        }
      }
    }
    return tally.found();
  }

  async function* gapsOf(place: Place, range: OffsetRange): AsyncGenerator<OffsetRange> {
    let { fromOffset } = range;
    for (;;) {
      const gaps = await warehouse.query<{ fromOffset: number; toOffset: number }>(
        `SELECT toFloat64(expected) AS fromOffset, toFloat64(offset) AS toOffset
FROM (
  SELECT offset, lagInFrame(offset + 1, 1, {fromOffset:UInt64}) OVER (ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS expected
  FROM (SELECT DISTINCT offset FROM events WHERE ${IN_RANGE} UNION ALL SELECT {toOffset:UInt64} AS offset)
)
WHERE offset > expected ORDER BY fromOffset LIMIT ${GAPS_MAX}`,
        { params: { ...place, fromOffset, toOffset: range.toOffset } },
      );
      yield* gaps;
      const last = gaps.at(-1);
      if (gaps.length < GAPS_MAX || !last) return;
      fromOffset = last.toOffset;
    }
  }

  async function* recordsOf(place: Place, range: OffsetRange): AsyncGenerator<LogRecord> {
    for await (const records of batchesOf(eventLog, place, range, signal)) yield* records;
  }

  /** Of a record of the log whose place has no row. */
  async function tellAbsent(place: Place, record: LogRecord, tally: Tally, hoursFound: Hours): Promise<void> {
    if ((await letters()).has(`${nameOf(place)}/${record.offset}`)) tally.deadLetters++;
    else if ((await erasures()).covers(record)) tally.erased++;
    else {
      tally.miss(record.offset);
      hourIn(hoursFound, record).missing++;
    }
  }

  /** Every record beside its row. */
  async function compare(place: Place, looked: OffsetRange, hoursFound: Hours) {
    const tally = createTally();
    for (let fromOffset = looked.fromOffset; fromOffset < looked.toOffset; fromOffset += DEEP_RECORDS) {
      const range = { fromOffset, toOffset: Math.min(fromOffset + DEEP_RECORDS, looked.toOffset) };
      const rows = await warehouse.query<{ offset: number; eventIds: string[] }>(
        `SELECT toFloat64(offset) AS offset, groupUniqArray(toString(eventId)) AS eventIds FROM events WHERE ${IN_RANGE} GROUP BY offset`,
        { params: { ...place, ...range } },
      );
      const eventIds = new Map(rows.map((row) => [row.offset, row.eventIds]));
      for await (const record of recordsOf(place, range)) {
        hourIn(hoursFound, record).records++;
        const found = eventIds.get(record.offset);
        if (!found) await tellAbsent(place, record, tally, hoursFound);
        else if (found.length !== 1 || found[0] !== stringIn(record, "eventId").toLowerCase()) {
          tally.differ(record.offset);
        }
      }
    }
    return tally.found();
  }
}

type Tally = ReturnType<typeof createTally>;

function createTally() {
  const missingRanges: { fromOffset: number; toOffset: number }[] = [];
  const differentOffsets: number[] = [];
  let missing = 0;
  let different = 0;
  return {
    deadLetters: 0,
    erased: 0,
    miss(offset: number) {
      missing++;
      const last = missingRanges.at(-1);
      if (last?.toOffset === offset) last.toOffset = offset + 1;
      else if (missingRanges.length < NAMED_MAX) missingRanges.push({ fromOffset: offset, toOffset: offset + 1 });
    },
    differ(offset: number) {
      different++;
      if (differentOffsets.length < NAMED_MAX) differentOffsets.push(offset);
    },
    found() {
      return {
        missing,
        missingRanges,
        deadLetters: this.deadLetters,
        erased: this.erased,
        different,
        differentOffsets,
      };
    },
  };
}

type Log = Pick<EventLog, "bounds" | "read">;

async function* batchesOf(
  eventLog: Log,
  place: Place,
  { fromOffset, toOffset }: OffsetRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly LogRecord[]> {
  for (let next = fromOffset; next < toOffset; ) {
    signal?.throwIfAborted();
    const recordsMax = Math.min(DEEP_RECORDS, toOffset - next);
    const records = await eventLog.read({ ...place, fromOffset: next, recordsMax, bytesMax: READ_BYTES_MAX });
    yield records.filter(({ offset }) => offset < toOffset);
    const last = records.at(-1);
    // A log that keeps marks of its own at some offsets ends before the range does.
    if (!last) return;
    next = last.offset + 1;
  }
}

/** A topic as it is now, batch by batch. */
async function* allOf(eventLog: Log, topic: string, signal: AbortSignal | undefined) {
  for (const { partition, firstOffset, nextOffset } of await eventLog.bounds(topic)) {
    yield* batchesOf(eventLog, { topic, partition }, { fromOffset: firstOffset, toOffset: nextOffset }, signal);
  }
}

/** The places of records that the sink kept as dead letters; read once, and only where something is not there. */
function lettersOf(eventLog: Log, signal: AbortSignal | undefined): () => Promise<ReadonlySet<string>> {
  let reading: Promise<ReadonlySet<string>> | undefined;
  return () => {
    reading ??= (async () => {
      const places = new Set<string>();
      for await (const records of allOf(eventLog, topics.deadLetters.name, signal)) {
        for (const { value } of records) {
          const record = parseLetter(value)?.record;
          if (record) places.add(`${nameOf(record)}/${record.offset}`);
        }
      }
      return places;
    })();
    return reading;
  };
}

/** The same of erasures: a replay rebuilds nothing of what they cover. */
function erasuresOf(eventLog: Log, signal: AbortSignal | undefined): () => Promise<Erasures> {
  let reading: Promise<Erasures> | undefined;
  return () => {
    reading ??= (async () => {
      const erasures = createErasures();
      for await (const records of allOf(eventLog, topics.erasures.name, signal)) erasures.add(records);
      return erasures;
    })();
    return reading;
  };
}

const UNKNOWN_HOUR = "unknown";
function receivedHourOf(record: LogRecord): string {
  const at = Date.parse(stringIn(record, "receivedAt"));
  return Number.isNaN(at) ? UNKNOWN_HOUR : new Date(at).toISOString().slice(0, 13);
}

/** A field of a stored event, "" where the record is none. Parsing the whole takes 2 µs. */
function stringIn({ value }: LogRecord, field: string): string {
  const found = decodeRecord(value)?.[field];
  return typeof found === "string" ? found : "";
}

/** For a metric: the newest records again and again, until the signal. A look that failed says so and is tried again. */
export async function auditRegularly(
  deps: AuditDeps,
  options: {
    readonly everyMs: number;
    readonly newestRecords: number;
    readonly signal: AbortSignal;
    onReport(report: AuditReport): void;
    onError(error: unknown): void;
  },
): Promise<void> {
  const { everyMs, newestRecords, signal } = options;
  while (!signal.aborted) {
    try {
      await deps.clock.sleep(everyMs, signal);
      options.onReport(await auditWarehouse(deps, { newestRecords, signal }));
    } catch (error) {
      if (signal.aborted) return;
      options.onError(error);
    }
  }
}
