import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GRADE_SQL, gradeSignal, type InteractionFacts, LAST_POSITIVE_MS_SQL, recencyFactor } from "./signal.ts";
import { readTitleStatistics } from "./title-statistics.ts";
import { readTrainingSet } from "./training-set.ts";

const AS_OF = Date.parse("2026-05-01T12:00:00.000Z");
const DAY_MS = 86_400_000;
const encoder = new TextEncoder();
const rng = createRng(11);
let folder: string;
let warehouse: Warehouse;
let eventCount = 0;

interface Given {
  readonly type: string;
  readonly profileId: string;
  readonly payload: object;
  readonly at: number;
  readonly country?: string;
  readonly timeQuality?: string;
}
async function insert(topic: string, events: readonly Given[]): Promise<void> {
  const records = events.map(({ at, ...event }) => {
    const instant = new Date(at).toISOString();
    const offset = eventCount++;
    const stamped = {
      version: 1,
      eventId: `019ab000-0000-7000-8000-${offset.toString(16).padStart(12, "0")}`,
      occurredAt: instant,
      sentAt: instant,
      receivedAt: instant,
      knownAt: instant,
      device: "test",
      country: "BY",
      timeQuality: "observed",
      ...event,
    };
    return { offset, key: event.profileId, value: encoder.encode(JSON.stringify(stamped)) };
  });
  expect(await warehouse.insertEvents({ topic, partition: 0, records })).toMatchObject({ undecodable: [] });
}
async function clear(): Promise<void> {
  for (const table of ["events", "stated_interactions", "behaviour_interactions"])
    await warehouse.command(`TRUNCATE TABLE ${table}`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-features-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

test("SQL and TypeScript grade the same, on facts of chance", async () => {
  const chance = <Value>(value: Value, other: Value) => (rng.next() < 0.5 ? value : other);
  const facts: InteractionFacts[] = Array.from({ length: 2000 }, () => ({
    stars: rng.next() < 0.3 ? (1 + rng.int(10)) / 2 : 0,
    strength: rng.next() < 0.2 ? Math.fround(rng.next() * 10 ** rng.int(5) + 0.001) : 0,
    plays: chance(0, 1 + rng.int(3)),
    watchedSeconds: rng.int(9000) / 4,
    durationSeconds: chance(0, 1 + rng.int(6000)),
    clicks: chance(0, rng.int(4)),
    isWatchlisted: rng.next() < 0.3,
    isNotInterested: rng.next() < 0.1,
  }));
  const rows = facts.map(
    ({ stars, strength, plays, watchedSeconds, durationSeconds, clicks, isWatchlisted }, index) =>
      `(${index}, ${stars}, ${strength}, ${plays}, ${watchedSeconds}, ${durationSeconds}, ${clicks}, ${isWatchlisted ? 1 : 0})`,
  );
  const graded = await warehouse.query<{ weight: number }>(
    `SELECT ${GRADE_SQL} AS weight FROM values('index UInt32, stars Float32, strength Float32, plays UInt32, watchedSeconds Float64, durationSeconds Float32, clicks UInt32, isWatchlisted UInt8', ${rows.join(",")}) ORDER BY index`,
  );
  expect(graded.length).toBe(facts.length);
  graded.forEach(({ weight }, index) => {
    const own = facts[index] as InteractionFacts;
    const signal = gradeSignal(own);
    if (signal.kind === "negative") return;
    expect(Math.abs(weight - (signal.kind === "positive" ? signal.weight : 0)), JSON.stringify(own)).toBeLessThan(1e-6);
  });
});

test("the training set is what the grading says of each pair, dense, in order, with recency", async () => {
  await clear();
  const titles = Array.from({ length: 12 }, (_, i) => `film-${i}`);
  const events: Given[] = Array.from({ length: 1500 }, () => {
    const titleId = titles[rng.int(12)] as string;
    const payloads: [string, object][] = [
      ["impression", { titleId }],
      ["impression", { titleId }],
      ["click", { titleId }],
      [
        "play_stop",
        {
          titleId,
          playbackId: `b${rng.int(99)}`,
          positionSeconds: 1,
          watchedSeconds: rng.int(7000),
          durationSeconds: 6000,
        },
      ],
      ["play_stop", { titleId, playbackId: `b${rng.int(99)}`, positionSeconds: 1, watchedSeconds: rng.int(2000) }],
      ["rate", { titleId, stars: (1 + rng.int(10)) / 2 }],
      ["rate_undo", { titleId }],
      ["watchlist", { titleId }],
      ["watchlist_undo", { titleId }],
      ["not_interested", { titleId }],
      ["not_interested_undo", { titleId }],
      ["watched", { titleId }],
      ["watched_undo", { titleId }],
    ];
    const [type, payload] = payloads[rng.int(payloads.length)] as [string, object];
    return {
      type,
      payload,
      profileId: `p-${rng.int(60)}`,
      at: AS_OF - rng.int(40 * DAY_MS),
      country: rng.next() < 0.5 ? "BY" : "DE",
    };
  });
  await insert("behaviour", events);
  const halfLifeDays = 20;
  const set = await readTrainingSet(warehouse, { asOf: AS_OF, halfLifeDays });

  const facts = await warehouse.query<
    InteractionFacts & { profileId: string; titleId: string; at: number; isHidden: number }
  >(
    `SELECT *, isNotInterested = 1 AS isHidden, toFloat64(${LAST_POSITIVE_MS_SQL}) AS at FROM (${INTERACTIONS_AT_SQL})`,
    { params: { asOf: new Date(AS_OF).toISOString() } },
  );
  const expected: [string, number, string, number][] = [];
  const hidden: string[] = [];
  for (const row of facts) {
    const signal = gradeSignal({
      ...row,
      isWatchlisted: Number(row.isWatchlisted) === 1,
      isNotInterested: row.isHidden === 1,
    });
    if (signal.kind === "negative") hidden.push(`${row.profileId} ${row.titleId}`);
    if (signal.kind !== "positive") continue;
    const factor = recencyFactor({ asOf: AS_OF, lastPositiveAt: row.at, halfLifeDays });
    expected.push([row.profileId, row.at, row.titleId, signal.weight * factor]);
  }
  const order = (row: readonly unknown[]) => `${row[0]} ${row[1]} ${row[2]}`;
  expected.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const found = Array.from(set.weight, (weight, i): [string, number, string, number] => [
    set.userIds[set.userIndex[i] as number] as string,
    set.occurredAt[i] as number,
    set.itemIds[set.itemIndex[i] as number] as string,
    weight,
  ]);
  expect(found.length).toBeGreaterThan(200);
  expect(found.map(order)).toEqual(expected.map(order));
  found.forEach(([, , , weight], i) => {
    expect(Math.abs(weight - (expected[i] as (typeof expected)[number])[3])).toBeLessThan(1e-6);
  });
  const negatives = Array.from(
    set.negatives.userIndex,
    (user, i) => `${set.userIds[user]} ${set.itemIds[set.negatives.itemIndex[i] as number]}`,
  );
  expect(negatives.length).toBeGreaterThan(0);
  expect([...negatives].sort()).toEqual(
    hidden.filter((pair) => set.userIds.includes(pair.split(" ")[0] as string)).sort(),
  );
  expect(set.timeQuality).toBe("observed");

  const again = await readTrainingSet(warehouse, { asOf: AS_OF, halfLifeDays });
  expect(again.dataHash).toBe(set.dataHash);
  const strong = await readTrainingSet(warehouse, { asOf: AS_OF, halfLifeDays, signalMin: 0.3 });
  expect(strong.weight.length).toBeLessThan(set.weight.length);
  expect(strong.dataHash).not.toBe(set.dataHash);
});

test("synthetic times take no recency", async () => {
  await clear();
  await insert("stated", [
    {
      type: "rate",
      profileId: "p",
      payload: { titleId: "a", stars: 5 },
      at: 946_684_800_000,
      timeQuality: "synthetic",
    },
  ]);
  const set = await readTrainingSet(warehouse, { asOf: AS_OF, halfLifeDays: 1 });
  expect(set).toMatchObject({ timeQuality: "synthetic", userIds: ["p"], itemIds: ["a"], countryOfUser: ["BY"] });
  expect([...set.weight]).toEqual([1]);
});

test("what was to be forgotten, and profiles without profiling, are in no set from then on, and in all of before", async () => {
  await clear();
  const play = (playbackId: string, watchedSeconds: number) => ({
    titleId: "a",
    playbackId,
    positionSeconds: 1,
    watchedSeconds,
    durationSeconds: 1_000,
  });
  await insert("behaviour", [
    { type: "play_stop", profileId: "p-1", payload: play("b1", 900), at: AS_OF - 9_000 },
    { type: "click", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF - 9_500 },
    { type: "click", profileId: "p-1", payload: { titleId: "b" }, at: AS_OF - 9_000 },
    { type: "click", profileId: "p-2", payload: { titleId: "a" }, at: AS_OF - 9_000 },
    { type: "play_stop", profileId: "p-1", payload: play("b2", 450), at: AS_OF - 1_000 },
  ]);
  await insert("stated", [
    { type: "rate", profileId: "p-1", payload: { titleId: "a", stars: 5 }, at: AS_OF - 8_000 },
    { type: "watchlist", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF - 8_000 },
  ]);
  await insert("taste", [
    { type: "forget", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF - 5_000 },
    { type: "forget_undo", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF + 5_000 },
    { type: "no_profiling", profileId: "p-2", payload: {}, at: AS_OF - 4_000 },
    { type: "no_profiling_undo", profileId: "p-2", payload: {}, at: AS_OF + 4_000 },
  ]);
  const pairs = async (asOf: number) => {
    const { userIds, itemIds, userIndex, itemIndex, weight } = await readTrainingSet(warehouse, { asOf });
    return Array.from(weight, (value, i) =>
      [userIds[userIndex[i]!], itemIds[itemIndex[i]!], value.toFixed(2)].join(" "),
    );
  };
  // 5 stars: 0.4 + 5 · 0.12; a click: 0.2.
  expect(await pairs(AS_OF - 6_000)).toEqual(["p-1 b 0.20", "p-1 a 1.00", "p-2 a 0.20"]);
  expect(await pairs(AS_OF - 4_500)).toEqual(["p-1 b 0.20", "p-2 a 0.20"]);
  // Played again: by that playback alone, 0.2 + 0.8 · 450 / (0.9 · 1000).
  expect(await pairs(AS_OF)).toEqual(["p-1 b 0.20", "p-1 a 0.60"]);
  expect(await pairs(AS_OF + 6_000)).toEqual(["p-1 b 0.20", "p-1 a 1.00", "p-2 a 0.20"]);
});

test("an empty warehouse gives an empty training set", async () => {
  await clear();
  const set = await readTrainingSet(warehouse, { asOf: AS_OF });
  expect(set).toMatchObject({ userIds: [], itemIds: [], timeQuality: "observed" });
  expect(set.weight.length).toBe(0);
});

test("statistics of a title count each thing once, per country, as of the instant, without erased profiles", async () => {
  await clear();
  const play = { titleId: "a", playbackId: "b1", positionSeconds: 1, watchedSeconds: 10 };
  const events: Given[] = [
    { type: "impression", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF - 5000 },
    { type: "click", profileId: "p-1", payload: { titleId: "a" }, at: AS_OF - 4000 },
    { type: "play_start", profileId: "p-1", payload: play, at: AS_OF - 3000 },
    { type: "play_stop", profileId: "p-1", payload: play, at: AS_OF - 2000 },
    { type: "rate", profileId: "p-1", payload: { titleId: "a", stars: 4 }, at: AS_OF - DAY_MS },
    { type: "rate", profileId: "p-1", payload: { titleId: "a", stars: 3 }, at: AS_OF - 1000 },
    { type: "rate", profileId: "p-2", payload: { titleId: "a", stars: 5 }, at: AS_OF - 3 * DAY_MS, country: "DE" },
    { type: "rate", profileId: "p-3", payload: { titleId: "a", stars: 1 }, at: AS_OF - 1000 },
    { type: "rate", profileId: "p-4", payload: { titleId: "a", stars: 1 }, at: AS_OF + 1000 },
  ];
  await insert("behaviour", events);
  await insert("erasures", [
    { type: "erasure", profileId: "p-3", payload: { reason: "operator" }, at: AS_OF + DAY_MS },
  ]);
  expect(await readTitleStatistics(warehouse, { asOf: AS_OF })).toEqual([
    {
      titleId: "a",
      country: "BY",
      plays: 1,
      viewers: 1,
      clicks: 1,
      impressions: 1,
      ratingCount: 1,
      starsSum: 3,
      watchlisted: 0,
    },
    {
      titleId: "a",
      country: "DE",
      plays: 0,
      viewers: 0,
      clicks: 0,
      impressions: 0,
      ratingCount: 1,
      starsSum: 5,
      watchlisted: 0,
    },
  ]);
});
