/** Numbers up to twenty in digits, in Roman ones and in words: whoever types "двенадцать обезьян" means "12 обезьян". */
const FORMS: readonly (readonly string[])[] = [
  ["1", "один", "адзин", "one"],
  ["2", "ii", "два", "две", "дзве", "two"],
  ["3", "iii", "три", "тры", "three"],
  ["4", "iv", "четыре", "чатыры", "four"],
  ["5", "v", "пять", "пяць", "five"],
  ["6", "vi", "шесть", "шесць", "six"],
  ["7", "vii", "семь", "сем", "seven"],
  ["8", "viii", "восемь", "восем", "eight"],
  ["9", "ix", "девять", "дзевяць", "nine"],
  ["10", "десять", "дзесяць", "ten"],
  ["11", "xi", "одиннадцать", "адзинаццаць", "eleven"],
  ["12", "xii", "двенадцать", "дванаццаць", "twelve"],
  ["13", "xiii", "тринадцать", "трынаццаць", "thirteen"],
  ["14", "xiv", "четырнадцать", "чатырнаццаць", "fourteen"],
  ["15", "xv", "пятнадцать", "пятнаццаць", "fifteen"],
  ["16", "xvi", "шестнадцать", "шаснаццаць", "sixteen"],
  ["17", "xvii", "семнадцать", "семнаццаць", "seventeen"],
  ["18", "xviii", "восемнадцать", "васямнаццаць", "eighteen"],
  ["19", "xix", "девятнадцать", "дзевятнаццаць", "nineteen"],
  ["20", "xx", "двадцать", "дваццаць", "twenty"],
];

const BY_FORM = new Map(FORMS.flatMap((forms) => forms.map((form) => [form, forms] as const)));

/**
 * The other ways to write the number that a word is, and the parts of one with digits (`x2` is also `2`). Words are as
 * `wordsOf` makes them, with и for і.
 */
export function numberFormsOf(word: string): string[] {
  const forms = BY_FORM.get(word) ?? [];
  const parts = /\p{L}/u.test(word) ? (word.match(/\d+|\p{L}+/gu) ?? []) : [];
  return [...forms.filter((form) => form !== word), ...(parts.length > 1 ? parts : [])];
}
