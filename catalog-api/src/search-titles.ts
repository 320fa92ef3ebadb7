/**
 * Search as somebody types. The search finds and orders (its port says how); here is what it is asked and what becomes of
 * its answer: cards in the asker's language, only of titles that exist for him, or "we don't have it".
 *
 * Steps, the next one only where the one before found too little:
 * 1. every reading as it stands (`search-readings.ts`), the last word as a beginning;
 * 2. the same with typos: what was typed, and all readings by sound, also with its words joined. A key of a sound is nearly as
 *    long as its word, so that typos of a name are typos of its key, and one lookup serves both alphabets;
 * 3. the query without words that say what it is ("фильм", "watch online"), by 1 and 2.
 * Then, if what was found is not what was asked for (`isAbsent`), the nearest: 2, and with a word left out.
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
import { QUERY_READINGS_MAX, QUERY_WORDS_MAX } from "@thewatcher/stores/search/port";
import { wordsOf } from "@thewatcher/stores/search/words";
import { type Asker, cardFor, seen } from "./askers.ts";
import { documentOf, namesOf, peopleOf, visibleTo } from "./search-documents.ts";
import { highlightsOf, type Match, type Matchable, matchableOf, matchOf } from "./search-match.ts";
import { type QueryReading, readingsOf, SOUND } from "./search-readings.ts";
import { LETTERS, soundsOf } from "./search-sound.ts";

export const COLLECTION = "titles";
/** Fewer than this found as it stands, and it is looked for with typos. */
const ENOUGH = 3;
/** Beyond what is shown: titles that ceased to exist for the viewer since the index was made. */
const SPARE_HITS = 20;
const FACET_VALUES = 30;
const FACETS = ["genre", "kind", "decade", "country"] as const;
/** Words left out one by one, for what comes near. */
const LEFT_OUT_MAX = 6;
const JOINED_WORDS_MAX = 4;
/** Words that say what is looked for, not its name. */
const IDLE_WORDS: ReadonlySet<string> = new Set(
  "фильм фильмы фильма кино сериал сериалы мультфильм мультик смотреть онлайн бесплатно серыял фильм глядзець анлаин movie film series watch online free".split(
    " ",
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

const hasFew = ({ total }: SearchAnswer) => total < ENOUGH;

/** Step 2's readings, in the port's bounds: 3 weights as typed, 2 for each sound, at most 5 of those: 13 of 16 lookups. */
function forgivingOf(readings: readonly QueryReading[], text: string): QueryReading[] {
  const forgiving = readings.map((reading): QueryReading => {
    const mayErr = reading.kind === "typed" || reading.asked.group === SOUND;
    return { ...reading, asked: { ...reading.asked, typosMax: mayErr ? 2 : 0 } };
  });
  const sounds = soundsOf(text);
  if (sounds.length > 1 && sounds.length <= JOINED_WORDS_MAX) {
    forgiving.push({ kind: "sound", text, asked: { text: sounds.join(""), group: SOUND, typosMax: 2 } });
  }
  return forgiving.slice(0, QUERY_READINGS_MAX);
}

const asked = (readings: readonly QueryReading[]): SearchReading[] => readings.map((reading) => reading.asked);

/**
 * Whether what stands first is something else than what was asked for. With every word as it stands or as a beginning it
 * is what was asked for. With typos it has to be more alike, the fewer words speak for it.
 */
export function isAbsent(match: Match | undefined): boolean {
  return match === undefined;
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
  const ask = (readings: readonly SearchReading[], typosMax: 0 | 2, limit = query.limit + SPARE_HITS) =>
    deps.ask({
      collection: COLLECTION,
      text: readings.map((reading) => (typosMax === 0 ? { ...reading, typosMax } : reading)),
      filters,
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

  async function steps(text: string): Promise<{ answer: SearchAnswer; readings: QueryReading[]; found: Found[] }> {
    const readings = readingsOf(text);
    const answer = await ask(asked(readings), 0);
    const found = look(answer, readings);
    if (!hasFew(answer) || found[0]?.match?.isWhole) return { answer, readings, found };
    const forgiving = forgivingOf(readings, text);
    const second = await ask(asked(forgiving), 2);
    return { answer: second, readings: forgiving, found: look(second, forgiving) };
  }

  const { text, limit } = query;
  if (wordsOf(text, LETTERS).length === 0 && text.trim() === "") {
    const answer = await ask([{ text: "" }], 0);
    return pageOf(asker, query, answer, { hits: hitsOf(look(answer, []), limit), reading: null });
  }
  let last = await steps(text);
  if (isAbsent(last.found[0]?.match)) {
    const words = text.split(/\s+/u);
    const telling = words.filter((word) => !IDLE_WORDS.has(wordsOf(word, LETTERS).join("")));
    if (telling.length > 0 && telling.length < words.length) last = await steps(telling.join(" "));
  }
  const { answer, found } = last;
  const match = found[0]?.match;
  if (!isAbsent(match)) {
    return pageOf(asker, query, answer, { hits: hitsOf(found, limit), reading: readingView(match) });
  }
  const near = found.length > 0 ? found : await nearest(text);
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
      return { kind: "sound", text: of, asked: { text: `${left} `, group: SOUND, typosMax: 2 } };
    });
    return look(await ask(asked(readings), 2, SEARCH_NEAREST_MAX + SPARE_HITS), readings);
  }
}

function readingView(match: Match | undefined): SearchReadingView | null {
  if (!match) return null;
  const { reading, mean, text } = match;
  const isLiteral = match.worst >= 0.75;
  if (reading.kind === "layout") return { kind: "layout", text: reading.text };
  if (!isLiteral || mean < 0.75) return { kind: "typos", text };
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
