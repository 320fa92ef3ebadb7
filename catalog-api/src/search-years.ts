/**
 * When a title is from, said in a query beside its name: `терминатр 1984`, `(1984)`, `1980s`, `80-х`, and 19 or 198 while it is
 * being typed. It is no part of the name there, so it allows no typos to the name and takes none from it: the name is looked for
 * without it, among titles of that time. A name that is a year (`1917`, `Blade Runner 2049`) is found as it stands before.
 */

/** Who remembers a year remembers the première or the release. */
const YEARS_OFF_MAX = 1;

export interface Dated {
  /** The query without it, finished where it stood behind. */
  readonly text: string;
  readonly atLeast: number;
  readonly atMost: number;
}

const NO_WORD_BEFORE = "(?<![\\p{L}\\p{M}\\p{N}])";
const NO_WORD_BEHIND = "(?![\\p{L}\\p{M}\\p{N}])";
/** `1984`, `1984 года`, `in 1984`. */
const YEAR = new RegExp(
  `${NO_WORD_BEFORE}((?:18|19|20)\\d\\d)(?:\\s*(?:г|год|года|году|годзе|year))?${NO_WORD_BEHIND}`,
  "giu",
);
/** `1980s`, `80s`, `80-х`, `1980-е`, `90-х годов`. */
const DECADE = new RegExp(
  `${NO_WORD_BEFORE}((?:18|19|20)?\\d0)['’]?-?(?:s|х|е|ых|ые|я|ыя)(?:\\s*(?:г|гг|годов|годы|гадоў|гады))?${NO_WORD_BEHIND}`,
  "giu",
);
/** At the end alone, where it may become a year yet. */
const BEGUN_YEAR = new RegExp(`${NO_WORD_BEFORE}((?:18|19|20)\\d?)$`, "gu");
/** Decades without their century are those of film: the 1930s to the 2020s. */
const FIRST_SHORT_DECADE = 30;

const around = (year: number) => ({ atLeast: year - YEARS_OFF_MAX, atMost: year + YEARS_OFF_MAX });

function decadeOf(digits: string): { readonly atLeast: number; readonly atMost: number } {
  const year = Number(digits);
  const atLeast = digits.length === 4 ? year : year >= FIRST_SHORT_DECADE ? 1900 + year : 2000 + year;
  return { atLeast, atMost: atLeast + 9 };
}

/** Of `2001: a space odyssey 1968` the last is meant; of `1968 2001: …` the one before. */
const DATES_MAX = 2;

/** Times that a query names, where it names something else too; the last first. */
export function datesOf(text: string): Dated[] {
  const found = [
    ...[...text.matchAll(YEAR)].map((match) => ({ match, ...around(Number(match[1])) })),
    ...[...text.matchAll(DECADE)].map((match) => ({ match, ...decadeOf(match[1]!) })),
    ...[...text.matchAll(BEGUN_YEAR)].map((match) => ({
      match,
      atLeast: Number(match[1]!.padEnd(4, "0")),
      atMost: Number(match[1]!.padEnd(4, "9")),
    })),
  ];
  return found
    .sort((a, b) => b.match.index - a.match.index)
    .slice(0, DATES_MAX)
    .map(({ match, atLeast, atMost }) => {
      const behind = match.index + match[0].length;
      return { text: `${text.slice(0, match.index)} ${text.slice(behind)}`, atLeast, atMost };
    })
    .filter((dated) => /[\p{L}\p{N}]/u.test(dated.text));
}
