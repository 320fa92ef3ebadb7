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
import type { Degradation, Reason, RowKind } from "@thewatcher/contracts/api/serving";
import {
  becauseOf,
  chart,
  continueWatching,
  type Entry,
  newest,
  ofGenre,
  personal,
  personalScore,
  popular,
} from "./candidates.ts";
import { findTopSeeds, type Workspace } from "./ranking.ts";
import { type Prepared, prepare, type SlateRequest } from "./request.ts";
import { addGenreShares, TASTE_DEPTH } from "./title-view.ts";

export const ROW_ITEMS_MAX = 20;
export const TOP_ITEMS_MAX = 10;
/** A shelf with a hole looks broken: five cards fill the width of a small screen. */
export const ROW_ITEMS_MIN = 5;
export const SEED_ROWS_MAX = 3;
/** Ten rows with a past: three genres beside the other seven. */
export const GENRE_ROWS_MAX = 3;
/** Without a past genres are all there is to choose by. */
export const COLD_GENRE_ROWS_MAX = 6;
/** Recent history that may head a row. Older watches are in the lists anyway. */
const SEED_DEPTH = 20;
const ROW_SCORE_DEPTH = 6;
export const LIST_COUNT_MAX = 100;

export interface SlateRow {
  readonly rowId: string;
  readonly kind: RowKind;
  readonly heading: string;
  readonly reason: Reason | null;
  readonly entries: readonly Entry[];
}

export interface HomeSlate {
  readonly rows: readonly SlateRow[];
  readonly degradations: readonly Degradation[];
}

export interface ListSlate {
  readonly entries: readonly Entry[];
  readonly degradations: readonly Degradation[];
}

export function composeHome(ws: Workspace, request: SlateRequest): HomeSlate {
  const prepared = prepare(ws, request);
  const rows: SlateRow[] = [];
  /** A row that is too short is dropped, and its titles stay free for the rows behind it. */
  const add = (row: SlateRow, entriesMin = ROW_ITEMS_MIN): boolean => {
    if (row.entries.length < entriesMin) return false;
    for (const { index } of row.entries) ws.used[index] = ws.epoch;
    rows.push(row);
    return true;
  };
  const row = (kind: RowKind, heading: string, reason: Reason | null, entries: readonly Entry[]): SlateRow => ({
    rowId: kind.replaceAll("_", "-"),
    kind,
    heading,
    reason,
    entries,
  });

  add(row("continue_watching", "Continue watching", null, continueWatching(prepared, ROW_ITEMS_MAX)), 1);
  const top = chart(prepared, TOP_ITEMS_MAX, ROW_ITEMS_MIN);
  add(row("top_in_country", top[0]?.source === "popular" ? "Top 10" : "Top 10 in your country", null, top));
  add(row("top_picks", "Top picks for you", null, personal(prepared, ROW_ITEMS_MAX)));
  addSeedRows(prepared, add);
  add(row("new", "New", null, newest(prepared, ROW_ITEMS_MAX)));
  addGenreRows(prepared, add);
  return { rows: orderRows(ws, rows), degradations: prepared.degradations };
}

/** `count` ≤ LIST_COUNT_MAX. Personal titles first, then popular ones, then the newest: full while the catalogue lasts. */
export function composeList(ws: Workspace, request: SlateRequest, count: number): ListSlate {
  const prepared = prepare(ws, request, count);
  const entries: Entry[] = [];
  for (const source of [personal, popular, newest]) {
    if (entries.length === count) break;
    const more = source(prepared, count - entries.length);
    for (const { index } of more) ws.used[index] = ws.epoch;
    entries.push(...more);
  }
  return { entries, degradations: prepared.degradations };
}

/**
 * Titles like `seed`: the generation's table of likeness, then, where that is short (a title that the models have not
 * met), the most popular of its genres. What the profile watched may stand here: the viewer asks about a title.
 */
export function composeSimilar(ws: Workspace, request: SlateRequest, seed: number, count: number): ListSlate {
  const prepared = prepare(ws, request, 0);
  const { view } = ws;
  ws.used[seed] = ws.epoch;
  const entries: Entry[] = [];
  const take = (entry: Entry): void => {
    if (entries.length === count || !prepared.mayShow(entry.index)) return;
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
  for (let at = view.genreOffsets[seed]!; at < view.genreOffsets[seed + 1]! && entries.length < count; at++) {
    const genre = view.titleGenres[at]!;
    for (const entry of ofGenre(prepared, genre, count)) take(entry);
  }
  return { entries, degradations: prepared.degradations };
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
  const { history, showing, mayShow } = prepare(ws, request, 0);
  const candidates = new Set([...history.watchlisted, ...history.started.map(({ index }) => index)]);
  return [...candidates]
    .flatMap((index) => {
      const leavesAt = mayShow(index) ? showing.leavesAt(index) : null;
      return leavesAt !== null && leavesAt <= before ? [{ index, leavesAt }] : [];
    })
    .sort((a, b) => a.leavesAt - b.leavesAt || a.index - b.index);
}

/** Headed by the watched titles that weigh most among the newest ones. */
function addSeedRows(prepared: Prepared, add: (row: SlateRow) => boolean): void {
  const { ws, history, ranking } = prepared;
  if (!ws.view.tables || ranking.listIsForeign) return;
  const seeds: number[] = [];
  for (let place = 0; place < history.graded.length && place < SEED_DEPTH; place++) {
    const { index, watched, weight } = history.graded[place]!;
    if (watched && weight > 0 && prepared.mayName(index) && ws.hidden[index] !== ws.epoch) seeds.push(place);
  }
  if (seeds.length === 0) return;
  findTopSeeds(ws, history);
  seeds.sort((a, b) => history.graded[b]!.weight - history.graded[a]!.weight || a - b);
  let rowCount = 0;
  for (const seed of seeds) {
    if (rowCount === SEED_ROWS_MAX) return;
    const entries = becauseOf(prepared, seed, ROW_ITEMS_MAX);
    const reason = entries[0]?.reason;
    if (reason?.kind !== "because_you_watched") continue;
    const added = add({
      rowId: `because-${rowCount + 1}`,
      kind: "because_you_watched",
      heading: `Because you watched ${reason.seedName}`,
      reason,
      entries,
    });
    if (added) rowCount++;
  }
}

/** The genres that stand out in the profile's ranking against the crowd's; without a ranking, the crowd's own. */
function addGenreRows(prepared: Prepared, add: (row: SlateRow) => boolean): void {
  const { ws, ranking, popularity } = prepared;
  const { view } = ws;
  const shares = new Float64Array(view.genres.length);
  const cold = ranking.count === 0;
  if (!cold) {
    const genres = { offsets: view.genreOffsets, ofTitles: view.titleGenres };
    addGenreShares(genres, ws.order, Math.min(TASTE_DEPTH, ranking.count), shares);
  }
  const crowd = popularity?.genreShares;
  const affinity = (genre: number): number => {
    if (cold) return crowd ? crowd[genre]! : view.byGenre[genre]!.length;
    return shares[genre]! - (crowd ? crowd[genre]! : 0);
  };
  const order = Array.from(view.genres.keys()).sort((a, b) => affinity(b) - affinity(a) || a - b);
  const rowsMax = cold ? COLD_GENRE_ROWS_MAX : GENRE_ROWS_MAX;
  let rowCount = 0;
  for (const genre of order) {
    if (rowCount === rowsMax) return;
    const name = view.genres[genre]!;
    const added = add({
      rowId: `genre-${rowCount + 1}`,
      kind: "genre",
      heading: name,
      reason: { kind: "genre", genre: name },
      entries: ofGenre(prepared, genre, ROW_ITEMS_MAX),
    });
    if (added) rowCount++;
  }
}

function orderRows(ws: Workspace, rows: readonly SlateRow[]): SlateRow[] {
  const weight = ({ kind, entries }: SlateRow): number => {
    if (kind === "continue_watching") return Number.POSITIVE_INFINITY;
    const depth = Math.min(ROW_SCORE_DEPTH, entries.length);
    let sum = 0;
    for (let place = 0; place < depth; place++) sum += personalScore(ws, entries[place]!.index);
    return sum / depth;
  };
  return rows
    .map((row, place) => ({ row, place, weight: weight(row) }))
    .sort((a, b) => (a.weight === b.weight ? a.place - b.place : b.weight - a.weight))
    .map(({ row }) => row);
}
