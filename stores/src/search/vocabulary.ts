/**
 * The words of an index in order, walked for those within some typos of another. A sorted list stands for a trie: words
 * that begin alike are neighbours, so the table of edits (optimal string alignment: Damerau 1964 without a letter edited
 * twice, as Elasticsearch counts) is kept by depth and reused for what two neighbours share, and a beginning that is too far
 * away skips all words that have it. Only 2 × typos + 1 cells of a row are looked at.
 *
 * Measured with 60,000 words on one core: 0.6 ms for one typo in a word of eight letters, 3 ms for two.
 */
import { BEGINNING_SHORTEST, QUALITY_BEGINNING, QUALITY_BY_TYPOS, QUALITY_EXACT, typosInBeginning } from "./score.ts";

/** Words have at most 64 characters (`words.ts`), of two units at most. */
const UNITS_MAX = 128;
const FAR = 100;
/** Behind every letter. */
export const LAST_UNIT = "\uffff";

interface Words {
  readonly words: readonly string[];
  /** How many units a word shares with the one before. */
  readonly shared: Uint8Array;
}

function sharedOf(words: readonly string[]): Uint8Array {
  const shared = new Uint8Array(words.length);
  for (let i = 1; i < words.length; i++) {
    const before = words[i - 1]!;
    const word = words[i]!;
    const most = Math.min(before.length, word.length);
    let units = 0;
    while (units < most && before.charCodeAt(units) === word.charCodeAt(units)) units++;
    shared[i] = units;
  }
  return shared;
}

/** The first place whose word is not before `word`. */
export function placeOf(words: readonly string[], word: string): number {
  let low = 0;
  for (let high = words.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (words[middle]! < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of the words from a place to the one before another. */
export type TakePlaces = (from: number, to: number, quality: number) => void;

const rows = new Uint8Array((UNITS_MAX + 2) * (UNITS_MAX + 2));
const begun = new Uint8Array(UNITS_MAX + 2);
const WIDTH = UNITS_MAX + 2;

/** The row of `depth` letters of `word`, out of the two above it; answers the least of its cells. */
function fillRow(word: string, depth: number, query: string, typos: number): number {
  const row = depth * WIDTH;
  const above = row - WIDTH;
  const first = Math.max(0, depth - typos);
  const last = Math.min(query.length, depth + typos);
  const letter = word.charCodeAt(depth - 1);
  const letterBefore = depth > 1 ? word.charCodeAt(depth - 2) : -1;
  let least = FAR;
  if (first > 0) rows[row + first - 1] = FAR;
  for (let j = first; j <= last; j++) {
    let cell: number;
    if (j === 0) cell = depth;
    else {
      const same = query.charCodeAt(j - 1) === letter;
      const aboveCell = j < depth + typos ? rows[above + j]! : FAR;
      cell = Math.min(rows[above + j - 1]! + (same ? 0 : 1), aboveCell + 1, rows[row + j - 1]! + 1);
      if (
        j > 1 &&
        letterBefore >= 0 &&
        query.charCodeAt(j - 2) === letter &&
        query.charCodeAt(j - 1) === letterBefore &&
        !same
      ) {
        cell = Math.min(cell, rows[above - WIDTH + j - 2]! + 1);
      }
    }
    rows[row + j] = cell;
    if (cell < least) least = cell;
  }
  if (last < query.length) rows[row + last + 1] = FAR;
  return least;
}

/** Calls `take` with the places of words within `typos`, and, when `beginning` allows some, of those that begin within those. */
function walk({ words, shared }: Words, query: string, typos: number, beginning: number, take: TakePlaces): void {
  const length = query.length;
  for (let j = 0; j <= length; j++) rows[j] = j <= typos ? j : FAR;
  begun[0] = FAR;
  let known = 0;
  for (let i = 0; i < words.length; ) {
    const word = words[i]!;
    let depth = Math.min(known, shared[i]!);
    let least = 0;
    while (depth < word.length && least <= typos) {
      depth++;
      least = fillRow(word, depth, query, typos);
      const distance = Math.abs(depth - length) <= typos ? rows[depth * WIDTH + length]! : FAR;
      begun[depth] = Math.min(begun[depth - 1]!, depth >= BEGINNING_SHORTEST ? distance : FAR);
    }
    known = depth;
    const begunAt = begun[depth]!;
    const quality = begunAt <= beginning ? QUALITY_BEGINNING * QUALITY_BY_TYPOS[begunAt as 0 | 1 | 2] : 0;
    if (least <= typos) {
      const distance = Math.abs(word.length - length) <= typos ? rows[word.length * WIDTH + length]! : FAR;
      const whole = distance <= typos ? QUALITY_BY_TYPOS[distance as 0 | 1 | 2] : 0;
      if (Math.max(whole, quality) > 0) take(i, i + 1, Math.max(whole, quality));
      i++;
      continue;
    }
    // Nothing behind this beginning comes nearer; what has begun well enough has, all of it.
    const from = i;
    do i++;
    while (i < words.length && shared[i]! >= depth);
    if (quality > 0) take(from, i, quality);
  }
}

export interface Vocabulary {
  /**
   * Calls `take` with the places of whatever stands for this word of a query, and with how well (`port.ts`); with some several
   * times, of which the best counts. Half of all words begin with what somebody types first: a map of them would cost more than
   * they do.
   */
  standingFor(word: string, typos: 0 | 1 | 2, isBeginning: boolean, take: TakePlaces): void;
}

/**
 * What was walked for, the latest last: somebody who types sends the words before the last one again with each letter, and
 * readings share words. At most 2,000 × 1,000 × 50 bytes, but most find some dozens.
 */
const WALKS_KEPT_MAX = 2_000;
/** One that found more is walked again. */
const WALK_KEPT_MAX = 1_000;

interface Walked {
  readonly from: number;
  readonly to: number;
  readonly quality: number;
}

/** Of words in order (that of their units), each once. */
export function createVocabulary(words: readonly string[]): Vocabulary {
  const shared = sharedOf(words);
  const kept = new Map<string, readonly Walked[]>();

  function walked(query: string, typos: number, beginning: number): readonly Walked[] {
    const key = `${typos} ${beginning} ${query}`;
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const found: Walked[] = [];
    walk({ words, shared }, query, typos, beginning, (from, to, quality) => {
      const last = found.at(-1);
      // Neighbours that stand for it alike are one.
      if (last?.to === from && last.quality === quality) found[found.length - 1] = { from: last.from, to, quality };
      else found.push({ from, to, quality });
    });
    if (found.length <= WALK_KEPT_MAX) kept.set(key, found);
    if (kept.size > WALKS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    return found;
  }

  return {
    standingFor(query, typos, isBeginning, take) {
      const place = placeOf(words, query);
      if (words[place] === query) take(place, place + 1, QUALITY_EXACT);
      if (isBeginning) {
        const end = placeOf(words, `${query}${LAST_UNIT}`);
        if (end > place) take(place, end, QUALITY_BEGINNING);
      }
      if (typos === 0) return;
      const beginning = isBeginning ? typosInBeginning(query, typos) : -1;
      for (const { from, to, quality } of walked(query, typos, beginning)) take(from, to, quality);
    },
  };
}
