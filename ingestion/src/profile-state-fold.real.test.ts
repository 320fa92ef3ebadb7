/** Several folds on one Tarantool, each over a connection of its own, as processes have them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredEvent } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { topicOf } from "@thewatcher/contracts/topics";
import { systemClock as clock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { openTarantoolRecommendations } from "@thewatcher/stores/recommendations/tarantool";
import { missing } from "@thewatcher/testbed/available";
import type { RunningServer } from "@thewatcher/testbed/server";
import { startTarantool } from "@thewatcher/testbed/tarantool";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foldEvent } from "./profile-state.ts";
import { createBatchFold } from "./profile-state-fold.ts";
import { anyEvent } from "./testing/events.ts";

const FOLDS = 4;
const BATCH_EVENTS = 6;
const profileIds = ["p-1", "p-2", "p-3"] as ProfileId[];

const events: readonly StoredEvent[] = fc
  .sample(anyEvent({ titleCount: 30, instants: 400 }), { seed: 5, numRuns: 600 })
  .map((event, i): StoredEvent => ({ ...event, profileId: profileIds[i % profileIds.length]! }));

describe.skipIf(missing("tarantool"))("several folds on one Tarantool", () => {
  let folder: string;
  let server: RunningServer;
  const stores: RecommendationStore[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fold-"));
    server = await startTarantool({ folder: join(folder, "server") });
    for (let i = 0; i < FOLDS; i++) stores.push(await openTarantoolRecommendations({ url: server.url, clock }));
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("that write the same three profiles all the time end in the state of one", async () => {
    let conflicts = 0;
    const byTopic = new Map<string, StoredEvent[]>();
    for (const event of events) byTopic.set(topicOf(event.type), [...(byTopic.get(topicOf(event.type)) ?? []), event]);
    const batches = [...byTopic].flatMap(([topic, all]) =>
      Array.from({ length: Math.ceil(all.length / BATCH_EVENTS) }, (_, part) => ({
        topic,
        partition: 0,
        records: all.slice(part * BATCH_EVENTS, (part + 1) * BATCH_EVENTS).map((event, i) => ({
          offset: part * BATCH_EVENTS + i,
          key: event.profileId,
          value: Buffer.from(JSON.stringify(event)),
        })),
      })),
    );
    await Promise.all(
      stores.map(async (store, owner) => {
        const recommendations: RecommendationStore = {
          ...store,
          async putStates(update) {
            const outcome = await store.putStates(update);
            conflicts += outcome.conflicts.length;
            return outcome;
          },
        };
        const { fold } = createBatchFold({ recommendations, clock, log: silentLog });
        // Every batch has two owners, as when one was stuck. A batch that never gets a word in comes again.
        for (const [i, batch] of batches.entries()) {
          if (i % FOLDS !== owner && (i + 1) % FOLDS !== owner) continue;
          for (let done = false; !done; ) {
            done = await fold(batch).then(
              () => true,
              () => false,
            );
          }
        }
      }),
    );
    expect(conflicts).toBeGreaterThan(0);
    const expected = profileIds.map((profileId) =>
      events.filter((event) => event.profileId === profileId).reduce<ProfileState | undefined>(foldEvent, undefined),
    );
    expect(await stores[0]!.getStates(profileIds)).toEqual(expected);
    for (const [topic, all] of byTopic) {
      expect(await stores[0]!.statePositions(topic)).toEqual([{ partition: 0, nextOffset: all.length }]);
    }
  });
});
