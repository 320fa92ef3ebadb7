/**
 * Search as somebody types. The search finds and orders (its port says how); here is what it is asked and what becomes of
 * its answer: cards in the asker's language, only of titles that exist for him, or "we don't have it".
 *
 * Steps, the next one only where the one before found too little:
 * 1. what was typed and the same keys in other layouts (`search-readings.ts`), the last word as a beginning; then also by
 *    sound;
 * 2. the same with typos: what was typed, and all readings by sound, also with its words joined. A key of a sound is nearly as
 *    long as its word, so that typos of a name are typos of its key, and one lookup serves both alphabets;
 * 3. the consonants alone, for English names that are written as they are heard;
 * 4. the query without words that say what it is ("фильм", "watch online"), from 1 on;
 * 5. the query without when it is from (`search-years.ts`), from 1 on, among titles of that time.
 * Then, if what was found is not what was asked for (`isMeant`), the nearest: 2, and with a word left out.
 */
import type { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import {
  type FacetView,
  SEARCH_NEAREST_MAX,
  type SearchHit,
  type SearchPage,
  type SearchReadingView,
} from "@thewatcher/contracts/api/search";
import { genreNameOf } from "@thewatcher/contracts/title-card";
import type {
  FacetValue,
  SearchAnswer,
  SearchFilter,
  SearchReading,
  SearchRequest,
} from "@thewatcher/stores/search/port";
import { QUERY_CHARACTERS_MAX, QUERY_READINGS_MAX, QUERY_WORDS_MAX } from "@thewatcher/stores/search/port";
import { wordsOf } from "@thewatcher/stores/search/words";
import { type Asker, cardFor, seen } from "./askers.ts";
import { documentOf, JOINED_WORDS_MAX, namesOf, peopleOf, visibleTo } from "./search-documents.ts";
import { highlightsOf, type Match, type Matchable, matchableOf, matchOf } from "./search-match.ts";
import { CONSONANTS, consonantReadingsOf, type QueryReading, readingsOf, SOUND } from "./search-readings.ts";
import { consonantsOf, LETTERS, soundsOf } from "./search-sound.ts";
import { datesOf } from "./search-years.ts";

export const COLLECTION = "titles";
/** Fewer than this found as it stands, and it is looked for with typos. */
const ENOUGH = 3;
/** Beyond what is shown: titles that ceased to exist for the viewer since the index was made. */
const SPARE_HITS = 20;
const FACET_VALUES = 30;
const FACETS = ["genre", "kind", "decade", "country"] as const;
/** Words left out one by one, for what comes near. */
const LEFT_OUT_MAX = 6;
/** Words that say what is looked for, not its name. */
const IDLE_WORDS: ReadonlySet<string> = new Set(
  wordsOf(
    "фильм фильмы фильма кино сериал сериалы мультфильм мультик смотреть онлайн бесплатно серыял глядзець анлайн movie film series watch online free",
    LETTERS,
  ),
);

export interface TitlesQuery {
  readonly text: string;
  readonly limit: number;
  readonly filters: { readonly [Name in (typeof FACETS)[number]]?: string | undefined };
}

export interface SearchTitlesDeps {
  /** Over the collection `titles`, from whichever index answers. */
  ask(request: SearchRequest): Promise<SearchAnswer>;
  /** What is known of a title now. */
  title(titleId: string): CatalogueTitle | undefined;
}

interface Found {
  readonly title: CatalogueTitle;
  readonly match: Match | undefined;
}

/** Without idle words; undefined where there are none, or nothing else. */
function tellingOf(text: string): string | undefined {
  const words = text.split(/\s+/u);
  const telling = words.filter((word) => !IDLE_WORDS.has(wordsOf(word, LETTERS).join("")));
  return telling.length < words.length && telling.some((word) => word !== "") ? telling.join(" ") : undefined;
}

const hasFew = ({ total }: SearchAnswer) => total < ENOUGH;

/** Step 2's readings, in the port's bound. */
function forgivingOf(readings: readonly QueryReading[], text: string): QueryReading[] {
  const forgiving = readings.map((reading): QueryReading => {
    const mayErr = reading.kind === "typed" || reading.asked.group === SOUND;
    return { ...reading, asked: { ...reading.asked, typosMax: mayErr ? 2 : 0 } };
  });
  const sounds = soundsOf(text);
  if (sounds.length > 1 && sounds.length <= JOINED_WORDS_MAX) {
    forgiving.push({
      kind: "sound",
      text,
      // Finished: `ted lasso` joined begins, but for a typo, what sounds like "the Loss of".
      asked: { text: `${sounds.join("").slice(0, QUERY_CHARACTERS_MAX - 1)} `, group: SOUND, typosMax: 2 },
    });
  }
  return forgiving.slice(0, QUERY_READINGS_MAX);
}

/** What is meant before what is merely near, each as the search orders them. */
function meantFirst(found: readonly Found[]): Found[] {
  const meant = found.filter(({ match }) => isMeant(match));
  return [...meant, ...found.filter(({ match }) => !isMeant(match))];
}

const asked = (readings: readonly QueryReading[]): SearchReading[] => readings.map((reading) => reading.asked);

/** Typos of a whole name of several words: of seven letters two may be others (`рейн мэн`). */
const ERROR_RATIO_OF_WHOLE_MAX = 0.29;
/** Of one word: two of seven letters as it is written, one of six by sound (`барби` sounds like `Bobby`, `паразиты` like `Dark City`). */
const ERROR_RATIO_OF_WORD_MAX = 0.29;
const ERROR_RATIO_OF_SOUND_MAX = 0.17;
/** Of each word of a part of a name: one of six letters. With one of five `джокер` would be `Jackie Brown`. */
const ERROR_RATIO_OF_PART_MAX = 0.19;
/** Or of all of its words, where they are several: one of nine letters. With one of eight `john wick` would be `John Q`. */
const ERROR_RATIO_OF_PARTS_MAX = 0.12;
/** What is read in another way than it is written says nothing in fewer letters. */
const LETTERS_OTHERWISE_MIN = 3;

/**
 * Whether this is what was asked for: every word of the query stands there, as it is or as a beginning; or with so few
 * typos that it is hardly another name. Chosen on the tuning half of the gold set.
 */
export function isMeant(match: Match | undefined): boolean {
  if (!match) return false;
  if (match.reading.kind !== "typed" && match.letters < LETTERS_OTHERWISE_MIN) return false;
  const { isWhole, isOneText, errorRatio, wordCount } = match;
  const isSound = match.reading.asked.group !== undefined;
  // `john wick` by sound begins with John Lithgow's and Vicky's first names.
  if (errorRatio === 0 && match.reading.asked.group !== CONSONANTS) return isOneText || !isSound || !match.isUnfinished;
  if (match.reading.asked.group === CONSONANTS) return isMeantByConsonants(match);
  // Vowels apart, it is the same: `рэмбо`.
  if (isWhole && isSound && match.soundRatio <= ERROR_RATIO_OF_WORD_MAX && hasConsonantsOf(match)) return true;
  if (isWhole && wordCount > 1) return errorRatio <= ERROR_RATIO_OF_WHOLE_MAX;
  if (isWhole) return errorRatio <= (isSound ? ERROR_RATIO_OF_SOUND_MAX : ERROR_RATIO_OF_WORD_MAX);
  if (!isOneText) return false;
  return match.errorRatioMax <= ERROR_RATIO_OF_PART_MAX || (wordCount > 1 && errorRatio <= ERROR_RATIO_OF_PARTS_MAX);
}

const hasConsonantsOf = ({ reading, text }: Match) =>
  consonantsOf(reading.text).join("") === consonantsOf(text).join("");

/** Consonants of a whole name; of a part of one, where they are many. Of one word its vowels have to speak for it too. */
function isMeantByConsonants({ isWhole, isOneText, errorRatio, letters, wordCount, soundRatio }: Match): boolean {
  if (!isOneText) return false;
  if (wordCount === 1) return isWhole && errorRatio === 0 && (letters >= 5 || soundRatio <= ERROR_RATIO_OF_WORD_MAX);
  if (isWhole && errorRatio === 0) return letters >= 3 || soundRatio <= 0.5;
  if (isWhole) return errorRatio <= 0.2 && soundRatio <= 0.45 && letters >= 5;
  return errorRatio === 0 && letters >= 5;
}

/** Made once for each record of the catalogue that was ever shown. */
const matchables = new WeakMap<CatalogueTitle, Matchable>();
function matchable(title: CatalogueTitle): Matchable {
  const known = matchables.get(title);
  if (known) return known;
  const made = matchableOf(namesOf(title), peopleOf(title), documentOf(title, 0));
  matchables.set(title, made);
  return made;
}

export async function searchTitles(deps: SearchTitlesDeps, asker: Asker, query: TitlesQuery): Promise<SearchPage> {
  const filters: SearchFilter[] = [
    ...(asker.viewer ? visibleTo(asker.viewer) : []),
    ...FACETS.flatMap((field) =>
      query.filters[field] === undefined ? [] : [{ field, anyOf: [query.filters[field]] }],
    ),
  ];
  const ask = (
    readings: readonly SearchReading[],
    typosMax: 0 | 2,
    { limit = query.limit + SPARE_HITS, among = [] }: { limit?: number; among?: readonly SearchFilter[] } = {},
  ) =>
    deps.ask({
      collection: COLLECTION,
      text: readings.map((reading) => (typosMax === 0 ? { ...reading, typosMax } : reading)),
      filters: [...filters, ...among],
      facets: FACETS.map((field) => ({ field, limit: FACET_VALUES })),
      limit,
    });
  /** What the asker may know of, with how it was found. */
  const look = (answer: SearchAnswer, readings: readonly QueryReading[]): Found[] =>
    answer.hits.flatMap(({ id }) => {
      const title = deps.title(id);
      if (!title || !seen(asker, title)) return [];
      return [{ title, match: readings.length === 0 ? undefined : matchOf(readings, matchable(title)) }];
    });
  const hitsOf = (found: readonly Found[], limit: number): SearchHit[] =>
    found.slice(0, limit).flatMap(({ title, match }) => {
      const card = cardFor(asker, title);
      return card ? [{ title: card, highlights: match ? highlightsOf(card.name, match.reading) : [] }] : [];
    });

  async function steps(
    text: string,
    among: readonly SearchFilter[] = [],
  ): Promise<{ answer: SearchAnswer; readings: QueryReading[]; found: Found[] }> {
    const readings = readingsOf(text);
    const written = readings.filter(({ asked: { group } }) => group === undefined);
    let answer = await ask(asked(written), 0, { among });
    if (hasFew(answer) && written.length < readings.length) answer = await ask(asked(readings), 0, { among });
    const found = look(answer, readings);
    if (!hasFew(answer) || (found[0]?.match?.isWhole && !found[0].match.isUnfinished))
      return { answer, readings, found };
    const forgiving = forgivingOf(readings, text);
    const second = await ask(asked(forgiving), 2, { among });
    const near = { answer: second, readings: forgiving, found: meantFirst(look(second, forgiving)) };
    if (isMeant(near.found[0]?.match)) return near;
    const bare = consonantReadingsOf(text);
    if (bare.length === 0) return near;
    const third = await ask(asked(bare), 2, { among });
    const foundBare = meantFirst(look(third, bare));
    return isMeant(foundBare[0]?.match) ? { answer: third, readings: bare, found: foundBare } : near;
  }

  const { text, limit } = query;
  if (wordsOf(text, LETTERS).length === 0 && text.trim() === "") {
    const answer = await ask([{ text: "" }], 0);
    return pageOf(asker, query, answer, { hits: hitsOf(look(answer, []), limit), reading: null });
  }
  let last = await steps(text);
  const hasFound = () => isMeant(last.found[0]?.match);
  const telling = tellingOf(text);
  if (!hasFound() && telling !== undefined) last = await steps(telling);
  let ofAnotherTime: readonly Found[] = [];
  for (const dated of hasFound() ? [] : datesOf(text)) {
    const name = tellingOf(dated.text) ?? dated.text;
    const { atLeast, atMost } = dated;
    const ofThatTime = await steps(name, [{ field: "year", atLeast, atMost }]);
    if (isMeant(ofThatTime.found[0]?.match)) {
      last = ofThatTime;
      break;
    }
    const anytime = await steps(name);
    if (isMeant(anytime.found[0]?.match)) ofAnotherTime = anytime.found;
  }
  const { answer, found } = last;
  const match = found[0]?.match;
  if (isMeant(match)) {
    return pageOf(asker, query, answer, { hits: hitsOf(found, limit), reading: readingView(match) });
  }
  const near = ofAnotherTime.length > 0 ? ofAnotherTime : found.length > 0 ? found : await nearest(text);
  return {
    ...pageOf(asker, query, { ...answer, total: 0, facets: {} }, { hits: [], reading: null }),
    absent: true,
    nearest: hitsOf(near, SEARCH_NEAREST_MAX),
  };

  /** With one word left out, the shortest first: it says least. */
  async function nearest(of: string): Promise<Found[]> {
    const sounds = soundsOf(of).slice(0, QUERY_WORDS_MAX);
    if (sounds.length < 2) return [];
    const byLength = sounds.map((sound, i) => ({ length: sound.length, i })).sort((a, b) => a.length - b.length);
    const readings = byLength.slice(0, LEFT_OUT_MAX).map(({ i }): QueryReading => {
      const left = sounds.filter((_, other) => other !== i).join(" ");
      return {
        kind: "sound",
        text: of,
        asked: { text: `${left} `.slice(0, QUERY_CHARACTERS_MAX), group: SOUND, typosMax: 2 },
      };
    });
    return look(await ask(asked(readings), 2, { limit: SEARCH_NEAREST_MAX + SPARE_HITS }), readings);
  }
}

function readingView(match: Match | undefined): SearchReadingView | null {
  if (!match) return null;
  const { reading, errorRatio, text } = match;
  if (reading.kind === "layout") return { kind: "layout", text: reading.text };
  if (errorRatio > 0) return { kind: "typos", text };
  return reading.kind === "typed" ? { kind: "typed", text: reading.text } : { kind: "sound", text };
}

function pageOf(
  asker: Asker,
  query: TitlesQuery,
  { total, facets = {} }: SearchAnswer,
  shown: Pick<SearchPage, "hits" | "reading">,
): SearchPage {
  const named = (values: readonly FacetValue[] | undefined, nameOf: (value: string) => string): FacetView[] =>
    (values ?? []).map(({ value, count }) => ({ value, count, name: nameOf(value) }));
  const countries = new Intl.DisplayNames([asker.locale], { type: "region" });
  return {
    query: query.text,
    ...shown,
    total,
    absent: false,
    nearest: [],
    facets: {
      genre: named(facets.genre, (genre) => genreNameOf(genre, asker.genreNames, asker.locale)),
      kind: named(facets.kind, (kind) => kind),
      decade: named(facets.decade, (decade) => decade),
      country: named(facets.country, (country) => countries.of(country) ?? country),
    },
  };
}
