import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AggregateFeature, HOUR_MS, isAggregate } from "./definitions.ts";
import { type FeatureRow, readFeatureRows } from "./feature-rows.ts";
import { murmur32 } from "./murmur.ts";
import { RANKING_FEATURES } from "./ranking-features.ts";
import { askOracle } from "./testing/oracle.ts";
import { COUNTRIES, eventStream, insertStream, PROFILES, STREAM_END, TITLES } from "./testing/streams.ts";

/** The registry's, and what the language has beside them. */
const FEATURES: readonly AggregateFeature[] = [
  ...RANKING_FEATURES.filter(isAggregate),
  ...(["title", "profile"] as const).map((entity) => ({
    name: `${entity}StarsSum28d`,
    entity,
    type: "number" as const,
    source: ["rate" as const, "rate_undo" as const],
    window: 28,
    aggregate: { kind: "sum" as const, of: "rated" as const },
    owner: "tests",
    freshnessMs: HOUR_MS,
    describe: "Sum of the stars.",
  })),
];
let folder: string;
let warehouse: Warehouse;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-feature-rows-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});
const clear = async () => {
  for (const table of ["events", "stated_interactions", "behaviour_interactions"])
    await warehouse.command(`TRUNCATE TABLE ${table}`);
};

function rowsOfChance(count: number, seed: number, instants: readonly number[]): FeatureRow[] {
  const rng = createRng(seed);
  const oneOf = <Value>(values: readonly Value[]): Value => values[rng.int(values.length)] as Value;
  return Array.from({ length: count }, () => ({
    titleId: oneOf([...TITLES, "film-nobody-saw"]),
    profileId: oneOf([...PROFILES, "p-nobody"]),
    country: oneOf(COUNTRIES),
    // At instants of events, one millisecond beside them, and at edges of hours.
    at: oneOf(instants) + oneOf([0, -1, 1, HOUR_MS, 7 * 24 * HOUR_MS, 28 * 24 * HOUR_MS]),
  }));
}

test("rows are what the slow oracle says, whatever came late, twice, undone, erased or ahead of the clock", async () => {
  await clear();
  // Worlds side by side, apart by their ids: the engine is asked once for all of them.
  const worlds = fc.sample(eventStream({ min: 60, max: 150 }), { numRuns: 30, seed: 7 }).map((events, world) => {
    const own = (id: string) => (id === "" ? "" : `w${world}-${id}`);
    const named = <Given extends { titleId: string; profileId: string }>(given: Given): Given => ({
      ...given,
      titleId: own(given.titleId),
      profileId: own(given.profileId),
    });
    const instants = [STREAM_END, ...events.flatMap(({ occurredAt, knownAt }) => [occurredAt, knownAt])];
    return { events: events.map(named), rows: rowsOfChance(40, world, instants).map(named) };
  });
  await insertStream(
    warehouse,
    worlds.flatMap(({ events }) => events),
  );
  const rows = worlds.flatMap((world) => world.rows);
  const { columns } = await readFeatureRows(warehouse, { rows, features: FEATURES });
  let known = 0;
  worlds.forEach(({ events, rows: asked }, world) => {
    asked.forEach((row, i) => {
      FEATURES.forEach((feature, f) => {
        const expected = Math.fround(askOracle(feature, row, events));
        if (expected !== Math.fround(askOracle(feature, row, []))) known++;
        const message = `${feature.name} of ${JSON.stringify(row)} in world ${world}`;
        expect(columns[f]![world * 40 + i], message).toBe(expected);
      });
    });
  });
  // Not all of it nothing: the streams are dense enough for a fifth of the answers to differ from "nothing known".
  expect(known / (rows.length * FEATURES.length)).toBeGreaterThan(0.2);
}, 120_000);

test("a backfill changes no byte of an old training set, and an erasure takes its profile out of it", async () => {
  await clear();
  const [events = []] = fc.sample(eventStream({ min: 400, max: 400 }), { numRuns: 1, seed: 11 });
  const plain = events.filter(({ type }) => type !== "erasure");
  const ends = await insertStream(warehouse, plain);
  const rows = rowsOfChance(
    500,
    3,
    plain.map(({ knownAt }) => knownAt),
  ).map((row) => ({
    ...row,
    at: Math.min(row.at, STREAM_END),
  }));
  const before = await readFeatureRows(warehouse, { rows, features: FEATURES });
  expect(before.hash).toMatchInlineSnapshot(`"0227b56eb38192e928b85190c602455e82586a119811f8ab893c8956c40b27e1"`);

  // Ten thousand things that happened at any time before, learned of a second after the newest row.
  const rng = createRng(5);
  const backfill = Array.from({ length: 10_000 }, (_, i) => ({
    ...plain[rng.int(plain.length)]!,
    eventId: `019ab000-0000-7000-8001-${i.toString(16).padStart(12, "0")}`,
    profileId: `p-${rng.int(50)}`,
    occurredAt: STREAM_END - rng.int(100 * 24 * HOUR_MS),
    knownAt: STREAM_END + 1_000,
  }));
  const after = await insertStream(warehouse, backfill, ends);
  expect(await readFeatureRows(warehouse, { rows, features: FEATURES })).toEqual(before);
  const later = rows.map((row) => ({ ...row, at: STREAM_END + 1_000 }));
  const withIt = await readFeatureRows(warehouse, { rows: later, features: FEATURES });
  expect(withIt.columns[0]!.some((value, i) => value > before.columns[0]![i]!)).toBe(true);

  const erasure = {
    ...plain[0]!,
    type: "erasure" as const,
    titleId: "",
    profileId: "p-1",
    eventId: backfill[0]!.eventId,
  };
  const erased = { ...erasure, occurredAt: STREAM_END + 2_000, knownAt: STREAM_END + 2_000 };
  await insertStream(warehouse, [erased], after);
  const without = await readFeatureRows(warehouse, { rows, features: FEATURES });
  expect(without.hash).not.toBe(before.hash);
  const remaining = plain.filter(({ profileId }) => profileId !== "p-1");
  FEATURES.forEach((feature, f) => {
    rows.slice(0, 100).forEach((row, i) => {
      expect(without.columns[f]![i], feature.name).toBe(Math.fround(askOracle(feature, row, remaining)));
    });
  });
}, 60_000);

test("the hash of a member is the warehouse's, for texts of any length and script", async () => {
  const texts = ["", "a", "ab", "abc", "p-1001", "профиль-7", "x".repeat(999), "019ab000-0000-7000-8000-00000000000d"];
  const values = texts.map((text) => `'${text}'`).join(", ");
  const rows = await warehouse.query<{ hash: number }>(
    `SELECT toFloat64(murmurHash3_32(text)) AS hash FROM (SELECT arrayJoin([${values}]) AS text)`,
  );
  expect(texts.map(murmur32)).toEqual(rows.map(({ hash }) => hash));
});
