import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createOutboxRelay, moveOutboxBatch } from "./outbox-relay.ts";
import { applyStated } from "./stated.ts";
import { aStatement, aTitle, openTestDatabase, START, seedAccounts } from "./testing.ts";
import { upsertTitles } from "./titles.ts";

let database: Database;
let dispose: () => Promise<void>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedAccounts(database);
  await upsertTitles(database, [aTitle("t1")]);
});
afterAll(() => dispose());
beforeEach(async () => {
  await database.kysely.deleteFrom("outbox").execute();
});

/** The log's side of the story: what was durable. `failAt`: the operations that fail, before or after they took effect. */
function recordingLog(failAt: { before?: number; after?: number } = {}) {
  const records: (NewRecord & { topic: string })[] = [];
  let operation = 0;
  const eventLog: Pick<EventLog, "append"> = {
    async append(topic, appended) {
      operation++;
      if (operation === failAt.before) throw new Error("the log is away");
      records.push(...appended.map((record) => ({ ...record, topic })));
      if (operation === failAt.after) throw new Error("the answer was lost");
      return appended.map((_, offset) => ({ partition: 0, offset }));
    },
  };
  const eventIds = () => records.map((record) => (JSON.parse(String(record.value)) as { eventId: string }).eventId);
  return { eventLog, records, eventIds };
}

const statements = (count: number, label = "s") =>
  Array.from({ length: count }, (_, i) => aStatement(`${label} ${i}`, "watchlist", { titleId: "t1", at: i }));
const waiting = async () => (await database.kysely.selectFrom("outbox").select("sequence").execute()).length;

describe("one move", () => {
  test("carries the rows in the order of their commits and leaves none", async () => {
    const events = statements(3);
    for (const event of events) await applyStated(database, [event]);
    const log = recordingLog();
    expect(await moveOutboxBatch({ database, eventLog: log.eventLog })).toBe(3);
    expect(log.eventIds()).toEqual(events.map((event) => event.eventId));
    expect(log.records[0]).toMatchObject({ topic: "stated", key: "profile-a" });
    expect(await moveOutboxBatch({ database, eventLog: log.eventLog })).toBe(0);
  });

  test("two relays at once carry each row once", async () => {
    await applyStated(database, statements(50));
    const log = recordingLog();
    await Promise.all(Array.from({ length: 4 }, () => moveOutboxBatch({ database, eventLog: log.eventLog })));
    await moveOutboxBatch({ database, eventLog: log.eventLog });
    expect(log.eventIds()).toHaveLength(50);
    expect(new Set(log.eventIds()).size).toBe(50);
  });
});

describe("a failure", () => {
  /** As when the process dies after the append: everything was done, and the transaction is rolled back. */
  const databaseThatNeverCommits = (): Database => ({
    ...database,
    transaction: (work) =>
      database.transaction(async (transaction) => {
        await work(transaction);
        throw new Error("killed before the commit");
      }),
  });

  test("of the append, before or after it was durable, loses nothing and doubles only the same eventId", async () => {
    for (const failAt of [{ before: 1 }, { after: 1 }]) {
      await applyStated(database, statements(5, `append ${Object.keys(failAt)[0]}`));
      const log = recordingLog(failAt);
      await expect(moveOutboxBatch({ database, eventLog: log.eventLog })).rejects.toThrow();
      expect(await waiting()).toBe(5);
      expect(await moveOutboxBatch({ database, eventLog: log.eventLog })).toBe(5);
      expect(new Set(log.eventIds()).size).toBe(5);
      expect(log.eventIds()).toHaveLength("after" in failAt ? 10 : 5);
      expect(await waiting()).toBe(0);
    }
  });

  test("between append and commit brings the same events again under the same eventId", async () => {
    await applyStated(database, statements(5, "commit"));
    const log = recordingLog();
    await expect(moveOutboxBatch({ database: databaseThatNeverCommits(), eventLog: log.eventLog })).rejects.toThrow();
    expect(await waiting()).toBe(5);
    expect(await moveOutboxBatch({ database, eventLog: log.eventLog })).toBe(5);
    expect(log.eventIds()).toHaveLength(10);
    expect(new Set(log.eventIds()).size).toBe(5);
  });
});

describe("the relay", () => {
  const settled = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

  test("carries at once when kicked, without the clock moving", async () => {
    const log = recordingLog();
    const clock = createSimulatedClock(START);
    const relay = createOutboxRelay({ database, eventLog: log.eventLog, clock, log: silentLog });
    await applyStated(database, statements(2, "kick"));
    relay.kick();
    await settled(() => expect(log.records).toHaveLength(2));
    await relay.close();
  });

  test("finds within a second what another process committed", async () => {
    const log = recordingLog();
    const clock = createSimulatedClock(START);
    const relay = createOutboxRelay({ database, eventLog: log.eventLog, clock, log: silentLog });
    await applyStated(database, statements(2, "poll"));
    await settled(async () => {
      await clock.advance(1_000);
      expect(log.records).toHaveLength(2);
    });
    await relay.close();
  });

  test("goes on after the log was away", async () => {
    const log = recordingLog({ before: 1 });
    const clock = createSimulatedClock(START);
    await applyStated(database, statements(2, "away"));
    const relay = createOutboxRelay({ database, eventLog: log.eventLog, clock, log: silentLog });
    await settled(async () => {
      await clock.advance(100);
      expect(log.records).toHaveLength(2);
    });
    await relay.close();
    expect(await waiting()).toBe(0);
  });
});
