/**
 * What serving holds of all titles: the catalogue joined with the item tables of one generation, by a dense index.
 *
 * Indices below `trainedCount` are those of the item tables; titles that the models have not met yet come behind them.
 * A title without a card (trained on, since taken out of the catalogue) keeps its index and is never shown. Everything
 * that composing would otherwise work out on each request lies here ready: the order of novelty, each genre's titles by
 * popularity, the crowd's share of each genre. Built in milliseconds when either side changes. What of it somebody may see,
 * and in which language, is in showings.ts.
 */
import type { CatalogueCollection, CatalogueEpisode } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { ItemTables, PopularityTable } from "@thewatcher/contracts/item-tables";
import type { Texts } from "@thewatcher/contracts/locales";
import type { CardSource } from "@thewatcher/contracts/title-card";
import { type Rights, UNKNOWN_AGE_MARK } from "@thewatcher/contracts/visibility";
import { assert } from "@thewatcher/kit/assert";
import type { RuleAttributes } from "./stages/rule-matches.ts";

/** Sort keys hold a 32-bit score and an index of 20 bits in one double of 53. */
export const TITLES_MAX = 2 ** 20;
/** Titles at the head of a ranking whose genres say what somebody likes: three rows' worth. */
export const TASTE_DEPTH = 60;
const EVERYWHERE = "*";
const DAY_MS = 86_400_000;

/** One title of the catalogue. */
export interface CatalogueTitle {
  readonly facts: CardSource;
  readonly rights: Rights;
  /** ISO instant. */
  readonly addedAt: string;
  /** Of a series, in the order in which they are watched. */
  readonly episodes?: readonly CatalogueEpisode[];
  /** What rules ask beside the facts; absent: not known. */
  readonly attributes?: Pick<RuleAttributes, "countries" | "score" | "source" | "directors" | "people">;
}

/** What editors put together. */
export interface HeldCollection {
  readonly collectionId: string;
  readonly names: Texts;
  /** Those in the catalogue, in the editors' order. */
  readonly itemIndices: Int32Array;
}

export interface Trending {
  /** ISO code, or `*`. */
  readonly country: string;
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
}

export interface Popularity {
  /** ISO code, or `*`. */
  readonly country: string;
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
  /** Per title: 1-based place in the table; 0: it is not there. */
  readonly ranks: Int32Array;
  /** [genreCount]: share of each genre among the first TASTE_DEPTH. */
  readonly genreShares: Float64Array;
}

export interface TitleView {
  readonly titleCount: number;
  readonly trainedCount: number;
  readonly tables: ItemTables | undefined;
  readonly titleIds: readonly TitleId[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** undefined: not in the catalogue, never shown. */
  readonly titles: readonly (CatalogueTitle | undefined)[];
  /** 0: not in the catalogue. */
  readonly shown: Uint8Array;
  readonly ageMarks: Uint8Array;
  readonly genres: readonly string[];
  /** Genres of title i: `titleGenres[genreOffsets[i] .. genreOffsets[i + 1])`. */
  readonly genreOffsets: Int32Array;
  readonly titleGenres: Int32Array;
  /** Shown titles, the last added first; of one day the newest year first, of one year the most popular. */
  readonly newest: Int32Array;
  /** Shown titles of each genre, the most popular first, then by `newest`. */
  readonly byGenre: readonly Int32Array[];
  /** By country; `*` is everywhere. Empty without tables. */
  readonly popularity: ReadonlyMap<string, Popularity>;
  /** By country; `*` is everywhere. Empty where the publication has none. */
  readonly trending: ReadonlyMap<string, Trending>;
  /** Minutes; Infinity: not known. */
  readonly runtimes: Float32Array;
  /** Milliseconds since the epoch; NaN: not in the catalogue. */
  readonly addedAt: Float64Array;
  /** 0: not known. */
  readonly years: Int16Array;
  /** 1: a series. */
  readonly series: Uint8Array;
  readonly collections: readonly HeldCollection[];
}

export function createTitleView(
  catalogue: readonly CatalogueTitle[],
  tables: ItemTables | undefined,
  collections: readonly CatalogueCollection[] = [],
): TitleView {
  const indexOf = new Map<string, number>();
  for (const titleId of tables?.titleIds ?? []) indexOf.set(titleId, indexOf.size);
  const trainedCount = indexOf.size;
  for (const { facts } of catalogue) if (!indexOf.has(facts.titleId)) indexOf.set(facts.titleId, indexOf.size);
  const titleCount = indexOf.size;
  assert(titleCount <= TITLES_MAX, "at most 2^20 titles", () => titleCount);

  const titles = new Array<CatalogueTitle | undefined>(titleCount).fill(undefined);
  const shown = new Uint8Array(titleCount);
  const ageMarks = new Uint8Array(titleCount).fill(UNKNOWN_AGE_MARK);
  const runtimes = new Float32Array(titleCount).fill(Number.POSITIVE_INFINITY);
  const addedAt = new Float64Array(titleCount).fill(Number.NaN);
  const years = new Int16Array(titleCount);
  const series = new Uint8Array(titleCount);
  const genreIndex = new Map<string, number>();
  for (const genre of [...new Set(catalogue.flatMap(({ facts }) => facts.genres))].sort()) {
    genreIndex.set(genre, genreIndex.size);
  }
  for (const title of catalogue) {
    const index = indexOf.get(title.facts.titleId)!;
    titles[index] = title;
    shown[index] = 1;
    ageMarks[index] = title.facts.ageMark ?? UNKNOWN_AGE_MARK;
    runtimes[index] = title.facts.runtimeMinutes ?? Number.POSITIVE_INFINITY;
    addedAt[index] = Date.parse(title.addedAt);
    years[index] = title.facts.year ?? 0;
    series[index] = title.facts.kind === "series" ? 1 : 0;
  }
  const genreOffsets = new Int32Array(titleCount + 1);
  const titleGenres: number[] = [];
  titles.forEach((title, index) => {
    for (const genre of new Set(title?.facts.genres)) titleGenres.push(genreIndex.get(genre)!);
    genreOffsets[index + 1] = titleGenres.length;
  });
  const genres = { count: genreIndex.size, offsets: genreOffsets, ofTitles: Int32Array.from(titleGenres) };

  const popularity = new Map<string, Popularity>();
  for (const table of tables?.popularity ?? []) {
    const ranks = ranksOf(table, titleCount);
    popularity.set(table.country, { ...table, ranks, genreShares: sharesOf(table, genres) });
  }
  const newest = orderOfNovelty(titles, popularity.get(EVERYWHERE));
  return {
    titleCount,
    trainedCount,
    tables,
    titleIds: [...indexOf.keys()] as TitleId[],
    indexOf,
    titles,
    shown,
    ageMarks,
    genres: [...genreIndex.keys()],
    genreOffsets,
    titleGenres: genres.ofTitles,
    newest,
    byGenre: titlesByGenre(newest, popularity.get(EVERYWHERE), genres),
    popularity,
    trending: new Map((tables?.trending ?? []).map((table) => [table.country, table])),
    runtimes,
    addedAt,
    years,
    series,
    collections: collections.map(({ collectionId, names, titleIds }) => ({
      collectionId,
      names,
      itemIndices: Int32Array.from(titleIds.flatMap((titleId) => indexOf.get(titleId) ?? [])),
    })),
  };
}

function ranksOf({ itemIndices }: PopularityTable, titleCount: number): Int32Array {
  const ranks = new Int32Array(titleCount);
  itemIndices.forEach((index, place) => {
    ranks[index] = place + 1;
  });
  return ranks;
}

/** What grows in a country, or everywhere. */
export function trendingIn(view: TitleView, country: string): Trending | undefined {
  return view.trending.get(country) ?? view.trending.get(EVERYWHERE);
}

/** The table of a country, or that of everywhere; undefined before the first publication. */
export function popularityIn(view: TitleView, country: string): Popularity | undefined {
  return view.popularity.get(country) ?? view.popularity.get(EVERYWHERE);
}

/** Adds each genre's share of `itemIndices[0..count)` into `shares`; a title of three genres gives a third to each. */
export function addGenreShares(
  genres: { readonly offsets: Int32Array; readonly ofTitles: Int32Array },
  itemIndices: Int32Array,
  count: number,
  shares: Float64Array,
): void {
  for (let place = 0; place < count; place++) {
    const index = itemIndices[place]!;
    const start = genres.offsets[index]!;
    const end = genres.offsets[index + 1]!;
    const share = 1 / ((end - start) * count);
    for (let at = start; at < end; at++) {
      const genre = genres.ofTitles[at]!;
      shares[genre] = shares[genre]! + share;
    }
  }
}

interface GenreTable {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly ofTitles: Int32Array;
}

function sharesOf(table: PopularityTable, genres: GenreTable): Float64Array {
  const shares = new Float64Array(genres.count);
  addGenreShares(genres, table.itemIndices, Math.min(TASTE_DEPTH, table.itemIndices.length), shares);
  return shares;
}

function orderOfNovelty(
  titles: readonly (CatalogueTitle | undefined)[],
  popularity: Popularity | undefined,
): Int32Array {
  const rank = new Int32Array(titles.length).fill(titles.length);
  popularity?.itemIndices.forEach((index, place) => {
    rank[index] = place;
  });
  const order: { index: number; day: number; year: number }[] = [];
  titles.forEach((title, index) => {
    if (!title) return;
    order.push({ index, day: Math.floor(Date.parse(title.addedAt) / DAY_MS), year: title.facts.year ?? 0 });
  });
  order.sort((a, b) => b.day - a.day || b.year - a.year || rank[a.index]! - rank[b.index]! || a.index - b.index);
  return Int32Array.from(order, ({ index }) => index);
}

function titlesByGenre(newest: Int32Array, popularity: Popularity | undefined, genres: GenreTable): Int32Array[] {
  const shownIndices = new Set(newest);
  const popular = [...(popularity?.itemIndices ?? [])].filter((index) => shownIndices.has(index));
  const lists: number[][] = Array.from({ length: genres.count }, () => []);
  for (const index of new Set([...popular, ...newest])) {
    for (let at = genres.offsets[index]!; at < genres.offsets[index + 1]!; at++)
      lists[genres.ofTitles[at]!]!.push(index);
  }
  return lists.map((list) => Int32Array.from(list));
}
