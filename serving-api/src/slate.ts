/**
 * Slates: a profile's home page, its plain list, and "more like this". Pure functions of a view of the titles and of what
 * was read for the request: the same inputs give the same slate.
 *
 * Held by the tests: no title twice on a slate; "not interested", excluded, too old for the profile: nowhere; finished,
 * rated or marked as watched: in no recommendation (the top ten included: its ranks keep their gaps); a started title
 * only in "continue watching"; a title that was merely clicked stays eligible.
 *
 * Who gets a title that several rows want: continue watching, the top ten, top picks, because you watched (newest seed
 * first), new, genres. How rows stand on the page: continue watching first, then by the mean personal score of their first
 * six titles, ties in the order above; so a profile without a past sees the top ten, what is new, and six genres.
 */
import { type Degradation, type Reason, RowKind } from "@thewatcher/contracts/api/serving";
import type { SwitchableSource } from "@thewatcher/contracts/serving-parameters";
import { chart, type Entry, newest, ofGenre, personal, popular } from "./candidates.ts";
import type { DecisionTrace } from "./decision-trace.ts";
import { rank, rankScore, retrieve } from "./pipeline.ts";
import type { Workspace } from "./ranking.ts";
import {
  becauseGiven,
  describeRecommended,
  editorialGiven,
  newGiven,
  pinnedGiven,
  segmentGiven,
  trendingGiven,
} from "./reasons.ts";
import { type Prepared, prepare, type SlateRequest } from "./request.ts";
import { fillRow, orderRow } from "./rerank.ts";
import {
  type AssembledRow,
  assembleRows,
  cursorOf,
  nothing,
  orderByWorth,
  type PlannedKind,
  type Rerank,
  type RowAttempt,
  type RowGroup,
  type RowPlan,
  worthsOf,
} from "./rows.ts";
import { begun } from "./sources/begun.ts";
import { collectionsFor } from "./sources/editorial.ts";
import { genresFor, hasGenre } from "./sources/genre.ts";
import { eachLifted, watchedSeeds } from "./sources/item-to-item.ts";
import { bitOf, type Candidates, PERSONAL_BITS, slotOf } from "./sources/source.ts";
import { segmentOf } from "./sources/tables.ts";
import { choosePool, newTitleLogBoost, POOL_MAX } from "./stages/exploration.ts";
import { traceFeatures } from "./stages/features.ts";
import { arrange, type RuleEffect, settle, withRows } from "./stages/rules.ts";
import { orderByTaste } from "./taste.ts";
import { trendingIn } from "./title-view.ts";
import { type TraceHead, traceOf, traceOfList } from "./trace-home.ts";

export const ROW_ITEMS_MAX = 20;
export const TOP_ITEMS_MAX = 10;
/** A shelf with a hole looks broken: five cards fill the width of a small screen. */
export const ROW_ITEMS_MIN = 5;
export const SEED_ROWS_MAX = 3;
/** Ten rows with a past: three genres beside the other seven. */
export const GENRE_ROWS_MAX = 3;
/** Without a past genres are all there is to choose by. */
export const COLD_GENRE_ROWS_MAX = 6;
/** Profiles that saw a title's card within a week: at most its impressions (feature-store/src/ranking-features.ts). */
const SHOWN = "titleShown7d";
/** Of a row because of one title: what re-ranking looks at, and some more for what other rows took. */
const LIFTED_MAX = 64;
export const EDITORIAL_ROWS_MAX = 2;
export const LIST_COUNT_MAX = 100;
/** What rules may take out of a list, and it is still full. */
const RULED_EXTRA = 24;

export interface SlateRow {
  readonly rowId: string;
  readonly kind: PlannedKind;
  readonly heading: string;
  readonly reason: Reason;
  readonly entries: readonly Entry[];
}

export interface HomeSlate {
  readonly rows: readonly SlateRow[];
  /** Rules left too few rows: it was composed without their filters and caps. */
  readonly rulesRelaxed: boolean;
  /** What rules did to it. */
  readonly ruleEffects: readonly RuleEffect[];
  readonly degradations: readonly Degradation[];
}

export interface ListSlate {
  readonly entries: readonly Entry[];
  readonly degradations: readonly Degradation[];
}

/** Of any answer; a page's too. */
export interface DecisionListener {
  readonly head: TraceHead;
  readonly onDecision: (trace: DecisionTrace) => void;
}

export function composeHome(ws: Workspace, request: SlateRequest, listener?: DecisionListener): HomeSlate {
  const compose = ({ relaxed }: { readonly relaxed: boolean }) => composeOnce(ws, request, relaxed, listener?.head);
  const rowCountOf = ({ slate }: Made) => slate.rows.length;
  const hasRules = request.rules !== undefined && (request.parameters?.rules ?? true);
  const { slate, trace } = hasRules ? withRows(compose, rowCountOf).page : compose({ relaxed: false });
  if (trace) listener?.onDecision(trace);
  return slate;
}

interface Made {
  readonly slate: HomeSlate;
  readonly trace: DecisionTrace | undefined;
}

/** Rows that the page may have: what a rule pins to another one is not kept for it. */
const rowKindsOf = ({ profile, other }: SlateRequest): RowKind[] =>
  RowKind.options.filter((kind) => {
    if (kind === "for_two") return other !== undefined;
    return kind !== "top_picks" || (other === undefined && profile.profiling !== false);
  });

function composeOnce(ws: Workspace, request: SlateRequest, relaxed: boolean, head: TraceHead | undefined): Made {
  const prepared = prepare(ws, request, { rowKinds: rowKindsOf(request), relaxed });
  retrieve(prepared);
  const { rankerVersion, hasFeatures } = rank(prepared, head !== undefined);
  const attempts: RowAttempt[] = [];
  let shownCount = 0;
  const used = {
    has: (index: number) => ws.used[index] === ws.epoch,
    add: (index: number) => {
      ws.used[index] = ws.epoch;
      shownCount++;
    },
  };
  const plans = new Map<RowPlan, Describe>();
  const groups = groupsOf(prepared, plans, () => shownCount === 0);
  const exposure = exposureOf(prepared);
  const rerank: Rerank = (plan, rowId, free, isUsed) => {
    const { ordered, admits } = orderRow(prepared, plan, rowId, free);
    const utilities = plan.pool.map((index) => rankScore(ws, index));
    const logBoosts = plan.pool.map((index) => {
      const { shown, ageHours } = exposure(index);
      return newTitleLogBoost(shown, ageHours);
    });
    const filled = fillRow({ plan, rowId, ordered, utilities, logBoosts, isUsed }, prepared);
    return admits ? { ...filled, admits } : filled;
  };
  const assembled = assembleRows(groups, used, rerank, head && ((row) => void attempts.push(row)));
  const rows = assembled.map((row) => ({
    plan: row.plan,
    row: describeRow(row, plans.get(row.plan)!, pinnedIn(prepared, row.rowId)),
  }));
  const rowsArePersonal = prepared.parameters.rowOrder === "personal" && hasPersonal(ws.pool);
  const scoreOf = (index: number) => (slotOf(ws.pool, ws.epoch, index) < 0 ? Number.NaN : rankScore(ws, index));
  const worths = rowsArePersonal
    ? worthsOf(assembled, scoreOf, prepared.history.rowUse)
    : new Float64Array(assembled.length);
  const ordered = orderByWorth(rows, worths, rowsArePersonal).map(({ row }) => row);
  const { degradations } = prepared;
  const { ruleEffects } = prepared;
  const slate: HomeSlate = { rows: ordered, rulesRelaxed: relaxed, ruleEffects, degradations };
  if (!head) return { slate, trace: undefined };
  const trace = traceOf(head, request, {
    prepared,
    attempts,
    rows: rows.map(({ row }) => row),
    worths,
    rowsArePersonal,
    rowOrder: ordered.map(({ rowId }) => rowId),
    features: hasFeatures ? traceFeatures(prepared, used.has) : null,
    degradations,
    rankerVersion,
    rulesVersion: prepared.rulesVersion,
    titleFeaturesVersion: prepared.titleFeatures?.version ?? null,
  });
  return { slate, trace };
}

const HOUR_MS = 3_600_000;

interface Exposure {
  readonly shown: number;
  readonly ageHours: number;
}

/** How often everybody saw a title so far, NaN where that is not known, and how long it has been there. */
function exposureOf({ ws, at, country, titleFeatures }: Prepared): (index: number) => Exposure {
  const place = titleFeatures?.features.names.indexOf(SHOWN) ?? -1;
  const shown = place < 0 ? undefined : titleFeatures?.features.column(place, country);
  return (index) => ({
    shown: shown?.[index] ?? Number.NaN,
    ageHours: (at - ws.view.addedAt[index]!) / HOUR_MS,
  });
}

const chosen = new Int32Array(POOL_MAX);

/** Candidates of the exploration source that a draw is for. */
function explorationPoolOf(prepared: Prepared): number[] {
  const { pool } = prepared.ws;
  const indices = slotsOf(pool, EXPLORATION).map((slot) => pool.indices[slot]!);
  const exposures = indices.map(exposureOf(prepared));
  const impressions = exposures.map(({ shown }) => shown);
  const ageHours = exposures.map((exposure) => exposure.ageHours);
  const count = choosePool({ count: indices.length, impressions, ageHours }, chosen);
  return Array.from(chosen.subarray(0, count), (place) => indices[place]!);
}

const hasPersonal = (pool: Candidates): boolean => countOf(pool, (bits) => (bits & PERSONAL_BITS) !== 0) > 0;

/** The entries of a row's picks. */
type Describe = (indices: readonly number[]) => readonly Entry[];

/** Titles whose places in the row a rule holds, with the rule. */
function pinnedIn({ ruleEffects }: Prepared, rowId: string): ReadonlyMap<number, string> {
  const pinned = new Map<number, string>();
  for (const effect of ruleEffects) {
    if (effect.kind === "pinned" && effect.rowId === rowId) pinned.set(effect.title, effect.ruleId);
  }
  return pinned;
}

function describeRow(
  { rowId, plan, picks }: AssembledRow,
  describe: Describe,
  pinned: ReadonlyMap<number, string>,
): SlateRow {
  const certain = describe(picks.map(({ index }) => index));
  const entries = certain.map((entry, place): Entry => {
    const { propensity, inclusion = 1 } = picks[place]!;
    if (propensity !== undefined) {
      return { ...entry, source: "exploration", reason: { kind: "exploration", propensity }, propensity, inclusion };
    }
    const ruleId = pinned.get(entry.index);
    return ruleId === undefined ? entry : { ...entry, ...pinnedGiven(ruleId) };
  });
  // What stands here whatever the row is about does not say what it is about.
  const isOfRow = ({ propensity, reason }: Entry) => propensity === undefined && reason.kind !== "pinned";
  const first = entries.find(isOfRow) ?? entries[0]!;
  const { kind, reason = first.reason } = plan;
  return { rowId, kind, heading: headingOf(plan, first), reason, entries };
}

/** Charts of everywhere don't speak of the country. */
const headingOf = ({ kind, heading }: RowPlan, first: Entry): string =>
  kind === "top_in_country" && first.source !== "popular" ? "Top 10 in your country" : heading;

/** The rows of a page, in the order in which they choose their titles. */
function* groupsOf(prepared: Prepared, describes: Map<RowPlan, Describe>, isEmpty: () => boolean): Generator<RowGroup> {
  const { ws, parameters, ranking, forTwo, showing } = prepared;
  const { view, pool } = ws;
  const on = (source: SwitchableSource): boolean => !parameters.sourcesOff.includes(source);
  const recommended: Describe = (indices) => describeRecommended(prepared, indices, scoreOf);
  const scoreOf = (index: number): number => rankScore(ws, index);
  const each =
    (given: (index: number) => Pick<Entry, "source" | "reason"> | undefined): Describe =>
    (indices) =>
      indices.map((index) => ({ index, score: scoreOf(index), ...(given(index) ?? newGiven(prepared, index)) }));
  const depth = prepared.rules ? "choice" : "row";
  const plan = (row: Partial<RowPlan> & Pick<RowPlan, "kind" | "heading">, describe: Describe): RowPlan => {
    const made: RowPlan = {
      reason: undefined,
      entriesMin: ROW_ITEMS_MIN,
      entriesMax: ROW_ITEMS_MAX,
      reranked: false,
      depth: row.reranked ? "choice" : depth,
      pool: [],
      ranked: nothing,
      filled: nothing,
      ...row,
    };
    describes.set(made, describe);
    return made;
  };
  const single = (name: string, row: RowPlan): RowGroup => ({ name, rowsMax: 1, plans: [row] });
  /** A list of titles, from its head, without those that may not be offered. */
  const offered = (indices: ArrayLike<number>) => whereFrom(cursorOf(indices), prepared.mayOffer);
  /** Candidates in the order of ranking. */
  const ranked = (may: (slot: number, index: number) => boolean): (() => number) => {
    let place = 0;
    return () => {
      while (place < pool.count) {
        const slot = pool.order[place++]!;
        const index = pool.indices[slot]!;
        if (may(slot, index)) return index;
      }
      return -1;
    };
  };

  const explored = forTwo ? [] : explorationPoolOf(prepared);
  const own = begun(prepared, ROW_ITEMS_MAX);
  if (own.length > 0) {
    const byIndex = new Map(own.map((entry) => [entry.index, entry]));
    const indices = own.map(({ index }) => index);
    const row = plan(
      {
        kind: "continue_watching",
        heading: "Continue watching",
        reason: { kind: "unfinished", titleCount: own.length },
        entriesMin: 1,
        ranked: cursorOf(indices),
      },
      (shown) => shown.map((index) => byIndex.get(index)!),
    );
    yield single("continue-watching", row);
  }
  if (on("popular_in_country")) {
    const top = chart(prepared, TOP_ITEMS_MAX, ROW_ITEMS_MIN);
    const byIndex = new Map(top.map((entry) => [entry.index, entry]));
    const row = plan(
      {
        kind: "top_in_country",
        heading: "Top 10",
        entriesMax: TOP_ITEMS_MAX,
        ranked: cursorOf(top.map(({ index }) => index)),
      },
      (shown) => shown.map((index) => byIndex.get(index)!),
    );
    yield single("top-in-country", row);
  }
  const personalCount = countOf(pool, (bits) => (bits & PERSONAL_BITS) !== 0);
  if (personalCount > 0) {
    const row = plan(
      {
        kind: forTwo ? "for_two" : "top_picks",
        heading: forTwo ? "For both of you" : "Top picks for you",
        reason: { kind: "personal_ranking", titleCount: personalCount },
        reranked: true,
        pool: explored,
        ranked: ranked((slot) => (pool.sources[slot]! & PERSONAL_BITS) !== 0),
        filled: cursorOf(ws.order.subarray(0, ranking.count)),
      },
      recommended,
    );
    yield single(forTwo ? "for-two" : "top-picks", row);
  }
  if (on("item_to_item")) {
    const lifted = (seed: number): number[] => {
      const indices: number[] = [];
      eachLifted(prepared, seed, (index) => indices.push(index) < LIFTED_MAX);
      return indices;
    };
    const because = function* (): Generator<RowPlan> {
      for (const seed of watchedSeeds(prepared)) {
        yield plan(
          {
            kind: "because_you_watched",
            heading: `Because you watched ${showing.nameOf(prepared.history.graded[seed]!.index)}`,
            reranked: true,
            ranked: cursorOf(byRank(ws, lifted(seed))),
          },
          each((index) => becauseGiven(prepared, index)),
        );
      }
    };
    yield { name: "because", rowsMax: SEED_ROWS_MAX, plans: because() };
  }
  const growing = on("trending_in_country") && trendingIn(view, prepared.country);
  if (growing) {
    const row = plan(
      { kind: "trending", heading: "Trending now", ranked: offered(growing.itemIndices) },
      each((index) => trendingGiven(prepared, index)),
    );
    yield single("trending", row);
  }
  const segment = on("popular_in_segment") ? segmentOf(prepared) : -1;
  if (segment >= 0) {
    const bit = bitOf("popular_in_segment");
    const row = plan(
      {
        kind: "segment",
        heading: "Viewers like you watch",
        reranked: true,
        ranked: ranked((slot) => (pool.sources[slot]! & bit) !== 0),
        filled: offered(view.tables!.segments!.popularity[segment]!.itemIndices),
      },
      each((index) => segmentGiven(prepared, index)),
    );
    yield single("segment", row);
  }
  if (on("editorial")) {
    const collected = function* (): Generator<RowPlan> {
      for (const collection of collectionsFor(prepared)) {
        const given = editorialGiven(prepared, collection);
        yield plan(
          { kind: "editorial", heading: nameOfGiven(given.reason), ranked: offered(collection.itemIndices) },
          each((index) => (collection.itemIndices.includes(index) ? given : undefined)),
        );
      }
    };
    yield { name: "editorial", rowsMax: EDITORIAL_ROWS_MAX, plans: collected() };
  }
  if (on("new")) {
    const row = plan(
      { kind: "new", heading: "New", ranked: offered(view.newest) },
      each((index) => newGiven(prepared, index)),
    );
    yield single("new", row);
  }
  if (on("genre")) {
    const genres = function* (): Generator<RowPlan> {
      for (const genre of genresFor(prepared)) {
        const name = view.genres[genre]!;
        const reason: Reason = { kind: "genre", genre: name };
        yield plan(
          {
            kind: "genre",
            heading: name,
            reason,
            reranked: true,
            pool: explored.filter((index) => hasGenre(view, index, genre)),
            ranked: ranked((slot, index) => pool.sources[slot] !== EXPLORATION && hasGenre(view, index, genre)),
            filled: offered(view.byGenre[genre]!),
          },
          each((index) => (hasGenre(view, index, genre) ? { source: "genre", reason } : undefined)),
        );
      }
    };
    yield { name: "genre", rowsMax: ranking.count === 0 ? COLD_GENRE_ROWS_MAX : GENRE_ROWS_MAX, plans: genres() };
  }
  // With everything else off, or too little of it for a row, what there is.
  if (!isEmpty()) return;
  yield single(
    "all",
    plan(
      { kind: "new", heading: "New", entriesMin: 1, ranked: offered(view.newest) },
      each((index) => newGiven(prepared, index)),
    ),
  );
}

const EXPLORATION = bitOf("exploration");

/** Slots of the candidates of a source, in the order of retrieval. */
function slotsOf({ count, sources }: Candidates, bit: number): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < count; slot++) if ((sources[slot]! & bit) !== 0) slots.push(slot);
  return slots;
}

function countOf({ count, sources }: Candidates, is: (bits: number) => boolean): number {
  let found = 0;
  for (let slot = 0; slot < count; slot++) if (is(sources[slot]!)) found++;
  return found;
}

/** The best first; of equal ones, and of those that are no candidates, in the order given. */
function byRank(ws: Workspace, indices: readonly number[]): number[] {
  return [...indices].sort((a, b) => rankScore(ws, b) - rankScore(ws, a));
}

const nameOfGiven = (reason: Reason): string => (reason.kind === "editorial" ? reason.collectionName : reason.kind);

function whereFrom(next: () => number, may: (index: number) => boolean): () => number {
  return () => {
    for (;;) {
      const index = next();
      if (index < 0 || may(index)) return index;
    }
  };
}

/** `count` ≤ LIST_COUNT_MAX. Personal titles first, then popular ones, then the newest: full while the catalogue lasts. */
export function composeList(
  ws: Workspace,
  request: SlateRequest,
  count: number,
  listener?: DecisionListener,
): ListSlate {
  const countMax = request.rules ? count + RULED_EXTRA : count;
  const isCorrected = request.history.kind === "read" && request.history.value.tasteEdits.length > 0;
  const read = prepare(ws, request, {
    countMax: isCorrected ? Number.POSITIVE_INFINITY : countMax,
    rowKinds: ["list"],
  });
  const prepared = isCorrected ? { ...read, ranking: orderByTaste(read) } : read;
  const entries: Entry[] = [];
  for (const source of [personal, popular, newest]) {
    if (entries.length === countMax) break;
    const more = source(prepared, countMax - entries.length);
    for (const { index } of more) ws.used[index] = ws.epoch;
    entries.push(...more);
  }
  return told(prepared, request, "list", { entries, count }, listener);
}

/** The list as rules make it, which whoever listens is told of. */
function told(
  prepared: Prepared,
  request: SlateRequest,
  kind: "list" | "similar",
  found: { readonly entries: readonly Entry[]; readonly count: number },
  listener: DecisionListener | undefined,
): ListSlate {
  const entries = ruled(prepared, kind, found.entries, found.count);
  if (listener) {
    const composed = { prepared, kind, entries, entriesMax: found.count };
    listener.onDecision(traceOfList(listener.head, request, composed));
  }
  return { entries, degradations: prepared.degradations };
}

/** Entries in the order that rules make of them; all of them where there are no rules. */
function ruled(prepared: Prepared, kind: "list" | "similar", entries: readonly Entry[], count: number): Entry[] {
  const { rules, ws } = prepared;
  if (!rules) return entries.slice(0, count);
  const row = { kind, rowId: kind };
  const byIndex = new Map(entries.map((entry) => [entry.index, entry]));
  const indices = [...byIndex.keys()];
  // What is pinned is asked for anew: nothing stands on the slate yet.
  for (const index of indices) ws.used[index] = 0;
  const out = new Int32Array(indices.length);
  const arranged = out.subarray(0, arrange(rules, row, indices, out));
  const settled = settle(rules, row, arranged, { itemsMax: count, reserved: [] });
  const pinned = pinnedIn(prepared, kind);
  return settled.map((index) => {
    const ruleId = pinned.get(index);
    const entry = byIndex.get(index) ?? { index, score: 0, ...newGiven(prepared, index) };
    return ruleId === undefined ? entry : { ...entry, ...pinnedGiven(ruleId) };
  });
}

/**
 * Titles like `seed`: the generation's table of likeness, then, where that is short (a title that the models have not
 * met), the most popular of its genres. What the profile watched may stand here: the viewer asks about a title.
 */
export function composeSimilar(
  ws: Workspace,
  request: SlateRequest,
  seed: number,
  count: number,
  listener?: DecisionListener,
): ListSlate {
  const prepared = prepare(ws, request, { countMax: 0, rowKinds: ["similar"] });
  const { view } = ws;
  ws.used[seed] = ws.epoch;
  const countMax = prepared.rules ? count + RULED_EXTRA : count;
  const entries: Entry[] = [];
  const take = (entry: Entry): void => {
    if (entries.length === countMax || !prepared.mayShow(entry.index)) return;
    ws.used[entry.index] = ws.epoch;
    entries.push(entry);
  };
  if (view.tables && seed < view.trainedCount) {
    const { count: width, itemIndices, weights } = view.tables.similar;
    for (let at = seed * width; at < (seed + 1) * width && itemIndices[at]! >= 0; at++) {
      const similarity = weights[at]!;
      take({
        index: itemIndices[at]!,
        score: similarity,
        source: "item_to_item",
        reason: { kind: "similar_to_title", titleId: view.titleIds[seed]!, similarity },
      });
    }
  }
  for (let at = view.genreOffsets[seed]!; at < view.genreOffsets[seed + 1]! && entries.length < countMax; at++) {
    const genre = view.titleGenres[at]!;
    for (const entry of ofGenre(prepared, genre, countMax)) take(entry);
  }
  return told(prepared, request, "similar", { entries, count }, listener);
}

/** Whether a profile with this request may see the title at all. */
export function maySee(ws: Workspace, { showing, profile }: SlateRequest, index: number): boolean {
  return showing.shown[index] === 1 && ws.view.ageMarks[index]! <= (profile.ageMark ?? Number.POSITIVE_INFINITY);
}

export interface LeavingEntry {
  readonly index: number;
  readonly leavesAt: number;
}

/** Of the watchlist and of what was begun, what leaves by `before`: the soonest first. */
export function composeLeaving(ws: Workspace, request: SlateRequest, before: number): LeavingEntry[] {
  const { history, showing, mayContinue } = prepare(ws, request, { countMax: 0 });
  const candidates = new Set([...history.watchlisted, ...history.started.map(({ index }) => index)]);
  return [...candidates]
    .flatMap((index) => {
      const leavesAt = mayContinue(index) ? showing.leavesAt(index) : null;
      return leavesAt !== null && leavesAt <= before ? [{ index, leavesAt }] : [];
    })
    .sort((a, b) => a.leavesAt - b.leavesAt || a.index - b.index);
}
