/** A reader of every event topic under one group: opened together, closed together, one lag. */
import { EVENT_TOPICS } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog, RecordBatch, Subscription } from "@thewatcher/stores/event-log/port";

/** A partition whose records fail and come again. */
export interface HeldUp {
  readonly topic: string;
  readonly partition: number;
  /** Attempts since the last one that passed. */
  readonly failures: number;
  readonly reason: string;
}

export interface EventReader {
  /** The topics must exist. Call once. */
  start(): Promise<void>;
  /** Records appended and not yet handled, over all topics. */
  lag(): Promise<number>;
  /** Resolves when all that was appended before the call has been handled. */
  caughtUp(signal?: AbortSignal): Promise<void>;
  /** What keeps it from going on at the moment, for readiness: nothing is lost meanwhile, it only waits in the log. */
  heldUp(): readonly HeldUp[];
  /** Waits for what is under way, then stops. */
  close(): Promise<void>;
}

export function followEventTopics(options: {
  readonly eventLog: Pick<EventLog, "subscribe">;
  readonly log: Log;
  readonly group: string;
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly lingerMs: number;
  /** Default: every event topic. */
  readonly topics?: readonly string[];
  /** Before the first record. */
  prepare(): Promise<void>;
  handle(batch: RecordBatch): Promise<void>;
  /** As in a subscription. */
  resumeAt?(topic: string, partition: number): Promise<number | undefined>;
}): EventReader {
  const { eventLog, log, group, recordsMax, bytesMax, lingerMs, handle, resumeAt, topics = EVENT_TOPICS } = options;
  const subscriptions: Subscription[] = [];
  const held = new Map<string, HeldUp>();
  let starting: Promise<void> | undefined;

  async function open(): Promise<void> {
    await options.prepare();
    for (const topic of topics) {
      subscriptions.push(
        await eventLog.subscribe({
          group,
          topic,
          recordsMax,
          bytesMax,
          lingerMs,
          ...(resumeAt ? { resumeAt: (partition) => resumeAt(topic, partition) } : {}),
          async handle(batch) {
            await handle(batch);
            held.delete(`${topic}/${batch.partition}`);
          },
          onWell: (at) => held.delete(`${at.topic}/${at.partition}`),
          onError(err, at) {
            const place = `${at.topic}/${at.partition}`;
            const reason = err instanceof Error ? err.message : String(err);
            held.set(place, {
              topic: at.topic,
              partition: at.partition,
              failures: (held.get(place)?.failures ?? 0) + 1,
              reason,
            });
            log.warn({ err, group, ...at }, "a batch failed and will come again");
          },
        }),
      );
    }
  }
  const close = async () => {
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  };

  return {
    async start() {
      assert(!starting, "a reader starts once");
      starting = open();
      await starting.catch(async (error: unknown) => {
        await close();
        throw error;
      });
    },
    async lag() {
      const lags = await Promise.all(subscriptions.map((subscription) => subscription.lag()));
      return lags.reduce((sum, lag) => sum + lag, 0);
    },
    async caughtUp(signal) {
      await Promise.all(subscriptions.map((subscription) => subscription.caughtUp(signal)));
    },
    heldUp: () => [...held.values()],
    async close() {
      await starting?.catch(() => undefined);
      await close();
    },
  };
}
