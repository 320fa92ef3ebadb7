import { Devices } from "@thewatcher/contracts/api/account";
import { type AccountProfile, HandedOver } from "@thewatcher/contracts/api/session";
import { storedEventSchemas } from "@thewatcher/contracts/events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Arrived,
  type Browser,
  cookieOf,
  type Door,
  json,
  openBrowser,
  openDoor,
  openTestStores,
  register,
  signIn,
  type TestStores,
  whoIs,
} from "../testing.ts";
import { grantRole } from "./grant.ts";
import { pinPauseMs } from "./pins.ts";

let stores: TestStores;
let door: Door;
let browser: Browser;
let addressCount = 0;
let email = "";
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  door = await openDoor(stores);
  email = `owner${addressCount++}@example.org`;
  browser = await register(door, email, PASSWORD);
});
afterEach(() => door.close());

const PASSWORD = "correct horse";
const MINUTE_MS = 60_000;

const profilesOf = async (who = browser): Promise<readonly AccountProfile[]> =>
  (await whoIs(who))?.account.profiles ?? [];
const idOf = async (name: string): Promise<string> =>
  (await profilesOf()).find((profile) => profile.name === name)?.profileId ?? "";
const create = (name: string, ageMark: number | null = null, who = browser) =>
  who.fetch("/api/v1/profiles", json({ name, ageMark }));
const choose = async (name: string, given: object = {}, who = browser): Promise<number> =>
  (await who.fetch("/api/v1/session/profile", json({ profileId: await idOf(name), ...given }, "PUT"))).status;
const setPin = async (name: string, pin: string | null, password = PASSWORD): Promise<number> =>
  (await browser.fetch(`/api/v1/profiles/${await idOf(name)}/pin`, json({ pin, password }, "PUT"))).status;
const signInAgain = async (userAgent?: string): Promise<Browser> => {
  const other = openBrowser(door);
  const headers: Record<string, string> = userAgent === undefined ? {} : { "user-agent": userAgent };
  await other.fetch("/api/v1/session", { ...json({ email, password: PASSWORD }), headers });
  return other;
};

describe("profiles", () => {
  test("are made up to six, also by ten who ask at once", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => create(`P${i}`)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(5);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(5);
    expect(await profilesOf()).toHaveLength(6);
  });

  test("are chosen, and reached under their own identity with its language, in the moment they are made", async () => {
    await browser.fetch("/api/v1/account", json({ language: "ru" }, "PUT"));
    await browser.fetch("/api/v1/profiles", json({ name: "Алесь", ageMark: 12, language: "be" }));
    expect(await choose("Алесь")).toBe(200);
    const asChosen = (await (await browser.fetch("/api/v1/home")).json()) as Arrived;
    expect(asChosen.identity).toMatchObject({ profileId: await idOf("Алесь"), language: "be", role: "viewer" });
    const other = await signInAgain();
    await choose("Profile 1", {}, other);
    expect(((await (await other.fetch("/api/v1/home")).json()) as Arrived).identity.language).toBe("ru");
  });

  test("change name and language freely, and their age mark with the password only", async () => {
    await create("Kid", 6);
    const path = `/api/v1/profiles/${await idOf("Kid")}`;
    const change = async (ageMark: number | null, password?: string) =>
      (await browser.fetch(path, json({ name: "Kid 2", language: "en", ageMark, password }, "PUT"))).status;
    expect(await change(6)).toBe(200);
    expect(await change(12)).toBe(403);
    expect(await change(null, "wrong guess")).toBe(403);
    expect((await profilesOf()).find(({ name }) => name === "Kid 2")).toMatchObject({ ageMark: 6, language: "en" });
    expect(await change(12, PASSWORD)).toBe(200);
    expect((await profilesOf()).find(({ name }) => name === "Kid 2")?.ageMark).toBe(12);
  });

  test.each(["", " ", "\u200b", "a\nb", "x".repeat(65)])("take no name such as %j", async (name) => {
    expect((await create(name)).status).toBe(400);
  });

  test("of another account are not there: nothing reads, changes, locks, chooses or erases them", async () => {
    const stranger = await register(door, `stranger${addressCount++}@example.org`, PASSWORD);
    const path = `/api/v1/profiles/${await idOf("Profile 1")}`;
    const tries = [
      stranger.fetch(path, json({ name: "x", language: null, ageMark: 0, password: PASSWORD }, "PUT")),
      stranger.fetch(`${path}/pin`, json({ pin: "1234", password: PASSWORD }, "PUT")),
      stranger.fetch(`${path}/erase`, json({ password: PASSWORD })),
      stranger.fetch("/api/v1/session/profile", json({ profileId: await idOf("Profile 1") }, "PUT")),
      stranger.fetch(`${path}/home`),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBe(404);
    expect(await profilesOf()).toMatchObject([{ name: "Profile 1", hasPin: false, ageMark: null }]);
  });

  test("of the demo are everybody's: nothing of it is changed", async () => {
    const demo = await signIn(door, "demo-a", "a-1");
    const tries = [
      demo.fetch("/api/v1/profiles", json({ name: "mine", ageMark: null })),
      demo.fetch("/api/v1/profiles/a-2", json({ name: "x", language: null, ageMark: null }, "PUT")),
      demo.fetch("/api/v1/profiles/a-2/erase", json({ password: "x" })),
      demo.fetch("/api/v1/profiles/a-2/pin", json({ pin: "1234", password: "x" }, "PUT")),
      demo.fetch("/api/v1/account/email", json({ email: "x@example.org", password: "x" })),
      demo.fetch("/api/v1/devices", { method: "DELETE" }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBe(403);
  });
});

describe("an erased profile", () => {
  const erase = async (name: string, password = PASSWORD) =>
    (await browser.fetch(`/api/v1/profiles/${await idOf(name)}/erase`, json({ password }))).status;

  test("is gone with what it stated, and its tombstone is on its way to the log, after what it stated before", async () => {
    await create("Leaving");
    const profileId = await idOf("Leaving");
    const { kysely } = stores.database;
    await kysely
      .insertInto("stated_preferences")
      .values({
        profile_id: profileId,
        title_id: "t1",
        kind: "watchlist",
        value: null,
        stated_at: new Date(door.clock.now()),
        event_id: "e1",
      })
      .execute();
    expect(await erase("Leaving", "wrong guess")).toBe(403);
    expect(await erase("Leaving")).toBe(200);
    expect((await profilesOf()).map(({ name }) => name)).toEqual(["Profile 1"]);
    const stated = await kysely
      .selectFrom("stated_preferences")
      .selectAll()
      .where("profile_id", "=", profileId)
      .execute();
    expect(stated).toEqual([]);
    const [row, ...more] = await kysely.selectFrom("outbox").selectAll().where("key", "=", profileId).execute();
    expect(more).toEqual([]);
    expect(row?.topic).toBe("erasures");
    expect(storedEventSchemas.erasure.parse(JSON.parse(row?.value ?? ""))).toMatchObject({
      type: "erasure",
      profileId,
      occurredAt: "2026-11-23T10:00:00.000Z",
      payload: { reason: "viewer_request" },
    });
  });

  test("asked for by many at once is erased once", async () => {
    await create("Leaving");
    const profileId = await idOf("Leaving");
    const path = `/api/v1/profiles/${profileId}/erase`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => browser.fetch(path, json({ password: PASSWORD }))),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    const rows = await stores.database.kysely
      .selectFrom("outbox")
      .select("event_id")
      .where("key", "=", profileId)
      .execute();
    expect(rows).toHaveLength(1);
  });

  test("is never the last one; who sat before it chooses another, here and on other devices", async () => {
    expect(await erase("Profile 1")).toBe(409);
    await create("Leaving");
    await choose("Leaving");
    const other = await signInAgain();
    await choose("Leaving", {}, other);
    expect((await other.fetch("/api/v1/home")).status).toBe(200);
    expect(await erase("Leaving")).toBe(200);
    expect((await whoIs(browser))?.profileId).toBeNull();
    expect((await browser.fetch("/api/v1/home")).status).toBe(409);
    await door.clock.advance(1_000);
    expect((await other.fetch("/api/v1/home")).status).toBe(401);
  });
});

describe("a PIN", () => {
  test("is asked for at the profile's door and at its pages' paths", async () => {
    await create("Locked");
    const path = `/api/v1/profiles/${await idOf("Locked")}/home`;
    expect((await browser.fetch(path)).status).toBe(200);
    expect(await setPin("Locked", "1234", "wrong guess")).toBe(403);
    expect(await setPin("Locked", "0042")).toBe(200);
    expect((await profilesOf()).find(({ name }) => name === "Locked")?.hasPin).toBe(true);
    expect((await browser.fetch(path)).status).toBe(404);
    expect(await choose("Locked")).toBe(403);
    expect(await choose("Locked", { pin: "42" })).toBe(400);
    expect(await choose("Locked", { pin: "1234" })).toBe(403);
    expect(await choose("Locked", { pin: "0042" })).toBe(200);
    expect((await browser.fetch(path)).status).toBe(200);
    expect(await setPin("Locked", null)).toBe(200);
    expect(await choose("Profile 1")).toBe(200);
    expect(await choose("Locked")).toBe(200);
  });

  test("waits longer and longer after wrong ones, also guessed side by side; the password enters at any time", async () => {
    await create("Locked");
    await setPin("Locked", "4711");
    const before = door.hashes();
    const guesses = await Promise.all(Array.from({ length: 50 }, () => choose("Locked", { pin: "0000" })));
    expect(new Set(guesses)).toEqual(new Set([403]));
    // Four are free, the fifth makes the sixth wait: no more are looked at.
    expect(door.hashes() - before).toBe(5);
    expect(await choose("Locked", { pin: "4711" })).toBe(403);
    await door.clock.advance(30_000);
    expect(await choose("Locked", { pin: "0000" })).toBe(403);
    await door.clock.advance(59_000);
    expect(await choose("Locked", { pin: "4711" })).toBe(403);
    expect(await choose("Locked", { password: "wrong guess" })).toBe(403);
    expect(await choose("Locked", { password: PASSWORD })).toBe(200);
    // The owner was there: counting begins anew.
    expect(await choose("Profile 1")).toBe(200);
    expect(await choose("Locked", { pin: "0000" })).toBe(403);
    expect(await choose("Locked", { pin: "4711" })).toBe(200);
  });

  test("of four digits takes more than a year to guess", () => {
    expect([1, 4, 5, 6, 7, 11, 12, 13, 1_000].map(pinPauseMs)).toEqual([
      0,
      0,
      30_000,
      MINUTE_MS,
      2 * MINUTE_MS,
      32 * MINUTE_MS,
      60 * MINUTE_MS,
      60 * MINUTE_MS,
      60 * MINUTE_MS,
    ]);
    let waitedMs = 0;
    for (let failures = 1; failures < 10_000; failures++) waitedMs += pinPauseMs(failures);
    expect(waitedMs).toBeGreaterThan(365 * 86_400_000);
  });
});

describe("a child's profile", () => {
  test("is left for one that sees more by its PIN or the password only, and reads nothing of it", async () => {
    await create("Kid", 6);
    await create("Teen", 16);
    await create("Small", 0);
    const adult = `/api/v1/profiles/${await idOf("Profile 1")}/home`;
    expect(await choose("Kid")).toBe(200);
    for (const name of ["Profile 1", "Teen"]) expect(await choose(name), name).toBe(403);
    expect((await browser.fetch(adult)).status).toBe(404);
    expect(await choose("Small")).toBe(200);
    expect(await choose("Kid")).toBe(403);
    expect(await choose("Profile 1", { password: "wrong guess" })).toBe(403);
    expect(await choose("Profile 1", { password: PASSWORD })).toBe(200);
    expect(await setPin("Profile 1", "123456")).toBe(200);
    expect(await choose("Kid")).toBe(200);
    expect(await choose("Profile 1", { pin: "123456" })).toBe(200);
  });

  test("changes nothing of the account", async () => {
    await create("Kid", 12);
    await choose("Kid");
    const path = `/api/v1/profiles/${await idOf("Kid")}`;
    const tries = [
      create("Mine"),
      browser.fetch(path, json({ name: "K", language: null, ageMark: 18, password: PASSWORD }, "PUT")),
      browser.fetch(`${path}/pin`, json({ pin: "1234", password: PASSWORD }, "PUT")),
      browser.fetch("/api/v1/account", json({ language: "ru" }, "PUT")),
      browser.fetch("/api/v1/account/password", json({ currentPassword: PASSWORD, password: "kid's own" }, "PUT")),
      browser.fetch("/api/v1/devices", { method: "DELETE" }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBe(403);
  });
});

describe("devices", () => {
  const list = async (who = browser) => Devices.parse(await (await who.fetch("/api/v1/devices")).json()).devices;
  const FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0";

  test("are listed by family and day, this one marked; no other account's", async () => {
    const other = await signInAgain(FIREFOX);
    const devices = await list();
    expect(devices.map(({ name, current }) => [name, current])).toEqual(
      expect.arrayContaining([
        ["Firefox on Android", false],
        ["Unknown device", true],
      ]),
    );
    expect(devices).toHaveLength(2);
    expect(devices[0]).toMatchObject({ lastSeenOn: "2026-11-23", createdAt: "2026-11-23T10:00:00.000Z" });
    expect((await list(other)).find(({ current }) => current)?.name).toBe("Firefox on Android");
  });

  test("one is signed out there at once, and nothing else is", async () => {
    const other = await signInAgain(FIREFOX);
    await other.fetch("/api/v1/titles");
    const deviceId = (await list()).find(({ current }) => !current)?.deviceId;
    const stranger = await register(door, `stranger${addressCount++}@example.org`, PASSWORD);
    const signOut = async (who: Browser) =>
      (await who.fetch(`/api/v1/devices/${deviceId}`, { method: "DELETE" })).status;
    expect(await signOut(stranger)).toBe(404);
    expect((await other.fetch("/api/v1/titles")).status).toBe(200);
    expect(await signOut(browser)).toBe(200);
    expect((await other.fetch("/api/v1/titles")).status).toBe(401);
    expect(await signOut(browser)).toBe(404);
    expect(await list()).toHaveLength(1);
  });

  test("everywhere signs out everywhere, here too, and stays so when sessions are renewed", async () => {
    const others = [await signInAgain(), await signInAgain()];
    const all = [browser, ...others].map(({ cookie }) => openBrowser(door, cookie));
    const answer = await browser.fetch("/api/v1/devices", { method: "DELETE" });
    expect(answer.headers.get("set-cookie")).toContain("Max-Age=0");
    for (const one of all) expect((await one.fetch("/api/v1/titles")).status).toBe(401);
    await door.clock.advance(30 * MINUTE_MS);
    for (const one of all) expect((await one.fetch("/api/v1/titles")).status).toBe(401);
  });

  test("the fifty-first signs the longest unused out", async () => {
    const first = openBrowser(door, browser.cookie);
    await door.clock.advance(86_400_000);
    for (let i = 0; i < 50; i++) {
      // No faster than sign-ins of one account from one network are taken.
      await door.clock.advance(2 * MINUTE_MS);
      browser = await signInAgain();
    }
    expect(await list()).toHaveLength(50);
    expect((await first.fetch("/api/v1/titles")).status).toBe(401);
    expect((await browser.fetch("/api/v1/titles")).status).toBe(200);
  });
});

describe("going over to another host", () => {
  const handOver = async (host: string) => {
    const answer = await browser.fetch("/api/v1/session/handover", json({ host }));
    return answer.ok ? HandedOver.parse(await answer.json()).url : answer.status;
  };

  test("signs the same profile in there, once, within a minute, on that host only", async () => {
    await choose("Profile 1");
    const url = String(await handOver("m.thewatcher.ru"));
    expect(url).toMatch(/^https:\/\/m\.thewatcher\.ru\/sign-in\?ticket=[\w-]{43}$/);
    const answer = await door.request(url);
    expect(answer.status).toBe(303);
    expect(cookieOf(answer)).toMatch(/^__Host-/);
    expect((await door.request(url)).status).toBe(403);
    const there = await door.request("https://m.thewatcher.ru/api/v1/session", {
      headers: { cookie: cookieOf(answer) },
    });
    expect(await there.json()).toMatchObject({ kind: "signed_in", profileId: await idOf("Profile 1") });
    const elsewhere = String(await handOver("m.thewatcher.ru")).replace("m.thewatcher.ru", "thewatcher.by");
    expect((await door.request(elsewhere)).status).toBe(403);
    const late = String(await handOver("thewatcher.by"));
    await door.clock.advance(MINUTE_MS);
    expect((await door.request(late)).status).toBe(403);
  });

  test("goes to our hosts only", async () => {
    for (const host of [
      "evil.example",
      "thewatcher.by.evil.example",
      "thewatcher.by@evil.example",
      "thewatcher.by:1",
      "x",
    ])
      expect(await handOver(host), host).toBe(400);
  });

  test("puts nobody who is signed in there into another account", async () => {
    const url = String(await handOver("thewatcher.by"));
    const victim = await door.request("https://thewatcher.by/api/v1/session", {
      ...json({ accountId: "demo-b" }),
    });
    const answer = await door.request(url, { headers: { cookie: cookieOf(victim) } });
    expect(answer.status).toBe(409);
    expect(answer.headers.has("set-cookie")).toBe(false);
  });
});

describe("a role of those who work", () => {
  test("is given by e-mail, known to sessions within a second, and leaves its owner a viewer elsewhere", async () => {
    const deps = { database: stores.database, cache: door.cache, clock: door.clock };
    expect(await grantRole(deps, { email: "nobody@example.org", role: "editor" })).toBe(false);
    await choose("Profile 1");
    expect(await grantRole(deps, { email: email.toUpperCase(), role: "editor" })).toBe(true);
    await door.clock.advance(1_000);
    expect((await whoIs(browser))?.account.role).toBe("editor");
    const { identity } = (await (await browser.fetch("/api/v1/home")).json()) as Arrived;
    expect(identity.role).toBe("viewer");
  });
});
