/** Sources that are tables of the publication: what is popular, what grows, what a segment of like tastes watches. */
import type { Prepared } from "../request.ts";
import { trendingIn } from "../title-view.ts";
import type { CandidateSink, Source } from "./source.ts";
import { tasteOf } from "./taste-vector.ts";

interface Table {
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
}

function give({ mayOffer }: Prepared, { itemIndices, scores }: Table, out: CandidateSink): void {
  for (let place = 0; place < itemIndices.length; place++) {
    const index = itemIndices[place]!;
    if (mayOffer(index) && !out.push(index, scores[place]!)) return;
  }
}

export const popularInCountry: Source = {
  name: "popular_in_country",
  switchable: "popular_in_country",
  limit: 40,
  retrieve(prepared, out) {
    if (prepared.popularity) give(prepared, prepared.popularity, out);
  },
};

export const trendingInCountry: Source = {
  name: "trending_in_country",
  switchable: "trending_in_country",
  limit: 40,
  retrieve(prepared, out) {
    const table = trendingIn(prepared.ws.view, prepared.country);
    if (table) give(prepared, table, out);
  },
};

/** The segment whose centroid has the largest cosine with the profile's vector; −1: no segments, or no vector. */
export function segmentOf({ ws, history }: Pick<Prepared, "ws" | "history">): number {
  const segments = ws.view.tables?.segments;
  const taste = segments && tasteOf(ws, history);
  if (!taste) return -1;
  const { vector } = taste;
  let best = -1;
  let bestCosine = Number.NEGATIVE_INFINITY;
  for (let segment = 0; segment < segments.popularity.length; segment++) {
    let dot = 0;
    let squares = 0;
    for (let at = 0; at < vector.length; at++) {
      const value = segments.centroids[segment * vector.length + at]!;
      dot += vector[at]! * value;
      squares += value * value;
    }
    const cosine = squares === 0 ? 0 : dot / Math.sqrt(squares);
    if (cosine > bestCosine) {
      bestCosine = cosine;
      best = segment;
    }
  }
  return best;
}

export const popularInSegment: Source = {
  name: "popular_in_segment",
  switchable: "popular_in_segment",
  limit: 40,
  retrieve(prepared, out) {
    const segment = segmentOf(prepared);
    if (segment >= 0) give(prepared, prepared.ws.view.tables!.segments!.popularity[segment]!, out);
  },
};
