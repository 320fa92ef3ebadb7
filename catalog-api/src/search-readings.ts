/**
 * What a query may mean, besides what it says: the same keys in another keyboard layout, and the same sounds in another
 * alphabet. Readings are texts; the search takes the best of them for each title.
 *
 * Layouts: Russian (ЙЦУКЕН), Belarusian (the same with і at b, ў at o, ' at ]), English (QWERTY), all as Windows, macOS and
 * Linux ship them, with the signs that are letters elsewhere: `,` is б, `;` is ж, `.` is ю.
 */
import { QUERY_CHARACTERS_MAX, QUERY_READINGS_MAX, type SearchReading } from "@thewatcher/stores/search/port";
import { consonantsOf, soundsOf } from "./search-sound.ts";

/** The group of the fields that hold keys of sounds. */
export const SOUND = "sound";
/** That of their consonants. */
export const CONSONANTS = "consonants";

const KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю";
const BELARUSIAN = "ёйцукенгшўзх'фывапролджэячсмітьбю";
const SHIFTED: Readonly<Record<string, string>> = {
  "~": "`",
  "{": "[",
  "}": "]",
  ":": ";",
  '"': "'",
  "<": ",",
  ">": ".",
};

const tableOf = (from: string, to: string): ReadonlyMap<string, string> =>
  new Map(Array.from(from, (letter, i) => [letter, Array.from(to)[i]!] as const));
const LATIN_TO_RUSSIAN = tableOf(KEYS, RUSSIAN);
const LATIN_TO_BELARUSIAN = tableOf(KEYS, BELARUSIAN);
const CYRILLIC_TO_LATIN = new Map([...tableOf(BELARUSIAN.replace("'", "ъ"), KEYS), ...tableOf(RUSSIAN, KEYS)]);

const typeAgain = (text: string, table: ReadonlyMap<string, string>) =>
  Array.from(text.toLowerCase(), (letter) => table.get(SHIFTED[letter] ?? letter) ?? letter).join("");

export interface Layout {
  /** Which layout the keys are read in. */
  readonly layout: "ru" | "be" | "en";
  readonly text: string;
}

/** The same keys in the other layouts; those that differ from what was typed and from each other. */
export function layoutsOf(typed: string): Layout[] {
  // й and ё of two characters are keys of their own.
  const text = typed.normalize("NFC").toLowerCase();
  const layouts: Layout[] = [];
  if (/[a-z]/.test(text)) {
    layouts.push({ layout: "ru", text: typeAgain(text, LATIN_TO_RUSSIAN) });
    layouts.push({ layout: "be", text: typeAgain(text, LATIN_TO_BELARUSIAN) });
    // Where only и and і differ, they are read as one letter anyway.
    if (!/[o\]}]/.test(text)) layouts.pop();
  } else if (/\p{Script=Cyrillic}/u.test(text)) {
    const english = typeAgain(text, CYRILLIC_TO_LATIN);
    // Nobody means a word with a comma inside: those who type Cyrillic б mean it.
    if (!/\p{L}[[\];,.`]|[[\];,.`]\p{L}/u.test(english)) layouts.push({ layout: "en", text: english });
    // A Belarusian word typed on a Russian keyboard.
    if (/[щъ]/.test(text)) layouts.push({ layout: "be", text: text.replace(/щ/g, "ў").replace(/ъ/g, "'") });
  }
  return layouts;
}

/** Two letters sound like the beginning of a third of all titles. */
const SOUND_LETTERS_MIN = 3;

export type ReadingKind = "typed" | "layout" | "sound";

export interface QueryReading {
  readonly kind: ReadingKind;
  /** As a person would have typed it. */
  readonly text: string;
  /** What the search is asked. */
  readonly asked: SearchReading;
}

/** Behind a space the last word is finished, also in a reading. */
const ending = (text: string) => (/[\p{L}\p{M}\p{N}]$/u.test(text) ? "" : " ");

function soundReadings(text: string): SearchReading[] {
  const sounds = (["english", "romanised"] as const).map((spelling) => soundsOf(text, spelling).join(" "));
  return (
    [...new Set(sounds)]
      .filter((sound) => sound !== "")
      // A key may be longer than its word: x is ks.
      .map((sound) => ({ text: `${sound}${ending(text)}`.slice(0, QUERY_CHARACTERS_MAX), group: SOUND }))
  );
}

/** The likelier first: as typed, in other layouts, by sound. At most `QUERY_READINGS_MAX`. */
export function readingsOf(typed: string): QueryReading[] {
  const layouts = layoutsOf(typed);
  const isShort = (typed.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < SOUND_LETTERS_MIN;
  const asWritten: QueryReading[] = [
    { kind: "typed", text: typed, asked: { text: typed } },
    ...layouts.map(({ text }): QueryReading => ({ kind: "layout", text, asked: { text } })),
  ];
  const sounding = isShort
    ? []
    : [
        ...soundReadings(typed).map((asked): QueryReading => ({ kind: "sound", text: typed, asked })),
        // The other layout is no romanisation: who can type Cyrillic does.
        ...layouts.flatMap(({ text }) =>
          soundReadings(text)
            .slice(0, 1)
            .map((asked): QueryReading => ({ kind: "layout", text, asked })),
        ),
      ];
  return [...asWritten, ...sounding].slice(0, QUERY_READINGS_MAX);
}

/** The last resort: consonants of what was typed and of the other layouts. */
export function consonantReadingsOf(typed: string): QueryReading[] {
  const readings = [
    { kind: "sound" as const, text: typed },
    ...layoutsOf(typed).map(({ text }) => ({ kind: "layout" as const, text })),
  ];
  return readings.flatMap(({ kind, text }) => {
    const consonants = consonantsOf(text).join(" ");
    if (consonants === "") return [];
    // Consonants of an unfinished word begin too much.
    return [
      { kind, text, asked: { text: `${consonants} `.slice(0, QUERY_CHARACTERS_MAX), group: CONSONANTS, typosMax: 1 } },
    ];
  });
}
