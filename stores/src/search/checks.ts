/** What every search adapter refuses, in the same words. */
import {
  DOCUMENT_CHARACTERS_MAX,
  DOCUMENTS_PER_CALL_MAX,
  FIELD_NAME_PATTERN,
  FIELD_VALUES_MAX,
  FIELDS_MAX,
  FILTER_VALUES_MAX,
  HITS_MAX,
  QUERY_CHARACTERS_MAX,
  QUERY_READINGS_MAX,
  QUERY_WORDS_MAX,
  SEARCH_NAME_PATTERN,
  type SearchDocument,
  type SearchFilter,
  type SearchRequest,
  type SearchSchema,
  TEXT_CHARACTERS_MAX,
  WEIGHTS_MAX,
} from "./port.ts";
import type { Reading } from "./score.ts";
import { wordsOf } from "./words.ts";

const ID_PATTERN = /^[!-~]{1,256}$/;
const KEYWORD_CHARACTERS_MAX = 256;
const WEIGHT_MAX = 100;

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};
const refuse = (what: string, accepted: string) => new RangeError(`search: ${what} is refused; ${accepted}`);

export function checkName(kind: "collection" | "generation", name: string): void {
  if (!SEARCH_NAME_PATTERN.test(name)) throw refuse(`${kind} ${shown(name)}`, "1 to 64 of a-z 0-9 - are accepted");
}

export function checkSchema({ fields, orderBy, letters = {} }: SearchSchema): void {
  const entries = Object.entries(fields);
  if (entries.length > FIELDS_MAX) throw refuse(`a schema of ${entries.length} fields`, `at most ${FIELDS_MAX}`);
  for (const [name, field] of entries) {
    if (!FIELD_NAME_PATTERN.test(name)) throw refuse(`field ${shown(name)}`, "names like titleRu are accepted");
    if (field.kind !== "text") continue;
    if (!Number.isInteger(field.weight) || field.weight < 1 || field.weight > WEIGHT_MAX) {
      throw refuse(`weight ${field.weight} of ${name}`, `whole ones from 1 to ${WEIGHT_MAX} are accepted`);
    }
  }
  const weights = new Set(entries.flatMap(([, field]) => (field.kind === "text" ? [field.weight] : [])));
  if (weights.size > WEIGHTS_MAX) throw refuse(`a schema of ${weights.size} weights`, `at most ${WEIGHTS_MAX} differ`);
  if (orderBy !== undefined && fields[orderBy]?.kind !== "number") {
    throw refuse(`orderBy ${shown(orderBy)}`, "one of the schema's number fields is accepted");
  }
  for (const [from, to] of Object.entries(letters)) {
    if (Array.from(from).length !== 1 || from !== from.toLowerCase() || !/^\p{L}{0,3}$/u.test(to)) {
      throw refuse(`letter ${shown(from)} → ${shown(to)}`, "one lower-case letter to at most three is accepted");
    }
  }
}

function checkId(id: string): void {
  if (!ID_PATTERN.test(id)) throw refuse(`id ${shown(id)}`, "1 to 256 printable ASCII characters are accepted");
}

export function checkIds(ids: readonly string[]): void {
  if (ids.length > DOCUMENTS_PER_CALL_MAX) throw refuse(`a call of ${ids.length}`, `at most ${DOCUMENTS_PER_CALL_MAX}`);
  ids.forEach(checkId);
}

/** Every value of a field, as a list. */
export function valuesOf(document: SearchDocument, field: string): readonly (string | number)[] {
  const value = document.fields[field];
  return value === undefined ? [] : typeof value === "string" || typeof value === "number" ? [value] : value;
}

export function checkDocuments(schema: SearchSchema, documents: readonly SearchDocument[]): void {
  checkIds(documents.map((document) => document.id));
  for (const document of documents) {
    let characters = 0;
    for (const name of Object.keys(document.fields)) {
      const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
      const what = `field ${shown(name)} of ${shown(document.id)}`;
      if (!field) throw refuse(what, `the schema has ${Object.keys(schema.fields).sort().join(", ")}`);
      const values = valuesOf(document, name);
      for (const value of values) characters += typeof value === "string" ? value.length : 1;
      if (values.length > FIELD_VALUES_MAX) throw refuse(what, `at most ${FIELD_VALUES_MAX} values are accepted`);
      for (const value of values) {
        if (field.kind === "number") {
          if (typeof value !== "number" || !Number.isFinite(value)) throw refuse(what, "finite numbers are accepted");
        } else {
          const most = field.kind === "text" ? TEXT_CHARACTERS_MAX : KEYWORD_CHARACTERS_MAX;
          if (typeof value !== "string" || value.length > most)
            throw refuse(what, `texts up to ${most} characters are accepted`);
        }
      }
    }
    if (characters > DOCUMENT_CHARACTERS_MAX) {
      throw refuse(`document ${shown(document.id)} of ${characters} characters`, `at most ${DOCUMENT_CHARACTERS_MAX}`);
    }
  }
}

function checkFilter(schema: SearchSchema, filter: SearchFilter): void {
  const kind = Object.hasOwn(schema.fields, filter.field) ? schema.fields[filter.field]?.kind : undefined;
  const wanted = "anyOf" in filter || "noneOf" in filter ? "keyword" : "number";
  if (kind !== wanted)
    throw refuse(`a filter on ${shown(filter.field)}`, `a ${wanted} field of the schema is accepted`);
  const values = "anyOf" in filter ? filter.anyOf : "noneOf" in filter ? filter.noneOf : [];
  if (values.length > FILTER_VALUES_MAX) {
    throw refuse(`a filter of ${values.length} values`, `at most ${FILTER_VALUES_MAX}`);
  }
}

export interface CheckedRequest {
  /** Those with words. */
  readonly readings: readonly Reading[];
  /** Nothing was typed: the filters alone decide. */
  readonly everything: boolean;
  readonly typosMax: number;
  readonly filters: readonly SearchFilter[];
  readonly limit: number;
}

/** What needs no schema, so that a mistake is told even where nothing is active. */
export function checkRequest(request: SearchRequest): void {
  checkName("collection", request.collection);
  if (!Number.isInteger(request.limit) || request.limit < 1 || request.limit > HITS_MAX) {
    throw refuse(`a limit of ${request.limit}`, `1 to ${HITS_MAX} are accepted`);
  }
  const texts = typeof request.text === "string" ? [request.text] : request.text;
  if (texts.length > QUERY_READINGS_MAX) throw refuse(`${texts.length} readings`, `at most ${QUERY_READINGS_MAX}`);
  for (const text of texts) {
    if (text.length > QUERY_CHARACTERS_MAX) {
      throw refuse(`a query of ${text.length} characters`, `at most ${QUERY_CHARACTERS_MAX} are accepted`);
    }
  }
}

export function readRequest(schema: SearchSchema, request: SearchRequest): CheckedRequest {
  const texts = typeof request.text === "string" ? [request.text] : request.text;
  const filters = request.filters ?? [];
  for (const filter of filters) checkFilter(schema, filter);
  const readings = texts.map((text): Reading => {
    const words = wordsOf(text, schema.letters);
    if (words.length > QUERY_WORDS_MAX) {
      throw refuse(`a query of ${words.length} words`, `at most ${QUERY_WORDS_MAX} are accepted`);
    }
    // Behind a space the last word is finished: `брат ` is not `братья`.
    const unfinished = (request.unfinished ?? true) && /[\p{L}\p{M}\p{N}]$/u.test(text);
    return { words, unfinished, whole: words.join(" ") };
  });
  // Two readings are often the same: digits, a name in one script.
  const distinct = new Map(readings.map((reading) => [`${reading.whole} ${reading.unfinished}`, reading]));
  return {
    readings: [...distinct.values()].filter((reading) => reading.words.length > 0),
    everything: texts.every((text) => text.trim() === ""),
    typosMax: request.typosMax ?? 2,
    filters,
    limit: request.limit,
  };
}
