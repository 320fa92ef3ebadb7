/**
 * The genres that stand out in the profile's ranking against the crowd's, and the most popular titles of each; without a
 * ranking, the crowd's own genres.
 */
import type { Prepared } from "../request.ts";
import { addGenreShares, TASTE_DEPTH } from "../title-view.ts";
import type { Source } from "./source.ts";

const GENRES_OF_SOURCE = 4;
/** Without a past genres are all there is to choose by. */
const GENRES_OF_SOURCE_COLD = 6;

/** Places in `view.genres`, the most outstanding first. What was corrected by hand counts by its factor. */
export function genresFor({ ws, ranking, popularity, history }: Prepared): number[] {
  const { view } = ws;
  const shares = new Float64Array(view.genres.length);
  const cold = ranking.count === 0;
  if (!cold) {
    const genres = { offsets: view.genreOffsets, ofTitles: view.titleGenres };
    addGenreShares(genres, ws.order, Math.min(TASTE_DEPTH, ranking.count), shares);
  }
  const crowd = popularity?.genreShares;
  const affinity = view.genres.map((_, genre): number => {
    if (cold) return crowd ? crowd[genre]! : view.byGenre[genre]!.length;
    return shares[genre]! - (crowd ? crowd[genre]! : 0);
  });
  for (const { facet, multiplier } of history.tasteEdits) {
    const genre = facet.startsWith("genre:") ? view.genres.indexOf(facet.slice("genre:".length)) : -1;
    if (genre < 0) continue;
    const known = affinity[genre]!;
    affinity[genre] = known > 0 ? known * multiplier : known + (multiplier - 1) / view.genres.length;
  }
  return Array.from(view.genres.keys()).sort((a, b) => affinity[b]! - affinity[a]! || a - b);
}

export function hasGenre(view: Prepared["ws"]["view"], index: number, genre: number): boolean {
  const end = view.genreOffsets[index + 1]!;
  for (let at = view.genreOffsets[index]!; at < end; at++) if (view.titleGenres[at] === genre) return true;
  return false;
}

export const genre: Source = {
  name: "genre",
  switchable: "genre",
  limit: 72,
  retrieve(prepared, out) {
    const { ws, ranking, mayOffer } = prepared;
    const genres = genresFor(prepared).slice(0, ranking.count === 0 ? GENRES_OF_SOURCE_COLD : GENRES_OF_SOURCE);
    for (const one of genres) {
      let left = Math.floor(this.limit / genres.length);
      const titles = ws.view.byGenre[one]!;
      for (let place = 0; place < titles.length && left > 0; place++) {
        if (!mayOffer(titles[place]!)) continue;
        if (!out.push(titles[place]!, 1 / (place + 1))) return;
        left--;
      }
    }
  },
};
