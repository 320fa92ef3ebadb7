/** Decisions into the warehouse: the sink's own code over the embedded engine, failing at each of its operations. */
import { join } from "node:path";
import { decisions } from "@thewatcher/contracts/topics/decisions";
import { systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditWarehouse } from "./audit.ts";
import { createDecisionSink } from "./sink.ts";
import { type FaultPlan, failOperation } from "./testing/faults.ts";
import { createHurriedClock, openTestStores, readJson, readTopic, type TestStores } from "./testing/stores.ts";

// What is older than 30 days would be forgotten while the test looks.
const AT = systemClock.now() - 86_400_000;
let stores: TestStores;
let warehouse: Warehouse;
beforeAll(async () => {
  stores = await openTestStores(systemClock);
  warehouse = await openChdbWarehouse({ path: join(stores.folder, "warehouse"), clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await stores[Symbol.asyncDispose]();
});

async function appendDecisions(eventLog: EventLog, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const record = { ...decisions.example, decisionId: uuid7(AT + n), occurredAt: new Date(AT + n).toISOString() };
    await eventLog.append(decisions.name, [{ key: `p-${n % 2}`, value: JSON.stringify(record) }]);
  }
}

const faultyLog = (eventLog: EventLog, plan: FaultPlan): EventLog => ({
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
});
const faultyWarehouse = (plan: FaultPlan): Pick<Warehouse, "insertDecisions" | "advance" | "positions"> => ({
  insertDecisions: (batch) => plan.run(() => warehouse.insertDecisions(batch)),
  advance: (range) => plan.run(() => warehouse.advance(range)),
  positions: () => plan.run(() => warehouse.positions()),
});

/** Everything is forgotten, and the log begins again. */
async function begin(): Promise<TestStores> {
  for (const table of ["decisions", "decision_items", "log_positions"])
    await warehouse.command(`TRUNCATE TABLE ${table}`);
  const fresh = await openTestStores(createHurriedClock(AT));
  await appendDecisions(fresh.eventLog, 4);
  await fresh.eventLog.append(decisions.name, [{ key: "p-1", value: "no json" }]);
  return fresh;
}

async function expectWhole(eventLog: EventLog): Promise<void> {
  const logged = (await readTopic(eventLog, decisions.name))
    .map(({ value }) => Buffer.from(value).toString("utf8"))
    .filter((text) => text.startsWith("{"))
    .sort();
  const rows = await warehouse.query<{ record: string; items: number }>(
    `SELECT record, toUInt32(items.count) AS items FROM decisions FINAL
LEFT JOIN (SELECT decisionId, count() AS count FROM decision_items FINAL GROUP BY decisionId) AS items USING decisionId
ORDER BY record`,
  );
  expect(rows.map(({ record }) => record)).toEqual(logged);
  expect(rows.every(({ items }) => items === 1)).toBe(true);
  const letters = await readJson(eventLog, "dead-letters");
  expect(new Set(letters.map(({ raw }) => raw))).toEqual(new Set(["no json"]));
  expect(letters[0]?.detail).toMatch(/^decisions, partition \d, offset \d+: not a decision$/);
}

describe("decisions in the warehouse", () => {
  test.each([
    ["before", false],
    ["after", true],
  ] as const)(
    "are all there, once, with their items, when the N-th operation fails %s its effect, for every N (a new sink goes on: %s)",
    async (when, isRestarted) => {
      for (let n = 1, fired = true; fired; n++) {
        expect(n).toBeLessThan(60);
        await using fresh = await begin();
        const clock = createHurriedClock(AT);
        const plan = failOperation(n, when);
        const deps = { clock, log: silentLog };
        const sink = createDecisionSink({
          ...deps,
          warehouse: faultyWarehouse(plan),
          eventLog: faultyLog(fresh.eventLog, plan),
        });
        await sink.start();
        if (isRestarted) {
          while (!plan.fired() && (await sink.lag()) > 0) await new Promise((resolve) => setImmediate(resolve));
        } else {
          await sink.caughtUp();
        }
        await sink.close();
        const successor = createDecisionSink({ ...deps, warehouse, eventLog: fresh.eventLog });
        await successor.start();
        await successor.caughtUp();
        await successor.close();
        fired = plan.fired();
        await expectWhole(fresh.eventLog);
      }
    },
    120_000,
  );

  test("are read out of the log again where the warehouse was emptied under a running sink", async () => {
    await using fresh = await begin();
    const clock = createHurriedClock(AT);
    const sink = createDecisionSink({ warehouse, eventLog: fresh.eventLog, clock, log: silentLog });
    await sink.start();
    await sink.caughtUp();
    for (const table of ["decisions", "decision_items", "log_positions"])
      await warehouse.command(`TRUNCATE TABLE ${table}`);
    await appendDecisions(fresh.eventLog, 5);
    await sink.caughtUp();
    await sink.close();
    await expectWhole(fresh.eventLog);
  });

  test("are none of the events that the audit counts", async () => {
    await using fresh = await begin();
    const report = await auditWarehouse({ eventLog: fresh.eventLog, warehouse, clock: systemClock }, {});
    expect(report.partitions.map(({ topic }) => topic)).not.toContain(decisions.name);
    expect(report).toMatchObject({ missing: 0, lag: 0 });
  });
});
