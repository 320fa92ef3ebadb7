/**
 * How a title came to be found: the search answers ids and scores, so that which reading of the query it was, how well each
 * word of it stands, and which letters of the shown name are meant is worked out here, for the few titles that are shown.
 * The figures are the search's own (`port.ts`): a word as it stands 1, as a beginning ¾, ½ and ¼ for typos.
 */
import type { Highlight } from "@thewatcher/contracts/api/search";
import type { SearchDocument } from "@thewatcher/stores/search/port";
import {
  QUALITY_BEGINNING,
  QUALITY_BY_TYPOS,
  QUALITY_EXACT,
  typosAllowed,
  typosInBeginning,
} from "@thewatcher/stores/search/score";
import { wordsOf } from "@thewatcher/stores/search/words";
import { joinedOf } from "./search-documents.ts";
import { type QueryReading, SOUND } from "./search-readings.ts";
import { LETTERS, soundsOf } from "./search-sound.ts";

/** Edits between two words, a swap of neighbours being one; at least `most` + 1 where there are more than `most`. */
export function editsBetween(a: string, b: string, most: number): number {
  return Math.min(...editsOfBeginnings(a, b, most).slice(-1));
}

/** For each beginning of `b` (none, one letter…), its edits from the whole of `a`; what is above `most` is `most` + 1. */
function editsOfBeginnings(a: string, b: string, most: number): number[] {
  const far = most + 1;
  let before: number[] = [];
  let row = Array.from({ length: a.length + 1 }, (_, i) => Math.min(far, i));
  const ends = [row[a.length]!];
  for (let j = 1; j <= b.length; j++) {
    const next = [Math.min(far, j)];
    let least = next[0]!;
    for (let i = 1; i <= a.length; i++) {
      let edits = Math.min(row[i - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1), row[i]! + 1, next[i - 1]! + 1, far);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, before[i - 2]! + 1);
      next.push(edits);
      least = Math.min(least, edits);
    }
    [before, row] = [row, next];
    ends.push(row[a.length]!);
    if (least > most) return [...ends, ...new Array(b.length - j).fill(far)];
  }
  return ends;
}

/** How well a word of a title stands for one of the query, 0: not at all. */
function qualityOf(asked: AskedWord, word: string): number {
  if (word === asked.word) return QUALITY_EXACT;
  if (asked.isBeginning && word.startsWith(asked.word)) return QUALITY_BEGINNING;
  const { typos, typosAtBeginning } = asked;
  if (typos === 0 || word.length < asked.word.length - typos) return 0;
  if (!asked.isBeginning && word.length > asked.word.length + typos) return 0;
  const ends = editsOfBeginnings(asked.word, word, typos);
  const edits = ends.at(-1)!;
  const whole = edits <= typos ? QUALITY_BY_TYPOS[edits as 0 | 1 | 2] : 0;
  if (typosAtBeginning === 0) return whole;
  const begun = Math.min(...ends.slice(3));
  return Math.max(whole, begun <= typosAtBeginning ? QUALITY_BEGINNING * QUALITY_BY_TYPOS[begun as 0 | 1 | 2] : 0);
}

interface AskedWord {
  readonly word: string;
  readonly isBeginning: boolean;
  readonly typos: 0 | 1 | 2;
  readonly typosAtBeginning: 0 | 1 | 2;
}

function askedWordsOf(text: string): AskedWord[] {
  const words = wordsOf(text, LETTERS);
  const isUnfinished = /[\p{L}\p{M}\p{N}]$/u.test(text);
  return typosAllowed(words, 2).map((typos, i) => {
    const isBeginning = isUnfinished && i === words.length - 1;
    const word = words[i]!;
    return { word, isBeginning, typos, typosAtBeginning: isBeginning ? typosInBeginning(word, typos) : 0 };
  });
}

export interface Match {
  readonly reading: QueryReading;
  /** The least of its words'. */
  readonly worst: number;
  /** Of its words, weighed by their letters. */
  readonly mean: number;
  /** Whether the words are all of one name or one person, and there is no other word in it. */
  readonly isWhole: boolean;
  /** The name or the person that has most of them. */
  readonly text: string;
  readonly isName: boolean;
}

interface Candidate {
  readonly text: string;
  readonly isName: boolean;
  readonly words: readonly string[];
  readonly sounds: readonly string[];
}

/** Names and people of a title, with what the index has of them. */
export interface Matchable {
  readonly candidates: readonly Candidate[];
}

export function matchableOf(names: readonly string[], people: readonly string[], document: SearchDocument): Matchable {
  const candidate = (text: string, isName: boolean): Candidate => ({
    text,
    isName,
    words: wordsOf(text, LETTERS),
    sounds: soundsOf(text),
  });
  const forms = [document.fields.nameForms ?? []].flat().map(String);
  const formWords = forms.flatMap((form) => form.split(" "));
  return {
    candidates: [
      ...names.map((name) => candidate(name, true)),
      ...people.map((name) => candidate(name, false)),
      // Words in another form belong to no text that is shown.
      { text: names[0] ?? "", isName: true, words: formWords, sounds: joinedOf(soundsOf(names[0] ?? "")) },
    ],
  };
}

/** The best reading of a query for a title; undefined where none of them has all its words. */
export function matchOf(readings: readonly QueryReading[], { candidates }: Matchable): Match | undefined {
  let best: (Match & { readonly rank: number }) | undefined;
  for (const reading of readings) {
    const isSound = reading.asked.group === SOUND;
    const asked = askedWordsOf(reading.asked.text);
    if (asked.length === 0) continue;
    const letters = asked.reduce((sum, { word }) => sum + word.length, 0);
    const found = candidates.map((candidate) =>
      asked.map((word) =>
        Math.max(0, ...(isSound ? candidate.sounds : candidate.words).map((one) => qualityOf(word, one))),
      ),
    );
    const ofWords = asked.map((_, i) => Math.max(...found.map((qualities) => qualities[i]!)));
    const worst = Math.min(...ofWords);
    if (worst === 0) continue;
    const mean = ofWords.reduce((sum, quality, i) => sum + quality * asked[i]!.word.length, 0) / letters;
    const totals = found.map((qualities) => qualities.reduce((sum, quality) => sum + quality, 0));
    const place = totals.indexOf(Math.max(...totals));
    const candidate = candidates[place]!;
    const of = isSound ? candidate.sounds : candidate.words;
    const isWhole = found.some(
      (qualities, i) =>
        qualities.every((quality) => quality > 0) &&
        (isSound ? candidates[i]!.sounds : candidates[i]!.words).length === asked.length,
    );
    const rank = mean - (isSound ? 0.1 : 0);
    if (!best || rank > best.rank + 1e-9) {
      best = {
        reading,
        worst,
        mean,
        isWhole: isWhole && of.length > 0,
        text: candidate.text,
        isName: candidate.isName,
        rank,
      };
    }
  }
  return best;
}

/** What of the shown name the query's words are. */
export function highlightsOf(name: string, reading: QueryReading): Highlight[] {
  const isSound = reading.asked.group === SOUND;
  const asked = askedWordsOf(reading.asked.text);
  const parts = [...name.matchAll(/[\p{L}\p{M}\p{N}]+(?:['’ʼ`][\p{L}\p{M}\p{N}]+)*/gu)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    text: match[0],
    keys: isSound ? soundsOf(match[0]) : wordsOf(match[0], LETTERS),
  }));
  const marked: Highlight[] = [];
  parts.forEach(({ from, to, text, keys }, i) => {
    const next = parts[i + 1];
    for (const word of asked) {
      const quality = Math.max(0, ...keys.map((key) => qualityOf(word, key)));
      if (quality > 0) {
        // A beginning as it stands marks what was typed, where letters stand one for one.
        const isPart = quality === QUALITY_BEGINNING && !isSound && text.length === keys[0]?.length;
        marked.push({ from, to: isPart ? from + word.word.length : to });
      } else if (next && keys.length === 1 && next.keys.length === 1) {
        if (qualityOf(word, `${keys[0]}${next.keys[0]}`) > 0) marked.push({ from, to: next.to });
      }
    }
  });
  marked.sort((a, b) => a.from - b.from || b.to - a.to);
  const apart: { from: number; to: number }[] = [];
  for (const { from, to } of marked) {
    const last = apart.at(-1);
    if (last && from < last.to) last.to = Math.max(last.to, to);
    else apart.push({ from, to });
  }
  return apart;
}
