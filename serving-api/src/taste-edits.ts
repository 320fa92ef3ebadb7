/** Corrections of the believed taste as factors of scores, and as an address of a preview names them. */
import { TASTE_EDITS_MAX, TasteFacet, type TasteFacetEdit } from "@thewatcher/contracts/events";
import type { TasteEdit } from "./history.ts";

/**
 * A correction says more than a watch and less than "never": twice the score puts a title of the middle of a page among
 * its first, 0.4 puts one of the first behind the middle, and either still yields to a title that fits much better.
 */
export const MORE_MULTIPLIER = 2;
export const LESS_MULTIPLIER = 0.4;

/** One of 0 is none. */
export const tasteEditsOf = (edits: readonly TasteFacetEdit[]): readonly TasteEdit[] =>
  edits.flatMap(({ facet, value }) =>
    value === 0 ? [] : [{ facet, multiplier: value > 0 ? MORE_MULTIPLIER : LESS_MULTIPLIER }],
  );

/** `genre:Drama:1,decade:1990:-1`: corrections as they would be saved. undefined: malformed, or too many. */
export function parseTasteEdits(text: string): readonly TasteFacetEdit[] | undefined {
  const parts = text === "" ? [] : text.split(",", TASTE_EDITS_MAX + 1);
  if (parts.length > TASTE_EDITS_MAX) return undefined;
  const edits: TasteFacetEdit[] = [];
  for (const part of parts) {
    // A plus sign in an address is a space.
    const [, facet = "", sign] = /^(.+):([+ ]?1|-1|0)$/.exec(part) ?? [];
    if (!TasteFacet.safeParse(facet).success) return undefined;
    edits.push({ facet, value: sign === "-1" ? -1 : sign === "0" ? 0 : 1 });
  }
  return edits;
}
