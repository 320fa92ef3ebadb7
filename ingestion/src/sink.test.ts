import { EVENT_TOPICS, topicOf } from "@thewatcher/contracts/topics";
import { DeadLetter } from "@thewatcher/contracts/topics/dead-letters";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { EventLog, RecordBatch } from "@thewatcher/stores/event-log/port";
import { describe, expect, test } from "vitest";
import { createSink, cutAtMultiples, INSERT_ROWS_MAX, SINK_GROUP, type SinkDeps } from "./sink.ts";
import { NOON, storedEvent } from "./testing/events.ts";
import { type FaultPlan, failOperation } from "./testing/faults.ts";
import { createHurriedClock, openTestStores, readJson, readTopic } from "./testing/stores.ts";

/** What a warehouse keeps of inserts: one row a place, however often it comes. Not JSON objects are named, as the port says. */
function createRows(plan?: FaultPlan) {
  const rows = new Map<string, string>();
  const inserts: RecordBatch[] = [];
  const positions = new Map<string, { topic: string; partition: number; nextOffset: number }>();
  const insert = async (batch: RecordBatch) => {
    inserts.push(batch);
    const undecodable: number[] = [];
    for (const { offset, value } of batch.records) {
      const text = Buffer.from(value).toString("utf8");
      if (text.startsWith("{")) rows.set(`${batch.topic}/${batch.partition}/${offset}`, text);
      else undecodable.push(offset);
    }
    return { inserted: batch.records.length - undecodable.length, undecodable };
  };
  const planned = <Value>(work: () => Promise<Value>) => (plan ? plan.run(work) : work());
  const warehouse: SinkDeps["warehouse"] = {
    insertEvents: (batch) => planned(() => insert(batch)),
    advance: ({ topic, partition, fromOffset, nextOffset }) =>
      planned(async () => {
        const name = `${topic}/${partition}`;
        const reached = positions.get(name)?.nextOffset ?? 0;
        if (reached < fromOffset) return reached;
        positions.set(name, { topic, partition, nextOffset: Math.max(reached, nextOffset) });
        return nextOffset;
      }),
    positions: () => planned(async () => [...positions.values()]),
  };
  return { rows, inserts, positions, warehouse };
}

/** Fails appends, and the moment between a handled batch and the moved position. */
function faulty(eventLog: EventLog, plan: FaultPlan): EventLog {
  return {
    ...eventLog,
    append: (topic, records) => plan.run(() => eventLog.append(topic, records)),
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

async function appendEvents(eventLog: EventLog): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const profileId = `p-${i % 5}`;
    const events = [
      storedEvent("click", NOON + i, { titleId: `t-${i}` }, { profileId }),
      storedEvent("rate", NOON + i, { titleId: `t-${i}`, stars: 3 }, { profileId }),
      ...(i === 7 ? [storedEvent("erasure", NOON + i, { reason: "operator" }, { profileId })] : []),
    ];
    for (const event of events) {
      await eventLog.append(topicOf(event.type), [{ key: profileId, value: JSON.stringify(event) }]);
    }
  }
  await eventLog.append("behaviour", [
    { key: "p-1", value: "no json" },
    { key: "not a profile id!", value: "[1]" },
  ]);
}

async function placesOf(eventLog: EventLog): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (const topic of EVENT_TOPICS) {
    for (const { partition, offset, value } of await readTopic(eventLog, topic)) {
      places.set(`${topic}/${partition}/${offset}`, Buffer.from(value).toString("utf8"));
    }
  }
  return places;
}

describe("the sink", () => {
  test.each(["before", "after"] as const)(
    "loses and doubles nothing when its N-th operation fails %s its effect, for every N, going on or starting anew",
    async (when) => {
      for (const isRestarted of [false, true]) {
        for (let n = 1, fired = true; fired; n++) {
          expect(n).toBeLessThan(200);
          const clock = createHurriedClock(NOON);
          await using stores = await openTestStores(clock);
          await appendEvents(stores.eventLog);
          const plan = failOperation(n, when);
          const { rows, warehouse } = createRows(plan);
          const deps = { warehouse, clock, log: silentLog };
          const sink = createSink({ ...deps, eventLog: faulty(stores.eventLog, plan) });
          await sink.start();
          if (isRestarted) {
            while (!plan.fired() && (await sink.lag()) > 0) await new Promise((resolve) => setImmediate(resolve));
          } else {
            await sink.caughtUp();
          }
          await sink.close();
          const successor = createSink({ ...deps, eventLog: stores.eventLog });
          await successor.start();
          await successor.caughtUp();
          expect(await successor.lag()).toBe(0);
          await successor.close();
          fired = plan.fired();

          const places = await placesOf(stores.eventLog);
          const bad = [...places].filter(([, text]) => !text.startsWith("{"));
          const good = [...places].filter(([, text]) => text.startsWith("{"));
          expect(bad).toHaveLength(2);
          expect(new Map([...rows].sort())).toEqual(new Map(good.sort()));
          const letters = (await readJson(stores.eventLog, "dead-letters")).map((letter) => DeadLetter.parse(letter));
          expect(new Set(letters.map(({ raw }) => raw))).toEqual(new Set(["no json", "[1]"]));
        }
      }
    },
    120_000,
  );

  test("keeps an undecodable record once as a dead letter with its place, before its position moves", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    await appendEvents(stores.eventLog);
    const { warehouse } = createRows();
    let failures = 0;
    const eventLog: EventLog = {
      ...stores.eventLog,
      subscribe: (options) =>
        stores.eventLog.subscribe({
          ...options,
          handle: async (batch) => {
            await options.handle(batch);
            if (failures++ < 12) throw new Error("the same records come again");
          },
        }),
    };
    const sink = createSink({ eventLog, warehouse, clock, log: silentLog });
    await sink.start();
    await sink.caughtUp();
    await sink.close();
    const letters = await readJson(stores.eventLog, "dead-letters");
    expect(letters).toHaveLength(2);
    const records = await readTopic(stores.eventLog, "behaviour");
    const place = records.find(({ value }) => Buffer.from(value).toString() === "no json");
    expect(letters).toContainEqual({
      version: 1,
      cause: "undecodable_record",
      detail: `behaviour, partition ${place?.partition}, offset ${place?.offset}: not a stored event`,
      profileId: "p-1",
      device: "unknown",
      country: "ZZ",
      receivedAt: expect.any(String),
      raw: "no json",
      record: { topic: "behaviour", partition: place?.partition, offset: place?.offset },
    });
    expect(letters).toContainEqual(expect.objectContaining({ profileId: "unknown", raw: "[1]" }));
  });

  test("with the warehouse away for two minutes under load holds one batch a partition, says why, and then loses nothing", async () => {
    const clock = createSimulatedClock(NOON);
    await using stores = await openTestStores(clock);
    const { rows, warehouse } = createRows();
    const SECONDS = 120;
    const batchRows = 500;
    let isAway = true;
    let held = 0;
    let heldMost = 0;
    let attempts = 0;
    const sink = createSink({
      eventLog: {
        ...stores.eventLog,
        subscribe: (options) =>
          stores.eventLog.subscribe({
            ...options,
            async handle(batch) {
              held += batch.records.length;
              heldMost = Math.max(heldMost, held);
              try {
                await options.handle(batch);
              } finally {
                held -= batch.records.length;
              }
            },
          }),
      },
      warehouse: {
        ...warehouse,
        async insertEvents(batch) {
          attempts++;
          if (isAway) throw new Error("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space");
          return warehouse.insertEvents(batch);
        },
      },
      clock,
      log: silentLog,
      insertRowsMax: batchRows,
    });
    await sink.start();
    expect(sink.heldUp()).toEqual([]);
    const payload = { titleId: "t", query: "x".repeat(200) };
    let heapBefore = 0;
    for (let second = 0; second < SECONDS; second++) {
      const records = Array.from({ length: 200 }, (_, i) => {
        const event = storedEvent("click", clock.now(), payload, { profileId: `p-${i}`, name: `${second} ${i}` });
        return { key: event.profileId, value: JSON.stringify(event) };
      });
      await stores.eventLog.append("behaviour", records);
      await clock.advance(1_000);
      if (second === 20) heapBefore = process.memoryUsage().heapUsed;
    }
    const appended = SECONDS * 200;
    expect(await sink.lag()).toBe(appended);
    // Four partitions; retries after 100 ms to 5 s.
    expect(heldMost).toBeLessThanOrEqual(4 * batchRows);
    expect(attempts).toBeGreaterThan(4 * 20);
    expect(attempts).toBeLessThan(4 * 60);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(64 * 1024 * 1024);
    expect(sink.heldUp().map(({ topic }) => topic)).toEqual(Array.from({ length: 4 }, () => "behaviour"));
    expect(sink.heldUp()[0]).toMatchObject({ reason: expect.stringContaining("not enough space") });
    expect((await stores.eventLog.committed(SINK_GROUP, "behaviour")).every(({ nextOffset }) => nextOffset === 0)).toBe(
      true,
    );
    isAway = false;
    const caughtUp = sink.caughtUp();
    // The longest pause between two attempts.
    await clock.advance(5_000);
    await caughtUp;
    expect(sink.heldUp()).toEqual([]);
    expect(rows.size).toBe(appended);
    expect(await sink.lag()).toBe(0);
    await sink.close();
  }, 60_000);

  test("is held up no more once the warehouse says where to begin, though no record comes to show it", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    const { warehouse } = createRows();
    let isAway = true;
    const sink = createSink({
      eventLog: stores.eventLog,
      warehouse: {
        ...warehouse,
        async positions() {
          if (isAway) throw new Error("connect ECONNREFUSED");
          return warehouse.positions();
        },
      },
      clock,
      log: silentLog,
    });
    await sink.start();
    const heldUp = () => sink.heldUp().map(({ failures, reason }) => failures >= 3 && reason);
    const partitions = (await Promise.all(EVENT_TOPICS.map((topic) => stores.eventLog.bounds(topic)))).flat();
    await expect.poll(heldUp, { timeout: 20_000 }).toEqual(partitions.map(() => "connect ECONNREFUSED"));
    isAway = false;
    await expect.poll(heldUp, { timeout: 20_000 }).toEqual([]);
    await sink.close();
  });

  test("fills a warehouse that was set back under it, out of the log, and one that never heard of a partition", async () => {
    const clock = createHurriedClock(NOON);
    await using stores = await openTestStores(clock);
    const { rows, positions, warehouse } = createRows();
    const append = async (name: string) => {
      const event = storedEvent("click", NOON, { titleId: "t" }, { name });
      await stores.eventLog.append("behaviour", [{ key: "p-1", value: JSON.stringify(event) }]);
    };
    const deps = { eventLog: stores.eventLog, warehouse, clock, log: silentLog, insertRowsMax: 4 };
    const sink = createSink(deps);
    await sink.start();
    for (let i = 0; i < 30; i++) await append(`${i}`);
    await sink.caughtUp();
    expect(rows.size).toBe(30);
    const [place, whole] = [...positions][0]!;
    for (const row of rows.keys()) if (Number(row.split("/")[2]) >= 7) rows.delete(row);
    positions.set(place, { ...whole, nextOffset: 7 });
    await append("the next one");
    await sink.caughtUp();
    await sink.close();
    expect(rows.size).toBe(31);
    expect(positions.get(place)?.nextOffset).toBe(31);

    rows.clear();
    positions.clear();
    const successor = createSink(deps);
    await successor.start();
    await successor.caughtUp();
    await successor.close();
    expect(rows.size).toBe(31);
  });

  test("waits for company when live, so that many small appends become few inserts", async () => {
    const clock = createHurriedClock(NOON);
    await using _stores = await openTestStores(clock);
    // Time stands still while records arrive, so all of them arrive within the wait.
    const gate = { open: false };
    const held = {
      ...clock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        while (!gate.open) {
          if (signal?.aborted) throw signal.reason;
          await new Promise((resolve) => setImmediate(resolve));
        }
        return clock.sleep(ms, signal);
      },
    };
    await using live = await openTestStores(held);
    const { inserts, warehouse } = createRows();
    const sink = createSink({ eventLog: live.eventLog, warehouse, clock: held, log: silentLog });
    await sink.start();
    for (let i = 0; i < 50; i++) {
      const event = storedEvent("click", NOON + i, { titleId: "t" });
      await live.eventLog.append("behaviour", [{ key: "p-1", value: JSON.stringify(event) }]);
    }
    expect(await sink.lag()).toBe(50);
    gate.open = true;
    await sink.caughtUp();
    await sink.close();
    expect(inserts.map(({ records }) => records.length)).toEqual([50]);
    expect((await live.eventLog.committed(SINK_GROUP, "behaviour")).reduce((n, p) => n + p.nextOffset, 0)).toBe(50);
  });

  test("cuts a backlog at the same offsets, wherever the reading begins", () => {
    const batchOf = (from: number, to: number): RecordBatch => ({
      topic: "behaviour",
      partition: 0,
      records: Array.from({ length: to - from }, (_, i) => ({ offset: from + i, key: "p", value: new Uint8Array() })),
    });
    const ends = (batch: RecordBatch) => cutAtMultiples(batch, 10).map(({ records }) => records.at(-1)?.offset);
    expect(ends(batchOf(0, 10))).toEqual([9]);
    expect(ends(batchOf(7, 27))).toEqual([9, 19, 26]);
    expect(ends(batchOf(12, 13))).toEqual([12]);
    expect(INSERT_ROWS_MAX).toBe(50_000);
  });
});
