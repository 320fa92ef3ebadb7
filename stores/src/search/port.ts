/**
 * Search: documents of words, found again by people who type fast. A collection (`titles`) has generations; one is active
 * and answers, another is filled meanwhile; `activate` moves one pointer, so a reader never meets an empty or half-filled
 * collection. `activate` of an older one is the rollback.
 *
 * What is found and in which order is said here and computed alike by every adapter (`score.ts`, `contract.ts`), not left
 * to an engine: a fallback from one to the other shows the same first hit.
 * - A text is a bag of words (`words.ts`): letters and digits, in lower case, with the schema's `letters` folded.
 * - A document is found when **every** word of the query is in one of its text fields: as it stands, within typos, or, the
 *   last word of a text that is still being typed, as a beginning. Their order doesn't matter.
 * - Each word brings the weight of the best field that has it × 1 as it stands, × ¾ as a beginning. With typos it brings
 *   the lightest weight of its group, whichever field has it, × ½ at one, × ¼ at two; × ⅜ and × 3⁄16 as a beginning: so a
 *   typo is looked up once in a group, and never stands above what has none.
 * - A field that is the whole query brings 2 × its weight more, one that begins with it 1 × its weight.
 * - Text fields are in groups: a reading of a query looks into one of them. Texts in an alphabet of their own (how a name
 *   sounds) lie in another group than what is read.
 * - Equal scores stand by the schema's `orderBy` (highest first, absent last), then by id.
 *
 * A typo is a letter too many, missing, wrong, or swapped with its neighbour. Words of 1–2 letters allow none, of 3–5 one,
 * and none do behind the query's fortieth letter. Beginnings allow one from four letters on, two from eight, none above 20.
 *
 * Durability: a server keeps what it acknowledged. The embedded one is memory: it keeps nothing across restarts, and its
 * owner fills a new generation at start.
 */

/** Documents of one `put` or `delete`. */
export const DOCUMENTS_PER_CALL_MAX = 10_000;
/** A plot is 2,000 characters; beyond this a text is refused. */
export const TEXT_CHARACTERS_MAX = 20_000;
/** Values of one field of one document: a cast of a long series. */
export const FIELD_VALUES_MAX = 1_000;
/** All fields of one document together. */
export const DOCUMENT_CHARACTERS_MAX = 200_000;
/** A query longer than this is none that a person types. */
export const QUERY_CHARACTERS_MAX = 200;
/** Each word multiplies the work. The longest title of MovieLens has 16. */
export const QUERY_WORDS_MAX = 20;
/** Readings of one query: as typed, in other keyboard layouts, in other scripts, words joined. */
export const QUERY_READINGS_MAX = 8;
/**
 * Measured: Elasticsearch holds 0.3 MB for each letter that allows typos, in each reading, while a query runs, and refuses
 * one above 60% of its heap. 40 letters × 8 readings × 0.3 = 96 MB, of 297 that a heap of 512 MB allows.
 */
export const TYPO_LETTERS_MAX = 40;
/** Different weights of one group. */
export const WEIGHTS_MAX = 4;
/** Groups of one schema. */
export const GROUPS_MAX = 4;
/** Beginnings of words with typos are looked up up to this length. */
export const BEGINNING_LETTERS_MAX = 20;
/** Fields counted by one request, and values told of each. */
export const FACETS_MAX = 8;
export const FACET_VALUES_MAX = 100;
export const HITS_MAX = 200;
export const FIELDS_MAX = 32;
/** Values of one filter: titles hidden from a profile. */
export const FILTER_VALUES_MAX = 1_000;

/** Collections, generations: `titles`, `g-2026-11-23-1`. */
export const SEARCH_NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const FIELD_NAME_PATTERN = /^[a-z][A-Za-z0-9]{0,31}$/;

export type SearchField =
  /**
   * Searched by its words. `weight`: whole, 1 to 100, so that scores are exact everywhere. `group`: only readings that
   * name it look into it; without one, only those that name none.
   */
  | { readonly kind: "text"; readonly weight: number; readonly group?: string }
  /** Compared as it stands: genres, countries, age marks. */
  | { readonly kind: "keyword" }
  | { readonly kind: "number" };

export interface SearchSchema {
  readonly fields: Readonly<Record<string, SearchField>>;
  /** The number field that orders equal scores: popularity. */
  readonly orderBy?: string;
  /** Letters read as one, in lower case: `{ ё: "е" }`. Applied to documents and queries. */
  readonly letters?: Readonly<Record<string, string>>;
}

export type SearchValue = string | number;

export interface SearchDocument {
  /** 1 to 256 printable ASCII characters. */
  readonly id: string;
  /** Of the schema's fields; an absent one is empty. Texts and keywords are strings, numbers are finite. */
  readonly fields: Readonly<Record<string, SearchValue | readonly SearchValue[]>>;
}

export type SearchFilter =
  /** A keyword field has at least one of these; of none, nothing has. */
  | { readonly field: string; readonly anyOf: readonly string[] }
  /** A keyword field has none of these. */
  | { readonly field: string; readonly noneOf: readonly string[] }
  /** A number field has a value in these bounds, both included. */
  | { readonly field: string; readonly atLeast?: number; readonly atMost?: number };

/** One way to understand what was typed. */
export interface SearchReading {
  readonly text: string;
  /** The fields that it looks into; default: those without a group. */
  readonly group?: string;
  /** Default: that of the request. */
  readonly typosMax?: 0 | 1 | 2;
}

/** How many of all that was found have a value, for the most frequent values of a keyword field. */
export interface SearchFacet {
  readonly field: string;
  /** 1 to 100. */
  readonly limit: number;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface SearchRequest {
  readonly collection: string;
  /**
   * What was typed; further ones are other readings of it (another script, another keyboard layout). A document's score
   * is that of its best reading. An empty text finds whatever passes the filters; a text of signs alone finds nothing.
   */
  readonly text: string | readonly (string | SearchReading)[];
  /** The last word may be unfinished. Default true. */
  readonly unfinished?: boolean;
  /** The most typos in one word. Default 2. */
  readonly typosMax?: 0 | 1 | 2;
  /** All of them hold. */
  readonly filters?: readonly SearchFilter[];
  /** Counted over all documents found, at most 8. */
  readonly facets?: readonly SearchFacet[];
  /** 1 to 200. */
  readonly limit: number;
}

export interface SearchHit {
  readonly id: string;
  readonly score: number;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** Of documents found, the hits among them. */
  readonly total: number;
  /** By field, the most frequent value first, then by value. Of each that was asked for. */
  readonly facets?: Readonly<Record<string, readonly FacetValue[]>>;
  /** The one that answered; undefined: the collection has no active generation yet, and so no hits. */
  readonly generation: string | undefined;
}

export interface SearchGeneration {
  readonly generation: string;
  readonly active: boolean;
  readonly documentCount: number;
}

export interface Search {
  /** Begins a generation that nobody searches yet. Throws when the name was taken. */
  begin(collection: string, generation: string, schema: SearchSchema): Promise<void>;
  /**
   * Acknowledged documents are kept; the same id again replaces. Searches see them when `flush` or `activate` of their
   * generation resolves, or before. A refused document refuses the call before anything is written.
   */
  put(collection: string, generation: string, documents: readonly SearchDocument[]): Promise<void>;
  /** Absent ids are no error. Seen as puts are. */
  delete(collection: string, generation: string, ids: readonly string[]): Promise<void>;
  flush(collection: string, generation: string): Promise<void>;
  /**
   * Makes it the one searched, in one step and flushed. Answers the one before. Searches through this port see it when
   * this resolves, those of other processes within a second.
   */
  activate(collection: string, generation: string): Promise<string | undefined>;
  /** Refuses the active one; an absent one is no error. */
  drop(collection: string, generation: string): Promise<void>;
  /** By name. */
  generations(collection: string): Promise<readonly SearchGeneration[]>;
  search(request: SearchRequest): Promise<SearchAnswer>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
