/** `GET /api/v1/search?q=&limit=&genre=&kind=&decade=&country=&locale=`: titles by what somebody types. */
import { z } from "zod";
import { TitleCard } from "./catalogue.ts";

/** What a person types; the longest name that we hold has 68. */
export const SEARCH_CHARACTERS_MAX = 200;
export const SEARCH_HITS_MAX = 50;
export const SEARCH_NEAREST_MAX = 6;

/** A part of a text, in UTF-16 units: from the first, up to the one behind the last. */
export const Highlight = z.object({ from: z.number().int().min(0), to: z.number().int().min(1) });
export type Highlight = z.infer<typeof Highlight>;

export const SearchHit = z.object({
  title: TitleCard,
  /** What of `title.name` was meant, in order, apart. None where another name or a person was found. */
  highlights: z.array(Highlight).max(60),
});
export type SearchHit = z.infer<typeof SearchHit>;

/**
 * How the best hit came from what was typed. `typed`: as it stands. `layout`: the keys of another keyboard layout; `text` is
 * what they say there. `sound`: written as it sounds or in another alphabet; `text` is the name or the person. `typos`: some
 * letters are others; `text` as for `sound`.
 */
export const SearchReadingView = z.object({ kind: z.enum(["typed", "layout", "sound", "typos"]), text: z.string() });
export type SearchReadingView = z.infer<typeof SearchReadingView>;

export const FacetView = z.object({ value: z.string(), name: z.string(), count: z.number().int().min(1) });
export type FacetView = z.infer<typeof FacetView>;

export const SearchPage = z.object({
  query: z.string(),
  /** Best first. */
  hits: z.array(SearchHit).max(SEARCH_HITS_MAX),
  /** Of titles found, those shown among them. */
  total: z.number().int().min(0),
  /** "We don't have it": no title is what was asked for. Then there are no hits, and `nearest` is what comes near. */
  absent: z.boolean(),
  nearest: z.array(SearchHit).max(SEARCH_NEAREST_MAX),
  /** null: nothing was found or nothing was typed. */
  reading: SearchReadingView.nullable(),
  /** Of everything found, the most frequent first. */
  facets: z.object({
    genre: z.array(FacetView),
    kind: z.array(FacetView),
    decade: z.array(FacetView),
    country: z.array(FacetView),
  }),
});
export type SearchPage = z.infer<typeof SearchPage>;
