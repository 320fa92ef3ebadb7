import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { SearchAnswer, SearchRequest } from "@thewatcher/stores/search/port";
import { describe, expect, test } from "vitest";
import { createFallbackSearch, type FallbackReason } from "./search-fallback.ts";

const REQUEST: SearchRequest = { collection: "titles", text: "x", limit: 1 };
const answerOf = (generation: string | undefined): SearchAnswer => ({ hits: [], total: 0, generation });

function world(answers: () => Promise<SearchAnswer>) {
  const clock = createSimulatedClock(0);
  const reasons: FallbackReason[] = [];
  let calls = 0;
  const search = createFallbackSearch({
    server: {
      search() {
        calls++;
        return answers();
      },
    },
    embedded: { search: async () => answerOf("embedded") },
    clock,
    log: silentLog,
    metrics: { answered: () => undefined, fellBack: (reason) => void reasons.push(reason) },
    deadlineMs: 300,
  });
  return { clock, reasons, search: async () => (await search(REQUEST)).generation, calls: () => calls };
}

describe("a search with something to fall back on", () => {
  test("is answered by the server while it answers", async () => {
    const { search, reasons } = world(async () => answerOf("server"));
    expect([await search(), await search()]).toEqual(["server", "server"]);
    expect(reasons).toEqual([]);
  });

  test("fails over at once, rests after three failures, and finds its way back", async () => {
    let isAway = true;
    const { search, reasons, clock, calls } = world(async () => {
      if (isAway) throw new Error("away");
      return answerOf("server");
    });
    for (let i = 0; i < 5; i++) expect(await search()).toBe("embedded");
    expect(reasons).toEqual(["failed", "failed", "failed", "resting", "resting"]);
    expect(calls()).toBe(3);
    await clock.advance(5_000);
    expect(await search()).toBe("embedded");
    expect(calls()).toBe(4);
    expect(await search()).toBe("embedded");
    expect(calls()).toBe(4);
    isAway = false;
    await clock.advance(5_000);
    expect([await search(), await search()]).toEqual(["server", "server"]);
  });

  test("waits for a slow server no longer than the deadline, and while it is tried again nobody else waits", async () => {
    const { search, reasons, clock, calls } = world(() => new Promise(() => undefined));
    for (let i = 0; i < 3; i++) {
      const asked = search();
      await clock.advance(300);
      expect(await asked).toBe("embedded");
    }
    await clock.advance(5_000);
    const trying = search();
    expect(await search()).toBe("embedded");
    await clock.advance(300);
    expect(await trying).toBe("embedded");
    expect(reasons).toEqual(["slow", "slow", "slow", "resting", "slow"]);
    expect(calls()).toBe(4);
  });

  test("a server without a generation is no failure of it", async () => {
    const { search, reasons } = world(async () => answerOf(undefined));
    for (let i = 0; i < 5; i++) expect(await search()).toBe("embedded");
    expect(reasons).toEqual(["empty", "empty", "empty", "empty", "empty"]);
  });
});
