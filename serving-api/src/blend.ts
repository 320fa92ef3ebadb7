/**
 * One score of many sources, where there is no ranker: a share of each source's best, weighted by how much the source
 * knows of this profile. It keeps the personal order among titles that no other source gave.
 */
import { CANDIDATES_MAX, type Candidates, SOURCES, type SourceName } from "./sources/source.ts";

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

/** The blended scores of the sources, by slot. */
export function blendedInto(pool: Candidates, scores: Float64Array): void {
  const { count, sources, sourceScores, sourceRanks, sourceCounts } = pool;
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

/** The largest score of a source, 0 where none is above it. */
export function bestOf({ count, sources, sourceScores }: Candidates, place: number): number {
  let best = 0;
  for (let slot = 0; slot < count; slot++) {
    if ((sources[slot]! & (1 << place)) !== 0) best = Math.max(best, sourceScores[place * CANDIDATES_MAX + slot]!);
  }
  return best;
}
