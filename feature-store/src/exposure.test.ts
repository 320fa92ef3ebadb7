import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecisionRecord } from "@thewatcher/contracts/decisions";
import { decisions } from "@thewatcher/contracts/topics/decisions";
import { systemClock } from "@thewatcher/kit/clock";
import { pack } from "@thewatcher/kit/packed";
import { deterministicUuid7, uuid7 } from "@thewatcher/kit/uuid";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureNewTitleExposure } from "./new-title-exposure.ts";
import { readTopTens, TOP_TITLES } from "./top-tens.ts";

const HOUR_MS = 3_600_000;
// What is older than 30 days would be forgotten while the test looks.
const AT = systemClock.now() - 5 * 24 * HOUR_MS;
let folder: string;
let warehouse: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-exposure-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

let offset = 0;
/** A page with these rows, each of titles by number. */
async function logPage(profileId: string, at: number, rows: readonly (readonly [kind: string, titles: number[]])[]) {
  const [exampleRow] = decisions.example.rows;
  const titles = [...new Set(rows.flatMap(([, numbers]) => numbers))];
  const record = DecisionRecord.parse({
    ...decisions.example,
    kind: "home",
    decisionId: uuid7(at),
    profileId,
    occurredAt: new Date(at).toISOString(),
    titleIds: titles.map((number) => `film-${number}`),
    numbers: pack(Float64Array.of(0.5, 0.25)),
    candidates: { titles: pack(Int32Array.of()), sources: pack(Uint32Array.of()), sourceScores: null, scores: "$n0:" },
    features: null,
    rows: rows.map(([kind, numbers], place) => ({
      ...exampleRow!,
      rowId: `row-${place}`,
      kind,
      slots: {
        titles: pack(Int32Array.from(numbers, (number) => titles.indexOf(number))),
        scores: `$n${pack(new Uint32Array(numbers.length)).slice(2)}`,
        sources: pack(new Int32Array(numbers.length)),
        reasons: pack(new Int32Array(numbers.length)),
      },
    })),
    rowOrder: rows.map((_, place) => `row-${place}`),
  });
  const value = Buffer.from(JSON.stringify(record));
  // Delivered twice, as a sink after a crash does.
  for (const _ of [1, 2]) {
    const records = [{ offset, key: profileId, value }];
    expect(await warehouse.insertDecisions({ topic: "decisions", partition: 0, records })).toMatchObject({
      inserted: 1,
    });
    offset++;
  }
}

let events = 0;
async function seen(titleId: string, occurredAtMs: number): Promise<void> {
  const occurredAt = new Date(occurredAtMs).toISOString();
  const event = {
    ...{ version: 1, eventId: deterministicUuid7(`${events++}`, occurredAtMs), type: "impression", profileId: "p-1" },
    ...{ payload: { titleId, rowId: "row-0" }, occurredAt, sentAt: occurredAt, receivedAt: occurredAt },
    ...{ knownAt: occurredAt, device: "web", country: "BY", timeQuality: "observed" },
  };
  const records = [{ offset: offset++, key: "p-1", value: Buffer.from(JSON.stringify(event)) }];
  await warehouse.insertEvents({ topic: "behaviour", partition: 0, records });
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const films = (numbers: readonly number[]): string[] => numbers.map((number) => `film-${number}`);

test("a top ten is of the newest page, row after row, without what was begun and without charts", async () => {
  await logPage("p-a", AT - HOUR_MS, [["top_picks", range(500, 12)]]);
  await logPage("p-a", AT, [
    ["continue_watching", [900, 901]],
    ["top_picks", range(0, 6)],
    ["top_in_country", range(800, 10)],
    ["new", range(20, 6)],
  ]);
  await logPage("p-b", AT, [["genre", range(40, 12)]]);
  // Too few for a top ten.
  await logPage("p-c", AT, [["genre", range(40, 9)]]);
  const topTens = await readTopTens(warehouse, { since: AT - 2 * HOUR_MS, until: AT + 1 });
  expect(topTens).toEqual([films([...range(0, 6), ...range(20, 4)]), films(range(40, TOP_TITLES))]);
  expect(await readTopTens(warehouse, { since: AT + 1, until: AT + HOUR_MS })).toEqual([]);
});

test("new titles below their goal are told when their hours are over, and by impressions within them alone", async () => {
  const hours = 48;
  // The first decision was logged at AT − 1 h (above), so these arrived behind it.
  const arrivals = [
    { titleId: "film-shown", addedAt: AT },
    { titleId: "film-late", addedAt: AT },
    { titleId: "film-unseen", addedAt: AT + HOUR_MS },
    { titleId: "film-young", addedAt: AT + 30 * HOUR_MS },
    { titleId: "film-of-the-import", addedAt: AT - 10 * HOUR_MS },
  ];
  for (const i of range(0, 3)) await seen("film-shown", AT + i * HOUR_MS);
  // One within 48 hours, two behind them.
  for (const i of range(0, 3)) await seen("film-late", AT + (47 + i) * HOUR_MS);
  const at = AT + 60 * HOUR_MS;
  const measured = await measureNewTitleExposure(warehouse, { arrivals, at, hours, impressionsGoal: 3 });
  expect(measured).toEqual({
    judged: 3,
    below: [
      { titleId: "film-unseen", impressions: 0 },
      { titleId: "film-late", impressions: 1 },
    ],
  });
});
