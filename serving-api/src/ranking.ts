/**
 * Personal scores: the published list brought up to date with what it does not know (item-tables.ts has the formula,
 * history.ts the places),
 *   score(j) = 2^(−listAge / h) · listScore(j) + Σ_unlisted weight(i) · B[i, j]
 * and which titles of the history carry a score. Without a list the sum alone is the model's own answer to that history.
 *
 * Departures: (a) a neighbour that stands in no list starts at 0 instead of its unknown score below the list's end, so it
 * is never put too high; (b) a list of another generation than the tables keeps its own order and gets no overlay,
 * because scores compare only within one generation.
 *
 * Scores stand in arrays of the size of the catalogue that live as long as the view; an entry counts when its stamp is
 * the current request's, so nothing is cleared and nothing of that size is allocated. Composing is synchronous: one
 * request at a time works here.
 */
import type { ItemTables } from "@thewatcher/contracts/item-tables";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import type { GradedTitle, History } from "./history.ts";
import { CANDIDATES_MAX, type Candidates, createCandidates } from "./sources/source.ts";
import {
  createDiversityWork,
  createSimilaritySpace,
  type DiversityWork,
  type SimilaritySpace,
} from "./stages/diversity.ts";
import type { TitleView } from "./title-view.ts";

/** Seeds that a reason names. */
export const SEEDS_MAX = 3;
/** Titles explained at once: a whole list of 100 (LIST_COUNT_MAX). */
const EXPLAINED_AT_ONCE_MAX = 128;
const INDEX_RANGE = 2 ** 20;

export interface Workspace {
  readonly view: TitleView;
  /** The request under way; raised by `beginRequest`. */
  epoch: number;
  /** Per title: in which request it was scored, put off the slate, shown, explained. */
  readonly scored: Uint32Array;
  readonly barred: Uint32Array;
  readonly hidden: Uint32Array;
  readonly used: Uint32Array;
  readonly targeted: Uint32Array;
  readonly carried: Uint32Array;
  readonly scores: Float64Array;
  /** The part of a score that unlisted titles brought. */
  readonly freshScores: Float64Array;
  readonly candidates: Int32Array;
  readonly order: Int32Array;
  readonly keys: Float64Array;
  readonly slots: Int32Array;
  readonly seedPlaces: Int32Array;
  readonly seedContributions: Float64Array;
  readonly topPlaces: Int32Array;
  readonly topContributions: Float64Array;
  /** Of the page's sources. */
  readonly pool: Candidates;
  readonly similarity: SimilaritySpace;
  readonly diversity: DiversityWork;
  /** Of the trace's table of titles: its own stamps, raised with every trace. */
  traceEpoch: number;
  readonly traced: Uint32Array;
  readonly tracePlaces: Int32Array;
}

export function createWorkspace(view: TitleView): Workspace {
  const n = view.titleCount;
  return {
    view,
    epoch: 0,
    scored: new Uint32Array(n),
    barred: new Uint32Array(n),
    hidden: new Uint32Array(n),
    used: new Uint32Array(n),
    targeted: new Uint32Array(n),
    carried: new Uint32Array(n),
    scores: new Float64Array(n),
    freshScores: new Float64Array(n),
    candidates: new Int32Array(n),
    order: new Int32Array(n),
    keys: new Float64Array(n),
    slots: new Int32Array(n),
    seedPlaces: new Int32Array(EXPLAINED_AT_ONCE_MAX * SEEDS_MAX),
    seedContributions: new Float64Array(EXPLAINED_AT_ONCE_MAX * SEEDS_MAX),
    topPlaces: new Int32Array(n),
    topContributions: new Float64Array(n),
    pool: createCandidates(n),
    similarity: createSimilaritySpace({
      vectors: view.tables?.vectors,
      genreCount: view.genres.length,
      genreOffsets: view.genreOffsets,
      titleGenres: view.titleGenres,
    }),
    diversity: createDiversityWork(CANDIDATES_MAX),
    traceEpoch: 0,
    traced: new Uint32Array(n),
    tracePlaces: new Int32Array(n),
  };
}

/** Forgets the request before. */
export function beginRequest(ws: Workspace): void {
  ws.pool.count = 0;
  ws.epoch++;
  if (ws.epoch < 2 ** 32) return;
  ws.epoch = 1;
  for (const stamps of [ws.scored, ws.barred, ws.hidden, ws.used, ws.targeted, ws.carried, ws.pool.stamps]) {
    stamps.fill(0);
  }
}

export interface Ranking {
  /** Titles with a personal score that may be recommended: `ws.order[0 .. count)`, best first. */
  readonly count: number;
  /** The overlay was left out: the list belongs to another generation than the tables. */
  readonly listIsForeign: boolean;
}

/**
 * Scores the profile's candidates and orders those that `mayRecommend` lets through. Where the list knows everything (most
 * requests), it is its own order, and reading it ends after `countMax` titles.
 */
export function rankPersonal(
  ws: Workspace,
  inputs: { readonly list: StoredList | undefined; readonly history: History; readonly countMax: number },
  mayRecommend: (index: number) => boolean,
): Ranking {
  const { list, history, countMax } = inputs;
  const { view } = ws;
  const listIsForeign = list !== undefined && list.generation !== view.tables?.generation;
  if (!view.tables || listIsForeign || (history.unlistedCount === 0 && history.takenBack.length === 0)) {
    return { count: list ? followList(ws, list, countMax, mayRecommend) : 0, listIsForeign };
  }
  let count = list ? scoreList(ws, list, 2 ** (-history.listAge / view.tables.halfLifeInteractions)) : 0;
  for (const title of history.graded) if (!title.listed) count = addLift(ws, title, count);
  if (list) for (const title of history.takenBack) takeLift(ws, title);
  return { count: orderScored(ws, count, mayRecommend), listIsForeign };
}

function followList(
  ws: Workspace,
  list: StoredList,
  countMax: number,
  mayRecommend: (index: number) => boolean,
): number {
  const { epoch, scored, scores, freshScores, order } = ws;
  const { titleIds, scores: listScores } = list;
  let count = 0;
  for (let place = 0; place < titleIds.length && count < countMax; place++) {
    const index = ws.view.indexOf.get(titleIds[place]!);
    if (index === undefined || scored[index] === epoch) continue;
    scored[index] = epoch;
    scores[index] = listScores[place]!;
    freshScores[index] = 0;
    if (mayRecommend(index)) order[count++] = index;
  }
  return count;
}

function scoreList(ws: Workspace, list: StoredList, decay: number): number {
  const { epoch, scored, scores, freshScores, candidates } = ws;
  const { titleIds, scores: listScores } = list;
  let count = 0;
  for (let place = 0; place < titleIds.length; place++) {
    const index = ws.view.indexOf.get(titleIds[place]!);
    if (index === undefined || scored[index] === epoch) continue;
    scored[index] = epoch;
    scores[index] = decay * listScores[place]!;
    freshScores[index] = 0;
    candidates[count++] = index;
  }
  return count;
}

function addLift(ws: Workspace, title: GradedTitle, candidateCount: number): number {
  const { epoch, scored, scores, freshScores, candidates } = ws;
  const { count: width, itemIndices, weights } = ws.view.tables!.neighbours;
  const end = (title.index + 1) * width;
  let count = candidateCount;
  for (let at = title.index * width; at < end; at++) {
    const index = itemIndices[at]!;
    if (index < 0) break;
    const lift = title.weight * weights[at]!;
    if (scored[index] === epoch) {
      scores[index] = scores[index]! + lift;
      freshScores[index] = freshScores[index]! + lift;
    } else {
      scored[index] = epoch;
      scores[index] = lift;
      freshScores[index] = lift;
      candidates[count++] = index;
    }
  }
  return count;
}

/** Out of what the list gave: a title that it does not name has nothing of this one that is known. */
function takeLift(ws: Workspace, { index: from, weight }: Pick<GradedTitle, "index" | "weight">): void {
  const { epoch, scored, scores } = ws;
  const { count: width, itemIndices, weights } = ws.view.tables!.neighbours;
  for (let at = from * width; at < (from + 1) * width; at++) {
    const index = itemIndices[at]!;
    if (index < 0) return;
    if (scored[index] === epoch) scores[index] = scores[index]! - weight * weights[at]!;
  }
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Sorts by one double a candidate: 32 bits of the score, turned so that the best is the smallest, then the index. The
 * engine's own sort of numbers needs no callback: 700 candidates take 20 µs, a comparator 150 µs.
 */
export function orderScored(ws: Workspace, candidateCount: number, mayRecommend: (index: number) => boolean): number {
  const { candidates, keys, order, scores } = ws;
  let count = 0;
  for (let place = 0; place < candidateCount; place++) {
    const index = candidates[place]!;
    if (!mayRecommend(index)) continue;
    float[0] = scores[index]!;
    const raw = bits[0]!;
    const falling = raw >>> 31 === 1 ? raw : ~raw & 0x7fffffff;
    keys[count++] = falling * INDEX_RANGE + index;
  }
  const sorted = keys.subarray(0, count).sort();
  for (let place = 0; place < count; place++) {
    const key = sorted[place]!;
    order[place] = key - Math.floor(key / INDEX_RANGE) * INDEX_RANGE;
  }
  return count;
}

export interface Seed {
  readonly title: GradedTitle;
  readonly contribution: number;
}

/** A list or a row of a page. 4 KB for each history that is kept (histories.ts). */
const EXPLANATION_KEPT_MAX = 32;
/**
 * The last explanation of each history: a function of the history, its view and the titles asked about, so it holds until
 * one of them is another. Reading 30 rows of neighbours for it was a fifth of a list (60 µs, most of it waiting for memory).
 */
const explanations = new WeakMap<
  History,
  { readonly view: TitleView; readonly indices: readonly number[]; readonly seeds: readonly (readonly Seed[])[] }
>();

const isSame = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((index, place) => index === b[place]);

/**
 * For each of `indices` (at most 128) the titles of the history that lift it most, largest first; empty where the tables
 * keep none (rows are cut, and a history is longer than what is explained).
 */
export function seedsOf(ws: Workspace, history: History, indices: readonly number[]): readonly (readonly Seed[])[] {
  const { view } = ws;
  if (!view.tables || history.graded.length === 0) return indices.map(() => []);
  const known = explanations.get(history);
  if (known?.view === view && isSame(known.indices, indices)) return known.seeds;
  const seeds = findSeeds(ws, view.tables, history, indices);
  if (indices.length <= EXPLANATION_KEPT_MAX) explanations.set(history, { view, indices, seeds });
  return seeds;
}

function findSeeds(ws: Workspace, tables: ItemTables, history: History, indices: readonly number[]): Seed[][] {
  const { epoch, targeted, slots, seedPlaces, seedContributions } = ws;
  indices.forEach((index, slot) => {
    targeted[index] = epoch;
    slots[index] = slot;
  });
  const last = SEEDS_MAX - 1;
  seedPlaces.fill(-1, 0, indices.length * SEEDS_MAX);
  seedContributions.fill(Number.NEGATIVE_INFINITY, 0, indices.length * SEEDS_MAX);
  /** What a contribution must exceed to stand anywhere. */
  let floor = Number.NEGATIVE_INFINITY;
  const { count: width, itemIndices, weights } = tables.neighbours;
  for (let place = 0; place < history.graded.length; place++) {
    const title = history.graded[place]!;
    if (title.weight <= 0) continue;
    const end = (title.index + 1) * width;
    for (let at = title.index * width; at < end; at++) {
      const index = itemIndices[at]!;
      const contribution = title.weight * weights[at]!;
      // A row falls, and so do the weights of a history: most rows end here after a few entries.
      if (index < 0 || contribution <= floor) break;
      if (targeted[index] !== epoch) continue;
      const start = slots[index]! * SEEDS_MAX;
      if (contribution > seedContributions[start + last]!) {
        keepSeed(seedPlaces, seedContributions, start, place, contribution);
      }
    }
    floor = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < indices.length; slot++) {
      floor = Math.min(floor, seedContributions[slot * SEEDS_MAX + last]!);
    }
  }
  for (const index of indices) targeted[index] = 0;
  return indices.map((_, slot) => {
    const seeds: Seed[] = [];
    for (let at = slot * SEEDS_MAX; at < (slot + 1) * SEEDS_MAX && seedPlaces[at]! >= 0; at++) {
      seeds.push({ title: history.graded[seedPlaces[at]!]!, contribution: seedContributions[at]! });
    }
    return seeds;
  });
}

/** Insertion into a sorted triple above its last; of equal contributions the newer title stands first. */
function keepSeed(places: Int32Array, contributions: Float64Array, start: number, place: number, contribution: number) {
  let at = start + SEEDS_MAX - 1;
  for (; at > start && contributions[at - 1]! < contribution; at--) {
    places[at] = places[at - 1]!;
    contributions[at] = contributions[at - 1]!;
  }
  places[at] = place;
  contributions[at] = contribution;
}

/**
 * Notes for every title which one of the history lifts it most (`ws.topPlaces`, `ws.topContributions` where
 * `ws.carried` has the epoch).
 */
export function findTopSeeds(ws: Workspace, history: History): void {
  const tables = ws.view.tables;
  if (!tables) return;
  const { epoch, carried, topPlaces, topContributions } = ws;
  const { count: width, itemIndices, weights } = tables.neighbours;
  for (let place = 0; place < history.graded.length; place++) {
    const title = history.graded[place]!;
    if (title.weight <= 0) continue;
    const end = (title.index + 1) * width;
    for (let at = title.index * width; at < end; at++) {
      const index = itemIndices[at]!;
      if (index < 0) break;
      const contribution = title.weight * weights[at]!;
      if (carried[index] === epoch && topContributions[index]! >= contribution) continue;
      carried[index] = epoch;
      topPlaces[index] = place;
      topContributions[index] = contribution;
    }
  }
}
