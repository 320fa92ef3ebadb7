import { HomePage, RecommendationList, SimilarTitles } from "@thewatcher/contracts/api/serving";
import type { DecisionId, Generation } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { createRng } from "@thewatcher/kit/rng";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "./candidates.ts";
import { emptyHistory, readHistory } from "./history.ts";
import { createWorkspace } from "./ranking.ts";
import { renderHome, renderList, renderSimilar } from "./render.ts";
import type { SlateRequest } from "./request.ts";
import { createShowings } from "./showings.ts";
import {
  COLD_GENRE_ROWS_MAX,
  composeHome,
  composeList,
  composeSimilar,
  type HomeSlate,
  ROW_ITEMS_MAX,
  ROW_ITEMS_MIN,
  TOP_ITEMS_MAX,
} from "./slate.ts";
import {
  AS_OF,
  catalogueOf,
  GENERATION,
  gradeForTests,
  PROFILE,
  randomState,
  stateOf,
  tablesOf,
  titleIdOf,
} from "./test-world.ts";
import { createTitleView, type TitleView } from "./title-view.ts";

const TITLES = 300;
const rng = createRng(7);
const tables = tablesOf(rng, { titleCount: TITLES, count: 60, halfLifeInteractions: 5 });
/** Ten more titles than the models know. */
const catalogue = catalogueOf(rng, TITLES + 10);
const view = createTitleView(catalogue, tables);
const ws = createWorkspace(view);
const showing = createShowings(view, {})({ country: "BY", locale: "en", at: AS_OF });

function listFrom(seed: number): StoredList {
  const random = createRng(seed);
  const chosen = [...new Set(Array.from({ length: 120 }, () => random.int(TITLES)))];
  return {
    profileId: PROFILE,
    generation: GENERATION as Generation,
    titleIds: chosen.map(titleIdOf),
    scores: Float32Array.from(chosen, (_, place) => 3 - place / 50),
  };
}

const read = <Value>(value: Value) => ({ kind: "read", value }) as const;
const failed = { kind: "failed", cause: "unavailable", detail: "The store did not answer." } as const;
const historyOf = (state: ProfileState) => read(readHistory(view, state, gradeForTests));
const requestOf = (more: Partial<SlateRequest> = {}): SlateRequest => ({
  profile: { country: "BY", ageMark: null },
  list: read(undefined),
  history: read(emptyHistory),
  exclude: [],
  showing,
  at: AS_OF,
  device: "web",
  ...more,
});

const requests = fc
  .record({
    seed: fc.integer({ min: 1, max: 100_000 }),
    touchedCount: fc.integer({ min: 0, max: 150 }),
    hasList: fc.boolean(),
    ageMark: fc.constantFrom(null, 0, 6, 12, 16, 18),
    country: fc.constantFrom("BY", "RU"),
    excluded: fc.array(fc.integer({ min: 0, max: TITLES + 20 }), { maxLength: 30 }),
  })
  .map(({ seed, touchedCount, hasList, ageMark, country, excluded }) => ({
    state: randomState(createRng(seed), TITLES, touchedCount),
    list: hasList ? listFrom(seed) : undefined,
    profile: { country, ageMark },
    exclude: excluded.map(titleIdOf),
  }));
type Inputs = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

const requestFrom = ({ state, list, profile, exclude }: Inputs) =>
  requestOf({ history: historyOf(state), list: read(list), profile, exclude });

const forRequests = (check: (inputs: Inputs) => void) => fc.assert(fc.property(requests, check), { numRuns: 60 });

const homeEntries = (home: HomeSlate) => home.rows.flatMap((row) => row.entries);
const titleOf = (entry: Entry) => view.titleIds[entry.index]!;

function forbidden({ state, profile, exclude }: Inputs): Set<string> {
  const titles = new Set<string>(exclude);
  for (const title of state.titles) if (title.notInterested?.on) titles.add(title.titleId);
  for (const { facts } of catalogue) {
    if (profile.ageMark !== null && (facts.ageMark ?? 18) > profile.ageMark) titles.add(facts.titleId);
  }
  return titles;
}

const watchedTitles = (state: ProfileState) =>
  new Set(readHistory(view, state, gradeForTests).watched.map((index) => view.titleIds[index]!));

describe("a home page, whatever the profile did", () => {
  test("shows no title twice", () => {
    forRequests((inputs) => {
      const titles = homeEntries(composeHome(ws, requestFrom(inputs))).map(titleOf);
      expect(new Set(titles).size).toBe(titles.length);
    });
  });

  test("shows nowhere what is hidden, excluded, or above the profile's age (unknown marks count as 18)", () => {
    forRequests((inputs) => {
      const hidden = forbidden(inputs);
      for (const entry of homeEntries(composeHome(ws, requestFrom(inputs))))
        expect(hidden).not.toContain(titleOf(entry));
    });
  });

  test("recommends nothing that was watched, and what was started only to be continued", () => {
    forRequests((inputs) => {
      const watched = watchedTitles(inputs.state);
      const started = new Set(readHistory(view, inputs.state, gradeForTests).started.map(({ index }) => index));
      for (const row of composeHome(ws, requestFrom(inputs)).rows) {
        for (const entry of row.entries) {
          // The chart tells what everybody watches: it is no recommendation.
          if (row.kind === "top_in_country") continue;
          expect(watched).not.toContain(titleOf(entry));
          expect(started.has(entry.index)).toBe(row.kind === "continue_watching");
        }
      }
    });
  });

  test("has only rows of a good length, and all of their titles in the catalogue", () => {
    forRequests((inputs) => {
      const { rows } = composeHome(ws, requestFrom(inputs));
      for (const { kind, entries } of rows) {
        expect(entries.length).toBeGreaterThanOrEqual(kind === "continue_watching" ? 1 : ROW_ITEMS_MIN);
        expect(entries.length).toBeLessThanOrEqual(kind === "top_in_country" ? TOP_ITEMS_MAX : ROW_ITEMS_MAX);
        for (const { index } of entries) expect(view.titles[index]).toBeDefined();
      }
      expect(new Set(rows.map(({ rowId }) => rowId)).size).toBe(rows.length);
      const continued = rows.findIndex(({ kind }) => kind === "continue_watching");
      expect(continued).toBeLessThanOrEqual(0);
    });
  });

  test("is the same for the same inputs, whoever was served in between", () => {
    forRequests((inputs) => {
      const first = composeHome(ws, requestFrom(inputs));
      composeHome(
        ws,
        requestOf({ list: read(listFrom(99)), history: historyOf(randomState(createRng(5), TITLES, 80)) }),
      );
      expect(composeHome(ws, requestFrom(inputs))).toEqual(first);
      expect(composeHome(createWorkspace(view), requestFrom(inputs))).toEqual(first);
    });
  });
});

describe("reasons", () => {
  /** Weight of each title of the history, and its effect on another: what a machine needs to check a reason. */
  const checker = (view: TitleView, state: ProfileState) => {
    const history = readHistory(view, state, gradeForTests);
    const { count, itemIndices, weights } = view.tables!.neighbours;
    const contribution = (seed: number, target: number): number => {
      const weight = history.graded.find(({ index }) => index === seed)?.weight ?? 0;
      for (let at = seed * count; at < (seed + 1) * count; at++) {
        if (itemIndices[at] === target) return weight * weights[at]!;
      }
      return 0;
    };
    return { history, contribution };
  };

  test("'because you watched X': X was watched, and no other title of the history lifts the card more", () => {
    let cardCount = 0;
    forRequests((inputs) => {
      const { history, contribution } = checker(view, inputs.state);
      for (const row of composeHome(ws, requestFrom(inputs)).rows) {
        if (row.kind !== "because_you_watched") continue;
        for (const { index, reason } of row.entries) {
          if (reason.kind !== "because_you_watched") throw new Error(reason.kind);
          cardCount++;
          const seed = view.indexOf.get(reason.seedTitleId)!;
          expect(history.graded.find((title) => title.index === seed)?.watched).toBe(true);
          expect(reason.contribution).toBe(contribution(seed, index));
          expect(reason.contribution).toBe(
            Math.max(...history.graded.map((title) => contribution(title.index, index))),
          );
          expect(reason.seedName).toBe(view.titles[seed]!.facts.name);
        }
      }
    });
    expect(cardCount).toBeGreaterThan(100);
  });

  test("'like what you watched': the seeds named are the largest shares of the score", () => {
    let cardCount = 0;
    forRequests((inputs) => {
      const { history, contribution } = checker(view, inputs.state);
      for (const { index, reason } of composeList(ws, requestFrom(inputs), 20).entries) {
        if (reason.kind !== "similar_to_history") continue;
        cardCount++;
        const shares = history.graded
          .map((title) => ({ index: title.index, share: contribution(title.index, index) }))
          .filter(({ share }) => share > 0)
          .sort((a, b) => b.share - a.share)
          .slice(0, 3)
          // What is above the profile's age is not named, not even in its own history.
          .filter((seed) => view.ageMarks[seed.index]! <= (inputs.profile.ageMark ?? 18));
        expect(reason.seeds.map((seed) => seed.contribution)).toEqual(shares.map(({ share }) => share));
        for (const { titleId, contribution: share } of reason.seeds) {
          expect(share).toBe(contribution(view.indexOf.get(titleId)!, index));
        }
      }
    });
    expect(cardCount).toBeGreaterThan(100);
  });

  test("'popular in your country': the rank is the place in that country's table; elsewhere, in everywhere's", () => {
    for (const country of ["BY", "RU"]) {
      const { rows } = composeHome(ws, requestOf({ profile: { country, ageMark: 12 } }));
      const row = rows.find(({ kind }) => kind === "top_in_country")!;
      const table = view.popularity.get(country) ?? view.popularity.get("*")!;
      expect(row.entries.length).toBeGreaterThanOrEqual(ROW_ITEMS_MIN);
      for (const { index, reason, source } of row.entries) {
        expect(source).toBe(country === "BY" ? "popular_in_country" : "popular");
        expect(reason.kind).toBe(source);
        expect("rank" in reason && table.itemIndices[reason.rank - 1]).toBe(index);
      }
    }
  });
});

describe("who gets which page", () => {
  test("a profile without a past: top ten, new, and genres by the crowd's taste, full and without a word of degradation", () => {
    const home = composeHome(ws, requestOf());
    expect(home.degradations).toEqual([]);
    expect(home.rows.map(({ kind }) => kind)).toEqual([
      "top_in_country",
      "new",
      ...new Array<string>(COLD_GENRE_ROWS_MAX).fill("genre"),
    ]);
    for (const { kind, entries } of home.rows) expect(entries).toHaveLength(kind === "top_in_country" ? 10 : 20);
  });

  test("a profile whose first film was watched a minute ago has top picks and a row because of it", () => {
    const touchedAt = AS_OF + 60_000;
    const state = stateOf([{ titleId: titleIdOf(5), touchedAt, watched: { at: touchedAt, on: true } }]);
    const home = composeHome(ws, requestOf({ history: historyOf(state) }));
    expect(home.rows.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["top_picks", "because_you_watched"]));
    expect(home.rows.find(({ kind }) => kind === "top_picks")!.entries[0]!.source).toBe("recent_activity");
    expect(home.degradations).toEqual([]);
  });

  test("titles that a click's title lifts rise in the list, without any training", () => {
    const clicked = 42;
    const lifted = [...tables.neighbours.itemIndices.subarray(clicked * 60, clicked * 60 + 20)];
    const meanRank = (request: SlateRequest) => {
      const places = composeList(ws, request, 100).entries.map(({ index }) => index);
      return (
        lifted.reduce((sum, index) => sum + (places.includes(index) ? places.indexOf(index) : 100), 0) / lifted.length
      );
    };
    const touchedAt = AS_OF + 1;
    const state = stateOf([{ titleId: titleIdOf(clicked), touchedAt, clickedAt: touchedAt }]);
    const before = requestOf({ list: read(listFrom(4)) });
    expect(meanRank({ ...before, history: historyOf(state) })).toBeLessThan(meanRank(before));
  });

  test("continue watching names where to go on, and keeps the title out of every other row", () => {
    const state = stateOf([
      {
        titleId: titleIdOf(8),
        touchedAt: AS_OF,
        playedAt: AS_OF,
        positionSeconds: 700,
        watchedSeconds: 700,
        durationSeconds: 6_000,
      },
    ]);
    const home = composeHome(ws, requestOf({ history: historyOf(state) }));
    expect(home.rows[0]).toMatchObject({
      kind: "continue_watching",
      entries: [{ index: 8, reason: { kind: "continue_watching", positionSeconds: 700, durationSeconds: 6_000 } }],
    });
    expect(
      composeList(ws, requestOf({ history: historyOf(state) }), 100).entries.map(({ index }) => index),
    ).not.toContain(8);
  });
});

describe("with parts missing, there is a page, and it says what it lacks", () => {
  const parts = (more: Partial<SlateRequest>, on = ws) => {
    const home = composeHome(on, requestOf(more));
    expect(home.rows.length).toBeGreaterThan(3);
    expect(composeList(on, requestOf(more), 20).entries).toHaveLength(20);
    return home.degradations.map(({ part, cause }) => `${part} ${cause}`);
  };
  const partsOn = (other: TitleView) =>
    parts({ showing: createShowings(other, {})({ country: "BY", locale: "en", at: AS_OF }) }, createWorkspace(other));
  const past = stateOf([{ titleId: titleIdOf(5), touchedAt: AS_OF - 1, rated: { at: AS_OF - 1, stars: 5 } }]);

  test("no list for a profile with a past", () => {
    expect(parts({ history: historyOf(past) })).toEqual(["personal_list missing"]);
  });
  test("the list could not be read", () => {
    expect(parts({ list: failed, history: historyOf(past) })).toEqual(["personal_list unavailable"]);
  });
  test("the state could not be read", () => {
    expect(parts({ list: read(listFrom(1)), history: failed })).toEqual(["profile_state unavailable"]);
  });
  test("the profile could not be read", () => {
    expect(parts({ profileProblem: { ...failed, cause: "timed_out" } })).toEqual(["profile timed_out"]);
  });
  test("a list of another generation than the tables", () => {
    const list = { ...listFrom(1), generation: "g1900000000000-00bb" as Generation };
    expect(parts({ list: read(list), history: historyOf(past) })).toEqual(["item_tables stale"]);
  });
  test("before the first publication", () => {
    expect(partsOn(createTitleView(catalogue, undefined))).toEqual(["item_tables missing"]);
  });
  test("tables without anything popular", () => {
    expect(partsOn(createTitleView(catalogue, { ...tables, popularity: [] }))).toEqual(["popularity missing"]);
  });
  test("an empty catalogue: an empty page that says so", () => {
    const empty = createTitleView([], tables);
    const home = composeHome(
      createWorkspace(empty),
      requestOf({
        list: read(listFrom(1)),
        showing: createShowings(empty, {})({ country: "BY", locale: "en", at: AS_OF }),
      }),
    );
    expect(home.rows).toEqual([]);
    expect(home.degradations).toMatchObject([{ part: "catalogue", cause: "missing" }]);
  });
});

describe("a list", () => {
  test("holds what was asked for, nothing twice, nothing hidden or watched, and is filled up to the end of the catalogue", () => {
    forRequests((inputs) => {
      const hidden = forbidden(inputs);
      const watched = watchedTitles(inputs.state);
      const titles = composeList(ws, requestFrom(inputs), 100).entries.map(titleOf);
      expect(new Set(titles).size).toBe(titles.length);
      for (const title of titles) {
        expect(hidden).not.toContain(title);
        expect(watched).not.toContain(title);
      }
      const started = readHistory(view, inputs.state, gradeForTests).started.map(({ index }) => view.titleIds[index]!);
      const left = new Set([...hidden, ...watched, ...started].filter((title) => view.indexOf.has(title)));
      expect(titles).toHaveLength(Math.min(100, view.titleCount - left.size));
    });
  });

  test("of 10 is the head of the list of 50", () => {
    forRequests((inputs) => {
      const long = composeList(ws, requestFrom(inputs), 50).entries.map(titleOf);
      expect(composeList(ws, requestFrom(inputs), 10).entries.map(titleOf)).toEqual(long.slice(0, 10));
    });
  });
});

describe("more like this", () => {
  test("is the generation's table of likeness without the title itself and what may not be shown", () => {
    const request = requestOf({ profile: { country: "BY", ageMark: 12 }, exclude: [titleIdOf(3)] });
    const { entries } = composeSimilar(ws, request, 17, 20);
    const row = [...tables.similar.itemIndices.subarray(17 * 60, 18 * 60)];
    const expected = row.filter((index) => view.ageMarks[index]! <= 12 && index !== 3 && index !== 17).slice(0, 20);
    expect(entries.slice(0, expected.length).map(({ index }) => index)).toEqual(expected);
    expect(entries[0]!.reason).toEqual({
      kind: "similar_to_title",
      titleId: titleIdOf(17),
      similarity: tables.similar.weights[17 * 60 + row.indexOf(expected[0]!)],
    });
  });

  test("of a title that the models have not met is of its genres", () => {
    const fresh = catalogue.findIndex(({ facts }, index) => index >= TITLES && facts.genres.length > 0);
    const { entries } = composeSimilar(ws, requestOf(), view.indexOf.get(titleIdOf(fresh))!, 20);
    expect(entries).toHaveLength(20);
    const { genres } = catalogue[fresh]!.facts;
    for (const { index, source } of entries) {
      expect(source).toBe("genre");
      expect(view.titles[index]!.facts.genres.some((genre) => genres.includes(genre))).toBe(true);
      expect(view.titleIds[index]).not.toBe(titleIdOf(fresh));
    }
  });
});

describe("the text of an answer", () => {
  const head = {
    decisionId: "019ab000-0000-7000-8000-00000000000d" as DecisionId,
    generation: GENERATION as Generation,
    profileId: PROFILE,
    composedAt: "2027-01-15T08:00:00.000Z",
  };
  const rounded = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, inner) =>
        ["score", "contribution", "similarity"].includes(key) ? Math.round(inner * 1e6) / 1e6 : inner,
      ),
    );
  const itemsOf = (entries: readonly Entry[]) =>
    entries.map(({ index, score, source, reason, propensity }, position) => ({
      title: showing.cardOf(index),
      position,
      score,
      source,
      reason,
      ...(propensity === undefined ? {} : { propensity }),
    }));

  const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

  const seedNamesOf = (entries: readonly Entry[]) =>
    Object.fromEntries(
      entries.flatMap(({ reason }) =>
        reason.kind === "similar_to_history"
          ? reason.seeds.map(({ titleId }) => [titleId, view.titles[view.indexOf.get(titleId)!]!.facts.name])
          : [],
      ),
    );

  test("parses to exactly the slate, and is what the contract says", () => {
    forRequests((inputs) => {
      const slate = composeHome(ws, requestFrom(inputs));
      const rows = slate.rows.map(({ entries, ...row }) => ({ ...row, items: itemsOf(entries) }));
      const parsed = parse(renderHome(view, showing, head, slate));
      expect(parsed).toEqual(
        rounded({ ...head, degradations: slate.degradations, seedNames: seedNamesOf(homeEntries(slate)), rows }),
      );
      expect(HomePage.parse(parsed)).toEqual(parsed);
    });
    const list = composeList(ws, requestOf({ list: failed }), 30);
    const parsed = parse(renderList(view, showing, { ...head, generation: null }, list));
    expect(parsed).toEqual(
      rounded({
        ...head,
        generation: null,
        degradations: list.degradations,
        seedNames: seedNamesOf(list.entries),
        items: itemsOf(list.entries),
      }),
    );
    expect(RecommendationList.parse(parsed)).toEqual(parsed);
    const similar = parse(renderSimilar(showing, head, titleIdOf(9), composeSimilar(ws, requestOf(), 9, 20)));
    expect(SimilarTitles.parse(similar)).toEqual(similar);
  });
});
