/** What a viewer sees when a part of serving fails: cells of docs/failure-modes/serving.md, each with its fault injected. */
import { HomePage } from "@thewatcher/contracts/api/serving";
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { encodeItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { rankerModelKey } from "@thewatcher/contracts/ranker-model";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { WINDOW } from "@thewatcher/kit/guard";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { beforeEach, describe, expect, test } from "vitest";
import { createServingApi, type ServingApiDeps } from "./app.ts";
import { createDecisionLog, QUEUE_DECISIONS_MAX } from "./decision-log.ts";
import { guardProfiles, guardRecommendations } from "./guarded-stores.ts";
import { createItemTablesHolder } from "./item-tables-holder.ts";
import { READ_DEADLINE_MS } from "./readings.ts";
import type { ServedProfile } from "./request.ts";
import { AS_OF, catalogueOf, GENERATION, PROFILE, stateOf, tablesOf, titleIdOf } from "./test-world.ts";

const TITLES = 200;
const FIRST = GENERATION as Generation;
const SECOND = "g1900000000000-00bb" as Generation;
const catalogue = catalogueOf(createRng(1), TITLES);
const tables = tablesOf(createRng(2), { titleCount: TITLES, count: 40, halfLifeInteractions: 3 });
const listed = Array.from({ length: 100 }, (_, index) => titleIdOf((index * 7) % TITLES));
const past = stateOf([{ titleId: titleIdOf(1), touchedAt: AS_OF - 1, rated: { at: AS_OF - 1, stars: 5 } }]);

type PageReads = ServingApiDeps["recommendations"];
type Fault = "none" | "slow" | "dead";

/** Answers, hangs or throws, as it is told. */
function faulty<Question extends readonly unknown[], Value>(answer: (...question: Question) => Value) {
  const it = {
    fault: "none" as Fault,
    calls: 0,
    ask(...question: Question): Promise<Value> {
      it.calls++;
      if (it.fault === "slow") return new Promise(() => {});
      return it.fault === "dead"
        ? Promise.reject(new Error("ECONNREFUSED 10.0.0.1:3301"))
        : Promise.resolve(answer(...question));
    },
  };
  return it;
}

function createWorld() {
  const clock = createSimulatedClock(AS_OF + 60_000);
  // A signature is checked by a thread of its own, whose time no clock of ours moves.
  const claims = { role: "viewer", accountId: "a-1", profileId: PROFILE, country: "BY", device: "web" };
  const scores = Float32Array.from(listed, (_, place) => 2 - place / 100);
  const lists = faulty((profileIds: readonly ProfileId[], generation?: Generation) =>
    profileIds.map((profileId) => ({ profileId, generation: generation ?? FIRST, titleIds: listed, scores })),
  );
  let state = past;
  let revision = 1;
  const states = faulty((_: ProfileId, known?: string) =>
    known === String(revision) ? { revision: known } : { revision: String(revision), state },
  );
  const profile: ServedProfile = { country: "BY", ageMark: null };
  const profiles = faulty((): ServedProfile | undefined => profile);
  const objects = new Map<string, Uint8Array>([[itemTablesKey(FIRST), encodeItemTables(tables)]]);
  const reading = faulty((key: string) => objects.get(key));
  let active = FIRST;
  const itemTables = createItemTablesHolder({
    recommendations: { active: async () => active },
    objects: { get: (key) => reading.ask(key) },
    clock,
    log: silentLog,
  });
  const append = faulty((_: string, records: readonly unknown[]) => records.map(() => ({ partition: 0, offset: 0 })));
  const dropped: Record<string, number> = {};
  let logged = 0;
  const decisions = createDecisionLog({
    eventLog: { append: (topic, records) => append.ask(topic, records) },
    clock,
    log: silentLog,
    metrics: {
      logged(count) {
        logged += count;
      },
      dropped(reason, count) {
        dropped[reason] = (dropped[reason] ?? 0) + count;
      },
      cut: () => {},
    },
  });
  const reads = {
    getLists: (...question: Parameters<PageReads["getLists"]>) => lists.ask(...question),
    getStateUnless: (...question: Parameters<PageReads["getStateUnless"]>) => states.ask(...question),
  } as unknown as PageReads;
  const guarding = { clock, log: silentLog };
  const appWith = (more: Partial<ServingApiDeps> = {}) =>
    createServingApi({
      recommendations: guardRecommendations(reads, guarding),
      itemTables,
      catalogue: { current: () => catalogue, genreNames: () => ({}), collections: () => [] },
      profiles: guardProfiles(() => profiles.ask(), guarding),
      verifier: { verify: async () => claims },
      clock,
      log: silentLog,
      onDecision: (trace) => decisions.add(trace),
      ...more,
    });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ clock, lists, states, profiles, reading, append, dropped, decisions, itemTables, objects, appWith, turn },
    logged: () => logged,
    changeState(next: typeof past) {
      state = next;
      revision++;
    },
    flipTo(generation: Generation) {
      active = generation;
    },
    /** The page, and after how many milliseconds it was there. */
    async open(app = appWith(), query = "") {
      const answering = Promise.resolve(
        app.request(`/api/v1/home${query}`, { headers: { authorization: "Bearer a.b.c" } }),
      );
      let response: Response | undefined;
      void answering.then((it) => {
        response = it;
      });
      let waitedMs = 0;
      for (; waitedMs <= 1_000; waitedMs += 5) {
        for (let i = 0; i < 5; i++) await turn();
        if (response) break;
        await clock.advance(5);
      }
      const { status } = await answering;
      const body: unknown = await (await answering).json();
      return { status, waitedMs, page: status === 200 ? HomePage.parse(body) : undefined, body };
    },
  };
}

let world: ReturnType<typeof createWorld>;
beforeEach(async () => {
  world = createWorld();
  await world.itemTables.refresh();
});

const parts = (page: HomePage | undefined) => page?.degradations.map(({ part, cause }) => `${part} ${cause}`);
const titlesOf = (page: HomePage | undefined): TitleId[] =>
  page?.rows.flatMap(({ items }) => items.map(({ title }) => title.titleId)) ?? [];

test("nothing fails: the page is whole and at once", async () => {
  const { page, waitedMs } = await world.open();
  expect(waitedMs).toBe(0);
  expect(parts(page)).toEqual([]);
  expect(page!.rows.map(({ kind }) => kind)).toContain("top_picks");
});

describe("event log", () => {
  test.each(["slow", "dead"] as const)(
    "%s: pages are whole and at once; decisions are dropped and counted",
    async (fault) => {
      world.append.fault = fault;
      const app = world.appWith();
      for (let i = 0; i < 5; i++) {
        const { page, waitedMs } = await world.open(app);
        expect(waitedMs).toBe(0);
        expect(parts(page)).toEqual([]);
      }
      await world.clock.advance(10_000);
      for (let i = 0; i < 50; i++) await world.turn();
      await world.clock.advance(10_000);
      for (let i = 0; i < 50; i++) await world.turn();
      expect(world.dropped).toEqual({ log_away: 5 });
      expect(world.decisions.waiting()).toBe(0);
      expect(QUEUE_DECISIONS_MAX).toBeLessThan(10_000);
      // It is there again: the next page is logged.
      world.append.fault = "none";
      await world.open(app);
      await world.clock.advance(1_000);
      for (let i = 0; i < 50; i++) await world.turn();
      expect(world.logged()).toBe(1);
    },
  );

  test("title features too old: the page says so and is ranked by what there is", async () => {
    const app = world.appWith({
      titleFeatures: {
        current: () => undefined,
        degradation: () => ({ part: "title_features", cause: "stale", detail: "An hour old." }),
      },
    });
    const { page, waitedMs } = await world.open(app);
    expect(waitedMs).toBe(0);
    expect(parts(page)).toEqual(["title_features stale"]);
    expect(titlesOf(page).length).toBeGreaterThan(50);
  });
});

describe("recommendation store", () => {
  test("slow: the first pages wait for the deadline, then none does, and it is asked again a second later", async () => {
    const app = world.appWith();
    world.lists.fault = "slow";
    world.states.fault = "slow";
    const first = await world.open(app);
    expect(first.waitedMs).toBeLessThanOrEqual(READ_DEADLINE_MS);
    expect(first.waitedMs).toBeGreaterThan(READ_DEADLINE_MS - 10);
    expect(parts(first.page)).toEqual(["profile_state timed_out", "personal_list timed_out"]);
    expect(titlesOf(first.page).length).toBeGreaterThan(50);
    for (let i = 0; i < WINDOW; i++) await world.open(app);
    const callsBefore = world.lists.calls + world.states.calls;
    const later = await world.open(app);
    expect(later.waitedMs).toBe(0);
    expect(parts(later.page)).toEqual(["profile_state unavailable", "personal_list unavailable"]);
    expect(world.lists.calls + world.states.calls - callsBefore).toBeLessThanOrEqual(1);
    world.lists.fault = "none";
    world.states.fault = "none";
    await world.clock.advance(60_000);
    await world.open(app);
    expect(parts((await world.open(app)).page)).toEqual([]);
  });

  test("dead: a popular page at once", async () => {
    const app = world.appWith();
    world.lists.fault = "dead";
    world.states.fault = "dead";
    for (let i = 0; i < WINDOW; i++) {
      const { page, waitedMs } = await world.open(app);
      expect(waitedMs).toBe(0);
      expect(parts(page)).toEqual(["profile_state unavailable", "personal_list unavailable"]);
      expect(titlesOf(page).length).toBeGreaterThan(50);
    }
  });

  test("wrong data: titles that nobody knows are left out, and a broken state is one that is away", async () => {
    const strange = ["film-9999", "film-0003", "film-8888"] as TitleId[];
    const app = world.appWith({
      recommendations: {
        getLists: async () => [
          { profileId: PROFILE, generation: FIRST, titleIds: strange, scores: Float32Array.of(9, 8, 7) },
        ],
        getStateUnless: async () => {
          throw new Error("profile state p-1: version 7 is not known");
        },
      } as unknown as PageReads,
    });
    const { page, waitedMs } = await world.open(app);
    expect(waitedMs).toBe(0);
    expect(parts(page)).toContain("profile_state unavailable");
    const known = new Set(catalogue.map(({ facts }) => facts.titleId as string));
    expect(titlesOf(page).every((titleId) => known.has(titleId))).toBe(true);
    expect(titlesOf(page).length).toBeGreaterThan(50);
  });
});

describe("database", () => {
  test.each([
    ["slow", "timed_out", READ_DEADLINE_MS],
    ["dead", "unavailable", 0],
  ] as const)("%s: a page that anybody may see, within the deadline", async (fault, cause, withinMs) => {
    world.profiles.fault = fault;
    const { page, waitedMs } = await world.open();
    expect(waitedMs).toBeLessThanOrEqual(withinMs);
    expect(parts(page)).toContain(`profile ${cause}`);
    const marks = new Map(catalogue.map(({ facts }) => [facts.titleId as string, facts.ageMark]));
    expect(titlesOf(page).length).toBeGreaterThan(5);
    expect(titlesOf(page).every((titleId) => marks.get(titleId) === 0)).toBe(true);
  });

  test("wrong data: a country that no publication has a table of gets what is popular everywhere", async () => {
    const app = world.appWith({ profiles: async () => ({ country: "??", ageMark: 0 }) });
    const { page, waitedMs } = await world.open(app);
    expect(waitedMs).toBe(0);
    expect(titlesOf(page).length).toBeGreaterThan(5);
    expect(parts(page)).toEqual([]);
  });
});

describe("model files", () => {
  test.each(["slow", "dead"] as const)("%s: the publication that is held goes on, at once", async (fault) => {
    const app = world.appWith();
    world.flipTo(SECOND);
    world.reading.fault = fault;
    void world.itemTables.refresh();
    const { page, waitedMs } = await world.open(app);
    expect(waitedMs).toBe(0);
    expect(page!.generation).toBe(FIRST);
    expect(page!.rows.map(({ kind }) => kind)).toContain("top_picks");
  });

  test.each(["slow", "dead"] as const)("%s from the start: a page without them, which says so", async (fault) => {
    world = createWorld();
    world.reading.fault = fault;
    void world.itemTables.refresh();
    const { page, waitedMs } = await world.open();
    expect(waitedMs).toBe(0);
    expect(parts(page)).toContain("item_tables missing");
    expect(titlesOf(page).length).toBeGreaterThan(50);
  });

  test("wrong data: bytes that are no tables, and no model, keep what is held", async () => {
    const app = world.appWith();
    const before = await world.open(app);
    for (const bytes of [new Uint8Array(0), Buffer.from("<html>502 Bad Gateway</html>"), encodeItemTables(tables)]) {
      // The last one is whole, and of another generation.
      world.objects.set(itemTablesKey(SECOND), bytes);
      world.flipTo(SECOND);
      await world.itemTables.refresh();
      const { page, waitedMs } = await world.open(app);
      expect(waitedMs).toBe(0);
      expect(page!.generation).toBe(FIRST);
      expect(titlesOf(page)).toEqual(titlesOf(before.page));
    }
    world.objects.set(itemTablesKey(SECOND), encodeItemTables({ ...tables, generation: SECOND }));
    world.objects.set(rankerModelKey(SECOND), Buffer.from("no model"));
    await world.itemTables.refresh();
    const { page } = await world.open(app);
    expect(page!.generation).toBe(SECOND);
    expect(titlesOf(page).length).toBeGreaterThan(50);
    expect(parts(page)).toEqual(["ranker unavailable"]);
  });
});

describe("a page that can't be composed", () => {
  /** A fault of ours in the middle of composing. */
  const breakable = () => {
    const it = { isBroken: false };
    const app = world.appWith({
      onDecision: () => {
        if (it.isBroken) throw new Error("a fault of ours");
      },
    });
    return { it, app };
  };

  test("is the last one, marked, under its own decision, at once", async () => {
    const { it, app } = breakable();
    const before = await world.open(app);
    it.isBroken = true;
    await world.clock.advance(60_000);
    const { status, page, waitedMs } = await world.open(app);
    expect(status).toBe(200);
    expect(waitedMs).toBe(0);
    expect(parts(page)).toEqual(["page stale"]);
    expect(page).toMatchObject({ decisionId: before.page!.decisionId, composedAt: before.page!.composedAt });
    expect(page!.rows).toEqual(before.page!.rows);
    it.isBroken = false;
    expect(parts((await world.open(app)).page)).toEqual([]);
  });

  test("holds nothing that was hidden, or asked to be excluded, since", async () => {
    const { it, app } = breakable();
    const before = await world.open(app);
    const [hidden, excluded] = titlesOf(before.page);
    it.isBroken = true;
    const at = world.clock.now();
    world.changeState(stateOf([...past.titles, { titleId: hidden!, touchedAt: at, notInterested: { at, on: true } }]));
    const { page } = await world.open(app, `?exclude=${excluded}`);
    expect(parts(page)).toEqual(["page stale"]);
    const shown = titlesOf(page);
    expect(shown).not.toContain(hidden);
    expect(shown).not.toContain(excluded);
    expect(shown.length).toBe(titlesOf(before.page).length - 2);
    // Positions are those of the decision that is named.
    const positions = new Map(
      before.page!.rows.flatMap(({ items }) => items.map((item) => [item.title.titleId, item.position])),
    );
    for (const { items } of page!.rows) {
      for (const item of items) expect(item.position).toBe(positions.get(item.title.titleId));
    }
  });

  test("explains nothing by a watch that is in the history no more", async () => {
    const { it, app } = breakable();
    const at = world.clock.now();
    const watched = { titleId: titleIdOf(30), touchedAt: at, watched: { at, on: true } };
    world.changeState(stateOf([...past.titles, watched]));
    const before = await world.open(app);
    expect(JSON.stringify(before.page)).toContain(`"seedTitleId":"${titleIdOf(30)}"`);
    it.isBroken = true;
    world.changeState(past);
    const { page } = await world.open(app);
    expect(JSON.stringify(page)).not.toContain(`"seedTitleId":"${titleIdOf(30)}"`);
    expect(page!.seedNames).not.toHaveProperty(titleIdOf(30));
  });

  test("is no page older than a day, none without the live state, and comes back with it", async () => {
    const { it, app } = breakable();
    await world.open(app);
    it.isBroken = true;
    world.states.fault = "dead";
    expect((await world.open(app)).status).toBe(500);
    world.states.fault = "none";
    expect((await world.open(app)).status).toBe(200);
    await world.clock.advance(25 * 3_600_000);
    expect((await world.open(app)).status).toBe(500);
  });

  test("is none for who wants no profiling", async () => {
    const it = { isBroken: false, profiling: true };
    const app = world.appWith({
      profiles: async () => ({ country: "BY", ageMark: null, profiling: it.profiling }),
      onDecision: () => {
        if (it.isBroken) throw new Error("a fault of ours");
      },
    });
    await world.open(app);
    it.profiling = false;
    await world.open(app);
    it.isBroken = true;
    expect((await world.open(app)).status).toBe(500);
  });
});
