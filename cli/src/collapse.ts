/**
 * Popularity collapse: pages that become one page. Told by what profiles see first (feature-store/src/top-tens.ts), in three
 * figures: the median share of the top ten that two profiles have in common, the share of the catalogue that stands in
 * anybody's top ten, and how unevenly those places are shared among the titles (Gini; engine/src/metrics).
 *
 * Pairs are all of them where they are few, else a sample from a seed: its median is off by less than 0.1 of a title with
 * 4,000 pairs, since overlaps are whole titles out of ten.
 */
import { coverage, exposureGini } from "@thewatcher/engine/metrics/beyond-accuracy";
import { TOP_TITLES } from "@thewatcher/feature-store/top-tens";
import type { Rng } from "@thewatcher/kit/rng";

export const PAIRS_MAX = 4_000;

export interface Collapse {
  /** Whose top tens were looked at. */
  readonly profiles: number;
  /** Share of ten; undefined: fewer than two profiles. */
  readonly overlapMedian: number | undefined;
  /** undefined: no catalogue. */
  readonly coverage: number | undefined;
  /** undefined: nothing was shown. */
  readonly gini: number | undefined;
}

export function measureCollapse(
  topTens: readonly (readonly string[])[],
  { catalogue, rng }: { readonly catalogue: readonly string[]; readonly rng: Rng },
): Collapse {
  const places = new Map(catalogue.map((titleId, place) => [titleId, place]));
  const exposures = new Float64Array(catalogue.length);
  for (const titleIds of topTens) {
    for (const titleId of titleIds) {
      const place = places.get(titleId);
      // One that left the catalogue since.
      if (place !== undefined) exposures[place]!++;
    }
  }
  return {
    profiles: topTens.length,
    overlapMedian: medianOverlap(topTens, rng),
    coverage: coverage(exposures),
    gini: exposureGini(exposures),
  };
}

function medianOverlap(topTens: readonly (readonly string[])[], rng: Rng): number | undefined {
  const count = topTens.length;
  if (count < 2) return undefined;
  const sets = topTens.map((titleIds) => new Set(titleIds));
  const shareOf = (a: number, b: number): number =>
    topTens[a]!.filter((titleId) => sets[b]!.has(titleId)).length / TOP_TITLES;
  const shares: number[] = [];
  if ((count * (count - 1)) / 2 <= PAIRS_MAX) {
    for (let a = 1; a < count; a++) for (let b = 0; b < a; b++) shares.push(shareOf(a, b));
  } else {
    while (shares.length < PAIRS_MAX) {
      const a = rng.int(count);
      const b = rng.int(count - 1);
      shares.push(shareOf(a, b < a ? b : b + 1));
    }
  }
  shares.sort((a, b) => a - b);
  const middle = shares.length >> 1;
  return shares.length % 2 === 1 ? shares[middle] : (shares[middle - 1]! + shares[middle]!) / 2;
}
