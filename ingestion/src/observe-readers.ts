/**
 * How far the readers of a group are, from the log alone: whoever reads, in whichever process. The positions that a group
 * committed are behind what it has written, so what is below them is there.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { EventLog } from "@thewatcher/stores/event-log/port";

export interface ReaderProgress {
  /** Records appended and not yet handled, over all topics. */
  lag(): Promise<number>;
  /** Resolves when all that was appended before the call has been handled. */
  caughtUp(signal?: AbortSignal): Promise<void>;
}

const POLL_MS = 200;
/** A reader that lives commits a batch of 50,000 rows within seconds, and after a crash its partitions change hands in 30. */
const STANDSTILL_MS_MAX = 90_000;

export function observeReaders(options: {
  readonly eventLog: Pick<EventLog, "bounds" | "committed">;
  readonly group: string;
  readonly topics: readonly string[];
  /** What starts a reader, for a person who waits for none. */
  readonly advice: string;
  readonly clock: Clock;
}): ReaderProgress {
  const { eventLog, group, topics, clock } = options;

  /** By topic and partition: the next offset that the group would handle, and the one that the next record gets. */
  async function look(): Promise<ReadonlyMap<string, { readonly handled: number; readonly next: number }>> {
    const perTopic = await Promise.all(
      topics.map(async (topic) => {
        const [bounds, committed] = await Promise.all([eventLog.bounds(topic), eventLog.committed(group, topic)]);
        const positions = new Map(committed.map(({ partition, nextOffset }) => [partition, nextOffset]));
        return bounds.map(({ partition, firstOffset, nextOffset }) => {
          const handled = Math.max(firstOffset, positions.get(partition) ?? 0);
          return [`${topic}/${partition}`, { handled, next: nextOffset }] as const;
        });
      }),
    );
    return new Map(perTopic.flat());
  }

  return {
    async lag() {
      let lag = 0;
      for (const { handled, next } of (await look()).values()) lag += Math.max(0, next - handled);
      return lag;
    },

    async caughtUp(signal) {
      const targets = await look();
      let left = Number.POSITIVE_INFINITY;
      let movedMs = clock.monotonicMs();
      for (let now = targets; ; now = await look()) {
        signal?.throwIfAborted();
        let leftNow = 0;
        for (const [place, { next }] of targets) leftNow += Math.max(0, next - (now.get(place)?.handled ?? 0));
        if (leftNow === 0) return;
        if (leftNow < left) {
          left = leftNow;
          movedMs = clock.monotonicMs();
        } else if (clock.monotonicMs() - movedMs > STANDSTILL_MS_MAX) {
          throw new UserError(
            `${group}: ${leftNow} events wait in the log and none was handled for ${STANDSTILL_MS_MAX / 1000} s; ${options.advice}`,
          );
        }
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}
