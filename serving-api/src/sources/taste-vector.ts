/**
 * Nearest to the profile's vector: u = Σ weight(i) · v_i over its history, in the publication's vectors; candidates by
 * u · v_j. The share of one title of the history is weight(i) · (v_i · v_j), so the reason can be checked.
 *
 * A function of the history and the tables: worked out once for each history that is kept (histories.ts), since a scan
 * of 10,000 titles × 32 factors costs 0.3 ms.
 */

import type { History } from "../history.ts";
import { SEEDS_MAX, type Seed, type Workspace } from "../ranking.ts";
import type { TitleView } from "../title-view.ts";
import { createTopList } from "../top-list.ts";
import type { Source } from "./source.ts";

/** What is left of them after what may not be shown is enough for the source. 1 KB for each history that is kept. */
const NEAREST_KEPT_MAX = 120;

export interface Taste {
  readonly view: TitleView;
  /** [dimension]. */
  readonly vector: Float32Array;
  readonly length: number;
  /** The nearest titles outside of the history, best first. */
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
}

const tastes = new WeakMap<History, Taste>();

/** undefined: the publication has no vectors, or the history nothing to learn from. */
export function tasteOf({ view }: Workspace, history: History): Taste | undefined {
  const vectors = view.tables?.vectors;
  if (!vectors || history.graded.length === 0) return undefined;
  const known = tastes.get(history);
  if (known?.view === view) return known;
  const { dimension, values } = vectors;
  const vector = new Float32Array(dimension);
  for (const { index, weight } of history.graded) {
    for (let at = 0; at < dimension; at++) vector[at] = vector[at]! + weight * values[index * dimension + at]!;
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return undefined;
  const taste = { view, vector, length: Math.sqrt(squares), ...nearest(view, history, vector) };
  tastes.set(history, taste);
  return taste;
}

function nearest({ tables, trainedCount }: TitleView, history: History, vector: Float32Array) {
  const { dimension, values } = tables!.vectors!;
  const own = new Set(history.graded.map(({ index }) => index));
  const best = createTopList(NEAREST_KEPT_MAX);
  for (let index = 0; index < trainedCount; index++) {
    const start = index * dimension;
    let dot = 0;
    for (let at = 0; at < dimension; at++) dot += vector[at]! * values[start + at]!;
    if (dot > best.floor() && !own.has(index)) best.add(index, dot);
  }
  return best.take();
}

/** v_i · v_j. */
export function likeness(view: TitleView, i: number, j: number): number {
  const vectors = view.tables?.vectors;
  if (!vectors || i >= view.trainedCount || j >= view.trainedCount) return 0;
  const { dimension, values } = vectors;
  let dot = 0;
  for (let at = 0; at < dimension; at++) dot += values[i * dimension + at]! * values[j * dimension + at]!;
  return dot;
}

/** The titles of the history that carry most of u · v_j. */
export function vectorSeedsOf({ view }: Workspace, history: History, index: number): Seed[] {
  const seeds: Seed[] = [];
  for (const title of history.graded) {
    const contribution = title.weight * likeness(view, title.index, index);
    if (contribution <= 0) continue;
    let place = seeds.length;
    while (place > 0 && seeds[place - 1]!.contribution < contribution) place--;
    if (place < SEEDS_MAX) seeds.splice(place, 0, { title, contribution });
    if (seeds.length > SEEDS_MAX) seeds.pop();
  }
  return seeds;
}

export const tasteVector: Source = {
  name: "taste_vector",
  switchable: "taste_vector",
  limit: 40,
  retrieve({ ws, history, ranking, mayOffer }, out) {
    if (ranking.listIsForeign) return;
    const taste = tasteOf(ws, history);
    if (!taste) return;
    for (let place = 0; place < taste.itemIndices.length; place++) {
      const index = taste.itemIndices[place]!;
      if (mayOffer(index) && !out.push(index, taste.scores[place]!)) return;
    }
  },
};
