/**
 * The sink: every event of the log as a row of the warehouse, effectively once.
 *
 * Guarantee: each record of the event topics ends as exactly one row, by (topic, partition, offset), in every reader that
 * deduplicates, or as a dead letter, by the same place; never neither. Whatever is killed, stuck, repeated or restored
 * from an older backup. It rests on this:
 *
 * - Order. Rows are acknowledged, then dead letters durable, then the warehouse's own position moves (`advance`), then the
 *   group's. Each says only what the one before has done.
 * - Places. Rows carry their place in the log: an insert repeated after a crash, or one of an old owner that lands hours
 *   later, meets its first copy. The readers' aggregates are idempotent, so it changes no answer before the merge either.
 * - The warehouse's word. It moves its position only where that joins on and the rows are there. Reading begins at the
 *   earlier of its position and the group's, and where a batch does not join on (the warehouse was restored under a running
 *   sink, the group was moved ahead), what lies between is read out of the log again and put in.
 * - Cuts. Inserts end at multiples of a constant, so that a backlog read again is cut the same way.
 *
 * A warehouse restored from a backup that was taken while inserts were under way wants its sinks started again behind the
 * restore: one that was stopped between an acknowledged insert and its word would be believed on the rows alone.
 *
 * Held in memory: a batch a partition and as much read ahead, however long the warehouse is away; the rest waits in the log.
 *
 * Sizes: ClickHouse wants few large inserts (each makes parts to merge, one a month of data). Far behind, an insert holds
 * up to `INSERT_ROWS_MAX` rows. Live, a partition's records wait for each other: at most two inserts a second and partition.
 */
import { ProfileId } from "@thewatcher/contracts/ids";
import { topics } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog, LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { recordLetterRecord } from "./dead-letter.ts";
import { fileSynthetic } from "./file-synthetic.ts";
import { type EventReader, followEventTopics } from "./follow.ts";

export const SINK_GROUP = "warehouse-sink";
/**
 * Inserts end at multiples of it. A million ratings cost the warehouse 17.2 s of processor time in inserts of 20,000 rows
 * with all merges behind them, 12.9 in 50,000, 12.3 in 100,000; memory and the wait of a small partition grow with it.
 */
export const INSERT_ROWS_MAX = 50_000;
/**
 * 50,000 events of up to 500 bytes. With the 4 partitions of `behaviour` far behind 192 MB are held, and 96 more in bodies of
 * inserts under way; with all 9, twice that.
 */
const BATCH_BYTES_MAX = 24 * 1024 * 1024;
/** Half a second of company for a live row; nothing live waits for the warehouse. */
const LINGER_MS = 500;

export const DECISION_SINK_GROUP = "warehouse-decisions";
/** A decision is a hundred rows, and a hundred times the bytes of an event. */
const DECISIONS_MAX = 500;
const DECISION_BYTES_MAX = 8 * 1024 * 1024;

/** Remembered; beyond it a letter may come twice, and is known by its place. */
const KEPT_LETTERS_MAX = 100_000;

export interface SinkDeps {
  readonly eventLog: Pick<EventLog, "append" | "bounds" | "read" | "subscribe">;
  readonly warehouse: Pick<Warehouse, "insertEvents" | "advance" | "positions">;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a row waits for others where nobody waits for it. Default: half a second. */
  readonly lingerMs?: number | undefined;
  /** Default: INSERT_ROWS_MAX. The simulation has small logs, and wants their batches cut too. */
  readonly insertRowsMax?: number;
}

/** What of a sink differs by what it carries. */
interface Carried {
  readonly group: string;
  /** undefined: every event topic. */
  readonly topics?: readonly string[];
  readonly bytesMax: number;
  /** "not …", of a record that is none. */
  readonly what: string;
}

const EVENTS: Carried = { group: SINK_GROUP, bytesMax: BATCH_BYTES_MAX, what: "a stored event" };
const DECISIONS: Carried = {
  group: DECISION_SINK_GROUP,
  topics: [topics.decisions.name],
  bytesMax: DECISION_BYTES_MAX,
  what: "a decision",
};

/** The same for logged decisions: they are keyed by their places, too. */
export function createDecisionSink(
  deps: Omit<SinkDeps, "warehouse"> & {
    readonly warehouse: Pick<Warehouse, "insertDecisions" | "advance" | "positions">;
  },
): EventReader {
  const { warehouse, insertRowsMax = DECISIONS_MAX } = deps;
  return createSinkOf(DECISIONS, {
    ...deps,
    insertRowsMax,
    warehouse: {
      insertEvents: (batch) => warehouse.insertDecisions(batch),
      advance: (range) => warehouse.advance(range),
      positions: () => warehouse.positions(),
    },
  });
}

export const createSink = (deps: SinkDeps): EventReader => createSinkOf(EVENTS, deps);

function createSinkOf(carried: Carried, deps: SinkDeps): EventReader {
  const { eventLog, warehouse, clock, log, lingerMs = LINGER_MS, insertRowsMax = INSERT_ROWS_MAX } = deps;
  const { group, bytesMax, what } = carried;
  /** Where a batch comes again after its dead letters were kept, they are not kept twice by the same sink. */
  const keptLetters = new Set<string>();

  async function keepUndecodable(chunk: RecordBatch, offsets: readonly number[]): Promise<void> {
    const placeOf = (offset: number) => `${chunk.topic}/${chunk.partition}/${offset}`;
    const unkept = new Set(offsets.filter((offset) => !keptLetters.has(placeOf(offset))));
    if (unkept.size === 0) return;
    const records = chunk.records.filter(({ offset }) => unkept.has(offset));
    assert(records.length === unkept.size, "undecodable offsets are of the batch", () => [...unkept]);
    const receivedAt = new Date(clock.now()).toISOString();
    await eventLog.append(
      topics.deadLetters.name,
      records.map((record) => undecodable(chunk, record, { receivedAt, what })),
    );
    if (keptLetters.size + unkept.size > KEPT_LETTERS_MAX) keptLetters.clear();
    for (const offset of unkept) keptLetters.add(placeOf(offset));
    log.error(
      { topic: chunk.topic, partition: chunk.partition, offsets: [...unkept].slice(0, 20) },
      "undecodable records",
    );
  }

  /** Puts the records in, in order, and says so from `fromOffset` on. Answers how far the warehouse is. */
  async function put(batch: RecordBatch, fromOffset: number): Promise<number> {
    const { topic, partition } = batch;
    let rows = 0;
    for (const chunk of cutAtMultiples(batch, insertRowsMax)) {
      const { inserted, undecodable } = await warehouse.insertEvents({
        ...chunk,
        records: fileSynthetic(chunk.records),
      });
      assert(inserted + undecodable.length === chunk.records.length, "every record is inserted or named", () => {
        return { inserted, undecodable: undecodable.length, records: chunk.records.length };
      });
      await keepUndecodable(chunk, undecodable);
      rows += inserted;
    }
    return warehouse.advance({ topic, partition, fromOffset, nextOffset: nextOf(batch), rows });
  }

  /** What the warehouse lacks in front of `toOffset`, out of the log. */
  async function fill(place: Pick<RecordBatch, "topic" | "partition">, from: number, toOffset: number): Promise<void> {
    const { topic, partition } = place;
    log.warn({ ...place, from, toOffset }, "the warehouse is behind its reader: filling it from the log");
    const bounds = await eventLog.bounds(topic);
    const kept = bounds.find((bound) => bound.partition === partition)?.firstOffset ?? 0;
    let position = from;
    if (position < kept) {
      log.error({ ...place, from, kept }, "records that the warehouse may lack are no longer in the log");
      position = await warehouse.advance({ topic, partition, fromOffset: from, nextOffset: kept, rows: 0 });
    }
    while (position < toOffset) {
      const read = { topic, partition, fromOffset: position, recordsMax: insertRowsMax, bytesMax };
      const records = (await eventLog.read(read)).filter(({ offset }) => offset < toOffset);
      assert(records.length > 0, "a handled record is in the log", () => read);
      const batch = { topic, partition, records };
      const reached = await put(batch, position);
      if (reached < nextOf(batch)) {
        throw new Error(`${topic}/${partition}: the warehouse went back to ${reached} while it was being filled`);
      }
      position = reached;
    }
  }

  return followEventTopics({
    eventLog,
    log,
    group,
    ...(carried.topics ? { topics: carried.topics } : {}),
    recordsMax: insertRowsMax,
    bytesMax,
    lingerMs,
    prepare: async () => undefined,
    // A warehouse that never heard of a partition wants all of it.
    resumeAt: async (topic, partition) => {
      const positions = await warehouse.positions();
      return positions.find((at) => at.topic === topic && at.partition === partition)?.nextOffset ?? 0;
    },
    async handle(batch) {
      const reached = await put(batch, firstOf(batch));
      if (reached < nextOf(batch)) await fill(batch, reached, nextOf(batch));
    },
  });
}

const firstOf = ({ records }: RecordBatch): number => (records[0] as LogRecord).offset;
const nextOf = ({ records }: RecordBatch): number => (records.at(-1) as LogRecord).offset + 1;

/** The batch in pieces that end where the offset is a multiple of `rows`, but for the last. */
export function cutAtMultiples(batch: RecordBatch, rows: number): RecordBatch[] {
  const chunks: RecordBatch[] = [];
  let start = 0;
  batch.records.forEach(({ offset }, i) => {
    const isLast = i === batch.records.length - 1;
    if (!isLast && (offset + 1) % rows !== 0) return;
    chunks.push({ ...batch, records: batch.records.slice(start, i + 1) });
    start = i + 1;
  });
  return chunks;
}

function undecodable(
  batch: RecordBatch,
  record: LogRecord,
  { receivedAt, what }: { readonly receivedAt: string; readonly what: string },
) {
  const profile = ProfileId.safeParse(record.key);
  const unknownProfile = "unknown" as ProfileId;
  const { topic, partition } = batch;
  const letter = {
    version: 1,
    cause: "undecodable_record",
    detail: `${topic}, partition ${partition}, offset ${record.offset}: not ${what}`,
    profileId: profile.success ? profile.data : unknownProfile,
    device: "unknown",
    // ISO 3166 leaves ZZ to users: nobody's country.
    country: "ZZ",
    receivedAt,
    record: { topic, partition, offset: record.offset },
  } as const;
  return recordLetterRecord(letter, record.value);
}
