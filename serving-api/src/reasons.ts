/** Candidates as entries of a slate: each with the source that says most for it and a reason that a machine can check. */
import type { Reason } from "@thewatcher/contracts/api/serving";
import { pickText } from "@thewatcher/contracts/locales";
import type { Entry } from "./candidates.ts";
import { type Seed, seedsOf } from "./ranking.ts";
import type { Prepared } from "./request.ts";
import { seedOf } from "./sources/item-to-item.ts";
import { personalSource } from "./sources/personal-list.ts";
import { bitOf, slotOf } from "./sources/source.ts";
import { segmentOf } from "./sources/tables.ts";
import { vectorSeedsOf } from "./sources/taste-vector.ts";
import { type HeldCollection, trendingIn } from "./title-view.ts";

const PERSONAL = bitOf("personal_list");
const VECTOR = bitOf("taste_vector");
const ITEM_TO_ITEM = bitOf("item_to_item");
const SEGMENT = bitOf("popular_in_segment");
const TRENDING = bitOf("trending_in_country");
const POPULAR = bitOf("popular_in_country");

type Given = Pick<Entry, "source" | "reason">;

/** For titles of a page that several sources may have given. */
export function describeRecommended(prepared: Prepared, indices: readonly number[], scoreOf: ScoreOf): Entry[] {
  const { ws, history, ranking } = prepared;
  const seeds = ranking.listIsForeign || prepared.forTwo ? undefined : seedsOf(ws, history, indices);
  return indices.map((index, place) => ({
    index,
    score: scoreOf(index),
    ...givenFor(prepared, index, seeds?.[place] ?? []),
  }));
}

export type ScoreOf = (index: number) => number;

function givenFor(prepared: Prepared, index: number, seeds: readonly Seed[]): Given {
  const { ws, forTwo } = prepared;
  const shares = forTwo?.get(index);
  if (shares) return { source: "personal_list", reason: { kind: "for_both", scores: [shares[0], shares[1]] } };
  const slot = slotOf(ws.pool, ws.epoch, index);
  const bits = slot < 0 ? 0 : ws.pool.sources[slot]!;
  if (ws.scored[index] === ws.epoch && (slot < 0 || (bits & PERSONAL) !== 0)) {
    return { source: personalSource(ws, index), reason: historyReason(prepared, seeds) };
  }
  if ((bits & ITEM_TO_ITEM) !== 0) return becauseGiven(prepared, index) ?? newGiven(prepared, index);
  if ((bits & VECTOR) !== 0) return vectorGiven(prepared, index);
  return (
    ((bits & SEGMENT) !== 0 ? segmentGiven(prepared, index) : undefined) ??
    ((bits & TRENDING) !== 0 ? trendingGiven(prepared, index) : undefined) ??
    ((bits & POPULAR) !== 0 ? popularGiven(prepared, index) : undefined) ??
    newGiven(prepared, index)
  );
}

/** By the list and what happened since. */
export const historyGiven = (prepared: Prepared, index: number): Given => ({
  source: personalSource(prepared.ws, index),
  reason: historyReason(prepared, seedsOf(prepared.ws, prepared.history, [index])[0] ?? []),
});

/** By the profile's vector. */
export const vectorGiven = (prepared: Prepared, index: number): Given => ({
  source: "taste_vector",
  reason: historyReason(prepared, vectorSeedsOf(prepared.ws, prepared.history, index)),
});

/** A title of the history that may not be seen now explains nothing. */
const historyReason = ({ ws, mayName }: Prepared, seeds: readonly Seed[]): Reason => ({
  kind: "similar_to_history",
  seeds: seeds
    .filter(({ title }) => mayName(title.index))
    .map(({ title, contribution }) => ({ titleId: ws.view.titleIds[title.index]!, contribution })),
});

/** undefined: no title of the history is known to lift it. */
export function becauseGiven({ ws, history, showing }: Prepared, index: number): Given | undefined {
  const seed = seedOf(ws, index);
  if (seed < 0) return undefined;
  const title = history.graded[seed]!;
  return {
    source: "item_to_item",
    reason: {
      kind: "because_you_watched",
      seedTitleId: ws.view.titleIds[title.index]!,
      seedName: showing.nameOf(title.index),
      contribution: ws.topContributions[index]!,
    },
  };
}

/** By a rule that holds its place, whatever else would say for it. */
export const pinnedGiven = (ruleId: string): Given => ({ source: "editorial", reason: { kind: "pinned", ruleId } });

const rankIn = ({ itemIndices }: { readonly itemIndices: Int32Array }, index: number): number =>
  itemIndices.indexOf(index) + 1;

export function popularGiven({ popularity }: Prepared, index: number): Given | undefined {
  const rank = popularity?.ranks[index] ?? 0;
  if (!popularity || rank === 0) return undefined;
  const { country } = popularity;
  return country === "*"
    ? { source: "popular", reason: { kind: "popular", rank } }
    : { source: "popular_in_country", reason: { kind: "popular_in_country", country, rank } };
}

export function trendingGiven({ ws, country }: Prepared, index: number): Given | undefined {
  const table = trendingIn(ws.view, country);
  const rank = table ? rankIn(table, index) : 0;
  if (!table || rank === 0) return undefined;
  const growth = table.scores[rank - 1]!;
  return {
    source: "trending_in_country",
    reason: { kind: "trending_in_country", country: table.country, rank, growth },
  };
}

export function segmentGiven(prepared: Prepared, index: number): Given | undefined {
  const segment = segmentOf(prepared);
  const table = prepared.ws.view.tables?.segments?.popularity[segment];
  const rank = table ? rankIn(table, index) : 0;
  if (rank === 0) return undefined;
  return { source: "popular_in_segment", reason: { kind: "popular_in_segment", segment, rank } };
}

export function newGiven({ ws }: Prepared, index: number): Given {
  const { facts, addedAt } = ws.view.titles[index]!;
  return { source: "new", reason: { kind: "new", year: facts.year, addedAt } };
}

export function editorialGiven({ showing }: Prepared, { collectionId, names }: HeldCollection): Given {
  const collectionName = pickText(names, showing.locale) ?? collectionId;
  return { source: "editorial", reason: { kind: "editorial", collectionId, collectionName } };
}
