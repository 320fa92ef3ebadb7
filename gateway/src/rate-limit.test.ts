import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedClock, type SimulatedClock } from "@thewatcher/kit/clock";
import { openLmdbCache } from "@thewatcher/stores/cache/lmdb";
import type { Cache } from "@thewatcher/stores/cache/port";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRateLimit, LIMIT_CLASSES, limitClassOf } from "./rate-limit.ts";
import { routes } from "./routes.ts";

let folder: string;
let clock: SimulatedClock;
let cache: Cache;
/** A window's beginning. */
const START = 1_700_000_040_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rate-"));
  clock = createSimulatedClock(START);
  cache = await openLmdbCache({ path: folder, clock });
});
afterEach(async () => {
  await cache.close();
  await rm(folder, { recursive: true, force: true });
});

const budget = { count: 10, perMs: 60_000 };

describe("a budget", () => {
  test("is taken one by one until it is empty, and then says when there is room", async () => {
    const limit = createRateLimit({ cache, clock });
    for (let i = 0; i < 10; i++) expect(limit.take("a", budget)).toBe(0);
    const waitMs = limit.take("a", budget);
    // The window ends after 60 s and then covers a tenth less after 6 s more: 10 × 0.9 + 1 ≤ 10.
    expect(waitMs).toBe(66_000);
    await clock.advance(waitMs - 1);
    expect(limit.take("a", budget)).toBeGreaterThan(0);
    await clock.advance(1);
    expect(limit.take("a", budget)).toBe(0);
    expect(limit.take("a", budget)).toBeGreaterThan(0);
    expect(limit.take("b", budget)).toBe(0);
  });

  test("never lets more than twice through in any window's length, and as many as it says where they are spread", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20_000), { minLength: 30, maxLength: 120 }), async (pauses) => {
        const limit = createRateLimit({ cache, clock });
        const taken: number[] = [];
        for (const pause of pauses) {
          await clock.advance(pause);
          if (limit.take("p", budget) === 0) taken.push(clock.now());
        }
        for (const at of taken) {
          const within = taken.filter((other) => other > at - budget.perMs && other <= at).length;
          expect(within).toBeLessThanOrEqual(2 * budget.count);
        }
      }),
      { numRuns: 20 },
    );
    const limit = createRateLimit({ cache, clock });
    for (let i = 0; i < 100; i++) {
      await clock.advance(7_000);
      expect(limit.take("spread", budget)).toBe(0);
    }
  });

  test("that is exact is one for all gateways", async () => {
    const gateways = Array.from({ length: 4 }, () => createRateLimit({ cache, clock }));
    const waits = await Promise.all(
      Array.from({ length: 40 }, (_, i) => gateways[i % 4]?.takeExactly("a", budget) ?? -1),
    );
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(10);
    // One that starts now knows what the others counted, also once their window is over.
    await clock.advance(60_000);
    expect(await createRateLimit({ cache, clock }).takeExactly("a", budget)).toBeGreaterThan(0);
    await clock.advance(120_000);
    expect(await createRateLimit({ cache, clock }).takeExactly("a", budget)).toBe(0);
  });

  test("that is not exact errs by a twentieth for each gateway, and costs the store one call for each twentieth", async () => {
    const large = { count: 1_000, perMs: 60_000 };
    let calls = 0;
    const counting: Pick<Cache, "increment"> = {
      increment: (key, options) => {
        calls++;
        return cache.increment(key, options);
      },
    };
    const gateways = [0, 1].map(() => createRateLimit({ cache: { ...cache, ...counting }, clock }));
    let taken = 0;
    for (let i = 0; i < 3_000; i++) {
      if (gateways[i % 2]?.take("a", large) === 0) taken++;
      // The store's answer comes between requests.
      if (i % 50 === 0) await cache.get("x").then(() => cache.increment("turn", { ttlMs: 1_000 }));
    }
    expect(taken).toBeGreaterThanOrEqual(1_000);
    expect(taken).toBeLessThanOrEqual(1_200);
    expect(calls).toBeLessThanOrEqual(24);
  });

  test("holds by each gateway's own count while the store is away, and what was counted is told later", async () => {
    let isAway = true;
    const away: Cache = {
      ...cache,
      increment: (key, options) => (isAway ? Promise.reject(new Error("away")) : cache.increment(key, options)),
    };
    const limit = createRateLimit({ cache: away, clock });
    for (let i = 0; i < 5; i++) expect(await limit.takeExactly("a", budget)).toBe(0);
    isAway = false;
    expect(await limit.takeExactly("a", budget)).toBe(0);
    const other = createRateLimit({ cache, clock });
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) waits.push(await other.takeExactly("a", budget));
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(4);
  });
});

test("every class is of a route that there is", () => {
  const table = routes.map((route) => `${route.method} ${route.path}`);
  expect(table).toEqual(expect.arrayContaining(Object.keys(LIMIT_CLASSES)));
  expect(limitClassOf({ method: "GET", path: "/api/v1/home" })).toBe("read");
  expect(limitClassOf({ method: "DELETE", path: "/api/v1/devices" })).toBe("write");
  expect(limitClassOf({ method: "GET", path: "/healthz" })).toBe("none");
});
