/** A page explained from its record, and titles that are not on it: over the app, on a small world. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HomePage, WhyNot } from "@thewatcher/contracts/api/serving";
import { DecisionRecord } from "@thewatcher/contracts/decisions";
import type { Identity } from "@thewatcher/contracts/identity";
import type { Generation, ProfileId } from "@thewatcher/contracts/ids";
import { encodeItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { parseRuleSet } from "@thewatcher/contracts/rules";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import { openLmdbRecommendations } from "@thewatcher/stores/recommendations/lmdb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServingApi } from "./app.ts";
import { encodeDecision } from "./decision-record.ts";
import type { DecisionTrace } from "./decision-trace.ts";
import { explainDecision } from "./explain.ts";
import { createItemTablesHolder } from "./item-tables-holder.ts";
import type { HeldRules } from "./rules-holder.ts";
import {
  AS_OF,
  catalogueOf,
  collectionsOf,
  GENERATION,
  PROFILE,
  richTablesOf,
  stateOf,
  titleIdOf,
} from "./test-world.ts";

const TITLES = 400;
const CHILD = "p-child" as ProfileId;
/** Rights that end everywhere before the test's now. */
const GONE = 11;
const ADULT = catalogueOf(createRng(1), TITLES).findIndex(({ facts }) => facts.ageMark === 18);
const catalogue = catalogueOf(createRng(1), TITLES).map((title, index) =>
  index === GONE
    ? { ...title, rights: [{ countries: null, exceptCountries: [], from: null, until: AS_OF, plans: null }] }
    : title,
);
const tables = richTablesOf(createRng(2), { titleCount: TITLES - 1, count: 40, halfLifeInteractions: 3 });
const directory = new Map<string, { country: string; ageMark: number | null }>([
  [PROFILE, { country: "BY", ageMark: null }],
  [CHILD, { country: "BY", ageMark: 6 }],
]);

const folder = await mkdtemp(join(tmpdir(), "why-not-"));
const recommendations = await openLmdbRecommendations({ path: join(folder, "recommendations") });
const objects = await openFolderObjects({ path: join(folder, "objects") });
const clock = createSimulatedClock(AS_OF + 60_000);
const keys = generateTokenKeys();
const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
const itemTables = createItemTablesHolder({ recommendations, objects, clock, log: silentLog });
const traces: DecisionTrace[] = [];
const RULED = titleIdOf(28);
let rules: HeldRules | undefined;
const app = createServingApi({
  recommendations,
  itemTables,
  catalogue: {
    current: () => catalogue as never,
    genreNames: () => ({}),
    collections: () => collectionsOf(createRng(4), TITLES),
  },
  profiles: async (profileId) => directory.get(profileId),
  verifier: createTokenVerifier({ publicKey: keys.publicKey, audience: "serving", clock }),
  clock,
  log: silentLog,
  rules: { current: () => rules },
  onDecision: (trace) => traces.push(trace),
});

const viewer = (profileId: ProfileId): Identity =>
  ({ role: "viewer", accountId: "a-1", profileId, country: "BY", device: "web" }) as Identity;
const staff = (role: Identity["role"]): Identity => ({ role, country: "BY", device: "machine" });
const request = async (path: string, identity: Identity) =>
  app.request(path, { headers: { authorization: `Bearer ${await signer.sign("serving", { ...identity })}` } });
async function ask(titleId: string, identity: Identity = staff("service"), query = ""): Promise<WhyNot> {
  const profileId = identity.profileId ?? PROFILE;
  const response = await request(`/api/v1/profiles/${profileId}/why-not/${titleId}${query}`, identity);
  expect(response.status).toBe(200);
  return WhyNot.parse(await response.json());
}
async function homePage(): Promise<HomePage> {
  const response = await request(`/api/v1/profiles/${PROFILE}/home`, staff("service"));
  expect(response.status).toBe(200);
  return HomePage.parse(await response.json());
}

beforeAll(async () => {
  const generation = GENERATION as Generation;
  await objects.put(itemTablesKey(generation), encodeItemTables(tables));
  await recommendations.begin(generation, {});
  const titleIds = Array.from({ length: 150 }, (_, index) => titleIdOf((index * 7) % TITLES));
  const scores = Float32Array.from(titleIds, (_, place) => 2 - place / 100);
  await recommendations.putLists(generation, [
    { profileId: PROFILE, titleIds, scores },
    { profileId: CHILD, titleIds, scores },
  ]);
  await recommendations.activate(generation);
  const at = AS_OF - 1;
  const state = stateOf([
    { titleId: titleIdOf(1), touchedAt: at, rated: { at, stars: 5 } },
    { titleId: titleIdOf(14), touchedAt: at, notInterested: { at, on: true } },
    {
      titleId: titleIdOf(21),
      touchedAt: at,
      playedAt: at,
      positionSeconds: 900,
      durationSeconds: 6000,
      watchedSeconds: 900,
    },
  ]);
  await recommendations.putStates({ states: [{ state, replaces: undefined }] });
  await itemTables.refresh();
});
afterAll(async () => {
  await recommendations.close();
  await objects.close();
  await rm(folder, { recursive: true });
});

describe("a decision explained", () => {
  /** Answers round to six decimals; the log has them all. */
  const rounded = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, part: unknown) =>
      typeof part === "number" ? Number(part.toFixed(6)) : part,
    );

  test("is the page that was answered, and comes out the same when it is made again of its record", async () => {
    traces.length = 0;
    const page = await homePage();
    expect(traces).toHaveLength(1);
    const record = DecisionRecord.parse(JSON.parse(encodeDecision(traces[0]!)!.value));
    const explained = explainDecision(record);
    expect(explained.decisionId).toBe(page.decisionId);
    const told = explained.rows.map(({ rowId, kind, heading, reason, items }) => ({
      ...{ rowId, kind, heading, reason },
      items: items.map(({ titleId, position, score, source, reason: own }) => [titleId, position, score, source, own]),
    }));
    const answered = page.rows.map(({ rowId, kind, heading, reason, items }) => ({
      ...{ rowId, kind, heading, reason },
      items: items.map(({ title, position, score, source, reason: own }) => [
        ...[title.titleId, position, score, source, own],
      ]),
    }));
    expect(rounded(told)).toEqual(rounded(answered));
    expect(record.cut).toEqual([]);
    const items = page.rows.reduce((sum, row) => sum + row.items.length, 0);
    expect(explained.recomposition).toMatchObject({ kind: "same", rows: page.rows.length, items });
  });

  test("says where it differs when the record is not what was shown", async () => {
    traces.length = 0;
    await homePage();
    const [trace] = traces;
    const rows = trace!.rows.map((row) =>
      row.rowId === "top-picks"
        ? {
            ...row,
            slots: row.slots.map((slot, place) => (place === 0 ? { ...slot, score: 9 } : slot)),
            heading: "Top picks",
          }
        : row,
    );
    const swapped = { ...trace!, rows, rowOrder: [...trace!.rowOrder].reverse() };
    const record = DecisionRecord.parse(JSON.parse(encodeDecision(swapped)!.value));
    const { recomposition } = explainDecision(record);
    expect(recomposition.kind).toBe("different");
    expect(recomposition).toHaveProperty("differences.0", expect.stringMatching(/^row 1: was \{"rowId"/));
  });
});

describe("why not", () => {
  test("says where a title stands that is on the page, for each of them", async () => {
    const page = await homePage();
    for (const [rowPlace, row] of page.rows.entries()) {
      // What is drawn is another page's draw.
      const [item] = row.items.filter(({ source }) => source !== "exploration");
      const { verdict } = await ask(item!.title.titleId);
      expect(verdict).toMatchObject({ kind: "shown", rowId: row.rowId, position: item!.position });
      expect(page.rows[rowPlace]!.rowId).toBe(row.rowId);
    }
  });

  test.each([
    ["no such title", "film-9999", "not_in_catalogue"],
    ["rights that ended", titleIdOf(GONE), "rights"],
    ["not interested", titleIdOf(14), "not_interested"],
    ["rated", titleIdOf(1), "watched"],
  ])("names what took a title out: %s", async (_, titleId, cause) => {
    expect((await ask(titleId)).verdict).toMatchObject({ kind: "removed", cause });
  });

  test("names what the request left out, and the age limit", async () => {
    expect((await ask(titleIdOf(7), staff("analyst"), `?exclude=${titleIdOf(7)}`)).verdict).toMatchObject({
      cause: "excluded",
    });
    const response = await request(`/api/v1/profiles/${CHILD}/why-not/${titleIdOf(ADULT)}`, staff("product"));
    expect(WhyNot.parse(await response.json()).verdict).toMatchObject({ kind: "removed", cause: "age" });
  });

  test("of every title says something true: shown, taken out, ranked too low, or given by nothing", async () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < TITLES; index++) {
      const { verdict, sources, rows, candidates } = await ask(titleIdOf(index));
      counts.set(verdict.kind, (counts.get(verdict.kind) ?? 0) + 1);
      if (verdict.kind === "shown") expect(rows.some(({ outcome }) => outcome === "shown")).toBe(true);
      else expect(rows.every(({ outcome }) => outcome !== "shown")).toBe(true);
      if (verdict.kind === "no_source") expect([sources, rows]).toEqual([[], []]);
      if (verdict.kind === "below_cut" && verdict.rank !== null) {
        expect(sources.length).toBeGreaterThan(0);
        expect(verdict.rank).toBeLessThanOrEqual(candidates);
      }
    }
    expect(counts.get("shown")).toBeGreaterThan(100);
    expect(counts.get("removed")).toBeGreaterThan(2);
    expect(counts.get("below_cut")).toBeGreaterThan(10);
  });

  test("names the rule, for those who run the service; a viewer is told that there is one", async () => {
    const ruleSet = parseRuleSet({
      rules: [
        { ruleId: "not-in-summer", name: "Winter films", match: { titleIds: [RULED] }, effect: { kind: "filter" } },
      ],
    });
    if (ruleSet.kind !== "valid") throw new Error(JSON.stringify(ruleSet.errors));
    rules = { version: 3, ruleSet: ruleSet.ruleSet };
    try {
      expect((await ask(RULED)).verdict).toEqual({ kind: "removed", cause: "rule:not-in-summer" });
      expect((await ask(RULED, viewer(PROFILE))).verdict).toEqual({ kind: "removed", cause: "rule" });
    } finally {
      rules = undefined;
    }
    expect((await ask(RULED)).verdict.kind).not.toBe("removed");
  });

  test("a viewer asks about the own page, and learns of nothing that may not be seen", async () => {
    const own = viewer(PROFILE);
    expect((await ask(titleIdOf(1), own)).verdict).toMatchObject({ cause: "watched" });
    const unknown = await request(`/api/v1/profiles/${PROFILE}/why-not/film-9999`, own);
    const gone = await request(`/api/v1/profiles/${PROFILE}/why-not/${titleIdOf(GONE)}`, own);
    const adult = await request(`/api/v1/profiles/${CHILD}/why-not/${titleIdOf(ADULT)}`, viewer(CHILD));
    const texts = await Promise.all(
      [unknown, gone, adult].map(async (response) =>
        (await response.text()).replaceAll(/"instance":"[^"]*"|"requestId":"[^"]*"/g, ""),
      ),
    );
    expect([unknown.status, gone.status, adult.status]).toEqual([404, 404, 404]);
    expect(new Set(texts).size).toBe(1);
    expect((await request(`/api/v1/profiles/${CHILD}/why-not/${titleIdOf(1)}`, own)).status).toBe(403);
    expect((await request(`/api/v1/profiles/${PROFILE}/why-not/${titleIdOf(1)}`, staff("editor"))).status).toBe(403);
  });

  test("asking decides nothing: no decision is logged", async () => {
    traces.length = 0;
    await ask(titleIdOf(3));
    expect(traces).toEqual([]);
  });
});
