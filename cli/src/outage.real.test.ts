/** The warehouse away for two minutes under load: memory is bounded, readiness names it, nothing is lost. Ten: `npm run drill`. */
import { missing } from "@thewatcher/testbed/available";
import { describe, expect, test } from "vitest";
import { OUTAGE_SERVERS, runWarehouseOutage, SINK_GROWTH_MIB_MAX } from "./testing/warehouse-outage.ts";

const OUTAGE_MS = 120_000;
const EVENTS_PER_SECOND = 500;
/** 1.1 GB: a sink that held all of it would break its limit. */
const BACKLOG_EVENTS = 1_200_000;
const absent = OUTAGE_SERVERS.map((name) => missing(name)).filter((reason) => reason !== undefined);

describe.skipIf(absent.length > 0)(`the warehouse away ${absent.join("; ")}`, () => {
  test("two minutes under load: memory is bounded, the lag rises and falls to none, nothing is lost or doubled", async () => {
    const report = await runWarehouseOutage({
      outageMs: OUTAGE_MS,
      eventsPerSecond: EVENTS_PER_SECOND,
      backlogEvents: BACKLOG_EVENTS,
      say: (text) => process.stderr.write(`outage: ${text}\n`),
    });
    const { looks, memory, ...rest } = report;
    const peakLag = Math.max(...looks.map(({ lag }) => lag).filter(Number.isFinite));
    process.stderr.write(`outage: ${JSON.stringify({ ...rest, memory, peakLag })}\n`);
    expect(rest).toMatchObject({ unexpected: [], lost: 0, doubled: 0, auditFound: 0 });
    expect(report.acknowledged).toBeGreaterThan((EVENTS_PER_SECOND * OUTAGE_MS) / 1_000 / 2);
    expect(peakLag).toBeGreaterThan(BACKLOG_EVENTS * 0.9);
    expect(looks.at(-1)).toMatchObject({ ready: true, lag: 0 });
    // Not ready within seconds, by name, until it is back.
    const away = looks.filter(({ phase }) => phase === "frozen" || phase === "dead").slice(15);
    expect(away.filter(({ ready, reason }) => ready || !reason.includes("warehouse"))).toEqual([]);
    expect(memory ? memory.peakMiB - memory.beforeMiB : 0).toBeLessThan(SINK_GROWTH_MIB_MAX);
  }, 900_000);
});
