import { ProfileId } from "@thewatcher/contracts/ids";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSignInTicket } from "./sign-in-tickets.ts";
import {
  cookieOf,
  type Door,
  openBrowser,
  openDoor,
  openTestStores,
  signIn,
  type TestStores,
  whoIs,
} from "./testing.ts";

const DAY_MS = 86_400_000;

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

const post = (accountId: string) => ({ method: "POST", body: JSON.stringify({ accountId }) });

describe("signing in", () => {
  test("makes a session of the account without a profile, until one is chosen", async () => {
    const browser = await signIn(door, "demo-a");
    expect(await whoIs(browser)).toMatchObject({ account: { accountId: "demo-a" }, profileId: null });
    await browser.fetch("/api/v1/session/profile", { method: "PUT", body: '{"profileId":"a-2"}' });
    expect(await whoIs(browser)).toMatchObject({ account: { accountId: "demo-a" }, profileId: "a-2" });
  });

  test("without a password is for the demo's accounts only, and tells the others apart from nobody by nothing", async () => {
    const owner = await door.request("/api/v1/session", post("owner"));
    const nobody = await door.request("/api/v1/session", post("nobody"));
    expect([owner.status, nobody.status]).toEqual([403, 403]);
    expect(owner.headers.has("set-cookie")).toBe(false);
    const withoutId = async (answer: Response) => ({ ...((await answer.json()) as object), instance: "" });
    expect(await withoutId(owner)).toEqual(await withoutId(nobody));
  });

  test("refuses a body that is no sign-in", async () => {
    for (const [body, status] of [
      ["", 400],
      ["{}", 400],
      ['{"accountId":"../x"}', 400],
      [JSON.stringify({ accountId: "a", more: "x".repeat(5_000) }), 413],
    ] as const) {
      expect((await door.request("/api/v1/session", { method: "POST", body })).status).toBe(status);
    }
  });

  test("on plain loopback sets a development cookie; everywhere else one that binds to the host and to TLS", async () => {
    await door.close();
    // Our own name that begins like a loopback one is still no loopback name.
    door = await openDoor(stores, { publicHosts: ["localhost.evil.by"] });
    const cookieAt = async (host: string) =>
      (await door.request(`${host}/api/v1/session`, post("demo-a"))).headers.get("set-cookie") ?? "";
    for (const host of ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"]) {
      expect(await cookieAt(host)).toMatch(
        /^thewatcher-dev-session=[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/,
      );
    }
    for (const host of [
      "https://thewatcher.by",
      "http://thewatcher.by",
      "https://localhost",
      "http://localhost.evil.by",
    ]) {
      expect(await cookieAt(host)).toMatch(
        /^__Host-session=[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure$/,
      );
    }
  });

  test("a development cookie opens nothing on another host", async () => {
    const { cookie } = await signIn(door, "demo-a", "a-1");
    const asked = await door.request("https://thewatcher.by/api/v1/home", { headers: { cookie } });
    expect(asked.status).toBe(401);
  });
});

describe("a session", () => {
  test("changes its token when a profile is chosen, and the former token is worth nothing", async () => {
    const browser = await signIn(door, "demo-a");
    const former = openBrowser(door, browser.cookie);
    await browser.fetch("/api/v1/session/profile", { method: "PUT", body: '{"profileId":"a-1"}' });
    expect(browser.cookie).not.toBe(former.cookie);
    expect(await whoIs(former)).toBeUndefined();
    expect(await whoIs(browser)).toBeDefined();
  });

  test("never takes a token that the client chose", async () => {
    const chosen = `thewatcher-dev-session=${"A".repeat(43)}`;
    const browser = openBrowser(door, chosen);
    await browser.fetch("/api/v1/session", post("demo-a"));
    expect(browser.cookie).not.toBe(chosen);
    expect(await whoIs(openBrowser(door, chosen))).toBeUndefined();
  });

  test("ends when its owner signs out, with its cookie", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const copy = openBrowser(door, browser.cookie);
    const answer = await browser.fetch("/api/v1/session", { method: "DELETE" });
    expect(answer.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await copy.fetch("/api/v1/home")).status).toBe(401);
  });

  test("lives thirty days from its last use", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    for (let use = 0; use < 3; use++) {
      await door.clock.advance(29 * DAY_MS);
      expect((await browser.fetch("/api/v1/home")).status).toBe(200);
    }
    await door.clock.advance(30 * DAY_MS);
    expect((await browser.fetch("/api/v1/home")).status).toBe(401);
  });

  test("ends within ten minutes when its account is gone", async () => {
    const { kysely } = stores.database;
    await kysely
      .insertInto("accounts")
      .values({ account_id: "leaving", external_id: null, country: "BY", demo: true })
      .execute();
    const browser = await signIn(door, "leaving");
    await kysely.deleteFrom("accounts").where("account_id", "=", "leaving").execute();
    await door.clock.advance(10 * 60_000);
    expect((await browser.fetch("/api/v1/titles")).status).toBe(401);
  });

  test("lies in the store under a hash: the store's keys and values open nothing", async () => {
    const written: string[] = [];
    await door.close();
    const spied = await openDoor(stores);
    const { cache } = spied;
    door = await openDoor(stores, {
      cache: {
        ...cache,
        set(key, value, options) {
          written.push(key, value);
          return cache.set(key, value, options);
        },
      },
    });
    const { cookie } = await signIn(door, "demo-a", "a-1");
    await spied.close();
    expect(written.join()).toContain("demo-a");
    expect(written.join()).not.toContain(cookie.split("=")[1]);
  });

  test("a forged or broken cookie is nobody", async () => {
    for (const value of ["", "x", "A".repeat(43), "A".repeat(10_000), "%00", "a; b"]) {
      const browser = openBrowser(door, `thewatcher-dev-session=${value}`);
      expect((await browser.fetch("/api/v1/home")).status, value.slice(0, 20)).toBe(401);
    }
  });
});

describe("a sign-in link", () => {
  const ticketFor = (profileId: string) => createSignInTicket(door, ProfileId.parse(profileId));

  test("signs in once as its profile and goes to the start page", async () => {
    const ticket = await ticketFor("o-1");
    const answer = await door.request(`/sign-in?ticket=${ticket}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await whoIs(openBrowser(door, cookieOf(answer)))).toMatchObject({
      account: { accountId: "owner" },
      profileId: "o-1",
    });
    const again = await door.request(`/sign-in?ticket=${ticket}`);
    expect(again.status).toBe(403);
    expect(again.headers.has("set-cookie")).toBe(false);
  });

  test("is had by one of many who ask at once", async () => {
    const ticket = await ticketFor("a-1");
    const answers = await Promise.all(Array.from({ length: 8 }, () => door.request(`/sign-in?ticket=${ticket}`)));
    expect(answers.filter((answer) => answer.status === 303)).toHaveLength(1);
  });

  test("is worth nothing after ten minutes, for a profile that is not there, or made up", async () => {
    const late = await ticketFor("a-1");
    await door.clock.advance(10 * 60_000);
    for (const ticket of [late, await ticketFor("nobody"), "A".repeat(43), ""]) {
      expect((await door.request(`/sign-in?ticket=${ticket}`)).status).toBe(403);
    }
  });
});
