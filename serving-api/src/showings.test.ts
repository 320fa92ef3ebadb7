import { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { DecisionId, Generation } from "@thewatcher/contracts/ids";
import type { ProfileState, TitleState } from "@thewatcher/contracts/profile-state";
import { type RightsWindow, visibilityOf } from "@thewatcher/contracts/visibility";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyHistory, readHistory } from "./history.ts";
import { createWorkspace } from "./ranking.ts";
import { renderHome, renderList, renderSimilar } from "./render.ts";
import type { SlateRequest } from "./request.ts";
import { createShowings } from "./showings.ts";
import { composeHome, composeLeaving, composeList, composeSimilar, maySee } from "./slate.ts";
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
import { type CatalogueTitle, createTitleView } from "./title-view.ts";

const TITLES = 120;
const DAY_MS = 86_400_000;
const rng = createRng(11);
const tables = tablesOf(rng, { titleCount: TITLES, count: 40, halfLifeInteractions: 5 });
const window = (extra: Partial<RightsWindow>): RightsWindow => ({
  countries: null,
  exceptCountries: [],
  plans: null,
  from: null,
  until: null,
  ...extra,
});
/** One title in six under each of these, and one without rights. */
const RIGHTS: readonly CatalogueTitle["rights"][] = [
  null,
  [window({ countries: ["RU"] })],
  [window({ exceptCountries: ["BY"] })],
  [window({ from: AS_OF + DAY_MS })],
  [window({ until: AS_OF })],
  [window({ until: AS_OF + 2 * DAY_MS, plans: ["premium"] }), window({ from: AS_OF + 20 * DAY_MS })],
];
const catalogue = catalogueOf(rng, TITLES).map(
  (title, index): CatalogueTitle => ({
    ...title,
    facts: { ...title.facts, names: index % 2 === 0 ? { ru: `Фильм ${index}` } : {} },
    rights: RIGHTS[index % RIGHTS.length]!,
  }),
);
const view = createTitleView(catalogue, tables);
const ws = createWorkspace(view);
const showings = createShowings(view, { Drama: { ru: "Драма" } });
const head = {
  decisionId: "019ab000-0000-7000-8000-00000000000d" as DecisionId,
  generation: GENERATION as Generation,
  profileId: PROFILE,
  composedAt: "2027-01-15T08:00:00.000Z",
};
const read = <Value>(value: Value) => ({ kind: "read", value }) as const;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

interface Inputs {
  readonly state: ProfileState;
  readonly country: string;
  readonly ageMark: number | null;
  readonly at: number;
}
const requestOf = ({ state, country, ageMark, at }: Inputs): SlateRequest => ({
  profile: { country, ageMark },
  list: read({
    profileId: PROFILE,
    generation: GENERATION as Generation,
    titleIds: view.titleIds.slice(0, 80),
    scores: Float32Array.from({ length: 80 }, (_, place) => 3 - place / 40),
  }),
  history: read(state.titles.length === 0 ? emptyHistory : readHistory(view, state, gradeForTests)),
  exclude: [],
  showing: showings({ country, locale: "ru", at }),
  at,
  device: "web",
});
const anyInputs = fc
  .record({
    seed: fc.integer({ min: 1, max: 100_000 }),
    touchedCount: fc.integer({ min: 0, max: 60 }),
    country: fc.constantFrom("BY", "RU", "DE"),
    ageMark: fc.constantFrom(null, 0, 6, 12, 16, 18),
    at: fc.constantFrom(AS_OF - 1, AS_OF, AS_OF + DAY_MS, AS_OF + 2 * DAY_MS, AS_OF + 30 * DAY_MS),
  })
  .map(({ seed, touchedCount, ...rest }) => ({
    ...rest,
    state: randomState(createRng(seed), TITLES, touchedCount),
  }));

const isHidden = ({ country, ageMark, at }: Inputs, { facts, rights }: CatalogueTitle): boolean =>
  visibilityOf({ ageMark: facts.ageMark, rights }, { country, ageLimit: ageMark, at }).kind === "hidden";

describe("what a profile may not see", () => {
  test("stands in no row, no list, no reason, and nothing is similar to it", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const request = requestOf(inputs);
        const { showing } = request;
        const written = [
          text(renderHome(view, showing, head, composeHome(ws, request))),
          text(renderList(view, showing, head, composeList(ws, request, 100))),
          JSON.stringify(
            composeLeaving(ws, request, inputs.at + 14 * DAY_MS).map(({ index }) => showing.cardOf(index)),
          ),
        ];
        catalogue.forEach((title, index) => {
          const hidden = isHidden(inputs, title);
          expect(maySee(ws, request, index)).toBe(!hidden);
          if (hidden) for (const one of written) expect(one).not.toContain(`"${title.facts.titleId}"`);
        });
        const seed = catalogue.findIndex((title) => !isHidden(inputs, title));
        if (seed < 0) return;
        const similar = text(renderSimilar(showing, head, titleIdOf(seed), composeSimilar(ws, request, seed, 100)));
        for (const title of catalogue)
          if (isHidden(inputs, title)) expect(similar).not.toContain(`"${title.facts.titleId}"`);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a showing", () => {
  const at = (country: string, instant: number) => showings({ country, locale: "ru", at: instant });

  test("is held until the next edge of a window of its country, and made anew behind it", () => {
    const held = at("BY", AS_OF);
    expect(at("BY", AS_OF + DAY_MS - 1)).toBe(held);
    const later = at("BY", AS_OF + DAY_MS);
    expect(later).not.toBe(held);
    expect([held.shown[3], later.shown[3]]).toEqual([0, 1]);
    // Back in time, as a clock that is set: not the answer of tomorrow.
    expect(at("BY", AS_OF).shown[3]).toBe(0);
  });

  test("countries that no window names share one, and languages don't", () => {
    expect(at("DE", AS_OF)).toBe(at("FR", AS_OF));
    expect(at("DE", AS_OF)).not.toBe(at("BY", AS_OF));
    expect(showings({ country: "DE", locale: "en", at: AS_OF })).not.toBe(at("DE", AS_OF));
  });

  test("cards come in the language, and say when the title leaves and in which plans it plays", () => {
    const showing = at("BY", AS_OF);
    const card = TitleCard.parse(JSON.parse(text(showing.cardJson(0))));
    expect(card).toMatchObject({ name: "Фильм 0", originalName: catalogue[0]!.facts.name });
    expect(JSON.parse(text(showing.cardJson(5)))).toMatchObject({
      plans: ["premium"],
      leavesAt: new Date(AS_OF + 2 * DAY_MS).toISOString(),
    });
    expect(showing.cardJson(5)).toBe(showing.cardJson(5));
    expect(showing.nameJson(1)).toBeUndefined();
    expect(showing.nameJson(-1)).toBeUndefined();
  });
});

describe("leaving soon", () => {
  test("of the watchlist and of what was begun, the soonest first, within the days asked for", () => {
    const at = AS_OF;
    const touched = (index: number, more: Partial<TitleState>): TitleState => ({
      titleId: titleIdOf(index),
      touchedAt: at,
      ...more,
    });
    const started = { playedAt: at, positionSeconds: 600, durationSeconds: 6_000, watchedSeconds: 600 };
    const state = stateOf([
      touched(5, { watchlisted: { at, on: true } }),
      touched(11, started),
      touched(17, { clickedAt: at }),
      touched(23, { watchlisted: { at, on: false } }),
      touched(0, { watchlisted: { at, on: true } }),
    ]);
    const request = requestOf({ state, country: "BY", ageMark: null, at });
    expect(composeLeaving(ws, request, at + 14 * DAY_MS)).toEqual([
      { index: 5, leavesAt: at + 2 * DAY_MS },
      { index: 11, leavesAt: at + 2 * DAY_MS },
    ]);
    expect(composeLeaving(ws, request, at + DAY_MS)).toEqual([]);
  });
});

describe("taken out of continue watching", () => {
  const titleId = titleIdOf(0);
  const begun = { titleId, playedAt: AS_OF, positionSeconds: 600, durationSeconds: 6_000, watchedSeconds: 600 };
  const rowsOf = (title: TitleState) =>
    composeHome(ws, requestOf({ state: stateOf([title]), country: "BY", ageMark: null, at: AS_OF })).rows;
  const hasRow = (title: TitleState) => rowsOf(title).some(({ kind }) => kind === "continue_watching");

  test("a title is not in the row and not recommended either, until it is played again or brought back", () => {
    const hidden = { at: AS_OF + 10, on: true };
    expect(hasRow({ ...begun, touchedAt: AS_OF })).toBe(true);
    const rows = rowsOf({ ...begun, touchedAt: AS_OF + 10, continueHidden: hidden });
    expect(rows.some(({ kind }) => kind === "continue_watching")).toBe(false);
    const recommended = rows.filter(({ kind }) => kind !== "top_in_country").flatMap(({ entries }) => entries);
    expect(recommended.map(({ index }) => view.titleIds[index])).not.toContain(titleId);
    expect(hasRow({ ...begun, playedAt: AS_OF + 11, touchedAt: AS_OF + 11, continueHidden: hidden })).toBe(true);
    expect(hasRow({ ...begun, touchedAt: AS_OF + 12, continueHidden: { at: AS_OF + 12, on: false } })).toBe(true);
  });

  test("says nothing new of the viewer's taste", () => {
    const before = readHistory(
      view,
      stateOf([{ ...begun, watchedSeconds: 3_000, playedAt: AS_OF - 5, touchedAt: AS_OF - 5 }]),
      gradeForTests,
    );
    const after = readHistory(
      view,
      stateOf([
        {
          ...begun,
          watchedSeconds: 3_000,
          playedAt: AS_OF - 5,
          touchedAt: AS_OF + 9,
          continueHidden: { at: AS_OF + 9, on: true },
        },
      ]),
      gradeForTests,
    );
    expect(after.graded).toEqual(before.graded);
  });
});
