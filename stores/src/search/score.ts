/**
 * The figures of `port.ts`: how much a word is worth by the way it was found, and how many typos it may have. Halves and
 * quarters of whole weights are exact in 32-bit floats, which is what Elasticsearch adds: equal scores are equal there too.
 */
import { BEGINNING_LETTERS_MAX, TYPO_LETTERS_MAX } from "./port.ts";

export const QUALITY_EXACT = 1;
/** Whatever has typos is below it. */
export const QUALITY_BEGINNING = 0.75;
export const QUALITY_BY_TYPOS = [QUALITY_EXACT, 0.5, 0.25] as const;
export const WHOLE_FIELD = 2;
export const FIELD_BEGINS = 1;
/** A value longer than this many characters is never the whole query: the query is shorter. */
const WHOLE_CHARACTERS_MAX = 256;

/** Whether a value, as its words, is kept to be compared with a whole query. */
export const isWhole = (words: string): boolean => words !== "" && words.length <= WHOLE_CHARACTERS_MAX;

/** For each word, as Elasticsearch's AUTO does: none below 3 letters, one below 6; and none behind the fortieth letter. */
export function typosAllowed(words: readonly string[], typosMax: number): (0 | 1 | 2)[] {
  let before = 0;
  return words.map((word) => {
    const letters = Array.from(word).length;
    before += letters;
    const allowed = letters < 3 || before > TYPO_LETTERS_MAX ? 0 : letters < 6 ? 1 : 2;
    return Math.min(typosMax, allowed) as 0 | 1 | 2;
  });
}

/**
 * Of the typos that a word is allowed, those that it may have as a beginning: more would be found by half of what there
 * is, since a beginning with a letter missing is a shorter beginning.
 */
export function typosInBeginning(word: string, allowed: number): 0 | 1 | 2 {
  const letters = Array.from(word).length;
  return Math.min(allowed, letters < 4 || letters > BEGINNING_LETTERS_MAX ? 0 : letters < 8 ? 1 : 2) as 0 | 1 | 2;
}

/** The shortest beginning that can be one of four letters with a letter missing, the longest of 20 with two too many. */
export const BEGINNING_SHORTEST = 3;
export const BEGINNING_LONGEST = BEGINNING_LETTERS_MAX + 2;

/** A query's words, and what they would be as a whole field. */
export interface Reading {
  /** "" for fields without one. */
  readonly group: string;
  readonly typosMax: number;
  readonly words: readonly string[];
  /** The last word may be a beginning. */
  readonly unfinished: boolean;
  readonly whole: string;
}
