/**
 * Search inside the process: an inverted index over a sorted list of words, which finds beginnings and words within some
 * edits of another without looking at every word (`vocabulary.ts`). Scoring is that of `port.ts`.
 *
 * A word's posting is document → the weight of the best field of a group that has it: schemas are fixed when a generation
 * begins, so that fields need not be told apart later. Nothing is kept across restarts: whoever owns the documents fills a new
 * generation at start. A search and a swap of generations take one turn of the event loop each, so neither has a middle.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  checkDocuments,
  checkIds,
  checkName,
  checkRequest,
  checkSchema,
  groupsOf,
  readRequest,
  valuesOf,
} from "./checks.ts";
import type {
  FacetValue,
  Search,
  SearchAnswer,
  SearchDocument,
  SearchFacet,
  SearchFilter,
  SearchRequest,
  SearchSchema,
} from "./port.ts";
import { FIELD_BEGINS, isWhole, type Reading, typosAllowed, WHOLE_FIELD } from "./score.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** A put gives way to searches after this many documents: 10 ms. */
const DOCUMENTS_PER_TURN = 500;

/** Document → weight. */
type Posting = Map<Entry, number>;

/** The texts of one group. */
interface Texts {
  /** Each with the weight of the best field that has it. */
  readonly words: Map<string, number>;
  /** Values as their words. */
  readonly wholes: { readonly words: string; readonly weight: number }[];
}

interface Entry {
  readonly id: string;
  readonly texts: ReadonlyMap<string, Texts>;
  readonly keywords: ReadonlyMap<string, ReadonlySet<string>>;
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** The schema's `orderBy`, its highest value. */
  readonly order: number;
}

interface Generation {
  readonly schema: SearchSchema;
  /** By group. */
  readonly vocabularies: ReadonlyMap<string, Vocabulary<Posting>>;
  readonly entries: Map<string, Entry>;
}

interface Collection {
  readonly generations: Map<string, Generation>;
  active: string | undefined;
}

function entryOf(schema: SearchSchema, document: SearchDocument): Entry {
  const texts = new Map<string, Texts>();
  const keywords = new Map<string, Set<string>>();
  const numbers = new Map<string, number[]>();
  for (const [name, field] of Object.entries(schema.fields)) {
    const values = valuesOf(document, name);
    if (field.kind === "number") numbers.set(name, values as number[]);
    else if (field.kind === "keyword") keywords.set(name, new Set(values as string[]));
    else if (values.length > 0) {
      const group = field.group ?? "";
      const { words, wholes }: Texts = texts.get(group) ?? { words: new Map(), wholes: [] };
      texts.set(group, { words, wholes });
      for (const value of values as string[]) {
        const found = wordsOf(value, schema.letters);
        for (const word of found) words.set(word, Math.max(words.get(word) ?? 0, field.weight));
        const whole = found.join(" ");
        if (isWhole(whole)) wholes.push({ words: whole, weight: field.weight });
      }
    }
  }
  const order = Math.max(Number.NEGATIVE_INFINITY, ...(numbers.get(schema.orderBy ?? "") ?? []));
  return { id: document.id, texts, keywords, numbers, order };
}

function add({ entries, vocabularies }: Generation, entry: Entry): void {
  entries.set(entry.id, entry);
  for (const [group, { words }] of entry.texts) {
    const vocabulary = vocabularies.get(group)!;
    for (const [word, weight] of words) {
      const posting = vocabulary.get(word);
      if (posting) posting.set(entry, weight);
      else vocabulary.set(word, new Map([[entry, weight]]));
    }
  }
}

function remove({ entries, vocabularies }: Generation, id: string): void {
  const entry = entries.get(id);
  if (!entry) return;
  entries.delete(id);
  for (const [group, { words }] of entry.texts) {
    const vocabulary = vocabularies.get(group)!;
    for (const word of words.keys()) {
      const posting = vocabulary.get(word);
      posting?.delete(entry);
      if (posting?.size === 0) vocabulary.delete(word);
    }
  }
}

function wholeScore({ texts }: Entry, { group, whole, unfinished }: Reading): number {
  const begins = unfinished ? whole : `${whole} `;
  let best = 0;
  for (const { words, weight } of texts.get(group)?.wholes ?? []) {
    if (words === whole) best = Math.max(best, WHOLE_FIELD * weight);
    else if (words.startsWith(begins)) best = Math.max(best, FIELD_BEGINS * weight);
  }
  return best;
}

/** Every document that has every word, with its score. */
function scoresOf({ vocabularies }: Generation, reading: Reading): Map<Entry, number> {
  const vocabulary = vocabularies.get(reading.group);
  if (!vocabulary) return new Map();
  let scores: Map<Entry, number> | undefined;
  const typos = typosAllowed(reading.words, reading.typosMax);
  for (const [index, word] of reading.words.entries()) {
    const isBeginning = reading.unfinished && index === reading.words.length - 1;
    const ofWord = new Map<Entry, number>();
    for (const [posting, quality] of vocabulary.standingFor(word, typos[index] ?? 0, isBeginning)) {
      for (const [entry, weight] of posting) {
        if (scores && !scores.has(entry)) continue;
        const score = quality * weight;
        if ((ofWord.get(entry) ?? 0) < score) ofWord.set(entry, score);
      }
    }
    if (scores) for (const [entry, score] of ofWord) ofWord.set(entry, score + scores.get(entry)!);
    scores = ofWord;
  }
  for (const [entry, score] of scores ?? []) scores?.set(entry, score + wholeScore(entry, reading));
  return scores ?? new Map();
}

function passes(entry: Entry, filters: readonly SearchFilter[]): boolean {
  return filters.every((filter) => {
    if ("anyOf" in filter) return filter.anyOf.some((value) => entry.keywords.get(filter.field)?.has(value));
    if ("noneOf" in filter) return !filter.noneOf.some((value) => entry.keywords.get(filter.field)?.has(value));
    const { field, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = filter;
    return entry.numbers.get(field)?.some((value) => value >= atLeast && value <= atMost) ?? false;
  });
}

interface Candidate {
  readonly entry: Entry;
  readonly score: number;
}

const stands = (a: Candidate, b: Candidate): number =>
  b.score - a.score ||
  Number(b.entry.order > a.entry.order) - Number(b.entry.order < a.entry.order) ||
  (a.entry.id < b.entry.id ? -1 : 1);

/** By how often, then by value. */
function countFacets(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  facets: readonly SearchFacet[],
): Record<string, FacetValue[]> {
  return Object.fromEntries(
    facets.map(({ field, limit }) => [
      field,
      [...(counts.get(field) ?? [])]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, limit),
    ]),
  );
}

function searchIn(generation: Generation, request: SearchRequest): Omit<SearchAnswer, "generation"> {
  const { readings, everything, filters, facets, limit } = readRequest(generation.schema, request);
  const scores = new Map<Entry, number>();
  if (everything) for (const entry of generation.entries.values()) scores.set(entry, 0);
  for (const reading of readings) {
    for (const [entry, score] of scoresOf(generation, reading)) {
      if ((scores.get(entry) ?? 0) < score) scores.set(entry, score);
    }
  }
  // The best `limit`, in order: most candidates are behind the last of them and are looked at once.
  const best: Candidate[] = [];
  let total = 0;
  const counts = new Map(facets.map(({ field }) => [field, new Map<string, number>()]));
  for (const [entry, score] of scores) {
    if (!passes(entry, filters)) continue;
    total++;
    for (const [field, ofField] of counts) {
      for (const value of entry.keywords.get(field) ?? []) ofField.set(value, (ofField.get(value) ?? 0) + 1);
    }
    const candidate = { entry, score };
    if (best.length === limit && stands(candidate, best[limit - 1]!) > 0) continue;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (stands(candidate, best[middle]!) < 0) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, candidate);
    if (best.length > limit) best.pop();
  }
  return {
    hits: best.map(({ entry, score }) => ({ id: entry.id, score })),
    total,
    ...(facets.length > 0 ? { facets: countFacets(counts, facets) } : {}),
  };
}

export function openMemorySearch(): Search & AsyncDisposable {
  const collections = new Map<string, Collection>();
  let closed = false;

  async function call<Answer>(action: () => Answer): Promise<Answer> {
    if (closed) throw new Error("search in memory is closed");
    return action();
  }

  function collectionOf(name: string): Collection {
    checkName("collection", name);
    const there = collections.get(name);
    if (there) return there;
    const made: Collection = { generations: new Map(), active: undefined };
    collections.set(name, made);
    return made;
  }

  function requireGeneration(collection: string, name: string): Generation {
    checkName("generation", name);
    const generation = collectionOf(collection).generations.get(name);
    if (!generation) throw new Error(`search: ${collection} has no generation ${name}`);
    return generation;
  }

  const search: Search & AsyncDisposable = {
    begin: (collection, generation, schema) =>
      call(() => {
        checkName("generation", generation);
        checkSchema(schema);
        const { generations } = collectionOf(collection);
        if (generations.has(generation))
          throw new Error(`search: ${collection} has a generation ${generation} already`);
        generations.set(generation, {
          schema: structuredClone(schema),
          vocabularies: new Map([...groupsOf(schema).keys()].map((group) => [group, createVocabulary<Posting>()])),
          entries: new Map(),
        });
      }),
    async put(collection, generation, documents) {
      const into = await call(() => requireGeneration(collection, generation));
      checkDocuments(into.schema, documents);
      for (const [index, document] of documents.entries()) {
        if (index % DOCUMENTS_PER_TURN === DOCUMENTS_PER_TURN - 1) await nextTurn();
        remove(into, document.id);
        add(into, entryOf(into.schema, document));
      }
    },
    delete: (collection, generation, ids) =>
      call(() => {
        const from = requireGeneration(collection, generation);
        checkIds(ids);
        for (const id of ids) remove(from, id);
      }),
    flush: (collection, generation) => call(() => void requireGeneration(collection, generation)),
    activate: (collection, generation) =>
      call(() => {
        requireGeneration(collection, generation);
        const of = collectionOf(collection);
        const before = of.active;
        of.active = generation;
        return before;
      }),
    drop: (collection, generation) =>
      call(() => {
        checkName("generation", generation);
        const of = collectionOf(collection);
        if (of.active === generation) throw new Error(`search: ${collection} is served by ${generation}; it is kept`);
        of.generations.delete(generation);
      }),
    generations: (collection) =>
      call(() => {
        const { generations, active } = collectionOf(collection);
        return [...generations.entries()]
          .map(([generation, { entries }]) => ({
            generation,
            active: generation === active,
            documentCount: entries.size,
          }))
          .sort((a, b) => (a.generation < b.generation ? -1 : 1));
      }),
    search: (request) =>
      call((): SearchAnswer => {
        checkRequest(request);
        const { generations, active } = collectionOf(request.collection);
        const generation = active === undefined ? undefined : generations.get(active);
        if (!generation) return { hits: [], total: 0, generation: undefined };
        return { ...searchIn(generation, request), generation: active };
      }),
    describe: () => call(() => "search in memory"),
    async close() {
      closed = true;
      collections.clear();
    },
    [Symbol.asyncDispose]: () => search.close(),
  };
  return search;
}
