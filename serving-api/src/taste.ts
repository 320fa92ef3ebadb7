/**
 * Facets of taste: what titles have in common that a viewer can name. Which titles have one, what a correction of it is
 * worth, and what the service believes of a profile, in shares that add up:
 *
 *   share(f) = Σ weight(i) · part(f, i) / Σ weight(i)     over the titles i of the history
 *   crowd(f) = the same over the country's popular titles, weighted by their score
 *
 * part(f, i) is 1 / (facets of that kind that i has), so that the shares of one kind add up to at most 1: a film of three
 * genres gives a third to each. Evidence of a facet are the titles of the history that give it most.
 */
import { TASTE_TITLES_MAX, type TasteView } from "@thewatcher/contracts/api/taste";
import { TasteFacet } from "@thewatcher/contracts/events";
import type { TitleId } from "@thewatcher/contracts/ids";
import { pickText } from "@thewatcher/contracts/locales";
import type { GenreNames } from "@thewatcher/contracts/title-card";
import { orderScored, type Ranking } from "./ranking.ts";
import type { Prepared } from "./request.ts";
import { hasGenre } from "./sources/genre.ts";
import type { TitleView } from "./title-view.ts";

type Kind = TasteView["facets"][number]["kind"];
const KINDS = ["genre", "decade", "country", "person"] as const satisfies readonly Kind[];
/** What a sheet shows of each kind, beside what is corrected: more is nobody's picture of themselves. */
const SHOWN_MAX: Readonly<Record<Kind, number>> = { genre: 40, decade: 12, country: 8, person: 8 };
/** Of people, one film says nothing. */
const PERSON_TITLES_MIN = 2;
const EVIDENCE_MAX = 3;
/** Of the titles that a sheet names, those that count; the others were to be forgotten. */
const COUNTED_MAX = 64;

const split = (facet: string): readonly [kind: string, value: string] => {
  const place = facet.indexOf(":");
  return [facet.slice(0, place), facet.slice(place + 1)];
};
const decadeOf = (year: number): number => year - (year % 10);

/** Which titles have it. undefined: a facet that nothing here has. */
export function titlesWith(view: TitleView, facet: string): ((index: number) => boolean) | undefined {
  const [kind, value] = split(facet);
  switch (kind) {
    case "genre": {
      const genre = view.genres.indexOf(value);
      return genre < 0 ? undefined : (index) => hasGenre(view, index, genre);
    }
    case "decade":
      return (index) => view.years[index]! > 0 && decadeOf(view.years[index]!) === Number(value);
    case "country":
      return (index) => view.titles[index]?.attributes?.countries?.includes(value) ?? false;
    case "person":
      return (index) => view.titles[index]?.attributes?.people?.includes(value) ?? false;
    default:
      return undefined;
  }
}

/** A score is worth so much more, or less, whatever its sign. */
export const corrected = (score: number, multiplier: number): number =>
  score > 0 ? score * multiplier : score / multiplier;

/** The personal ranking in the order that corrections give it: `ws.order` and `ws.scores`. */
export function orderByTaste({ ws, ranking, history, mayRecommend }: Prepared): Ranking {
  const { count } = ranking;
  for (let place = 0; place < count; place++) ws.candidates[place] = ws.order[place]!;
  for (const { facet, multiplier } of history.tasteEdits) {
    const has = titlesWith(ws.view, facet);
    if (!has) continue;
    for (let place = 0; place < count; place++) {
      const index = ws.candidates[place]!;
      if (has(index)) ws.scores[index] = corrected(ws.scores[index]!, multiplier);
    }
  }
  return { ...ranking, count: orderScored(ws, count, mayRecommend) };
}

function facetsOf({ titles, years }: TitleView, index: number, kind: Kind): readonly string[] {
  const title = titles[index];
  switch (kind) {
    case "genre":
      return [...new Set(title?.facts.genres)];
    case "decade":
      return years[index]! > 0 ? [String(decadeOf(years[index]!))] : [];
    case "country":
      return [...new Set(title?.attributes?.countries)];
    case "person":
      return [...new Set(title?.attributes?.people)];
  }
}

interface Believed {
  share: number;
  titles: { readonly index: number; readonly part: number }[];
}

function sharesOf(view: TitleView, kind: Kind, weighted: Iterable<readonly [index: number, weight: number]>) {
  const facets = new Map<string, Believed>();
  let sum = 0;
  for (const [index, weight] of weighted) {
    if (weight <= 0) continue;
    sum += weight;
    const own = facetsOf(view, index, kind);
    for (const facet of own) {
      const known = facets.get(facet) ?? { share: 0, titles: [] };
      known.share += weight / own.length;
      known.titles.push({ index, part: weight / own.length });
      facets.set(facet, known);
    }
  }
  for (const known of facets.values()) known.share /= sum;
  return facets;
}

function* weightsOfTable({ itemIndices, scores }: { itemIndices: Int32Array; scores: Float32Array }) {
  for (let place = 0; place < itemIndices.length; place++) yield [itemIndices[place]!, scores[place]!] as const;
}

/** What is believed, the likings that stand out most first, and everything that is corrected. */
export function believedTaste(
  prepared: Prepared,
  genreNames: GenreNames,
): Pick<TasteView, "titleCount" | "facets" | "titles"> {
  const { ws, history, popularity, showing, mayName } = prepared;
  const { view } = ws;
  const weighted = history.graded.map(({ index, weight }) => [index, weight] as const);
  const corrections = new Map(history.tasteEdits.map(({ facet, multiplier }) => [facet, multiplier > 1 ? 1 : -1]));
  const facets = KINDS.flatMap((kind) => {
    const own = sharesOf(view, kind, weighted);
    const crowd = popularity ? sharesOf(view, kind, weightsOfTable(popularity)) : undefined;
    const names = new Set([...own.keys(), ...(kind === "genre" ? view.genres : [])]);
    for (const facet of corrections.keys()) if (facet.startsWith(`${kind}:`)) names.add(split(facet)[1]);
    const all = [...names].map((name) => {
      const facet = `${kind}:${name}`;
      const believed = own.get(name);
      const evidence = (believed?.titles ?? [])
        .filter(({ index }) => mayName(index))
        .sort((a, b) => b.part - a.part)
        .slice(0, EVIDENCE_MAX)
        .map(({ index }) => ({ titleId: view.titleIds[index] as TitleId, name: showing.nameOf(index) }));
      return {
        facet,
        kind,
        name: kind === "genre" ? (pickText(genreNames[name] ?? {}, showing.locale) ?? name) : name,
        share: believed?.share ?? 0,
        crowdShare: crowd?.get(name)?.share ?? 0,
        titleCount: believed?.titles.length ?? 0,
        value: corrections.get(facet) ?? 0,
        evidence,
      };
    });
    const isWorthSaying = ({ facet, titleCount, value }: (typeof all)[number]) =>
      TasteFacet.safeParse(facet).success &&
      (value !== 0 || kind === "genre" || titleCount >= (kind === "person" ? PERSON_TITLES_MIN : 1));
    const said = all.filter(isWorthSaying).sort((a, b) => b.share - b.crowdShare - (a.share - a.crowdShare));
    return said.filter((facet, place) => place < SHOWN_MAX[kind] || facet.value !== 0);
  });
  const titles = [
    ...history.graded.slice(0, COUNTED_MAX).map(({ index }) => ({ index, forgotten: false })),
    ...history.forgotten.slice(0, TASTE_TITLES_MAX - COUNTED_MAX).map((index) => ({ index, forgotten: true })),
  ].filter(({ index }) => mayName(index));
  return {
    titleCount: weighted.length,
    facets,
    titles: titles.map(({ index, forgotten }) => ({
      titleId: view.titleIds[index] as TitleId,
      name: showing.nameOf(index),
      forgotten,
    })),
  };
}
