import { LeavingView } from "@thewatcher/contracts/api/catalogue";
import { HomePage, RecommendationList, SimilarTitles } from "@thewatcher/contracts/api/serving";
import { TasteView } from "@thewatcher/contracts/api/taste";
import type { Identity } from "@thewatcher/contracts/identity";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { beforeEach, describe, expect, test } from "vitest";
import { createServingApi, type ServingApiDeps } from "./app.ts";
import type { ServedProfile } from "./request.ts";
import { AS_OF, catalogueOf, PROFILE, richTablesOf, titleIdOf } from "./test-world.ts";

const TITLES = 200;
const PROFILED = "p-profiled" as ProfileId;
const catalogue = catalogueOf(createRng(1), TITLES);
const tables = richTablesOf(createRng(2), { titleCount: TITLES, count: 40, halfLifeInteractions: 3 });
const clock = createSimulatedClock(AS_OF + 60_000);
const keys = generateTokenKeys();
const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "serving", clock });

const read: string[] = [];
beforeEach(() => {
  read.length = 0;
});
/** Whatever is asked of it is noted and fails: also what nobody asks for today. */
const untouchable = new Proxy({} as ServingApiDeps["recommendations"], {
  get: (_, name) => (asked: unknown) => {
    read.push(`${String(name)} ${String(asked)}`);
    return Promise.reject(new Error("this was not to be read"));
  },
});

const ofOneAccount = async (profileId: ProfileId): Promise<ServedProfile> => ({
  country: "BY",
  ageMark: null,
  accountId: "a-1" as AccountId,
  profiling: profileId !== PROFILE,
});
const decidedFor: (ProfileId | null)[] = [];
const appOf = (profiles: ServingApiDeps["profiles"] = ofOneAccount) =>
  createServingApi({
    onDecision: ({ profileId }) => void decidedFor.push(profileId),
    recommendations: untouchable,
    itemTables: {
      current: () => tables,
      active: () => tables.generation as never,
      ranker: () => undefined,
      rankerProblem: () => undefined,
    },
    catalogue: { current: () => catalogue, genreNames: () => ({}), collections: () => [] },
    profiles,
    verifier,
    clock,
    log: silentLog,
  });

const viewer = (profileId: ProfileId) => ({
  role: "viewer",
  accountId: "a-1",
  profileId,
  country: "BY",
  device: "web",
});
async function ask<Answer>(
  schema: { parse(value: unknown): Answer },
  path: string,
  { identity = viewer(PROFILE) as object, app = appOf() } = {},
): Promise<Answer> {
  const authorization = `Bearer ${await signer.sign("serving", identity as Identity)}`;
  const response = await app.request(path, { headers: { authorization } });
  expect(response.status, path).toBe(200);
  return schema.parse(await response.json());
}

describe("a profile without profiling", () => {
  test("has a whole page, of which nothing is personal, without a reading of its list or state", async () => {
    const page = await ask(HomePage, "/api/v1/home");
    expect(page.degradations).toEqual([]);
    expect(page.profiling).toBe(false);
    expect(page.rows.length).toBeGreaterThan(4);
    for (const { items } of page.rows) expect(items.length).toBeGreaterThanOrEqual(5);
    const personal = ["continue_watching", "because_you_watched", "top_picks", "segment"];
    expect(page.rows.map(({ kind }) => kind).filter((kind) => personal.includes(kind))).toEqual([]);
    expect(read).toEqual([]);
  });

  test("has every other answer without one, too", async () => {
    const list = await ask(RecommendationList, `/api/v1/profiles/${PROFILE}/recommendations?n=50`);
    expect(list).toMatchObject({ degradations: [], items: { length: 50 } });
    const similar = await ask(SimilarTitles, `/api/v1/titles/${titleIdOf(newestShown())}/similar`);
    expect(similar.items.length).toBeGreaterThan(0);
    const sheet = await ask(TasteView, `/api/v1/profiles/${PROFILE}/taste`);
    expect(sheet).toMatchObject({ profiling: false, titleCount: 0 });
    await ask(LeavingView, `/api/v1/profiles/${PROFILE}/leaving`);
    const identity = { role: "service", country: "BY", device: "machine" };
    await ask({ parse: (value) => value }, `/api/v1/profiles/${PROFILE}/candidates?stages=true`, { identity });
    expect(read).toEqual([]);
  });

  test("is nobody in the decision log; a preview of corrections is no decision at all", async () => {
    decidedFor.length = 0;
    await ask(HomePage, "/api/v1/home");
    await ask(HomePage, "/api/v1/home?taste=genre:Drama:1", { identity: viewer(PROFILED) });
    await ask(HomePage, "/api/v1/home", { identity: viewer(PROFILED) });
    expect(decidedFor).toEqual([null, PROFILED]);
  });

  test("watches along with another one unread: only the other's own is asked for", async () => {
    await ask(HomePage, `/api/v1/home?with=${PROFILE}`, { identity: viewer(PROFILED) });
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((asked) => asked.includes(PROFILE))).toEqual([]);
  });
});

test("where nobody can say whether a profile allows it, nothing of it is read", async () => {
  const away = appOf(() => Promise.reject(new Error("the database is away")));
  const page = await ask(HomePage, "/api/v1/home", { app: away });
  expect(page.degradations).toMatchObject([{ part: "profile", cause: "unavailable" }]);
  expect(page.rows.length).toBeGreaterThan(0);
  expect(read).toEqual([]);
});

const newestShown = () => catalogue.findIndex(({ facts }) => (facts.ageMark ?? 18) <= 18);

test.each(["genre:Drama", "mood:dark:1", `${"genre:Drama:1,".repeat(65)}`])(
  "a preview of %j is refused with what was wrong",
  async (taste) => {
    const authorization = `Bearer ${await signer.sign("serving", viewer(PROFILED) as Identity)}`;
    const path = `/api/v1/home?taste=${encodeURIComponent(taste)}`;
    const response = await appOf().request(path, { headers: { authorization } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ path: "taste" }] });
  },
);
