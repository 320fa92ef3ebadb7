/** What the door asks of every request before anybody looks at what it says. */
import { Identity } from "@thewatcher/contracts/identity";
import { Problem, problemTypes } from "@thewatcher/contracts/problems";
import { ZoneView } from "@thewatcher/contracts/zones";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { csrfTokenOf } from "./csrf.ts";
import { BUDGETS } from "./rate-limit.ts";
import { routes } from "./routes.ts";
import {
  type Arrived,
  type Door,
  HOST,
  json,
  openBrowser,
  openDoor,
  openTestStores,
  register,
  signIn,
  type TestStores,
} from "./testing.ts";

let stores: TestStores;
let door: Door;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  door = await openDoor(stores, { trustedProxies: ["10.0.0.0/8"], publicHosts: ["cinema.example.by"] });
});
afterEach(() => door.close());

const problemOf = async (answer: Response): Promise<Problem> => Problem.parse(await answer.json());
const identityOf = async (answer: Response): Promise<Identity> =>
  Identity.parse(((await answer.json()) as Arrived).identity);

describe("hosts", () => {
  const zoneAt = async (origin: string, headers: Record<string, string> = {}) =>
    ZoneView.parse(await (await door.request(`${origin}/api/v1/zone`, { headers })).json());

  test("say what they mean", async () => {
    expect(await zoneAt("https://m.thewatcher.ru")).toEqual({
      host: "m.thewatcher.ru",
      country: "RU",
      homeRegion: "ru",
      locale: "ru",
      currency: "RUB",
      shell: "mobile",
    });
    expect(await zoneAt("https://cinema.example.by")).toMatchObject({ currency: "BYN", locale: "be" });
    expect(await zoneAt(HOST, { "accept-language": "ru" })).toMatchObject({ locale: "ru", currency: "USD" });
    expect(await zoneAt("https://thewatcher.us", { "accept-language": "ru" })).toMatchObject({ locale: "en" });
  });

  test("that are not ours get 421, whatever they ask for, but for probes by address", async () => {
    for (const path of ["/", "/api/v1/zone", "/api/v1/home", "/nowhere", "/sign-in?ticket=x"]) {
      const answer = await door.request(`http://evil.example${path}`);
      expect(answer.status, path).toBe(421);
      expect((await problemOf(answer)).type).toBe("/docs/problems/misdirected-request");
      expect(answer.headers.get("x-request-id")).not.toBeNull();
    }
    for (const path of ["/healthz", "/readyz"])
      expect((await door.request(`http://10.1.2.3:8080${path}`)).status).toBe(200);
  });

  test("that a request names twice, and differently, are none", async () => {
    const answer = await door.request("https://thewatcher.by/api/v1/zone", { headers: { host: "thewatcher.ru" } });
    expect(answer.status).toBe(421);
  });

  test("decide the language that services answer in, unless the request or the person says otherwise", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const token = browser.cookie.slice(browser.cookie.indexOf("=") + 1);
    const ask = async (url: string) =>
      (await identityOf(await door.request(url, { headers: { cookie: `__Host-session=${token}` } }))).language;
    expect(await ask("https://thewatcher.by/api/v1/titles")).toBe("be");
    expect(await ask("https://thewatcher.us/api/v1/titles")).toBe("en");
    expect(await ask("https://thewatcher.us/api/v1/titles?locale=ru")).toBe("ru");
    await stores.database.kysely
      .updateTable("profiles")
      .set({ language: "be" })
      .where("profile_id", "=", "a-1")
      .execute();
    await door.clock.advance(11 * 60_000);
    expect(await ask("https://thewatcher.us/api/v1/titles?locale=ru")).toBe("be");
    await stores.database.kysely
      .updateTable("profiles")
      .set({ language: null })
      .where("profile_id", "=", "a-1")
      .execute();
  });
});

describe("the country that decides rights", () => {
  test("is what a trusted proxy saw, and the account's for everybody else", async () => {
    const browser = await signIn(door, "demo-a", "a-1");
    const ask = async (from: string, country: string) => {
      const headers = { cookie: browser.cookie, "x-edge-country": country };
      return (await identityOf(await door.request("/api/v1/home", { headers }, from))).country;
    };
    expect(await ask("10.0.0.9", "US")).toBe("US");
    expect(await ask("10.0.0.9", "us; drop")).toBe("BY");
    expect(await ask("203.0.113.9", "US")).toBe("BY");
  });
});

describe("what browsers are told", () => {
  test("an answer of the API is data for nobody else; under a public name TLS is for ever", async () => {
    for (const path of ["/api/v1/zone", "/api/v1/home", "/nowhere"]) {
      const answer = await door.request(`https://thewatcher.by${path}`);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "strict-origin-when-cross-origin",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        vary: "cookie, accept-language",
        "x-content-type-options": "nosniff",
      });
    }
    expect((await door.request("/api/v1/zone")).headers.has("strict-transport-security")).toBe(false);
  });

  test("the page of the API has a nonce of its own each time, and shows every route", async () => {
    const pages = await Promise.all([door.request("/api/docs"), door.request("/api/docs")]);
    const nonces = pages.map(
      (page) => /'nonce-([\w-]{22})'/.exec(page.headers.get("content-security-policy") ?? "")?.[1],
    );
    expect(nonces[0]).toBeDefined();
    expect(nonces[0]).not.toBe(nonces[1]);
    const text = (await pages[0]?.text()) ?? "";
    expect(text).toContain(`<style nonce="${nonces[0]}">`);
    expect(text).not.toContain("<script");
    for (const route of routes)
      expect(text).toContain(`<b>${route.method}</b> ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`);
  });
});

describe("a request that changes something", () => {
  const unsafe = routes.filter((route) => route.method !== "GET");
  const target = (path: string) =>
    path
      .replace(":profileId", "a-1")
      .replace(/:(titleId|deviceId|collectionId|personId)/g, "t-1")
      .replace(":revision", "1");

  test.each(unsafe)("$method $path needs the session's own token beside its cookie", async (route) => {
    const { cookie, csrfToken } = await signIn(door, "demo-a", "a-1");
    const other = await signIn(door, "demo-b", "b-1");
    const send = (headers: Record<string, string>) =>
      door.request(target(route.path), {
        method: route.method,
        body: "{}",
        headers: { cookie, origin: HOST, ...headers },
      });
    const forged = [
      undefined,
      "",
      "x",
      other.csrfToken,
      csrfTokenOf("x"),
      csrfToken.slice(1),
      `${csrfToken}x`,
      csrfToken.toUpperCase(),
    ];
    for (const token of forged) {
      const answer = await send(token === undefined ? {} : { "x-csrf-token": token });
      expect(answer.status).toBe(403);
      expect((await problemOf(answer)).detail).toContain("x-csrf-token");
    }
    const right = await send({ "x-csrf-token": csrfToken });
    if (right.status === 403) expect((await problemOf(right)).detail ?? "").not.toContain("x-csrf-token");
  });

  test("the token is said by the session and with each change of it, and is worth nothing after one", async () => {
    const browser = await signIn(door, "demo-a");
    const before = browser.csrfToken;
    expect((await browser.fetch("/api/v1/session")).headers.get("x-csrf-token")).toBe(before);
    await browser.fetch("/api/v1/session/profile", json({ profileId: "a-1" }, "PUT"));
    expect(browser.csrfToken).not.toBe(before);
    const answer = await browser.fetch("/api/v1/events", { ...json({}), headers: { "x-csrf-token": before } });
    expect(answer.status).toBe(403);
    expect((await door.request("/api/v1/session")).headers.has("x-csrf-token")).toBe(false);
  });
});

describe("limits", () => {
  const from = "203.0.113.9";
  /** Windows begin anew. */
  const rest = () => door.clock.advance(30 * 60_000);

  test("hold a network, then say when to come back; others and this machine go on", async () => {
    await rest();
    const ask = (address?: string) => door.request("/api/v1/zone", {}, address);
    for (let i = 0; i < BUDGETS.open.network.count; i++) await ask(from);
    const answer = await ask(from);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await problemOf(answer)).type).toBe("/docs/problems/too-many-requests");
    expect((await ask("203.0.113.10")).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect((await door.request("/healthz", {}, from)).status).toBe(200);
    await door.clock.advance(Number(answer.headers.get("retry-after")) * 1_000);
    expect((await ask(from)).status).toBe(200);
  });

  test("hold a session wherever it asks from", async () => {
    await rest();
    const { cookie } = await signIn(door, "demo-a", "a-1");
    const statuses = new Map<number, number>();
    for (let i = 0; i < BUDGETS.read.session.count + 50; i++) {
      const { status } = await door.request("/api/v1/titles", { headers: { cookie } }, `198.51.100.${i % 250}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: BUDGETS.read.session.count, 429: 50 });
  });

  test("of an IPv6 customer are those of the /64", async () => {
    await rest();
    for (let i = 0; i < BUDGETS.open.network.count; i++)
      await door.request("/api/v1/zone", {}, `2001:db8:1:2::${(i + 1).toString(16)}`);
    expect((await door.request("/api/v1/zone", {}, "2001:db8:1:2:ffff::1")).status).toBe(429);
    expect((await door.request("/api/v1/zone", {}, "2001:db8:1:3::1")).status).toBe(200);
  });
});

describe("guesses at a password", () => {
  const email = "victim@example.org";
  const password = "a long enough password";
  const WRONG = problemTypes["wrong-credentials"].status;
  let attempts: number;
  const tryAt = async (from: string, given: string, cookie = "", address = email) => {
    attempts++;
    const headers = { origin: HOST, ...(cookie === "" ? {} : { cookie }) };
    return door.request("/api/v1/session", { ...json({ email: address, password: given }), headers }, from);
  };
  let isRegistered = false;
  beforeEach(async () => {
    attempts = 0;
    if (!isRegistered) await register(door, email, password);
    isRegistered = true;
    await door.clock.advance(30 * 60_000);
  });

  test("from one network end after ten, right ones too, and the owner signs in from his own", async () => {
    for (let i = 0; i < 10; i++) expect((await tryAt("203.0.113.66", `guess ${i}`)).status).toBe(WRONG);
    expect((await tryAt("203.0.113.66", password)).status).toBe(429);
    expect((await tryAt("198.51.100.1", password)).status).toBe(200);
    await door.clock.advance(30 * 60_000);
    expect((await tryAt("203.0.113.66", password)).status).toBe(200);
  });

  test("in the owner's own network don't keep the browser out that he has signed in with before", async () => {
    const first = await tryAt("198.51.100.7", password);
    const device = first.headers.getSetCookie().find((cookie) => cookie.startsWith("thewatcher-dev-device=")) ?? "";
    const cookie = device.slice(0, device.indexOf(";"));
    expect(device).toContain("HttpOnly");
    await door.clock.advance(30 * 60_000);
    for (let i = 0; i < 12; i++) await tryAt("198.51.100.7", "wrong");
    expect((await tryAt("198.51.100.7", password)).status).toBe(429);
    expect((await tryAt("198.51.100.7", password, cookie)).status).toBe(200);
    // The cookie is no way to guess more, there or at another account.
    for (let i = 0; i < 9; i++) expect((await tryAt("198.51.100.8", "wrong", cookie)).status).toBe(WRONG);
    expect((await tryAt("198.51.100.8", password, cookie)).status).toBe(429);
    for (let i = 0; i < 10; i++)
      expect((await tryAt("198.51.100.9", "wrong", cookie, "other@example.org")).status).toBe(WRONG);
    expect((await tryAt("198.51.100.9", "wrong", cookie, "other@example.org")).status).toBe(429);
  });

  test("at many accounts from one network end after a hundred", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 101; i++)
      statuses.push((await tryAt("203.0.113.77", "wrong", "", `user${i}@example.org`)).status);
    expect(statuses.slice(0, 100).every((status) => status === WRONG)).toBe(true);
    expect(statuses[100]).toBe(429);
  });

  test("at an account that is not there are counted the same", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push((await tryAt("203.0.113.88", "wrong", "", "nobody@example.org")).status);
    expect(statuses).toEqual([...Array<number>(10).fill(WRONG), 429]);
    expect(attempts).toBe(11);
  });
});

test("an anonymous browser without a session may sign in without a CSRF token", async () => {
  const browser = openBrowser(door);
  browser.csrfToken = "";
  expect((await browser.fetch("/api/v1/session", json({ accountId: "demo-a" }))).status).toBe(200);
});
