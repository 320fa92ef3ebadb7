/**
 * Search in Elasticsearch 9: `http(s)://[user:pass@]host:port[/][?prefix=x&ca=/path]`, one node or a balancer.
 *
 * A generation is an index `<prefix><collection>.<generation>.<layout>`; the alias `<prefix><collection>` is the pointer, moved by
 * one `_aliases` call. The schema lies in the mapping's `_meta`, so that any process can search it. Words are made by us
 * (`words.ts`) and split there at spaces alone; every clause has a constant score, so what the port says about scores is
 * what the server adds. Only settings of a stock server are used. Writes go through an alias of the index with
 * `require_alias`: a put after a drop fails instead of making an index of its own.
 *
 * The alias is resolved at most once a second and the index named in each search: a query is always built for the schema
 * of the index it meets, and an index that was dropped meanwhile is resolved again.
 *
 * The client is never asked for `info()`: nodes without that endpoint exist, and the health of the cluster says more.
 */
import { Client, CloudConnectionPool, errors, type estypes } from "@elastic/elasticsearch";
import { type Clock, systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { createServerCalls, readAuthority } from "../server-calls.ts";
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
  BEGINNING_LONGEST,
  BEGINNING_SHORTEST,
  FIELD_BEGINS,
  isWhole,
  QUALITY_BEGINNING,
  QUALITY_BY_TYPOS,
  QUALITY_EXACT,
  type Reading,
  typosAllowed,
  typosInBeginning,
  WHOLE_FIELD,
} from "./score.ts";
import { wordsOf } from "./words.ts";

const OPEN_MS_MAX = 10_000;
/** Somebody is typing: later than this the answer is for another query. */
const SEARCH_MS = 3_000;
const DESCRIBE_MS = 2_000;
/** A bulk of 4 MB on a busy node; making an index waits for its shard. */
const WRITE_MS_MAX = 30_000;
/**
 * Every piece of an index makes the automata of a query's typos again: 100,000 titles as they come lie in nine, and a search
 * takes 106 ms of the server's processor, in one 18 ms. Making one of them takes 13 s on a busy machine; what takes longer goes on
 * behind the activation.
 */
const MERGE_MS_MAX = 120_000;
/** A keep-alive connection that was closed, a node that is just coming: once more. */
const RETRIES_MAX = 2;
const RETRY_PAUSE_SECONDS = 0.2;
const CONNECTIONS_MAX = 32;
/** Elasticsearch asks for bulks of 5 to 15 MB; half of the least, since words lie there twice. */
const BULK_BYTES_MAX = 4 * 1_048_576;
const BULK_DOCUMENTS_MAX = 1_000;
/** A line with an id. */
const DELETE_BYTES = 300;
/** How late a process may see what another activated. */
const RESOLVED_MS_MAX = 1_000;
/** An index may be dropped between its being resolved and searched; again and again only by a mistake. */
const RESOLVE_ATTEMPTS_MAX = 3;
const ACCEPTED = "http(s)://[user:password@]host:port[/][?prefix=x&ca=/path]";

interface Target {
  readonly index: string;
  readonly generation: string;
  readonly schema: SearchSchema;
}

interface Location {
  readonly node: string;
  readonly auth: { username: string; password: string } | undefined;
  readonly prefix: string;
  readonly ca: string | undefined;
  readonly shown: string;
}

function parseLocation(url: string): Location {
  const refuse = (why: string) => new UserError(`search: the URL ${why}; ${ACCEPTED} is accepted`);
  let parsed: URL;
  let auth: Location["auth"];
  try {
    parsed = new URL(url);
    if (parsed.username !== "" || parsed.password !== "") {
      auth = { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
    }
  } catch {
    throw refuse("can't be read (a / # ? or @ in a password is written %2F %23 %3F %40)");
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw refuse(`begins with ${parsed.protocol}`);
  if (auth && (auth.username === "" || auth.password === ""))
    throw refuse("has a user without a password or the reverse");
  if (parsed.pathname !== "/") throw refuse(`has the path ${parsed.pathname}`);
  for (const name of parsed.searchParams.keys()) {
    if (name !== "prefix" && name !== "ca") throw refuse(`has the parameter ${name}`);
  }
  const prefix = parsed.searchParams.get("prefix") ?? "";
  if (!/^([a-z0-9][a-z0-9-]{0,30})?$/.test(prefix)) throw refuse(`has the prefix ${JSON.stringify(prefix)}`);
  const ca = parsed.searchParams.get("ca") ?? undefined;
  if (ca !== undefined && parsed.protocol !== "https:") throw refuse("has a ca without https");
  const shown = `${parsed.origin}${prefix === "" ? "" : `?prefix=${prefix}`}`;
  return { node: parsed.origin, auth, prefix, ca, shown };
}

function explain(error: unknown): string {
  if (error instanceof errors.ResponseError) {
    if (error.statusCode === 401) return "the user or the password is wrong (401)";
    if (error.statusCode === 403) return "this user may not do that (403)";
    const reason: unknown = error.body?.error?.root_cause?.[0]?.reason ?? error.body?.error?.reason;
    return `${typeof reason === "string" ? reason.slice(0, 300) : "refused"} (${error.statusCode})`;
  }
  if (error instanceof errors.TimeoutError) return "no answer in time";
  if (error instanceof errors.ProductNotSupportedError) return "what answers there is no Elasticsearch";
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").slice(0, 300);
  if (/wrong version number/.test(message)) return "TLS is asked for and the server doesn't speak it";
  if (/certificate|CERT/.test(message)) {
    return `its certificate is not trusted; give its authority as ?ca=/path (${message})`;
  }
  return message;
}

const isAbsent = (error: unknown) => error instanceof errors.ResponseError && error.statusCode === 404;

type Query = estypes.QueryDslQueryContainer;

const worth = (filter: Query, boost: number): Query => ({ constant_score: { filter, boost } });
const bestOf = (queries: Query[]): Query => (queries.length === 1 ? queries[0]! : { dis_max: { queries } });

/** Raised when the fields below mean something else: an index that was made by another rule is none of ours. */
const LAYOUT = "2";

/** Texts of one group and weight lie in one field: a query pays for each field it looks into. */
const textKey = (group: string, weight: number) => `${group === "" ? "" : `${group}_`}w${weight}`;
const wordsField = (group: string, weight: number) => `words.${textKey(group, weight)}`;
/**
 * All words of a group, and all beginnings of them: where typos are looked for. To make the automaton of two typos is 2 to
 * 5 ms of a core, in an empty field too, and most of what a search with typos costs: hence one field, not one a weight.
 */
const groupKey = (group: string) => (group === "" ? "g" : `g_${group}`);
const nearField = (group: string) => `near.${groupKey(group)}`;
/** Beginnings as words: a typo in a beginning is a typo in one of these. */
const begunField = (group: string) => `begun.${groupKey(group)}`;
const wholeField = (group: string, weight: number) => `whole.${textKey(group, weight)}`;
const keywordField = (name: string) => `keyword.${name}`;
const numberField = (name: string) => `number.${name}`;

const weightsIn = (schema: SearchSchema, group: string): readonly number[] => groupsOf(schema).get(group) ?? [];

function wordQuery(
  weights: readonly number[],
  group: string,
  word: string,
  typos: 0 | 1 | 2,
  isBeginning: boolean,
): Query {
  const queries = weights.flatMap((weight) => {
    const field = wordsField(group, weight);
    const asItStands = worth({ term: { [field]: word } }, QUALITY_EXACT * weight);
    return isBeginning ? [asItStands, worth({ prefix: { [field]: word } }, QUALITY_BEGINNING * weight)] : [asItStands];
  });
  const lightest = Math.min(...weights);
  const within = (field: string, most: number, quality: number) => {
    for (let fuzziness = 1; fuzziness <= most; fuzziness++) {
      // `constant_score` takes every word in reach; the default would take the first fifty.
      const fuzzy = { value: word, fuzziness, transpositions: true, rewrite: "constant_score" };
      queries.push(worth({ fuzzy: { [field]: fuzzy } }, quality * (QUALITY_BY_TYPOS[fuzziness] ?? 0) * lightest));
    }
  };
  within(nearField(group), typos, QUALITY_EXACT);
  if (isBeginning) within(begunField(group), typosInBeginning(word, typos), QUALITY_BEGINNING);
  return bestOf(queries);
}

function readingQuery(schema: SearchSchema, { group, typosMax, words, unfinished, whole }: Reading): Query {
  const weights = weightsIn(schema, group);
  const typos = typosAllowed(words, typosMax);
  const must = words.map((word, i) =>
    wordQuery(weights, group, word, typos[i] ?? 0, unfinished && i === words.length - 1),
  );
  const begins = unfinished ? whole : `${whole} `;
  const wholes = weights.flatMap((weight) => [
    worth({ term: { [wholeField(group, weight)]: whole } }, WHOLE_FIELD * weight),
    worth({ prefix: { [wholeField(group, weight)]: begins } }, FIELD_BEGINS * weight),
  ]);
  return { bool: { must, should: [bestOf(wholes)] } };
}

function filterQuery(filter: SearchFilter): Query {
  if ("anyOf" in filter) return { terms: { [keywordField(filter.field)]: [...filter.anyOf] } };
  if ("noneOf" in filter)
    return { bool: { must_not: { terms: { [keywordField(filter.field)]: [...filter.noneOf] } } } };
  const { field, atLeast, atMost } = filter;
  const bounds = {
    ...(atLeast === undefined ? {} : { gte: atLeast }),
    ...(atMost === undefined ? {} : { lte: atMost }),
  };
  return { range: { [numberField(field)]: bounds } };
}

/** Exact, since an index is one shard. */
const facetQueries = (facets: readonly SearchFacet[]) =>
  Object.fromEntries(
    facets.map(({ field, limit }) => [
      field,
      {
        terms: {
          field: keywordField(field),
          size: limit,
          order: [{ _count: "desc" as const }, { _key: "asc" as const }],
        },
      },
    ]),
  );

function facetValues(aggregate: unknown): FacetValue[] {
  const { buckets } = aggregate as { buckets: { key: string; doc_count: number }[] };
  return buckets.map(({ key, doc_count }) => ({ value: key, count: doc_count }));
}

const noFacets = (facets: readonly SearchFacet[]) =>
  facets.length === 0 ? {} : { facets: Object.fromEntries(facets.map(({ field }) => [field, []])) };

const WORDS: estypes.MappingProperty = {
  type: "text",
  analyzer: "whitespace",
  norms: false,
  index_options: "docs",
};

/** Objects by name, as Elasticsearch nests `words.w8`. */
function mappingOf(schema: SearchSchema): estypes.MappingTypeMapping {
  const words: Record<string, estypes.MappingProperty> = {};
  const near: Record<string, estypes.MappingProperty> = {};
  const begun: Record<string, estypes.MappingProperty> = {};
  const whole: Record<string, estypes.MappingProperty> = {};
  const keyword: Record<string, estypes.MappingProperty> = {};
  const number: Record<string, estypes.MappingProperty> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.kind === "text") {
      const { group = "", weight } = field;
      const key = textKey(group, weight);
      words[key] = WORDS;
      near[groupKey(group)] = WORDS;
      begun[groupKey(group)] = WORDS;
      whole[key] = { type: "keyword", doc_values: false };
    } else if (field.kind === "keyword") keyword[name] = { type: "keyword" };
    else number[name] = { type: "double" };
  }
  return {
    dynamic: "strict",
    _meta: { schema },
    properties: {
      id: { type: "keyword" },
      words: { properties: words },
      near: { properties: near },
      begun: { properties: begun },
      whole: { properties: whole },
      keyword: { properties: keyword },
      number: { properties: number },
    },
  };
}

function beginningsOf(words: Iterable<string>): Set<string> {
  const beginnings = new Set<string>();
  for (const word of words) {
    const letters = Array.from(word).slice(0, BEGINNING_LONGEST);
    for (let length = BEGINNING_SHORTEST; length <= letters.length; length++) {
      beginnings.add(letters.slice(0, length).join(""));
    }
  }
  return beginnings;
}

function sourceOf(schema: SearchSchema, document: SearchDocument): Record<string, unknown> {
  const words: Record<string, string[]> = {};
  /** Each once: a plot says most of its words several times. */
  const distinct = new Map<string, Set<string>>();
  const whole: Record<string, string[]> = {};
  const keyword: Record<string, unknown> = {};
  const number: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const values = valuesOf(document, name);
    if (field.kind === "keyword") keyword[name] = values;
    else if (field.kind === "number") number[name] = values;
    else {
      const { group = "", weight } = field;
      const key = textKey(group, weight);
      const texts = (values as string[]).map((value) => wordsOf(value, schema.letters).join(" "));
      words[key] = [...(words[key] ?? []), ...texts];
      whole[key] = [...(whole[key] ?? []), ...texts.filter(isWhole)];
      const ofGroup = distinct.get(groupKey(group)) ?? new Set();
      distinct.set(groupKey(group), ofGroup);
      for (const text of texts) for (const word of text.split(" ")) ofGroup.add(word);
    }
  }
  const textOf = (of: (found: Set<string>) => Set<string>) =>
    Object.fromEntries([...distinct].map(([key, found]) => [key, [...of(found)].join(" ")]));
  return {
    id: document.id,
    words,
    near: textOf((found) => found),
    begun: textOf(beginningsOf),
    whole,
    keyword,
    number,
  };
}

export async function openElasticsearch(options: {
  readonly url: string;
  readonly clock?: Clock;
  /** How long a search may take. Default: 3 s. */
  readonly searchMs?: number;
  /** Opens also while no server answers: whoever asks has another index to go on with. What is said wrongly is refused. */
  readonly mayBeAway?: boolean;
}): Promise<Search & AsyncDisposable> {
  const searchMs = options.searchMs ?? SEARCH_MS;
  const clock = options.clock ?? systemClock;
  const { node, auth, prefix, ca, shown } = parseLocation(options.url);
  const where = `search at ${shown}`;
  const authority = await readAuthority(where, ca, explain);
  const client = new Client({
    node,
    ...(auth ? { auth } : {}),
    ...(authority ? { tls: { ca: authority } } : {}),
    // One address that is never given up: it is tried at every call.
    ConnectionPool: CloudConnectionPool,
    agent: { connections: CONNECTIONS_MAX },
    maxRetries: RETRIES_MAX,
    redaction: { type: "remove" },
  });
  const retryBackoff = () => RETRY_PAUSE_SECONDS;
  const searching = { requestTimeout: searchMs, retryBackoff };
  const writing = { requestTimeout: WRITE_MS_MAX, retryBackoff };

  const { call, end } = createServerCalls(where, explain);
  const schemas = new Map<string, SearchSchema>();
  const resolved = new Map<string, { readonly target: Promise<Target | undefined>; readonly untilMs: number }>();

  const aliasOf = (collection: string) => `${prefix}${collection}`;
  const indexOf = (collection: string, generation: string) => `${aliasOf(collection)}.${generation}.${LAYOUT}`;
  const writeAliasOf = (index: string) => `${index}.put`;

  async function schemaOf(index: string): Promise<SearchSchema | undefined> {
    const known = schemas.get(index);
    if (known) return known;
    try {
      const schema = (await client.indices.getMapping({ index }, searching))[index]?.mappings._meta
        ?.schema as SearchSchema;
      schemas.set(index, schema);
      return schema;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async function requireSchema(
    collection: string,
    generation: string,
  ): Promise<{ index: string; schema: SearchSchema }> {
    checkName("collection", collection);
    checkName("generation", generation);
    const index = indexOf(collection, generation);
    const schema = await schemaOf(index);
    if (!schema) throw new Error(`${collection} has no generation ${generation}`);
    return { index, schema };
  }

  async function activeIndex(collection: string): Promise<string | undefined> {
    try {
      const indices = Object.keys(await client.indices.getAlias({ name: aliasOf(collection) }, searching));
      return indices.find((index) => index.endsWith(`.${LAYOUT}`));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
  const generationIn = (collection: string, index: string) =>
    index.slice(aliasOf(collection).length + 1, -LAYOUT.length - 1);

  async function resolve(collection: string): Promise<Target | undefined> {
    for (let attempt = 1; ; attempt++) {
      const index = await activeIndex(collection);
      if (index === undefined) return undefined;
      const schema = await schemaOf(index);
      if (schema) return { index, schema, generation: generationIn(collection, index) };
      if (attempt === RESOLVE_ATTEMPTS_MAX) throw new Error(`${collection} is served by an index that is gone`);
    }
  }

  function target(collection: string): Promise<Target | undefined> {
    const known = resolved.get(collection);
    if (known && known.untilMs > clock.monotonicMs()) return known.target;
    const resolving = resolve(collection);
    resolved.set(collection, { target: resolving, untilMs: clock.monotonicMs() + RESOLVED_MS_MAX });
    // Neither a failure nor an absence is kept.
    const forget = () => {
      if (resolved.get(collection)?.target === resolving) resolved.delete(collection);
    };
    resolving.then((found) => found ?? forget(), forget);
    return resolving;
  }

  async function bulk(
    index: string,
    operations: readonly { readonly lines: readonly object[]; readonly bytes: number }[],
  ) {
    for (let begin = 0; begin < operations.length; ) {
      let end = begin;
      for (
        let bytes = 0;
        end < operations.length && end - begin < BULK_DOCUMENTS_MAX && bytes < BULK_BYTES_MAX;
        end++
      ) {
        bytes += operations[end]!.bytes;
      }
      const lines = operations.slice(begin, end).flatMap((operation) => operation.lines);
      const answer = await client.bulk({ index: writeAliasOf(index), operations: [...lines] }, writing);
      for (const item of answer.errors ? answer.items : []) {
        const { error, _id: id } = item.index ?? item.delete ?? {};
        if (error) throw new Error(`document ${id}: ${error.reason ?? error.type}`);
      }
      begin = end;
    }
  }

  async function merge(index: string): Promise<void> {
    try {
      await client.indices.forcemerge({ index, max_num_segments: 1 }, { requestTimeout: MERGE_MS_MAX, maxRetries: 0 });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
    }
  }

  async function searchIn({ index, generation, schema }: Target, request: SearchRequest): Promise<SearchAnswer> {
    const { readings, everything, filters, facets, limit } = readRequest(schema, request);
    const lookups = readings.filter(({ group }) => weightsIn(schema, group).length > 0);
    if (lookups.length === 0 && !everything) return { hits: [], total: 0, generation, ...noFacets(facets) };
    const query = everything
      ? worth({ match_all: {} }, 0)
      : bestOf(lookups.map((reading) => readingQuery(schema, reading)));
    const { orderBy } = schema;
    const answer = await client.search(
      {
        index,
        size: limit,
        query: { bool: { must: [query], filter: filters.map(filterQuery) } },
        sort: [
          { _score: { order: "desc" } },
          ...(orderBy === undefined ? [] : [{ [numberField(orderBy)]: { order: "desc" as const, missing: "_last" } }]),
          { id: { order: "asc" } },
        ],
        ...(facets.length === 0 ? {} : { aggs: facetQueries(facets) }),
        _source: false,
        track_total_hits: true,
        allow_partial_search_results: false,
        timeout: `${searchMs}ms`,
      },
      searching,
    );
    const { total, hits } = answer.hits;
    const counted = Object.fromEntries(facets.map(({ field }) => [field, facetValues(answer.aggregations?.[field])]));
    return {
      hits: hits.map((hit) => ({ id: hit._id ?? "", score: Number(hit.sort?.[0]) })),
      total: typeof total === "object" ? total.value : (total ?? 0),
      ...(facets.length === 0 ? {} : { facets: counted }),
      generation,
    };
  }

  const search: Search & AsyncDisposable = {
    begin: (collection, generation, schema) =>
      call(`begin of ${collection} ${generation}`, async () => {
        checkName("collection", collection);
        checkName("generation", generation);
        checkSchema(schema);
        const index = indexOf(collection, generation);
        schemas.delete(index);
        try {
          await client.indices.create(
            {
              index,
              aliases: { [writeAliasOf(index)]: {} },
              mappings: mappingOf(schema),
              // A copy where there is a second node, none to wait for where there is not.
              settings: { number_of_shards: 1, auto_expand_replicas: "0-1" },
            },
            // A create that was sent twice would find its own.
            { ...writing, maxRetries: 0 },
          );
        } catch (error) {
          if (
            error instanceof errors.ResponseError &&
            error.body?.error?.type === "resource_already_exists_exception"
          ) {
            throw new Error(`${collection} has a generation ${generation} already`);
          }
          throw error;
        }
      }),
    put: (collection, generation, documents) =>
      call(`put to ${collection} ${generation}`, async () => {
        const { index, schema } = await requireSchema(collection, generation);
        checkDocuments(schema, documents);
        const operations = documents.map((document) => {
          const source = sourceOf(schema, document);
          // Characters of Cyrillic are two bytes.
          const bytes = 2 * JSON.stringify(source).length;
          return { lines: [{ index: { _id: document.id, require_alias: true } }, source], bytes };
        });
        await bulk(index, operations);
      }),
    delete: (collection, generation, ids) =>
      call(`delete from ${collection} ${generation}`, async () => {
        const { index } = await requireSchema(collection, generation);
        checkIds(ids);
        await bulk(
          index,
          ids.map((_id) => ({ lines: [{ delete: { _id } }], bytes: DELETE_BYTES })),
        );
      }),
    flush: (collection, generation) =>
      call(`flush of ${collection} ${generation}`, async () => {
        const { index } = await requireSchema(collection, generation);
        await client.indices.refresh({ index }, writing);
      }),
    activate: (collection, generation) =>
      call(`activation of ${collection} ${generation}`, async () => {
        const { index } = await requireSchema(collection, generation);
        await client.indices.refresh({ index }, writing);
        await merge(index);
        const before = await activeIndex(collection);
        const alias = aliasOf(collection);
        await client.indices.updateAliases(
          {
            actions: [
              { remove: { index: `${alias}.*`, alias, must_exist: false } },
              { add: { index, alias, is_write_index: false } },
            ],
          },
          writing,
        );
        resolved.delete(collection);
        return before === undefined ? undefined : generationIn(collection, before);
      }),
    drop: (collection, generation) =>
      call(`drop of ${collection} ${generation}`, async () => {
        checkName("collection", collection);
        checkName("generation", generation);
        const index = indexOf(collection, generation);
        if ((await activeIndex(collection)) === index) {
          throw new Error(`${collection} is served by ${generation}; it is kept`);
        }
        schemas.delete(index);
        await client.indices.delete({ index, ignore_unavailable: true }, writing);
      }),
    generations: (collection) =>
      call(`generations of ${collection}`, async () => {
        checkName("collection", collection);
        const alias = aliasOf(collection);
        const indices = await client.indices.get({ index: `${alias}.*.${LAYOUT}`, features: "aliases" }, searching);
        const found = await Promise.all(
          Object.entries(indices).map(async ([index, { aliases }]) => ({
            generation: generationIn(collection, index),
            active: aliases !== undefined && alias in aliases,
            documentCount: (await client.count({ index }, searching)).count,
          })),
        );
        return found.sort((a, b) => (a.generation < b.generation ? -1 : 1));
      }),
    search: (request) =>
      call("search", async () => {
        checkRequest(request);
        for (let attempt = 1; ; attempt++) {
          const found = await target(request.collection);
          if (!found) return { hits: [], total: 0, generation: undefined };
          try {
            return await searchIn(found, request);
          } catch (error) {
            // Dropped since it was resolved: another one is active by now.
            if (!isAbsent(error) || attempt === RESOLVE_ATTEMPTS_MAX) throw error;
            resolved.delete(request.collection);
            schemas.delete(found.index);
          }
        }
      }),
    describe: () =>
      call("describe", async () => {
        await client.cluster.health({}, { requestTimeout: DESCRIBE_MS, maxRetries: 0 });
        return `Elasticsearch at ${shown}`;
      }),
    async close() {
      await end();
      await client.close();
    },
    [Symbol.asyncDispose]: () => search.close(),
  };
  try {
    await client.cluster.health({ timeout: "5s" }, { requestTimeout: OPEN_MS_MAX / 2, maxRetries: 1, retryBackoff });
  } catch (error) {
    const isAway = error instanceof errors.TimeoutError || error instanceof errors.ConnectionError;
    if (isAway && options.mayBeAway) return search;
    await client.close();
    throw new UserError(`search at ${shown}: can't be opened: ${explain(error)}; ${ACCEPTED} is accepted`);
  }
  return search;
}
