/** A view's titles as rules ask them: every attribute by the same dense index. */
import type { RuleTitles } from "./stages/rule-matches.ts";
import type { TitleView } from "./title-view.ts";

const EVERYWHERE = "*";
const UNKNOWN = { countries: [], score: null, source: "", directors: [], people: [] };

export function ruleTitlesOf(view: TitleView): RuleTitles {
  const popular = view.popularity.get(EVERYWHERE);
  return {
    titleCount: view.titleCount,
    indexOf: view.indexOf,
    attributesOf(index) {
      const title = view.titles[index];
      if (!title) return undefined;
      const { genres, year, kind, ageMark, runtimeMinutes } = title.facts;
      return { ...(title.attributes ?? UNKNOWN), genres, year, kind, ageMark, runtimeMinutes };
    },
    addedAt: view.addedAt,
    popularityRanks: popular?.ranks ?? new Int32Array(view.titleCount),
    collections: view.collections,
    // The most popular, then what nobody knows yet.
    preference: Int32Array.from(new Set([...(popular?.itemIndices ?? []), ...view.newest])),
  };
}
