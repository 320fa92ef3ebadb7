import { HomePage, type Reason } from "@thewatcher/contracts/api/serving";
import type { AccountId, DecisionId, Generation, ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { rowKindOf } from "@thewatcher/contracts/row-ids";
import { RuleSet } from "@thewatcher/contracts/rules";
import { ServingParameters, SWITCHABLE_SOURCES } from "@thewatcher/contracts/serving-parameters";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyHistory, readHistory } from "./history.ts";
import { createWorkspace } from "./ranking.ts";
import { renderHome } from "./render.ts";
import type { SlateRequest } from "./request.ts";
import { ROWS_MAX } from "./rows.ts";
import { ruleTitlesOf } from "./rule-titles.ts";
import { createShowings } from "./showings.ts";
import { composeHome, composeList, type HomeSlate } from "./slate.ts";
import { likeness } from "./sources/taste-vector.ts";
import { FEATURE_COUNT, FEATURE_NAMES } from "./stages/features.ts";
import { bindRanker } from "./stages/ranker.ts";
import { compileRules } from "./stages/rules.ts";
import {
  AS_OF,
  catalogueOf,
  collectionsOf,
  GENERATION,
  gradeForTests,
  PROFILE,
  randomState,
  richTablesOf,
  stateOf,
  titleIdOf,
} from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const TITLES = 300;
const SERIES = titleIdOf(TITLES + 30);
const rng = createRng(5);
const tables = richTablesOf(rng, { titleCount: TITLES, count: 60, halfLifeInteractions: 5 });
const catalogue = [
  ...catalogueOf(rng, TITLES + 20),
  {
    facts: {
      kind: "series" as const,
      names: {},
      originalName: null,
      referenceRuntimeMinutes: null,
      titleId: SERIES,
      name: "A series",
      year: 2020,
      genres: ["Drama"],
      ageMark: 12 as const,
      runtimeMinutes: 45,
    },
    rights: null,
    addedAt: new Date(AS_OF - 86_400_000).toISOString(),
    episodes: [
      { partId: "s1e1", season: 1, number: 1, runtimeMinutes: 45 },
      { partId: "s1e2", season: 1, number: 2, runtimeMinutes: 50 },
      { partId: "s2e1", season: 2, number: 1, runtimeMinutes: 100 },
      { partId: "special", season: 0, number: 1, runtimeMinutes: 20 },
    ].map((episode) => ({ ...episode, partId: episode.partId as never })),
  },
];
const view = createTitleView(catalogue, tables, collectionsOf(rng, TITLES));
const ws = createWorkspace(view);
const showing = createShowings(view, {})({ country: "BY", locale: "ru", at: AS_OF });
const read = <Value>(value: Value) => ({ kind: "read", value }) as const;

/** Any weights: what is tested holds whatever it says. */
const ranker = (() => {
  const weights = Float32Array.from({ length: FEATURE_COUNT }, () => rng.normal());
  const binding = bindRanker(
    {
      version: "test-1",
      trainedAt: 0,
      decisions: 0,
      rows: 0,
      features: FEATURE_NAMES.map((name) => ({ name, saturation: 1, mean: 0, scale: 1 })),
      layers: [{ inputs: FEATURE_COUNT, outputs: 1, weights, bias: new Float32Array(1) }],
      calibration: { slope: 1, intercept: 0 },
    },
    FEATURE_NAMES,
  );
  if (binding.kind !== "ready") throw new Error(binding.missing.join());
  return binding.ranker;
})();

const rules = {
  version: 7,
  compiled: compileRules(
    RuleSet.parse({
      language: 1,
      rules: [
        { ruleId: "no-horror", name: "No horror", effect: { kind: "filter" }, match: { genre: ["Horror"] } },
        { ruleId: "more-drama", name: "More drama", effect: { kind: "boost", factor: 4 }, match: { genre: ["Drama"] } },
        { ruleId: "comedies", name: "Few comedies", effect: { kind: "cap", perRow: 3 }, match: { genre: ["Comedy"] } },
      ],
    }),
    ruleTitlesOf(view),
  ),
};

const listOf = (seed: number) => {
  const random = createRng(seed);
  const chosen = [...new Set(Array.from({ length: 120 }, () => random.int(TITLES)))];
  return {
    profileId: PROFILE,
    generation: GENERATION as Generation,
    titleIds: chosen.map(titleIdOf),
    scores: Float32Array.from(chosen, (_, place) => 3 - place / 50),
  };
};
const historyOf = (state: ProfileState) => readHistory(view, state, gradeForTests);
const requestOf = (more: Partial<SlateRequest> = {}): SlateRequest => ({
  profile: { country: "BY", ageMark: null },
  list: read(listOf(1)),
  history: read(emptyHistory),
  exclude: [],
  showing,
  at: AS_OF,
  device: "web",
  seed: 1,
  ...more,
});

const anyRequest = fc
  .record({
    seed: fc.integer({ min: 1, max: 100_000 }),
    touchedCount: fc.integer({ min: 0, max: 150 }),
    hasList: fc.boolean(),
    ageMark: fc.constantFrom(null, 0, 12, 18),
    sourcesOff: fc.subarray([...SWITCHABLE_SOURCES]),
    hasRanker: fc.boolean(),
    isRankerOn: fc.boolean(),
    hasRules: fc.boolean(),
    diversity: fc.constantFrom(0, 0.3, 1),
    explorationSlots: fc.constantFrom(0, 1, 2),
    rowOrder: fc.constantFrom("personal" as const, "fixed" as const),
    minutes: fc.constantFrom(undefined, 95),
    excluded: fc.array(fc.integer({ min: 0, max: TITLES + 30 }), { maxLength: 20 }),
  })
  .map((given) => {
    const state = randomState(createRng(given.seed), TITLES, given.touchedCount);
    const { sourcesOff, diversity, explorationSlots, rowOrder } = given;
    const request = requestOf({
      profile: { country: "BY", ageMark: given.ageMark },
      list: read(given.hasList ? listOf(given.seed) : undefined),
      history: read(historyOf(state)),
      exclude: given.excluded.map(titleIdOf),
      seed: given.seed,
      parameters: ServingParameters.parse({
        sourcesOff,
        ranker: given.isRankerOn,
        diversity,
        explorationSlots,
        rowOrder,
      }),
      ...(given.minutes === undefined ? {} : { minutes: given.minutes }),
      ...(given.hasRanker ? { ranker } : {}),
      ...(given.hasRules ? { rules } : {}),
    });
    return { request, state };
  });

const entriesOf = (home: HomeSlate) => home.rows.flatMap(({ entries }) => entries);
const historyIn = (request: SlateRequest) => (request.history.kind === "read" ? request.history.value : emptyHistory);

describe("with any of the sources and stages off", () => {
  test("there is a page, no title twice, and nothing that may not be there", () => {
    fc.assert(
      fc.property(anyRequest, ({ request }) => {
        const home = composeHome(ws, request);
        const entries = entriesOf(home);
        const { hidden, watched } = historyIn(request);
        const limit = request.profile.ageMark ?? 99;
        expect(entries.length).toBeGreaterThan(0);
        expect(home.rows.length).toBeLessThanOrEqual(ROWS_MAX);
        expect(new Set(entries.map(({ index }) => index)).size).toBe(entries.length);
        for (const row of home.rows) {
          for (const { index } of row.entries) {
            expect(hidden).not.toContain(index);
            expect(request.exclude).not.toContain(view.titleIds[index]);
            expect(view.ageMarks[index]).toBeLessThanOrEqual(limit);
            if (row.kind === "continue_watching") continue;
            expect(view.runtimes[index]).toBeLessThanOrEqual(request.minutes ?? Number.POSITIVE_INFINITY);
            if (row.kind !== "top_in_country") expect(watched).not.toContain(index);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test("a source that is off gives nothing to the page, and no row of its own", () => {
    fc.assert(
      fc.property(anyRequest, ({ request }) => {
        const off = request.parameters!.sourcesOff;
        const kinds = composeHome(ws, request).rows.map(({ kind, rowId }) => (rowId === "all" ? "all" : kind));
        const rowOf = {
          item_to_item: "because_you_watched",
          new: "new",
          trending_in_country: "trending",
          popular_in_country: "top_in_country",
          popular_in_segment: "segment",
          editorial: "editorial",
          genre: "genre",
        } as const;
        for (const [source, kind] of Object.entries(rowOf)) {
          if ((off as readonly string[]).includes(source)) expect(kinds).not.toContain(kind);
        }
        if (["personal_list", "item_to_item", "taste_vector"].every((source) => (off as string[]).includes(source))) {
          expect(kinds).not.toContain("top_picks");
        }
      }),
      { numRuns: 60 },
    );
  });

  test("every row and card has a reason that the contract knows", () => {
    const head = {
      decisionId: "019ab000-0000-7000-8000-00000000000d" as DecisionId,
      generation: GENERATION as Generation,
      profileId: PROFILE,
      composedAt: "2027-01-15T08:00:00.000Z",
    };
    fc.assert(
      fc.property(anyRequest, ({ request }) => {
        const bytes = renderHome(view, showing, head, composeHome(ws, request));
        const page = HomePage.parse(JSON.parse(new TextDecoder().decode(bytes)));
        for (const row of page.rows) expect(row.reason).not.toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  test("of nine switches each alone leaves a page of several rows", () => {
    for (const source of SWITCHABLE_SOURCES) {
      const parameters = ServingParameters.parse({ sourcesOff: [source] });
      expect(composeHome(ws, requestOf({ parameters })).rows.length).toBeGreaterThan(4);
    }
  });
});

describe("the order of rows is the profile's own", () => {
  const state = randomState(createRng(4), TITLES, 60);
  const HOURS = Array.from({ length: 30 }, (_, ago) => Math.floor(AS_OF / 3_600_000) - ago * 24);
  /** Of 30 visits in which rows of both kinds were in sight, those of one were clicked. */
  const rowsOf = (clicked: "genre" | "new" | undefined) => {
    const kept = (kind: "genre" | "new") => ({ seen: HOURS, clicked: clicked === kind ? HOURS.slice(0, 20) : [] });
    const rowUse = clicked && { genre: kept("genre"), new: kept("new") };
    const history = historyOf({ ...state, ...(rowUse ? { rowUse } : {}) });
    return composeHome(ws, requestOf({ history: read(history) })).rows;
  };
  const placeOf = (rows: HomeSlate["rows"], kind: string) => rows.findIndex((row) => row.kind === kind);

  test("a kind that is clicked rises over one that is passed by, between profiles of one taste, and takes no other's titles", () => {
    const [unknown, ofGenres, ofNew] = [rowsOf(undefined), rowsOf("genre"), rowsOf("new")];
    expect(placeOf(ofGenres, "genre")).toBeLessThan(placeOf(ofNew, "genre"));
    expect(placeOf(ofNew, "new")).toBeLessThan(placeOf(ofGenres, "new"));
    const contents = (rows: HomeSlate["rows"]) =>
      rows.map(({ rowId, entries }) => [rowId, entries.map(({ index }) => index)]).sort();
    expect(contents(ofGenres)).toEqual(contents(unknown));
    expect(contents(ofNew)).toEqual(contents(unknown));
    expect(ofNew.map(({ rowId }) => rowId)).not.toEqual(unknown.map(({ rowId }) => rowId));
  });

  test("each row's id tells its kind to whoever counts what was seen of it", () => {
    const rows = [...rowsOf(undefined), ...composeHome(ws, requestOf()).rows];
    expect(new Set(rows.map(({ kind }) => kind)).size).toBeGreaterThan(6);
    for (const { rowId, kind } of rows) expect(rowKindOf(rowId)).toBe(kind);
    expect(rowKindOf("search")).toBeUndefined();
  });
});

describe("reasons can be checked by the tables", () => {
  const pages = () =>
    Array.from({ length: 40 }, (_, seed) => {
      const state = randomState(createRng(seed + 1), TITLES, 60);
      const parameters = ServingParameters.parse({
        sourcesOff: seed % 2 === 0 ? ["personal_list", "item_to_item"] : [],
      });
      const request = requestOf({ history: read(historyOf(state)), list: read(listOf(seed + 1)), parameters });
      return { history: historyOf(state), entries: entriesOf(composeHome(ws, request)) };
    });
  const checked = new Map<Reason["kind"], number>();

  test("growth, segments and collections stand in their tables; of a vector's seeds each contribution is weight · v_i · v_j and no other is larger", () => {
    for (const { history, entries } of pages()) {
      for (const { index, reason, source } of entries) {
        checked.set(reason.kind, (checked.get(reason.kind) ?? 0) + 1);
        if (reason.kind === "trending_in_country") {
          const table = tables.trending!.find(({ country }) => country === reason.country)!;
          expect(table.itemIndices[reason.rank - 1]).toBe(index);
          expect(table.scores[reason.rank - 1]).toBe(reason.growth);
        }
        if (reason.kind === "popular_in_segment") {
          expect(tables.segments!.popularity[reason.segment]!.itemIndices[reason.rank - 1]).toBe(index);
        }
        if (reason.kind === "editorial") {
          const held = view.collections.find(({ collectionId }) => collectionId === reason.collectionId)!;
          expect(held.itemIndices).toContain(index);
          expect(reason.collectionName).toBe(held.names.ru);
        }
        if (reason.kind === "exploration") expect(reason.propensity).toBeGreaterThan(0);
        if (reason.kind === "similar_to_history" && source === "taste_vector") {
          const shares = history.graded
            .map((title) => ({
              titleId: view.titleIds[title.index],
              share: title.weight * likeness(view, title.index, index),
            }))
            .filter(({ share }) => share > 0)
            .sort((a, b) => b.share - a.share)
            .slice(0, 3);
          expect(reason.seeds.map(({ contribution }) => contribution)).toEqual(shares.map(({ share }) => share));
          expect(reason.seeds.map(({ titleId }) => titleId)).toEqual(shares.map(({ titleId }) => titleId));
        }
      }
    }
    for (const kind of ["trending_in_country", "popular_in_segment", "editorial", "similar_to_history"] as const) {
      expect(checked.get(kind)).toBeGreaterThan(20);
    }
  });
});

describe("what was begun", () => {
  const at = AS_OF - 1;
  const played = (partId: string, share: number): ProfileState =>
    stateOf([
      { titleId: SERIES, touchedAt: at, playedAt: at, partId, positionSeconds: 2_700 * share, durationSeconds: 2_700 },
    ]);
  const begunOf = (state: ProfileState, more: Partial<SlateRequest> = {}) =>
    composeHome(ws, requestOf({ history: read(historyOf(state)), ...more })).rows.find(
      ({ kind }) => kind === "continue_watching",
    );

  test("a series whose last episode is finished goes on with the next, over the end of a season", () => {
    expect(begunOf(played("s1e1", 0.95))?.entries).toMatchObject([
      { source: "next_episode", reason: { kind: "next_episode", partId: "s1e2", season: 1, episode: 2 } },
    ]);
    expect(begunOf(played("s1e2", 1))?.entries[0]?.reason).toMatchObject({ partId: "s2e1", season: 2, episode: 1 });
  });

  test("one in the middle of an episode goes on where it was left", () => {
    expect(begunOf(played("s1e1", 0.5))?.entries[0]?.reason).toMatchObject({
      kind: "continue_watching",
      positionSeconds: 1_350,
    });
  });

  test("after the last episode there is nothing to go on with, and the series is watched: specials don't follow", () => {
    expect(begunOf(played("s2e1", 1))).toBeUndefined();
    expect(
      entriesOf(composeHome(ws, requestOf({ history: read(historyOf(played("s2e1", 1))) }))).map(({ index }) => index),
    ).not.toContain(view.indexOf.get(SERIES));
  });

  test("with 95 minutes at hand, what is left decides: 10 minutes of a long film are shown, an episode of 100 is not", () => {
    const film = view.titleIds.find((_, index) => view.runtimes[index]! > 150 && view.runtimes[index]! < 999)!;
    const state = stateOf([
      { titleId: film, touchedAt: at, playedAt: at, positionSeconds: 8_400, durationSeconds: 9_240 },
    ]);
    expect(begunOf(state, { minutes: 95 })?.entries).toHaveLength(1);
    expect(begunOf(state, { minutes: 13 })).toBeUndefined();
    expect(begunOf(played("s1e2", 1), { minutes: 95 })).toBeUndefined();
    expect(begunOf(played("s1e1", 1), { minutes: 95 })?.entries).toHaveLength(1);
  });

  test("rows say how many titles wait in them", () => {
    expect(begunOf(played("s1e1", 1))?.reason).toEqual({ kind: "unfinished", titleCount: 1 });
  });
});

describe("a page for two", () => {
  const states = [randomState(createRng(21), TITLES, 80), randomState(createRng(22), TITLES, 80)] as const;
  const other = (state: ProfileState, ageMark: number | null = null): NonNullable<SlateRequest["other"]> => ({
    profile: { country: "BY", ageMark, accountId: "a-1" as AccountId },
    list: read({ ...listOf(9), profileId: "p-2" as ProfileId }),
    history: read(historyOf(state)),
  });
  const forTwo = (more: Partial<SlateRequest> = {}) =>
    requestOf({ history: read(historyOf(states[0])), other: other(states[1]), ...more });

  test("shows nothing that either hid or watched, and nothing above the lower age", () => {
    for (const ageMark of [null, 6, 12]) {
      const home = composeHome(ws, forTwo({ other: other(states[1], ageMark) }));
      const [mine, theirs] = states.map(historyOf);
      expect(home.rows.map(({ kind }) => kind)).toContain("for_two");
      for (const row of home.rows) {
        for (const { index } of row.entries) {
          expect([...mine!.hidden, ...theirs!.hidden]).not.toContain(index);
          expect(view.ageMarks[index]).toBeLessThanOrEqual(ageMark ?? 18);
          if (row.kind !== "top_in_country") expect([...mine!.watched, ...theirs!.watched]).not.toContain(index);
        }
      }
    }
  });

  test("is in the order of the mean of both shares, and says both", () => {
    const parameters = ServingParameters.parse({ diversity: 0, explorationSlots: 0 });
    const row = composeHome(ws, forTwo({ parameters })).rows.find(({ kind }) => kind === "for_two")!;
    const means = row.entries.map(({ reason }) => {
      if (reason.kind !== "for_both") throw new Error(reason.kind);
      for (const share of reason.scores) expect(share).toBeGreaterThanOrEqual(0);
      for (const share of reason.scores) expect(share).toBeLessThanOrEqual(1);
      return (reason.scores[0] + reason.scores[1]) / 2;
    });
    // Beside it other sources break near ties: their weights come to less than 0.15.
    means.forEach((mean, place) => {
      if (place > 0) expect(mean).toBeLessThanOrEqual(means[place - 1]! + 0.15);
    });
  });

  test("names nothing that either watched: no seeds, nothing to go on with, nothing because of a title", () => {
    const text = JSON.stringify(composeHome(ws, forTwo()));
    for (const word of ["similar_to_history", "because_you_watched", "continue_watching", "next_episode"]) {
      expect(text).not.toContain(word);
    }
  });

  test("is the same page whoever asks, but for the order of the two shares", () => {
    const swapped = requestOf({
      list: read(listOf(9)),
      history: read(historyOf(states[1])),
      other: { ...other(states[0]), list: read(listOf(1)) },
    });
    const titles = (request: SlateRequest) =>
      composeHome(ws, request).rows.map(({ rowId, entries }) => ({
        rowId,
        indices: entries.map(({ index }) => index),
      }));
    expect(titles(swapped)).toEqual(titles(forTwo()));
  });
});

describe("rules", () => {
  test("act on the page and the list, and switched off they don't", () => {
    const horror = view.genres.indexOf("Horror");
    const isHorror = (index: number) =>
      view.titleGenres.subarray(view.genreOffsets[index], view.genreOffsets[index + 1]).includes(horror);
    const off = ServingParameters.parse({ rules: false });
    expect(entriesOf(composeHome(ws, requestOf({ rules }))).some(({ index }) => isHorror(index))).toBe(false);
    expect(composeList(ws, requestOf({ rules }), 100).entries.some(({ index }) => isHorror(index))).toBe(false);
    expect(composeHome(ws, requestOf({ rules, parameters: off })).rows).toEqual(
      composeHome(ws, requestOf({ parameters: off })).rows,
    );
    expect(entriesOf(composeHome(ws, requestOf({ parameters: off }))).some(({ index }) => isHorror(index))).toBe(true);
  });
});

describe("a rule's pin", () => {
  const pinning = (row: object, titleIds: string[]) => ({
    ruleId: "festival",
    name: "Festival",
    match: { titleIds },
    effect: { kind: "pin", row, position: 0, priority: 1 },
  });
  const compiledOf = (rule: object) => ({
    version: 8,
    compiled: compileRules(RuleSet.parse({ rules: [rule] }), ruleTitlesOf(view)),
  });

  test("says that a rule holds the place, and the row goes on to be about what it was about", () => {
    const before = composeHome(ws, requestOf());
    const row = before.rows.find(({ kind }) => kind === "new")!;
    const pinned = row.entries.at(-1)!.index;
    const page = composeHome(ws, requestOf({ rules: compiledOf(pinning({ kind: "new" }, [view.titleIds[pinned]!])) }));
    const after = page.rows.find(({ kind }) => kind === "new")!;
    expect(after.entries[0]).toMatchObject({
      index: pinned,
      source: "editorial",
      reason: { kind: "pinned", ruleId: "festival" },
    });
    expect(after.reason.kind).toBe("new");
    const reasons = entriesOf(page).filter(({ reason }) => reason.kind === "pinned");
    expect(reasons.map(({ index }) => index)).toEqual([pinned]);
  });

  test("to a row that the page cannot have keeps its title from no other row", () => {
    const pinned = composeHome(ws, requestOf()).rows.find(({ kind }) => kind === "new")!.entries[0]!.index;
    const isShown = (kind: string, more: Partial<SlateRequest> = {}): boolean => {
      const request = requestOf({ rules: compiledOf(pinning({ kind }, [view.titleIds[pinned]!])), ...more });
      return entriesOf(composeHome(ws, request)).some(({ index }) => index === pinned);
    };
    const unprofiled = { profile: { country: "BY", ageMark: null, profiling: false }, list: read(undefined) } as const;
    expect([isShown("for_two"), isShown("top_picks", unprofiled)]).toEqual([true, true]);
  });

  test("says so in a plain list", () => {
    const titleId = view.titleIds[composeList(ws, requestOf(), 10).entries.at(-1)!.index]!;
    const { entries } = composeList(ws, requestOf({ rules: compiledOf(pinning({ kind: "list" }, [titleId])) }), 10);
    expect(view.titleIds[entries[0]!.index]).toBe(titleId);
    expect(entries.map(({ reason }) => reason.kind).indexOf("pinned")).toBe(0);
    expect(entries.filter(({ reason }) => reason.kind === "pinned")).toHaveLength(1);
  });
});

describe("what the viewer corrected", () => {
  test("a genre turned up comes up in the ranking, one turned down goes down", () => {
    const genre = view.genres.indexOf("Musical");
    const meanPlace = (multiplier: number): number => {
      const history = {
        ...historyOf(randomState(createRng(4), TITLES, 40)),
        tasteEdits: [{ facet: "genre:Musical", multiplier }],
      };
      const parameters = ServingParameters.parse({ diversity: 0, explorationSlots: 0 });
      const row = composeHome(ws, requestOf({ history: read(history), parameters })).rows.find(
        ({ kind }) => kind === "top_picks",
      )!;
      return row.entries.filter(({ index }) =>
        view.titleGenres.subarray(view.genreOffsets[index], view.genreOffsets[index + 1]).includes(genre),
      ).length;
    };
    expect(meanPlace(4)).toBeGreaterThan(meanPlace(1));
    expect(meanPlace(0.25)).toBeLessThan(meanPlace(1));
  });
});
