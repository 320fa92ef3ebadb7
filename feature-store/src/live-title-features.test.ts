import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedClock, type SimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import type { Objects } from "@thewatcher/stores/objects/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS } from "./definitions.ts";
import { createLiveTitleFeatures } from "./live-title-features.ts";
import { measureDrift } from "./measure-drift.ts";
import { measureFreshness } from "./measure-freshness.ts";
import { measureParity } from "./measure-parity.ts";
import {
  createTitleFeaturePublisher,
  publishTitleFeatures,
  readPointer,
  TABLES_KEPT,
} from "./publish-title-features.ts";
import { TITLE_FEATURES } from "./ranking-features.ts";
import { FEATURE_TOPICS } from "./read-title-features.ts";
import type { FeatureEvent } from "./signs.ts";
import { askOracle } from "./testing/oracle.ts";
import { COUNTRIES, eventStream, recordOf, STREAM_END, streamTopicOf, TITLES } from "./testing/streams.ts";
import { TITLE_FEATURES_POINTER, TITLE_FEATURES_PREFIX } from "./title-feature-table.ts";

const MINUTE_MS = 60_000;
let folder: string;
let warehouse: Warehouse;
let eventLog: EventLog;
let objects: Objects;
let clock: SimulatedClock;
let world = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-live-features-"));
  warehouse = await openChdbWarehouse({ path: join(folder, "warehouse"), clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  world++;
  for (const table of ["events", "stated_interactions", "behaviour_interactions", "log_positions"])
    await warehouse.command(`TRUNCATE TABLE ${table}`);
  clock = createSimulatedClock(STREAM_END);
  eventLog = await openLmdbEventLog({ path: join(folder, `log-${world}`), clock: systemClock });
  objects = await openFolderObjects({ path: join(folder, `objects-${world}`) });
  for (const name of FEATURE_TOPICS) await eventLog.ensureTopic({ name, partitionCount: 2 });
  return async () => {
    await eventLog.close();
    await objects.close();
  };
});

/** Into the log, and unless told otherwise into the warehouse, as the collector and the sink do. */
async function happen(events: readonly FeatureEvent[], where: { readonly warehouse: boolean } = { warehouse: true }) {
  for (const topic of FEATURE_TOPICS) {
    const records = events
      .filter(({ type }) => streamTopicOf(type) === topic)
      .map((event) => ({ key: event.profileId, value: recordOf(event, 0).value }));
    if (records.length > 0) await eventLog.append(topic, records);
    if (where.warehouse) await sink(topic);
  }
}
async function sink(topic: string): Promise<void> {
  const known = await warehouse.positions();
  for (const { partition, nextOffset } of await eventLog.bounds(topic)) {
    const fromOffset = known.find((other) => other.topic === topic && other.partition === partition)?.nextOffset ?? 0;
    if (fromOffset === nextOffset) continue;
    const records = await eventLog.read({ topic, partition, fromOffset, recordsMax: 10_000, bytesMax: 1e8 });
    await warehouse.insertEvents({ topic, partition, records });
    await warehouse.advance({ topic, partition, fromOffset, nextOffset, rows: records.length });
  }
}
const sample = (seed: number, count: number): FeatureEvent[] => {
  const [events = []] = fc.sample(eventStream({ min: count, max: count }), { numRuns: 1, seed });
  return events;
};
const live = (log: Pick<EventLog, "bounds" | "read"> = eventLog) =>
  createLiveTitleFeatures({ objects, eventLog: log, clock, log: silentLog });
type Live = ReturnType<typeof live>;

function valuesOf(held: Live): number[] {
  const features = held.current()!.features(TITLES);
  return TITLE_FEATURES.flatMap((_, feature) => COUNTRIES.flatMap((country) => [...features.column(feature, country)]));
}
const expected = (events: readonly FeatureEvent[]): number[] =>
  TITLE_FEATURES.flatMap((feature) =>
    COUNTRIES.flatMap((country) =>
      TITLES.map((titleId) =>
        Math.fround(askOracle(feature, { titleId, profileId: "", country, at: clock.now() }, events)),
      ),
    ),
  );

describe("a process that serves", () => {
  test("holds the published table and follows the log from it; the next table takes its place without a step", async () => {
    const events = sample(31, 300);
    await happen(events.slice(0, 150));
    const first = await publishTitleFeatures({ warehouse, objects, clock });
    const held = live();
    await held.refresh();
    expect(valuesOf(held)).toEqual(expected(events.slice(0, 150)));

    // What only the log has is there at the next look.
    await happen(events.slice(150, 250), { warehouse: false });
    await held.refresh();
    expect(valuesOf(held)).toEqual(expected(events.slice(0, 250)));
    expect(held.current()!.version()).toMatch(new RegExp(`^${first.asOf} behaviour/0:\\d+,`));

    await clock.advance(HOUR_MS);
    await happen(events.slice(250));
    const second = await publishTitleFeatures({ warehouse, objects, clock });
    await held.refresh();
    expect(held.current()!.version().startsWith(`${second.asOf} `)).toBe(true);
    expect(valuesOf(held)).toEqual(expected(events));
    expect(held.degradation()).toBeUndefined();
  }, 120_000);

  test("goes on without the log with what it has, and says so once that is too old", async () => {
    await happen(sample(32, 60));
    await publishTitleFeatures({ warehouse, objects, clock });
    let isAway = false;
    const gone = () => Promise.reject(new Error("no broker"));
    const held = live({
      bounds: (topic) => (isAway ? gone() : eventLog.bounds(topic)),
      read: (request) => (isAway ? gone() : eventLog.read(request)),
    });
    await held.refresh();
    const before = valuesOf(held);
    isAway = true;
    await clock.advance(14 * MINUTE_MS);
    await held.refresh();
    expect([held.degradation(), valuesOf(held)]).toEqual([undefined, before]);
    await clock.advance(2 * MINUTE_MS);
    await held.refresh();
    expect(held.degradation()).toEqual({
      cause: "stale",
      detail: "Features of titles know the log up to 16 min ago.",
    });
    expect(valuesOf(held)).toEqual(before);
    isAway = false;
    await held.refresh();
    expect(held.degradation()).toBeUndefined();
  }, 120_000);

  test("before anything was published it has nothing and misses nothing; a table that is gone is missed", async () => {
    const held = live();
    await held.refresh();
    expect([held.current(), held.degradation(), held.freshAt()]).toEqual([undefined, undefined, undefined]);
    await publishTitleFeatures({ warehouse, objects, clock });
    const { key } = (await readPointer(objects))!;
    const bytes = (await objects.get(key))!;
    await objects.delete([key]);
    await held.refresh();
    expect(held.degradation()).toEqual({
      cause: "missing",
      detail: `No features of titles are loaded (the pointer names ${key}, which is not there).`,
    });
    await objects.put(key, bytes);
    await held.refresh();
    expect([held.current() !== undefined, held.degradation()]).toEqual([true, undefined]);
  }, 120_000);

  test("a log that hangs keeps nobody from starting", async () => {
    await publishTitleFeatures({ warehouse, objects, clock });
    const held = live({ bounds: () => new Promise(() => {}), read: () => new Promise(() => {}) });
    let done = false;
    const starting = held.refresh().then(() => {
      done = true;
    });
    while (!held.current()) await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    await clock.advance(2_000);
    await starting;
  }, 120_000);

  test("a log of another world, and one that forgot what is missing, are told", async () => {
    await happen(sample(33, 40));
    await publishTitleFeatures({ warehouse, objects, clock });
    const empty = live({
      bounds: async () => [{ partition: 0, firstOffset: 0, nextOffset: 0 }],
      read: (request) => eventLog.read(request),
    });
    await empty.refresh();
    await clock.advance(20 * MINUTE_MS);
    await empty.refresh();
    expect(empty.degradation()?.cause).toBe("stale");

    await happen(sample(34, 200), { warehouse: false });
    const forgetful = live({
      bounds: async (topic) =>
        (await eventLog.bounds(topic)).map(({ partition, nextOffset }) => ({
          partition,
          firstOffset: nextOffset,
          nextOffset,
        })),
      read: (request) => eventLog.read(request),
    });
    await forgetful.refresh();
    expect(forgetful.degradation()?.detail).toMatch(/^The log forgot \d+ events/);
  }, 120_000);

  test("whoever ends in the middle of a backlog waits for one step of it", async () => {
    await publishTitleFeatures({ warehouse, objects, clock });
    await happen(sample(36, 300), { warehouse: false });
    const ending = new AbortController();
    let reads = 0;
    const held = live({
      bounds: (topic) => eventLog.bounds(topic),
      read(request) {
        reads++;
        ending.abort();
        return eventLog.read({ ...request, recordsMax: 10 });
      },
    });
    await held.watch(ending.signal);
    expect(reads).toBe(1);
  }, 120_000);

  test("watching sees new events and new tables, and ends with its signal", async () => {
    await publishTitleFeatures({ warehouse, objects, clock });
    const held = live();
    const ending = new AbortController();
    const watching = held.watch(ending.signal);
    const until = async (condition: () => boolean) => {
      for (let turn = 0; turn < 10_000 && !condition(); turn++) {
        await clock.advance(500);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(condition()).toBe(true);
    };
    await until(() => held.current() !== undefined);
    const first = held.current()!.version();
    await happen(sample(35, 20));
    await until(() => held.current()!.version() !== first);
    const { asOf } = await publishTitleFeatures({ warehouse, objects, clock });
    await until(() => held.current()!.version().startsWith(`${asOf} `));
    ending.abort();
    await watching;
  }, 120_000);
});

describe("publishing", () => {
  test("keeps a day of tables, and the pointer never goes back", async () => {
    for (let i = 0; i < TABLES_KEPT + 2; i++)
      await objects.put(`${TITLE_FEATURES_PREFIX}${String(i).padStart(13, "0")}.bin`, new Uint8Array(1));
    const { asOf, key } = await publishTitleFeatures({ warehouse, objects, clock });
    const listed = await objects.list({ prefix: TITLE_FEATURES_PREFIX, limit: 100 });
    expect(listed.filter((info) => info.key.endsWith(".bin"))).toHaveLength(TABLES_KEPT);
    expect(listed.map((info) => info.key)).toContain(key);
    clock = createSimulatedClock(STREAM_END - HOUR_MS);
    await publishTitleFeatures({ warehouse, objects, clock });
    expect((await readPointer(objects))?.asOf).toBe(asOf);
  }, 120_000);

  test("regularly: at once where there is none, then hourly, again after a failure", async () => {
    const told: string[] = [];
    let isAway = true;
    const away: Warehouse = {
      ...warehouse,
      positions: () => (isAway ? Promise.reject(new Error("away")) : warehouse.positions()),
    };
    const publisher = createTitleFeaturePublisher({ warehouse: away, objects, clock });
    const ending = new AbortController();
    const publishing = publisher.publishRegularly({
      signal: ending.signal,
      onPublished: ({ asOf }) => told.push(`published +${Math.round((asOf - STREAM_END) / MINUTE_MS)} min`),
      onError: (error) => told.push(String(error)),
    });
    const until = async (count: number) => {
      while (told.length < count) {
        await clock.advance(500);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await until(1);
    isAway = false;
    await until(2);
    const at = clock.now();
    await until(3);
    expect(told[0]).toBe("Error: away");
    expect(told.slice(1).every((line) => line.startsWith("published"))).toBe(true);
    expect(clock.now() - at).toBeGreaterThanOrEqual(HOUR_MS - MINUTE_MS);
    ending.abort();
    await publishing;
  }, 120_000);

  test("a pointer that says something else is refused by name", async () => {
    await objects.put(TITLE_FEATURES_POINTER, new TextEncoder().encode("{}"));
    await expect(readPointer(objects)).rejects.toThrow("features/titles/current.json names no key, asOf and planId");
  });
});

describe("looks at what is served", () => {
  test("parity: the table and the log say what the warehouse says, feature by feature", async () => {
    const events = sample(41, 400);
    await happen(events.slice(0, 200));
    expect(await measureParity({ warehouse, objects, eventLog, clock })).toEqual({
      kind: "undecidable",
      reason: "no features of titles were published yet",
    });
    await publishTitleFeatures({ warehouse, objects, clock });
    await clock.advance(3 * HOUR_MS);
    await happen(events.slice(200, 300));
    // The warehouse is behind the log: both are compared at its place.
    await happen(events.slice(300), { warehouse: false });
    const report = await measureParity({ warehouse, objects, eventLog, clock });
    expect(report).toMatchObject({ kind: "measured", titles: TITLES.length });
    if (report.kind !== "measured") return;
    expect(report.features.map(({ name }) => name)).toEqual(TITLE_FEATURES.map(({ name }) => name));
    for (const { name, compared, mismatched } of report.features) {
      expect([name, compared >= TITLES.length, mismatched]).toEqual([name, true, 0]);
    }
  }, 120_000);

  test("parity: rows that the warehouse lost are mismatches of the features that they are of", async () => {
    const events = sample(42, 300).filter(({ type }) => type !== "erasure");
    await happen(events.slice(0, 150));
    await publishTitleFeatures({ warehouse, objects, clock });
    await happen(events.slice(150));
    await warehouse.command("ALTER TABLE events DELETE WHERE type = 'rate' SETTINGS mutations_sync = 1");
    const report = await measureParity({ warehouse, objects, eventLog, clock });
    const wrong = report.kind === "measured" ? report.features.filter(({ mismatched }) => mismatched > 0) : [];
    expect(wrong.map(({ name }) => name)).toEqual(["titleMeanStars", "titleRatings"]);
    expect(wrong.every(({ isWrong, compared }) => isWrong && compared === TITLES.length)).toBe(true);
  }, 120_000);

  test("freshness: the age of what is served, beside what each feature allows", async () => {
    expect(await measureFreshness({ objects, clock })).toEqual({
      kind: "undecidable",
      reason: "no features of titles were published yet",
    });
    await publishTitleFeatures({ warehouse, objects, clock });
    await clock.advance(100 * MINUTE_MS);
    const report = await measureFreshness({ objects, clock });
    expect(report).toMatchObject({ kind: "measured", ageMs: 100 * MINUTE_MS, isLate: false });
    const followed = await measureFreshness({ objects, clock, freshAt: () => clock.now() - 20 * MINUTE_MS });
    const ages = followed.kind === "measured" ? followed.features : [];
    expect(ages.find(({ name }) => name === "titleViewers1d")).toEqual({
      name: "titleViewers1d",
      ageMs: 20 * MINUTE_MS,
      freshnessMs: 15 * MINUTE_MS,
      isStale: true,
    });
    expect(ages.find(({ name }) => name === "titleRatings")).toMatchObject({ isStale: false });
    await clock.advance(30 * MINUTE_MS);
    expect(await measureFreshness({ objects, clock })).toMatchObject({ isLate: true });
  }, 120_000);

  test("drift: a cinema that goes on as before has none; one that everybody rates by five stars has", async () => {
    const day = 24 * HOUR_MS;
    const play = (profile: number, title: number, at: number, type: "play_start" | "rate"): FeatureEvent => ({
      type,
      eventId: `019ab000-0000-7000-8000-${(profile * 1_000 + title).toString(16).padStart(12, "0")}`,
      profileId: `p-${profile}`,
      titleId: `film-${title}`,
      country: "BY",
      occurredAt: at,
      knownAt: at,
      timeQuality: "observed",
      stars: 5,
      watchedSeconds: 0,
      durationSeconds: 0,
    });
    // Title t has t viewers, on every day of the last two weeks.
    const steady = Array.from({ length: 14 }, (_, daysAgo) =>
      Array.from({ length: 30 }, (_, title) =>
        Array.from({ length: title + 1 }, (_, profile) =>
          play(profile, title, STREAM_END - daysAgo * day - MINUTE_MS, "play_start"),
        ),
      ).flat(),
    ).flat();
    const rated = Array.from({ length: 30 }, (_, title) =>
      Array.from({ length: 20 }, (_, profile) => play(profile, title, STREAM_END - HOUR_MS, "rate")),
    ).flat();
    await happen([...steady, ...rated]);
    const report = await measureDrift({ warehouse }, { at: STREAM_END, referenceAt: STREAM_END - 2 * day });
    const psiOf = (name: string) =>
      report.kind === "measured" ? report.features.find((feature) => feature.name === name)?.psi : undefined;
    expect(psiOf("titleViewers7d")).toBe(0);
    expect(psiOf("titleViewers1d")).toBe(0);
    expect(psiOf("titleMeanStars")).toBeGreaterThan(1);
  }, 120_000);
});
