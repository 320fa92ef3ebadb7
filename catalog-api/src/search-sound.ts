/**
 * How a word sounds, roughly: one key for what is written in Cyrillic and in Latin, by any romanisation, and for an English
 * name written as it is heard ("Матрикс", "Файт клаб"). Two texts with one key, or within typos of it, may be the same name.
 *
 * A key is not a transliteration: what people write in several ways falls together. о is а (unstressed they sound alike, and
 * Belarusian writes them so), з is с, щ is ш, ы and й are и, ь and ъ are nothing, и before а е у is nothing (`ия`, `iya`, `ja`),
 * doubled letters are one. The letters of keys: a b v g d e j s i k l m n p r t u f h c q w, where c is ц, q is ч, w is ш, j is ж.
 *
 * Latin has two keys, since nobody can know which is meant: that of English spelling (c as in city and club, x as in Matrix,
 * a silent e) and that of a romanisation (c is ц, x is х, 4 is ч). Names have the first, queries both. Sources of the
 * romanisations: BGN/PCGN 1947, ISO 9:1995, GOST 7.79 B, passports (ICAO 9303), and what chats write.
 */
import { wordsOf } from "@thewatcher/stores/search/words";

/** Letters that are read as one in names and queries. */
export const LETTERS: Readonly<Record<string, string>> = {
  ...{ ё: "е", э: "е", й: "и", і: "и", ї: "и", ў: "у", ґ: "г", є: "е", ъ: "" },
  ...{ ø: "o", ł: "l", ß: "ss", æ: "ae", œ: "oe", đ: "d", ð: "d", þ: "th", ı: "i" },
};

type Rule = readonly [from: RegExp, to: string];

const CYRILLIC: readonly Rule[] = [
  [/дз/g, "д"],
  [/дж/g, "ж"],
  [/шч/g, "ш"],
  [/т[сц]/g, "ц"],
  [/тч/g, "ч"],
];
const LETTERS_OF_KEY = {
  ...{ а: "a", б: "b", в: "v", г: "g", д: "d", е: "e", ж: "j", з: "s", и: "i", к: "k", л: "l", м: "m", н: "n", о: "a" },
  ...{ п: "p", р: "r", с: "s", т: "t", у: "u", ф: "f", х: "h", ц: "c", ч: "q", ш: "w", щ: "w", ы: "i", ь: "", ю: "iu" },
  ...{ я: "ia" },
} as const;

/** Latin letters in a Cyrillic word stand there for what they look like: the i of a keyboard without і. */
const LOOKALIKES = {
  ...{ a: "а", b: "в", c: "с", d: "д", e: "е", f: "ф", g: "г", h: "н", i: "и", j: "и", k: "к", l: "л", m: "м" },
  ...{ n: "н", o: "о", p: "р", q: "к", r: "г", s: "с", t: "т", u: "у", v: "в", w: "в", x: "х", y: "у", z: "з" },
} as const;

const ENGLISH: readonly Rule[] = [
  [/tion\b/g, "Шn"],
  [/igh(?!e)/g, "ai"],
  [/s(?:h?c)?h/g, "Ш"],
  [/t?ch/g, "Ч"],
  [/ph/g, "f"],
  [/th/g, "t"],
  [/ck/g, "k"],
  [/wh/g, "v"],
  [/kh/g, "h"],
  [/zh/g, "j"],
  [/t[sz]/g, "Ц"],
  [/qu/g, "kv"],
  [/c(?=[eiy])/g, "s"],
  [/c/g, "k"],
  [/x/g, "ks"],
  [/e[ea]/g, "i"],
  [/oo/g, "u"],
  [/(?<=..[^aeiouy])e\b/g, ""],
  [/h(?![aeiouy])/g, ""],
];
const ROMANISED: readonly Rule[] = [
  [/(?<=\p{L})4|4(?=\p{L})/gu, "ch"],
  [/(?<=\p{L})6|6(?=\p{L})/gu, "sh"],
  [/s(?:h?c)?h/g, "Ш"],
  [/d?zh|dj/g, "Ж"],
  [/kh/g, "h"],
  [/ch/g, "Ч"],
  [/t[scz]/g, "Ц"],
  [/c/g, "Ц"],
  [/x(?=.)|(?<=.)x/g, "h"],
  [/x/g, "ks"],
  [/[yj]o/g, "e"],
  [/j/g, "i"],
];
/** The capitals are sounds that are named already: the w and q that are left are those of Latin. */
const FINISH_LATIN: readonly Rule[] = [
  [/w/g, "v"],
  [/q/g, "k"],
  [/y/g, "i"],
  [/z/g, "s"],
  [/o/g, "a"],
  [/Ш/g, "w"],
  [/Ч/g, "q"],
  [/Ц/g, "c"],
  [/Ж/g, "j"],
];
const FINISH: readonly Rule[] = [
  [/(.)\1+/g, "$1"],
  [/i(?=[aeu])/g, ""],
  [/(.)\1+/g, "$1"],
];

const apply = (text: string, rules: readonly Rule[]) =>
  rules.reduce((done, [from, to]) => done.replace(from, to), text);

/** Names share their words: an index of 100,000 titles asks for 10,000 words, each a hundred times. */
const KNOWN_MAX = 50_000;
const known = { english: new Map<string, string>(), romanised: new Map<string, string>() };

function soundOfWord(word: string, spelling: "english" | "romanised"): string {
  const found = known[spelling].get(word);
  if (found !== undefined) return found;
  const made = makeSound(word, spelling);
  if (known[spelling].size >= KNOWN_MAX) known[spelling].clear();
  known[spelling].set(word, made);
  return made;
}

function makeSound(word: string, spelling: "english" | "romanised"): string {
  if (/\p{Script=Cyrillic}/u.test(word)) {
    const cyrillic = word.replace(/[a-z]/g, (letter) => LOOKALIKES[letter as keyof typeof LOOKALIKES]);
    const letters = Array.from(apply(cyrillic, CYRILLIC), (letter) =>
      Object.hasOwn(LETTERS_OF_KEY, letter) ? LETTERS_OF_KEY[letter as keyof typeof LETTERS_OF_KEY] : letter,
    );
    return apply(letters.join(""), FINISH);
  }
  if (!/[a-z]/.test(word)) return word;
  const spelled = apply(word, spelling === "english" ? ENGLISH : ROMANISED);
  return apply(apply(spelled, FINISH_LATIN), FINISH);
}

/** Key of each word, in their order; a word of soft signs alone has none. */
export function soundsOf(text: string, spelling: "english" | "romanised" = "english"): string[] {
  return wordsOf(text, LETTERS)
    .map((word) => soundOfWord(word, spelling))
    .filter((sound) => sound !== "");
}

const BARE: readonly Rule[] = [
  [/\bthe\b|\ban?\b/g, ""],
  [/\bkn/g, "n"],
  [/\bwr/g, "r"],
  [/g(?=e)/g, "j"],
  [/w(?![aeiouyh])/g, ""],
  [/igh/g, "i"],
];
/** Harry is Гарри, and what ц is depends on where a word is cut. */
const BARE_FINISH: readonly Rule[] = [
  [/[aeiou]/g, ""],
  [/c/g, "ts"],
  [/h/g, "g"],
  [/(.)\1+/g, "$1"],
];
/** у before a vowel is the w of "уолли"; зе is the article. */
const BARE_CYRILLIC: readonly Rule[] = [
  [/^з[еэ]$/, ""],
  [/у(?=[аоеэи])/g, "в"],
];

/**
 * The consonants alone: vowels are what English and its spelling in Cyrillic agree on least ("айрон мен", "бэк ту зе фьючер").
 * A word without consonants has none, nor has an article.
 */
export function consonantsOf(text: string): string[] {
  return wordsOf(text, LETTERS)
    .map((word) => soundOfWord(apply(word, /\p{Script=Cyrillic}/u.test(word) ? BARE_CYRILLIC : BARE), "english"))
    .map((sound) => apply(sound, BARE_FINISH))
    .filter((sound) => sound !== "");
}
