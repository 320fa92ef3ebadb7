/** The embedded stores in a folder of the test's own, and clocks that don't wait. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allTopics } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import type { EventLog, LogRecord } from "@thewatcher/stores/event-log/port";
import { openLmdbRecommendations } from "@thewatcher/stores/recommendations/lmdb";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";

export interface TestStores extends AsyncDisposable {
  readonly folder: string;
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
}

export async function openTestStores(clock: Clock): Promise<TestStores> {
  const folder = await mkdtemp(join(tmpdir(), "ingestion-"));
  const eventLog = await openLmdbEventLog({ path: join(folder, "event-log"), clock });
  const recommendations = await openLmdbRecommendations({ path: join(folder, "recommendations") });
  for (const { name, partitionCount } of allTopics) await eventLog.ensureTopic({ name, partitionCount });
  return {
    folder,
    eventLog,
    recommendations,
    async [Symbol.asyncDispose]() {
      await eventLog.close();
      await recommendations.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every record of a topic, by partition and offset. */
export async function readTopic(
  eventLog: EventLog,
  topic: string,
): Promise<(LogRecord & { readonly partition: number })[]> {
  const found: (LogRecord & { readonly partition: number })[] = [];
  for (const { partition, firstOffset, nextOffset } of await eventLog.bounds(topic)) {
    for (let fromOffset = firstOffset; fromOffset < nextOffset; ) {
      const records = await eventLog.read({ topic, partition, fromOffset, recordsMax: 10_000, bytesMax: 1 << 24 });
      found.push(...records.map((record) => ({ ...record, partition })));
      fromOffset += records.length;
    }
  }
  return found;
}

export async function readJson(eventLog: EventLog, topic: string): Promise<Record<string, unknown>[]> {
  return (await readTopic(eventLog, topic)).map(({ value }) => JSON.parse(Buffer.from(value).toString("utf8")));
}

/** Time passes only by sleeping, and sleeping takes one turn of the event loop. */
export function createHurriedClock(startAt: number): Clock {
  let now = startAt;
  return {
    now: () => Math.floor(now),
    monotonicMs: () => now,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        setImmediate(() => {
          if (signal?.aborted) return reject(signal.reason);
          now += durationMs;
          resolve();
        });
      }),
  };
}
