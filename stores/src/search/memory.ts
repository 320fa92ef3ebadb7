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
import { createVocabulary, LAST_UNIT, placeOf, type Vocabulary } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** A put gives way to searches after this many documents: 10 ms. */
const DOCUMENTS_PER_TURN = 500;
const PLACES_PER_TURN = 5_000;

/** Documents that have a word, each with the weight of the best field that has it. */
interface Posting {
  /** Their places in the tables: read one behind the other, entries lie all over the heap. */
  readonly slots: number[];
  readonly weights: number[];
}

/** Lists one behind the other, each from its `begins` to the next one's. */
interface Lists<Values> {
  readonly begins: Uint32Array;
  readonly values: Values;
}

/** Documents of each word of a group, or of each whole value, in the order of their texts. */
interface Places extends Lists<Uint32Array> {
  /** At most 100 (`checks.ts`). */
  readonly weights: Uint8Array;
}

/**
 * What a search reads of a generation, in few pieces of memory: entries lie all over the heap, and "the" begins a word of 28,000
 * titles of 100,000, of which each cost 6 µs. Made when a generation is activated, and anew by the
 * first search behind a put or a delete (of 100,000 titles 7 s of CPU): who changes much fills another generation.
 */
interface Packed {
  /** By group, in the order of its words. */
  readonly words: ReadonlyMap<string, Places & { readonly vocabulary: Vocabulary }>;
  /** By group: values as their words, in order. */
  readonly wholes: ReadonlyMap<string, Places & { readonly texts: readonly string[] }>;
  /** By field, of each slot. */
  readonly keywords: ReadonlyMap<string, Lists<Uint32Array>>;
  readonly numbers: ReadonlyMap<string, Lists<Float64Array>>;
  /** Of each slot. */
  readonly order: Float64Array;
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
  readonly postings: ReadonlyMap<string, Map<string, Posting>>;
  /** By field, in the schema's order. */
  readonly keywords: ReadonlyMap<string, Keywords>;
  readonly entries: Map<string, Entry>;
  /** What of a place in the tables is whose. */
  readonly bySlot: (Entry | undefined)[];
  readonly freeSlots: number[];
  /** undefined: something changed since. */
  packed: Packed | undefined;
  /** Counted, so that a packing knows whether it is of what there is. */
  changes: number;
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

function beginsOf(lists: readonly { readonly length: number }[]): Uint32Array {
  const begins = new Uint32Array(lists.length + 1);
  for (const [place, { length }] of lists.entries()) begins[place + 1] = begins[place]! + length;
  return begins;
}

/** Work that others may come between. */
type InTurns<Made> = Generator<undefined, Made>;

/** In order of their units: by the first one, then each of those; sorting 200,000 texts at once takes a second. */
function* sortInTurns(texts: Iterable<string>): InTurns<string[]> {
  const byUnit = new Map<number, string[]>();
  for (const text of texts) {
    const unit = text.charCodeAt(0);
    const those = byUnit.get(unit);
    if (those) those.push(text);
    else byUnit.set(unit, [text]);
  }
  const sorted: string[] = [];
  for (const unit of [...byUnit.keys()].sort((a, b) => a - b)) {
    yield;
    for (const text of byUnit.get(unit)!.sort()) sorted.push(text);
  }
  return sorted;
}

function* placesOf(texts: readonly string[], of: ReadonlyMap<string, Posting>): InTurns<Places> {
  yield;
  const begins = beginsOf(texts.map((text) => of.get(text)!.slots));
  const count = begins.at(-1)!;
  const places = { begins, values: new Uint32Array(count), weights: new Uint8Array(count) };
  for (const [place, text] of texts.entries()) {
    if (place % PLACES_PER_TURN === 0) yield;
    const { slots, weights } = of.get(text)!;
    places.values.set(slots, begins[place]);
    places.weights.set(weights, begins[place]);
  }
  return places;
}

type PackedWords = Places & { readonly vocabulary: Vocabulary };
function* wordsIn(postings: ReadonlyMap<string, Posting>): InTurns<PackedWords> {
  const words = yield* sortInTurns(postings.keys());
  const places = yield* placesOf(words, postings);
  yield;
  return { vocabulary: createVocabulary(words), ...places };
}

type PackedWholes = Places & { readonly texts: readonly string[] };
function* wholesOf(bySlot: Generation["bySlot"], group: string): InTurns<PackedWholes> {
  const postings = new Map<string, Posting>();
  for (const [slot, entry] of bySlot.entries()) {
    if (slot % DOCUMENTS_PER_TURN === 0) yield;
    for (const { words, weight } of entry?.texts.get(group)?.wholes ?? []) {
      const posting = postings.get(words);
      if (posting) {
        posting.slots.push(slot);
        posting.weights.push(weight);
      } else postings.set(words, { slots: [slot], weights: [weight] });
    }
  }
  const texts = yield* sortInTurns(postings.keys());
  return { texts, ...(yield* placesOf(texts, postings)) };
}

const NONE: readonly number[] = [];

function* packing({ schema, postings, keywords, bySlot }: Generation): InTurns<Packed> {
  const words = new Map<string, PackedWords>();
  const wholes = new Map<string, PackedWholes>();
  for (const [group, ofWords] of postings) {
    words.set(group, yield* wordsIn(ofWords));
    wholes.set(group, yield* wholesOf(bySlot, group));
  }
  const keywordLists = new Map<string, Lists<Uint32Array>>();
  for (const [place, field] of [...keywords.keys()].entries()) {
    yield;
    const lists = bySlot.map((entry) => entry?.keywords[place] ?? NONE);
    keywordLists.set(field, { begins: beginsOf(lists), values: Uint32Array.from(lists.flat()) });
  }
  const numberLists = new Map<string, Lists<Float64Array>>();
  for (const [field, { kind }] of Object.entries(schema.fields)) {
    if (kind !== "number") continue;
    yield;
    const lists = bySlot.map((entry) => entry?.numbers.get(field) ?? NONE);
    numberLists.set(field, { begins: beginsOf(lists), values: Float64Array.from(lists.flat()) });
  }
  const order = Float64Array.from(bySlot, (entry) => entry?.order ?? Number.NEGATIVE_INFINITY);
  return { words, wholes, keywords: keywordLists, numbers: numberLists, order };
}

/** Nothing that changed meanwhile is packed: a search packs it then. */
async function packInTurns(generation: Generation): Promise<void> {
  const { changes } = generation;
  const steps = packing(generation);
  for (let step = steps.next(); generation.changes === changes; step = steps.next()) {
    if (step.done) {
      generation.packed = step.value;
      return;
    }
    await nextTurn();
  }
}

function requirePacked(generation: Generation): Packed {
  if (generation.packed) return generation.packed;
  const steps = packing(generation);
  let step = steps.next();
  while (!step.done) step = steps.next();
  generation.packed = step.value;
  return step.value;
}

function add(generation: Generation, entry: Entry): void {
  const { entries, bySlot, postings } = generation;
  generation.packed = undefined;
  generation.changes++;
  entries.set(entry.id, entry);
  bySlot[entry.slot] = entry;
  for (const [group, { words }] of entry.texts) {
    const ofWords = postings.get(group)!;
    for (const [word, weight] of words) {
      const posting = ofWords.get(word);
      if (posting) {
        posting.slots.push(entry.slot);
        posting.weights.push(weight);
      } else ofWords.set(word, { slots: [entry.slot], weights: [weight] });
    }
  }
}

function remove(generation: Generation, id: string): void {
  const { entries, bySlot, postings, freeSlots } = generation;
  const entry = entries.get(id);
  if (!entry) return;
  generation.packed = undefined;
  generation.changes++;
  entries.delete(id);
  bySlot[entry.slot] = undefined;
  freeSlots.push(entry.slot);
  for (const [group, { words }] of entry.texts) {
    const ofWords = postings.get(group)!;
    for (const word of words.keys()) {
      const posting = ofWords.get(word);
      if (!posting) continue;
      const place = posting.slots.indexOf(entry.slot);
      posting.slots.splice(place, 1);
      posting.weights.splice(place, 1);
      if (posting.slots.length === 0) ofWords.delete(word);
    }
  }
}

/**
 * What a search counts in, by slot; a call of `search` has no middle, so all of them share these. Four bytes each: of
 * 100,000 titles all five fit into a core's cache. Scores are exact in them (`score.ts`).
 */
const tables = {
  size: 0,
  /** The word, of all words ever looked for, that a slot was last found by. */
  foundBy: new Uint32Array(),
  ofWord: new Float32Array(),
  ofReading: new Float32Array(),
  /** The search, of all searches ever, that a slot was last found by. */
  seenBy: new Uint32Array(),
  best: new Float32Array(),
};
let wordsLookedFor = 0;
let searches = 0;

/** Words of one search are at most 160 (`port.ts`). */
const COUNT_MAX = 2 ** 32 - 1_000;

function requireTables(size: number): void {
  if (wordsLookedFor > COUNT_MAX || searches > COUNT_MAX) {
    tables.foundBy.fill(0);
    tables.seenBy.fill(0);
    wordsLookedFor = 0;
    searches = 0;
  }
  if (size <= tables.size) return;
  tables.size = Math.max(size, 2 * tables.size, 1_024);
  tables.foundBy = new Uint32Array(tables.size);
  tables.ofWord = new Float32Array(tables.size);
  tables.ofReading = new Float32Array(tables.size);
  tables.seenBy = new Uint32Array(tables.size);
  tables.best = new Float32Array(tables.size);
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

/** Adds to the scores of what was last found what its fields bring that are the whole query, or begin with it. */
function addWholes({ wholes }: Packed, found: readonly number[], { group, whole, unfinished }: Reading): void {
  const { texts, begins, values, weights } = wholes.get(group)!;
  const { foundBy: by, ofWord, ofReading } = tables;
  for (const slot of found) ofWord[slot] = 0;
  const take = (from: number, to: number, worth: number) => {
    for (let i = begins[from]!; i < begins[to]!; i++) {
      const slot = values[i]!;
      if (by[slot] === wordsLookedFor) ofWord[slot] = Math.max(ofWord[slot]!, worth * weights[i]!);
    }
  };
  const beginning = unfinished ? whole : `${whole} `;
  take(placeOf(texts, beginning), placeOf(texts, `${beginning}${LAST_UNIT}`), FIELD_BEGINS);
  const place = placeOf(texts, whole);
  if (texts[place] === whole) take(place, place + 1, WHOLE_FIELD);
  for (const slot of found) ofReading[slot]! += ofWord[slot]!;
}

/** The places of all documents that have every word; their scores are in `tables.ofReading`. */
function foundBy({ lightest, bySlot }: Generation, packed: Packed, reading: Reading): number[] {
  const words = packed.words.get(reading.group);
  const withTypos = lightest.get(reading.group);
  if (!words || withTypos === undefined) return [];
  const { vocabulary, begins, values, weights } = words;
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
    const take = (slot: number, score: number) => {
      if (by[slot] === now) {
        if (ofWord[slot]! < score) ofWord[slot] = score;
      } else if (isFirst || by[slot] === before) {
        by[slot] = now;
        ofWord[slot] = score;
        next.push(slot);
      }
    };
    const takePlaces = (from: number, to: number, quality: number) => {
      const hasTypos = quality < QUALITY_BEGINNING;
      for (let i = begins[from]!, end = begins[to]!; i < end; i++) {
        take(values[i]!, quality * (hasTypos ? withTypos : weights[i]!));
      }
    };
    vocabulary.standingFor(word, typos[index] ?? 0, isBeginning, takePlaces);
    for (const slot of next) ofReading[slot] = (found ? ofReading[slot]! : 0) + ofWord[slot]!;
    found = next;
  }
  if (!found || found.length === 0) return [];
  addWholes(packed, found, reading);
  return found;
}

type Passes = (slot: number) => boolean;

function passesOf({ keywords: known }: Generation, packed: Packed, filter: SearchFilter): Passes {
  if (!("anyOf" in filter) && !("noneOf" in filter)) {
    const { field, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = filter;
    const { begins, values } = packed.numbers.get(field)!;
    return (slot) => {
      for (let i = begins[slot]!; i < begins[slot + 1]!; i++) {
        if (values[i]! >= atLeast && values[i]! <= atMost) return true;
      }
      return false;
    };
  }
  const { numbers, values: named } = known.get(filter.field)!;
  const { begins, values } = packed.keywords.get(filter.field)!;
  const isNamed = new Uint8Array(named.length);
  for (const value of "anyOf" in filter ? filter.anyOf : filter.noneOf) {
    const number = numbers.get(value);
    if (number !== undefined) isNamed[number] = 1;
  }
  const wanted = "anyOf" in filter;
  return (slot) => {
    for (let i = begins[slot]!; i < begins[slot + 1]!; i++) if (isNamed[values[i]!] === 1) return wanted;
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
  readonly column: Lists<Uint32Array>;
  readonly values: readonly string[];
  /** By the value's number. */
  readonly counts: Float64Array;
}

function countsOf({ keywords }: Generation, packed: Packed, facet: SearchFacet): Counts {
  const { values } = keywords.get(facet.field)!;
  return { facet, column: packed.keywords.get(facet.field)!, values, counts: new Float64Array(values.length) };
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
  const packed = requirePacked(generation);
  requireTables(bySlot.length);
  const { ofReading, seenBy, best: scores } = tables;
  const search = ++searches;
  const found = everything ? [...generation.entries.values()].map(({ slot }) => slot) : [];
  for (const slot of found) {
    seenBy[slot] = search;
    scores[slot] = 0;
  }
  for (const reading of readings) {
    for (const slot of foundBy(generation, packed, reading)) {
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
  const passes = filters.map((filter) => passesOf(generation, packed, filter));
  const counted = facets.map((facet) => countsOf(generation, packed, facet));
  for (const slot of found) {
    if (!passes.every((pass) => pass(slot))) continue;
    total++;
    for (const { column, counts } of counted) {
      for (let i = column.begins[slot]!; i < column.begins[slot + 1]!; i++) counts[column.values[i]!]! += 1;
    }
    const score = scores[slot]!;
    const last = best.length === limit ? best[limit - 1]! : undefined;
    if (last && (score < last.score || (score === last.score && packed.order[slot]! < last.entry.order))) continue;
    const candidate = { entry: bySlot[slot]!, score };
    if (last && stands(candidate, last) > 0) continue;
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
          postings: new Map([...groupsOf(schema).keys()].map((group) => [group, new Map<string, Posting>()])),
          keywords: new Map(
            Object.entries(schema.fields).flatMap(([name, { kind }]) =>
              kind === "keyword" ? [[name, { numbers: new Map(), values: [] }] as const] : [],
            ),
          ),
          entries: new Map(),
          bySlot: [],
          freeSlots: [],
          packed: undefined,
          changes: 0,
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
    async activate(collection, generation) {
      const next = await call(() => requireGeneration(collection, generation));
      if (!next.packed) await packInTurns(next);
      return call(() => {
        requireGeneration(collection, generation);
        const of = collectionOf(collection);
        const before = of.active;
        of.active = generation;
        return before;
      });
    },
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
