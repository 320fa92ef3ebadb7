/** With Elasticsearch frozen or killed search goes on from the embedded index, in time, and says so; and comes back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openElasticsearch } from "@thewatcher/stores/search/elasticsearch";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import type { Search } from "@thewatcher/stores/search/port";
import { missing } from "@thewatcher/testbed/available";
import { startElasticsearch } from "@thewatcher/testbed/elasticsearch";
import type { RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FallbackReason } from "./search-fallback.ts";
import { demoTitles, everybody } from "./search-gold/testing/gold.ts";
import { createTitleIndex, type TitleIndex } from "./search-index.ts";
import { COLLECTION, searchTitles } from "./search-titles.ts";

describe.skipIf(missing("elasticsearch"))("search over an Elasticsearch that goes away", () => {
  let folder: string;
  let server: RunningServer;
  let search: Search;
  let index: TitleIndex;
  let reasons: FallbackReason[] = [];
  let answeredBy: string[] = [];
  const state = { version: 1, titles: demoTitles() };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "search-away-"));
    server = await startElasticsearch({ folder: join(folder, "node") });
    search = await openElasticsearch({ url: server.url });
    index = createTitleIndex({
      source: {
        version: async () => String(state.version),
        read: async () => ({ version: String(state.version), titles: state.titles }),
      },
      embedded: openMemorySearch(),
      server: search,
      clock: systemClock,
      log: silentLog,
      metrics: {
        answered: (by) => void answeredBy.push(by),
        fellBack: (reason) => void reasons.push(reason),
      },
    });
    await index.refresh();
    await index.publish();
  }, 120_000);
  afterAll(async () => {
    await search?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const first = async (text = "матрица") =>
    (await searchTitles(index, everybody, { text, limit: 3, filters: {} })).hits[0]?.title.titleId;
  const untilAnsweredByServer = async () => {
    for (answeredBy = []; !answeredBy.includes("server"); ) {
      expect(await first()).toBe("film-2260");
      await pause(50);
    }
  };

  test("frozen: every answer comes, the first in its deadlines, the rest at once; thawed, the server answers again", async () => {
    await untilAnsweredByServer();
    server.freeze();
    reasons = [];
    try {
      const startedAt = performance.now();
      for (let i = 0; i < 50; i++) expect(await first()).toBe("film-2260");
      // Three deadlines of 300 ms, and 47 answers out of memory, on a machine that does ten things at once; 50 deadlines are 15 s.
      expect(performance.now() - startedAt).toBeLessThan(12_000);
      expect(reasons.filter((reason) => reason === "slow").length).toBeGreaterThanOrEqual(3);
      expect(reasons.filter((reason) => reason === "resting").length).toBeGreaterThan(30);
    } finally {
      server.thaw();
    }
    await untilAnsweredByServer();
  });

  test("killed: the same; what changed meanwhile is found, and on the server when it is back", async () => {
    await untilAnsweredByServer();
    await server.kill();
    reasons = [];
    for (let i = 0; i < 20; i++) expect(await first()).toBe("film-2260");
    // Refused at once, or still being tried again when the deadline comes: as quick as the machine is.
    expect(reasons.some((reason) => reason === "failed" || reason === "slow")).toBe(true);
    state.version = 2;
    state.titles = state.titles.map((title) =>
      title.titleId === "film-2260" ? { ...title, names: { ...title.names, ru: "Избранный из сети" } } : title,
    );
    await index.refresh();
    await expect(index.publish()).rejects.toThrow(/search at/);
    expect(await first("избранный из сети")).toBe("film-2260");
    await server.start();
    while (
      !(await index.publish().then(
        () => true,
        () => false,
      ))
    )
      await pause(200);
    answeredBy = [];
    while (!answeredBy.includes("server")) {
      expect(await first("избранный из сети")).toBe("film-2260");
      await pause(50);
    }
    expect((await search.generations(COLLECTION)).filter(({ active }) => active)).toMatchObject([
      { documentCount: state.titles.length },
    ]);
  }, 240_000);
});
