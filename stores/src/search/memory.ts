/**
 * Search inside the process: an inverted index over minisearch's radix tree, which finds beginnings and words within some
 * edits of another without looking at every word. Scoring is ours (`port.ts`).
 *
 * A word's posting is document → the weight of the best field that has it: schemas are fixed when a generation begins, so
 * that fields need not be told apart later. Nothing is kept across restarts: whoever owns the documents fills a new
 * generation at start. A search and a swap of generations take one turn of the event loop each, so neither has a middle.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import SearchableMap from "minisearch/SearchableMap";
import { checkDocuments, checkIds, checkName, checkRequest, checkSchema, readRequest, valuesOf } from "./checks.ts";
import type {
  Search,
  SearchAnswer,
  SearchDocument,
  SearchFilter,
  SearchHit,
  SearchRequest,
  SearchSchema,
} from "./port.ts";
import {
  FIELD_BEGINS,
  isWhole,
  QUALITY_BEGINNING,
  QUALITY_BY_TYPOS,
  QUALITY_EXACT,
  type Reading,
  typosAllowed,
  WHOLE_FIELD,
} from "./score.ts";
import { wordsOf } from "./words.ts";

/** A put gives way to searches after this many documents: 10 ms. */
const DOCUMENTS_PER_TURN = 500;

/** Document → weight. */
type Posting = Map<Entry, number>;

interface Entry {
  readonly id: string;
  /** Each with the weight of the best field that has it. */
  readonly words: ReadonlyMap<string, number>;
  /** Values of text fields as their words. */
  readonly wholes: readonly { readonly words: string; readonly weight: number }[];
  readonly keywords: ReadonlyMap<string, ReadonlySet<string>>;
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** The schema's `orderBy`, its highest value. */
  readonly order: number;
}

interface Generation {
  readonly schema: SearchSchema;
  readonly postings: SearchableMap<Posting>;
  readonly entries: Map<string, Entry>;
}

interface Collection {
  readonly generations: Map<string, Generation>;
  active: string | undefined;
}

function entryOf(schema: SearchSchema, document: SearchDocument): Entry {
  const words = new Map<string, number>();
  const wholes: { words: string; weight: number }[] = [];
  const keywords = new Map<string, Set<string>>();
  const numbers = new Map<string, number[]>();
  for (const [name, field] of Object.entries(schema.fields)) {
    const values = valuesOf(document, name);
    if (field.kind === "number") numbers.set(name, values as number[]);
    else if (field.kind === "keyword") keywords.set(name, new Set(values as string[]));
    else {
      for (const value of values as string[]) {
        const found = wordsOf(value, schema.letters);
        for (const word of found) words.set(word, Math.max(words.get(word) ?? 0, field.weight));
        const whole = found.join(" ");
        if (isWhole(whole)) wholes.push({ words: whole, weight: field.weight });
      }
    }
  }
  const order = Math.max(Number.NEGATIVE_INFINITY, ...(numbers.get(schema.orderBy ?? "") ?? []));
  return { id: document.id, words, wholes, keywords, numbers, order };
}

function add({ entries, postings }: Generation, entry: Entry): void {
  entries.set(entry.id, entry);
  for (const [word, weight] of entry.words) {
    const posting = postings.get(word);
    if (posting) posting.set(entry, weight);
    else postings.set(word, new Map([[entry, weight]]));
  }
}

function remove({ entries, postings }: Generation, id: string): void {
  const entry = entries.get(id);
  if (!entry) return;
  entries.delete(id);
  for (const word of entry.words.keys()) {
    const posting = postings.get(word);
    posting?.delete(entry);
    if (posting?.size === 0) postings.delete(word);
  }
}

/** The word with two neighbours swapped, in every place. */
function swapsOf(word: string): string[] {
  const letters = Array.from(word);
  return letters.slice(1).map((letter, i) => {
    const swapped = [...letters];
    swapped[i] = letter;
    swapped[i + 1] = letters[i]!;
    return swapped.join("");
  });
}

/** Every word of the index that stands for this one of the query, with how well. */
function standingFor(
  postings: Generation["postings"],
  word: string,
  typos: 0 | 1 | 2,
  isBeginning: boolean,
): Map<Posting, number> {
  const found = new Map<Posting, number>();
  const take = (posting: Posting | undefined, quality: number) => {
    if (posting && (found.get(posting) ?? 0) < quality) found.set(posting, quality);
  };
  take(postings.get(word), QUALITY_EXACT);
  if (isBeginning) {
    for (const posting of postings.atPrefix(word).values()) take(posting, QUALITY_BEGINNING);
  }
  if (typos === 0) return found;
  for (const [posting, edits] of postings.fuzzyGet(word, typos).values())
    take(posting, QUALITY_BY_TYPOS[edits as 0 | 1 | 2]);
  // The tree counts a swap as two edits; the port counts one.
  for (const swapped of swapsOf(word)) {
    take(postings.get(swapped), QUALITY_BY_TYPOS[1]);
    if (typos < 2) continue;
    for (const [posting] of postings.fuzzyGet(swapped, 1).values()) take(posting, QUALITY_BY_TYPOS[2]);
    for (const twice of swapsOf(swapped)) take(postings.get(twice), QUALITY_BY_TYPOS[2]);
  }
  return found;
}

function wholeScore({ wholes }: Entry, { whole, unfinished }: Reading): number {
  const begins = unfinished ? whole : `${whole} `;
  let best = 0;
  for (const { words, weight } of wholes) {
    if (words === whole) best = Math.max(best, WHOLE_FIELD * weight);
    else if (words.startsWith(begins)) best = Math.max(best, FIELD_BEGINS * weight);
  }
  return best;
}

/** Every document that has every word, with its score. */
function scoresOf({ postings }: Generation, reading: Reading, typosMax: number): Map<Entry, number> {
  let scores: Map<Entry, number> | undefined;
  const typos = typosAllowed(reading.words, typosMax);
  for (const [index, word] of reading.words.entries()) {
    const isBeginning = reading.unfinished && index === reading.words.length - 1;
    const ofWord = new Map<Entry, number>();
    for (const [posting, quality] of standingFor(postings, word, typos[index] ?? 0, isBeginning)) {
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

function searchIn(generation: Generation, request: SearchRequest): { hits: SearchHit[]; total: number } {
  const { readings, everything, typosMax, filters, limit } = readRequest(generation.schema, request);
  const scores = new Map<Entry, number>();
  if (everything) for (const entry of generation.entries.values()) scores.set(entry, 0);
  for (const reading of readings) {
    for (const [entry, score] of scoresOf(generation, reading, typosMax)) {
      if ((scores.get(entry) ?? 0) < score) scores.set(entry, score);
    }
  }
  // The best `limit`, in order: most candidates are behind the last of them and are looked at once.
  const best: Candidate[] = [];
  let total = 0;
  for (const [entry, score] of scores) {
    if (!passes(entry, filters)) continue;
    total++;
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
  return { hits: best.map(({ entry, score }) => ({ id: entry.id, score })), total };
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
          postings: new SearchableMap(),
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
