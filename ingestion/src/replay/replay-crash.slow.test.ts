/**
 * A replay that dies behind its N-th step, N = 1, 2, 3… until none is left: each live table stays the old one or the new
 * one, live events land, and the next replay makes all of it right and leaves nothing behind.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { expect, test } from "vitest";
import { createSink } from "../sink.ts";
import { NOON, storedEvent } from "../testing/events.ts";
import { thrownBy } from "../testing/files.ts";
import { openTestStores } from "../testing/stores.ts";
import { replay } from "./replay.ts";

const DAY_MS = 86_400_000;
const RANGE = { from: NOON - DAY_MS, to: NOON + DAY_MS, source: "auto", dryRun: false } as const;

/** A process that dies behind its N-th statement: nothing of it runs any more. */
function dyingBehind(n: number, warehouse: Warehouse): { readonly warehouse: Warehouse; readonly died: () => boolean } {
  let statements = 0;
  const step = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (statements >= n) throw new Error("dead");
    const value = await work();
    statements++;
    if (statements === n) throw new Error(`dies behind statement ${n}`);
    return value;
  };
  return {
    warehouse: {
      ...warehouse,
      query: (text, options) => step(() => warehouse.query(text, options)),
      command: (text, options) => step(() => warehouse.command(text, options)),
    },
    died: () => statements >= n,
  };
}

test("behind any statement, a replay that dies loses no live event, and the next one makes everything right", async () => {
  const root = await mkdtemp(join(tmpdir(), "replay-crash-"));
  const database = await openEmbeddedPostgres({ path: join(root, "database"), clock });
  const objects = await openFolderObjects({ path: join(root, "objects") });
  const warehouse = await openChdbWarehouse({ path: join(root, "warehouse"), clock });
  await using stores = await openTestStores(clock);
  const { eventLog } = stores;
  await warehouse.migrate();
  const sink = createSink({ eventLog, warehouse, clock, log: silentLog, lingerMs: 0 });
  await sink.start();
  const deps = { eventLog, objects, warehouse, database, clock, log: silentLog };

  const click = async (profileId: string, at: number) => {
    const event = storedEvent("click", at, { titleId: "film-1" }, { profileId });
    await eventLog.append("behaviour", [{ key: profileId, value: JSON.stringify(event) }]);
  };
  /** Clicks by profile, out of the states and out of the events. */
  const clicks = async () => {
    const states = await warehouse.query<{ profileId: string; clicks: number }>(
      `SELECT profileId, clicks FROM (${INTERACTIONS_AT_SQL}) ORDER BY profileId`,
      { params: { asOf: new Date(NOON + 90 * DAY_MS).toISOString() } },
    );
    const events = await warehouse.query<{ profileId: string; clicks: number }>(
      "SELECT profileId, toUInt32(count()) AS clicks FROM events FINAL GROUP BY profileId ORDER BY profileId",
    );
    const plain = (rows: typeof states) => Object.fromEntries(rows.map((row) => [row.profileId, row.clicks]));
    return { states: plain(states), events: plain(events) };
  };

  try {
    for (let i = 0; i < 3; i++) {
      await click("p-inside", NOON + i);
      await click("p-outside", NOON + 10 * DAY_MS + i);
      await click("p-elsewhere", NOON - 70 * DAY_MS + i);
    }
    await sink.caughtUp();
    const names = "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name";
    const tables = await warehouse.query<{ name: string }>(names);
    let n = 0;
    let died = true;
    while (died) {
      n++;
      // Wrong on both sides: a row too few, and a state of nobody's making.
      await warehouse.command(
        `DELETE FROM events WHERE profileId = 'p-inside' AND occurredAt = toDateTime64(${NOON / 1000}, 3, 'UTC')`,
      );
      await warehouse.command("DELETE FROM behaviour_interactions WHERE profileId = 'p-inside'");
      const dying = dyingBehind(n, warehouse);
      await thrownBy(() => replay({ ...deps, warehouse: dying.warehouse }, RANGE));
      died = dying.died();
      await click("p-live", NOON + n);
      await click("p-later", NOON + 10 * DAY_MS + n);
      await sink.caughtUp();
      const after = await clicks();
      const live = { "p-live": n, "p-later": n, "p-outside": 3, "p-elsewhere": 3 };
      expect(after.events, `events behind statement ${n}`).toMatchObject(live);
      expect(after.states, `states behind statement ${n}`).toMatchObject(live);
      expect([2, 3]).toContain(after.events["p-inside"]);
      expect([undefined, 3]).toContain(after.states["p-inside"]);
    }
    // Some of them died between two exchanges, and some behind the last.
    expect(n).toBeGreaterThan(40);
    await replay(deps, RANGE);
    const all = { "p-elsewhere": 3, "p-inside": 3, "p-later": n, "p-live": n, "p-outside": 3 };
    expect(await clicks()).toEqual({ states: all, events: all });
    expect(await warehouse.query(names)).toEqual(tables);
  } finally {
    await sink.close();
    await warehouse.close();
    await objects.close();
    await database.close();
    await rm(root, { recursive: true, force: true });
  }
}, 600_000);
