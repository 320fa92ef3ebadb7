/**
 * The sink: every event of the log as a row of the warehouse.
 *
 * Guarantee: each record of the event topics ends as exactly one row, by (topic, partition, offset), in every reader that
 * deduplicates, or as a dead letter; never neither. It rests on three things. The group's position moves only behind an
 * acknowledged insert (and durable dead letters), so nothing is skipped. Rows carry their place in the log, so an insert
 * repeated after a crash, or by an old owner that was stuck, meets its first copy and merges. And inserts are cut at
 * multiples of a constant, so that a backlog read again is cut the same way.
 *
 * What the warehouse says of its own positions is deliberately not used to skip records: an insert over several days
 * writes several parts, and a crash between them leaves the highest offset in and lower ones out.
 *
 * Sizes: ClickHouse wants few large inserts (each makes parts to merge, one a day of data). Far behind, an insert holds
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
import { type EventReader, followEventTopics } from "./follow.ts";

export const SINK_GROUP = "warehouse-sink";
/**
 * Inserts end at multiples of it. A million ratings cost the warehouse 17.2 s of processor time in inserts of 20,000 rows
 * with all merges behind them, 12.9 in 50,000, 12.3 in 100,000; memory and the wait of a small partition grow with it.
 */
export const INSERT_ROWS_MAX = 50_000;
/** 50,000 events of up to 500 bytes. With 9 partitions far behind at most 216 MB are held. */
const BATCH_BYTES_MAX = 24 * 1024 * 1024;
/** Half a second of company for a live row; nothing live waits for the warehouse. */
const LINGER_MS = 500;

export interface SinkDeps {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a row waits for others where nobody waits for it. Default: half a second. */
  readonly lingerMs?: number | undefined;
}

export function createSink(deps: SinkDeps): EventReader {
  const { eventLog, warehouse, clock, log, lingerMs = LINGER_MS } = deps;
  /** Where a batch comes again after its dead letters were kept, they are not kept twice. */
  const deadLetteredTo = new Map<string, number>();

  async function keepUndecodable(chunk: RecordBatch, offsets: readonly number[]): Promise<void> {
    const place = `${chunk.topic}/${chunk.partition}`;
    const from = deadLetteredTo.get(place) ?? 0;
    const unkept = new Set(offsets.filter((offset) => offset >= from));
    if (unkept.size === 0) return;
    const records = chunk.records.filter(({ offset }) => unkept.has(offset));
    assert(records.length === unkept.size, "undecodable offsets are of the batch", () => [...unkept]);
    const receivedAt = new Date(clock.now()).toISOString();
    await eventLog.append(
      topics.deadLetters.name,
      records.map((record) => undecodable(chunk, record, receivedAt)),
    );
    deadLetteredTo.set(place, Math.max(...unkept) + 1);
    log.error(
      { topic: chunk.topic, partition: chunk.partition, offsets: [...unkept].slice(0, 20) },
      "undecodable records",
    );
  }

  return followEventTopics({
    eventLog,
    log,
    group: SINK_GROUP,
    recordsMax: INSERT_ROWS_MAX,
    bytesMax: BATCH_BYTES_MAX,
    lingerMs,
    prepare: async () => undefined,
    async handle(batch) {
      for (const chunk of cutAtMultiples(batch, INSERT_ROWS_MAX)) {
        const { inserted, undecodable } = await warehouse.insertEvents(chunk);
        assert(inserted + undecodable.length === chunk.records.length, "every record is inserted or named", () => {
          return { inserted, undecodable: undecodable.length, records: chunk.records.length };
        });
        await keepUndecodable(chunk, undecodable);
      }
    },
  });
}

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

function undecodable(batch: RecordBatch, record: LogRecord, receivedAt: string) {
  const profile = ProfileId.safeParse(record.key);
  const unknownProfile = "unknown" as ProfileId;
  const { topic, partition } = batch;
  const letter = {
    version: 1,
    cause: "undecodable_record",
    detail: `${topic}, partition ${partition}, offset ${record.offset}: not a stored event`,
    profileId: profile.success ? profile.data : unknownProfile,
    device: "unknown",
    // ISO 3166 leaves ZZ to users: nobody's country.
    country: "ZZ",
    receivedAt,
    record: { topic, partition, offset: record.offset },
  } as const;
  return recordLetterRecord(letter, record.value);
}
