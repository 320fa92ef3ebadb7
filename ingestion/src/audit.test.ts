/** Against the real engine and the embedded log: a sink fills the warehouse, then the test takes, adds and alters rows. */
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AuditDeps, type AuditReport, auditRegularly, auditWarehouse } from "./audit.ts";
import { createSink } from "./sink.ts";
import { NOON, storedEvent } from "./testing/events.ts";
import { openTestStores, type TestStores } from "./testing/stores.ts";

let stores: TestStores;
let warehouse: Warehouse;
let deps: AuditDeps;
const EVENTS = 60;
/** All of it lies in two hours before this. */
const clock = { ...systemClock, now: () => NOON + 7_200_000 };

beforeAll(async () => {
  stores = await openTestStores(systemClock);
  warehouse = await openChdbWarehouse({ path: join(stores.folder, "warehouse"), clock: systemClock });
  await warehouse.migrate();
  deps = { eventLog: stores.eventLog, warehouse, clock };
  // One profile: one partition. Half before eleven, half behind it.
  for (let i = 0; i < EVENTS; i++) {
    const event = storedEvent("click", NOON + i * 120_000, { titleId: `t-${i}` });
    const value = i === 5 || i === 6 ? `no event ${i}` : JSON.stringify(event);
    await stores.eventLog.append("behaviour", [{ key: "p-1", value }]);
  }
  const sink = createSink({ ...deps, warehouse, eventLog: stores.eventLog, log: silentLog });
  await sink.start();
  await sink.caughtUp();
  await sink.close();
});
afterAll(async () => {
  await warehouse.close();
  await stores[Symbol.asyncDispose]();
});

const filled = (report: AuditReport) => report.partitions.find(({ log }) => log.toOffset === EVENTS)!;
const remove = (where: string) =>
  warehouse.command(`ALTER TABLE events DELETE WHERE ${where} SETTINGS mutations_sync = 2`);

describe("the audit", () => {
  test.each([false, true])(
    "finds nothing missing where the sink has been: rows or dead letters (deep: %s)",
    async (deep) => {
      const report = await auditWarehouse(deps, { deep });
      expect(report).toMatchObject({ deep, missing: 0, beyond: 0, different: 0, lag: 0 });
      expect(filled(report)).toMatchObject({ position: EVENTS, deadLetters: 2, missingRanges: [] });
      // 10:00 to 10:58 is 30 events of two minutes, two of them no events.
      expect(filled(report).hours).toEqual([
        ...(deep
          ? [{ hour: "2026-11-23T10", rows: 28, missing: 0, records: 28 }]
          : [{ hour: "2026-11-23T10", rows: 28, missing: 0 }]),
        ...(deep
          ? [{ hour: "2026-11-23T11", rows: 30, missing: 0, records: 30 }]
          : [{ hour: "2026-11-23T11", rows: 30, missing: 0 }]),
        ...(deep ? [{ hour: "unknown", rows: 0, missing: 0, records: 2 }] : []),
      ]);
    },
  );

  test("tells what the sink has yet to take as lag, not as missing", async () => {
    const event = storedEvent("click", NOON, { titleId: "late" }, { profileId: "p-lag" });
    await stores.eventLog.append("erasures", [{ key: "p-lag", value: JSON.stringify(event) }]);
    expect(await auditWarehouse(deps)).toMatchObject({ missing: 0, lag: 1 });
  });

  test.each([false, true])("names each missing record by its range and hour (deep: %s)", async (deep) => {
    await remove("offset IN (0, 10, 11, 12, 59)");
    const report = await auditWarehouse(deps, { deep });
    expect(report.missing).toBe(5);
    expect(filled(report).missingRanges).toEqual([
      { fromOffset: 0, toOffset: 1 },
      { fromOffset: 10, toOffset: 13 },
      { fromOffset: 59, toOffset: 60 },
    ]);
    expect(filled(report).hours.map(({ hour, missing }) => [hour, missing])).toEqual([
      ["2026-11-23T10", 4],
      ["2026-11-23T11", 1],
      ...(deep ? [["unknown", 0]] : []),
    ]);
    expect(await auditWarehouse(deps, { newestRecords: 1, deep })).toMatchObject({ missing: 1 });
  });

  test("finds rows of another world behind the log's end, and other events at the log's places", async () => {
    const { partition } = filled(await auditWarehouse(deps));
    const stranger = (offset: number) => {
      const event = storedEvent("click", NOON, { titleId: "t" }, { name: `stranger ${offset}` });
      return { offset, key: "p-1", value: Buffer.from(JSON.stringify(event)) };
    };
    await warehouse.insertEvents({ topic: "behaviour", partition, records: [stranger(20), stranger(EVENTS + 7)] });
    expect(filled(await auditWarehouse(deps))).toMatchObject({ beyond: 1, different: 0 });
    const report = await auditWarehouse(deps, { deep: true });
    expect(report).toMatchObject({ beyond: 1, different: 1 });
    expect(filled(report).differentOffsets).toEqual([20]);
  });

  test("goes on after a look that failed, until it is stopped", async () => {
    const stop = new AbortController();
    const reports: AuditReport[] = [];
    const errors: unknown[] = [];
    let looks = 0;
    const failing: AuditDeps = {
      ...deps,
      clock: { ...clock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
      warehouse: {
        ...warehouse,
        positions: () => (++looks === 1 ? Promise.reject(new Error("away")) : warehouse.positions()),
      },
    };
    await auditRegularly(failing, {
      everyMs: 1,
      newestRecords: 1_000,
      signal: stop.signal,
      onReport: (report) => {
        reports.push(report);
        stop.abort();
      },
      onError: (error) => errors.push(error),
    });
    expect(errors).toHaveLength(1);
    expect(reports).toHaveLength(1);
  });
});
