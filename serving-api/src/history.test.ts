import type { TitleState } from "@thewatcher/contracts/profile-state";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { EXPLAINED_TITLES_MAX, readHistory } from "./history.ts";
import { AS_OF, catalogueOf, gradeForTests, stateOf, tablesOf, titleIdOf } from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const TITLES = 100;
const rng = createRng(1);
const catalogue = catalogueOf(rng, TITLES);
const viewWith = (halfLifeInteractions: number) =>
  createTitleView(catalogue, tablesOf(createRng(2), { titleCount: TITLES, count: 5, halfLifeInteractions }));
const view = viewWith(2);
const at = AS_OF - 1_000;
const read = (...titles: TitleState[]) => readHistory(view, stateOf(titles), gradeForTests);
const played = (index: number, positionSeconds: number, more: Partial<TitleState> = {}): TitleState => ({
  titleId: titleIdOf(index),
  touchedAt: at,
  playedAt: at,
  positionSeconds,
  watchedSeconds: positionSeconds,
  durationSeconds: 6_000,
  ...more,
});

describe("what was watched", () => {
  test("rated, marked as watched, or played to the credits counts as watched; a click, or an undone rating, does not", () => {
    const history = read(
      { titleId: titleIdOf(1), touchedAt: at, rated: { at, stars: 1 } },
      { titleId: titleIdOf(2), touchedAt: at, watched: { at, on: true } },
      played(3, 5_520),
      played(4, 5_519),
      { titleId: titleIdOf(5), touchedAt: at, clickedAt: at },
      { titleId: titleIdOf(6), touchedAt: at, rated: { at, stars: null } },
      { titleId: titleIdOf(7), touchedAt: at, watched: { at, on: false } },
    );
    expect([...history.watched].sort()).toEqual([1, 2, 3]);
    expect(history.started.map(({ index }) => index)).toEqual([4]);
  });

  test("'not watched after all' holds against the playback before it, not against one after it", () => {
    expect(read(played(1, 6_000, { watched: { at: at + 1, on: false } })).watched).toEqual([]);
    expect(read(played(1, 6_000, { watched: { at: at - 1, on: false } })).watched).toEqual([1]);
  });

  test("the end of an episode is not the end of its series", () => {
    const history = read(played(1, 6_000, { partId: "s1e1" }));
    expect(history.watched).toEqual([]);
    expect(history.started).toEqual([]);
  });

  test("'not interested' hides, until it is undone", () => {
    const hidden = { titleId: titleIdOf(1), touchedAt: at };
    expect(read({ ...hidden, notInterested: { at, on: true } }).hidden).toEqual([1]);
    expect(read({ ...hidden, notInterested: { at, on: false } }).hidden).toEqual([]);
  });
});

describe("what can be continued", () => {
  test("from 2% of the playing time, at least 30 s, up to 92%", () => {
    // 2% of 6,000 s = 120 s; 92% = 5,520 s.
    expect(read(played(1, 119)).started).toEqual([]);
    expect(read(played(1, 120)).started).toHaveLength(1);
    expect(read(played(1, 5_519)).started).toHaveLength(1);
    expect(read(played(1, 5_520)).started).toEqual([]);
    // 2% of 1,000 s = 20 s: the 30 s decide.
    expect(read(played(1, 29, { durationSeconds: 1_000 })).started).toEqual([]);
    expect(read(played(1, 30, { durationSeconds: 1_000 })).started).toHaveLength(1);
  });

  test("without a known length, from 30 s on; the last played stands first", () => {
    const { durationSeconds: _unknown, ...open } = played(1, 30);
    const started = read(open, played(2, 600, { playedAt: at + 5 })).started;
    expect(started).toMatchObject([
      { index: 2, durationSeconds: 6_000 },
      { index: 1, positionSeconds: 30, durationSeconds: null },
    ]);
  });
});

describe("the history that ranking works with", () => {
  const rated = (index: number, touchedAt: number): TitleState => ({
    titleId: titleIdOf(index),
    touchedAt,
    rated: { at: touchedAt, stars: 4 },
  });
  const clicked = (index: number, touchedAt: number): TitleState => ({
    titleId: titleIdOf(index),
    touchedAt,
    clickedAt: touchedAt,
  });

  test("interactions newer than the tables move the list back, one place each (half-life 2)", () => {
    const history = read(rated(1, AS_OF + 2), rated(2, AS_OF + 1), rated(3, AS_OF), rated(4, AS_OF - 1));
    expect(history.graded.map(({ index, listed }) => [index, listed])).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, true],
    ]);
    // Places 0, 1, 2, 3: 2^0, 2^(−1/2), 2^−1, 2^(−3/2).
    [1, 2 ** -0.5, 0.5, 2 ** -1.5].forEach((weight, place) => {
      expect(history.graded[place]!.weight).toBeCloseTo(weight, 5);
    });
    expect(history).toMatchObject({ unlistedCount: 2, listAge: 2, known: true });
  });

  test("a click takes a fifth of a place, and one older than the tables is still laid over the list without ageing it", () => {
    const history = read(clicked(1, AS_OF + 1), clicked(2, AS_OF - 1), rated(3, AS_OF - 2));
    expect(history.graded.map(({ listed }) => listed)).toEqual([false, false, true]);
    // 0.2 · 2^0; 0.2 · 2^(−0.2/2); the list is 0.2 places old: 1 · 2^(−0.2/2).
    [0.2, 0.2 * 2 ** -0.1, 2 ** -0.1].forEach((weight, place) => {
      expect(history.graded[place]!.weight).toBeCloseTo(weight, 5);
    });
    expect(history.listAge).toBeCloseTo(0.2, 10);
  });

  test("a profile with nothing that training could have taken has no past", () => {
    expect(read(clicked(1, AS_OF - 5), rated(2, AS_OF + 5)).known).toBe(false);
  });

  test("everything newer than the tables is kept, of the older no more than can be named in reasons", () => {
    const many = (touchedAt: (index: number) => number) =>
      stateOf(Array.from({ length: TITLES }, (_, index) => rated(index, touchedAt(index))));
    const eternal = viewWith(Number.POSITIVE_INFINITY);
    expect(
      readHistory(
        eternal,
        many((index) => AS_OF + 1 + index),
        gradeForTests,
      ).graded,
    ).toHaveLength(TITLES);
    expect(
      readHistory(
        eternal,
        many((index) => AS_OF - index),
        gradeForTests,
      ).graded,
    ).toHaveLength(EXPLAINED_TITLES_MAX);
  });

  test("titles that neither the catalogue nor the tables have are passed over", () => {
    const gone = { ...rated(1, at), titleId: "gone" as TitleState["titleId"] };
    expect(read(gone)).toMatchObject({ watched: [], graded: [] });
  });
});
