/**
 * Retrieve and rank: the sources that are on fill the candidates of the request, and one score orders all of them. Where
 * there is a ranker, it is the ranker's; else the sources' own, blended: a share of each source's best, weighted by how
 * much the source knows of this profile. Blending keeps the personal order among titles that no other source gave.
 */
import type { Workspace } from "./ranking.ts";
import type { Prepared } from "./request.ts";
import { allSources } from "./sources/all.ts";
import { hasGenre } from "./sources/genre.ts";
import { CANDIDATES_MAX, type Candidates, SOURCES, type Source, type SourceName, slotOf } from "./sources/source.ts";
import type { TitleView } from "./title-view.ts";

/** Of a source's share in the blended score: the personal ranking decides, the others break near ties. */
const BLEND_WEIGHTS: Readonly<Record<SourceName, number>> = {
  personal_list: 1,
  item_to_item: 0.1,
  taste_vector: 0.1,
  new: 0.01,
  trending_in_country: 0.03,
  popular_in_country: 0.03,
  popular_in_segment: 0.05,
  editorial: 0.01,
  genre: 0.02,
  continue_watching: 0,
  next_episode: 0,
  exploration: 0,
};
const WEIGHTS = Float64Array.from(SOURCES, (name) => BLEND_WEIGHTS[name]);

/** What is shown as what was begun, and takes part in no ranking. */
const isOwn = ({ name }: Source): boolean => name === "continue_watching" || name === "next_episode";
const rankedSources = allSources.filter((source) => !isOwn(source));

export const isOn = (source: Source, { parameters }: Prepared): boolean =>
  source.switchable === undefined || !parameters.sourcesOff.includes(source.switchable);

/** One source alone; answers how many candidates it gave. */
export function retrieveFrom(prepared: Prepared, source: Source): number {
  const { pool, epoch } = prepared.ws;
  const place = SOURCES.indexOf(source.name);
  const bit = 1 << place;
  const offset = place * CANDIDATES_MAX;
  let given = 0;
  source.retrieve(prepared, {
    push(index, score) {
      let slot = pool.slots[index]!;
      if (pool.stamps[index] !== epoch) {
        if (pool.count === CANDIDATES_MAX) return false;
        slot = pool.count++;
        pool.stamps[index] = epoch;
        pool.slots[index] = slot;
        pool.indices[slot] = index;
        pool.sources[slot] = 0;
      }
      if ((pool.sources[slot]! & bit) === 0) {
        pool.sources[slot] = pool.sources[slot]! | bit;
        pool.sourceScores[offset + slot] = score;
        pool.sourceRanks[offset + slot] = ++given;
      }
      return given < source.limit;
    },
  });
  pool.sourceCounts[place] = given;
  return given;
}

export function retrieve(prepared: Prepared): void {
  prepared.ws.pool.sourceCounts.fill(0);
  for (const source of rankedSources) if (isOn(source, prepared)) retrieveFrom(prepared, source);
}

/** Fills `pool.scores` with the blended scores of the sources. */
export function blend(pool: Candidates): void {
  const { count, sources, sourceScores, sourceRanks, sourceCounts, scores } = pool;
  scores.fill(0, 0, count);
  for (let place = 0; place < SOURCES.length; place++) {
    const weight = WEIGHTS[place]!;
    const given = sourceCounts[place]!;
    if (weight === 0 || given === 0) continue;
    const bit = 1 << place;
    const offset = place * CANDIDATES_MAX;
    const best = bestOf(pool, place);
    for (let slot = 0; slot < count; slot++) {
      if ((sources[slot]! & bit) === 0) continue;
      // A source without a positive best has an order, and no shares.
      const share = best > 0 ? sourceScores[offset + slot]! / best : (given - sourceRanks[offset + slot]! + 1) / given;
      scores[slot] = scores[slot]! + weight * share;
    }
  }
}

function bestOf({ count, sources, sourceScores }: Candidates, place: number): number {
  let best = 0;
  for (let slot = 0; slot < count; slot++) {
    if ((sources[slot]! & (1 << place)) !== 0) best = Math.max(best, sourceScores[place * CANDIDATES_MAX + slot]!);
  }
  return best;
}

/** Orders the candidates by one score. */
export function rank(prepared: Prepared): void {
  const { pool } = prepared.ws;
  blend(pool);
  applyTaste(prepared);
  orderByScore(pool);
}

/** What somebody corrected by hand: more of a genre, less of a decade. */
function applyTaste({ ws, history }: Prepared): void {
  const { view, pool } = ws;
  for (const { facet, multiplier } of history.tasteEdits) {
    const has = facetOf(view, facet);
    if (!has) continue;
    for (let slot = 0; slot < pool.count; slot++) {
      if (!has(pool.indices[slot]!)) continue;
      const score = pool.scores[slot]!;
      pool.scores[slot] = score > 0 ? score * multiplier : score / multiplier;
    }
  }
}

/** undefined: a facet that serving does not know. */
function facetOf(view: TitleView, facet: string): ((index: number) => boolean) | undefined {
  const [kind, value = ""] = facet.split(/:(.*)/s);
  if (kind === "genre") {
    const genre = view.genres.indexOf(value);
    return genre < 0 ? undefined : (index) => hasGenre(view, index, genre);
  }
  if (kind === "era") return (index) => Math.floor(view.years[index]! / 10) * 10 === Number(value);
  return undefined;
}

const SLOT_RANGE = 2 ** 9;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const keys = new Float64Array(CANDIDATES_MAX);

/** As ranking.ts sorts: 32 bits of the score, turned so that the best is the smallest, then the slot. */
export function orderByScore(pool: Candidates): void {
  const { count, scores, order } = pool;
  for (let slot = 0; slot < count; slot++) {
    float[0] = scores[slot]!;
    const raw = bits[0]!;
    keys[slot] = (raw >>> 31 === 1 ? raw : ~raw & 0x7fffffff) * SLOT_RANGE + slot;
  }
  const sorted = keys.subarray(0, count).sort();
  for (let place = 0; place < count; place++) {
    const key = sorted[place]!;
    order[place] = key - Math.floor(key / SLOT_RANGE) * SLOT_RANGE;
  }
}

/** What ranking says of a title; of one that is no candidate, that it is below all of them. */
export function rankScore({ pool, epoch }: Workspace, index: number): number {
  const slot = slotOf(pool, epoch, index);
  if (slot >= 0) return pool.scores[slot]!;
  return pool.count === 0 ? 0 : Math.min(0, pool.scores[pool.order[pool.count - 1]!]!);
}
