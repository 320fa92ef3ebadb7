/**
 * A decision's trace as the record of the log (contracts/src/decisions.ts), and back. What is encoded decodes to the same
 * trace, to the last bit of each number, but for three things: what `cut` names; features of more unshown candidates than
 * the sample has, of which UNSHOWN_SAMPLE_MAX are drawn by the decision's own id; and a feature of many values, which is
 * kept within half a step of 65,535 from its least to its largest on the page (exact, they were half of the record).
 *
 * 0.6 ms of a free core for a page of twelve rows with 44 features (46 KB); called in the background (decision-log.ts).
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
import { FEATURE_STEPS, unpackColumn, unpackDoubles } from "@thewatcher/stores/warehouse/decision-rows";
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
  const sources = createTexts();
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
    const shownTitles = new Int32Array(slots.length);
    const scores = new Float64Array(slots.length);
    const slotSources = new Int32Array(slots.length);
    const slotReasons = new Int32Array(slots.length);
    const drawn: NonNullable<DecisionRecord["rows"][number]["slots"]["drawn"]> = [];
    slots.forEach(({ title, score, source, reason: own, propensity, inclusion }, position) => {
      shownTitles[position] = titles.placeOf(title);
      scores[position] = score;
      slotSources[position] = sources.placeOf(source);
      slotReasons[position] = reasons.placeOf(own);
      if (propensity === undefined) return;
      const draw = { position, propensity: numbers.placeOf(propensity) };
      drawn.push(inclusion === undefined ? draw : { ...draw, inclusion: numbers.placeOf(inclusion) });
    });
    return {
      ...fields,
      rowId,
      kind,
      heading,
      // Not a number where the row is worth nothing, which JSON has not.
      worth: numbers.placeOf(worth),
      reason: reason && reasons.placeOf(reason),
      slots: {
        titles: pack(shownTitles),
        scores: numbers.pack(scores),
        sources: pack(slotSources),
        reasons: pack(slotReasons),
        ...(drawn.length === 0 ? {} : { drawn }),
      },
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
    slotSources: sources.all(),
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
    pack(array: Float64Array): string {
      const coded = new Uint32Array(array.length);
      for (let at = 0; at < array.length; at++) coded[at] = placeOf(array[at]!);
      return `$n${pack(coded).slice(2)}`;
    },
    all: (): string => pack(Float64Array.from(all)),
  };
}

function createTexts() {
  const all: string[] = [];
  return {
    placeOf(text: string): number {
      const place = all.indexOf(text);
      return place < 0 ? all.push(text) - 1 : place;
    },
    all: () => all,
  };
}

type AnyReason = TracedSlot["reason"];

/** Each reason once: genres and editors' rows give one object to all of their titles. */
function createReasons(kindsAlone: boolean) {
  const places = new Map<AnyReason | string, number>();
  const all: Record<string, unknown>[] = [];
  return {
    placeOf(reason: AnyReason): number {
      const key = kindsAlone ? reason.kind : reason;
      let place = places.get(key);
      if (place === undefined) {
        place = all.push(kindsAlone ? { kind: reason.kind } : reason) - 1;
        places.set(key, place);
      }
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
  const columns: LoggedColumn[] = [];
  const column = new Float32Array(rows.length);
  for (let feature = 0; feature < names.length; feature++) {
    for (let place = 0; place < rows.length; place++) column[place] = values[rows[place]! * names.length + feature]!;
    columns.push(packColumn(column));
  }
  return { names: [...names], candidates: pack(Int32Array.from(rows, (row) => features.candidates[row]!)), columns };
}

type LoggedColumn = NonNullable<DecisionRecord["features"]>["columns"][number];

/** Of a table of values: looked through one by one, which a map of doubles would take ten times as long for. */
const TABLE_VALUES_MAX = 16;
const table = new Float32Array(TABLE_VALUES_MAX);

function packColumn(column: Float32Array): LoggedColumn {
  const { length } = column;
  const coded = new Int32Array(length);
  let valueCount = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < length; row++) {
    const value = column[row]!;
    // Its bits are kept: it stands for something.
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return pack(column);
    if (value === 0 && Object.is(value, -0)) return pack(column);
    if (value < from) from = value;
    if (value > to) to = value;
    if (valueCount > TABLE_VALUES_MAX) continue;
    let place = 0;
    while (place < valueCount && !Object.is(table[place], value)) place++;
    if (place === valueCount && valueCount++ < TABLE_VALUES_MAX) table[place] = value;
    coded[row] = place;
  }
  if (length === 0) return pack(column);
  if (valueCount === 1) return from <= to ? from : null;
  if (valueCount <= TABLE_VALUES_MAX) return { values: pack(table.slice(0, valueCount)), places: pack(coded) };
  const exact = pack(column);
  if (!exact.startsWith("$f4")) return exact;
  const scale = FEATURE_STEPS / (to - from);
  for (let row = 0; row < length; row++) {
    const value = column[row]!;
    coded[row] = Number.isNaN(value) ? FEATURE_STEPS + 1 : Math.round((value - from) * scale);
  }
  return { from, to, steps: pack(coded) };
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
      slots: slotsOf(slots),
    };
  }

  function slotsOf({
    titles,
    scores,
    sources,
    reasons,
    drawn = [],
  }: DecisionRecord["rows"][number]["slots"]): TracedSlot[] {
    const scoreAt = unpackDoubles(scores, numbers);
    const sourceAt = unpackAs("i", sources);
    const reasonAtPlace = unpackAs("i", reasons);
    const draws = new Map(drawn.map((draw) => [draw.position, draw]));
    return Array.from(unpackAs("i", titles), (title, position): TracedSlot => {
      const draw = draws.get(position);
      return {
        title,
        score: scoreAt[position]!,
        source: record.slotSources[sourceAt[position]!] as TracedSlot["source"],
        reason: reasonAt(reasonAtPlace[position]!),
        ...(draw ? { propensity: numberAt(draw.propensity) } : {}),
        ...(draw?.inclusion === undefined ? {} : { inclusion: numberAt(draw.inclusion) }),
      };
    });
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
    unpackColumn(column, candidates.length).forEach((value, row) => {
      values[row * names.length + place] = value;
    });
  });
  return { names, candidates, values };
}
