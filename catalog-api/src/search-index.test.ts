import { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { createSimulatedClock, type SimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import { describe, expect, test } from "vitest";
import { createTitleIndex } from "./search-index.ts";
import { COLLECTION, searchTitles } from "./search-titles.ts";

const NOW = Date.UTC(2026, 10, 23);
const aTitle = (titleId: string, extra: object = {}): CatalogueTitle =>
  CatalogueTitle.parse({
    ...{ titleId, name: titleId, year: 1999, genres: ["Drama"], ageMark: 0, runtimeMinutes: 100, directors: [] },
    ...{ plot: null, score: null, scoreVotes: null, source: "test", addedAt: "2026-01-01T00:00:00.000Z" },
    ...extra,
  });

function world(titles: readonly CatalogueTitle[]) {
  const state = { version: 1, titles, reads: 0 };
  const clock = createSimulatedClock(NOW);
  const server = openMemorySearch();
  const source = {
    version: async () => String(state.version),
    async read() {
      state.reads++;
      return { version: String(state.version), titles: state.titles };
    },
  };
  const open = () =>
    createTitleIndex({ source, embedded: openMemorySearch(), server, clock, log: silentLog, deadlineMs: 1_000 });
  const found = async (index: ReturnType<typeof open>, text: string) =>
    (
      await searchTitles(
        index,
        { locale: "ru", genreNames: {}, viewer: { country: "BY", ageLimit: null, at: clock.now() } },
        { text, limit: 10, filters: {} },
      )
    ).hits.map(({ title }) => title.titleId as string);
  return { state, clock, server, open, found };
}

/** Lets time pass until it is done. */
async function settled(clock: SimulatedClock, working: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = working.finally(() => {
    isDone = true;
  });
  for (let seconds = 0; seconds < 120 && !isDone; seconds++) {
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}

describe("the index of titles", () => {
  test("follows the catalogue by its version, and reads nothing while that stays", async () => {
    const { state, open, found } = world([aTitle("matrix")]);
    const index = open();
    expect(await found(index, "matrix")).toEqual(["matrix"]);
    await index.refresh();
    expect(state.reads).toBe(1);
    state.titles = [aTitle("matrix"), aTitle("alien")];
    await index.refresh();
    expect(await found(index, "alien")).toEqual([]);
    state.version = 2;
    await index.refresh();
    expect(await found(index, "alien")).toEqual(["alien"]);
    expect(index.titleCount()).toBe(2);
  });

  test("a title comes and goes with its window, without a change of the catalogue", async () => {
    const window = { countries: null, plans: null, from: NOW + 1_000, until: NOW + 2_000 };
    const { clock, open, found } = world([aTitle("alien", { rights: [window] }), aTitle("matrix")]);
    const index = open();
    await index.refresh();
    const seen: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      await index.refresh();
      seen.push((await found(index, "alien")).length === 1);
      await clock.advance(i === 1 ? 999 : 1_000);
    }
    // At 0, 1000, 1999 and 2999 ms.
    expect(seen).toEqual([false, true, true, false]);
  });

  test("the same titles are the same generation for any process; one behind is kept, older ones go", async () => {
    const { state, server, open, clock } = world([aTitle("matrix")]);
    const one = open();
    const other = open();
    const names = async () =>
      (await server.generations(COLLECTION)).map(({ generation, active }) => ({ generation, active }));
    for (const index of [one, other]) {
      await index.refresh();
      await index.publish();
    }
    const [first] = await names();
    expect(await names()).toEqual([{ ...first, active: true }]);
    for (const [version, name] of [
      [2, "alien"],
      [3, "solaris"],
    ] as const) {
      state.version = version;
      state.titles = [aTitle(name)];
      await Promise.all([one.refresh(), other.refresh()]);
      await settled(clock, Promise.all([one.publish(), other.publish()]));
      expect((await names()).filter(({ active }) => active)).toHaveLength(1);
    }
    expect(await names()).toHaveLength(2);
    expect((await names()).some(({ generation }) => generation === first?.generation)).toBe(false);
  });

  test("a generation that somebody left half-filled is taken over", async () => {
    const { clock, server, open, found } = world([aTitle("matrix"), aTitle("alien")]);
    const dying = open();
    await dying.refresh();
    const { put } = server;
    server.put = async () => {
      throw new Error("killed");
    };
    await expect(dying.publish()).rejects.toThrow(/killed/);
    server.put = put;
    const index = open();
    await index.refresh();
    await settled(clock, index.publish());
    expect((await server.generations(COLLECTION)).filter(({ active }) => active)).toMatchObject([{ documentCount: 2 }]);
    expect(await found(index, "alien")).toEqual(["alien"]);
  });

  test("searches through a hundred changes always find what stays", async () => {
    const { state, open, found } = world([aTitle("matrix")]);
    const index = open();
    await index.refresh();
    for (let version = 2; version < 102; version++) {
      state.version = version;
      state.titles = [aTitle("matrix"), aTitle(`alien${version}`)];
      const [, , ids] = await Promise.all([index.refresh(), index.publish(), found(index, "matrix")]);
      expect(ids).toEqual(["matrix"]);
    }
  });
});
