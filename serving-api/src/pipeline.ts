/**
 * Retrieve and rank: the sources that are on fill the candidates of the request, and one score orders all of them. Where
 * there is a ranker, it is the ranker's; else the sources' own, blended (blend.ts).
 */

import { blendedInto } from "./blend.ts";
import type { Workspace } from "./ranking.ts";
import type { Prepared } from "./request.ts";
import { allSources } from "./sources/all.ts";
import { CANDIDATES_MAX, type Candidates, SOURCES, type Source, slotOf } from "./sources/source.ts";
import { assembleFeatures } from "./stages/features.ts";
import { corrected, titlesWith } from "./taste.ts";

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

const ranked = new Float32Array(CANDIDATES_MAX);

export interface Ranked {
  /** null: the order is that of the blended scores. */
  readonly rankerVersion: string | null;
  /** Whether `assembleFeatures` was called. */
  readonly hasFeatures: boolean;
}

/** Orders the candidates by one score. `wantsFeatures`: also where nothing ranks by them. */
export function rank(prepared: Prepared, wantsFeatures: boolean): Ranked {
  const { ws, parameters, ranker, forTwo } = prepared;
  const { pool } = ws;
  // The features are one profile's.
  const isRanked = ranker !== undefined && parameters.ranker && !forTwo;
  const matrix = isRanked || wantsFeatures ? assembleFeatures(prepared) : undefined;
  if (isRanked && matrix) {
    ranker.score(matrix, pool.count, ranked);
    for (let slot = 0; slot < pool.count; slot++) pool.scores[slot] = ranked[slot]!;
  } else blendedInto(pool, pool.scores);
  applyTaste(prepared);
  orderByScore(pool);
  return { rankerVersion: isRanked ? ranker.version : null, hasFeatures: matrix !== undefined };
}

/** What somebody corrected by hand: more of a genre, less of a decade. */
function applyTaste({ ws, history }: Prepared): void {
  const { view, pool } = ws;
  for (const { facet, multiplier } of history.tasteEdits) {
    const has = titlesWith(view, facet);
    if (!has) continue;
    for (let slot = 0; slot < pool.count; slot++) {
      if (!has(pool.indices[slot]!)) continue;
      pool.scores[slot] = corrected(pool.scores[slot]!, multiplier);
    }
  }
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
