import type { Generation } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { createRng } from "@thewatcher/kit/rng";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHistory } from "./history.ts";
import { beginRequest, createWorkspace, rankPersonal, seedsOf } from "./ranking.ts";
import { AS_OF, catalogueOf, GENERATION, gradeForTests, PROFILE, stateOf, tablesOf, titleIdOf } from "./test-world.ts";
import { createTitleView, type TitleView } from "./title-view.ts";

const TITLES = 40;

function world(seed: number, halfLifeInteractions: number, count = TITLES - 1) {
  const rng = createRng(seed);
  const tables = tablesOf(rng, { titleCount: TITLES, count, halfLifeInteractions });
  const view = createTitleView(catalogueOf(rng, TITLES), tables);
  return { view, ws: createWorkspace(view), rng };
}

/** B as a dense matrix. */
function effects({ tables }: TitleView): number[][] {
  const { count, itemIndices, weights } = tables!.neighbours;
  return Array.from({ length: TITLES }, (_, row) => {
    const effect = new Array<number>(TITLES).fill(0);
    for (let at = row * count; at < (row + 1) * count; at++) {
      if (itemIndices[at]! >= 0) effect[itemIndices[at]!] = weights[at]!;
    }
    return effect;
  });
}

/** The model itself: Σ over the history, newest first, of 2^(−r / h) · B. */
function modelScores(view: TitleView, newestFirst: readonly number[]): number[] {
  const effect = effects(view);
  const scores = new Array<number>(TITLES).fill(0);
  newestFirst.forEach((item, r) => {
    const weight = 2 ** (-r / view.tables!.halfLifeInteractions);
    for (let j = 0; j < TITLES; j++) scores[j] = scores[j]! + weight * effect[item]![j]!;
  });
  return scores;
}

/** Everything, in the order of the scores: a list that was not cut. */
function listOf(scores: readonly number[], generation = GENERATION): StoredList {
  const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
  return {
    profileId: PROFILE,
    generation: generation as Generation,
    titleIds: order.map(titleIdOf),
    scores: Float32Array.from(order, (index) => scores[index]!),
  };
}

/** Rated one after another: the first of `newestFirst` last; `freshCount` of them behind the tables' asOf. */
const ratedState = (newestFirst: readonly number[], freshCount: number): ProfileState =>
  stateOf(
    newestFirst.map((index, place) => {
      const touchedAt = AS_OF + (freshCount - place) * 1_000;
      return { titleId: titleIdOf(index), touchedAt, rated: { at: touchedAt, stars: 4 } };
    }),
  );

const histories = fc.record({
  seed: fc.integer({ min: 1, max: 1_000 }),
  halfLife: fc.constantFrom(1, 3, 30, Number.POSITIVE_INFINITY),
  newestFirst: fc.uniqueArray(fc.integer({ min: 0, max: TITLES - 1 }), { maxLength: 20 }),
  freshShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("a list brought up to date", () => {
  test("equals the model's full recomputation where no row and no list was cut", () => {
    fc.assert(
      fc.property(histories, ({ seed, halfLife, newestFirst, freshShare }) => {
        const { view, ws } = world(seed, halfLife);
        const freshCount = Math.floor(freshShare * newestFirst.length);
        const list = listOf(modelScores(view, newestFirst.slice(freshCount)));
        const history = readHistory(view, ratedState(newestFirst, freshCount), gradeForTests);
        beginRequest(ws);
        rankPersonal(ws, { list, history, countMax: TITLES }, () => true);
        modelScores(view, newestFirst).forEach((expected, index) => {
          expect(ws.scores[index]).toBeCloseTo(expected, 4);
        });
      }),
      { numRuns: 100 },
    );
  });

  test("equals the model where there was no list at all: a first evening is personal", () => {
    const { view, ws } = world(3, 3);
    const history = readHistory(view, ratedState([5, 9, 2], 3), gradeForTests);
    beginRequest(ws);
    const { count } = rankPersonal(ws, { list: undefined, history, countMax: TITLES }, () => true);
    expect(count).toBe(TITLES);
    modelScores(view, [5, 9, 2]).forEach((expected, index) => {
      expect(ws.scores[index]).toBeCloseTo(expected, 5);
    });
  });

  test("worked example: half-life 1, one new interaction halves the list and adds its row", () => {
    const { view, ws } = world(3, 1);
    const list = listOf(Array.from({ length: TITLES }, (_, index) => index / 10));
    beginRequest(ws);
    rankPersonal(
      ws,
      { list, history: readHistory(view, ratedState([7], 1), gradeForTests), countMax: TITLES },
      () => true,
    );
    // 2^(−1/1) · 0.4 + 1 · 2^0 · B[7, 4]
    expect(ws.scores[4]).toBeCloseTo(0.5 * 0.4 + effects(view)[7]![4]!, 5);
  });

  test("is ordered by score, the best first, with what may not be recommended left out", () => {
    fc.assert(
      fc.property(histories, ({ seed, halfLife, newestFirst }) => {
        const { view, ws } = world(seed, halfLife, 6);
        const list = listOf(modelScores(view, [1, 2, 3]));
        beginRequest(ws);
        const history = readHistory(view, ratedState(newestFirst, newestFirst.length), gradeForTests);
        const { count } = rankPersonal(ws, { list, history, countMax: TITLES }, (index) => index % 3 !== 0);
        const order = [...ws.order.subarray(0, count)];
        const expected = Array.from({ length: TITLES }, (_, index) => index)
          .filter((index) => index % 3 !== 0)
          .sort((a, b) => Math.fround(ws.scores[b]!) - Math.fround(ws.scores[a]!));
        expect(order.map((index) => Math.fround(ws.scores[index]!))).toEqual(
          expected.map((index) => Math.fround(ws.scores[index]!)),
        );
        expect(order).toHaveLength(expected.length);
      }),
      { numRuns: 60 },
    );
  });

  test("negative scores stand behind 0, and 0 behind positive ones", () => {
    const { view, ws } = world(3, 1, 1);
    const scores = Array.from({ length: TITLES }, (_, index) => (index % 2 === 0 ? index / 7 : -index / 7));
    beginRequest(ws);
    const history = readHistory(view, ratedState([7], 1), gradeForTests);
    const { count } = rankPersonal(ws, { list: listOf(scores), history, countMax: TITLES }, () => true);
    const ordered = [...ws.order.subarray(0, count)].map((index) => ws.scores[index]!);
    expect(ordered).toEqual([...ordered].sort((a, b) => b - a));
    expect(ordered.at(-1)).toBeLessThan(0);
  });

  test("of another generation than the tables keeps its own order: scores of two models are not added up", () => {
    const { view, ws } = world(3, 3);
    const list = listOf(modelScores(view, [1, 2]), "g1900000000000-00bb");
    beginRequest(ws);
    const history = readHistory(view, ratedState([5, 6], 2), gradeForTests);
    const { count, listIsForeign } = rankPersonal(ws, { list, history, countMax: TITLES }, () => true);
    expect(listIsForeign).toBe(true);
    expect([...ws.order.subarray(0, count)].map(titleIdOf)).toEqual(list.titleIds);
  });

  test("titles of the list that are in no catalogue any more are passed over", () => {
    const { view, ws } = world(3, 3);
    const list = listOf(modelScores(view, [1, 2]));
    beginRequest(ws);
    const history = readHistory(view, ratedState([], 0), gradeForTests);
    const { count } = rankPersonal(
      ws,
      {
        list: { ...list, titleIds: list.titleIds.map((id, i) => (i === 0 ? ("gone" as typeof id) : id)) },
        history,
        countMax: TITLES,
      },
      () => true,
    );
    expect(count).toBe(TITLES - 1);
  });
});

describe("the titles that carry a score", () => {
  test("are the largest shares of it, by brute force", () => {
    fc.assert(
      fc.property(histories, ({ seed, halfLife, newestFirst, freshShare }) => {
        const { view, ws } = world(seed, halfLife, 8);
        const state = ratedState(newestFirst, Math.floor(freshShare * newestFirst.length));
        const history = readHistory(view, state, gradeForTests);
        const effect = effects(view);
        beginRequest(ws);
        const indices = [0, 3, 11, 39];
        // What is remembered of a question must not answer another one.
        for (const others of [indices, [5], [5], [0, 3, 11]]) {
          const again = readHistory(view, state, gradeForTests);
          expect(seedsOf(ws, history, others)).toEqual(seedsOf(ws, again, others));
        }
        seedsOf(ws, history, indices).forEach((seeds, slot) => {
          const shares = history.graded
            .map(({ index, weight }) => weight * effect[index]![indices[slot]!]!)
            .filter((share) => share > 0)
            .sort((a, b) => b - a)
            .slice(0, 3);
          expect(seeds.map(({ contribution }) => contribution)).toEqual(shares);
          for (const { title, contribution } of seeds) {
            expect(contribution).toBe(title.weight * effect[title.index]![indices[slot]!]!);
          }
        });
      }),
      { numRuns: 60 },
    );
  });
});
