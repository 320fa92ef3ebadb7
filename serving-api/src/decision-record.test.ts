import { DECISION_CUTS, type DecisionCut, DecisionRecord, UNSHOWN_SAMPLE_MAX } from "@thewatcher/contracts/decisions";
import { DecisionId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { defaultServingParameters } from "@thewatcher/contracts/serving-parameters";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDecision, encodeDecision } from "./decision-record.ts";
import type { DecisionTrace, TracedRow } from "./decision-trace.ts";

const decisionId = DecisionId.parse("019ab000-0000-7000-8000-00000000000d");
const sourceNames = ["personal_list", "item_to_item", "new"];
const double = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

/** Traces of every shape: their arrays fit each other, and nothing else is asked of them. */
const traces: fc.Arbitrary<DecisionTrace> = fc
  .record({
    titleCount: fc.integer({ min: 1, max: 300 }),
    candidateCount: fc.integer({ min: 0, max: 60 }),
    rowCount: fc.integer({ min: 0, max: 4 }),
    numbers: fc.array(double, { minLength: 1, maxLength: 30 }),
    featureNames: fc.array(fc.string({ maxLength: 12 }), { maxLength: 6 }),
    hasFeatures: fc.boolean(),
    text: fc.string({ unit: "grapheme", maxLength: 30 }),
    isNobody: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  })
  .map((shape) => {
    const rng = createRng(shape.seed);
    const count = Math.min(shape.candidateCount, shape.titleCount);
    const number = () => shape.numbers[rng.int(shape.numbers.length)]!;
    const titles = (length: number) => Int32Array.from({ length }, () => rng.int(shape.titleCount));
    const doubles = (length: number) => Float64Array.from({ length }, number);
    const sources = Uint32Array.from({ length: count }, () => rng.int(2 ** sourceNames.length));
    const sourceScores = Float32Array.from({ length: sourceNames.length * count }, (_, at) =>
      (sources[at % count]! & (1 << Math.floor(at / count))) === 0 ? 0 : Math.fround(number()),
    );
    const row = (place: number): TracedRow => ({
      rowId: `row-${place}`,
      kind: "genre",
      heading: shape.text,
      reason: rng.int(3) === 0 ? null : { kind: "genre", genre: shape.text },
      group: "genre",
      groupRowsMax: 3,
      entriesMin: 5,
      entriesMax: 20,
      isReranked: rng.int(2) === 0,
      ranked: titles(rng.int(50)),
      rankedScores: doubles(rng.int(50)),
      filled: titles(rng.int(5)),
      reranked: titles(rng.int(50)),
      pool: titles(rng.int(5)),
      poolUtilities: doubles(rng.int(5)),
      poolLogBoosts: doubles(rng.int(5)),
      slots: Array.from({ length: rng.int(20) }, () => {
        const slot = {
          title: rng.int(shape.titleCount),
          score: number(),
          source: "genre" as const,
          reason: { kind: "genre" as const, genre: `${shape.text} ${rng.int(3)}` },
        };
        return rng.int(4) === 0 ? { ...slot, propensity: number(), inclusion: number() } : slot;
      }),
      worth: number(),
    });
    const rows = Array.from({ length: shape.rowCount }, (_, place) => row(place));
    const featureRows = Math.min(count, UNSHOWN_SAMPLE_MAX);
    return {
      decisionId,
      kind: "home",
      profileId: shape.isNobody ? null : ProfileId.parse("p-1"),
      at: Date.UTC(2026, 10, 23, 10, 0, 0, 123),
      generation: null,
      rankerVersion: rng.int(2) === 0 ? null : "r7",
      country: "BY",
      locale: "ru",
      ageLimit: rng.int(2) === 0 ? null : 12,
      device: shape.text.slice(0, 10),
      parameters: defaultServingParameters,
      arms: { "row-order": "b" },
      rulesVersion: rng.int(2) === 0 ? null : 3,
      titleFeaturesVersion: rng.int(2) === 0 ? null : "t3",
      seed: rng.next(),
      exclude: [TitleId.parse("film-9")],
      minutes: rng.int(2) === 0 ? null : 95.5,
      with: null,
      stateRevision: rng.int(2) === 0 ? null : "r1",
      history: Array.from({ length: rng.int(5) }, (_, place) => ({
        titleId: TitleId.parse(`seen-${place}`),
        weight: number(),
        listed: rng.int(2) === 0,
        watched: rng.int(2) === 0,
      })),
      titleIds: Array.from({ length: shape.titleCount }, (_, place) => TitleId.parse(`film-${place}`)),
      sourceNames,
      candidates: { titles: titles(count), sources, sourceScores, scores: doubles(count) },
      features: shape.hasFeatures
        ? {
            names: shape.featureNames,
            candidates: Int32Array.from({ length: featureRows }, (_, place) => place),
            values: Float32Array.from({ length: featureRows * shape.featureNames.length }, () => Math.fround(number())),
          }
        : null,
      removed: [{ stage: "retrieve", cause: "watched", titles: titles(3) }],
      rows,
      rowsArePersonal: rng.int(2) === 0,
      rowOrder: rows.map(({ rowId }) => rowId).reverse(),
      degradations: [{ part: "catalogue", cause: "missing", detail: shape.text }],
    };
  });

/** Features within half a step of their range on the page, and what is no number where it was; all else to the last bit. */
function expectSame(decoded: DecisionTrace, trace: DecisionTrace): void {
  expect({ ...decoded, features: null }).toStrictEqual({ ...trace, features: null });
  expect(decoded.features?.names).toEqual(trace.features?.names);
  expect(decoded.features?.candidates).toEqual(trace.features?.candidates);
  const width = trace.features?.names.length ?? 0;
  for (let column = 0; column < width; column++) {
    const of = (features: DecisionTrace["features"]) =>
      [...(features?.values ?? [])].filter((_, at) => at % width === column);
    const wanted = of(trace.features);
    const plain = wanted.filter(Number.isFinite);
    const range = Math.max(...plain) - Math.min(...plain);
    for (const [row, value] of of(decoded.features).entries()) {
      const was = wanted[row]!;
      // Beside the step, what 32 bits round.
      if (Number.isFinite(was)) expect(Math.abs(value - was)).toBeLessThanOrEqual(range / 131_000 + 1e-30);
      else expect(value).toBe(was);
    }
  }
}

/** As it comes out of the log. */
const back = (value: string) => DecisionRecord.parse(JSON.parse(value));

describe("a decision's record", () => {
  test("decodes to the trace that was encoded, to the last bit, and features within half a step", () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const encoded = encodeDecision(trace);
        expect(encoded?.cut).toEqual([]);
        expect(encoded?.key).toBe(trace.profileId ?? decisionId);
        expect(encoded?.bytes).toBe(Buffer.byteLength(encoded!.value));
        expectSame(decodeDecision(back(encoded!.value)), trace);
      }),
      { numRuns: 300 },
    );
  });

  test("is never longer than its bound: what is cut is named, in order, and what is shown stays", () => {
    fc.assert(
      fc.property(traces, fc.integer({ min: 3_000, max: 12_000 }), (trace, bytesMax) => {
        const encoded = encodeDecision(trace, { bytesMax });
        if (!encoded) return;
        expect(Buffer.byteLength(encoded.value)).toBeLessThanOrEqual(bytesMax);
        const record = back(encoded.value);
        expect(record.cut).toEqual(DECISION_CUTS.slice(0, record.cut.length));
        const decoded = decodeDecision(record);
        const shown = ({ rows, titleIds }: DecisionTrace) =>
          rows.map(({ rowId, slots }) => [
            rowId,
            slots.map(({ title, score, propensity }) => [titleIds[title], score, propensity]),
          ]);
        expect(shown(decoded)).toStrictEqual(shown(trace));
        const has = (part: DecisionCut) => !record.cut.includes(part);
        if (has("candidates")) expect(decoded.candidates.scores).toStrictEqual(trace.candidates.scores);
        if (has("history")) expect(decoded.history).toStrictEqual(trace.history);
        if (has("features") && has("sample")) expect(decoded.features?.names).toEqual(trace.features?.names);
      }),
      { numRuns: 200 },
    );
  });

  test(`has features of all that was shown and of ${UNSHOWN_SAMPLE_MAX} others, the same ones each time`, () => {
    const count = 200;
    const [trace] = fc.sample(traces, { numRuns: 1, seed: 5 });
    const candidates = {
      titles: Int32Array.from({ length: count }, (_, place) => place),
      sources: new Uint32Array(count).fill(1),
      sourceScores: new Float32Array(count * sourceNames.length),
      scores: new Float64Array(count),
    };
    const slot = { score: 1, source: "genre", reason: { kind: "genre", genre: "Drama" } } as const;
    const wide: DecisionTrace = {
      ...trace!,
      titleIds: Array.from({ length: count }, (_, place) => TitleId.parse(`film-${place}`)),
      candidates,
      features: {
        names: ["place", "one"],
        candidates: candidates.titles,
        values: Float32Array.from({ length: count * 2 }, (_, at) => (at % 2 === 0 ? at / 2 : 1)),
      },
      rows: [
        {
          ...fc.sample(traces, 50).flatMap(({ rows }) => rows)[0]!,
          rowId: "only",
          slots: [7, 150, 3].map((title) => ({ ...slot, title })),
        },
      ],
      rowOrder: ["only"],
    };
    const decoded = decodeDecision(back(encodeDecision(wide)!.value));
    const kept = [...decoded.features!.candidates];
    expect(kept).toHaveLength(3 + UNSHOWN_SAMPLE_MAX);
    expect(kept).toEqual(expect.arrayContaining([3, 7, 150]));
    // Whole numbers up to 255 are exact.
    expect([...decoded.features!.values]).toEqual(kept.flatMap((place) => [place, 1]));
    expect(decodeDecision(back(encodeDecision(wide)!.value)).features).toEqual(decoded.features);
  });
});
