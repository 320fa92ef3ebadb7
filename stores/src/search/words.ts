/**
 * Texts to words, the same for documents and queries and for every adapter. Words are runs of letters, marks and digits:
 * a hyphen or an apostrophe ends one, except the apostrophe of Belarusian and English, which is dropped (`сям'я` → `сямя`,
 * `don't` → `dont`), since half of the keyboards don't have it. Marks of Latin letters go (`Amélie` → `amelie`): nobody
 * types them; й and ё are letters, and the schema's `letters` say what becomes of them.
 */
import type { SearchSchema } from "./port.ts";

const APOSTROPHES = /(?<=\p{L})['’ʼ`](?=\p{L})/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LATIN_MARKS = /(?<=\p{Script=Latin}\p{M}*)\p{M}/gu;
/** Elasticsearch refuses terms above 32 KB, and nobody types 64 letters without a space. */
const WORD_CHARACTERS_MAX = 64;

/** Of a schema's letters, made once: an index of 100,000 titles is some millions of words. */
const patterns = new WeakMap<object, RegExp>();
function patternOf(letters: NonNullable<SearchSchema["letters"]>): RegExp | undefined {
  const known = patterns.get(letters);
  if (known) return known;
  const all = Object.keys(letters);
  if (all.length === 0) return undefined;
  const made = new RegExp(all.map((letter) => letter.replace(/[\\^$.*+?()[\]{}|]/, "\\$&")).join("|"), "gu");
  patterns.set(letters, made);
  return made;
}

export function wordsOf(text: string, letters: SearchSchema["letters"]): string[] {
  // NFKC: й typed as и with a breve is й, ﬁ is fi, full-width digits are digits.
  const lower = text.normalize("NFKC").toLowerCase();
  const plain = lower.normalize("NFD").replace(LATIN_MARKS, "").normalize("NFKC").replace(APOSTROPHES, "");
  const folding = letters && patternOf(letters);
  return (plain.match(WORD) ?? []).map((word) => {
    const folded = folding ? word.replace(folding, (letter) => letters[letter] ?? letter) : word;
    return folded.length <= WORD_CHARACTERS_MAX ? folded : Array.from(folded).slice(0, WORD_CHARACTERS_MAX).join("");
  });
}
