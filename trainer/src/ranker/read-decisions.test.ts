import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decisions as decisionsTopic } from "@thewatcher/contracts/topics/decisions";
import { systemClock } from "@thewatcher/kit/clock";
import { pack } from "@thewatcher/kit/packed";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRankerRows } from "./read-decisions.ts";

// The warehouse forgets decisions by its own clock.
const AS_OF = systemClock.now();
const HOUR_MS = 3_600_000;
let folder: string;
let warehouse: Warehouse;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-ranker-rows-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

const decisionId = (number: number): string => `019ab000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
const utf8 = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A page of one row of recommendations with four titles, and one of what was begun. */
function decision(number: number, options: { names: readonly string[]; hoursAgo: number; profileId?: string }) {
  const titleIds = ["film-0", "film-1", "film-2", "film-3", "film-4"];
  const slots = (...titles: number[]) => ({
    titles: pack(Int32Array.from(titles)),
    scores: pack(Float64Array.from(titles, () => 0.5)),
    sources: pack(Int32Array.from(titles, () => 0)),
    reasons: pack(Int32Array.from(titles, () => 0)),
  });
  return {
    ...decisionsTopic.example,
    decisionId: decisionId(number),
    profileId: options.profileId ?? "p-1",
    kind: "home",
    occurredAt: new Date(AS_OF - options.hoursAgo * HOUR_MS).toISOString(),
    titleIds,
    candidates: {
      titles: pack(Int32Array.of(0, 1, 2, 3, 4)),
      sources: pack(Uint32Array.of(1, 1, 1, 1, 1)),
      sourceScores: null,
      scores: pack(Float64Array.of(5, 4, 3, 2, 1)),
    },
    features: {
      names: options.names,
      candidates: pack(Int32Array.of(0, 1, 2, 3, 4)),
      // The first differs by title, the others say the same of all.
      columns: options.names.map((_, column) =>
        column === 0 ? pack(Float32Array.of(0.5, 0.25, Number.NaN, 0.125, 9)) : 10 * column + number,
      ),
    },
    removed: [],
    rows: [
      { rowId: "continue", kind: "continue_watching", heading: "", reason: 0, slots: slots(4) },
      { rowId: "top", kind: "top_picks", heading: "", reason: 0, slots: slots(0, 1, 2, 3) },
    ],
    rowOrder: ["continue", "top"],
  };
}

let events = 0;
function event(type: string, number: number | undefined, payload: object, profileId = "p-1") {
  const instant = new Date(AS_OF - HOUR_MS).toISOString();
  const offset = events++;
  const value = {
    version: 1,
    type,
    payload,
    eventId: decisionId(1_000_000 + offset),
    profileId,
    occurredAt: instant,
    sentAt: instant,
    receivedAt: instant,
    knownAt: instant,
    device: "web",
    country: "BY",
    timeQuality: "observed",
    ...(number === undefined ? {} : { decisionId: decisionId(number) }),
  };
  return { offset, key: profileId, value: utf8(value) };
}

test("rows are the cards that were seen, with the features they were shown by and what came of them", async () => {
  const records = [
    decision(1, { names: ["blendedScore", "old"], hoursAgo: 30 }),
    // Newer features, in another order.
    decision(2, { names: ["blendedScore", "added", "old"], hoursAgo: 20 }),
    // Nothing is known of these: not looked at, of an erased profile, too old.
    decision(3, { names: ["blendedScore", "old"], hoursAgo: 10 }),
    decision(4, { names: ["blendedScore", "old"], hoursAgo: 9, profileId: "p-erased" }),
    decision(5, { names: ["blendedScore", "old"], hoursAgo: 24 * 40 }),
  ].map((record, offset) => ({ offset, key: record.profileId, value: utf8(record) }));
  expect(await warehouse.insertDecisions({ topic: "decisions", partition: 0, records })).toMatchObject({
    undecodable: [],
  });
  const playback = { playbackId: "x", positionSeconds: 2_700, durationSeconds: 6_000 };
  await warehouse.insertEvents({
    topic: "behaviour",
    partition: 0,
    records: [
      // Page 1: three cards reported as seen; one opened, one played for half of nine tenths of it. The other was not seen.
      event("impression", 1, { titleId: "film-0" }),
      event("impression", 1, { titleId: "film-1" }),
      event("impression", 1, { titleId: "film-2" }),
      event("impression", 1, { titleId: "film-4" }),
      event("click", 1, { titleId: "film-0" }),
      event("click", 1, { titleId: "film-1" }),
      event("play_start", 1, { titleId: "film-1", playbackId: "x" }),
      event("play_stop", 1, { titleId: "film-1", ...playback, watchedSeconds: 2_700 }),
      // Page 2: nothing was reported but a click, so all of it was there to be seen.
      event("click", 2, { titleId: "film-3" }),
      // A click without a page, and one of the erased profile.
      event("click", undefined, { titleId: "film-0" }),
      event("click", 4, { titleId: "film-0" }, "p-erased"),
      event("click", 5, { titleId: "film-0" }),
    ],
  });
  await warehouse.insertEvents({
    topic: "erasures",
    partition: 0,
    records: [event("erasure", undefined, { reason: "viewer_request" }, "p-erased")],
  });

  const rows = await readRankerRows(warehouse, { asOf: AS_OF });
  expect(rows.featureNames).toEqual(["blendedScore", "added", "old"]);
  expect([...rows.decisionOffsets]).toEqual([0, 3, 7]);
  expect([...rows.decisionAt]).toEqual([AS_OF - 30 * HOUR_MS, AS_OF - 20 * HOUR_MS]);
  expect([...rows.positions]).toEqual([0, 1, 2, 0, 1, 2, 3]);
  expect(rows.rowKindNames).toEqual(["top_picks"]);
  // Opened: 0.2. Played: 0.2 + 0.8 · 2,700 / (0.9 · 6,000) = 0.6.
  expect([...rows.labels]).toEqual([0.2, 0.6, 0, 0, 0, 0, 0.2].map(Math.fround));
  expect([...rows.features]).toEqual([
    ...[0.5, Number.NaN, 11],
    ...[0.25, Number.NaN, 11],
    ...[Number.NaN, Number.NaN, 11],
    ...[0.5, 12, 22],
    ...[0.25, 12, 22],
    ...[Number.NaN, 12, 22],
    ...[0.125, 12, 22],
  ]);
  expect([...rows.blendedScores]).toEqual([0.5, 0.25, 0, 0.5, 0.25, 0, 0.125]);
  // The newest decisions where there is a limit; none before there are any.
  expect([...(await readRankerRows(warehouse, { asOf: AS_OF, decisionsMax: 1 })).decisionAt]).toEqual([
    AS_OF - 20 * HOUR_MS,
  ]);
  expect((await readRankerRows(warehouse, { asOf: AS_OF - 1_000 * HOUR_MS })).rowCount).toBe(0);
});
