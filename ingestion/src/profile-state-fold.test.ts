import type { StoredEvent } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { EVENT_TOPICS, topicOf } from "@thewatcher/contracts/topics";
import { systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldEvent } from "./profile-state.ts";
import {
  createBatchFold,
  createProfileStateFold,
  createStateApplication,
  PROFILE_STATE_GROUP,
} from "./profile-state-fold.ts";
import { anyEvent, NOON, storedEvent } from "./testing/events.ts";
import { type FaultPlan, failOperation } from "./testing/faults.ts";
import { createHurriedClock, openTestStores, type TestStores } from "./testing/stores.ts";

const profileIds = ["p-1", "p-2", "p-3", "p-4", "p-5", "p-6"] as ProfileId[];

/** 60 events of six profiles, the same in every run. */
const events: readonly StoredEvent[] = fc
  .sample(anyEvent({ titleCount: 6, instants: 30 }), { seed: 7, numRuns: 60 })
  .map((event, i): StoredEvent => ({ ...event, profileId: profileIds[i % profileIds.length]! }));

const append = (eventLog: EventLog, event: StoredEvent) =>
  eventLog.append(topicOf(event.type), [{ key: event.profileId, value: JSON.stringify(event) }]);

const expectedStates = (all: readonly StoredEvent[]) =>
  profileIds.map((profileId) =>
    all.filter((event) => event.profileId === profileId).reduce<ProfileState | undefined>(foldEvent, undefined),
  );

async function expectFolded({ eventLog, recommendations }: TestStores, all: readonly StoredEvent[]): Promise<void> {
  expect(await recommendations.getStates(profileIds)).toEqual(expectedStates(all));
  for (const topic of EVENT_TOPICS) {
    const ends = (await eventLog.bounds(topic)).filter(({ nextOffset }) => nextOffset > 0);
    expect((await recommendations.statePositions(topic)).filter(({ nextOffset }) => nextOffset > 0)).toEqual(
      ends.map(({ partition, nextOffset }) => ({ partition, nextOffset })),
    );
  }
}

function faultyStore(store: RecommendationStore, plan: FaultPlan): RecommendationStore {
  return {
    ...store,
    getRevisedStates: (ids) => plan.run(() => store.getRevisedStates(ids)),
    putStates: (update) => plan.run(() => store.putStates(update)),
  };
}

function faultyLog(eventLog: EventLog, plan: FaultPlan): EventLog {
  return {
    ...eventLog,
    subscribe: (options) =>
      eventLog.subscribe({
        ...options,
        handle: async (batch) => {
          await options.handle(batch);
          await plan.run(async () => undefined);
        },
      }),
  };
}

async function foldAll(deps: {
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
}): Promise<void> {
  const fold = createProfileStateFold({ ...deps, clock: createHurriedClock(NOON), log: silentLog });
  await fold.start();
  await fold.caughtUp();
  expect(await fold.lag()).toBe(0);
  await fold.close();
}

describe("the live profile state", () => {
  test.each(["before", "after"] as const)(
    "includes every event and no position beyond, when the N-th operation fails %s its effect, for every N",
    async (when) => {
      for (let n = 1, fired = true; fired; n++) {
        expect(n).toBeLessThan(200);
        await using stores = await openTestStores(createHurriedClock(NOON));
        for (const event of events) await append(stores.eventLog, event);
        const plan = failOperation(n, when);
        await foldAll({
          eventLog: faultyLog(stores.eventLog, plan),
          recommendations: faultyStore(stores.recommendations, plan),
        });
        await expectFolded(stores, events);
        fired = plan.fired();
      }
    },
    60_000,
  );

  test("goes on behind what it has applied, and folds no record twice", async () => {
    await using stores = await openTestStores(createHurriedClock(NOON));
    const { eventLog } = stores;
    for (const event of events.slice(0, 30)) await append(eventLog, event);
    await foldAll(stores);
    // The states were written, but the group's position was not: as a crash in between leaves it.
    for (const topic of EVENT_TOPICS) {
      const moves = (await eventLog.bounds(topic)).map(({ partition }) => ({ partition, nextOffset: 0 }));
      await eventLog.commit(PROFILE_STATE_GROUP, topic, moves);
    }
    let puts = 0;
    const recommendations: RecommendationStore = {
      ...stores.recommendations,
      putStates(update) {
        puts++;
        return stores.recommendations.putStates(update);
      },
    };
    await foldAll({ eventLog, recommendations });
    expect(puts).toBe(0);
    for (const event of events.slice(30)) await append(eventLog, event);
    await foldAll({ eventLog, recommendations });
    await expectFolded(stores, events);
  });

  test("is rebuilt from the log when the store has lost it", async () => {
    await using stores = await openTestStores(createHurriedClock(NOON));
    for (const event of events) await append(stores.eventLog, event);
    await foldAll(stores);
    await using empty = await openTestStores(createHurriedClock(NOON));
    await foldAll({ eventLog: stores.eventLog, recommendations: empty.recommendations });
    expect(await empty.recommendations.getStates(profileIds)).toEqual(expectedStates(events));
  });

  test("of another world's log is refused, with what to do", async () => {
    await using stores = await openTestStores(createHurriedClock(NOON));
    await append(stores.eventLog, storedEvent("click", NOON, { titleId: "t" }));
    await foldAll(stores);
    await using empty = await openTestStores(createHurriedClock(NOON));
    const fold = createProfileStateFold({
      eventLog: empty.eventLog,
      recommendations: stores.recommendations,
      clock: systemClock,
      log: silentLog,
    });
    const error = await fold.start().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/behaviour, partition \d up to offset 1, but the event log ends at 0/);
  });

  test("is empty after an erasure, whichever topic is read first", async () => {
    for (const order of ["erasure first", "erasure last"] as const) {
      await using stores = await openTestStores(createHurriedClock(NOON));
      const erasure = storedEvent("erasure", NOON + 3_600_000, { reason: "viewer_request" });
      const all = order === "erasure first" ? [erasure, ...events] : [...events, erasure];
      for (const event of all) await append(stores.eventLog, event);
      await foldAll(stores);
      const [erased, other] = await stores.recommendations.getStates(profileIds);
      expect(erased?.titles).toEqual([]);
      expect(other?.titles.length).toBeGreaterThan(0);
    }
  });

  test("passes over records that are no events", async () => {
    await using stores = await openTestStores(createHurriedClock(NOON));
    const click = storedEvent("click", NOON, { titleId: "t" });
    const values = ["no json", "7", "{}", '{"type":"click"}', '{"type":"__proto__"}', JSON.stringify(click)];
    await stores.eventLog.append(
      "behaviour",
      values.map((value) => ({ key: "p-1", value })),
    );
    await foldAll(stores);
    expect(await stores.recommendations.getStates(profileIds.slice(0, 1))).toEqual([foldEvent(undefined, click)]);
  });

  test("never loses a write between a profile's topics, which are read side by side", async () => {
    await using stores = await openTestStores(systemClock);
    const fold = createProfileStateFold({ ...stores, clock: systemClock, log: silentLog });
    await fold.start();
    const rng = createRng(11);
    const live: StoredEvent[] = [];
    for (let i = 0; i < 200; i++) {
      const titleId = `t-${i % 40}`;
      const profileId = profileIds[Math.floor(rng.next() * 2)]!;
      live.push(
        storedEvent("click", NOON + i, { titleId }, { profileId }),
        storedEvent("rate", NOON + i, { titleId, stars: 1 + (i % 4) }, { profileId }),
      );
    }
    await Promise.all(live.map((event) => append(stores.eventLog, event)));
    await fold.caughtUp();
    await fold.close();
    await expectFolded(stores, live);
  });
});

describe("several folds on one store", () => {
  test("end in the state of one, however their reads and writes fall, batches come again, and owners change", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    let runs = 0;
    const step = fc.record({
      event: anyEvent({ titleCount: 3, instants: 12 }),
      owner: fc.nat(1),
      isRepeated: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 16 }), async (scheduler, steps) => {
        const profileId = `run-${runs++}` as ProfileId;
        const recommendations: RecommendationStore = {
          ...stores.recommendations,
          getRevisedStates: scheduler.scheduleFunction(stores.recommendations.getRevisedStates),
          putStates: scheduler.scheduleFunction(stores.recommendations.putStates),
        };
        const folds = [0, 1].map(() => createBatchFold({ recommendations, clock, log: silentLog }));
        const all = steps.map(({ event }) => ({ ...event, profileId }));
        // Each event is a batch of its topic; a repeated one is given to both, as when an owner was stuck.
        const work = folds.map(async ({ fold }, owner) => {
          for (const [offset, event] of all.entries()) {
            const { owner: chosen, isRepeated } = steps[offset]!;
            if (chosen !== owner && !isRepeated) continue;
            const record = { offset, key: profileId, value: Buffer.from(JSON.stringify(event)) };
            await fold({ topic: `${topicOf(event.type)}-${profileId}`, partition: 0, records: [record] });
          }
        });
        await scheduler.waitFor(Promise.all(work));
        const expected = all.reduce<ProfileState | undefined>(foldEvent, undefined);
        expect(await stores.recommendations.getStates([profileId])).toEqual([expected]);
      }),
      { numRuns: 60 },
    );
  });

  test("what is applied at once is what the log brings later, in the same state", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    const applyNow = createStateApplication({ recommendations: stores.recommendations, clock });
    await applyNow(events);
    expect(await stores.recommendations.getStates(profileIds)).toEqual(expectedStates(events));
    expect(await stores.recommendations.statePositions("stated")).toEqual([]);
    for (const event of events) await append(stores.eventLog, event);
    await foldAll(stores);
    await expectFolded(stores, events);
  });

  test("that never get a word in fail the batch, which comes again, and say whose state it is", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    let rounds = 0;
    const recommendations: RecommendationStore = {
      ...stores.recommendations,
      async putStates({ states }) {
        rounds++;
        return { conflicts: states.map(({ state }) => state.profileId) };
      },
    };
    const { fold } = createBatchFold({ recommendations, clock, log: silentLog });
    const click = storedEvent("click", NOON, { titleId: "t" }, { profileId: profileIds[0]! });
    const value = Buffer.from(JSON.stringify(click));
    const batch = { topic: "behaviour", partition: 0, records: [{ offset: 0, key: "p-1", value }] };
    await expect(fold(batch)).rejects.toThrow("others kept writing p-1 (1 in all) 10 times");
    expect(rounds).toBe(10);
  });
});
