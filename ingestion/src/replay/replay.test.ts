/** Replays on the real engine, the LMDB log and PostgreSQL. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredEvent } from "@thewatcher/contracts/events";
import { EVENT_TOPICS, topicOf } from "@thewatcher/contracts/topics";
import { systemClock as clock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import type { Objects } from "@thewatcher/stores/objects/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createArchiveWriter } from "../archive/archive.ts";
import { listSegments } from "../archive/segments.ts";
import { auditWarehouse } from "../audit.ts";
import { decodeRecord } from "../decode-record.ts";
import type { EventReader } from "../follow.ts";
import { createSink } from "../sink.ts";
import { NOON, storedEvent } from "../testing/events.ts";
import { thrownBy } from "../testing/files.ts";
import { openTestStores, readTopic, type TestStores } from "../testing/stores.ts";
import { type ReplayDeps, type ReplayReport, type ReplayRequest, replay } from "./replay.ts";

const DAY_MS = 86_400_000;
const day = (n: number) => NOON + n * DAY_MS;
const AS_OF = day(60);

let root: string;
let database: Database;
let stores: TestStores;
let objects: Objects;
let warehouse: Warehouse;
let sink: EventReader;
let deps: ReplayDeps;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "replay-"));
  database = await openEmbeddedPostgres({ path: join(root, "database"), clock });
});
afterAll(async () => {
  await database.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  stores = await openTestStores(clock);
  objects = await openFolderObjects({ path: join(stores.folder, "objects") });
  warehouse = await openChdbWarehouse({ path: join(stores.folder, "warehouse"), clock });
  await warehouse.migrate();
  sink = createSink({ eventLog: stores.eventLog, warehouse, clock, log: silentLog, lingerMs: 0 });
  await sink.start();
  deps = { eventLog: stores.eventLog, objects, warehouse, database, clock, log: silentLog };
});
afterEach(async () => {
  await sink.close();
  await warehouse.close();
  await objects.close();
  await stores[Symbol.asyncDispose]();
});

/** A profile's week with a title: seen, clicked, watched in two playbacks, rated twice. */
function story(profileId: string, titleId: string, at: number): StoredEvent[] {
  const progress = (playbackId: string, watchedSeconds: number, offsetMs: number) =>
    storedEvent(
      "play_progress",
      at + offsetMs,
      { titleId, playbackId, positionSeconds: watchedSeconds, watchedSeconds, durationSeconds: 6000 },
      { profileId },
    );
  return [
    storedEvent("impression", at, { titleId }, { profileId }),
    storedEvent("click", at + 1_000, { titleId }, { profileId }),
    progress(`${profileId}-a`, 600, 2_000),
    progress(`${profileId}-a`, 300, 3_000),
    progress(`${profileId}-b`, 60, DAY_MS),
    storedEvent("rate", at + 4_000, { titleId, stars: 2 }, { profileId }),
    storedEvent("rate", at + DAY_MS, { titleId, stars: 4.5 }, { profileId }),
  ];
}
const erasure = (profileId: string, at: number) =>
  storedEvent("erasure", at, { reason: "viewer_request" }, { profileId });

async function append(events: readonly StoredEvent[]): Promise<void> {
  for (const event of events) {
    await stores.eventLog.append(topicOf(event.type), [{ key: event.profileId, value: JSON.stringify(event) }]);
  }
}

async function appendWorld(): Promise<void> {
  // Spread over three months, so that there are partitions inside, outside and across the days that are rebuilt.
  const stories = [-40, -3, 0, 2, 30].flatMap((at) => story(`p${at}`, `film-${Math.abs(at) % 3}`, day(at)));
  await append([...stories, ...story("p-gone", "film-0", day(0)), ...story("p-gone", "film-1", day(5))]);
  await append([erasure("p-gone", day(3))]);
  await append(story("p-0", "film-1", day(0)));
  await sink.caughtUp();
}

interface Interaction {
  readonly clicks: number;
  readonly impressions: number;
  readonly stars: number;
  readonly watchedSeconds: number;
}

/** What the log says, folded the slow way. */
async function oracle(): Promise<Record<string, Interaction>> {
  const records = await Promise.all(EVENT_TOPICS.map((topic) => readTopic(stores.eventLog, topic)));
  const all = records
    .flat()
    .map(({ value }) => decodeRecord(value))
    .filter((event) => event?.eventId !== undefined) as unknown as StoredEvent[];
  const erasedAt = new Map(
    all.filter(({ type }) => type === "erasure").map((e) => [e.profileId, Date.parse(e.occurredAt)]),
  );
  const events = all
    .filter((event) => Date.parse(event.occurredAt) > (erasedAt.get(event.profileId) ?? 0))
    .sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
  const found: Record<
    string,
    { clicks: Set<string>; impressions: Set<string>; stars: number; playbacks: Map<string, number> }
  > = {};
  for (const event of events) {
    if (!("titleId" in event.payload)) continue;
    const key = `${event.profileId} ${event.payload.titleId}`;
    found[key] ??= { clicks: new Set(), impressions: new Set(), stars: 0, playbacks: new Map() };
    const pair = found[key];
    if (event.type === "click") pair.clicks.add(event.eventId);
    if (event.type === "impression") pair.impressions.add(event.eventId);
    if (event.type === "rate") pair.stars = event.payload.stars;
    if (event.type === "play_progress") {
      const { playbackId, watchedSeconds } = event.payload;
      pair.playbacks.set(playbackId, Math.max(watchedSeconds, pair.playbacks.get(playbackId) ?? 0));
    }
  }
  return Object.fromEntries(
    Object.entries(found).map(([key, { clicks, impressions, stars, playbacks }]) => [
      key,
      {
        clicks: clicks.size,
        impressions: impressions.size,
        stars,
        watchedSeconds: [...playbacks.values()].reduce((a, b) => a + b, 0),
      },
    ]),
  );
}

async function answers(): Promise<Record<string, Interaction>> {
  const rows = await warehouse.query<Interaction & { pair: string }>(
    `SELECT concat(profileId, ' ', titleId) AS pair, clicks, impressions, stars, watchedSeconds FROM (${INTERACTIONS_AT_SQL})`,
    { params: { asOf: new Date(AS_OF).toISOString() } },
  );
  return Object.fromEntries(rows.map(({ pair, ...rest }) => [pair, rest]));
}

async function tableNames(): Promise<readonly string[]> {
  const rows = await warehouse.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name",
  );
  return rows.map(({ name }) => name);
}

/** Every row of every table that a replay may touch. */
async function contents(): Promise<unknown> {
  const events = await warehouse.query("SELECT * FROM events FINAL ORDER BY topic, partition, offset");
  return { events, answers: await answers(), tables: await tableNames() };
}

const RANGE = { from: day(-4), to: day(4), source: "auto", dryRun: false } satisfies ReplayRequest;
const run = (request: Partial<ReplayRequest> = {}, over: Partial<ReplayDeps> = {}): Promise<ReplayReport> =>
  replay({ ...deps, ...over }, { ...RANGE, ...request });

async function corrupt(): Promise<void> {
  await warehouse.command("DELETE FROM events WHERE profileId = 'p0' AND type = 'click'");
  await warehouse.command(
    "INSERT INTO events SELECT * REPLACE (offset + 100000000 AS offset, 'film-wrong' AS titleId) FROM events WHERE profileId = 'p-3' AND type = 'impression'",
  );
  await warehouse.command("DELETE FROM stated_interactions WHERE profileId = 'p2'");
  await warehouse.command(
    "INSERT INTO behaviour_interactions (profileId, titleId, day, country, durationSeconds, watchedSecondsByPlayback) VALUES ('p2', 'film-2', '2026-11-25', 'BY', 9e5, map('p2-a', 99999))",
  );
}

// A machine may be busy: on a quiet one each takes a second or two.
describe("a replay", { timeout: 180_000 }, () => {
  test("makes wrong tables right again, and says what was wrong", async () => {
    await appendWorld();
    const right = await answers();
    expect(right).toEqual(await oracle());
    await corrupt();
    const wrong = await answers();
    expect(wrong).not.toEqual(right);
    const before = await tableNames();

    const report = await run();

    expect(await answers()).toEqual(right);
    expect(await tableNames()).toEqual(before);
    expect(report).toMatchObject({ from: "2026-11-19T00:00:00.000Z", to: "2026-11-28T00:00:00.000Z", swapped: true });
    const { events, states, days } = report.difference;
    // Of p-gone's first story all 7 records lie before its erasure.
    expect(events).toMatchObject({ onlyBefore: 1, onlyAfter: 1, changed: 0, erased: 7 });
    expect(events.examples.map(({ kind, profileId, type }) => [kind, profileId, type]).sort()).toEqual([
      ["only after", "p0", "click"],
      ["only before", "p-3", "impression"],
    ]);
    const noon = new Date(NOON + 1_000).toISOString();
    expect(events.examples.find(({ kind }) => kind === "only after")?.occurredAt).toBe(noon);
    // One row of `p0` was deleted, and p-gone's click is not rebuilt.
    expect(days).toContainEqual({ day: "2026-11-23", type: "click", before: 2, after: 2 });
    // The wrong impression made its own state; p0's click stands in its state still.
    expect(states).toMatchObject([
      { table: "stated_interactions", pairs: 1, profiles: 1 },
      { table: "behaviour_interactions", pairs: 2, profiles: 2 },
    ]);
    expect(states[0]?.examples[0]).toMatchObject({ profileId: "p2", titleId: "film-2" });
    const again = await run({ dryRun: true });
    expect(again.difference).toMatchObject({
      events: { onlyBefore: 0, onlyAfter: 0, changed: 0, erased: 0, examples: [] },
      states: [
        { pairs: 0, profiles: 0 },
        { pairs: 0, profiles: 0 },
      ],
    });
  });

  test("leaves every table as it was on a dry run", async () => {
    await appendWorld();
    await corrupt();
    const before = await contents();
    const report = await run({ dryRun: true });
    expect(report).toMatchObject({ swapped: false, difference: { events: { onlyBefore: 1, onlyAfter: 1 } } });
    expect(await contents()).toEqual(before);
  });

  test("loses nothing that arrives while it runs, and live inserts land once in the right tables afterwards", async () => {
    await appendWorld();
    await corrupt();
    let live = 0;
    // Something arrives before each step: of a day that is rebuilt, and of one that is not.
    const arriving: Warehouse = {
      ...warehouse,
      command: async (text, options) => {
        live++;
        await append([
          storedEvent("click", day(1) + live, { titleId: "film-live" }, { profileId: "p-live" }),
          storedEvent("click", day(29) + live, { titleId: "film-late" }, { profileId: "p-live" }),
        ]);
        if (live % 3 === 0) await sink.caughtUp();
        await warehouse.command(text, options);
      },
    };
    await run({}, { warehouse: arriving });
    await append(story("p-after", "film-1", day(0)));
    await sink.caughtUp();
    expect(live).toBeGreaterThan(20);
    expect(await answers()).toEqual(await oracle());
    const [rows] = await warehouse.query<{ rows: number; places: number }>(
      "SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(topic, partition, offset)) AS places FROM events FINAL WHERE profileId IN ('p-live', 'p-after')",
    );
    expect(rows).toEqual({ rows: 2 * live + 7, places: 2 * live + 7 });
  });

  test("does not bring back what an erased profile did, and keeps what it did since and the erasure itself", async () => {
    await appendWorld();
    await run({ to: day(8) });
    const rows = await warehouse.query(
      "SELECT type, titleId, toUInt32(count()) AS rows FROM events FINAL WHERE profileId = 'p-gone' GROUP BY type, titleId ORDER BY type",
    );
    expect(rows).toEqual([
      { type: "click", titleId: "film-1", rows: 1 },
      { type: "erasure", titleId: "", rows: 1 },
      { type: "impression", titleId: "film-1", rows: 1 },
      { type: "play_progress", titleId: "film-1", rows: 3 },
      { type: "rate", titleId: "film-1", rows: 2 },
    ]);
    expect(await answers()).toEqual(await oracle());
    for (const deep of [false, true]) {
      const audit = await auditWarehouse(deps, { deep });
      expect(audit).toMatchObject({ missing: 0, different: 0 });
      expect(audit.partitions.reduce((sum, { erased }) => sum + erased, 0)).toBe(7);
    }
  });

  test("takes the archive for what the log has forgotten; what neither holds is a refusal that names it", async () => {
    await appendWorld();
    const right = await answers();
    const archive = createArchiveWriter({ eventLog: stores.eventLog, objects, log: silentLog });
    await archive.start();
    await archive.caughtUp();
    await corrupt();
    const archiveCaughtUp = () => archive.caughtUp();
    await run({ source: "archive" }, { archiveCaughtUp });
    expect(await answers()).toEqual(right);

    await corrupt();
    const eventLog: TestStores["eventLog"] = {
      ...stores.eventLog,
      bounds: async (topic) =>
        (await stores.eventLog.bounds(topic)).map((bound) => ({ ...bound, firstOffset: bound.nextOffset })),
      read: async (request) => {
        throw new Error(`the log holds nothing of ${request.topic}`);
      },
    };
    await run({}, { eventLog });
    expect(await answers()).toEqual(right);

    await archive.close();
    for (const segment of await listSegments(objects, "erasures", 0)) await objects.delete([segment.key]);
    const before = await contents();
    expect(String(await thrownBy(() => run({}, { eventLog })))).toBe(
      "UserError: neither log nor archive holds erasures partition 0 offsets 0 to 0: those days cannot be rebuilt; replay later days",
    );
    expect(await contents()).toEqual(before);
  });

  test("rebuilds days behind a gap whose records had all arrived before them", async () => {
    await append(story("p-old", "film-1", day(-30)));
    await append(story("p-old", "film-2", day(0)));
    await sink.caughtUp();
    const right = await answers();
    const eventLog: TestStores["eventLog"] = {
      ...stores.eventLog,
      // The first record of each partition is gone.
      bounds: async (topic) =>
        (await stores.eventLog.bounds(topic)).map((bound) => ({
          ...bound,
          firstOffset: Math.min(1, bound.nextOffset),
        })),
    };
    await run({}, { eventLog });
    expect(await answers()).toEqual(right);
    expect(String(await thrownBy(() => run({ from: day(-31) }, { eventLog })))).toContain("offsets 0 to 0");
  });

  test("excludes another one", async () => {
    await appendWorld();
    let second: unknown;
    const during: Warehouse = {
      ...warehouse,
      command: async (text, options) => {
        second ??= await thrownBy(() => run());
        await warehouse.command(text, options);
      },
    };
    await run({}, { warehouse: during });
    expect(String(second)).toBe("UserError: another replay is under way; wait until it ends");
  });

  test("skips records that are no events, one by one", async () => {
    await appendWorld();
    const right = await answers();
    await stores.eventLog.append("behaviour", [
      { key: "p0", value: "no json" },
      { key: "p0", value: '{"type":"click"}' },
      { key: "p0", value: Buffer.from('{"type":"\xff"}', "latin1") },
    ]);
    await append(story("p-behind", "film-1", day(0)));
    await sink.caughtUp();
    const report = await run();
    expect(report.undecodable).toBe(3);
    expect(await answers()).toMatchObject(right);
    expect(await answers()).toEqual(await oracle());
  });
});
