/** What every search adapter refuses, in the same words. */
import {
  DOCUMENT_CHARACTERS_MAX,
  DOCUMENTS_PER_CALL_MAX,
  FACET_VALUES_MAX,
  FACETS_MAX,
  FIELD_NAME_PATTERN,
  FIELD_VALUES_MAX,
  FIELDS_MAX,
  FILTER_VALUES_MAX,
  GROUPS_MAX,
  HITS_MAX,
  QUERY_CHARACTERS_MAX,
  QUERY_READINGS_MAX,
  QUERY_WORDS_MAX,
  SEARCH_NAME_PATTERN,
  type SearchDocument,
  type SearchFacet,
  type SearchFilter,
  type SearchReading,
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
  const groups = groupsOf({ fields });
  if (groups.size > GROUPS_MAX) throw refuse(`a schema of ${groups.size} groups`, `at most ${GROUPS_MAX} differ`);
  for (const [group, weights] of groups) {
    if (group !== "" && !FIELD_NAME_PATTERN.test(group)) {
      throw refuse(`group ${shown(group)}`, "names like sound are accepted");
    }
    if (weights.length > WEIGHTS_MAX) {
      throw refuse(`a schema of ${weights.length} weights`, `at most ${WEIGHTS_MAX} differ in a group`);
    }
  }
  if (orderBy !== undefined && fields[orderBy]?.kind !== "number") {
    throw refuse(`orderBy ${shown(orderBy)}`, "one of the schema's number fields is accepted");
  }
  for (const [from, to] of Object.entries(letters)) {
    if (Array.from(from).length !== 1 || from !== from.toLowerCase() || !/^\p{L}{0,3}$/u.test(to)) {
      throw refuse(`letter ${shown(from)} → ${shown(to)}`, "one lower-case letter to at most three is accepted");
    }
  }
}

/** Group → its weights, each once. */
export function groupsOf({ fields }: Pick<SearchSchema, "fields">): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const field of Object.values(fields)) {
    if (field.kind !== "text") continue;
    const weights = groups.get(field.group ?? "") ?? [];
    if (!weights.includes(field.weight)) weights.push(field.weight);
    groups.set(field.group ?? "", weights);
  }
  return groups;
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

const kindOf = (schema: SearchSchema, field: string) =>
  Object.hasOwn(schema.fields, field) ? schema.fields[field]?.kind : undefined;

function checkFacets(schema: SearchSchema, facets: readonly SearchFacet[]): void {
  if (facets.length > FACETS_MAX) throw refuse(`${facets.length} facets`, `at most ${FACETS_MAX} are accepted`);
  for (const { field, limit } of facets) {
    if (kindOf(schema, field) !== "keyword") {
      throw refuse(`a facet of ${shown(field)}`, "a keyword field of the schema is accepted");
    }
    if (!Number.isInteger(limit) || limit < 1 || limit > FACET_VALUES_MAX) {
      throw refuse(`a facet of ${limit} values`, `1 to ${FACET_VALUES_MAX} are accepted`);
    }
  }
}

function checkFilter(schema: SearchSchema, filter: SearchFilter): void {
  const kind = kindOf(schema, filter.field);
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
  readonly filters: readonly SearchFilter[];
  readonly facets: readonly SearchFacet[];
  readonly limit: number;
}

const readingsOf = ({ text }: SearchRequest): readonly SearchReading[] =>
  typeof text === "string" ? [{ text }] : text.map((one) => (typeof one === "string" ? { text: one } : one));

/** What needs no schema, so that a mistake is told even where nothing is active. */
export function checkRequest(request: SearchRequest): void {
  checkName("collection", request.collection);
  if (!Number.isInteger(request.limit) || request.limit < 1 || request.limit > HITS_MAX) {
    throw refuse(`a limit of ${request.limit}`, `1 to ${HITS_MAX} are accepted`);
  }
  const texts = readingsOf(request);
  if (texts.length > QUERY_READINGS_MAX) throw refuse(`${texts.length} readings`, `at most ${QUERY_READINGS_MAX}`);
  for (const { text } of texts) {
    if (text.length > QUERY_CHARACTERS_MAX) {
      throw refuse(`a query of ${text.length} characters`, `at most ${QUERY_CHARACTERS_MAX} are accepted`);
    }
  }
}

export function readRequest(schema: SearchSchema, request: SearchRequest): CheckedRequest {
  const texts = readingsOf(request);
  const groups = groupsOf(schema);
  const { filters = [], facets = [] } = request;
  for (const filter of filters) checkFilter(schema, filter);
  checkFacets(schema, facets);
  const readings = texts.map(({ text, group = "", typosMax = request.typosMax ?? 2 }): Reading => {
    if (group !== "" && !groups.has(group)) {
      throw refuse(
        `a reading in ${shown(group)}`,
        `the schema has ${[...groups.keys()]
          .filter((name) => name !== "")
          .sort()
          .join(", ")}`,
      );
    }
    const words = wordsOf(text, schema.letters);
    if (words.length > QUERY_WORDS_MAX) {
      throw refuse(`a query of ${words.length} words`, `at most ${QUERY_WORDS_MAX} are accepted`);
    }
    // Behind a space the last word is finished: `брат ` is not `братья`.
    const unfinished = (request.unfinished ?? true) && /[\p{L}\p{M}\p{N}]$/u.test(text);
    return { group, typosMax, words, unfinished, whole: words.join(" ") };
  });
  // Two readings are often the same: digits, a name in one script. The one that forgives more stays.
  const distinct = new Map<string, Reading>();
  for (const reading of readings) {
    if (reading.words.length === 0) continue;
    const key = `${reading.group} ${reading.unfinished} ${reading.whole}`;
    if ((distinct.get(key)?.typosMax ?? -1) < reading.typosMax) distinct.set(key, reading);
  }
  return {
    readings: [...distinct.values()],
    everything: texts.every(({ text }) => text.trim() === ""),
    filters,
    facets,
    limit: request.limit,
  };
}
