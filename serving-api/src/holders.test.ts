import type { CatalogueSlice } from "@thewatcher/contracts/api/catalogue";
import type { Generation, TitleId } from "@thewatcher/contracts/ids";
import { encodeItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { encodeRankerModel, type RankerModel, rankerModelKey } from "@thewatcher/contracts/ranker-model";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { createCatalogueHolder } from "./catalogue-holder.ts";
import { createItemTablesHolder } from "./item-tables-holder.ts";
import { createReadAll } from "./readings.ts";
import { AS_OF, GENERATION, tablesOf, titleIdOf } from "./test-world.ts";

const FIRST = GENERATION as Generation;
const SECOND = "g1900000000000-00bb" as Generation;
const clock = () => createSimulatedClock(AS_OF);

/** Lets everything that waits for nothing but a microtask run. */
const settle = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

function publication() {
  const objects = new Map<string, Uint8Array>();
  let active: Generation | undefined;
  return {
    publish(generation: Generation, key = generation) {
      const tables = tablesOf(createRng(1), { titleCount: 5, count: 2, halfLifeInteractions: 1 });
      objects.set(itemTablesKey(key), encodeItemTables({ ...tables, generation }));
    },
    put(key: string, bytes: Uint8Array | undefined) {
      if (bytes) objects.set(key, bytes);
      else objects.delete(key);
    },
    activate(generation: Generation) {
      active = generation;
    },
    deps: {
      recommendations: { active: async () => active },
      objects: { get: async (key: string) => objects.get(key) },
      log: silentLog,
    },
  };
}

describe("the holder of item tables", () => {
  test("follows a flip and a rollback within a poll", async () => {
    const world = publication();
    const time = clock();
    const stop = new AbortController();
    const holder = createItemTablesHolder({ ...world.deps, clock: time, pollMs: 250 });
    const watching = holder.watch(stop.signal);
    await settle();
    expect(holder.current()).toBeUndefined();
    for (const generation of [FIRST, SECOND, FIRST]) {
      world.publish(generation);
      world.activate(generation);
      await time.advance(250);
      await settle();
      expect(holder.current()?.generation).toBe(generation);
    }
    stop.abort();
    await watching;
  });

  test("a kick reads at once, also while a reading from before the flip is under way", async () => {
    const world = publication();
    const holder = createItemTablesHolder({ ...world.deps, clock: clock() });
    const before = holder.refresh();
    world.publish(FIRST);
    world.activate(FIRST);
    await holder.refresh();
    expect(holder.current()?.generation).toBe(FIRST);
    await before;
  });

  test("keeps the tables that it has when the new ones are missing, broken or of another generation, and says why", async () => {
    const world = publication();
    const holder = createItemTablesHolder({ ...world.deps, clock: clock() });
    world.publish(FIRST);
    world.activate(FIRST);
    await holder.refresh();
    expect(holder.problem()).toBeUndefined();
    world.activate(SECOND);
    await holder.refresh();
    expect(holder.problem()).toBe(`the active generation has no object ${itemTablesKey(SECOND)}`);
    world.publish(FIRST, SECOND);
    await holder.refresh();
    expect(holder.problem()).toBe(`${itemTablesKey(SECOND)} holds the tables of ${FIRST}`);
    expect(holder.current()?.generation).toBe(FIRST);
    expect(holder.active()).toBe(SECOND);
    world.publish(SECOND);
    await holder.refresh();
    expect(holder.problem()).toBeUndefined();
    expect(holder.current()?.generation).toBe(SECOND);
  });
});

describe("the ranker of a publication", () => {
  const model = (name: string): RankerModel => ({
    version: "r-1",
    trainedAt: 0,
    decisions: 1,
    rows: 1,
    features: [{ name, saturation: null, mean: 0, scale: 1 }],
    layers: [{ inputs: 1, outputs: 1, weights: Float32Array.of(1), bias: new Float32Array(1) }],
    calibration: { slope: 1, intercept: 0 },
  });

  test("is held beside its tables; without one, or with one that can't be used, the tables are served all the same", async () => {
    const world = publication();
    const told: boolean[] = [];
    const holder = createItemTablesHolder({ ...world.deps, clock: clock(), onRanker: (is) => told.push(is) });
    const cases = [
      { bytes: encodeRankerModel(model("blendedScore")), version: "r-1", problem: undefined },
      {
        bytes: encodeRankerModel(model("a feature of tomorrow")),
        version: undefined,
        problem: "it needs features that are not served (a feature of tomorrow)",
      },
      { bytes: new TextEncoder().encode("no model"), version: undefined, problem: expect.stringContaining("be used") },
      { bytes: undefined, version: undefined, problem: undefined },
    ];
    for (const [place, { bytes, version, problem }] of cases.entries()) {
      const generation = place % 2 === 0 ? FIRST : SECOND;
      world.publish(generation);
      world.put(rankerModelKey(generation), bytes);
      world.activate(generation);
      await holder.refresh();
      expect(holder.problem()).toBeUndefined();
      expect(holder.current()?.generation).toBe(generation);
      expect(holder.ranker()?.version).toBe(version);
      expect(holder.rankerProblem()).toEqual(problem);
    }
    expect(told).toEqual([false, true, true, false]);
  });

  test("is asked for again where the store did not answer, and its tables are served meanwhile", async () => {
    const world = publication();
    let isAway = true;
    const get = async (key: string) => {
      if (isAway && key === rankerModelKey(FIRST)) throw new Error("connection refused");
      return world.deps.objects.get(key);
    };
    const holder = createItemTablesHolder({ ...world.deps, objects: { get }, clock: clock() });
    world.publish(FIRST);
    world.put(rankerModelKey(FIRST), encodeRankerModel(model("blendedScore")));
    world.activate(FIRST);
    await holder.refresh();
    expect(holder.current()?.generation).toBe(FIRST);
    expect(holder.rankerProblem()).toBe("it could not be read (connection refused)");
    isAway = false;
    await holder.refresh();
    expect(holder.rankerProblem()).toBeUndefined();
    expect(holder.ranker()?.version).toBe("r-1");
  });
});

const detailsOf = (index: number): CatalogueSlice["titles"][number] => ({
  kind: "film",
  names: {},
  plots: {},
  originalName: null,
  countries: [],
  referenceRuntimeMinutes: null,
  rights: null,
  people: [],
  titleId: titleIdOf(index),
  name: `Film ${index}`,
  year: null,
  genres: [],
  ageMark: null,
  runtimeMinutes: null,
  directors: ["Somebody"],
  plot: null,
  score: null,
  scoreVotes: null,
  source: "test",
  addedAt: "2027-01-01T00:00:00.000Z",
});

/** A catalogue in slices of two; `onSlice` may change it meanwhile. */
function catalogueServer(titleCount: number) {
  const server = {
    version: "1",
    requests: 0,
    onSlice: () => {},
    async fetchSlice(request: { after: TitleId | undefined; heldVersion: string | undefined }) {
      server.requests++;
      if (request.heldVersion === server.version) return undefined;
      const start = request.after === undefined ? 0 : Number(request.after.slice(-4)) + 1;
      const titles = [start, start + 1].filter((index) => index < titleCount).map(detailsOf);
      const next = start + 2 < titleCount ? (titles.at(-1)?.titleId ?? null) : null;
      const slice: CatalogueSlice = { version: server.version, titles, genreNames: {}, next };
      server.onSlice();
      return slice;
    },
  };
  return server;
}

describe("the holder of the catalogue", () => {
  test("reads every slice, and the same version only once", async () => {
    const server = catalogueServer(5);
    const holder = createCatalogueHolder({ fetchSlice: server.fetchSlice, clock: clock(), log: silentLog });
    expect(holder.current()).toEqual([]);
    await holder.refresh();
    const titles = holder.current();
    expect(titles.map(({ facts }) => facts.titleId)).toEqual([0, 1, 2, 3, 4].map(titleIdOf));
    expect(titles[0]!.facts).not.toHaveProperty("directors");
    expect(server.requests).toBe(3);
    await holder.refresh();
    expect(server.requests).toBe(4);
    expect(holder.current()).toBe(titles);
  });

  test("begins again when the catalogue changed between two slices, so that no version is mixed with another", async () => {
    const server = catalogueServer(4);
    server.onSlice = () => {
      server.version = "2";
    };
    const holder = createCatalogueHolder({ fetchSlice: server.fetchSlice, clock: clock(), log: silentLog });
    await holder.refresh();
    expect(holder.version()).toBe("2");
    expect(holder.current()).toHaveLength(4);
  });

  test("gives up for this time when it changes during every reading, and keeps what it has", async () => {
    const server = catalogueServer(4);
    server.onSlice = () => {
      server.version += "+";
    };
    const holder = createCatalogueHolder({ fetchSlice: server.fetchSlice, clock: clock(), log: silentLog });
    await holder.refresh();
    expect(holder.current()).toEqual([]);
    expect(holder.problem()).toBe("the catalogue changed during each of 3 readings");
  });
});

describe("reading with a deadline", () => {
  const never = () => new Promise<string>(() => {});

  test("answers what came, and names what failed or came late", async () => {
    const time = clock();
    const readAll = createReadAll({ clock: time, log: silentLog, deadlineMs: 100 });
    const reading = readAll<[string, string, string]>([
      async () => "here",
      never,
      async () => {
        throw new Error("away");
      },
    ]);
    await settle();
    await time.advance(100);
    expect(await reading).toEqual([
      { kind: "read", value: "here" },
      { kind: "failed", cause: "timed_out", detail: "No answer within 100 ms." },
      { kind: "failed", cause: "unavailable", detail: "The store did not answer." },
    ]);
  });

  test("does not wait for the deadline when everything is there, and a late one is cut at most 5 ms early", async () => {
    const time = clock();
    const readAll = createReadAll({ clock: time, log: silentLog, deadlineMs: 100 });
    expect(await readAll([async () => 1])).toEqual([{ kind: "read", value: 1 }]);
    await time.advance(4);
    let answered = false;
    const late = readAll([never]).then(() => {
      answered = true;
    });
    await time.advance(95);
    await settle();
    expect(answered).toBe(false);
    await time.advance(1);
    await late;
    expect(answered).toBe(true);
  });
});
