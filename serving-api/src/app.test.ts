import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LeavingView } from "@thewatcher/contracts/api/catalogue";
import { CandidatesView, HomePage, RecommendationList, SimilarTitles } from "@thewatcher/contracts/api/serving";
import type { Identity } from "@thewatcher/contracts/identity";
import type { AccountId, Generation, ProfileId } from "@thewatcher/contracts/ids";
import { encodeItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { Problem } from "@thewatcher/contracts/problems";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { defaultServingParameters, unassigned } from "@thewatcher/contracts/serving-parameters";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import { openLmdbRecommendations } from "@thewatcher/stores/recommendations/lmdb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createServingApi, type ServingApiDeps } from "./app.ts";
import type { DecisionTrace } from "./decision-trace.ts";
import { createItemTablesHolder } from "./item-tables-holder.ts";
import { recompose } from "./recompose.ts";
import type { ServedProfile } from "./request.ts";
import { SOURCES } from "./sources/source.ts";
import { AS_OF, catalogueOf, GENERATION, PROFILE, stateOf, tablesOf, titleIdOf } from "./test-world.ts";

const TITLES = 200;
const FIRST = GENERATION as Generation;
const SECOND = "g1900000000000-00bb" as Generation;
const CHILD = "p-child" as ProfileId;
const COLD = "p-cold" as ProfileId;
const catalogue = catalogueOf(createRng(1), TITLES + 1);
const tables = tablesOf(createRng(2), { titleCount: TITLES, count: 40, halfLifeInteractions: 3 });
const directory = new Map<string, ServedProfile>([
  [PROFILE, { country: "BY", ageMark: null, accountId: "a-1" as AccountId }],
  [CHILD, { country: "BY", ageMark: 6, accountId: "a-1" as AccountId }],
  [COLD, { country: "RU", ageMark: null, accountId: "a-2" as AccountId }],
]);

const folder = await mkdtemp(join(tmpdir(), "serving-api-"));
const recommendations = await openLmdbRecommendations({ path: join(folder, "recommendations") });
const objects = await openFolderObjects({ path: join(folder, "objects") });
const clock = createSimulatedClock(AS_OF + 60_000);
const keys = generateTokenKeys();
const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "serving", clock });
const itemTables = createItemTablesHolder({ recommendations, objects, clock, log: silentLog });

const appWith = (more: Partial<ServingApiDeps> = {}) =>
  createServingApi({
    recommendations,
    itemTables,
    catalogue: { current: () => catalogue, genreNames: () => ({}), collections: () => [] },
    profiles: async (profileId) => directory.get(profileId),
    verifier,
    clock,
    log: silentLog,
    ...more,
  });
const app = appWith();

const viewer = (profileId?: ProfileId): Identity =>
  ({ role: "viewer", accountId: "a-1", ...(profileId ? { profileId } : {}), country: "BY", device: "web" }) as Identity;
const service: Identity = { role: "service", country: "BY", device: "machine" };
const as = async (identity: Identity) => ({
  headers: { authorization: `Bearer ${await signer.sign("serving", { ...identity })}` },
});
async function ask<Schema extends { parse(value: unknown): unknown }>(
  schema: Schema,
  path: string,
  identity: Identity,
  on = app,
): Promise<ReturnType<Schema["parse"]>> {
  const response = await on.request(path, await as(identity));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  return schema.parse(await response.json()) as ReturnType<Schema["parse"]>;
}
async function refusal(status: number, path: string, identity?: Identity): Promise<Problem> {
  const response = await app.request(path, identity ? await as(identity) : {});
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return Problem.parse(await response.json());
}

async function publish(generation: Generation): Promise<void> {
  await objects.put(itemTablesKey(generation), encodeItemTables({ ...tables, generation }));
  await recommendations.begin(generation, {});
  const titleIds = Array.from({ length: 100 }, (_, index) => titleIdOf((index * 7) % TITLES));
  const scores = Float32Array.from(titleIds, (_, place) => 2 - place / 100);
  await recommendations.putLists(generation, [
    { profileId: PROFILE, titleIds, scores },
    { profileId: CHILD, titleIds, scores },
  ]);
  await recommendations.activate(generation);
}

/** Over whatever stands. */
async function putState(state: ProfileState): Promise<void> {
  const [before] = await recommendations.getRevisedStates([state.profileId]);
  await recommendations.putStates({ states: [{ state, replaces: before?.revision }] });
}

const past = [{ titleId: titleIdOf(1), touchedAt: AS_OF - 1, rated: { at: AS_OF - 1, stars: 5 } }];

beforeAll(async () => {
  await publish(FIRST);
  await itemTables.refresh();
});
beforeEach(() => putState(stateOf(past)));
afterAll(async () => {
  await recommendations.close();
  await objects.close();
  await rm(folder, { recursive: true });
});

describe("200", () => {
  test("a viewer's own page: personal rows, one generation, a decision of its own each time", async () => {
    const page = await ask(HomePage, "/api/v1/home", viewer(PROFILE));
    expect(page).toMatchObject({ profileId: PROFILE, generation: FIRST, degradations: [] });
    expect(page.composedAt).toBe(new Date(clock.now()).toISOString());
    expect(page.rows.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["top_picks", "because_you_watched"]));
    const again = await ask(HomePage, `/api/v1/profiles/${PROFILE}/home`, viewer(PROFILE));
    expect(again.decisionId).not.toBe(page.decisionId);
    expect(again.rows).toEqual(page.rows);
  });

  test("a service reads any profile: the page, and n titles", async () => {
    const page = await ask(HomePage, `/api/v1/profiles/${COLD}/home`, service);
    expect(page.degradations).toEqual([]);
    expect(page.rows.length).toBeGreaterThan(4);
    for (const n of [1, 20, 100]) {
      const list = await ask(RecommendationList, `/api/v1/profiles/${PROFILE}/recommendations?n=${n}`, service);
      expect(list.items).toHaveLength(n);
    }
    expect((await ask(RecommendationList, `/api/v1/profiles/${PROFILE}/recommendations`, service)).items).toHaveLength(
      20,
    );
  });

  test("the next answer knows what was stored a moment before: 'not interested' is gone everywhere", async () => {
    const path = `/api/v1/profiles/${PROFILE}/recommendations?n=5`;
    const [first] = (await ask(RecommendationList, path, service)).items;
    const titleId = first!.title.titleId;
    const touchedAt = clock.now();
    const hidden = { titleId, touchedAt, notInterested: { at: touchedAt, on: true } };
    await putState(stateOf([...past, hidden]));
    for (const text of [
      JSON.stringify(await ask(RecommendationList, `${path}0`, service)),
      JSON.stringify(await ask(HomePage, "/api/v1/home", viewer(PROFILE))),
      JSON.stringify(await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(9)}/similar?n=100`, viewer(PROFILE))),
    ]) {
      expect(text).not.toContain(`"${titleId}"`);
    }
  });

  test("a click's neighbours rise on the next page", async () => {
    const clicked = titleIdOf(50);
    const [neighbour] = tables.neighbours.itemIndices.subarray(50 * 40, 50 * 40 + 1);
    const place = async () => {
      const { items } = await ask(RecommendationList, `/api/v1/profiles/${COLD}/recommendations?n=100`, service);
      return items.findIndex(({ title }) => title.titleId === titleIdOf(neighbour!));
    };
    const before = await place();
    const state = {
      ...stateOf([{ titleId: clicked, touchedAt: clock.now(), clickedAt: clock.now() }]),
      profileId: COLD,
    };
    await putState(state);
    expect(await place()).toBe(0);
    expect(before).not.toBe(0);
    await putState({ ...state, titles: [] });
  });

  test("a child's page holds nothing above the age mark, and nothing without one", async () => {
    const page = await ask(HomePage, "/api/v1/home", viewer(CHILD));
    const marks = page.rows.flatMap(({ items }) => items.map(({ title }) => title.ageMark));
    expect(marks.length).toBeGreaterThan(20);
    for (const mark of marks) expect([0, 6]).toContain(mark);
  });

  test("`exclude` leaves titles out of this answer only", async () => {
    const path = `/api/v1/profiles/${PROFILE}/recommendations`;
    const before = (await ask(RecommendationList, path, service)).items.map(({ title }) => title.titleId);
    const excluded = before.slice(0, 3);
    const query = `exclude=${excluded.slice(0, 2).join(",")}&exclude=${excluded[2]}`;
    const after = (await ask(RecommendationList, `${path}?${query}`, service)).items.map(({ title }) => title.titleId);
    expect(after.slice(0, 17)).toEqual(before.slice(3));
    expect((await ask(RecommendationList, path, service)).items.map(({ title }) => title.titleId)).toEqual(before);
  });

  test("titles like a title, for a viewer and for a machine; one that no model has met too", async () => {
    for (const identity of [viewer(PROFILE), service]) {
      const similar = await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(3)}/similar?n=10`, identity);
      expect(similar).toMatchObject({ titleId: titleIdOf(3), generation: FIRST });
      expect(similar.items).toHaveLength(10);
    }
    await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(TITLES)}/similar`, service);
  });

  test("who chose no profile sees what anybody may see", async () => {
    const [forAll, forAdults] = [0, 18].map((mark) => catalogue.findIndex(({ facts }) => facts.ageMark === mark));
    const similar = await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(forAll!)}/similar`, viewer());
    for (const { title } of similar.items) expect(title.ageMark).toBe(0);
    await refusal(404, `/api/v1/titles/${titleIdOf(forAdults!)}/similar`, viewer());
  });

  test("what leaves soon, in the language asked for", async () => {
    const leaving = await ask(LeavingView, `/api/v1/profiles/${PROFILE}/leaving?locale=be`, viewer(PROFILE));
    expect(leaving).toEqual({ profileId: PROFILE, withinDays: 14, items: [] });
    await refusal(400, `/api/v1/profiles/${PROFILE}/leaving?locale=de`, viewer(PROFILE));
    await refusal(403, `/api/v1/profiles/${CHILD}/leaving`, viewer(PROFILE));
  });

  test("with 95 minutes at hand nothing longer is recommended", async () => {
    const page = await ask(HomePage, "/api/v1/home?minutes=95", viewer(PROFILE));
    const titles = page.rows.flatMap(({ items }) => items.map(({ title }) => title));
    expect(titles.length).toBeGreaterThan(20);
    for (const { runtimeMinutes } of titles) expect(runtimeMinutes).toBeLessThanOrEqual(95);
  });

  test("for two of one account: of the younger one's age, and nothing says what either watched", async () => {
    const page = await ask(HomePage, `/api/v1/home?with=${CHILD}`, viewer(PROFILE));
    expect(page.degradations).toEqual([]);
    expect(page.rows.map(({ kind }) => kind)).toContain("for_two");
    for (const { items } of page.rows) for (const { title } of items) expect([0, 6]).toContain(title.ageMark);
    expect(JSON.stringify(page)).not.toMatch(/similar_to_history|because_you_watched|continue_watching/);
    expect(page.seedNames).toEqual({});
  });

  test("those who run the service see what each source gives, and what each stage did; a viewer does not", async () => {
    const path = `/api/v1/profiles/${PROFILE}/candidates`;
    for (const role of ["analyst", "product", "operator", "service"] as const) {
      const view = await ask(CandidatesView, `${path}?stages=true&n=5`, { ...service, role });
      expect(view.sources.map(({ source }) => source)).toEqual([...SOURCES]);
      const list = view.sources.find(({ source }) => source === "personal_list")!;
      expect(list.isOn).toBe(true);
      expect(list.count).toBeGreaterThan(20);
      expect(list.candidates.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
      for (const { reason } of list.candidates) expect(reason?.kind).toBe("similar_to_history");
      expect(view.stages?.map(({ stage }) => stage)).toEqual(["read", "prepare", "retrieve", "rank", "rows"]);
    }
    const alone = await ask(CandidatesView, `${path}?source=item_to_item&n=100`, service);
    expect(alone.stages).toBeUndefined();
    expect(alone.sources).toHaveLength(1);
    for (const { score, reason } of alone.sources[0]!.candidates) {
      expect(reason).toMatchObject({ kind: "because_you_watched", seedTitleId: titleIdOf(1) });
      expect(reason?.kind === "because_you_watched" && reason.contribution).toBeCloseTo(score, 6);
    }
    for (const role of ["viewer", "editor"] as const) await refusal(403, path, { ...viewer(PROFILE), role });
    await refusal(404, "/api/v1/profiles/p-none/candidates", service);
    expect((await refusal(400, `${path}?source=all`, service)).errors).toMatchObject([{ path: "source" }]);
  });

  test("whoever listens is told of each page as it was answered, and the page is made again of what was told", async () => {
    const traces: DecisionTrace[] = [];
    const heard = appWith({
      onDecision: (trace) => traces.push(trace),
      assignment: (profileId) =>
        profileId === undefined
          ? unassigned(defaultServingParameters)
          : { parameters: { ...defaultServingParameters, diversity: 0.7 }, arms: { diversity: "more" } },
    });
    const onPhone = { ...viewer(PROFILE), device: "phone" };
    const page = await ask(HomePage, "/api/v1/home?minutes=120", onPhone, heard);
    const list = await ask(RecommendationList, `/api/v1/profiles/${PROFILE}/recommendations?n=7`, service, heard);
    const like = await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(3)}/similar?n=5`, service, heard);
    expect(traces.map(({ kind, decisionId, profileId }) => ({ kind, decisionId, profileId }))).toEqual([
      { kind: "home", decisionId: page.decisionId, profileId: PROFILE },
      { kind: "list", decisionId: list.decisionId, profileId: PROFILE },
      { kind: "similar", decisionId: like.decisionId, profileId: null },
    ]);
    expect(traces.map(({ arms, parameters, device }) => [arms, parameters.diversity, device])).toEqual([
      [{ diversity: "more" }, 0.7, "phone"],
      [{ diversity: "more" }, 0.7, service.device],
      [{}, defaultServingParameters.diversity, service.device],
    ]);
    for (const [trace, { items }] of [
      [traces[1]!, list],
      [traces[2]!, like],
    ] as const) {
      const [row] = recompose(trace);
      expect(row?.items.map(({ titleId, position }) => ({ titleId, position }))).toEqual(
        items.map(({ title, position }) => ({ titleId: title.titleId, position })),
      );
    }
    const [trace] = traces;
    expect(trace).toMatchObject({
      decisionId: page.decisionId,
      profileId: PROFILE,
      generation: FIRST,
      minutes: 120,
      with: null,
    });
    const told = recompose(trace!).map(({ rowId, items }) => ({ rowId, titles: items.map(({ titleId }) => titleId) }));
    expect(told).toEqual(
      page.rows.map(({ rowId, items }) => ({ rowId, titles: items.map(({ title }) => title.titleId) })),
    );
  });

  test("the API describes itself without a token", async () => {
    const response = await app.request("/openapi.json");
    expect(Object.keys(((await response.json()) as { paths: object }).paths)).toEqual([
      "/api/v1/home",
      "/api/v1/profiles/{profileId}/home",
      "/api/v1/profiles/{profileId}/taste",
      "/api/v1/profiles/{profileId}/recommendations",
      "/api/v1/profiles/{profileId}/candidates",
      "/api/v1/profiles/{profileId}/why-not/{titleId}",
      "/api/v1/titles/{titleId}/similar",
      "/api/v1/profiles/{profileId}/leaving",
    ]);
  });
});

describe("400", () => {
  test.each([
    ["n=0", "n"],
    ["n=101", "n"],
    ["n=2.5", "n"],
    ["n=many", "n"],
    ["exclude=film%20one", "exclude.0"],
    ["minutes=0", "minutes"],
    ["minutes=1501", "minutes"],
    ["minutes=95.5", "minutes"],
    ["minutes=soon", "minutes"],
    ["with=p%20x", "with"],
    [`with=${PROFILE}`, "with"],
    [`exclude=${"a,".repeat(100_000)}`, "exclude"],
    [`exclude=${Array.from({ length: 201 }, (_, index) => `f${index}`).join(",")}`, "exclude"],
  ])("%s: says what is wrong, where, and what is accepted", async (query, path) => {
    const body = await refusal(400, `/api/v1/profiles/${PROFILE}/recommendations?${query}`, service);
    expect(body.errors).toMatchObject([{ path }]);
  });
});

describe("401 and 403", () => {
  test("without a token, with a foreign one, or with one for another service, nothing is answered", async () => {
    await refusal(401, "/api/v1/home");
    const stranger = createTokenSigner({ privateKey: generateTokenKeys().privateKey, clock });
    const tokens = [
      await stranger.sign("serving", { ...viewer(PROFILE) }),
      await signer.sign("catalog", { ...viewer(PROFILE) }),
      await signer.sign("serving", { role: "king" }),
    ];
    for (const token of tokens) {
      const response = await app.request("/api/v1/home", { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
    }
  });

  test("a viewer reads no other profile, and does not learn whether it exists", async () => {
    for (const other of [CHILD, "p-none"]) {
      for (const what of ["home", "recommendations"]) {
        const body = await refusal(403, `/api/v1/profiles/${other}/${what}`, viewer(PROFILE));
        expect({ ...body, instance: "" }).toEqual({
          type: "/docs/problems/forbidden",
          title: "Not allowed",
          status: 403,
          instance: "",
        });
      }
    }
  });

  test("a page for two takes another profile of the same account, and tells nothing of any other", async () => {
    const before = { lists: 0, states: 0 };
    const watched = appWith({
      recommendations: {
        async getLists(profileIds, generation) {
          if (profileIds.some((profileId) => profileId !== PROFILE)) before.lists++;
          return recommendations.getLists(profileIds, generation);
        },
        async getStateUnless(profileId, revision) {
          if (profileId !== PROFILE) before.states++;
          return recommendations.getStateUnless(profileId, revision);
        },
      },
    });
    for (const other of [COLD, "p-none"]) {
      const response = await watched.request(`/api/v1/home?with=${other}`, await as(viewer(PROFILE)));
      expect(response.status).toBe(403);
      expect(((await response.json()) as Problem).detail).toBe("`with` takes another profile of the same account.");
    }
    expect(before).toEqual({ lists: 0, states: 0 });
  });

  test("a role that serving was not made for reads nothing; a viewer without a profile is asked to choose one", async () => {
    const analyst: Identity = { ...service, role: "analyst" };
    await refusal(403, `/api/v1/profiles/${PROFILE}/home`, analyst);
    await refusal(403, `/api/v1/titles/${titleIdOf(1)}/similar`, analyst);
    expect((await refusal(403, "/api/v1/home", viewer())).detail).toBe("Choose a profile first.");
  });
});

describe("404", () => {
  test("for a profile or a title that is not there, and for one above the profile's age", async () => {
    await refusal(404, "/api/v1/profiles/p-none/home", service);
    await refusal(404, "/api/v1/profiles/p%20x/recommendations", service);
    await refusal(404, "/api/v1/titles/none/similar", service);
    const adult = catalogue.findIndex(({ facts }) => facts.ageMark === 18);
    await refusal(404, `/api/v1/titles/${titleIdOf(adult)}/similar`, viewer(CHILD));
    await refusal(404, "/api/v2/home", service);
  });
});

describe("when parts are away", () => {
  const broken = async (): Promise<never> => {
    throw new Error("the disk is gone");
  };
  const parts = async (more: Partial<ServingApiDeps>) => {
    const page = await ask(HomePage, "/api/v1/home", viewer(PROFILE), appWith(more));
    expect(page.rows.length).toBeGreaterThan(3);
    return page.degradations.map(({ part, cause }) => `${part} ${cause}`);
  };

  test("a store that throws leaves a popular page that says so, and tells nobody why", async () => {
    const away = { getLists: broken, getStateUnless: broken };
    expect(await parts({ recommendations: away })).toEqual(["profile_state unavailable", "personal_list unavailable"]);
    const response = await appWith({ recommendations: away }).request("/api/v1/home", await as(viewer(PROFILE)));
    expect(await response.text()).not.toContain("disk");
  });

  test("a store that hangs is left behind at the deadline", async () => {
    const hanging = { ...recommendations, getLists: () => new Promise<never>(() => {}) };
    const answer = parts({ recommendations: hanging, deadlineMs: 100 });
    for (let i = 0; i < 200; i++) await Promise.resolve();
    // The request waits for real crypto on its way in; the clock is moved until it has reached the deadline.
    const done = answer.then(() => true);
    while (!(await Promise.race([done, new Promise<false>((resolve) => setImmediate(resolve, false))]))) {
      await clock.advance(1);
    }
    expect(await answer).toEqual(["personal_list timed_out"]);
  });

  test("without the directory of profiles the page is one that anybody may see", async () => {
    const page = await ask(HomePage, "/api/v1/home", viewer(PROFILE), appWith({ profiles: broken }));
    expect(page.degradations).toMatchObject([{ part: "profile", cause: "unavailable" }]);
    for (const { items } of page.rows) for (const { title } of items) expect(title.ageMark).toBe(0);
  });

  test("before the first publication there is a page", async () => {
    const none = {
      current: () => undefined,
      active: () => undefined,
      ranker: () => undefined,
      rankerProblem: () => undefined,
    };
    expect(await parts({ itemTables: none })).toEqual(["item_tables missing"]);
  });
});

describe("a flip of generations", () => {
  test("is followed by the lists and the tables together; a dropped one falls back to the active list", async () => {
    const held = {
      current: () => ({ ...tables, generation: FIRST }),
      active: () => FIRST,
      ranker: () => undefined,
      rankerProblem: () => undefined,
    };
    const late = appWith({ itemTables: held });
    await publish(SECOND);
    // The holder has not looked yet: everything is still of the first.
    expect(await ask(HomePage, "/api/v1/home", viewer(PROFILE), late)).toMatchObject({
      generation: FIRST,
      degradations: [],
    });
    await itemTables.refresh();
    expect(await ask(HomePage, "/api/v1/home", viewer(PROFILE))).toMatchObject({
      generation: SECOND,
      degradations: [],
    });
    // Read under the first, answered after the second was loaded: still of the first alone.
    let current = { ...tables, generation: FIRST };
    const flipping = appWith({
      itemTables: {
        current: () => current,
        active: () => current.generation,
        ranker: () => undefined,
        rankerProblem: () => undefined,
      },
      profiles: async (profileId) => {
        current = { ...tables, generation: SECOND };
        return directory.get(profileId);
      },
    });
    expect(await ask(HomePage, "/api/v1/home", viewer(PROFILE), flipping)).toMatchObject({
      generation: FIRST,
      degradations: [],
    });
    await recommendations.drop(FIRST);
    const page = await ask(HomePage, "/api/v1/home", viewer(PROFILE), late);
    expect(page.degradations).toMatchObject([{ part: "item_tables", cause: "stale" }]);
    expect(page.rows.map(({ kind }) => kind)).toContain("top_picks");
  });
});
