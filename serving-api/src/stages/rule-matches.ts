/**
 * Which titles a rule means: a match (contracts/src/rules.ts) over the attributes of all titles, worked out once for a
 * view, as one bit a title. Conditions that ask the instant or the viewer's country (`addedWithinDays`,
 * `leavesWithinDays`) can't be: there the bit says "perhaps", worked out as if such a condition were both true and false
 * (Kleene's third value), and what is left of the match is asked of the title when a page is made.
 */
import type { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { type Match, partsOf } from "@thewatcher/contracts/rules";

const DAY_MS = 86_400_000;

/** What a rule may ask of a title. */
export type RuleAttributes = Pick<
  CatalogueTitle,
  "genres" | "countries" | "year" | "kind" | "ageMark" | "score" | "runtimeMinutes" | "source"
> & {
  readonly directors: readonly string[];
  /** Directors and the cast. */
  readonly people: readonly string[];
};

/** All titles, by a dense index. */
export interface RuleTitles {
  readonly titleCount: number;
  readonly indexOf: ReadonlyMap<string, number>;
  /** undefined: not in the catalogue; no rule means it. */
  readonly attributesOf: (index: number) => RuleAttributes | undefined;
  /** Milliseconds since the epoch; NaN: not known. */
  readonly addedAt: Float64Array;
  /** 1-based; 0: in no table. */
  readonly popularityRanks: Int32Array;
  readonly collections: readonly { readonly collectionId: string; readonly itemIndices: Int32Array }[];
  /** Where pins look for titles, best first. */
  readonly preference: Int32Array;
}

/** One bit a title. */
type Bits = Uint32Array;

/** What is left to ask when a page is made. */
type Question =
  | { readonly kind: "known"; readonly bits: Bits }
  | { readonly kind: "all" | "any"; readonly parts: readonly Question[] }
  | { readonly kind: "not"; readonly part: Question }
  | { readonly kind: "added" | "leaves"; readonly withinMs: number };

export interface TitleMatch {
  /** Set where the match holds, or may hold. */
  readonly possible: Bits;
  /** Of those, what is left to ask; undefined: nothing. */
  readonly question: Question | undefined;
}

/** Of the moment, for questions. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly addedAt: Float64Array;
  /** In the viewer's country; null: not known to leave. */
  readonly leavesAt: (index: number) => number | null;
}

export const isSet = (bits: Bits, index: number): boolean => ((bits[index >>> 5]! >>> (index & 31)) & 1) === 1;

const set = (bits: Bits, index: number): void => {
  bits[index >>> 5] = bits[index >>> 5]! | (1 << (index & 31));
};

const LISTED = ["genre", "country", "director", "person", "kind", "source"] as const;
type Listed = (typeof LISTED)[number];

function valuesOf(attributes: RuleAttributes, key: Listed): readonly string[] {
  switch (key) {
    case "genre":
      return attributes.genres;
    case "country":
      return attributes.countries;
    case "director":
      return attributes.directors;
    case "person":
      return attributes.people;
    case "kind":
      return [attributes.kind];
    case "source":
      return [attributes.source];
  }
}

const RANGED = ["year", "ageMark", "score", "runtimeMinutes"] as const;

/** `possible` and `certain` are one array where nothing is left to ask. */
interface Compiled {
  readonly possible: Bits;
  readonly certain: Bits;
  readonly question: Question;
}

/** All matches at once: one look at each title gathers what any of them asks for. */
export function compileMatches(matches: readonly Match[], titles: RuleTitles): TitleMatch[] {
  const { titleCount } = titles;
  const empty = (): Bits => new Uint32Array(Math.ceil(titleCount / 32));
  const wanted = new Map<Listed, Map<string, Bits>>(LISTED.map((key) => [key, new Map()]));
  const want = (match: Match): void => {
    for (const key of LISTED) for (const value of match[key] ?? []) wanted.get(key)!.set(value, empty());
    for (const part of partsOf(match)) want(part);
  };
  matches.forEach(want);
  const asked = LISTED.filter((key) => wanted.get(key)!.size > 0);

  const present = empty();
  const numbers = new Map(RANGED.map((key) => [key, new Float64Array(titleCount).fill(Number.NaN)]));
  for (let index = 0; index < titleCount; index++) {
    const attributes = titles.attributesOf(index);
    if (!attributes) continue;
    set(present, index);
    for (const key of asked) {
      const values = wanted.get(key)!;
      for (const value of valuesOf(attributes, key)) {
        const bits = values.get(value);
        if (bits) set(bits, index);
      }
    }
    for (const key of RANGED) numbers.get(key)![index] = attributes[key] ?? Number.NaN;
  }

  const known = (bits: Bits): Compiled => ({ possible: bits, certain: bits, question: { kind: "known", bits } });

  function compile(match: Match): Compiled {
    if (match.all) return join("all", match.all.map(compile));
    if (match.any) return join("any", match.any.map(compile));
    if (match.not) return negate(compile(match.not));
    for (const key of LISTED)
      if (match[key]) return known(either(match[key].map((value) => wanted.get(key)!.get(value)!)));
    for (const key of RANGED) if (match[key]) return known(within(numbers.get(key)!, match[key]));
    if (match.popularityRank)
      return known(
        within(
          Float64Array.from(titles.popularityRanks, (r) => r || Number.NaN),
          match.popularityRank,
        ),
      );
    if (match.collection) {
      const bits = empty();
      for (const { collectionId, itemIndices } of titles.collections) {
        if ((match.collection as readonly string[]).includes(collectionId))
          for (const index of itemIndices) set(bits, index);
      }
      return known(bits);
    }
    if (match.titleIds) {
      const bits = empty();
      for (const titleId of match.titleIds) {
        const index = titles.indexOf.get(titleId);
        if (index !== undefined) set(bits, index);
      }
      return known(bits);
    }
    // What is left asks the moment: perhaps, of every title.
    const withinMs = (match.addedWithinDays ?? match.leavesWithinDays ?? 0) * DAY_MS;
    return {
      possible: present,
      certain: empty(),
      question: { kind: match.addedWithinDays === undefined ? "leaves" : "added", withinMs },
    };
  }

  function join(kind: "all" | "any", parts: readonly Compiled[]): Compiled {
    const combine = kind === "all" ? common : either;
    const possible = combine(parts.map((part) => part.possible));
    if (parts.every((part) => part.possible === part.certain)) return known(possible);
    const certain = combine(parts.map((part) => part.certain));
    return { possible, certain, question: { kind, parts: parts.map(({ question }) => question) } };
  }

  function negate({ possible, certain, question }: Compiled): Compiled {
    const without = (bits: Bits): Bits => bits.map((word) => ~word);
    if (possible === certain) return known(without(possible));
    return { possible: without(certain), certain: without(possible), question: { kind: "not", part: question } };
  }

  return matches.map((match) => {
    const { possible, certain, question } = compile(match);
    return {
      possible: common([possible, present]),
      question: possible === certain ? undefined : question,
    };
  });
}

/** A title of which it is not known lies outside. */
function within(
  numbers: Float64Array,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
): Bits {
  const bits: Bits = new Uint32Array(Math.ceil(numbers.length / 32));
  const low = from ?? Number.NEGATIVE_INFINITY;
  const high = to ?? Number.POSITIVE_INFINITY;
  for (let index = 0; index < numbers.length; index++) {
    if (numbers[index]! >= low && numbers[index]! <= high) set(bits, index);
  }
  return bits;
}

const common = (all: readonly Bits[]): Bits =>
  all[0]!.map((_, word) => all.reduce((bits, each) => bits & each[word]!, -1));
const either = (all: readonly Bits[]): Bits =>
  all[0]!.map((_, word) => all.reduce((bits, each) => bits | each[word]!, 0));

/** Of a title whose bit is set. */
export function holds(question: Question, index: number, moment: Moment): boolean {
  switch (question.kind) {
    case "known":
      return isSet(question.bits, index);
    case "all":
      return question.parts.every((part) => holds(part, index, moment));
    case "any":
      return question.parts.some((part) => holds(part, index, moment));
    case "not":
      return !holds(question.part, index, moment);
    case "added": {
      const age = moment.at - moment.addedAt[index]!;
      return age >= 0 && age < question.withinMs;
    }
    case "leaves": {
      const leavesAt = moment.leavesAt(index);
      return leavesAt !== null && leavesAt > moment.at && leavesAt - moment.at <= question.withinMs;
    }
  }
}
