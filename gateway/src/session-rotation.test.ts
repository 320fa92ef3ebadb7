import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Browser,
  cookieOf,
  type Door,
  openBrowser,
  openDoor,
  openTestStores,
  signIn,
  type TestStores,
} from "./testing.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let stores: TestStores;
let door: Door;
let browser: Browser;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  door = await openDoor(stores);
  browser = await signIn(door, "demo-a", "a-1");
});
afterEach(() => door.close());

/** A request with this cookie that keeps no other. */
const ask = (cookie: string) => openBrowser(door, cookie).fetch("/api/v1/home");
const statusWith = async (cookie: string) => (await ask(cookie)).status;

describe("a session's token", () => {
  test("stays for a day, and is then changed by a request that is answered as ever", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS - MINUTE_MS);
    expect((await ask(cookie)).headers.has("set-cookie")).toBe(false);
    await door.clock.advance(MINUTE_MS);
    const answer = await ask(cookie);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(/^thewatcher-dev-session=[\w-]{43}; Path=\/; .*HttpOnly/);
    expect(cookieOf(answer)).not.toBe(cookie);
    expect(await statusWith(cookieOf(answer))).toBe(200);
  });

  test("is changed once by a hundred requests at once, and all of them are answered", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS);
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(cookie)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter((answer) => answer.headers.has("set-cookie"))).toHaveLength(1);
  });

  test("that was changed is good for a minute after the new one is seen, and then worth nothing", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS);
    const fresh = cookieOf(await ask(cookie));
    expect(await statusWith(fresh)).toBe(200);
    expect(await statusWith(cookie)).toBe(200);
    await door.clock.advance(MINUTE_MS - 1);
    expect(await statusWith(cookie)).toBe(200);
    await door.clock.advance(1_001);
    expect(await statusWith(cookie)).toBe(401);
    expect(await statusWith(fresh)).toBe(200);
  });

  test("in its last minute is given no more time by being used", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS);
    const fresh = cookieOf(await ask(cookie));
    expect(await statusWith(fresh)).toBe(200);
    for (let second = 0; second < 59; second++) {
      await door.clock.advance(1_000);
      expect((await ask(cookie)).headers.has("set-cookie")).toBe(false);
    }
    await door.clock.advance(2_000);
    expect(await statusWith(cookie)).toBe(401);
  });

  test("is changed again where the answer with the new one was lost", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS);
    const lost = cookieOf(await ask(cookie));
    await door.clock.advance(MINUTE_MS + 1_000);
    const next = cookieOf(await ask(cookie));
    expect(next).not.toBe("");
    expect(next).not.toBe(lost);
    expect(await statusWith(next)).toBe(200);
    await door.clock.advance(2 * MINUTE_MS);
    expect(await statusWith(cookie)).toBe(401);
    expect(await statusWith(next)).toBe(200);
  });

  test("ends with all that followed it when a profile is chosen, and when the device is signed out", async () => {
    const { cookie } = browser;
    await door.clock.advance(24 * HOUR_MS);
    const fresh = cookieOf(await ask(cookie));
    const chooser = openBrowser(door, cookie);
    await chooser.fetch("/api/v1/session/profile", { method: "PUT", body: '{"profileId":"a-2"}' });
    for (const former of [cookie, fresh]) expect(await statusWith(former)).toBe(401);
    expect(await statusWith(chooser.cookie)).toBe(200);
    await door.clock.advance(24 * HOUR_MS);
    const second = cookieOf(await ask(chooser.cookie));
    await openBrowser(door, second).fetch("/api/v1/session", { method: "DELETE" });
    for (const former of [chooser.cookie, second]) expect(await statusWith(former)).toBe(401);
    await door.clock.advance(HOUR_MS);
    for (const former of [cookie, fresh, chooser.cookie, second]) expect(await statusWith(former)).toBe(401);
  });

  test("is believed by another process for a second at most after its device was signed out", async () => {
    const elsewhere = await openDoor(stores, { cache: door.cache });
    const there = (cookie: string) => elsewhere.request("/api/v1/home", { headers: { cookie } });
    expect((await there(browser.cookie)).status).toBe(200);
    const { cookie } = browser;
    await browser.fetch("/api/v1/session", { method: "DELETE" });
    expect(await statusWith(cookie)).toBe(401);
    await elsewhere.clock.advance(1_000);
    expect((await there(cookie)).status).toBe(401);
    await elsewhere.close();
  });
});
