import { createRng } from "@thewatcher/kit/rng";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  choosePool,
  drawRng,
  drawSlots,
  inclusionOf,
  logWeights,
  NEW_TITLE_HOURS,
  NEW_TITLE_IMPRESSIONS,
  newTitleLogBoost,
  POOL_MAX,
  RESERVED_POSITIONS,
  seedOfDecision,
  withDrawn,
} from "./exploration.ts";

const DECISIONS = 30_000;
const decisionIds = Array.from({ length: DECISIONS }, (_, n) => deterministicUuid7(`page ${n}`, 1_800_000_000_000 + n));

function logWeightsOf(utilities: readonly number[], temperature: number, logBoosts: readonly number[] = []) {
  const out = new Float64Array(utilities.length);
  const boosts = utilities.map((_, place) => logBoosts[place] ?? 0);
  logWeights({ count: utilities.length, utilities, logBoosts: boosts }, temperature, out);
  return out;
}

/** Every order of `slots` of them, with its probability by the definition. */
function enumerate(weights: readonly number[], slots: number): { order: number[]; probability: number }[] {
  let orders = [{ order: [] as number[], probability: 1 }];
  for (let slot = 0; slot < slots; slot++) {
    orders = orders.flatMap(({ order, probability }) => {
      const left = weights.flatMap((weight, place) => (order.includes(place) ? [] : [{ place, weight }]));
      const total = left.reduce((sum, { weight }) => sum + weight, 0);
      return left.map(({ place, weight }) => ({
        order: [...order, place],
        probability: (probability * weight) / total,
      }));
    });
  }
  return orders;
}

const pools = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 12 });

describe("propensities", () => {
  test("of two slots are those of every order enumerated, and so is what a title's inclusion sums up to", () => {
    fc.assert(
      fc.property(pools, fc.integer({ min: 1, max: 2 }), fc.nat(), (utilities, slots, seed) => {
        const logs = logWeightsOf(utilities, 0.7);
        const weights = Array.from(logs, Math.exp);
        const orders = enumerate(weights, slots);
        const drawn = drawSlots(logs, weights.length, slots, createRng(seed));
        const order = drawn.map(({ place }) => place);
        const asDrawn = orders.find((each) => each.order.every((place, slot) => place === order[slot]))!;
        expect(drawn.reduce((product, { propensity }) => product * propensity, 1)).toBeCloseTo(asDrawn.probability, 12);
        weights.forEach((_, j) => {
          const sum = orders
            .filter((each) => each.order.includes(j))
            .reduce((total, { probability }) => total + probability, 0);
          expect(inclusionOf(weights, weights.length, slots, j)).toBeCloseTo(sum, 10);
        });
        for (const { place, inclusion } of drawn) {
          expect(inclusion).toBe(inclusionOf(weights, weights.length, slots, place));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("of weights 3, 2, 1: 1/2 for the first, then 2/3 for the second; the last is in with 1/6 + 1/4 + 1/12", () => {
    const weights = [3, 2, 1];
    // Drawn behind another: 1/2 · 1/(6 − 3) = 1/6 and 1/3 · 1/(6 − 2) = 1/12.
    expect(inclusionOf(weights, 3, 2, 2)).toBeCloseTo(1 / 6 + 1 / 6 + 1 / 12, 12);
    const rng = { next: () => 0.5 } as never;
    const [first, second] = drawSlots(weights.map(Math.log), 3, 2, rng);
    expect(first).toMatchObject({ place: 0, propensity: expect.closeTo(1 / 2, 12) });
    expect(second).toMatchObject({ place: 1, propensity: expect.closeTo(2 / 3, 12) });
  });

  test("are how often titles are drawn: χ² over the ids of 30,000 decisions", () => {
    const logs = logWeightsOf([2, 1, 0.5, 0, -1, -1.5], 1);
    const orders = enumerate(Array.from(logs, Math.exp), 2);
    const counts = new Map<string, number>();
    for (const decisionId of decisionIds) {
      const drawn = drawSlots(logs, logs.length, 2, drawRng(seedOfDecision(decisionId), "top-picks"));
      const key = drawn.map(({ place }) => place).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const { order, probability } of orders) {
      const expected = probability * DECISIONS;
      chiSquare += ((counts.get(order.join()) ?? 0) - expected) ** 2 / expected;
    }
    console.log(`χ² = ${chiSquare.toFixed(1)} with ${orders.length - 1} degrees of freedom`);
    // 30 orders: the 99.9th percentile of χ² with 29 degrees of freedom is 58.3.
    expect(orders).toHaveLength(30);
    expect(chiSquare).toBeLessThan(58.3);
  });

  test("of rows of one decision are drawn apart from each other", () => {
    const logs = logWeightsOf([0, 0, 0, 0], 1);
    const counts = new Float64Array(16);
    for (const decisionId of decisionIds) {
      const placeIn = (rowId: string) => drawSlots(logs, 4, 1, drawRng(seedOfDecision(decisionId), rowId))[0]!.place;
      const cell = 4 * placeIn("genre-1") + placeIn("genre-2");
      counts[cell] = counts[cell]! + 1;
    }
    const expected = DECISIONS / 16;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // The 99.9th percentile with 15 degrees of freedom.
    expect(chiSquare).toBeLessThan(37.7);
  });

  test("over a page: the marginal is the sum over draws, as often as pages show the title", () => {
    // Row A: x on merit, one slot drawn of a, b, c. Row B, composed later: the first two on merit of a, b, y.
    const logs = logWeightsOf([1, 0, -1], 1);
    const titles = ["a", "b", "c"];
    const page = (drawn: string) => ["x", drawn, ...["a", "b", "y"].filter((title) => title !== drawn).slice(0, 2)];
    const probabilities = enumerate(Array.from(logs, Math.exp), 1).map(({ probability }) => probability);
    const marginal = (title: string) =>
      probabilities.reduce((sum, p, place) => sum + (page(titles[place]!).includes(title) ? p : 0), 0);
    // a stands somewhere whatever is drawn; c where it is drawn alone; y where a or b was.
    expect(marginal("a")).toBeCloseTo(1, 12);
    expect(marginal("c")).toBe(probabilities[2]);
    expect(marginal("y")).toBeCloseTo(probabilities[0]! + probabilities[1]!, 12);
    const shown = new Map<string, number>();
    for (const decisionId of decisionIds) {
      const [drawn] = drawSlots(logs, 3, 1, drawRng(seedOfDecision(decisionId), "a"));
      for (const title of page(titles[drawn!.place]!)) shown.set(title, (shown.get(title) ?? 0) + 1);
    }
    for (const title of ["a", "b", "c", "x", "y"]) {
      const share = title === "x" ? 1 : marginal(title);
      // Four standard errors.
      const margin = 4 * Math.sqrt((share * Math.max(0, 1 - share)) / DECISIONS) + 1e-9;
      expect(Math.abs((shown.get(title) ?? 0) / DECISIONS - share)).toBeLessThan(margin);
    }
  });
});

describe("a draw", () => {
  test("is the same for the same decision, row and pool", () => {
    const logs = logWeightsOf([1, 2, 3, 4, 5], 1);
    for (const decisionId of decisionIds.slice(0, 50)) {
      const draw = () => drawSlots(logs, 5, 2, drawRng(seedOfDecision(decisionId), "new"));
      expect(draw()).toEqual(draw());
    }
  });

  test("takes different titles, as many as there are slots and titles, each with a propensity in (0, 1]", () => {
    const anyPool = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: POOL_MAX });
    fc.assert(
      fc.property(anyPool, fc.double({ min: 1e-9, max: 100 }), fc.nat(), (utilities, temperature, seed) => {
        fc.pre(temperature > 0);
        const drawn = drawSlots(logWeightsOf(utilities, temperature), utilities.length, 2, createRng(seed));
        expect(drawn).toHaveLength(Math.min(2, utilities.length));
        expect(new Set(drawn.map(({ place }) => place)).size).toBe(drawn.length);
        for (const { propensity, inclusion } of drawn) {
          expect(propensity).toBeGreaterThan(0);
          expect(propensity).toBeLessThanOrEqual(1);
          expect(inclusion).toBeGreaterThan(0);
          expect(inclusion).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("takes the best of the pool as the temperature falls, and any as it rises, on whatever scale utilities are", () => {
    const utilities = [5, 4, 3, 2];
    expect(Math.exp(logWeightsOf(utilities, 0.01)[1]!)).toBeLessThan(1e-8);
    expect(Math.exp(logWeightsOf(utilities, 1_000)[3]!)).toBeGreaterThan(0.99);
    const scaled = utilities.map((utility) => utility * 1_024);
    expect(logWeightsOf(scaled, 1)).toEqual(logWeightsOf(utilities, 1));
    expect(logWeightsOf([7, 7, 7], 1)).toEqual(new Float64Array(3));
  });
});

describe("the pool", () => {
  const poolOf = (titles: readonly { impressions: number; ageHours: number }[]) => {
    const out = new Int32Array(POOL_MAX);
    const count = choosePool(
      {
        count: titles.length,
        impressions: titles.map(({ impressions }) => impressions),
        ageHours: titles.map(({ ageHours }) => ageHours),
      },
      out,
    );
    return Array.from(out.subarray(0, count));
  };

  test("holds new titles first, the least shown in front, then what was shown little; nothing well known", () => {
    expect(
      poolOf([
        { impressions: 5_000, ageHours: 10 },
        { impressions: 50, ageHours: 900 },
        { impressions: 40, ageHours: 20 },
        { impressions: Number.NaN, ageHours: 5 },
        { impressions: Number.NaN, ageHours: 900 },
        { impressions: 10, ageHours: 900 },
        { impressions: 300, ageHours: 900 },
        // New, and shown as often as it is owed: among the little shown.
        { impressions: 100, ageHours: 20 },
      ]),
    ).toEqual([3, 2, 5, 1, 7]);
  });

  test("holds at most 64", () => {
    expect(poolOf(Array.from({ length: 200 }, () => ({ impressions: 0, ageHours: 1 })))).toEqual(
      Array.from({ length: POOL_MAX }, (_, place) => place),
    );
  });
});

describe("the boost of a new title", () => {
  test("is 0 on the pace, when it is owed nothing any more, and when it is not new", () => {
    expect(newTitleLogBoost(0, 0)).toBe(0);
    // Half of 36 hours: half of 120 impressions are due.
    expect(newTitleLogBoost(60, 18)).toBe(0);
    expect(newTitleLogBoost(50, 18)).toBeCloseTo(3.5, 12);
    expect(newTitleLogBoost(0, 18)).toBe(7);
    expect(newTitleLogBoost(NEW_TITLE_IMPRESSIONS, 40)).toBe(0);
    expect(newTitleLogBoost(0, NEW_TITLE_HOURS)).toBe(0);
    expect(newTitleLogBoost(Number.NaN, 18)).toBe(7);
    expect(newTitleLogBoost(0, Number.NaN)).toBe(0);
  });

  test("grows with age and falls with impressions", () => {
    const hours = fc.double({ min: -5, max: NEW_TITLE_HOURS - 0.01, noNaN: true });
    fc.assert(
      fc.property(hours, hours, fc.nat({ max: 200 }), fc.nat({ max: 200 }), (a, b, shownA, shownB) => {
        const [young, old] = a < b ? [a, b] : [b, a];
        expect(newTitleLogBoost(shownA, young)).toBeLessThanOrEqual(newTitleLogBoost(shownA, old));
        const [less, more] = shownA < shownB ? [shownA, shownB] : [shownB, shownA];
        expect(newTitleLogBoost(more, a)).toBeLessThanOrEqual(newTitleLogBoost(less, a));
      }),
    );
  });

  /** Impressions of five new titles at the age of 48 hours, of 55 others nobody likes less; drawn slots come by the hour. */
  function simulate(seenDrawsPerHour: number, boost: typeof newTitleLogBoost): number[] {
    const rng = createRng(11);
    const utilities = Array.from({ length: 60 }, (_, place) => (place < 5 ? -2 : rng.normal()));
    const addedAt = (place: number) => (place < 5 ? 6 * place : Number.NEGATIVE_INFINITY);
    const impressions = new Float64Array(60);
    const at48: number[] = [];
    for (let hour = 0; hour < 80; hour++) {
      const present = utilities.flatMap((_, place) => (addedAt(place) <= hour ? [place] : []));
      const logs = logWeightsOf(
        present.map((place) => utilities[place]!),
        1,
        present.map((place) => boost(impressions[place]!, hour - addedAt(place))),
      );
      for (let draw = 0; draw < seenDrawsPerHour; draw++) {
        const title = present[drawSlots(logs, present.length, 1, rng)[0]!.place]!;
        impressions[title] = impressions[title]! + 1;
      }
      for (let place = 0; place < 5; place++) {
        if (hour - addedAt(place) === NEW_TITLE_HOURS - 1) at48[place] = impressions[place]!;
      }
    }
    return at48;
  }

  test("brings each of five to 100 impressions within 48 hours; without it none comes near", () => {
    const without = simulate(30, () => 0);
    const withBoost = simulate(30, newTitleLogBoost);
    console.log(`impressions after 48 h: ${withBoost.join(" ")} (without a boost: ${without.join(" ")})`);
    for (const impressions of withBoost) expect(impressions).toBeGreaterThanOrEqual(NEW_TITLE_IMPRESSIONS);
    for (const impressions of without) expect(impressions).toBeLessThan(NEW_TITLE_IMPRESSIONS / 4);
  });

  test("leaves the other titles the draws that it does not need", () => {
    const impressions = simulate(300, newTitleLogBoost);
    for (const each of impressions) {
      expect(each).toBeGreaterThanOrEqual(NEW_TITLE_IMPRESSIONS);
      // 300 draws an hour for 48 hours are 14,400: a title that took all it could would have thousands.
      expect(each).toBeLessThan(5 * NEW_TITLE_IMPRESSIONS);
    }
  });
});

describe("drawn titles in a row", () => {
  test("stand fifth and twelfth, never first, at the end of a shorter row; the others keep their order", () => {
    const merit = Array.from({ length: 18 }, (_, place) => place);
    const row = withDrawn(merit, [100, 200]);
    expect(row[4]).toBe(100);
    expect(row[11]).toBe(200);
    expect(row.filter((title) => title < 100)).toEqual(merit);
    expect(withDrawn([1, 2], [100])).toEqual([1, 2, 100]);
    for (const position of RESERVED_POSITIONS) expect(position).toBeGreaterThan(0);
  });
});

test("a draw of one slot of a pool of 64 takes microseconds", () => {
  const utilities = Array.from({ length: POOL_MAX }, (_, place) => Math.sin(place));
  const logBoosts = new Float64Array(POOL_MAX);
  const out = new Float64Array(POOL_MAX);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200; round++) {
    const startedAt = performance.now();
    for (let draw = 0; draw < 20; draw++) {
      logWeights({ count: POOL_MAX, utilities, logBoosts }, 1, out);
      drawSlots(out, POOL_MAX, 1, drawRng(round * 20 + draw, "top-picks"));
    }
    best = Math.min(best, ((performance.now() - startedAt) * 1_000) / 20);
  }
  console.log(`a draw of a pool of 64: ${best.toFixed(1)} µs`);
  expect(best).toBeLessThan(40);
});
