import type { ProfileState, TitleState } from "@thewatcher/contracts/profile-state";
import { createRng } from "@thewatcher/kit/rng";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import { describe, expect, test } from "vitest";
import { readHistory } from "./history.ts";
import { beginRequest, createWorkspace, rankPersonal } from "./ranking.ts";
import { prepare, type SlateRequest } from "./request.ts";
import { createShowings } from "./showings.ts";
import { composeHome, composeList } from "./slate.ts";
import { believedTaste, titlesWith } from "./taste.ts";
import { LESS_MULTIPLIER, MORE_MULTIPLIER, parseTasteEdits, tasteEditsOf } from "./taste-edits.ts";
import { AS_OF, catalogueOf, gradeForTests, PROFILE, richTablesOf, stateOf, titleIdOf } from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const TITLES = 200;
const HALF_LIFE = 3;
const PEOPLE = ["person-a", "person-b", "person-c"];
const catalogue = catalogueOf(createRng(1), TITLES).map((title, index) => ({
  ...title,
  attributes: {
    countries: [index % 3 === 0 ? "BY" : "US"],
    people: [PEOPLE[index % 7] ?? "person-d"],
    directors: [],
    score: null,
    source: "test",
  },
}));
const tables = richTablesOf(createRng(2), {
  titleCount: TITLES,
  count: TITLES - 1,
  halfLifeInteractions: HALF_LIFE,
});
const view = createTitleView(catalogue, tables);
const ws = createWorkspace(view);
const rated = (index: number, at: number, more: Partial<TitleState> = {}): TitleState => ({
  titleId: titleIdOf(index),
  touchedAt: at,
  rated: { at, stars: 5 },
  ...more,
});

/** A list that was not cut, of a history that training knew. */
function listOf(newestFirst: readonly number[]): StoredList {
  const scores = new Float64Array(TITLES);
  newestFirst.forEach((from, place) => {
    const weight = 2 ** (-place / HALF_LIFE);
    for (const [to, effect] of effectsOf(from)) scores[to] = scores[to]! + weight * effect;
  });
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  return {
    profileId: PROFILE,
    generation: tables.generation as StoredList["generation"],
    titleIds: order.map(titleIdOf),
    scores: Float32Array.from(order, (index) => scores[index]!),
  };
}
function effectsOf(from: number): [to: number, effect: number][] {
  const { count, itemIndices, weights } = tables.neighbours;
  return Array.from({ length: count }, (_, at) => [itemIndices[from * count + at]!, weights[from * count + at]!]);
}

const requestOf = (state: ProfileState, list?: StoredList): SlateRequest => ({
  profile: { country: "BY", ageMark: null },
  list: { kind: "read", value: list },
  history: { kind: "read", value: readHistory(view, state, gradeForTests) },
  exclude: [],
  showing: createShowings(view, {})({ country: "BY", locale: "en", at: AS_OF }),
  at: AS_OF + 60_000,
  device: "web",
});
const edited = (state: ProfileState, facet: string, value: number): ProfileState => ({
  ...state,
  tasteEdits: { at: AS_OF, edits: [{ facet, value }] },
});

describe("a title that was to be forgotten", () => {
  const history = [7, 11, 23, 42];
  const state = stateOf(history.map((index, place) => rated(index, AS_OF - 1_000 * (place + 1))));
  const forgotten = (at: number): ProfileState => ({
    ...state,
    titles: state.titles
      .map((title) =>
        title.titleId === titleIdOf(11) ? { ...title, touchedAt: at, forgotten: { at, on: true } } : title,
      )
      .sort((a, b) => b.touchedAt - a.touchedAt),
  });
  const scoresOf = (given: ProfileState, list = listOf(history)): Float64Array => {
    beginRequest(ws);
    rankPersonal(
      ws,
      { list, history: readHistory(view, given, gradeForTests), countMax: Number.POSITIVE_INFINITY },
      () => true,
    );
    return ws.scores.slice();
  };

  test("has no part in any score, at once: what the list knows of it is taken out, at its place", () => {
    const before = scoresOf(state);
    const after = scoresOf(forgotten(AS_OF + 5_000));
    const taken = new Map(effectsOf(11));
    // It was the second newest: 2^(−1/3) of its effects.
    for (let index = 0; index < TITLES; index++) {
      expect(after[index]).toBeCloseTo(before[index]! - 2 ** (-1 / HALF_LIFE) * (taken.get(index) ?? 0), 5);
    }
  });

  test("is no reason, no history, and may be recommended again", () => {
    const read = readHistory(view, forgotten(AS_OF + 5_000), gradeForTests);
    expect(read.graded.map(({ index }) => index)).toEqual([7, 23, 42]);
    expect(read.watched).not.toContain(11);
    const sheet = believedTaste(prepare(ws, requestOf(forgotten(AS_OF + 5_000))), {});
    expect(sheet.titles.map(({ titleId, forgotten }) => [titleId, forgotten])).toEqual([
      ...[7, 23, 42].map((index) => [titleIdOf(index), false]),
      [titleIdOf(11), true],
    ]);
    // The others stand where the list has them.
    expect(read.graded.map(({ weight }) => weight)).toEqual([0, 2, 3].map((place) => 2 ** (-place / HALF_LIFE)));
  });

  test("is not taken out twice: lists made since know nothing of it", () => {
    expect(readHistory(view, forgotten(AS_OF - 10), gradeForTests).takenBack).toEqual([]);
    const undone = forgotten(AS_OF + 5_000).titles.map((title) =>
      title.forgotten ? { ...title, forgotten: { at: AS_OF + 6_000, on: false } } : title,
    );
    const read = readHistory(view, { ...state, titles: undone }, gradeForTests);
    expect(read.takenBack).toEqual([]);
    expect(read.graded.map(({ index }) => index)).toEqual(history);
  });
});

describe("a correction of taste", () => {
  const state = stateOf([3, 9, 27, 81].map((index, place) => rated(index, AS_OF - 1_000 * (place + 1))));
  const list = listOf([3, 9, 27, 81]);
  const facets = ["genre:Drama", "decade:1990", "country:BY", "person:person-b"];
  const shareOf = (facet: string, indices: readonly number[]) => {
    const has = titlesWith(view, facet)!;
    return indices.filter(has).length / indices.length;
  };
  const listed = (given: ProfileState) => composeList(ws, requestOf(given, list), 40).entries.map(({ index }) => index);
  const paged = (given: ProfileState) => {
    const { rows } = composeHome(ws, requestOf(given, list));
    return rows.filter(({ kind }) => kind === "top_picks").flatMap(({ entries }) => entries.map(({ index }) => index));
  };

  test.each(facets)("of %s puts more, or less, of it into lists and the top picks", (facet) => {
    for (const shown of [listed, paged]) {
      const asIs = shareOf(facet, shown(state));
      expect(shareOf(facet, shown(edited(state, facet, 1)))).toBeGreaterThan(asIs);
      expect(shareOf(facet, shown(edited(state, facet, -1)))).toBeLessThan(asIs);
      expect(shown(edited(state, facet, 0))).toEqual(shown(state));
    }
  });

  test("leaves each score what it was, times its factor, and each reason as it was", () => {
    const before = new Map(composeList(ws, requestOf(state, list), 100).entries.map((entry) => [entry.index, entry]));
    const has = titlesWith(view, "genre:Drama")!;
    const after = composeList(ws, requestOf(edited(state, "genre:Drama", 1), list), 100).entries;
    let compared = 0;
    for (const { index, score, reason } of after) {
      const was = before.get(index);
      if (!was) continue;
      compared++;
      expect(score).toBeCloseTo(was.score * (has(index) ? MORE_MULTIPLIER : 1), 5);
      expect(reason).toEqual(was.reason);
    }
    expect(compared).toBeGreaterThan(20);
  });

  test("of what no title has changes nothing", () => {
    for (const facet of ["genre:Nothing", "decade:1000", "person:nobody"]) {
      expect(listed(edited(state, facet, 1))).toEqual(listed(state));
    }
  });
});

describe("what is believed", () => {
  test("is shares of the history's weight by facet, with the titles that say so", () => {
    const state = stateOf([rated(3, AS_OF - 1), rated(6, AS_OF - 2), rated(10, AS_OF - 3)]);
    const { titleCount, facets } = believedTaste(prepare(ws, requestOf(edited(state, "country:US", -1))), {});
    expect(titleCount).toBe(3);
    // Weights 1, 2^(−1/3) = 0.794 and 2^(−2/3) = 0.630; 3 and 6 are of BY, 10 is of US.
    const by = facets.find(({ facet }) => facet === "country:BY")!;
    expect(by.share).toBeCloseTo(1.794 / 2.424, 2);
    expect(by.evidence.map(({ titleId }) => titleId)).toEqual([titleIdOf(3), titleIdOf(6)]);
    expect(facets.find(({ facet }) => facet === "country:US")).toMatchObject({ value: -1, titleCount: 1 });
    for (const kind of ["genre", "decade", "country", "person"]) {
      const shares = facets.filter((facet) => facet.kind === kind).map(({ share }) => share);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  test("of a profile without a past is nothing, with the crowd's shares to choose by", () => {
    const { titleCount, facets } = believedTaste(prepare(ws, requestOf(stateOf([]))), {});
    expect(titleCount).toBe(0);
    expect(facets.map(({ kind }) => kind)).toEqual(view.genres.map(() => "genre"));
    for (const { share, crowdShare } of facets) expect([share, crowdShare > 0]).toEqual([0, true]);
  });
});

test("corrections in an address are those of the sheet, and anything else is none", () => {
  expect(parseTasteEdits("genre:Drama:+1,decade:1990:-1,genre:Sci-Fi: 1,country:BY:0")).toEqual([
    { facet: "genre:Drama", value: 1 },
    { facet: "decade:1990", value: -1 },
    { facet: "genre:Sci-Fi", value: 1 },
    { facet: "country:BY", value: 0 },
  ]);
  expect(parseTasteEdits("")).toEqual([]);
  for (const wrong of ["genre:Drama", "genre:Drama:2", "mood:dark:1", "decade:1995:1", `${"genre:a:1,".repeat(65)}`]) {
    expect(parseTasteEdits(wrong), wrong).toBeUndefined();
  }
  expect(tasteEditsOf([{ facet: "genre:Drama", value: -1 }])).toEqual([
    { facet: "genre:Drama", multiplier: LESS_MULTIPLIER },
  ]);
});
