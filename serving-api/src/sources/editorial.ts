/**
 * Collections that editors made. Which of them a profile is shown is personal: those whose titles its ranking likes best;
 * without a ranking, those of the editors' order.
 */
import { personalScore } from "../candidates.ts";
import type { Prepared } from "../request.ts";
import type { HeldCollection } from "../title-view.ts";
import type { Source } from "./source.ts";

/** Titles at the head of a collection that say whether it is for somebody. */
const JUDGED_TITLES = 20;
const COLLECTIONS_OF_SOURCE = 3;

/** The most fitting first. */
export function collectionsFor({ ws, mayOffer }: Prepared): readonly HeldCollection[] {
  const { collections } = ws.view;
  if (collections.length === 0) return collections;
  const weight = ({ itemIndices }: HeldCollection): number => {
    let sum = 0;
    let count = 0;
    for (let place = 0; place < itemIndices.length && count < JUDGED_TITLES; place++) {
      if (!mayOffer(itemIndices[place]!)) continue;
      sum += personalScore(ws, itemIndices[place]!);
      count++;
    }
    return count === 0 ? Number.NEGATIVE_INFINITY : sum / count;
  };
  return collections
    .map((collection, place) => ({ collection, place, weight: weight(collection) }))
    .filter(({ weight: known }) => known > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.weight - a.weight || a.place - b.place)
    .map(({ collection }) => collection);
}

export const editorial: Source = {
  name: "editorial",
  switchable: "editorial",
  limit: 45,
  retrieve(prepared, out) {
    let rank = 0;
    for (const { itemIndices } of collectionsFor(prepared).slice(0, COLLECTIONS_OF_SOURCE)) {
      const until = rank + this.limit / COLLECTIONS_OF_SOURCE;
      for (let place = 0; place < itemIndices.length && rank < until; place++) {
        if (prepared.mayOffer(itemIndices[place]!) && !out.push(itemIndices[place]!, 1 / ++rank)) return;
      }
    }
  },
};
