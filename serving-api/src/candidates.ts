/**
 * Sources of candidates behind the personal ranking. Each answers at most `count` entries, best first, that may be
 * recommended at that moment; none marks what it gives, that is the slate's decision.
 */
import type { CandidateSource, Reason } from "@thewatcher/contracts/api/serving";
import { seedsOf, type Workspace } from "./ranking.ts";
import type { Prepared } from "./request.ts";
import { hasGenre } from "./sources/genre.ts";
import { personalSource } from "./sources/personal-list.ts";

/** One place of a slate before it becomes text. */
export interface Entry {
  readonly index: number;
  readonly score: number;
  readonly source: CandidateSource;
  readonly reason: Reason;
  /** Where the slot was drawn. */
  readonly propensity?: number;
  /** Of being in any of its row's drawn slots, before the draw. */
  readonly inclusion?: number;
}

/** The head of the personal ranking; each entry names the titles of the history that carry it. */
export function personal({ ws, history, ranking, mayRecommend, mayName }: Prepared, count: number): Entry[] {
  const indices: number[] = [];
  for (let place = 0; place < ranking.count && indices.length < count; place++) {
    if (mayRecommend(ws.order[place]!)) indices.push(ws.order[place]!);
  }
  const seeds = ranking.listIsForeign ? indices.map(() => []) : seedsOf(ws, history, indices);
  return indices.map((index, slot) => ({
    index,
    score: ws.scores[index]!,
    source: personalSource(ws, index),
    reason: {
      kind: "similar_to_history",
      // A title of the history that may not be seen now explains nothing.
      seeds: seeds[slot]!.filter(({ title }) => mayName(title.index)).map(({ title, contribution }) => ({
        titleId: ws.view.titleIds[title.index]!,
        contribution,
      })),
    },
  }));
}

/** Popular titles to fill a list with: none that the viewer has watched. */
export const popular = (prepared: Prepared, count: number): Entry[] => ofTable(prepared, count, prepared.mayRecommend);

/**
 * The chart: the first places of the table, watched by this viewer or not; one that stands elsewhere on the page or is
 * hidden leaves its place out. Where an age limit leaves too few of them, what is most popular within the limit.
 */
export function chart(prepared: Prepared, count: number, countMin: number): Entry[] {
  const entries = ofTable(prepared, count, prepared.mayShow);
  const first = entries.filter(({ reason }) => "rank" in reason && reason.rank <= count);
  return first.length >= countMin ? first : entries;
}

/** The country's table, or everywhere's where the country has none. */
function ofTable({ popularity }: Prepared, count: number, may: (index: number) => boolean): Entry[] {
  if (!popularity) return [];
  const { itemIndices, scores, country } = popularity;
  const entries: Entry[] = [];
  for (let place = 0; place < itemIndices.length && entries.length < count; place++) {
    const index = itemIndices[place]!;
    if (!may(index)) continue;
    entries.push({
      index,
      score: scores[place]!,
      source: country === "*" ? "popular" : "popular_in_country",
      reason:
        country === "*"
          ? { kind: "popular", rank: place + 1 }
          : { kind: "popular_in_country", country, rank: place + 1 },
    });
  }
  return entries;
}

/** The titles last added; of one day, the newest years. The score is the personal one, 0 where there is none. */
export function newest({ ws, mayRecommend }: Prepared, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let place = 0; place < ws.view.newest.length && entries.length < count; place++) {
    const index = ws.view.newest[place]!;
    if (!mayRecommend(index)) continue;
    const { facts, addedAt } = ws.view.titles[index]!;
    entries.push({
      index,
      score: personalScore(ws, index),
      source: "new",
      reason: { kind: "new", year: facts.year, addedAt },
    });
  }
  return entries;
}

/** A genre's titles: those with a personal score in its order, then the most popular ones. */
export function ofGenre({ ws, ranking, mayRecommend }: Prepared, genre: number, count: number): Entry[] {
  const { view, order } = ws;
  const reason: Reason = { kind: "genre", genre: view.genres[genre]! };
  const entries: Entry[] = [];
  const taken = new Set<number>();
  const take = (index: number): void => {
    if (taken.has(index) || !mayRecommend(index)) return;
    taken.add(index);
    entries.push({ index, score: personalScore(ws, index), source: "genre", reason });
  };
  for (let place = 0; place < ranking.count && entries.length < count; place++) {
    if (hasGenre(view, order[place]!, genre)) take(order[place]!);
  }
  const all = view.byGenre[genre]!;
  for (let place = 0; place < all.length && entries.length < count; place++) take(all[place]!);
  return entries;
}

export function personalScore(ws: Workspace, index: number): number {
  return ws.scored[index] === ws.epoch ? ws.scores[index]! : 0;
}
