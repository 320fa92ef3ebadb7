/** The gold set on Elasticsearch, beside the embedded index: both find, and both show the same title first. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openElasticsearch } from "@thewatcher/stores/search/elasticsearch";
import type { Search } from "@thewatcher/stores/search/port";
import { missing } from "@thewatcher/testbed/available";
import { startElasticsearch } from "@thewatcher/testbed/elasticsearch";
import type { RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askGold, demoTitles, everybody, type GoldOutcome, goldHalf, indexOf } from "./search-gold/testing/gold.ts";
import { mistypedNames } from "./search-gold/testing/mistyped-names.ts";
import type { TitleIndex } from "./search-index.ts";
import { searchTitles } from "./search-titles.ts";

const RECALL_MIN = 0.97;
const SAME_FIRST_MIN = 0.95;
/** Of names with a typo beside their year, every so many: all of them are asked of the embedded index. */
const YEARS_SAMPLED = 4;

describe.skipIf(missing("elasticsearch"))("the gold set on Elasticsearch", () => {
  let folder: string;
  let server: RunningServer;
  let search: Search;
  let onServer: TitleIndex;
  const outcomes = new Map<string, { readonly memory: GoldOutcome; readonly elasticsearch: GoldOutcome }>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "search-gold-"));
    server = await startElasticsearch({ folder: join(folder, "node") });
    search = await openElasticsearch({ url: server.url, searchMs: 30_000 });
    const titles = demoTitles();
    const memory = await indexOf(titles);
    // What is found is tested here, not how soon.
    onServer = await indexOf(titles, { server: search, deadlineMs: 1e9 });
    for (const name of ["tuning", "held-out"] as const) {
      const half = goldHalf(name);
      const outcome = { memory: await askGold(memory, half), elasticsearch: await askGold(onServer, half) };
      outcomes.set(name, outcome);
      console.info(`${name}: recall@3 ${outcome.elasticsearch.recall.toFixed(3)} on Elasticsearch`);
    }
  }, 300_000);
  afterAll(async () => {
    await search?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(["tuning", "held-out"])("recall@3 of the %s half is 0.97 and more", (name) => {
    const outcome = outcomes.get(name)!.elasticsearch;
    if (name === "tuning") expect(outcome.missed).toEqual([]);
    expect(outcome.recall).toBeGreaterThanOrEqual(RECALL_MIN);
  });

  test.each(["tuning", "held-out"])(
    "the first hit of the %s half is that of the embedded index in 95% and more",
    (name) => {
      const { memory, elasticsearch } = outcomes.get(name)!;
      const same = [...memory.first].filter(([query, id]) => elasticsearch.first.get(query) === id).length;
      expect(same / memory.first.size).toBeGreaterThanOrEqual(SAME_FIRST_MIN);
    },
  );

  test("a name with a typo and its year is found", async () => {
    const sample = mistypedNames().filter((_, i) => i % YEARS_SAMPLED === 0);
    const missed: string[] = [];
    for (const { id, text, year } of sample) {
      const page = await searchTitles(onServer, everybody, { text: `${text} ${year}`, limit: 3, filters: {} });
      if (!page.hits.some(({ title }) => title.titleId === id)) missed.push(`${text} ${year}`);
    }
    console.info(
      `${sample.length} names with typos and years: recall@3 ${1 - missed.length / sample.length} on Elasticsearch`,
    );
    expect(1 - missed.length / sample.length, missed.join("\n")).toBeGreaterThanOrEqual(RECALL_MIN);
  }, 60_000);
});
