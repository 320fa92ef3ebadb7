/**
 * Everything that was ever appended, read from the log where it still is and from the archive before that: for replays.
 * Each offset once, in order; what neither holds is named before anything is read.
 */
import type { EventLog, LogRecord } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { ArchiveDeps } from "./archive.ts";
import { decodeSegment } from "./segment-file.ts";
import { cover, listSegments, type OffsetRange, type Segment } from "./segments.ts";

export const HISTORY_SOURCES = ["log", "archive", "auto"] as const;
/** `auto`: the log, and the archive for what the log has forgotten. */
export type HistorySource = (typeof HISTORY_SOURCES)[number];

/** One read of the log: a segment's size. */
const READ_RECORDS_MAX = 50_000;
const READ_BYTES_MAX = 16 * 1024 * 1024;

type Part = OffsetRange &
  ({ readonly kind: "log" } | { readonly kind: "segment"; readonly segment: Segment } | { readonly kind: "missing" });

export interface PartitionHistory {
  readonly topic: string;
  readonly partition: number;
  /** The end of the log when this was looked at. */
  readonly next: number;
  /** Ranges that the source does not hold. */
  readonly missing: readonly OffsetRange[];
  /** In order, from `from` or the first offset behind it that is held; missing ranges are left out. */
  read(from?: number): AsyncIterable<readonly LogRecord[]>;
}

/**
 * The partitions of a topic from the offset 0 to the log's end, as it is now. `settle`: before the archive is looked at,
 * so that it holds what the log held.
 */
export async function openHistory(
  deps: ArchiveDeps,
  topic: string,
  source: HistorySource,
  settle?: () => Promise<void>,
): Promise<readonly PartitionHistory[]> {
  const bounds = await deps.eventLog.bounds(topic);
  await settle?.();
  return Promise.all(
    bounds.map(async ({ partition, firstOffset, nextOffset }): Promise<PartitionHistory> => {
      const logFrom = source === "archive" ? nextOffset : firstOffset;
      const segments = source === "log" ? [] : await listSegments(deps.objects, topic, partition);
      const parts: Part[] = cover(segments, { from: 0, next: logFrom }).map((part) =>
        part.kind === "gap" ? { kind: "missing", from: part.from, next: part.next } : part,
      );
      if (logFrom < nextOffset) parts.push({ kind: "log", from: logFrom, next: nextOffset });
      return {
        topic,
        partition,
        next: nextOffset,
        missing: parts.filter(({ kind }) => kind === "missing").map(({ from, next }) => ({ from, next })),
        read: (from = 0) => readParts(deps, { topic, partition }, parts, from),
      };
    }),
  );
}

async function* readParts(
  { eventLog, objects }: ArchiveDeps,
  place: { readonly topic: string; readonly partition: number },
  parts: readonly Part[],
  from: number,
): AsyncGenerator<readonly LogRecord[]> {
  for (const part of parts) {
    if (part.next <= from || part.kind === "missing") continue;
    const range = { from: Math.max(part.from, from), next: part.next };
    if (part.kind === "log") yield* readLog(eventLog, place, range);
    else yield await readSegment(objects, part.segment, range);
  }
}

async function* readLog(
  eventLog: EventLog,
  place: { readonly topic: string; readonly partition: number },
  range: OffsetRange,
): AsyncGenerator<readonly LogRecord[]> {
  for (let fromOffset = range.from; fromOffset < range.next; ) {
    const limits = { recordsMax: Math.min(READ_RECORDS_MAX, range.next - fromOffset), bytesMax: READ_BYTES_MAX };
    const records = await eventLog.read({ ...place, fromOffset, ...limits });
    if (records[0]?.offset !== fromOffset) {
      throw new Error(
        `${place.topic}, partition ${place.partition}: the log no longer holds offset ${fromOffset}; the same command again finds it in the archive, if it is there`,
      );
    }
    yield records;
    fromOffset = records.at(-1)!.offset + 1;
  }
}

async function readSegment(objects: Objects, segment: Segment, range: OffsetRange): Promise<readonly LogRecord[]> {
  const file = await objects.get(segment.key);
  if (!file) throw new Error(`the archive no longer holds ${segment.key}`);
  const records = await decodeSegment(file);
  const wanted = records.filter(({ offset }) => offset >= range.from && offset < range.next);
  if (wanted.length !== range.next - range.from) {
    throw new Error(`${segment.key} does not hold the offsets that its name says: ${wanted.length} of them`);
  }
  return wanted;
}
