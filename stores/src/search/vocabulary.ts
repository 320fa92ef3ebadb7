/**
 * The words of an index in order, walked for those within some typos of another. A sorted list stands for a trie: words
 * that begin alike are neighbours, so the table of edits (optimal string alignment: Damerau 1964 without a letter edited
 * twice, as Elasticsearch counts) is kept by depth and reused for what two neighbours share, and a beginning that is too far
 * away skips all words that have it. Only 2 × typos + 1 cells of a row are looked at.
 *
 * Measured with 60,000 words on one core: 0.6 ms for one typo in a word of eight letters, 3 ms for two.
 *
 * New words are a short list beside the long one, until they are an eighth of it: a search behind each put sorts few words.
 */
import { BEGINNING_SHORTEST, QUALITY_BEGINNING, QUALITY_BY_TYPOS, QUALITY_EXACT, typosInBeginning } from "./score.ts";

/** The new words that are sorted in when they are fewer than an eighth of all. */
const FRESH_MIN = 256;
/** Words have at most 64 characters (`words.ts`), of two units at most. */
const UNITS_MAX = 128;
const FAR = 100;

interface Run {
  readonly words: readonly string[];
  /** How many units a word shares with the one before. */
  readonly shared: Uint8Array;
}

const NOTHING: Run = { words: [], shared: new Uint8Array() };

function runOf(words: readonly string[]): Run {
  const shared = new Uint8Array(words.length);
  for (let i = 1; i < words.length; i++) {
    const before = words[i - 1]!;
    const word = words[i]!;
    const most = Math.min(before.length, word.length);
    let units = 0;
    while (units < most && before.charCodeAt(units) === word.charCodeAt(units)) units++;
    shared[i] = units;
  }
  return { words, shared };
}

/** The first place whose word is not before `word`. */
function placeOf({ words }: Run, word: string): number {
  let low = 0;
  for (let high = words.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (words[middle]! < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

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

/** Calls `take` with each word within `typos`, and, when `beginning` allows some, with each that begins within those. */
function walk(
  { words, shared }: Run,
  query: string,
  typos: number,
  beginning: number,
  take: (word: string, quality: number) => void,
): void {
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
      if (Math.max(whole, quality) > 0) take(word, Math.max(whole, quality));
      i++;
      continue;
    }
    // Nothing behind this beginning comes nearer; what has begun well enough has, all of it.
    do {
      if (quality > 0) take(words[i]!, quality);
      i++;
    } while (i < words.length && shared[i]! >= depth);
  }
}

export interface Vocabulary<Posting> {
  get(word: string): Posting | undefined;
  set(word: string, posting: Posting): void;
  delete(word: string): void;
  /** Whatever stands for this word of a query, with how well (`port.ts`). */
  standingFor(word: string, typos: 0 | 1 | 2, isBeginning: boolean): Map<Posting, number>;
}

export function createVocabulary<Posting>(): Vocabulary<Posting> {
  const postings = new Map<string, Posting>();
  let sorted = NOTHING;
  let fresh: string[] = [];
  let freshSorted: Run | undefined = NOTHING;

  /** A word that was deleted stays in its run until the next merge, and is in no posting. */
  function runs(): readonly Run[] {
    if (fresh.length > FRESH_MIN + sorted.words.length / 8) {
      sorted = runOf([...postings.keys()].sort());
      fresh = [];
      freshSorted = NOTHING;
    }
    freshSorted ??= runOf(fresh.sort());
    return freshSorted.words.length === 0 ? [sorted] : [sorted, freshSorted];
  }

  return {
    get: (word) => postings.get(word),
    set(word, posting) {
      if (!postings.has(word)) {
        fresh.push(word);
        freshSorted = undefined;
      }
      postings.set(word, posting);
    },
    delete: (word) => void postings.delete(word),
    standingFor(query, typos, isBeginning) {
      const found = new Map<Posting, number>();
      const take = (word: string, quality: number) => {
        const posting = postings.get(word);
        if (posting !== undefined && (found.get(posting) ?? 0) < quality) found.set(posting, quality);
      };
      take(query, QUALITY_EXACT);
      if (typos === 0 && !isBeginning) return found;
      for (const run of runs()) {
        if (isBeginning) {
          for (let i = placeOf(run, query); i < run.words.length && run.words[i]!.startsWith(query); i++) {
            take(run.words[i]!, QUALITY_BEGINNING);
          }
        }
        if (typos > 0) walk(run, query, typos, isBeginning ? typosInBeginning(query, typos) : -1, take);
      }
      return found;
    },
  };
}
