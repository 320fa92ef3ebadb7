/**
 * Business rules from control to pages, as one process has them: both apps over a real database, calls with tokens, the
 * holder's polls by the simulated clock. The world is small enough to work its numbers out by hand.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DryRunReport, RuleSetView } from "@thewatcher/contracts/api/control";
import { HomePage } from "@thewatcher/contracts/api/serving";
import type { Role, ServiceName } from "@thewatcher/contracts/identity";
import type { TitleId } from "@thewatcher/contracts/ids";
import { defaultServingParameters, unassigned } from "@thewatcher/contracts/serving-parameters";
import { createControlApi } from "@thewatcher/control-api/app";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { createServingApi } from "@thewatcher/serving-api/app";
import { createRulesHolder } from "@thewatcher/serving-api/rules-holder";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Call, createCall, pagesComposedBy, publishedRules, type Service } from "./clients.ts";
import { dryRunText } from "./commands/rules.ts";

const START = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const PROFILES = 60;

/** Six films of two genres, the newest first: "new" is t1 … t6, and no other row has five titles. */
const catalogue = [1, 2, 3, 4, 5, 6].map((number) => ({
  facts: {
    titleId: `t${number}` as TitleId,
    kind: "film" as const,
    name: `Film ${number}`,
    names: {},
    originalName: null,
    year: 2000,
    genres: [number % 2 === 0 ? "Drama" : "Comedy"],
    ageMark: 0 as const,
    runtimeMinutes: 100,
    referenceRuntimeMinutes: null,
  },
  rights: null,
  addedAt: new Date(START - number * 100 * DAY_MS).toISOString(),
}));

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rules-"));
  database = await openEmbeddedPostgres({ path: folder, clock: systemClock });
  await database.migrate();
  await database.kysely.insertInto("accounts").values({ account_id: "a", external_id: null, country: "BY" }).execute();
  await database.kysely
    .insertInto("profiles")
    .values(
      Array.from({ length: PROFILES }, (_, index) => ({
        profile_id: `p-${index}`,
        account_id: "a",
        name: "x",
        age_mark: null,
        external_id: null,
      })),
    )
    .execute();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

function openWorld() {
  const clock = createSimulatedClock(START);
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifierOf = (audience: ServiceName) => createTokenVerifier({ publicKey: keys.publicKey, audience, clock });
  const services = new Map<ServiceName, Service>();
  const state = { controlIsDead: false, decisions: 0, readingsFail: false };
  const underWay = new Set<Promise<unknown>>();
  const callOf = (name: ServiceName): Call => {
    const call = createCall(
      () => {
        if (name === "control" && state.controlIsDead) throw new Error("connect ECONNREFUSED");
        return services.get(name) as Service;
      },
      name,
      signer,
    );
    return (...asked) => {
      const answer = call(...asked);
      underWay.add(answer);
      void answer.catch(() => {}).finally(() => underWay.delete(answer));
      return answer;
    };
  };
  const rules = createRulesHolder({ fetchRules: publishedRules(callOf("control")), clock, log: silentLog });
  const serving = createServingApi({
    recommendations: {
      async getLists() {
        if (state.readingsFail) throw new Error("away");
        return [undefined];
      },
      getStateUnless: async () => undefined,
    },
    itemTables: {
      current: () => undefined,
      active: () => undefined,
      ranker: () => undefined,
      rankerProblem: () => undefined,
    },
    catalogue: { current: () => catalogue, genreNames: () => ({}), collections: () => [] },
    profiles: async (profileId) =>
      profileId === "p-0" ? undefined : { country: "BY", ageMark: profileId === "p-1" ? 6 : null },
    verifier: verifierOf("serving"),
    clock: { ...clock, monotonicMs: systemClock.monotonicMs },
    log: silentLog,
    rules,
    assignment: () => unassigned({ ...defaultServingParameters, explorationSlots: 0 }),
    onDecision: () => void state.decisions++,
  });
  const control = createControlApi({
    database,
    composePages: pagesComposedBy(callOf("serving")),
    verifier: verifierOf("control"),
    clock: { ...clock, monotonicMs: systemClock.monotonicMs },
    log: silentLog,
  });
  services.set("serving", (request) => serving.fetch(request));
  services.set("control", (request) => control.fetch(request));
  const as = async (role: Role, audience: ServiceName, path: string, body?: unknown, ifMatch?: string) => {
    const token = await signer.sign(audience, { role, country: "BY", device: "web", accountId: "account-1" });
    const service = services.get(audience) as Service;
    return service(
      new Request(`http://x${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${token}`, ...(ifMatch === undefined ? {} : { "if-match": ifMatch }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  };
  /** Titles of the first row of somebody's page. */
  const firstRow = async (): Promise<string[]> => {
    const page = HomePage.parse(await (await as("service", "serving", "/api/v1/profiles/p-2/home")).json());
    return page.rows[0]?.items.map(({ title }) => title.titleId) ?? [];
  };
  const publish = async (some: readonly unknown[]): Promise<number> => {
    const { published } = (await (await as("product", "control", "/api/v1/control/rules")).json()) as {
      published: number | null;
    };
    const drafted = await as("product", "control", "/api/v1/control/rules", { document: { rules: some } });
    const { version } = RuleSetView.parse(await drafted.json());
    const path = `/api/v1/control/rules/${version}/publish`;
    const answer = await as("product", "control", path, { replaces: published }, '"1"');
    expect(answer.status).toBe(200);
    return version;
  };
  const ending = new AbortController();
  const watching = rules.watch(ending.signal);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** In steps, and what was asked at each is answered: the database has a time of its own. */
  const advance = async (durationMs: number) => {
    for (let left = durationMs; left > 0; left -= 500) {
      await clock.advance(Math.min(500, left));
      await settled();
      await Promise.allSettled(underWay);
      await settled();
    }
  };
  return {
    ...{ state, as, firstRow, publish, advance },
    async close() {
      ending.abort();
      await watching;
    },
  };
}

const bury1 = { ruleId: "bury-1", name: "B", match: { titleIds: ["t1"] }, effect: { kind: "bury", factor: 0.1 } };
const pin6 = {
  ruleId: "pin-6",
  name: "P",
  match: { titleIds: ["t6"] },
  effect: { kind: "pin", row: { kind: "new" }, position: 1 },
};
const out4 = { ruleId: "out-4", name: "F", match: { titleIds: ["t4"] }, effect: { kind: "filter" } };
const never = { ruleId: "never", name: "N", match: { genre: ["Western"] }, effect: { kind: "filter" } };

test("what is published is on pages within 5 s, stays while control is dead, and a rollback is too", async () => {
  const world = openWorld();
  expect(await world.firstRow()).toEqual(["t1", "t2", "t3", "t4", "t5", "t6"]);
  const first = await world.publish([bury1]);
  await world.advance(5_000);
  expect(await world.firstRow()).toEqual(["t2", "t3", "t4", "t5", "t6", "t1"]);
  const second = await world.publish([pin6]);
  await world.advance(5_000);
  expect(await world.firstRow()).toEqual(["t1", "t6", "t2", "t3", "t4", "t5"]);
  world.state.controlIsDead = true;
  const path = `/api/v1/control/rules/${first}/rollback`;
  expect((await world.as("operator", "control", path, { replaces: second })).status).toBe(200);
  await world.advance(20_000);
  expect(await world.firstRow()).toEqual(["t1", "t6", "t2", "t3", "t4", "t5"]);
  world.state.controlIsDead = false;
  await world.advance(5_000);
  expect(await world.firstRow()).toEqual(["t2", "t3", "t4", "t5", "t6", "t1"]);
  await world.close();
});

test("a dry run of a small world, by hand; pages and decisions are left as they were", async () => {
  const world = openWorld();
  await world.publish([]);
  await world.advance(5_000);
  const document = { rules: [bury1, out4, never] };
  const decisions = world.state.decisions;
  const dryRun = async () => {
    const answer = await world.as("editor", "control", "/api/v1/control/dry-run", { document });
    return answer;
  };
  const report = DryRunReport.parse(await (await dryRun()).json());
  // p-0 is not in serving's directory: 59 pages. Row "new" of t1 … t6 becomes t2 t3 t5 t6 t1.
  const pages = PROFILES - 1;
  const at = (position: number) => pages / Math.sqrt(position);
  expect(report).toMatchObject({ profilesAsked: 1_000, profiles: pages, changedShare: 1, cutShort: false });
  const changes = [...report.gaining, ...report.losing].map(({ titleId, before, after }) => [titleId, before, after]);
  const near = (value: number) => expect.closeTo(value, 9);
  expect(changes).toEqual([
    // Gains of a page: t2 1 − 0.7071 = 0.2929, t5 0.1301, t3 0.1298, t6 0.0918.
    ["t2", near(at(2)), near(at(1))],
    ["t5", near(at(5)), near(at(3))],
    ["t3", near(at(3)), near(at(2))],
    ["t6", near(at(6)), near(at(4))],
    // Losses: t1 1 − 0.4472 = 0.5528, t4 0.5.
    ["t1", near(at(1)), near(at(5))],
    ["t4", near(at(4)), 0],
  ]);
  expect(report.exposure.before - report.exposure.after).toBeCloseTo(at(6), 9);
  expect(report.emptied).toEqual([]);
  expect(report.rules.map(({ ruleId, pages: on, effects }) => [ruleId, on, effects])).toEqual([
    ["bury-1", pages, { removed: 0, moved: pages, pinned: 0, capped: 0 }],
    ["out-4", pages, { removed: pages, moved: 0, pinned: 0, capped: 0 }],
    ["never", 0, { removed: 0, moved: 0, pinned: 0, capped: 0 }],
  ]);
  expect(dryRunText(report)).toMatch(/Pages changed: 100\.0 %[\s\S]*Never acted: never\./);
  expect(world.state.decisions).toBe(decisions);
  expect(await world.firstRow()).toEqual(["t1", "t2", "t3", "t4", "t5", "t6"]);

  // Of pages without their readings nothing is said.
  world.state.readingsFail = true;
  expect(await (await dryRun()).json()).toMatchObject({ profiles: 0, changedShare: null });
  await world.close();
});

test("pages for dry runs are for services alone, and their limits are kept", async () => {
  const world = openWorld();
  const ask = async (role: Role, body: unknown) => (await world.as(role, "serving", "/internal/pages", body)).status;
  const whole = { profileIds: ["p-2"], ruleSets: [null, { rules: [] }], seed: 1 };
  for (const role of ["viewer", "analyst", "product", "editor", "operator"] as const) {
    expect(await ask(role, whole), role).toBe(403);
  }
  expect(await ask("service", whole)).toBe(200);
  expect(await ask("service", { ...whole, profileIds: Array.from({ length: 26 }, () => "p-2") })).toBe(400);
  expect(await ask("service", { ...whole, ruleSets: [null, null, null] })).toBe(400);
  expect(await ask("service", { ...whole, ruleSets: [{ rules: [{ ruleId: "x" }] }] })).toBe(400);
  expect(await ask("service", { ...whole, ruleSets: [{ rules: "x".repeat(2_200_000) }] })).toBe(413);
  await world.close();
});
