import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { sql } from "kysely";
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
  const settled = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 25_000, interval: 5 });

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

describe("several relays on one database", () => {
  /** As when the process dies with its transaction open: whatever of this test's stands between two statements ends. */
  const endOpenTransactions = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction' and pid <> pg_backend_pid()`.execute(
      database.kysely,
    );
  const untilItWorks = async (work: () => Promise<unknown>) => {
    for (;;) {
      try {
        return await work();
      } catch {
        await systemClock.sleep(5);
      }
    }
  };

  test("lose nothing and keep the order of each profile, though appends fail, and land late after their owner is gone", async () => {
    const rng = createRng(20);
    const log: { profileId: string; eventId: string }[] = [];
    let appends = 0;
    let underWay = 0;
    let together = 0;
    const counts = { failed: 0, late: 0 };
    const eventLog: Pick<EventLog, "append"> = {
      async append(_topic, records) {
        appends++;
        underWay++;
        together = Math.max(together, underWay);
        const fate = rng.int(6);
        if (fate === 0) {
          counts.late++;
          const seen = appends;
          await endOpenTransactions().catch(() => {});
          // Until another relay carries the same: at its next poll at the latest.
          for (let turns = 0; turns < 600 && appends === seen; turns++) await systemClock.sleep(5);
        }
        log.push(...records.map(({ value }) => JSON.parse(String(value)) as (typeof log)[number]));
        underWay--;
        if (fate === 1) {
          counts.failed++;
          throw new Error("the answer was lost");
        }
        return records.map((_, offset) => ({ partition: 0, offset }));
      },
    };
    const relays = Array.from({ length: 3 }, () =>
      createOutboxRelay({ database, eventLog, clock: systemClock, log: silentLog }),
    );
    const stated = new Map<string, string[]>();
    await Promise.all(
      ["profile-a", "profile-b"].map(async (profileId) => {
        const ids: string[] = [];
        stated.set(profileId, ids);
        for (let i = 0; i < 60; i++) {
          const event = aStatement(`several ${profileId} ${i}`, "watchlist", { titleId: "t1", at: i, profileId });
          // A command whose answer was lost comes again under its own id.
          await untilItWorks(() => applyStated(database, [event]));
          ids.push(event.eventId);
          for (const relay of relays) relay.kick();
        }
      }),
    );
    await vi.waitFor(
      async () => {
        for (const relay of relays) relay.kick();
        expect(await waiting()).toBe(0);
      },
      { timeout: 30_000, interval: 20 },
    );
    for (const relay of relays) await relay.close();
    for (const [profileId, ids] of stated) {
      // A reader counts an event once, where it comes first.
      const first = new Set(log.flatMap((event) => (event.profileId === profileId ? [event.eventId] : [])));
      expect([...first]).toEqual(ids);
    }
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.late).toBeGreaterThan(0);
    // Without the death of an owner there is one at a time; with it two appended side by side.
    expect(together).toBeGreaterThan(1);
  }, 60_000);

  test("while none dies one carries at a time, and no event comes twice", async () => {
    let underWay = 0;
    const ids: string[] = [];
    const eventLog: Pick<EventLog, "append"> = {
      async append(_topic, records) {
        expect(++underWay).toBe(1);
        await systemClock.sleep(2);
        ids.push(...records.map(({ value }) => (JSON.parse(String(value)) as { eventId: string }).eventId));
        underWay--;
        return records.map((_, offset) => ({ partition: 0, offset }));
      },
    };
    const relays = Array.from({ length: 3 }, () =>
      createOutboxRelay({ database, eventLog, clock: systemClock, log: silentLog }),
    );
    const events = statements(40, "quiet");
    for (const event of events) {
      await applyStated(database, [event]);
      for (const relay of relays) relay.kick();
    }
    await vi.waitFor(
      () => {
        for (const relay of relays) relay.kick();
        expect(ids).toHaveLength(40);
      },
      { timeout: 20_000, interval: 20 },
    );
    for (const relay of relays) await relay.close();
    expect(ids).toEqual(events.map((event) => event.eventId));
  }, 30_000);
});
