/**
 * What the archive consists of: segments, each the records of one partition from one offset up to another, told by its
 * key. Digits are padded, so that the byte order of keys is the order of offsets.
 *
 * Segments may overlap (a crash between the put and the commit, a stuck writer with other cuts): the bytes of an offset
 * never change, so a reader takes each offset from whichever segment it likes, once.
 */
import type { Objects } from "@thewatcher/stores/objects/port";

const PREFIX = "archive/v1";
/** 2⁵³ has 16. */
const OFFSET_DIGITS = 16;
/** The most that one listing answers. */
const LIST_LIMIT = 1_000;

/** Offsets from `from` up to, and without, `next`. */
export interface OffsetRange {
  readonly from: number;
  readonly next: number;
}

export interface Segment extends OffsetRange {
  readonly key: string;
}

const padded = (offset: number) => String(offset).padStart(OFFSET_DIGITS, "0");
const partitionPrefix = (topic: string, partition: number) => `${PREFIX}/${topic}/${partition}/`;

export function segmentKey(topic: string, partition: number, { from, next }: OffsetRange): string {
  return `${partitionPrefix(topic, partition)}${padded(from)}-${padded(next)}.parquet`;
}

/** By `from`, then `next`. Keys of another form are not ours and are left out. */
export async function listSegments(objects: Objects, topic: string, partition: number): Promise<readonly Segment[]> {
  const prefix = partitionPrefix(topic, partition);
  const segments: Segment[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await objects.list({ prefix, limit: LIST_LIMIT, ...(after === undefined ? {} : { after }) });
    for (const { key } of page) {
      const match = /^(\d{16})-(\d{16})\.parquet$/.exec(key.slice(prefix.length));
      if (match) segments.push({ key, from: Number(match[1]), next: Number(match[2]) });
    }
    after = page.at(-1)?.key;
    if (page.length < LIST_LIMIT) return segments;
  }
}

export type CoverPart = ({ readonly kind: "segment"; readonly segment: Segment } | { readonly kind: "gap" }) &
  OffsetRange;

/**
 * The range as parts in order, each offset in exactly one: of the segments that hold an offset, the one that reaches the
 * furthest, so that few are read. `segments` by `from`.
 */
export function cover(segments: readonly Segment[], range: OffsetRange): readonly CoverPart[] {
  const parts: CoverPart[] = [];
  let at = range.from;
  let place = 0;
  let best: Segment | undefined;
  while (at < range.next) {
    for (; place < segments.length && segments[place]!.from <= at; place++) {
      const segment = segments[place]!;
      if (!best || segment.next > best.next) best = segment;
    }
    if (best && best.next > at) {
      const next = Math.min(best.next, range.next);
      parts.push({ kind: "segment", segment: best, from: at, next });
      at = next;
    } else {
      const next = Math.min(segments[place]?.from ?? range.next, range.next);
      parts.push({ kind: "gap", from: at, next });
      at = next;
    }
  }
  return parts;
}
