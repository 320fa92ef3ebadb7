import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildInteractions } from "@thewatcher/engine/dataset";
import { gramLower, transposeSparse } from "@thewatcher/engine/kernels/linear-algebra";
import { createKernels } from "@thewatcher/engine/kernels/load";
import { fadedRows } from "@thewatcher/engine/recency";
import { type ItemPair, readItemStatistics } from "@thewatcher/feature-store/item-statistics";
import { readTrainingSet } from "@thewatcher/feature-store/training-set";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const AS_OF = Date.parse("2026-05-01T12:00:00.000Z");
const DAY_MS = 86_400_000;
let folder: string;
let warehouse: Warehouse;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-statistics-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
  const rng = createRng(4);
  const records = Array.from({ length: 1200 }, (_, offset) => {
    const titleId = `film-${rng.int(25)}`;
    const instant = new Date(AS_OF - rng.int(40 * DAY_MS)).toISOString();
    const [type, payload] = (
      [
        ["click", { titleId }],
        ["rate", { titleId, stars: (1 + rng.int(10)) / 2 }],
        ["watched", { titleId }],
        ["not_interested", { titleId }],
      ] as const
    )[rng.int(4)] as [string, object];
    const event = {
      version: 1,
      type,
      payload,
      eventId: `019ab000-0000-7000-8000-${offset.toString(16).padStart(12, "0")}`,
      profileId: `p-${rng.int(50)}`,
      occurredAt: instant,
      sentAt: instant,
      receivedAt: instant,
      knownAt: instant,
      device: "test",
      country: "BY",
      timeQuality: "observed",
    };
    return { offset, key: event.profileId, value: new TextEncoder().encode(JSON.stringify(event)) };
  });
  expect(await warehouse.insertEvents({ topic: "behaviour", partition: 0, records })).toMatchObject({
    undecodable: [],
  });
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

const key = ({ itemId, otherId }: ItemPair) => `${itemId} ${otherId}`;

describe.each([
  { signal: "binary", halfLifeInteractions: undefined },
  { signal: "binary", halfLifeInteractions: 0.4 },
  { signal: "graded", halfLifeInteractions: 3 },
] as const)("pairs of titles in the warehouse ($signal, half-life $halfLifeInteractions)", (settings) => {
  test("are the Gram matrix of the engine", async () => {
    const set = await readTrainingSet(warehouse, { asOf: AS_OF });
    const n = set.itemIds.length;
    const data = buildInteractions(
      { userIndices: set.userIndex, itemIndices: set.itemIndex, weights: set.weight, occurredAt: set.occurredAt },
      { userCount: set.userIds.length, itemCount: n },
    );
    const byItem = transposeSparse(
      fadedRows(data, { signal: settings.signal, halfLifeInteractions: settings.halfLifeInteractions ?? null }),
    );
    const kernels = createKernels();
    const target = kernels.allocate(n * n);
    await gramLower(kernels, transposeSparse(byItem), byItem, target);
    const gram = kernels.f32(target);

    const pairs = await readItemStatistics(warehouse, { asOf: AS_OF, ...settings });
    expect(pairs.length).toBeGreaterThan(150);
    const found = new Map(pairs.map((pair) => [key(pair), pair.product]));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const product = found.get(`${set.itemIds[i]} ${set.itemIds[j]}`) ?? 0;
        // Sums of at most 50 products in f32 against f64: 50 · 2^-23 of a value below 50.
        expect(Math.abs(product - gram[i * n + j]!)).toBeLessThan(1e-4);
        if (settings.signal === "binary" && settings.halfLifeInteractions === undefined) {
          expect(product).toBe(gram[i * n + j]);
        }
      }
    }
  });

  test("add up over shards of profiles", async () => {
    const whole = await readItemStatistics(warehouse, { asOf: AS_OF, ...settings });
    const sums = new Map<string, { product: number; profileCount: number }>();
    for (const index of [0, 1, 2]) {
      const part = await readItemStatistics(warehouse, { asOf: AS_OF, ...settings, shard: { index, count: 3 } });
      expect(part.length).toBeGreaterThan(0);
      for (const pair of part) {
        const sum = sums.get(key(pair)) ?? { product: 0, profileCount: 0 };
        sums.set(key(pair), {
          product: sum.product + pair.product,
          profileCount: sum.profileCount + pair.profileCount,
        });
      }
    }
    expect(sums.size).toBe(whole.length);
    for (const pair of whole) {
      expect(sums.get(key(pair))?.profileCount).toBe(pair.profileCount);
      expect(sums.get(key(pair))?.product).toBeCloseTo(pair.product, 9);
    }
  });
});
