import { type CatalogueSlice, TitleDetails, TitlesPage } from "@thewatcher/contracts/api/catalogue";
import { type Identity, Role } from "@thewatcher/contracts/identity";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roles } from "./app.ts";
import { applyStated } from "./stated.ts";
import { aStatement, aTitle, createTestApi, openTestDatabase, seedAccounts } from "./testing.ts";
import { upsertTitles } from "./titles.ts";

const service: Partial<Identity> = { role: "service" };
const viewer = (id: "a" | "b"): Partial<Identity> => ({
  role: "viewer",
  accountId: `account-${id}` as AccountId,
  profileId: `profile-${id}` as ProfileId,
});

let database: Database;
let dispose: () => Promise<void>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedAccounts(database);
  await upsertTitles(
    database,
    ["t1", "t2", "t3", "t4", "t5"].map((id) => aTitle(id)),
  );
  await applyStated(database, [
    aStatement("w1", "watchlist", { titleId: "t1", at: 1 }),
    aStatement("w2", "watchlist", { titleId: "t2", at: 2 }),
    aStatement("w3", "watchlist", { titleId: "t3", at: 3 }),
    aStatement("w3 undone", "watchlist_undo", { titleId: "t3", at: 4 }),
    aStatement("r1", "rate", { titleId: "t4", at: 5, stars: 4.5 }),
  ]);
});
afterAll(() => dispose());

const editor = "/api/v1/editor";
const profileA = "/api/v1/profiles/profile-a";
const paths: Record<keyof typeof roles, { method: string; path: string; body?: string }> = {
  listTitles: { method: "GET", path: "/api/v1/titles" },
  searchTitles: { method: "GET", path: "/api/v1/search?q=t1" },
  getTitle: { method: "GET", path: "/api/v1/titles/t1" },
  getSeasons: { method: "GET", path: "/api/v1/titles/t1/seasons" },
  getPerson: { method: "GET", path: "/api/v1/people/p1" },
  listGenres: { method: "GET", path: "/api/v1/genres" },
  listCollections: { method: "GET", path: "/api/v1/collections" },
  getCollection: { method: "GET", path: "/api/v1/collections/c1" },
  getWatchlist: { method: "GET", path: `${profileA}/watchlist` },
  getRatings: { method: "GET", path: `${profileA}/ratings` },
  hideFromContinueWatching: { method: "PUT", path: `${profileA}/continue-watching/t1/hidden` },
  putTaste: { method: "PUT", path: `${profileA}/taste` },
  forgetTitle: { method: "PUT", path: `${profileA}/history/t1/forgotten` },
  rememberTitle: { method: "DELETE", path: `${profileA}/history/t1/forgotten` },
  putProfiling: { method: "PUT", path: `${profileA}/profiling` },
  unhideFromContinueWatching: { method: "DELETE", path: `${profileA}/continue-watching/t1/hidden` },
  getWishes: { method: "GET", path: `${profileA}/wishes` },
  putWish: { method: "PUT", path: `${profileA}/wishes`, body: '{"titleId":"t1"}' },
  dropWish: { method: "DELETE", path: `${profileA}/wishes?titleId=t1` },
  readCatalogue: { method: "GET", path: "/internal/catalogue" },
  getProfile: { method: "GET", path: "/internal/profiles/profile-a" },
  applyStated: { method: "POST", path: "/internal/stated", body: '{"events":[]}' },
  claimArrivals: { method: "POST", path: "/internal/arrivals/claim" },
  tellArrivals: { method: "POST", path: "/internal/arrivals/told", body: '{"claimIds":[]}' },
  readTitleDocument: { method: "GET", path: `${editor}/titles/t1` },
  createTitle: { method: "POST", path: `${editor}/titles`, body: "{}" },
  changeTitle: { method: "PATCH", path: `${editor}/titles/t1`, body: "{}" },
  readTitleHistory: { method: "GET", path: `${editor}/titles/t1/history` },
  undoTitle: { method: "POST", path: `${editor}/titles/t1/undo/1` },
  readCollectionDocument: { method: "GET", path: `${editor}/collections/c1` },
  createCollection: { method: "POST", path: `${editor}/collections`, body: "{}" },
  replaceCollection: { method: "PUT", path: `${editor}/collections/c1`, body: "{}" },
  readCollectionHistory: { method: "GET", path: `${editor}/collections/c1/history` },
  undoCollection: { method: "POST", path: `${editor}/collections/c1/undo/1` },
};

describe("who may ask", () => {
  test("every route answers the roles of its table and refuses the others, and nobody without a token", async () => {
    const api = createTestApi(database);
    for (const [name, { path, ...init }] of Object.entries(paths)) {
      expect((await api.request(undefined, path, init)).status, `${name} without a token`).toBe(401);
      for (const role of Role.options) {
        const allowed: readonly Role[] = roles[name as keyof typeof roles];
        const answer = await api.request({ ...viewer("a"), role }, path, init);
        // An editor's request that lacks its revision or its document is told so, and an unknown thing is not found.
        if (allowed.includes(role)) expect([200, 204, 400, 404], `${name} as ${role}`).toContain(answer.status);
        else expect(answer.status, `${name} as ${role}`).toBe(403);
      }
    }
  });

  test("a token for another service, or of another key, is no token", async () => {
    const api = createTestApi(database);
    const claims = { role: "service", country: "BY", device: "web" };
    const forServing = await api.signer.sign("serving", claims);
    const ofAnotherKey = await createTestApi(database).signer.sign("catalog", claims);
    for (const token of [forServing, ofAnotherKey, "x", ""]) {
      const answer = await api.app.request("/api/v1/titles", { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(401);
    }
  });

  test("a token whose claims are no identity is refused", async () => {
    const api = createTestApi(database);
    const answer = await api.request({ role: "root" as Role }, "/api/v1/titles");
    expect(answer.status).toBe(401);
  });

  test("a viewer reads the lists of the own profile and not even finds another's", async () => {
    const api = createTestApi(database);
    for (const list of ["watchlist", "ratings"]) {
      expect((await api.request(viewer("a"), `/api/v1/profiles/profile-a/${list}`)).status).toBe(200);
      expect((await api.request(viewer("b"), `/api/v1/profiles/profile-a/${list}`)).status).toBe(404);
      expect((await api.request(viewer("b"), `/api/v1/profiles/nobody/${list}`)).status).toBe(404);
    }
  });
});

describe("titles", () => {
  test("a title comes back as it was written", async () => {
    const api = createTestApi(database);
    const answer = await api.request(viewer("a"), "/api/v1/titles/t1");
    expect(TitleDetails.parse(await answer.json())).toEqual(aTitle("t1"));
  });

  test("an unknown title and an id of the wrong form are not found", async () => {
    const api = createTestApi(database);
    for (const id of ["nothing", "%00", "..%2F..", "a b"]) {
      const answer = await api.request(viewer("a"), `/api/v1/titles/${id}`);
      expect(answer.status, id).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  });

  test("pages hold every title once, in order, whatever the page size", async () => {
    const api = createTestApi(database);
    for (const limit of [1, 2, 5, 200]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "" : `&cursor=${cursor}`;
        const page = TitlesPage.parse(
          await (await api.request(viewer("a"), `/api/v1/titles?limit=${limit}${query}`)).json(),
        );
        expect(page.titles.length).toBeLessThanOrEqual(limit);
        seen.push(...page.titles.map((title) => title.titleId));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(["t1", "t2", "t3", "t4", "t5"]);
    }
  });

  test("a limit out of bounds and a broken cursor are a bad request that says where", async () => {
    const api = createTestApi(database);
    for (const query of ["limit=0", "limit=201", "limit=x", "cursor=%21", "cursor=AA", `cursor=${"A".repeat(500)}`]) {
      const answer = await api.request(viewer("a"), `/api/v1/titles?${query}`);
      expect(answer.status, query).toBe(400);
      expect(((await answer.json()) as { errors: { path: string }[] }).errors[0]?.path).toBe(query.split("=")[0]);
    }
  });
});

describe("lists of a profile", () => {
  test("the watchlist holds what was put there and not taken off, the latest first", async () => {
    const api = createTestApi(database);
    const answer = await api.request(viewer("a"), "/api/v1/profiles/profile-a/watchlist?limit=1");
    const first = (await answer.json()) as {
      items: { title: { titleId: string }; addedAt: string }[];
      nextCursor: string;
    };
    expect(first.items.map((item) => [item.title.titleId, item.addedAt])).toEqual([["t2", "2026-11-23T10:00:00.002Z"]]);
    const rest = await api.request(
      viewer("a"),
      `/api/v1/profiles/profile-a/watchlist?limit=1&cursor=${first.nextCursor}`,
    );
    expect(await rest.json()).toMatchObject({ items: [{ title: { titleId: "t1" } }], nextCursor: null });
  });

  test("ratings come with their stars", async () => {
    const api = createTestApi(database);
    const answer = await api.request(viewer("a"), "/api/v1/profiles/profile-a/ratings");
    expect(await answer.json()).toMatchObject({
      profileId: "profile-a",
      items: [{ title: { titleId: "t4" }, stars: 4.5, ratedAt: "2026-11-23T10:00:00.005Z" }],
      nextCursor: null,
    });
  });

  test("a broken cursor is a bad request", async () => {
    const api = createTestApi(database);
    for (const cursor of ["x", Buffer.from("yesterday\nt1").toString("base64url")]) {
      const answer = await api.request(viewer("a"), `/api/v1/profiles/profile-a/ratings?cursor=${cursor}`);
      expect(answer.status).toBe(400);
    }
  });
});

describe("the catalogue for services", () => {
  const read = async (query: string, version?: string) => {
    const api = createTestApi(database);
    const headers: Record<string, string> = version === undefined ? {} : { "if-none-match": `"${version}"` };
    const answer = await api.request(service, `/internal/catalogue${query}`, { headers });
    return { answer, slice: answer.status === 200 ? ((await answer.json()) as CatalogueSlice) : undefined };
  };

  test("slices hold everything once and tell one version", async () => {
    const seen: string[] = [];
    const versions = new Set<string>();
    for (let after: string | null = "", next = ""; after !== null; next = `&after=${after}`) {
      const { slice, answer } = await read(`?limit=2${next}`);
      expect(answer.headers.get("etag")).toBe(`"${slice?.version}"`);
      versions.add(slice?.version ?? "");
      seen.push(...(slice?.titles.map((title) => title.titleId) ?? []));
      after = slice?.next ?? null;
    }
    expect(seen).toEqual(["t1", "t2", "t3", "t4", "t5"]);
    expect(versions.size).toBe(1);
  });

  test("an unchanged catalogue answers 304, and any write to a title changes the version", async () => {
    const { slice } = await read("");
    expect((await read("", slice?.version)).answer.status).toBe(304);
    await upsertTitles(database, [aTitle("t5", { plot: "Something happens." })]);
    const changed = await read("", slice?.version);
    expect(changed.answer.status).toBe(200);
    expect(changed.slice?.version).not.toBe(slice?.version);
    expect(changed.slice?.titles.at(-1)?.plot).toBe("Something happens.");
  });

  test("the titles of one upsert are all there or none, and the same import twice leaves the same titles", async () => {
    const broken = [aTitle("t8"), aTitle("t9", { runtimeMinutes: -1 })];
    await expect(upsertTitles(database, broken)).rejects.toThrow();
    const before = (await read("")).slice?.titles;
    expect(before?.map((title) => title.titleId)).toEqual(["t1", "t2", "t3", "t4", "t5"]);
    await upsertTitles(database, before ?? []);
    expect((await read("")).slice?.titles).toEqual(before);
  });

  test("a profile comes with its account's country", async () => {
    const api = createTestApi(database);
    const answer = await api.request(service, "/internal/profiles/profile-b");
    expect(await answer.json()).toEqual({
      profileId: "profile-b",
      accountId: "account-b",
      name: "b",
      ageMark: null,
      country: "BY",
      externalId: null,
    });
    expect((await api.request(service, "/internal/profiles/nobody")).status).toBe(404);
  });
});

test("the API describes all its routes", async () => {
  const answer = await createTestApi(database).request(undefined, "/openapi.json");
  const document = (await answer.json()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const described = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation.operationId),
  );
  expect(described.sort()).toEqual(Object.keys(roles).sort());
});
