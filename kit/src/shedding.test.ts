import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRng } from "./rng.ts";
import {
  createShedder,
  isShed,
  LOOK_EVERY_MS,
  levelBetweenLooks,
  NO_SHEDDING,
  nextShedding,
  type Shedding,
  WAIT_MS_MAX,
} from "./shedding.ts";

const KINDS = ["events", "search", "home", "resume", "play"] as const;

/** As the shedder looks: the later the loop, the longer between two looks. */
const sinceOf = (load: number) => LOOK_EVERY_MS + load * WAIT_MS_MAX;
const look = (before: Shedding, load: number) => nextShedding(before, load, sinceOf(load), KINDS.length);
const after = (loads: readonly number[], before = NO_SHEDDING) => loads.reduce(look, before);
const steady = (load: number, looks: number) => Array.from({ length: looks }, () => load);
const loads = fc.array(fc.oneof(fc.double({ min: 0, max: 6, noNaN: true }), fc.constantFrom(0, 0.5, 1, 1.0001, 50)), {
  maxLength: 300,
});

describe("the level", () => {
  test("stays within no kind and all kinds, and moves at most one kind a look, under any load", () => {
    fc.assert(
      fc.property(loads, (given) => {
        let before = NO_SHEDDING;
        for (const load of given) {
          const next = look(before, load);
          expect(next.level).toBeGreaterThanOrEqual(0);
          expect(next.level).toBeLessThanOrEqual(KINDS.length);
          expect(Math.abs(next.level - before.level)).toBeLessThanOrEqual(1);
          before = next;
        }
      }),
    );
  });

  test("under a steady load, from wherever, goes in one direction or stays: nothing flaps", () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 6, noNaN: true }), (past, load) => {
        let before = after(past);
        const steps: number[] = [];
        for (let i = 0; i < 200; i++) {
          const next = look(before, load);
          steps.push(Math.sign(next.level - before.level));
          before = next;
        }
        expect(new Set(steps.filter((step) => step !== 0)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("comes back to nothing from wherever once the load is low, within 4 s a kind", () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 0.49, noNaN: true }), (past, load) => {
        // 20 s at looks of 25 ms and more.
        expect(after(steady(load, 20_000 / LOOK_EVERY_MS + 1), after(past)).level).toBe(0);
      }),
    );
  });

  test("one or two long turns of the loop are no load, however long", () => {
    fc.assert(
      fc.property(fc.double({ min: 1.01, max: 1_000, noNaN: true }), fc.integer({ min: 1, max: 2 }), (load, count) => {
        expect(after([...steady(load, count), 0.9, ...steady(load, count)]).level).toBe(0);
      }),
    );
  });

  test("rises by a kind a second: under 1.2 of what is bearable all events are refused after 1.5 s, and pages begin to be after 2.5 s", () => {
    // A look each 25 + 1.2 × 250 = 325 ms, which is 0.325 of a kind; the first two only look.
    expect(after(steady(1.2, 3)).level).toBeCloseTo(0.325, 9);
    expect(after(steady(1.2, 6)).level).toBeCloseTo(4 * 0.325, 9);
    expect(after(steady(1.2, 9)).level).toBeCloseTo(7 * 0.325, 9);
    expect(after(steady(1.2, 40)).level).toBe(5);
  });

  test("stays where it is while what waited is worked off: a load over 1 that gets lower refuses nothing more", () => {
    const high = after(steady(4, 4));
    expect(high.level).toBe(2);
    expect(after([3, 2, 1.5, 1.1], high).level).toBe(2);
  });

  test("between two looks is none for a wait of two bounds, then one more kind for each", () => {
    const levels = [0, 1, 2, 2.5, 4, 7, 100].map((bounds) => levelBetweenLooks(bounds * WAIT_MS_MAX, KINDS.length));
    expect(levels).toEqual([0, 0, 0, 0.5, 2, 5, 5]);
  });

  test("between calm and too much stays where it is", () => {
    const high = after(steady(1.2, 8));
    expect(after(steady(0.75, 1_000), high).level).toBe(high.level);
    // 0.4: looks of 125 ms take 1/32 of a kind each.
    expect(after(steady(0.4, 16), high).level).toBeCloseTo(high.level - 0.5, 9);
  });
});

describe("the order", () => {
  test("is never violated: with the same luck, whenever a kind is refused all before it are", () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (given, luck) => {
        const { level } = after(given);
        const refused = KINDS.map((_, place) => isShed(level, place, luck));
        expect(refused).toEqual([...refused].sort((a, b) => Number(b) - Number(a)));
      }),
    );
  });

  test("is never violated by luck either: a kind is refused in part only when all before it are refused whole", () => {
    fc.assert(
      fc.property(loads, (given) => {
        const { level } = after(given);
        for (let place = 1; place < KINDS.length; place++) {
          // The least lucky of the later kind against the luckiest of the earlier one.
          if (isShed(level, place, 0)) expect(isShed(level, place - 1, 1 - Number.EPSILON)).toBe(true);
        }
      }),
    );
  });

  test("at 2.4 the first two are refused whole, four of ten of the third, and nothing of the others", () => {
    const rng = createRng(7);
    const shares = KINDS.map((_, place) => {
      let refused = 0;
      for (let i = 0; i < 10_000; i++) if (isShed(2.4, place, rng.next())) refused++;
      return refused / 10_000;
    });
    expect(shares.slice(0, 2)).toEqual([1, 1]);
    expect(shares[2]).toBeCloseTo(0.4, 1);
    expect(shares.slice(3)).toEqual([0, 0]);
  });
});

/** A loop that comes to its timers as late as it is told, for as many looks. */
function latenessOf(latenessMs: readonly number[]) {
  let now = 0;
  let looks = 0;
  const ending = new AbortController();
  return {
    signal: ending.signal,
    clock: {
      monotonicMs: () => now,
      async sleep(durationMs: number) {
        now += durationMs + (latenessMs[looks++] ?? 0);
        if (looks > latenessMs.length) ending.abort();
      },
    },
  };
}

describe("a shedder", () => {
  const open = (latenessMs: readonly number[], busyMs: () => number = () => 0) => {
    const { clock, signal } = latenessOf(latenessMs);
    const levels: number[] = [];
    const onLevel = (level: number) => levels.push(level);
    const shedder = createShedder({ kinds: KINDS, clock, rng: createRng(1), busyMs, onLevel });
    return { shedder, levels, followed: () => shedder.follow(signal) };
  };
  const inTime = Array.from({ length: 100 }, () => 0);

  test("refuses by the lateness of the loop, and says each new level", async () => {
    const { shedder, levels, followed } = open(Array.from({ length: 5 }, () => 2 * WAIT_MS_MAX));
    expect(shedder.isRefusing()).toBe(false);
    await followed();
    // Looks of 525 ms: three of five count.
    expect(levels.slice(0, 3)).toEqual([0.525, 1.05, expect.closeTo(1.575, 9)]);
    expect(shedder.isRefusing()).toBe(true);
    expect([shedder.refuses("events"), shedder.refuses("resume")]).toEqual([true, false]);
  });

  test("refuses by the work that is let in, though the loop is in time, beyond 16 requests", async () => {
    let busyMs = 0;
    const busy = () => {
      busyMs += 10;
      return busyMs;
    };
    const inFlight = async (count: number) => {
      const { shedder, levels, followed } = open(inTime, busy);
      // One has ended while the loop was busy for 10 ms at the first look.
      for (let i = 0; i <= count; i++) shedder.began();
      shedder.ended();
      await followed();
      return levels.length;
    };
    expect(await inFlight(16)).toBe(0);
    expect(await inFlight(400)).toBeGreaterThan(0);
  });

  test("lets in what waits for others: many under way cost nothing where none costs time", async () => {
    const { shedder, levels, followed } = open(inTime);
    for (let i = 0; i < 5_000; i++) shedder.began();
    shedder.ended();
    await followed();
    expect(levels).toEqual([]);
    expect(shedder.isRefusing()).toBe(false);
  });
});
