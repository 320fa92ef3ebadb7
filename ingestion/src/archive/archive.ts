/**
 * The archive: every record of every topic that lasts as Parquet objects, written by a reader of its own group beside the
 * sink, so that the log may forget what a replay will ask for. What is kept for a time only (decisions) is not archived.
 *
 * The group's position moves only behind an acknowledged put. What the archive itself holds decides where reading begins:
 * objects that were lost are written again while the log still has their records.
 */
import { lastingTopics } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog, RecordBatch } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import { type EventReader, followEventTopics } from "../follow.ts";
import { encodeSegment } from "./segment-file.ts";
import { cover, listSegments, type OffsetRange, segmentKey } from "./segments.ts";

export const ARCHIVE_GROUP = "archive";
/** A segment's rows: 50,000 events are about 20 MB, 4 MB in Parquet; object stores want few large objects. */
const SEGMENT_ROWS_MAX = 50_000;
/** With 10 partitions far behind at most 160 MB are held. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
/** A quiet partition makes at most 12 objects an hour. Nothing is at risk meanwhile: the log holds it. */
const LINGER_MS = 5 * 60_000;

export interface ArchiveDeps {
  readonly eventLog: EventLog;
  readonly objects: Objects;
}

export function createArchiveWriter(
  deps: ArchiveDeps & {
    readonly log: Log;
    /** How long records wait for others. Default: five minutes. */
    readonly lingerMs?: number;
  },
): EventReader {
  const { eventLog, objects, log, lingerMs = LINGER_MS } = deps;
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  const reader = followEventTopics({
    eventLog,
    log,
    group: ARCHIVE_GROUP,
    topics: lastingTopics.map(({ name }) => name),
    recordsMax: SEGMENT_ROWS_MAX,
    bytesMax: SEGMENT_BYTES_MAX,
    lingerMs,
    prepare: async () => undefined,
    // One after the other: encoders of ten partitions would take their turns of 20 ms in a row.
    handle(batch) {
      const put = last.then(() => putSegment(objects, batch, closing.signal));
      last = put.catch(() => undefined);
      return put;
    },
    async resumeAt(topic, partition) {
      const bounds = (await eventLog.bounds(topic)).find((bound) => bound.partition === partition);
      assert(bounds !== undefined, "a partition of the topic", () => ({ topic, partition }));
      return (await examinePartition(objects, topic, bounds)).archivedTo;
    },
  });
  return {
    ...reader,
    close() {
      // What is being encoded comes again at the next start.
      closing.abort(new Error("the archive is closing"));
      return reader.close();
    },
  };
}

async function putSegment(objects: Objects, batch: RecordBatch, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const range = { from: batch.records[0]!.offset, next: batch.records.at(-1)!.offset + 1 };
  assert(range.next - range.from === batch.records.length, "offsets without a gap", () => range);
  await objects.put(segmentKey(batch.topic, batch.partition, range), await encodeSegment(batch, signal));
}

export interface PartitionArchive {
  readonly partition: number;
  /** What the log holds now. */
  readonly firstOffset: number;
  readonly nextOffset: number;
  /** The log may forget what lies below: everything from its first offset up to here is archived. */
  readonly archivedTo: number;
  /**
   * Offsets that neither the archive nor the log holds: lost for every replay. And what the archive lacks between two
   * segments, or before the first, while the log still holds it.
   */
  readonly lost: readonly OffsetRange[];
  readonly unarchived: readonly OffsetRange[];
}

/** How complete the archive of a topic is, by partition; for the audit and for the log's retention. */
export async function examineArchive(
  { eventLog, objects }: ArchiveDeps,
  topic: string,
): Promise<readonly PartitionArchive[]> {
  const bounds = await eventLog.bounds(topic);
  return Promise.all(bounds.map((bound) => examinePartition(objects, topic, bound)));
}

async function examinePartition(
  objects: Objects,
  topic: string,
  bounds: { readonly partition: number; readonly firstOffset: number; readonly nextOffset: number },
): Promise<PartitionArchive> {
  const { partition, firstOffset, nextOffset } = bounds;
  const segments = await listSegments(objects, topic, partition);
  const end = segments.reduce((max, { next }) => Math.max(max, next), 0);
  const gaps = cover(segments, { from: 0, next: Math.max(end, firstOffset) }).filter(({ kind }) => kind === "gap");
  const within = ({ from, next }: OffsetRange, low: number, high: number): OffsetRange[] =>
    Math.max(from, low) < Math.min(next, high) ? [{ from: Math.max(from, low), next: Math.min(next, high) }] : [];
  const unarchived = gaps.flatMap((gap) => within(gap, firstOffset, end));
  return {
    partition,
    firstOffset,
    nextOffset,
    archivedTo: Math.max(firstOffset, unarchived[0]?.from ?? end),
    lost: gaps.flatMap((gap) => within(gap, 0, firstOffset)),
    unarchived,
  };
}
