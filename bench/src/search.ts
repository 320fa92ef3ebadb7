/**
 * `search`: 100,000 titles, searched letter by letter as somebody types, with every fifth query mistyped, in another keyboard
 * layout or in another alphabet. What is measured is the whole answer (`searchTitles`: readings, one to four questions to
 * the index, cards with highlights), over the embedded index and over Elasticsearch; beside each a peer that does less in
 * the same run: minisearch with beginnings and typos, and Elasticsearch's own `match` with `fuzziness: AUTO`, one question each.
 * Where the time goes is beside it: processor time of this process, and what the server counts as its own.
 *
 * Titles are made of the words of the demo's real names: 3,201 in Latin, 160 in three languages. Servers and this process
 * share the machine's cores.
 */
import { loadavg } from "node:os";
import { Client } from "@elastic/elasticsearch";
import { createTitleIndex, type TitleIndex } from "@thewatcher/catalog-api/search-index";
import { layoutsOf } from "@thewatcher/catalog-api/search-readings";
import { searchTitles } from "@thewatcher/catalog-api/search-titles";
import { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { silentLog } from "@thewatcher/kit/log";
import { createRng, type Rng } from "@thewatcher/kit/rng";
import { loadCatalogue } from "@thewatcher/simulation/catalogue";
import { demoPeople, demoTexts } from "@thewatcher/simulation/content/demo-content";
import { openElasticsearch } from "@thewatcher/stores/search/elasticsearch";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import type { Search } from "@thewatcher/stores/search/port";
import { missing } from "@thewatcher/testbed/available";
import { startElasticsearch } from "@thewatcher/testbed/elasticsearch";
import MiniSearch from "minisearch";
import { type Bench, type BenchContext, type Outcome, timed } from "./harness.ts";
import type { Figure } from "./report.ts";
import { quantile } from "./statistics.ts";

const TITLES = 100_000;
/** With names in three languages. */
const TRANSLATED_SHARE = 0.1;
const TYPED_QUERIES = 15;
/** Nobody is answered to one letter. */
const LETTERS_MIN = 2;
const TOGETHER = 8;
const WARM_UP = 30;
const P95_MS_MAX = 60;
const WORLD_NOW = Date.UTC(2026, 10, 23);
/** A benchmark of a server that hangs ends. */
const ANSWER_MS_MAX = 60_000;

function makeTitles(rng: Rng): CatalogueTitle[] {
  const pick = <Value>(values: readonly Value[]): Value => values[rng.int(values.length)]!;
  const wordsOf = (names: readonly string[]) => names.flatMap((name) => name.split(/[\s:,.—–]+/)).filter(Boolean);
  const latin = wordsOf(loadCatalogue({ worldNow: WORLD_NOW }).titles.map(({ name }) => name));
  const translated = (["ru", "be", "en"] as const).map((locale) => ({
    locale,
    words: wordsOf(demoTexts.map(({ names }) => names[locale])),
  }));
  const nameOf = (words: readonly string[]) => Array.from({ length: 1 + rng.int(4) }, () => pick(words)).join(" ");
  return Array.from({ length: TITLES }, (_, i) =>
    CatalogueTitle.parse({
      titleId: `made-${i}`,
      name: nameOf(latin),
      names:
        rng.next() < TRANSLATED_SHARE
          ? Object.fromEntries(translated.map(({ locale, words }) => [locale, nameOf(words)]))
          : {},
      year: 1950 + rng.int(75),
      genres: [pick(["Drama", "Comedy", "Action", "Horror"])],
      ageMark: pick([0, 6, 12, 16, 18] as const),
      runtimeMinutes: 100,
      directors: [],
      plot: null,
      score: null,
      scoreVotes: rng.int(1_000_000),
      source: "bench",
      addedAt: new Date(WORLD_NOW).toISOString(),
      people: Array.from({ length: 3 }, () => pick(demoPeople)).map(({ personId, names }) => ({
        personId,
        role: "cast" as const,
        name: names.en,
        names,
      })),
    }),
  );
}

/** Every text that a box sends while somebody types a name, with one of five queries mistyped in some way. */
function typedTexts(titles: readonly CatalogueTitle[], rng: Rng): string[] {
  const texts: string[] = [];
  for (let i = 0; i < TYPED_QUERIES; i++) {
    const title = titles[rng.int(titles.length)]!;
    let query = (title.names.ru ?? title.name).toLowerCase();
    if (i % 5 === 0) query = layoutsOf(query)[0]?.text ?? query;
    if (i % 5 === 1) {
      const place = 1 + rng.int(Math.max(1, query.length - 1));
      query = `${query.slice(0, place)}${query.slice(place + 1)}`;
    }
    for (let length = LETTERS_MIN; length <= query.length; length++) texts.push(query.slice(0, length));
  }
  return texts;
}

interface Texts {
  /** Other queries than those measured: nothing of them is known yet. */
  readonly warmUp: readonly string[];
  readonly texts: readonly string[];
}

interface Peer {
  readonly name: string;
  ask(text: string): Promise<unknown>;
  /** What a server says that it spent on searches, since it was started. */
  serverMs?(): Promise<number>;
}

async function measure(peer: Peer, { warmUp, texts }: Texts, context: BenchContext) {
  const { clock } = context;
  for (const text of warmUp) await peer.ask(text);
  const alone: number[] = [];
  const processor: number[] = [];
  const serverBeganMs = await peer.serverMs?.();
  for (const text of texts) {
    context.signal.throwIfAborted();
    const startedMs = clock.monotonicMs();
    const before = process.cpuUsage();
    await peer.ask(text);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
    alone.push(clock.monotonicMs() - startedMs);
  }
  const serverEndedMs = await peer.serverMs?.();
  let next = 0;
  const together = await timed(clock, () =>
    Promise.all(
      Array.from({ length: TOGETHER }, async () => {
        for (let text = texts[next++]; text !== undefined; text = texts[next++]) await peer.ask(text);
      }),
    ),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    p50: quantile(alone, 0.5),
    p95: quantile(alone, 0.95),
    p99: quantile(alone, 0.99),
    mean: mean(alone),
    processor: mean(processor),
    processorP95: quantile(processor, 0.95),
    ...(serverBeganMs === undefined || serverEndedMs === undefined
      ? {}
      : { server: (serverEndedMs - serverBeganMs) / texts.length }),
    perSecond: texts.length / together.seconds,
  };
}

/** Its queries and what it reads for their hits, as `took` has them. */
const serverMsOf = (client: Client, index: string) => async (): Promise<number> => {
  const { total } = (await client.indices.stats({ index, metric: "search" }))._all;
  return (total?.search?.query_time_in_millis ?? 0) + (total?.search?.fetch_time_in_millis ?? 0);
};

const peerOf = (name: string, index: TitleIndex, serverMs?: () => Promise<number>): Peer => ({
  name,
  ...(serverMs ? { serverMs } : {}),
  ask: (text) =>
    searchTitles(
      index,
      { locale: "ru", genreNames: {}, viewer: { country: "BY", ageLimit: null, at: WORLD_NOW } },
      { text, limit: 20, filters: {} },
    ),
});

async function run(context: BenchContext): Promise<Outcome> {
  const { clock, lifecycle, say } = context;
  const rng = createRng(6);
  const titles = makeTitles(rng);
  const texts = typedTexts(titles, rng);
  const warmUp = typedTexts(titles, rng).slice(0, WARM_UP);
  const figures: Figure[] = [];
  const notes = [`${titles.length} titles, ${texts.length} texts of ${TYPED_QUERIES} queries typed letter by letter.`];

  async function compare(ours: Peer, other: Peer): Promise<void> {
    say(`search: ${ours.name}`);
    const mine = await measure(ours, { warmUp, texts }, context);
    say(`search: ${other.name}`);
    const theirs = await measure(other, { warmUp, texts }, context);
    notes.push(`Load average behind ${ours.name}: ${loadavg()[0]!.toFixed(1)}.`);
    figures.push(
      { name: `${ours.name}: p50`, value: mine.p50, unit: "ms", beside: { name: other.name, value: theirs.p50 } },
      {
        name: `${ours.name}: p95`,
        value: mine.p95,
        unit: "ms",
        beside: { name: other.name, value: theirs.p95 },
        goal: { text: `≤ ${P95_MS_MAX} ms`, met: mine.p95 <= P95_MS_MAX },
      },
      { name: `${ours.name}: p99`, value: mine.p99, unit: "ms", beside: { name: other.name, value: theirs.p99 } },
      { name: `${ours.name}: mean`, value: mine.mean, unit: "ms", beside: { name: other.name, value: theirs.mean } },
      {
        name: `${ours.name}: processor time here, mean`,
        value: mine.processor,
        unit: "ms",
        beside: { name: other.name, value: theirs.processor },
      },
      {
        name: `${ours.name}: processor time here, p95`,
        value: mine.processorP95,
        unit: "ms",
        beside: { name: other.name, value: theirs.processorP95 },
      },
      ...(mine.server === undefined
        ? []
        : [
            {
              name: `${ours.name}: the server's own time, mean`,
              value: mine.server,
              unit: "ms",
              ...(theirs.server === undefined ? {} : { beside: { name: other.name, value: theirs.server } }),
            },
          ]),
      {
        name: `${ours.name}: answers a second, ${TOGETHER} together`,
        value: mine.perSecond,
        unit: "1/s",
        beside: { name: other.name, value: theirs.perSecond },
      },
    );
  }
  const indexOn = (server?: Search) =>
    createTitleIndex({
      source: { version: async () => "1", read: async () => ({ version: "1", titles }) },
      embedded: openMemorySearch(),
      server,
      clock,
      log: silentLog,
      deadlineMs: ANSWER_MS_MAX,
    });

  const memory = indexOn();
  const built = await timed(clock, () => memory.refresh());
  figures.push({ name: "in memory: index built", value: built.seconds, unit: "s" });
  const mini = new MiniSearch<CatalogueTitle>({
    idField: "titleId",
    fields: ["texts"],
    extractField: (title, field) =>
      field === "titleId"
        ? title.titleId
        : [title.name, ...Object.values(title.names), ...title.people.map(({ name }) => name)].join(" "),
  });
  mini.addAll(titles);
  await compare(peerOf("in memory", memory), {
    name: "minisearch",
    ask: async (text) => mini.search(text, { prefix: true, fuzzy: 0.2, combineWith: "AND" }),
  });

  const reason = missing("elasticsearch");
  if (reason !== undefined) notes.push(`Elasticsearch is left out: ${reason}.`);
  else {
    const server = lifecycle.own(
      "elasticsearch",
      await startElasticsearch({ folder: context.freshFolder("elasticsearch") }),
      (it) => it.stop(),
    );
    const search = lifecycle.own(
      "search",
      await openElasticsearch({ url: server.url, searchMs: ANSWER_MS_MAX }),
      (it) => it.close(),
    );
    const index = indexOn(search);
    await index.refresh();
    const published = await timed(clock, () => index.publish());
    figures.push({ name: "Elasticsearch: index built", value: published.seconds, unit: "s" });
    const client = lifecycle.own("client", new Client({ node: server.url }), (it) => it.close());
    await client.indices.create({ index: "plain", mappings: { properties: { texts: { type: "text" } } } });
    for (let from = 0; from < titles.length; from += 5_000) {
      await client.bulk({
        index: "plain",
        operations: titles
          .slice(from, from + 5_000)
          .flatMap((title) => [
            { index: { _id: title.titleId } },
            { texts: [title.name, ...Object.values(title.names), ...title.people.map(({ name }) => name)] },
          ]),
      });
    }
    await client.indices.forcemerge({ index: "plain", max_num_segments: 1 }, { requestTimeout: ANSWER_MS_MAX });
    await client.indices.refresh({ index: "plain" });
    await compare(peerOf("Elasticsearch", index, serverMsOf(client, "titles")), {
      name: "its own match",
      serverMs: serverMsOf(client, "plain"),
      ask: (text) =>
        client.search({
          index: "plain",
          size: 20,
          query: { match: { texts: { query: text, fuzziness: "AUTO", operator: "and" } } },
        }),
    });
  }
  return { figures, notes };
}

export const searchBench: Bench = {
  name: "search",
  about: "100,000 titles as somebody types: in memory and on Elasticsearch",
  run,
};
