/**
 * The loop as a whole, in one process on embedded stores and a small demo world: events in, a model trained, pages out,
 * and the next click changing them. Slow: it opens PostgreSQL and the warehouse, and trains.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HomePage, RecommendationList } from "@thewatcher/contracts/api/serving";
import type { EventBatchAnswer } from "@thewatcher/contracts/events";
import { createServiceToken } from "@thewatcher/gateway/service-tokens";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { World } from "@thewatcher/simulation/world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDemoWorld, loadDemoWorld } from "./demo-world.ts";
import { type OpenedCinema, openCinema } from "./open-cinema.ts";
import { resolveSettings } from "./settings.ts";

const SEED = 7;
const PROFILES = 400;
const HOST = "http://127.0.0.1:8080";

let dataDir: string;
let opened: OpenedCinema;
let world: World;
let token: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "thewatcher-loop-"));
  const { values } = resolveSettings({ flags: { dataDir, logLevel: "warn" }, env: {} });
  opened = await openCinema(values, { report: () => undefined, worldWhenNew: "demo" });
  const { cinema, folder } = opened;
  world = createDemoWorld({ seed: SEED, worldNow: folder.world?.madeAt ?? 0, profileCount: PROFILES });
  await loadDemoWorld(world, { stores: cinema.stores, clock: cinema.clock, report: () => undefined });
  await Promise.all([cinema.sink.caughtUp(), cinema.profileStates.caughtUp()]);
  await cinema.trainer.train({ model: "ease", parameters: {}, seed: SEED, evaluate: true });
  await cinema.refresh();
  token = await createServiceToken(
    { database: cinema.stores.database, clock: cinema.clock },
    { role: "service", label: "test", expiresAt: null },
  );
}, 240_000);

afterAll(async () => {
  await opened?.close();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

const asMachine = (path: string, init: { method?: string; body?: string; profileId?: string } = {}) =>
  opened.cinema.api("gateway")(
    new Request(`${HOST}${path}`, {
      method: init.method ?? "GET",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        ...(init.profileId ? { "x-profile-id": init.profileId } : {}),
      },
      ...(init.body ? { body: init.body } : {}),
    }),
  );

async function listOf(profileId: string): Promise<RecommendationList> {
  const response = await asMachine(`/api/v1/profiles/${profileId}/recommendations?n=100`);
  expect(response.status).toBe(200);
  return RecommendationList.parse(await response.json());
}

async function homeOf(profileId: string): Promise<HomePage> {
  const response = await asMachine(`/api/v1/profiles/${profileId}/home`);
  expect(response.status).toBe(200);
  return HomePage.parse(await response.json());
}

async function post(
  profileId: string,
  events: readonly { type: string; payload: unknown }[],
): Promise<EventBatchAnswer> {
  const at = new Date(systemClock.now()).toISOString();
  const response = await asMachine("/api/v1/events", {
    method: "POST",
    profileId,
    body: JSON.stringify({
      events: events.map((event) => ({ ...event, eventId: uuid7(systemClock.now()), occurredAt: at, sentAt: at })),
    }),
  });
  expect([200, 422]).toContain(response.status);
  return (
    response.status === 200 ? await response.json() : { accepted: 0, refused: events.length, verdicts: [] }
  ) as EventBatchAnswer;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)] ?? Number.NaN;

describe("the model", () => {
  test("finds what viewers watch next better than popularity does, and popularity better than chance", async () => {
    const run = await opened.cinema.stores.database.kysely
      .selectFrom("runs")
      .selectAll()
      .orderBy("started_at", "desc")
      .executeTakeFirstOrThrow();
    expect(run.status).toBe("succeeded");
    // What the run used is written down: parameters as chosen, the numerical path, the data's hash.
    expect(run.parameters).toHaveProperty("regularization");
    expect(run.metrics).toHaveProperty("kernelPath", expect.stringMatching(/simd/));
    expect(run.data_hash).toMatch(/^[0-9a-f]{16,}$/);
    const metrics = run.metrics as unknown as {
      evaluation: Record<"model" | "popular" | "random", { metrics: Record<string, { value: number }> }>;
    };
    const ndcg = (name: "model" | "popular" | "random"): number =>
      metrics.evaluation[name].metrics["ndcg@10"]?.value ?? Number.NaN;
    expect(ndcg("model")).toBeGreaterThan(ndcg("popular"));
    expect(ndcg("popular")).toBeGreaterThan(ndcg("random"));
  });

  test("trained again on the same rows with the same seed gives every viewer the same list", async () => {
    const { cinema } = opened;
    const before = await cinema.stores.recommendations.getLists(world.profiles.map((profile) => profile.profileId));
    const asOfRun = await cinema.trainer.train({ model: "ease", parameters: {}, seed: SEED, evaluate: true });
    const after = await cinema.stores.recommendations.getLists(world.profiles.map((profile) => profile.profileId));
    expect(after.map((list) => list?.titleIds)).toEqual(before.map((list) => list?.titleIds));
    expect(after.map((list) => list && [...list.scores])).toEqual(before.map((list) => list && [...list.scores]));
    expect(after.find((list) => list)?.generation).toBe(asOfRun.generation);
    const { from, to } = await cinema.trainer.rollback();
    expect(from).toBe(asOfRun.generation);
    expect(to).toBe(before.find((list) => list)?.generation);
    await cinema.refresh();
  }, 120_000);
});

describe("the page", () => {
  test("holds no title twice, nothing unsuitable, and says which decision, generation and source it is of", async () => {
    const active = await opened.cinema.stores.recommendations.active();
    const decisions = new Set<string>();
    for (const [profileIndex, profile] of world.profiles.slice(0, 120).entries()) {
      const page = await homeOf(profile.profileId);
      const cards = page.rows.flatMap((row) => row.items.map((item) => item.title));
      expect(new Set(cards.map(({ titleId }) => titleId)).size).toBe(cards.length);
      expect(page.rows.length).toBeGreaterThanOrEqual(3);
      expect(page.generation).toBe(active);
      decisions.add(page.decisionId);
      for (const { titleId, kind, ageMark } of cards) {
        if (profile.ageMark !== null) expect(ageMark).toBeLessThanOrEqual(profile.ageMark);
        // The ten series are in the catalogue, and nobody in the world has a taste for them.
        if (kind === "series") continue;
        const titleIndex = world.titleIndexOf(titleId);
        expect(titleIndex).toBeDefined();
        if (profile.ageMark !== null) expect(world.isSuitable(profileIndex, titleIndex ?? -1)).toBe(true);
      }
    }
    expect(decisions.size).toBe(120);
  });

  test("of a profile without any history is full of what its country watches, what is new, and genres", async () => {
    const cold = world.profiles.find((_, index) => world.historyOf(index).titleIndices.length === 0);
    const page = await homeOf(cold?.profileId ?? "");
    expect(page.rows.map((row) => row.kind)).toEqual(expect.arrayContaining(["top_in_country", "new", "genre"]));
    expect(page.rows.every((row) => row.kind !== "because_you_watched")).toBe(true);
    expect(page.rows.flatMap((row) => row.items).length).toBeGreaterThanOrEqual(40);
  });
});

describe("the click that matters", () => {
  test("over 200 profiles, titles of the clicked taste rise on the next list against the same profile without the click", async () => {
    const rng = createRng(11);
    const gains: number[] = [];
    const latenciesMs: number[] = [];
    for (let profileIndex = 0; profileIndex < PROFILES && gains.length < 200; profileIndex++) {
      const profile = world.profiles[profileIndex];
      if (!profile || profile.ageMark !== null || world.historyOf(profileIndex).titleIndices.length === 0) continue;
      const taste = world.tastes[rng.int(world.tastes.length)];
      const members = world.titlesOfTaste(taste?.tasteId ?? "");
      const before = await listOf(profile.profileId);
      // Both lists of one profile, so each is its own control: nothing else happens to it in between.
      const clicked = members.slice(0, 12).map((index) => world.titles[index]?.titleId ?? "");
      const answer = await post(
        profile.profileId,
        clicked.slice(0, 3).map((titleId) => ({ type: "click", payload: { titleId } })),
      );
      if (answer.accepted < 3) continue;
      const startedMs = systemClock.monotonicMs();
      let after = await listOf(profile.profileId);
      while (
        after.items.map((item) => item.title.titleId).join() === before.items.map((item) => item.title.titleId).join()
      ) {
        if (systemClock.monotonicMs() - startedMs > 5_000) break;
        await systemClock.sleep(2);
        after = await listOf(profile.profileId);
      }
      latenciesMs.push(systemClock.monotonicMs() - startedMs);
      const memberIds = new Set(members.map((index) => world.titles[index]?.titleId));
      const clickedIds = new Set(clicked.slice(0, 3));
      // Mass of the taste in the list, discounted by rank; the clicked titles themselves do not count.
      const mass = (list: RecommendationList): number =>
        list.items.reduce(
          (sum, item, index) =>
            sum +
            (memberIds.has(item.title.titleId) && !clickedIds.has(item.title.titleId) ? 1 / Math.log2(index + 2) : 0),
          0,
        );
      gains.push(mass(after) - mass(before));
    }
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    const sd = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1));
    const z = mean / (sd / Math.sqrt(gains.length));
    console.log(
      `click: ${gains.length} profiles, taste mass +${mean.toFixed(3)} (z ${z.toFixed(1)}), rose for ${gains.filter((gain) => gain > 0).length}, fell for ${gains.filter((gain) => gain < 0).length}; visible after p50 ${median(latenciesMs).toFixed(1)} ms, p99 ${quantile(latenciesMs, 0.99).toFixed(1)} ms`,
    );
    expect(gains.length).toBe(200);
    expect(z).toBeGreaterThan(4);
    expect(gains.filter((gain) => gain > 0).length).toBeGreaterThan(2 * gains.filter((gain) => gain < 0).length);
    expect(quantile(latenciesMs, 0.99)).toBeLessThan(3_000);
  }, 180_000);

  test("'not interested' takes a title off every row of the next page, and its undo brings it back", async () => {
    const profile = world.profiles[0];
    const page = await homeOf(profile?.profileId ?? "");
    const item = page.rows.find((row) => row.kind === "top_picks")?.items[0];
    const titleId = item?.title.titleId ?? "";
    const shown = async (): Promise<boolean> =>
      (await homeOf(profile?.profileId ?? "")).rows.some((row) =>
        row.items.some((other) => other.title.titleId === titleId),
      );
    const until = async (expected: boolean): Promise<void> => {
      const startedMs = systemClock.monotonicMs();
      while ((await shown()) !== expected && systemClock.monotonicMs() - startedMs < 3_000) await systemClock.sleep(5);
      expect(await shown()).toBe(expected);
    };
    expect(await shown()).toBe(true);
    await post(profile?.profileId ?? "", [{ type: "not_interested", payload: { titleId } }]);
    await until(false);
    await post(profile?.profileId ?? "", [{ type: "not_interested_undo", payload: { titleId } }]);
    await until(true);
  });

  test("a bad event in a batch is refused by itself with a reason, the others are accepted", async () => {
    const profileId = world.profiles[1]?.profileId ?? "";
    const titleId = world.titles[0]?.titleId;
    const answer = await post(profileId, [
      { type: "click", payload: { titleId } },
      { type: "clack", payload: { titleId } },
      { type: "rate", payload: { titleId, stars: 9 } },
      { type: "rate", payload: { titleId, stars: 4 } },
      { type: "click", payload: { titleId: "no-such-film" } },
    ]);
    expect(answer.verdicts.map((verdict) => (verdict.kind === "accepted" ? "accepted" : verdict.cause))).toEqual([
      "accepted",
      "unknown_type",
      "invalid",
      "accepted",
      "unknown_title",
    ]);
  });
});

describe("two accounts", () => {
  async function signIn(accountIndex: number): Promise<{ cookie: string; profileId: string }> {
    const account = world.demoAccounts[accountIndex];
    const send = (method: string, path: string, body: unknown, session: Record<string, string> = {}) =>
      opened.cinema.api("gateway")(
        new Request(`${HOST}${path}`, {
          method,
          headers: {
            "content-type": "application/json",
            origin: HOST,
            host: "127.0.0.1:8080",
            ...session,
          },
          body: JSON.stringify(body),
        }),
      );
    const cookieOf = (response: Response): string => (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const signedIn = await send("POST", "/api/v1/session", { accountId: account?.accountId });
    expect(signedIn.status).toBeLessThan(300);
    const profileId = account?.profiles[0]?.profileId ?? "";
    const chosen = await send(
      "PUT",
      "/api/v1/session/profile",
      { profileId },
      {
        cookie: cookieOf(signedIn),
        "x-csrf-token": signedIn.headers.get("x-csrf-token") ?? "",
      },
    );
    expect(chosen.status).toBeLessThan(300);
    return { cookie: cookieOf(chosen) || cookieOf(signedIn), profileId };
  }

  test("each reads its own pages, and of the other's not even whether they exist", async () => {
    const [anna, petrovs] = [await signIn(0), await signIn(1)];
    const get = (path: string, cookie: string) =>
      opened.cinema.api("gateway")(new Request(`${HOST}${path}`, { headers: { cookie, host: "127.0.0.1:8080" } }));
    const mine = await get("/api/v1/home", anna.cookie);
    expect(mine.status).toBe(200);
    expect(HomePage.parse(await mine.json()).profileId).toBe(anna.profileId);
    for (const path of ["home", "recommendations", "watchlist", "ratings"]) {
      const own = await get(`/api/v1/profiles/${petrovs.profileId}/${path}`, petrovs.cookie);
      const foreign = await get(`/api/v1/profiles/${petrovs.profileId}/${path}`, anna.cookie);
      const absent = await get(`/api/v1/profiles/p-none/${path}`, anna.cookie);
      expect(own.status, path).toBe(200);
      expect(foreign.status, path).toBe(absent.status);
      expect([403, 404], path).toContain(foreign.status);
    }
  });
});
