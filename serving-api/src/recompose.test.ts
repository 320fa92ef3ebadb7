import type { DecisionId, Generation, TitleId } from "@thewatcher/contracts/ids";
import { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecisionTrace } from "./decision-trace.ts";
import { readHistory } from "./history.ts";
import { createWorkspace } from "./ranking.ts";
import { recompose } from "./recompose.ts";
import type { SlateRequest } from "./request.ts";
import { createShowings } from "./showings.ts";
import { composeHome, type HomeSlate } from "./slate.ts";
import {
  AS_OF,
  catalogueOf,
  collectionsOf,
  GENERATION,
  gradeForTests,
  PROFILE,
  randomState,
  richTablesOf,
  titleIdOf,
} from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const TITLES = 300;
const DECISION = "019ab000-0000-7000-8000-00000000000d" as DecisionId;
const rng = createRng(11);
const tables = richTablesOf(rng, { titleCount: TITLES, count: 60, halfLifeInteractions: 5 });
const view = createTitleView(catalogueOf(rng, TITLES + 20), tables, collectionsOf(rng, TITLES));
const ws = createWorkspace(view);
const showing = createShowings(view, {})({ country: "BY", locale: "en", at: AS_OF });
const read = <Value>(value: Value) => ({ kind: "read", value }) as const;

const requests = fc
  .record({
    seed: fc.integer({ min: 1, max: 100_000 }),
    touchedCount: fc.integer({ min: 0, max: 150 }),
    hasList: fc.boolean(),
    ageMark: fc.constantFrom(null, 6, 16),
    explorationSlots: fc.constantFrom(0, 1, 2),
    diversity: fc.constantFrom(0, 0.3, 1),
    minutes: fc.constantFrom(undefined, 95),
    excluded: fc.array(fc.integer({ min: 0, max: TITLES + 20 }), { maxLength: 10 }),
  })
  .map((given): SlateRequest => {
    const random = createRng(given.seed);
    const chosen = [...new Set(Array.from({ length: 120 }, () => random.int(TITLES)))];
    return {
      profile: { country: "BY", ageMark: given.ageMark },
      list: read(
        given.hasList
          ? {
              profileId: PROFILE,
              generation: GENERATION as Generation,
              titleIds: chosen.map(titleIdOf),
              scores: Float32Array.from(chosen, (_, place) => 3 - place / 50),
            }
          : undefined,
      ),
      history: read(readHistory(view, randomState(random, TITLES, given.touchedCount), gradeForTests)),
      exclude: given.excluded.map(titleIdOf),
      showing,
      at: AS_OF,
      device: "web",
      seed: given.seed,
      parameters: ServingParameters.parse({
        explorationSlots: given.explorationSlots,
        diversity: given.diversity,
      }),
      ...(given.minutes === undefined ? {} : { minutes: given.minutes }),
    };
  });

function traced(request: SlateRequest): { readonly slate: HomeSlate; readonly trace: DecisionTrace } {
  const traces: DecisionTrace[] = [];
  const slate = composeHome(ws, request, {
    head: {
      decisionId: DECISION,
      kind: "home",
      profileId: PROFILE,
      generation: GENERATION as Generation,
      arms: {},
      with: null,
    },
    onDecision: (trace) => traces.push(trace),
  });
  expect(traces).toHaveLength(1);
  return { slate, trace: traces[0]! };
}

/** A page without its cards. */
const rowsOf = ({ rows }: HomeSlate) =>
  rows.map(({ rowId, kind, heading, reason, entries }) => ({
    rowId,
    kind,
    heading,
    reason,
    items: entries.map(({ index, score, source, reason: given, propensity }, position) => ({
      titleId: view.titleIds[index]!,
      position,
      score,
      source,
      reason: given,
      ...(propensity === undefined ? {} : { propensity }),
    })),
  }));

describe("a decision's trace", () => {
  test("makes the same rows again, byte for byte, whatever was asked", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { slate, trace } = traced(request);
        // What comes out of the log is text: nothing of the workspace may still be in it.
        composeHome(ws, {
          ...request,
          history: read(readHistory(view, randomState(createRng(3), TITLES, 40), gradeForTests)),
        });
        expect(JSON.stringify(recompose(trace))).toBe(JSON.stringify(rowsOf(slate)));
      }),
      { numRuns: 60 },
    );
  });

  test("changes nothing of the page", () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(traced(request).slate).toEqual(composeHome(ws, request));
      }),
      { numRuns: 20 },
    );
  });

  test("names what was shown, where it came from, and what of the list was barred by which cause", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { slate, trace } = traced(request);
        const candidates = new Map([...trace.candidates.titles].map((title, place) => [title, place]));
        const shown = trace.rows.flatMap(({ slots }) => slots);
        expect(shown.length).toBe(slate.rows.reduce((sum, { entries }) => sum + entries.length, 0));
        for (const { title } of shown) {
          const place = candidates.get(title);
          if (place !== undefined) expect(trace.candidates.sources[place]).toBeGreaterThan(0);
        }
        expect(trace.rowOrder).toEqual(slate.rows.map(({ rowId }) => rowId));
        const list = request.list.kind === "read" ? request.list.value : undefined;
        const titles = new Set<TitleId>(list?.titleIds);
        for (const { titles: places, cause } of trace.removed) {
          for (const place of places) {
            const titleId = trace.titleIds[place]!;
            expect(titles).toContain(titleId);
            if (cause === "excluded") expect(request.exclude).toContain(titleId);
            if (cause === "age")
              expect(view.ageMarks[view.indexOf.get(titleId)!]).toBeGreaterThan(trace.ageLimit ?? 99);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
