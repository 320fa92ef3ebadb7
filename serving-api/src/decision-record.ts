/**
 * A decision's trace as the record of the log (contracts/src/decisions.ts), and back. What is encoded decodes to the same
 * trace, to the last bit of each number, but for what `cut` names and for features of more unshown candidates than the
 * sample has: of those, UNSHOWN_SAMPLE_MAX are drawn, by the decision's own id.
 *
 * 0.3 ms for a page of ten rows; called in the background (decision-log.ts).
 */
import {
  DECISION_BYTES_MAX,
  DECISION_CUTS,
  DECISION_VERSION,
  type DecisionCut,
  type DecisionRecord,
  UNSHOWN_SAMPLE_MAX,
} from "@thewatcher/contracts/decisions";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { assert } from "@thewatcher/kit/assert";
import { pack, unpack, unpackAs } from "@thewatcher/kit/packed";
import { createRng } from "@thewatcher/kit/rng";
import { unpackDoubles } from "@thewatcher/stores/warehouse/decision-rows";
import type { DecisionTrace, TracedFeatures, TracedRow, TracedSlot } from "./decision-trace.ts";

export interface EncodedDecision {
  /** Of the log: records of one profile keep their order. */
  readonly key: string;
  /** JSON, at most DECISION_BYTES_MAX in UTF-8. */
  readonly value: string;
  readonly bytes: number;
  readonly cut: readonly DecisionCut[];
}

/** undefined: it does not fit, whatever is left out. */
export function encodeDecision(
  trace: DecisionTrace,
  { bytesMax = DECISION_BYTES_MAX }: { readonly bytesMax?: number } = {},
): EncodedDecision | undefined {
  for (let cutCount = 0; cutCount <= DECISION_CUTS.length; cutCount++) {
    const cut = DECISION_CUTS.slice(0, cutCount);
    const value = JSON.stringify(recordOf(trace, cut));
    // UTF-8 has no fewer bytes than there are characters.
    const bytes = value.length > bytesMax ? value.length : Buffer.byteLength(value);
    if (bytes <= bytesMax) return { key: trace.profileId ?? trace.decisionId, value, bytes, cut };
  }
  return undefined;
}

const NO_TITLES = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);

function recordOf(trace: DecisionTrace, cut: readonly DecisionCut[]): DecisionRecord {
  const without = (part: DecisionCut): boolean => cut.includes(part);
  const titles = createTitles(trace.titleIds, cut.length > 0);
  const numbers = createNumbers();
  const reasons = createReasons(without("reasons"));
  const shown = new Set<number>();
  for (const { slots } of trace.rows) for (const { title } of slots) shown.add(title);

  /** What of a row is an array is packed, whatever it is called. */
  function rowOf({ slots, reason, worth, ...row }: TracedRow): DecisionRecord["rows"][number] {
    const fields: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) {
      if (value instanceof Int32Array) fields[name] = titles.pack(without("ranked") ? NO_TITLES : value);
      else if (value instanceof Float64Array) fields[name] = numbers.pack(without("ranked") ? NO_NUMBERS : value);
      else fields[name] = value;
    }
    const { rowId, kind, heading } = row;
    return {
      ...fields,
      rowId,
      kind,
      heading,
      // Not a number where the row is worth nothing, which JSON has not.
      worth: numbers.placeOf(worth),
      reason: reason && reasons.placeOf(reason),
      slots: slots.map(({ title, score, source, reason: own, propensity, inclusion }) => ({
        title: titles.placeOf(title),
        score: numbers.placeOf(score),
        source,
        reason: reasons.placeOf(own),
        ...(propensity === undefined ? {} : { propensity: numbers.placeOf(propensity) }),
        ...(inclusion === undefined ? {} : { inclusion: numbers.placeOf(inclusion) }),
      })),
    };
  }

  const rows = trace.rows.map(rowOf);
  const { candidates, history } = trace;
  const hasCandidates = !without("candidates");
  const sourceScores = without("source_scores") ? null : pack(compactScores(candidates));
  const loggedCandidates = hasCandidates
    ? {
        titles: titles.pack(candidates.titles),
        sources: pack(candidates.sources),
        sourceScores,
        scores: numbers.pack(candidates.scores),
      }
    : { titles: pack(NO_TITLES), sources: "$u0:0", sourceScores: null, scores: "$n0:0" };
  const features = without("features") ? null : featuresOf(trace, shown, without("sample") ? 0 : UNSHOWN_SAMPLE_MAX);
  const removed = without("removed") ? [] : trace.removed;
  const keptHistory = without("history") ? [] : history;
  const { exclude, minutes, with: companion, rankerVersion, rulesVersion, titleFeaturesVersion } = trace;
  return {
    version: DECISION_VERSION,
    decisionId: trace.decisionId,
    kind: trace.kind,
    profileId: trace.profileId,
    occurredAt: new Date(trace.at).toISOString(),
    generation: trace.generation,
    versions: { ranker: rankerVersion, rules: rulesVersion, titleFeatures: titleFeaturesVersion },
    country: trace.country,
    locale: trace.locale,
    ageLimit: trace.ageLimit,
    device: trace.device,
    parameters: trace.parameters,
    arms: trace.arms,
    request: { exclude: [...exclude], minutes, with: companion },
    stateRevision: trace.stateRevision,
    seed: trace.seed,
    history: {
      titleIds: keptHistory.map(({ titleId }) => titleId),
      weights: pack(Float64Array.from(keptHistory, ({ weight }) => weight)),
      flags: pack(
        Uint32Array.from(keptHistory, ({ listed, watched }) => (listed ? LISTED : 0) | (watched ? WATCHED : 0)),
      ),
    },
    sourceNames: [...trace.sourceNames],
    candidates: loggedCandidates,
    features,
    removed: removed.map(({ stage, cause, titles: taken }) => ({ stage, cause, titles: titles.pack(taken) })),
    rows,
    rowsArePersonal: trace.rowsArePersonal,
    rowOrder: [...trace.rowOrder],
    degradations: [...trace.degradations],
    // Filled by what stands above.
    titleIds: titles.all(),
    numbers: numbers.all(),
    reasons: reasons.all(),
    cut: [...cut],
  };
}

const LISTED = 1;
const WATCHED = 2;

/** The trace's own table; where something was cut, only of what is still named. */
function createTitles(titleIds: readonly TitleId[], renumbers: boolean) {
  const places = new Map<number, number>();
  const named: TitleId[] = [];
  const placeOf = (title: number): number => {
    if (!renumbers) return title;
    let place = places.get(title);
    if (place === undefined) {
      place = named.push(titleIds[title]!) - 1;
      places.set(title, place);
    }
    return place;
  };
  return {
    placeOf,
    pack: (array: Int32Array): string => pack(renumbers ? array.map(placeOf) : array),
    all: (): TitleId[] => (renumbers ? named : [...titleIds]),
  };
}

/** Each double once; −0 is another one than 0. */
function createNumbers() {
  const places = new Map<number, number>();
  const all: number[] = [];
  let minusZero = -1;
  function placeOf(value: number): number {
    if (value === 0 && Object.is(value, -0)) {
      if (minusZero < 0) minusZero = all.push(value) - 1;
      return minusZero;
    }
    let place = places.get(value);
    if (place === undefined) {
      place = all.push(value) - 1;
      places.set(value, place);
    }
    return place;
  }
  return {
    placeOf,
    pack: (array: Float64Array): string => `$n${pack(Uint32Array.from(array, placeOf)).slice(2)}`,
    all: (): string => pack(Float64Array.from(all)),
  };
}

type AnyReason = TracedSlot["reason"];

/** Each reason once. */
function createReasons(kindsAlone: boolean) {
  const places = new Map<AnyReason | string, number>();
  const all: Record<string, unknown>[] = [];
  return {
    placeOf(reason: AnyReason): number {
      // Genres and editors' rows give one object to all of their titles.
      const known = places.get(reason);
      if (known !== undefined) return known;
      const kept = kindsAlone ? { kind: reason.kind } : reason;
      const text = JSON.stringify(kept);
      const place = places.get(text) ?? all.push(kept) - 1;
      places.set(text, place);
      places.set(reason, place);
      return place;
    },
    all: () => all,
  };
}

/** By source, then candidate: of those whose bit is set. */
function compactScores({ sources, sourceScores }: DecisionTrace["candidates"]): Float32Array {
  const { length: count } = sources;
  const kept: number[] = [];
  for (let at = 0; at < sourceScores.length; at++) {
    if ((sources[at % count]! & (1 << Math.floor(at / count))) !== 0) kept.push(sourceScores[at]!);
  }
  return Float32Array.from(kept);
}

function featuresOf(
  { features, candidates, decisionId }: DecisionTrace,
  shown: ReadonlySet<number>,
  unshownMax: number,
): DecisionRecord["features"] {
  if (!features) return null;
  const { names, values } = features;
  const rows = chooseRows(features, candidates.titles, shown, unshownMax, decisionId);
  const columns = names.map((_, column) => {
    const packed = Float32Array.from(rows, (row) => values[row * names.length + column]!);
    const [first = 0] = packed;
    const isSame = Number.isFinite(first) && !Object.is(first, -0) && packed.every((value) => Object.is(value, first));
    return isSame && packed.length > 0 ? first : pack(packed);
  });
  return { names: [...names], candidates: pack(Int32Array.from(rows, (row) => features.candidates[row]!)), columns };
}

/** Rows of features: of all that was shown, and of at most `unshownMax` others. */
function chooseRows(
  { candidates: of }: TracedFeatures,
  titles: Int32Array,
  shown: ReadonlySet<number>,
  unshownMax: number,
  decisionId: string,
): number[] {
  const kept: number[] = [];
  const others: number[] = [];
  of.forEach((candidate, row) => {
    (shown.has(titles[candidate]!) ? kept : others).push(row);
  });
  if (others.length > unshownMax) {
    // The last 32 bits of an id are chance.
    const rng = createRng(Number.parseInt(decisionId.slice(-8), 16));
    for (let place = 0; place < unshownMax; place++) {
      const other = place + rng.int(others.length - place);
      [others[place], others[other]] = [others[other]!, others[place]!];
    }
    others.length = unshownMax;
  }
  return [...kept, ...others].sort((a, b) => a - b);
}

/** The trace of a record. What was cut is empty. Throws where the record contradicts itself. */
export function decodeDecision(record: DecisionRecord): DecisionTrace {
  const numbers = unpackAs("d", record.numbers);
  const numberAt = (place: number): number => {
    assert(place < numbers.length, "a number of the record", () => place);
    return numbers[place]!;
  };
  const reasonAt = (place: number): AnyReason => {
    assert(place < record.reasons.length, "a reason of the record", () => place);
    return record.reasons[place] as AnyReason;
  };

  function rowOf({ slots, reason, worth, ...row }: DecisionRecord["rows"][number]): TracedRow {
    const fields: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) {
      const isPacked = typeof value === "string" && PACKED.test(value) && name !== "heading" && name !== "rowId";
      if (!isPacked) fields[name] = value;
      else fields[name] = value[1] === "n" ? unpackDoubles(value, numbers) : unpack(value);
    }
    return {
      ...(fields as unknown as TracedRow),
      reason: reason === null ? null : reasonAt(reason),
      worth: numberAt(worth as number),
      slots: slots.map(({ title, score, source, reason: own, propensity, inclusion }) => ({
        title,
        score: numberAt(score),
        source: source as TracedSlot["source"],
        reason: reasonAt(own),
        ...(propensity === undefined ? {} : { propensity: numberAt(propensity) }),
        ...(inclusion === undefined ? {} : { inclusion: numberAt(inclusion) }),
      })),
    };
  }

  const weights = unpackAs("d", record.history.weights);
  const flags = unpackAs("u", record.history.flags);
  const { versions, request } = record;
  return {
    decisionId: record.decisionId,
    kind: record.kind,
    profileId: record.profileId,
    at: Date.parse(record.occurredAt),
    generation: record.generation,
    rankerVersion: versions.ranker,
    rulesVersion: versions.rules,
    titleFeaturesVersion: versions.titleFeatures,
    country: record.country,
    locale: record.locale,
    ageLimit: record.ageLimit,
    device: record.device,
    parameters: record.parameters as ServingParameters,
    arms: record.arms,
    exclude: request.exclude,
    minutes: request.minutes,
    with: request.with,
    stateRevision: record.stateRevision,
    seed: record.seed,
    history: record.history.titleIds.map((titleId, place) => ({
      titleId,
      weight: weights[place]!,
      listed: (flags[place]! & LISTED) !== 0,
      watched: (flags[place]! & WATCHED) !== 0,
    })),
    titleIds: record.titleIds,
    sourceNames: record.sourceNames,
    candidates: candidatesOf(record, numbers),
    features: record.features && unpackFeatures(record.features),
    removed: record.removed.map(({ stage, cause, titles }) => ({
      stage: stage as DecisionTrace["removed"][number]["stage"],
      cause,
      titles: unpackAs("i", titles),
    })),
    rows: record.rows.map(rowOf),
    rowsArePersonal: record.rowsArePersonal,
    rowOrder: record.rowOrder,
    degradations: record.degradations as DecisionTrace["degradations"],
  };
}

const PACKED = /^\$[iufdn][0-8]:/;

function candidatesOf(record: DecisionRecord, numbers: Float64Array): DecisionTrace["candidates"] {
  const { titles, sources: packedSources, sourceScores: packedScores, scores } = record.candidates;
  const sources = unpackAs("u", packedSources);
  const { length: count } = sources;
  const sourceScores = new Float32Array(record.sourceNames.length * count);
  if (packedScores !== null) {
    const kept = unpackAs("f", packedScores);
    let next = 0;
    for (let at = 0; at < sourceScores.length; at++) {
      if ((sources[at % count]! & (1 << Math.floor(at / count))) !== 0) sourceScores[at] = kept[next++]!;
    }
  }
  return { titles: unpackAs("i", titles), sources, sourceScores, scores: unpackDoubles(scores, numbers) };
}

function unpackFeatures(logged: NonNullable<DecisionRecord["features"]>): TracedFeatures {
  const candidates = unpackAs("i", logged.candidates);
  const { names } = logged;
  const values = new Float32Array(candidates.length * names.length);
  logged.columns.forEach((column, place) => {
    const unpacked = typeof column === "number" ? undefined : unpackAs("f", column);
    for (let row = 0; row < candidates.length; row++) {
      values[row * names.length + place] = unpacked ? unpacked[row]! : (column as number);
    }
  });
  return { names, candidates, values };
}
