import { DemoAccounts } from "@thewatcher/contracts/api/session";
import { Identity } from "@thewatcher/contracts/identity";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GatewayDeps } from "./app.ts";
import { createServiceToken } from "./service-tokens.ts";
import { type Arrived, type Door, HOST, openDoor, openTestStores, signIn, type TestStores } from "./testing.ts";

let stores: TestStores;
let door: Door;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  door = await openDoor(stores);
});
afterEach(() => door.close());

const arrived = async (answer: Response) => (await answer.json()) as Arrived;
const machineToken = (expiresAt: number | null = null) =>
  createServiceToken({ database: stores.database, clock: door.clock }, { role: "service", label: "test", expiresAt });

describe("a forwarded request", () => {
  test("carries the session's identity in an internal token and nothing that the client said of itself", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const answer = await browser.fetch("/api/v1/home?rows=3", {
      headers: {
        authorization: "Bearer forged",
        "x-profile-id": "b-1",
        "x-identity": "admin",
        "x-forwarded-for": "10.0.0.1",
        "x-deadline-ms": "1",
        "accept-language": "be",
      },
    });
    const request = await arrived(answer);
    expect(Identity.parse(request.identity)).toEqual({
      role: "viewer",
      accountId: "demo-a",
      profileId: "a-1",
      country: "BY",
      device: "web",
      language: "be",
      planId: null,
    });
    expect(request).toMatchObject({ service: "serving", method: "GET", path: "/api/v1/home?rows=3" });
    expect(Object.keys(request.headers).sort()).toEqual(["accept-language", "authorization", "x-request-id"]);
    expect(answer.headers.get("x-request-id")).toBe(request.headers["x-request-id"]);
  });

  test("carries what it is watched on, by the browser's own word", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const headers = { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148" };
    const request = await arrived(await browser.fetch("/api/v1/home", { headers }));
    expect(Identity.parse(request.identity).device).toBe("phone");
  });

  test("hands on its body as it is", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const body = '{"events":[{"type":"click","note":"ё"}]}';
    const headers = { "content-type": "application/json" };
    const request = await arrived(await browser.fetch("/api/v1/events", { method: "POST", body, headers }));
    expect(request).toMatchObject({ service: "ingestion", method: "POST", body });
    expect(request.headers["content-type"]).toBe("application/json");
  });

  test("of a machine carries its role, and the profile that it writes for with that profile's country", async () => {
    const authorization = `Bearer ${await machineToken()}`;
    const ask = async (headers: Record<string, string>) =>
      arrived(
        await door.request("/api/v1/events", { method: "POST", body: "{}", headers: { authorization, ...headers } }),
      );
    const known = await ask({ "x-profile-id": "b-1" });
    expect(Identity.parse(known.identity)).toEqual({ role: "service", country: "US", device: "service" });
    expect(known.headers["x-profile-id"]).toBe("b-1");
    expect((await ask({ "x-profile-id": "nobody" })).identity.country).toBe("ZZ");
  });

  test("is an unavailable part, not a broken door, when its service is away", async () => {
    const away = () => {
      throw new Error("connect ECONNREFUSED 10.0.0.7:9000");
    };
    const services: GatewayDeps["services"] = { ingestion: away, serving: away, catalog: away, control: away };
    await door.close();
    door = await openDoor(stores, { services });
    const answer = await (await signIn(door, "demo-a", "a-1")).fetch("/api/v1/home");
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain("10.0.0.7");
  });

  test("gets an answer that nobody stores, also when the service's answer is read-only", async () => {
    const readOnly = () => fetch("data:application/json,{}");
    const services: GatewayDeps["services"] = {
      ingestion: readOnly,
      serving: readOnly,
      catalog: readOnly,
      control: readOnly,
    };
    await door.close();
    door = await openDoor(stores, { services });
    const answer = await (await signIn(door, "demo-a", "a-1")).fetch("/api/v1/home");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await answer.text()).toBe("{}");
  });

  test("without a chosen profile is told to choose one where one is needed", async () => {
    const browser = await signIn(door, "demo-a");
    expect((await browser.fetch("/api/v1/home")).status).toBe(409);
    expect((await browser.fetch("/api/v1/events", { method: "POST", body: "{}" })).status).toBe(409);
    expect((await browser.fetch("/api/v1/titles/t1")).status).toBe(200);
  });
});

describe("two accounts", () => {
  const pages = ["home", "recommendations", "watchlist", "ratings"];

  test("B reads nothing of A's profiles, and does not learn that they exist", async () => {
    const b = await signIn(door, "demo-b", "b-1");
    for (const page of pages) {
      const ofA = await b.fetch(`/api/v1/profiles/a-1/${page}`);
      const ofNobody = await b.fetch(`/api/v1/profiles/nobody/${page}`);
      expect(ofA.status).toBe(404);
      // But for the id of the request the answers are the same.
      const problemOf = async (answer: Response) => ({ ...((await answer.json()) as object), instance: "" });
      expect(await problemOf(ofA)).toEqual(await problemOf(ofNobody));
    }
  });

  test("A reads the pages of both of A's profiles, each under that profile's identity", async () => {
    const a = await signIn(door, "demo-a", "a-1");
    for (const profileId of ["a-1", "a-2"]) {
      for (const page of pages) {
        const request = await arrived(await a.fetch(`/api/v1/profiles/${profileId}/${page}`));
        expect(request.identity).toMatchObject({ accountId: "demo-a", profileId });
      }
    }
  });

  test("B can't choose A's profile", async () => {
    const b = await signIn(door, "demo-b");
    const chosen = await b.fetch("/api/v1/session/profile", { method: "PUT", body: '{"profileId":"a-1"}' });
    expect(chosen.status).toBe(404);
    expect((await b.fetch("/api/v1/home")).status).toBe(409);
  });

  test("requests side by side never carry one another's identity", async () => {
    const [a, b] = await Promise.all([signIn(door, "demo-a", "a-1"), signIn(door, "demo-b", "b-1")]);
    const asked = Array.from({ length: 60 }, async (_, i) => {
      const [browser, profileId] = i % 2 ? [a, "a-1"] : [b, "b-1"];
      const request = await arrived(await browser.fetch("/api/v1/home"));
      expect(request.identity.profileId).toBe(profileId);
    });
    await Promise.all(asked);
  });

  test("an id of the wrong form in a path names nothing", async () => {
    const authorization = `Bearer ${await machineToken()}`;
    for (const id of ["%2e%2e%2f", "a%2Fb", "a%00", "x".repeat(65), "%E2%80%8B"]) {
      const answer = await door.request(`/api/v1/profiles/${id}/home`, { headers: { authorization } });
      expect(answer.status, id).toBe(404);
    }
  });
});

describe("machines' tokens", () => {
  test("an unknown, malformed or expired token is refused, beside a good session too", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const soon = await machineToken(door.clock.now() + 1_000);
    const ask = (token: string) =>
      browser
        .fetch("/api/v1/titles", { headers: { authorization: `Bearer ${token}` } })
        .then((answer) => answer.status);
    expect(await ask(soon)).toBe(200);
    await door.clock.advance(1_000);
    expect(await ask(soon)).toBe(401);
    for (const token of [`tws_${"A".repeat(43)}`, "tws_", "tws_' or 1=1 --"]) expect(await ask(token)).toBe(401);
  });

  test("a withdrawn token is refused within five seconds", async () => {
    const token = await machineToken();
    const ask = () => door.request("/api/v1/titles", { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    await stores.database.kysely.deleteFrom("service_tokens").execute();
    await door.clock.advance(5_000);
    expect((await ask()).status).toBe(401);
  });

  test("the database never holds a token itself", async () => {
    const token = await machineToken();
    const rows = await stores.database.kysely.selectFrom("service_tokens").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token.slice(4));
    expect(token).toMatch(/^tws_[\w-]{43}$/);
  });
});

describe("another site's page", () => {
  const post = (cookie: string, headers: Record<string, string>) =>
    door.request("/api/v1/events", { method: "POST", body: "{}", headers: { cookie, ...headers } });

  test("can't change anything with the browser's cookie", async () => {
    const { cookie, csrfToken } = await signIn(door, "demo-a", "a-1");
    const foreign: Record<string, string>[] = [
      {},
      { origin: "null" },
      { origin: "https://evil.example" },
      { origin: "http://127.0.0.1:8081" },
      { origin: "http://127.0.0.1.evil.example:8080" },
      { origin: "nonsense" },
    ];
    const csrf = { "x-csrf-token": csrfToken };
    for (const headers of foreign) {
      expect((await post(cookie, { ...csrf, ...headers })).status, JSON.stringify(headers)).toBe(403);
    }
    expect((await post(cookie, { ...csrf, origin: HOST })).status).toBe(200);
  });

  test("can't sign the visitor in as somebody else", async () => {
    const answer = await door.request("/api/v1/session", {
      method: "POST",
      body: '{"accountId":"demo-a"}',
      headers: { origin: "https://evil.example" },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.has("set-cookie")).toBe(false);
  });
});

describe("the demo's accounts", () => {
  test("are listed with their profiles, and only they", async () => {
    const { accounts } = DemoAccounts.parse(await (await door.request("/api/v1/demo/accounts")).json());
    expect(accounts.map((account) => account.accountId)).toEqual(["demo-a", "demo-b"]);
    expect(accounts[0]?.profiles.map((profile) => profile.profileId)).toEqual(["a-1", "a-2"]);
  });

  test("don't exist in another world, neither as a list nor to sign in", async () => {
    await door.close();
    door = await openDoor(stores, { world: () => "empty" });
    expect((await door.request("/api/v1/demo/accounts")).status).toBe(404);
    const answer = await door.request("/api/v1/session", { method: "POST", body: '{"accountId":"demo-a"}' });
    expect(answer.status).toBe(403);
  });
});

describe("health", () => {
  test("the process lives though every store is away, and is not ready then; neither says more", async () => {
    const gone = () => Promise.reject(new Error("postgres://secret@db is away"));
    const database = { ...stores.database, describe: gone };
    await door.close();
    door = await openDoor(stores, { database });
    expect(await (await door.request("/healthz", { headers: { cookie: "thewatcher-dev-session=x" } })).json()).toEqual({
      status: "alive",
    });
    const ready = await door.request("/readyz");
    expect(ready.status).toBe(503);
    expect(await ready.text()).not.toContain("secret");
  });

  test("is ready when database and cache answer", async () => {
    expect((await door.request("/readyz")).status).toBe(200);
  });
});
