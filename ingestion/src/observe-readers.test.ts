import { createSimulatedClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { expect, test } from "vitest";
import { observeReaders } from "./observe-readers.ts";

/** A log of which only ends and positions are asked: two topics, the first with two partitions. */
function aLog() {
  const ends: Record<string, { first: number; next: number }[]> = {
    behaviour: [
      { first: 0, next: 10 },
      { first: 4, next: 6 },
    ],
    stated: [{ first: 0, next: 3 }],
  };
  const committed: Record<string, number[]> = { behaviour: [7, 0], stated: [3] };
  return {
    ends,
    committed,
    eventLog: {
      bounds: async (topic: string) =>
        (ends[topic] ?? []).map(({ first, next }, partition) => ({ partition, firstOffset: first, nextOffset: next })),
      committed: async (_group: string, topic: string) =>
        (committed[topic] ?? []).map((nextOffset, partition) => ({ partition, nextOffset })),
    },
  };
}

function observe() {
  const clock = createSimulatedClock(0);
  const log = aLog();
  const { eventLog } = log;
  const topics = ["behaviour", "stated"];
  return { ...log, clock, progress: observeReaders({ eventLog, group: "sink", topics, advice: "start one", clock }) };
}

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

test("the lag is what lies behind the group's positions; what the log no longer keeps is not waited for", async () => {
  const { progress, committed } = observe();
  // 10 − 7, 6 − 4 (nothing below 4 is there), 3 − 3.
  expect(await progress.lag()).toBe(5);
  committed.behaviour = [10, 6];
  expect(await progress.lag()).toBe(0);
});

test("caught up is what was there at the call, whoever handled it, and not what came later", async () => {
  const { progress, committed, ends, clock } = observe();
  let done = false;
  const waiting = progress.caughtUp().then(() => {
    done = true;
  });
  await turns();
  ends.stated = [{ first: 0, next: 1_000 }];
  committed.behaviour = [10, 5];
  await clock.advance(200);
  await turns();
  expect(done).toBe(false);
  committed.behaviour = [10, 6];
  await clock.advance(200);
  await turns();
  expect(done).toBe(true);
  await waiting;
});

test("where nobody reads it says so, and what to start; a reader that moves is waited for however long it takes", async () => {
  const { progress, committed, clock } = observe();
  let failure: unknown;
  const waiting = progress.caughtUp().catch((error: unknown) => {
    failure = error;
  });
  for (let position = 7; position < 10; position++) {
    committed.behaviour = [position, 0];
    for (let i = 0; i < 400; i++) {
      await clock.advance(200);
      await turns();
    }
    expect(failure).toBeUndefined();
  }
  for (let i = 0; i < 500; i++) {
    await clock.advance(200);
    await turns();
  }
  await waiting;
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as Error).message).toBe("sink: 3 events wait in the log and none was handled for 90 s; start one");
});

test("an abort ends the wait", async () => {
  const { progress, clock } = observe();
  const stopping = new AbortController();
  const waiting = progress.caughtUp(stopping.signal);
  await turns();
  stopping.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await clock.advance(0);
});
