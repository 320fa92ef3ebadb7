/** The trace of an answer (decision-trace.ts), out of what composing left in the workspace. Before the next request. */
import type { Degradation } from "@thewatcher/contracts/api/serving";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { Entry } from "./candidates.ts";
import type { DecisionTrace, TracedFeatures, TracedRemoval, TracedRow, TracedSlot } from "./decision-trace.ts";
import { rankScore } from "./pipeline.ts";
import { offerBarOf } from "./removals.ts";
import type { Prepared, SlateRequest } from "./request.ts";
import { nothing, type RowAttempt, type RowPlan } from "./rows.ts";
import type { SlateRow } from "./slate.ts";
import { CANDIDATES_MAX, SOURCES } from "./sources/source.ts";

/** What the trace says of the request beside what was composed. */
export type TraceHead = Pick<DecisionTrace, "decisionId" | "kind" | "profileId" | "generation" | "arms" | "with">;

type TracedSlateRow = Pick<SlateRow, "rowId" | "heading" | "reason" | "entries">;

export interface Composed {
  readonly prepared: Prepared;
  readonly attempts: readonly RowAttempt[];
  /** In the order in which they chose their titles, and their worths. */
  readonly rows: readonly TracedSlateRow[];
  readonly worths: Float64Array;
  readonly rowsArePersonal: boolean;
  readonly rowOrder: readonly string[];
  readonly features: TracedFeatures | null;
  readonly rankerVersion: string | null;
  readonly rulesVersion: number | null;
  readonly titleFeaturesVersion: string | null;
  readonly degradations: readonly Degradation[];
}

/** Places of titles in the trace, given in the order in which they are first named. */
function createTitleTable({ ws }: Prepared) {
  const { traced, tracePlaces } = ws;
  const stamp = ++ws.traceEpoch;
  const titleIds: TitleId[] = [];
  const placeOf = (index: number): number => {
    if (traced[index] !== stamp) {
      traced[index] = stamp;
      tracePlaces[index] = titleIds.length;
      titleIds.push(ws.view.titleIds[index]!);
    }
    return tracePlaces[index]!;
  };
  // Int32Array.from with a function walks an iterator: six times as long as this.
  const placesOf = (indices: ArrayLike<number>, count = indices.length): Int32Array => {
    const places = new Int32Array(count);
    for (let at = 0; at < count; at++) places[at] = placeOf(indices[at]!);
    return places;
  };
  return { titleIds, placeOf, placesOf };
}

export function traceOf(head: TraceHead, request: SlateRequest, composed: Composed): DecisionTrace {
  const { prepared, attempts, rows, worths, rankerVersion, rulesVersion, titleFeaturesVersion } = composed;
  const { ws, history, parameters, country, at, device, seed, minutesMax } = prepared;
  const { pool } = ws;
  const { titleIds, placesOf, placeOf } = createTitleTable(prepared);
  const { count } = pool;
  const sourceScores = new Float32Array(SOURCES.length * count);
  for (let source = 0; source < SOURCES.length; source++) {
    if (pool.sourceCounts[source] === 0) continue;
    for (let slot = 0; slot < count; slot++) {
      if ((pool.sources[slot]! & (1 << source)) === 0) continue;
      sourceScores[source * count + slot] = pool.sourceScores[source * CANDIDATES_MAX + slot]!;
    }
  }
  const candidates = {
    titles: placesOf(pool.indices, count),
    sources: pool.sources.slice(0, count),
    sourceScores,
    scores: pool.scores.slice(0, count),
  };
  const shown = new Map(rows.map((row, place) => [row.rowId, { row, worth: worths[place]! }]));
  // One object: spreading what is optional made two more for each of 200.
  const slotOf = ({ index, score, source, reason, propensity, inclusion }: Entry): TracedSlot => {
    const title = placeOf(index);
    if (propensity === undefined) return { title, score, source, reason };
    if (inclusion === undefined) return { title, score, source, reason, propensity };
    return { title, score, source, reason, propensity, inclusion };
  };
  const tracedRows = attempts.map(({ group, rowId, plan, ranked, filled, reranked, picks }): TracedRow => {
    const made = picks.length === 0 ? undefined : shown.get(rowId);
    return {
      rowId,
      kind: plan.kind,
      heading: made?.row.heading ?? plan.heading,
      reason: made?.row.reason ?? plan.reason ?? null,
      group: group.name,
      groupRowsMax: group.rowsMax,
      entriesMin: plan.entriesMin,
      entriesMax: plan.entriesMax,
      isReranked: plan.reranked,
      ranked: placesOf(ranked),
      rankedScores: scoresOf(ws, ranked),
      filled: placesOf(filled),
      reranked: placesOf(reranked.ordered),
      pool: placesOf(plan.pool),
      poolUtilities: Float64Array.from(reranked.utilities),
      poolLogBoosts: Float64Array.from(reranked.logBoosts),
      slots: made ? made.row.entries.map(slotOf) : [],
      worth: made?.worth ?? 0,
    };
  });
  return {
    ...head,
    at,
    rankerVersion,
    rulesVersion,
    titleFeaturesVersion,
    country,
    locale: request.showing.locale,
    ageLimit: prepared.ageLimit,
    device,
    parameters,
    seed,
    exclude: request.exclude as readonly TitleId[],
    minutes: minutesMax === Number.POSITIVE_INFINITY ? null : minutesMax,
    stateRevision: history.revision ?? null,
    history: history.graded.map(({ index, weight, listed, watched }) => ({
      titleId: ws.view.titleIds[index]!,
      weight,
      listed,
      watched,
    })),
    removed: [
      // 200 look-ups by id: as much as a whole list costs.
      ...(head.kind === "home" ? removedOf(prepared, request, placeOf) : []),
      ...ruledOut(prepared, placeOf),
    ],
    titleIds,
    sourceNames: SOURCES,
    candidates,
    features: composed.features,
    rows: tracedRows,
    rowsArePersonal: composed.rowsArePersonal,
    rowOrder: composed.rowOrder,
    degradations: composed.degradations,
  };
}

/** The trace of a plain list, or of "more like this": one row, of which everything is certain. */
export function traceOfList(
  head: TraceHead,
  request: SlateRequest,
  composed: {
    readonly prepared: Prepared;
    readonly kind: "list" | "similar";
    readonly entries: readonly Entry[];
    readonly entriesMax: number;
  },
): DecisionTrace {
  const { prepared, kind, entries, entriesMax } = composed;
  const indices = entries.map(({ index }) => index);
  const picks = indices.map((index) => ({ index }));
  const reason = entries[0]?.reason;
  const plan: RowPlan = {
    kind,
    heading: "",
    reason,
    entriesMin: 1,
    entriesMax,
    reranked: false,
    depth: "row",
    pool: [],
    ranked: nothing,
    filled: nothing,
  };
  const group = { name: kind, rowsMax: 1, plans: [] };
  const reranked = { picks, ordered: indices, utilities: [], logBoosts: [] };
  return traceOf(head, request, {
    prepared,
    attempts: [{ group, rowId: kind, plan, ranked: indices, filled: [], reranked, picks }],
    rows: reason === undefined ? [] : [{ rowId: kind, heading: "", reason, entries }],
    worths: new Float64Array(1),
    rowsArePersonal: false,
    rowOrder: reason === undefined ? [] : [kind],
    features: null,
    degradations: prepared.degradations,
    rankerVersion: null,
    rulesVersion: prepared.rulesVersion,
    titleFeaturesVersion: null,
  });
}

function scoresOf(ws: Prepared["ws"], indices: readonly number[]): Float64Array {
  const scores = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at++) scores[at] = rankScore(ws, indices[at]!);
  return scores;
}

/** What rules took out of rows, by rule. */
function ruledOut({ ruleEffects }: Prepared, placeOf: (index: number) => number): TracedRemoval[] {
  const byRule = new Map<string, Set<number>>();
  for (const { ruleId, title, kind } of ruleEffects) {
    if (kind !== "removed" && kind !== "capped") continue;
    const known = byRule.get(ruleId) ?? new Set();
    byRule.set(ruleId, known.add(placeOf(title)));
  }
  return [...byRule].map(([ruleId, titles]) => ({
    stage: "rules",
    cause: `rule:${ruleId}`,
    titles: Int32Array.from(titles),
  }));
}

/** What of the profile's own list may not be offered. */
function removedOf(prepared: Prepared, request: SlateRequest, placeOf: (index: number) => number): TracedRemoval[] {
  const list = request.list.kind === "read" ? request.list.value : undefined;
  const byCause = new Map<string, number[]>();
  for (const titleId of list?.titleIds ?? []) {
    const index = prepared.ws.view.indexOf.get(titleId);
    const cause = index === undefined ? undefined : offerBarOf(prepared, request, index);
    if (index === undefined || cause === undefined) continue;
    const known = byCause.get(cause);
    if (known) known.push(placeOf(index));
    else byCause.set(cause, [placeOf(index)]);
  }
  return [...byCause].map(([cause, titles]) => ({
    stage: cause === "rule" ? "rules" : "retrieve",
    cause,
    titles: Int32Array.from(titles),
  }));
}
