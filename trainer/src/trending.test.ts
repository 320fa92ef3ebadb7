import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrending } from "@thewatcher/feature-store/trending";
import { systemClock } from "@thewatcher/kit/clock";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, expect, test } from "vitest";

const AS_OF = Date.parse("2026-05-01T12:00:00.000Z");
const DAY_MS = 86_400_000;
let folder: string;
let warehouse: Warehouse;
let written = 0;

interface Play {
  readonly titleId: string;
  readonly profiles: readonly string[];
  readonly daysAgo: number;
  readonly country?: string;
  readonly type?: string;
  readonly timeQuality?: string;
}

async function insert(plays: readonly Play[]): Promise<void> {
  const records = plays.flatMap(({ titleId, profiles, daysAgo, country = "BY", type = "play_start", timeQuality }) =>
    profiles.map((profileId) => {
      const instant = new Date(AS_OF - daysAgo * DAY_MS).toISOString();
      const offset = written++;
      const event = {
        version: 1,
        type,
        payload: { titleId, playbackId: `p${offset}` },
        eventId: `019ab000-0000-7000-8000-${offset.toString(16).padStart(12, "0")}`,
        profileId,
        occurredAt: instant,
        sentAt: instant,
        receivedAt: instant,
        knownAt: instant,
        device: "test",
        country,
        timeQuality: timeQuality ?? "observed",
      };
      return { offset, key: profileId, value: new TextEncoder().encode(JSON.stringify(event)) };
    }),
  );
  const topic = plays.some(({ type }) => type === "erasure") ? "erasures" : "behaviour";
  await warehouse.insertEvents({ topic, partition: 0, records });
}
const viewers = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-trending-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

test("growth is (viewers + 10) / (expected + 10), the expected out of the title's earlier weeks and the country's total", async () => {
  await insert([
    // Four weeks before: 60 viewer-weeks in all, 40 of them of `steady`.
    { titleId: "steady", profiles: viewers("a", 20), daysAgo: 8 },
    { titleId: "steady", profiles: viewers("a", 20), daysAgo: 16 },
    { titleId: "rising", profiles: viewers("b", 20), daysAgo: 27 },
    // Older than five weeks, and at the very cut.
    { titleId: "rising", profiles: viewers("z", 99), daysAgo: 36 },
    { titleId: "rising", profiles: viewers("y", 99), daysAgo: 35 },
    // This week: 60 in all.
    { titleId: "steady", profiles: viewers("a", 20), daysAgo: 1 },
    { titleId: "rising", profiles: viewers("b", 30), daysAgo: 2 },
    { titleId: "new", profiles: viewers("c", 10), daysAgo: 6.5 },
    // The same viewer again in the same week counts once; synthetic times count nowhere.
    { titleId: "new", profiles: viewers("c", 10), daysAgo: 3 },
    { titleId: "steady", profiles: viewers("d", 300), daysAgo: 3, timeQuality: "synthetic" },
    // After `asOf`.
    { titleId: "steady", profiles: viewers("e", 300), daysAgo: -0.1 },
    // Another country, with nothing before: nothing to expect there.
    { titleId: "abroad", profiles: viewers("f", 8), daysAgo: 1, country: "US" },
  ]);
  const trending = await readTrending(warehouse, { asOf: AS_OF });
  expect(trending.filter(({ country }) => country === "BY")).toEqual([
    // expected: 60 · 20 / 60 = 20.
    { country: "BY", titleId: "new", viewers: 10, expected: 0, growth: (10 + 10) / (0 + 10) },
    { country: "BY", titleId: "rising", viewers: 30, expected: 20, growth: (30 + 10) / (20 + 10) },
    // steady: (20 + 10) / (60 · 40 / 60 + 10) = 0.6, which is no growth.
  ]);
  expect(trending.filter(({ country }) => country === "US")).toEqual([]);
  // Everywhere 68 viewers this week: rising expects 68 · 20 / 60.
  expect(trending.filter(({ country }) => country === "*").map(({ titleId }) => titleId)).toEqual([
    "new",
    "abroad",
    "rising",
  ]);
  expect(trending.find(({ country, titleId }) => country === "*" && titleId === "rising")?.growth).toBeCloseTo(
    (30 + 10) / ((68 * 20) / 60 + 10),
    12,
  );
});

test("who was erased counts no more", async () => {
  await insert([{ titleId: "", profiles: viewers("c", 10), daysAgo: 0, type: "erasure" }]);
  expect((await readTrending(warehouse, { asOf: AS_OF })).map(({ titleId }) => titleId)).not.toContain("new");
});
