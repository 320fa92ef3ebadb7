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
import {
  FIELD_BEGINS,
  isWhole,
  QUALITY_BEGINNING,
  QUALITY_EXACT,
  type Reading,
  typosAllowed,
  WHOLE_FIELD,
} from "./score.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** A put gives way to searches after this many documents: 10 ms. */
const DOCUMENTS_PER_TURN = 500;

/** Documents that have a word, each with the weight of the best field that has it. */
interface Posting {
  /** Their places in the tables: read one behind the other, entries lie all over the heap. */
  readonly slots: number[];
  readonly weights: number[];
}

/** A field's values by number, as long as the generation lives: a few genres and countries. */
interface Keywords {
  readonly numbers: Map<string, number>;
  readonly values: string[];
}

/** The texts of one group. */
interface Texts {
  /** Each with the weight of the best field that has it. */
  readonly words: Map<string, number>;
  /** Values as their words. */
  readonly wholes: { readonly words: string; readonly weight: number }[];
}

interface Entry {
  readonly id: string;
  /** Its place in the tables of a search. */
  readonly slot: number;
  readonly texts: ReadonlyMap<string, Texts>;
  /** Of each keyword field, in the schema's order, the numbers of its values, each once. */
  readonly keywords: readonly (readonly number[])[];
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** The schema's `orderBy`, its highest value. */
  readonly order: number;
}

interface Generation {
  readonly schema: SearchSchema;
  /** By group: what a word with typos brings. */
  readonly lightest: ReadonlyMap<string, number>;
  /** By group. */
  readonly vocabularies: ReadonlyMap<string, Vocabulary<Posting>>;
  /** By field, in the schema's order. */
  readonly keywords: ReadonlyMap<string, Keywords>;
  readonly entries: Map<string, Entry>;
  /** What of a place in the tables is whose. */
  readonly bySlot: (Entry | undefined)[];
  readonly freeSlots: number[];
}

interface Collection {
  readonly generations: Map<string, Generation>;
  active: string | undefined;
}

function numberOf({ numbers, values }: Keywords, value: string): number {
  const known = numbers.get(value);
  if (known !== undefined) return known;
  numbers.set(value, values.length);
  return values.push(value) - 1;
}

function entryOf({ schema, keywords: known }: Generation, document: SearchDocument, slot: number): Entry {
  const texts = new Map<string, Texts>();
  const keywords: number[][] = [];
  const numbers = new Map<string, number[]>();
  for (const [name, field] of Object.entries(schema.fields)) {
    const values = valuesOf(document, name);
    if (field.kind === "number") numbers.set(name, values as number[]);
    else if (field.kind === "keyword") {
      const of = known.get(name)!;
      keywords.push([...new Set(values as string[])].map((value) => numberOf(of, value)));
    } else if (values.length > 0) {
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
  return { id: document.id, slot, texts, keywords, numbers, order };
}

function add({ entries, bySlot, vocabularies }: Generation, entry: Entry): void {
  entries.set(entry.id, entry);
  bySlot[entry.slot] = entry;
  for (const [group, { words }] of entry.texts) {
    const vocabulary = vocabularies.get(group)!;
    for (const [word, weight] of words) {
      const posting = vocabulary.get(word);
      if (posting) {
        posting.slots.push(entry.slot);
        posting.weights.push(weight);
      } else vocabulary.set(word, { slots: [entry.slot], weights: [weight] });
    }
  }
}

function remove({ entries, bySlot, vocabularies, freeSlots }: Generation, id: string): void {
  const entry = entries.get(id);
  if (!entry) return;
  entries.delete(id);
  bySlot[entry.slot] = undefined;
  freeSlots.push(entry.slot);
  for (const [group, { words }] of entry.texts) {
    const vocabulary = vocabularies.get(group)!;
    for (const word of words.keys()) {
      const posting = vocabulary.get(word);
      if (!posting) continue;
      const place = posting.slots.indexOf(entry.slot);
      posting.slots.splice(place, 1);
      posting.weights.splice(place, 1);
      if (posting.slots.length === 0) vocabulary.delete(word);
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

/** What a search counts in, by slot; a call of `search` has no middle, so all of them share these. */
const tables = {
  size: 0,
  /** The word, of all words ever looked for, that a slot was last found by. */
  foundBy: new Float64Array(),
  ofWord: new Float64Array(),
  ofReading: new Float64Array(),
  /** The search, of all searches ever, that a slot was last found by. */
  seenBy: new Float64Array(),
  best: new Float64Array(),
};
let wordsLookedFor = 0;
let searches = 0;

function requireTables(size: number): void {
  if (size <= tables.size) return;
  tables.size = Math.max(size, 2 * tables.size, 1_024);
  tables.foundBy = new Float64Array(tables.size);
  tables.ofWord = new Float64Array(tables.size);
  tables.ofReading = new Float64Array(tables.size);
  tables.seenBy = new Float64Array(tables.size);
  tables.best = new Float64Array(tables.size);
}

/** So few documents are looked through sooner than all words that begin with a letter. */
const FEW = 5_000;

/** The best quality × weight of a word of an entry that begins so; 0: there is none. */
function beginningIn({ texts }: Entry, group: string, beginning: string): number {
  let best = 0;
  for (const [word, weight] of texts.get(group)?.words ?? []) {
    if (!word.startsWith(beginning)) continue;
    best = Math.max(best, (word === beginning ? QUALITY_EXACT : QUALITY_BEGINNING) * weight);
  }
  return best;
}

/** The places of all documents that have every word; their scores are in `tables.ofReading`. */
function foundBy({ vocabularies, lightest, bySlot }: Generation, reading: Reading): number[] {
  const vocabulary = vocabularies.get(reading.group);
  const withTypos = lightest.get(reading.group);
  if (!vocabulary || withTypos === undefined) return [];
  requireTables(bySlot.length);
  const { foundBy: by, ofWord, ofReading } = tables;
  const typos = typosAllowed(reading.words, reading.typosMax);
  let found: number[] | undefined;
  for (const [index, word] of reading.words.entries()) {
    if (found?.length === 0) return found;
    const isBeginning = reading.unfinished && index === reading.words.length - 1;
    const before = wordsLookedFor;
    const now = ++wordsLookedFor;
    const next: number[] = [];
    if (isBeginning && found && found.length <= FEW && typos[index] === 0) {
      for (const slot of found) {
        const quality = beginningIn(bySlot[slot]!, reading.group, word);
        if (quality === 0) continue;
        by[slot] = now;
        ofReading[slot]! += quality;
        next.push(slot);
      }
      found = next;
      continue;
    }
    const isFirst = found === undefined;
    vocabulary.standingFor(word, typos[index] ?? 0, isBeginning, ({ slots, weights }, quality) => {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i]!;
        const score = quality * (quality < QUALITY_BEGINNING ? withTypos : weights[i]!);
        if (by[slot] === now) {
          if (ofWord[slot]! < score) ofWord[slot] = score;
        } else if (isFirst || by[slot] === before) {
          by[slot] = now;
          ofWord[slot] = score;
          next.push(slot);
        }
      }
    });
    for (const slot of next) ofReading[slot] = (found ? ofReading[slot]! : 0) + ofWord[slot]!;
    found = next;
  }
  for (const slot of found ?? []) ofReading[slot]! += wholeScore(bySlot[slot]!, reading);
  return found ?? [];
}

type Passes = (entry: Entry) => boolean;

function passesOf({ keywords }: Generation, filter: SearchFilter): Passes {
  if (!("anyOf" in filter) && !("noneOf" in filter)) {
    const { field, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = filter;
    return ({ numbers }) => numbers.get(field)?.some((value) => value >= atLeast && value <= atMost) ?? false;
  }
  const place = [...keywords.keys()].indexOf(filter.field);
  const { numbers, values } = keywords.get(filter.field)!;
  const isNamed = new Uint8Array(values.length);
  for (const value of "anyOf" in filter ? filter.anyOf : filter.noneOf) {
    const number = numbers.get(value);
    if (number !== undefined) isNamed[number] = 1;
  }
  const wanted = "anyOf" in filter;
  return (entry) => {
    for (const number of entry.keywords[place]!) if (isNamed[number] === 1) return wanted;
    return !wanted;
  };
}

interface Candidate {
  readonly entry: Entry;
  readonly score: number;
}

const stands = (a: Candidate, b: Candidate): number =>
  b.score - a.score ||
  Number(b.entry.order > a.entry.order) - Number(b.entry.order < a.entry.order) ||
  (a.entry.id < b.entry.id ? -1 : 1);

interface Counts {
  readonly facet: SearchFacet;
  readonly place: number;
  readonly values: readonly string[];
  /** By the value's number. */
  readonly counts: Float64Array;
}

function countsOf({ keywords }: Generation, facet: SearchFacet): Counts {
  const { values } = keywords.get(facet.field)!;
  const place = [...keywords.keys()].indexOf(facet.field);
  return { facet, place, values, counts: new Float64Array(values.length) };
}

/** By how often, then by value. */
const mostFrequent = ({ facet, values, counts }: Counts): FacetValue[] =>
  values
    .map((value, i) => ({ value, count: counts[i]! }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, facet.limit);

function searchIn(generation: Generation, request: SearchRequest): Omit<SearchAnswer, "generation"> {
  const { readings, everything, filters, facets, limit } = readRequest(generation.schema, request);
  const { bySlot } = generation;
  requireTables(bySlot.length);
  const { ofReading, seenBy, best: scores } = tables;
  const search = ++searches;
  const found = everything ? [...generation.entries.values()].map(({ slot }) => slot) : [];
  for (const slot of found) {
    seenBy[slot] = search;
    scores[slot] = 0;
  }
  for (const reading of readings) {
    for (const slot of foundBy(generation, reading)) {
      const score = ofReading[slot]!;
      if (seenBy[slot] !== search) {
        seenBy[slot] = search;
        scores[slot] = score;
        found.push(slot);
      } else if (scores[slot]! < score) scores[slot] = score;
    }
  }
  // The best `limit`, in order: most candidates are behind the last of them and are looked at once.
  const best: Candidate[] = [];
  let total = 0;
  const passes = filters.map((filter) => passesOf(generation, filter));
  const counted = facets.map((facet) => countsOf(generation, facet));
  for (const slot of found) {
    const entry = bySlot[slot]!;
    if (!passes.every((pass) => pass(entry))) continue;
    const score = scores[slot]!;
    total++;
    for (const { place, counts } of counted) for (const number of entry.keywords[place]!) counts[number]! += 1;
    if (best.length === limit && score < best[limit - 1]!.score) continue;
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
    ...(facets.length > 0
      ? { facets: Object.fromEntries(counted.map((one) => [one.facet.field, mostFrequent(one)])) }
      : {}),
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
          lightest: new Map([...groupsOf(schema)].map(([group, weights]) => [group, Math.min(...weights)])),
          vocabularies: new Map([...groupsOf(schema).keys()].map((group) => [group, createVocabulary<Posting>()])),
          keywords: new Map(
            Object.entries(schema.fields).flatMap(([name, { kind }]) =>
              kind === "keyword" ? [[name, { numbers: new Map(), values: [] }] as const] : [],
            ),
          ),
          entries: new Map(),
          bySlot: [],
          freeSlots: [],
        });
      }),
    async put(collection, generation, documents) {
      const into = await call(() => requireGeneration(collection, generation));
      checkDocuments(into.schema, documents);
      for (const [index, document] of documents.entries()) {
        if (index % DOCUMENTS_PER_TURN === DOCUMENTS_PER_TURN - 1) await nextTurn();
        remove(into, document.id);
        add(into, entryOf(into, document, into.freeSlots.pop() ?? into.bySlot.length));
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
