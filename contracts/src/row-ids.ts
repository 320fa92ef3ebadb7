/** Ids of a page's rows: a group's name, and its number where a page has several. Impressions and clicks carry them. */
import type { RowKind } from "./api/serving.ts";

const KINDS: ReadonlyMap<string, RowKind> = new Map([
  ["continue-watching", "continue_watching"],
  ["top-in-country", "top_in_country"],
  ["top-picks", "top_picks"],
  ["for-two", "for_two"],
  ["because", "because_you_watched"],
  ["trending", "trending"],
  ["segment", "segment"],
  ["editorial", "editorial"],
  ["new", "new"],
  ["genre", "genre"],
]);

/** undefined: no row of a page, as a search's. */
export const rowKindOf = (rowId: string): RowKind | undefined => KINDS.get(rowId.replace(/-\d{1,2}$/, ""));
