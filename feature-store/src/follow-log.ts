/** Reads the log on from where a fold is, without a group: each process holds all titles and remembers its own place. */
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { LogPosition } from "./feature-sql.ts";
import { FEATURE_TOPICS } from "./read-title-features.ts";
import type { TitleFeatureFold } from "./title-feature-fold.ts";

/** 20 ms of folding; then others get their turn. */
const STEP_RECORDS = 1_000;
const STEP_BYTES = 1_048_576;

export interface Followed {
  readonly records: number;
  /** Records that are in the log no more and that the fold has not seen. */
  readonly missed: number;
}

/** Up to what the log holds now, or, of partitions in `until`, up to there; partitions that are not in it stay. */
export async function followLog(
  eventLog: Pick<EventLog, "bounds" | "read">,
  fold: TitleFeatureFold,
  options: { readonly until?: readonly LogPosition[]; readonly signal?: AbortSignal } = {},
): Promise<Followed> {
  const { until, signal } = options;
  let records = 0;
  let missed = 0;
  for (const topic of FEATURE_TOPICS) {
    for (const { partition, firstOffset, nextOffset } of await eventLog.bounds(topic)) {
      const isHere = (other: LogPosition) => other.topic === topic && other.partition === partition;
      const held = fold.positions().find(isHere)?.nextOffset ?? 0;
      if (held > nextOffset) {
        throw new Error(
          `title features include ${topic}/${partition} up to offset ${held}, but the event log ends at ${nextOffset}: they are of different worlds`,
        );
      }
      const end = until ? Math.min(nextOffset, until.find(isHere)?.nextOffset ?? 0) : nextOffset;
      let from = Math.max(held, firstOffset);
      if (from > held && held < end) missed += Math.min(from, end) - held;
      while (from < end) {
        signal?.throwIfAborted();
        const limits = { recordsMax: STEP_RECORDS, bytesMax: STEP_BYTES };
        const read = await eventLog.read({ topic, partition, fromOffset: from, ...limits });
        const batch = read.filter(({ offset }) => offset < end);
        if (batch.length === 0) break;
        fold.fold({ topic, partition, records: batch });
        records += batch.length;
        from = batch.at(-1)!.offset + 1;
        await othersTurn();
      }
    }
  }
  return { records, missed };
}

export const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
