import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOUR_MS } from "./definitions.ts";
import { TITLE_FEATURES, TITLE_PLAN } from "./ranking-features.ts";
import { readTitleFeatures } from "./read-title-features.ts";
import type { FeatureEvent } from "./signs.ts";
import { askOracle } from "./testing/oracle.ts";
import {
  COUNTRIES,
  eventStream,
  insertStream,
  recordOf,
  STREAM_END,
  streamTopicOf,
  TITLES,
} from "./testing/streams.ts";
import { createTitleFeatureFold, loadTitleFeatureFold, type TitleFeatureFold } from "./title-feature-fold.ts";
import { decodeTitleFeatureTable, encodeTitleFeatureTable } from "./title-feature-table.ts";

/** Every feature of every title for a request from every country, as the oracle says. */
function expected(events: readonly FeatureEvent[], at: number): number[] {
  return TITLE_FEATURES.flatMap((feature) =>
    COUNTRIES.flatMap((country) =>
      TITLES.map((titleId) => Math.fround(askOracle(feature, { titleId, profileId: "", country, at }, events))),
    ),
  );
}
function valuesOf(fold: TitleFeatureFold, titleIds: readonly string[] = TITLES): number[] {
  const features = fold.features(titleIds);
  return TITLE_FEATURES.flatMap((_, feature) => COUNTRIES.flatMap((country) => [...features.column(feature, country)]));
}
/** As the log would deliver them; `places` are kept from one call to the next. */
function deliver(fold: TitleFeatureFold, events: readonly FeatureEvent[], places: Map<string, number>): void {
  for (const event of events) {
    const topic = streamTopicOf(event.type);
    const offset = places.get(topic) ?? 0;
    places.set(topic, offset + 1);
    fold.fold({ topic, partition: 0, records: [recordOf(event, offset)] });
  }
}

describe("the fold of the log", () => {
  test("is what the slow oracle says at any time of a day that goes on, whatever the log brings", () => {
    fc.assert(
      fc.property(
        eventStream({ min: 20, max: 120 }),
        fc.array(fc.tuple(fc.nat(40), fc.constantFrom(0, 1, HOUR_MS, 7 * 24 * HOUR_MS)), {
          minLength: 3,
          maxLength: 6,
        }),
        (events, turns) => {
          let now = STREAM_END - 10 * 24 * HOUR_MS;
          const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now });
          const places = new Map<string, number>();
          let taken = 0;
          for (const [count, passedMs] of turns) {
            deliver(fold, events.slice(taken, taken + count), places);
            taken += count;
            now += passedMs;
            fold.advanceTo(now);
            expect(valuesOf(fold)).toEqual(expected(events.slice(0, taken), now));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("ends the same in any order, and with records that come again", () => {
    fc.assert(
      fc.property(eventStream({ min: 20, max: 80 }), fc.infiniteStream(fc.nat()), (events, chance) => {
        const shuffled = events
          .map((event) => ({ event, place: chance.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ event }) => event);
        const [straight, mixed] = [events, [...shuffled, ...events]].map((order) => {
          const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
          deliver(fold, order, new Map());
          return valuesOf(fold);
        });
        expect(mixed).toEqual(straight);
      }),
      { numRuns: 60 },
    );
  });

  test("reads records before its position no more", () => {
    const [events = []] = fc.sample(eventStream({ min: 60, max: 60 }), { numRuns: 1, seed: 3 });
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
    deliver(fold, events, new Map());
    const before = valuesOf(fold);
    const positions = fold.positions();
    deliver(fold, events, new Map());
    expect([valuesOf(fold), fold.positions()]).toEqual([before, positions]);
  });

  test("what is no event changes nothing", () => {
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
    const texts = [
      "",
      "{",
      "null",
      "[]",
      '"x"',
      '{"type":"click"}',
      '{"type":"click","profileId":"p","occurredAt":"x"}',
    ];
    const records = texts.map((text, offset) => ({ offset, key: "p", value: new TextEncoder().encode(text) }));
    fold.fold({ topic: "behaviour", partition: 0, records });
    expect(fold.size()).toMatchObject({ keys: 0, registers: 0 });
    expect(fold.positions()).toEqual([{ topic: "behaviour", partition: 0, nextOffset: texts.length }]);
  });
});

function plays(
  count: number,
  chosen: { readonly from: number; readonly title: (i: number) => string; readonly at: number },
) {
  return Array.from(
    { length: count },
    (_, i): FeatureEvent => ({
      type: "play_start",
      eventId: `019ab000-0000-7000-8000-${(chosen.from + i).toString(16).padStart(12, "0")}`,
      profileId: `viewer-${chosen.from + i}`,
      titleId: chosen.title(i),
      country: "BY",
      occurredAt: chosen.at,
      knownAt: chosen.at,
      timeQuality: "observed",
      stars: 0,
      watchedSeconds: 0,
      durationSeconds: 0,
    }),
  );
}
const feature = (name: string) => TITLE_FEATURES.findIndex((other) => other.name === name);

describe("bounded memory", () => {
  test("a title of 100,000 viewers keeps 8,192 at most, and counts them to 5%", () => {
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
    const count = 100_000;
    deliver(fold, plays(count, { from: 0, title: () => "film-1", at: STREAM_END - HOUR_MS }), new Map());
    const value = fold.features(["film-1"]).column(feature("titleViewers7d"), "BY")[0]!;
    // 2^l · n of n ≈ 6,000 kept: standard error 1/√6,000 = 1.3%.
    expect(Math.abs(value - count) / count).toBeLessThan(0.05);
    // By title and by title in the country.
    expect(fold.size()).toMatchObject({ keys: 2 });
    expect(fold.size().registers).toBeLessThanOrEqual(2 * 8_192);
  });

  test("all titles together stay below the limit, and titles of few viewers stay exact", () => {
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END, registersMax: 4_000 });
    const places = new Map<string, number>();
    const popular = (i: number) => `popular-${i % 10}`;
    deliver(fold, plays(20_000, { from: 0, title: popular, at: STREAM_END - HOUR_MS }), places);
    deliver(fold, plays(100, { from: 50_000, title: () => "rare", at: STREAM_END - HOUR_MS }), places);
    expect(fold.size().registers).toBeLessThanOrEqual(4_000);
    const column = fold.features(["rare", "popular-3"]).column(feature("titleViewers28d"), "BY");
    expect(column[0]).toBe(100);
    expect(Math.abs(column[1]! - 2_000) / 2_000).toBeLessThan(0.35);
  });

  test("what leaves the longest window is forgotten", () => {
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
    deliver(fold, plays(5_000, { from: 0, title: (i) => `film-${i % 50}`, at: STREAM_END }), new Map());
    expect(fold.size()).toMatchObject({ keys: 100, registers: 10_000 });
    fold.advanceTo(STREAM_END + 29 * 24 * HOUR_MS);
    expect(fold.size()).toMatchObject({ keys: 0, registers: 0, bytes: 0 });
    expect(fold.features(["film-1"]).column(feature("titleDaysSincePlay28d"), "BY")[0]).toBe(28);
  });

  test("200,000 events of 2,000 titles: bytes of a title and events a second", () => {
    const rng = createRng(1);
    const types = ["impression", "impression", "impression", "click", "play_progress", "rate"] as const;
    const events = Array.from({ length: 200_000 }, (_, i) => ({
      ...plays(1, {
        from: rng.int(20_000),
        title: () => `film-${Math.floor(2_000 * rng.next() ** 2)}`,
        at: STREAM_END,
      })[0]!,
      eventId: `019ab000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`,
      type: types[rng.int(types.length)]!,
      stars: 4,
      watchedSeconds: rng.int(6_000),
      durationSeconds: 6_000,
      occurredAt: STREAM_END - rng.int(28 * 24 * HOUR_MS),
    }));
    const records = events.map((event, offset) => recordOf(event, offset));
    const fold = createTitleFeatureFold({ plan: TITLE_PLAN, now: STREAM_END });
    const titleIds = Array.from({ length: 2_000 }, (_, i) => `film-${i}`);
    fold.features(titleIds);
    const startMs = performance.now();
    for (let from = 0; from < records.length; from += 1_000)
      fold.fold({ topic: "behaviour", partition: 0, records: records.slice(from, from + 1_000) });
    const foldMs = performance.now() - startMs;
    const askMs = performance.now();
    fold.features(titleIds).column(0, "BY");
    const refreshMs = performance.now() - askMs;
    const tickMs = performance.now();
    fold.advanceTo(STREAM_END + HOUR_MS);
    fold.features(titleIds);
    const hourMs = performance.now() - tickMs;
    const { registers, bytes } = fold.size();
    console.info(
      `fold: ${Math.round((records.length / foldMs) * 1000)} events/s; ${registers} registers, ` +
        `${Math.round(bytes / titleIds.length)} bytes of a title; 2,000 titles' columns in ${refreshMs.toFixed(1)} ms; a new hour in ${hourMs.toFixed(1)} ms`,
    );
    // Each register takes 12 to 20 bytes a place, and at least 35% of the places are taken.
    expect(bytes / registers).toBeLessThan(70);
    // A bound for what hangs: 30 s is 6,700 events/s.
    expect(foldMs).toBeLessThan(30_000);
  }, 60_000);
});

describe("a published table", () => {
  let folder: string;
  let warehouse: Warehouse;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "thewatcher-title-features-"));
    warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
    await warehouse.migrate();
  });
  afterAll(async () => {
    await warehouse.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("is what the oracle says of its part of the log, and the fold goes on from it to the same values", async () => {
    const [events = []] = fc.sample(eventStream({ min: 500, max: 500 }), { numRuns: 1, seed: 21 });
    const half = events.slice(0, 250);
    const middle = await insertStream(warehouse, half);
    // Rows behind the positions lie in the warehouse, too: they are not of the table.
    await insertStream(warehouse, events.slice(250), middle);
    const positions = [...middle].map(([topic, nextOffset]) => ({ topic, partition: 0, nextOffset }));
    // Erasures count from when they are in the warehouse; those of the first half alone are of the log's first half.
    const at = STREAM_END - 3 * HOUR_MS;
    const erasedLater = events.slice(250).filter(({ type }) => type === "erasure");
    const table = await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at, positions });
    const read = decodeTitleFeatureTable(encodeTitleFeatureTable(table));
    expect(read).toEqual(table);

    const known = [...half, ...erasedLater];
    TITLE_FEATURES.forEach((definition) => {
      const countries = definition.dimension ? COUNTRIES : ["BY"];
      for (const country of countries) {
        const name = definition.dimension ? `${definition.name}@${country}` : definition.name;
        const column = table.columns[table.names.indexOf(name)]!;
        table.titleIds.forEach((titleId, row) => {
          const question = { titleId, profileId: "", country, at };
          expect(column[row], `${name} of ${titleId}`).toBe(Math.fround(askOracle(definition, question, known)));
        });
      }
    });

    const fold = await loadTitleFeatureFold(read, { plan: TITLE_PLAN, now: at });
    expect(valuesOf(fold)).toEqual(expected(known, at));
    fold.advanceTo(STREAM_END);
    expect(valuesOf(fold)).toEqual(expected(known, STREAM_END));
    deliver(fold, events.slice(250), new Map(middle));
    fold.advanceTo(STREAM_END + 5 * HOUR_MS);
    expect(valuesOf(fold)).toEqual(expected(events, STREAM_END + 5 * HOUR_MS));
  }, 60_000);

  test("of more viewers than are kept is exact, and stays so while nobody comes", async () => {
    await warehouse.command("TRUNCATE TABLE events");
    const many = plays(3_000, { from: 0, title: () => "film-1", at: STREAM_END - HOUR_MS });
    const ends = await insertStream(warehouse, many);
    const positions = [...ends].map(([topic, nextOffset]) => ({ topic, partition: 0, nextOffset }));
    const table = await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at: STREAM_END, positions, membersMax: 256 });
    const viewers = feature("titleViewers7d");
    expect(table.columns[table.names.indexOf("titleViewers7d")]![0]).toBe(3_000);
    const fold = await loadTitleFeatureFold(table, { plan: TITLE_PLAN, now: STREAM_END, membersMax: 256 });
    const valueNow = () => fold.features(["film-1"]).column(viewers, "BY")[0]!;
    expect(valueNow()).toBe(3_000);
    expect(fold.size().registers).toBeLessThanOrEqual(2 * 512);
    // Who came before, comes again: nothing changes. 300 new ones are counted to within the sample's error.
    const places = new Map(ends);
    deliver(fold, many.slice(0, 1_000), places);
    expect(valueNow()).toBe(3_000);
    deliver(fold, plays(300, { from: 10_000, title: () => "film-1", at: STREAM_END }), places);
    fold.advanceTo(STREAM_END + 1);
    // Sixteen stand for each that is kept: √(300 · 15) = 67 is one standard deviation.
    expect(Math.abs(valueNow() - 3_300)).toBeLessThan(3 * 67);
  }, 60_000);

  test("made by other declarations is refused with both names", async () => {
    const table = await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at: STREAM_END, positions: [] });
    expect(table.titleIds).toEqual([]);
    await expect(
      loadTitleFeatureFold({ ...table, planId: "other" }, { plan: TITLE_PLAN, now: STREAM_END }),
    ).rejects.toThrow(/made by the declarations other, these are [0-9a-f]{16}/);
  });

  test("cut off or foreign bytes say what is wrong", async () => {
    const bytes = encodeTitleFeatureTable(
      await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at: STREAM_END, positions: [] }),
    );
    expect(() => decodeTitleFeatureTable(new TextEncoder().encode("nothing"))).toThrow(
      'does not start with "TWTF1\\n"',
    );
    expect(() => decodeTitleFeatureTable(bytes.subarray(0, 40))).toThrow("the header is cut off");
  });
});
