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
import { joinedOf, wholeJoinedOf } from "./search-documents.ts";
import { CONSONANTS, type QueryReading, SOUND } from "./search-readings.ts";
import { consonantsOf, LETTERS, soundsOf } from "./search-sound.ts";

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

/** Beyond these it is another word. */
const SOUND_EDITS_MAX = 12;

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
  /** In all its words together, and in the worst of them, of its letters: 0 where all stand as they are. */
  readonly errorRatio: number;
  readonly errorRatioMax: number;
  /** Letters that speak for it. */
  readonly letters: number;
  /** All words are of one name or one person. */
  readonly isOneText: boolean;
  /** And it has no other word; a beginning with a typo is no word. */
  readonly isWhole: boolean;
  /** One of its words is only the beginning of one. */
  readonly isUnfinished: boolean;
  readonly wordCount: number;
  /** How far the sounds of the query are from those of `text`, of their letters. */
  readonly soundRatio: number;
  /** The name or the person that has most of them. */
  readonly text: string;
}

interface Candidate {
  readonly text: string;
  /** Words in another form: of no text that is shown. */
  readonly isForms: boolean;
  readonly words: readonly string[];
  readonly sounds: readonly string[];
  readonly consonants: readonly string[];
}

/** Names and people of a title, with what the index has of them. */
export interface Matchable {
  readonly candidates: readonly Candidate[];
}

export function matchableOf(names: readonly string[], people: readonly string[], document: SearchDocument): Matchable {
  const forms = [document.fields.nameForms ?? []].flat().flatMap((form) => String(form).split(" "));
  const candidates: Candidate[] = [...names, ...people].map((text) => ({
    text,
    isForms: false,
    words: wordsOf(text, LETTERS),
    sounds: soundsOf(text),
    consonants: consonantsOf(text),
  }));
  for (const { text, words, sounds } of candidates.slice(0, names.length)) {
    const joined = wholeJoinedOf(words);
    const sound = wholeJoinedOf(sounds);
    if (joined === undefined || sound === undefined) continue;
    candidates.push({
      text,
      isForms: false,
      words: [joined],
      sounds: [sound],
      consonants: [consonantsOf(text).join("")],
    });
  }
  const sounds = names.flatMap((name) => joinedOf(name, (text) => soundsOf(text)));
  return { candidates: [...candidates, { text: names[0] ?? "", isForms: true, words: forms, sounds, consonants: [] }] };
}

const BEGUN_WITH_TYPOS: readonly number[] = [
  QUALITY_BEGINNING * QUALITY_BY_TYPOS[1],
  QUALITY_BEGINNING * QUALITY_BY_TYPOS[2],
];
const isBegunWithTypo = (quality: number) => BEGUN_WITH_TYPOS.includes(quality);
/** 1, ¾: none; ½, ⅜: one; ¼, 3⁄16: two. */
const editsOfQuality = (quality: number) => (quality >= QUALITY_BEGINNING ? 0 : quality > QUALITY_BY_TYPOS[2] ? 1 : 2);

/** The best reading of a query for a title; undefined where none of them has all its words. */
export function matchOf(readings: readonly QueryReading[], { candidates }: Matchable): Match | undefined {
  let best: (Match & { readonly rank: number }) | undefined;
  for (const reading of readings) {
    const { group } = reading.asked;
    const asked = askedWordsOf(reading.asked.text);
    if (asked.length === 0) continue;
    const wordsIn = ({ words, sounds, consonants }: Candidate) =>
      group === SOUND ? sounds : group === CONSONANTS ? consonants : words;
    const found = candidates.map((candidate) =>
      asked.map((word) => Math.max(0, ...wordsIn(candidate).map((one) => qualityOf(word, one)))),
    );
    const ofWords = asked.map((_, i) => Math.max(...found.map((qualities) => qualities[i]!)));
    if (Math.min(...ofWords) === 0) continue;
    const letters = asked.reduce((sum, { word }) => sum + word.length, 0);
    const errors = ofWords.map((quality) => editsOfQuality(quality));
    const errorRatio = errors.reduce<number>((sum, edits) => sum + edits, 0) / letters;
    const totals = found.map((qualities) => qualities.reduce((sum, quality) => sum + quality, 0));
    const place = totals.indexOf(Math.max(...totals));
    const isOneText = found.some((qualities) => qualities.every((quality) => quality > 0));
    const isWhole = found.some(
      (qualities, i) =>
        qualities.every((quality) => quality > 0 && !isBegunWithTypo(quality)) &&
        !candidates[i]!.isForms &&
        wordsIn(candidates[i]!).length === asked.length,
    );
    // As it is written before as it sounds, a whole name before a part of one.
    const rank = (group === undefined ? 0.05 : 0) + (isWhole ? 0.05 : 0) - errorRatio;
    if (best && rank <= best.rank) continue;
    const errorRatioMax = Math.max(...errors.map((edits, i) => edits / asked[i]!.word.length));
    const isUnfinished = ofWords.some((quality) => quality === QUALITY_BEGINNING || isBegunWithTypo(quality));
    const wordCount = asked.length;
    const { text, sounds } = candidates[place]!;
    const typedSounds = soundsOf(reading.text).join("");
    const soundRatio =
      editsBetween(typedSounds, sounds.join(""), SOUND_EDITS_MAX) /
      Math.max(1, typedSounds.length, sounds.join("").length);
    best = {
      ...{ reading, errorRatio, errorRatioMax, letters, isOneText, isWhole },
      ...{ isUnfinished, wordCount, soundRatio, text, rank },
    };
  }
  return best;
}

/** What of the shown name the query's words are. */
export function highlightsOf(name: string, reading: QueryReading): Highlight[] {
  const { group } = reading.asked;
  const isSound = group !== undefined;
  const keysOf = (text: string) =>
    group === SOUND ? soundsOf(text) : group === CONSONANTS ? consonantsOf(text) : wordsOf(text, LETTERS);
  const asked = askedWordsOf(reading.asked.text);
  const parts = [...name.matchAll(/[\p{L}\p{M}\p{N}]+(?:['’ʼ`][\p{L}\p{M}\p{N}]+)*/gu)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    text: match[0],
    keys: keysOf(match[0]),
  }));
  const marked: Highlight[] = [];
  for (const word of asked) {
    const found = parts.flatMap(({ from, to, text, keys }, i) => {
      const next = parts[i + 1];
      const quality = Math.max(0, ...keys.map((key) => qualityOf(word, key)));
      // A beginning as it stands marks what was typed, where letters stand one for one.
      const isPart = quality === QUALITY_BEGINNING && !isSound && text.length === keys[0]?.length;
      // Two words written as one: what ends within the first is a beginning of that one.
      const isPair = next?.keys.length === 1 && keys.length === 1 && word.word.length > keys[0]!.length;
      const joined = isPair ? `${keys[0]}${next.keys[0]}` : "";
      return [
        { quality, from, to: isPart ? from + word.word.length : to },
        { quality: next && joined !== "" ? qualityOf(word, joined) : 0, from, to: next?.to ?? to },
      ];
    });
    // `кольца` is no typo of `колец` where that stands.
    const best = Math.max(...found.map(({ quality }) => quality), 0);
    for (const { quality, from, to } of found) if (best > 0 && quality === best) marked.push({ from, to });
  }
  marked.sort((a, b) => a.from - b.from || b.to - a.to);
  const apart: { from: number; to: number }[] = [];
  for (const { from, to } of marked) {
    const last = apart.at(-1);
    if (last && from < last.to) last.to = Math.max(last.to, to);
    else apart.push({ from, to });
  }
  return apart;
}
