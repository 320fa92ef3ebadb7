/**
 * A title as the search knows it: its names in all languages, the same joined and by sound, its people, and what filters
 * and counts go by. What belongs to whom at which weight is here, and nowhere else.
 */
import type { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { LOCALES, type Texts } from "@thewatcher/contracts/locales";
import { UNKNOWN_AGE_MARK, visibilityOf } from "@thewatcher/contracts/visibility";
import type { SearchDocument, SearchFilter, SearchSchema } from "@thewatcher/stores/search/port";
import { wordsOf } from "@thewatcher/stores/search/words";
import { numberFormsOf } from "./search-numbers.ts";
import { CONSONANTS, SOUND } from "./search-readings.ts";
import { consonantsOf, LETTERS, soundsOf } from "./search-sound.ts";

/**
 * A name as it stands is worth more than the same by sound, and any name more than a person. With typos they are worth the
 * same, the least of them.
 */
export const SCHEMA: SearchSchema = {
  fields: {
    name: { kind: "text", weight: 16 },
    /** Words of the name in another form: joined, numbers in digits and letters. */
    nameForms: { kind: "text", weight: 12 },
    people: { kind: "text", weight: 6 },
    nameSound: { kind: "text", weight: 10, group: SOUND },
    peopleSound: { kind: "text", weight: 4, group: SOUND },
    nameConsonants: { kind: "text", weight: 8, group: CONSONANTS },
    genre: { kind: "keyword" },
    kind: { kind: "keyword" },
    country: { kind: "keyword" },
    decade: { kind: "keyword" },
    openIn: { kind: "keyword" },
    closedIn: { kind: "keyword" },
    age: { kind: "number" },
    votes: { kind: "number" },
    year: { kind: "number" },
  },
  orderBy: "votes",
  letters: LETTERS,
};

/** Names of more words are joined in pairs alone. */
export const JOINED_WORDS_MAX = 6;
/** A title of so many credits is found by the first of them: the leading roles. */
const PEOPLE_MAX = 60;
/** Stands for every country that no window names. */
const ELSEWHERE = "*";

/** Texts of a title that people search by, each once. */
export function namesOf(title: Pick<CatalogueTitle, "name" | "originalName" | "names">): string[] {
  return distinct([...LOCALES.map((locale) => title.names[locale]), title.name, title.originalName]);
}

export function peopleOf(title: Pick<CatalogueTitle, "people" | "directors">): string[] {
  return distinct([
    ...title.people
      .slice(0, PEOPLE_MAX)
      .flatMap(({ name, names }: { name: string; names: Texts }) => [...LOCALES.map((locale) => names[locale]), name]),
    ...title.directors,
  ]);
}

const distinct = (texts: readonly (string | null | undefined)[]): string[] =>
  [...new Set(texts.filter((text) => text !== null && text !== undefined && text !== ""))] as string[];

/** All pairs of longer names would be more words than all others together, and nobody joins those. */
const PAIRED_WORDS_MAX = 3;

/**
 * `spider-man` is found by `spiderman`: neighbours without what stood between them, and the whole of a short name. Of a
 * longer name only neighbours without a space between them.
 */
export function joinedOf(name: string, wordsIn: (text: string) => readonly string[]): string[] {
  const words = wordsIn(name);
  const pairs = (of: readonly string[]) => of.slice(1).map((word, i) => `${of[i]}${word}`);
  const paired =
    words.length <= PAIRED_WORDS_MAX ? pairs(words) : name.split(/\s+/).flatMap((part) => pairs(wordsIn(part)));
  const whole = wholeJoinedOf(words);
  return whole === undefined || words.length === 2 ? paired : [...paired, whole];
}

export const wholeJoinedOf = (words: readonly string[]): string | undefined =>
  words.length > 1 && words.length <= JOINED_WORDS_MAX ? words.join("") : undefined;

function formsOf(name: string): string[] {
  const words = wordsOf(name, LETTERS);
  const forms = [...joinedOf(name, (text) => wordsOf(text, LETTERS)), ...words.flatMap(numberFormsOf)];
  return forms.length === 0 ? [] : [forms.join(" ")];
}

function soundFormsOf(name: string): string[] {
  return [soundsOf(name).join(" "), ...joinedOf(name, (text) => soundsOf(text))].filter((text) => text !== "");
}

function consonantFormsOf(name: string): string[] {
  return [consonantsOf(name).join(" "), ...joinedOf(name, consonantsOf)].filter((text) => text !== "");
}

/** Everywhere, but for `closedIn`; or in the countries named alone. As of one instant. */
export function opennessOf(
  { rights }: Pick<CatalogueTitle, "rights">,
  at: number,
): { readonly openIn: string[]; readonly closedIn: string[] } {
  const named = [
    ...new Set(rights?.flatMap(({ countries, exceptCountries }) => [...(countries ?? []), ...exceptCountries])),
  ];
  const isOpen = (country: string) =>
    visibilityOf({ ageMark: 0, rights }, { country, ageLimit: null, at }).kind === "visible";
  if (!isOpen(ELSEWHERE)) return { openIn: named.filter(isOpen), closedIn: [] };
  return { openIn: [ELSEWHERE], closedIn: named.filter((country) => !isOpen(country)) };
}

/** The titles that exist for a viewer, as far as an index of that instant can tell. */
export const visibleTo = (viewer: { readonly country: string; readonly ageLimit: number | null }): SearchFilter[] => [
  { field: "openIn", anyOf: [ELSEWHERE, viewer.country] },
  { field: "closedIn", noneOf: [viewer.country] },
  ...(viewer.ageLimit === null ? [] : [{ field: "age", atMost: viewer.ageLimit }]),
];

export function documentOf(title: CatalogueTitle, at: number): SearchDocument {
  const names = namesOf(title);
  const people = peopleOf(title);
  const { openIn, closedIn } = opennessOf(title, at);
  return {
    id: title.titleId,
    fields: {
      name: names,
      nameForms: distinct(names.flatMap(formsOf)),
      people: [...people, ...(title.year === null ? [] : [String(title.year)])],
      nameSound: distinct(names.flatMap(soundFormsOf)),
      peopleSound: distinct(people.map((name) => soundsOf(name).join(" "))),
      nameConsonants: distinct(names.flatMap(consonantFormsOf)),
      genre: title.genres,
      kind: title.kind,
      country: title.countries,
      decade: title.year === null ? [] : String(Math.floor(title.year / 10) * 10),
      openIn,
      closedIn,
      age: title.ageMark ?? UNKNOWN_AGE_MARK,
      votes: title.scoreVotes ?? 0,
      ...(title.year === null ? {} : { year: title.year }),
    },
  };
}
