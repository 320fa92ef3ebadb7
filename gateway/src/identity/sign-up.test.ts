import { AccountDetails } from "@thewatcher/contracts/api/account";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Browser,
  type Door,
  json,
  linkTokenOf,
  openBrowser,
  openDoor,
  openTestStores,
  register,
  type TestStores,
  whoIs,
} from "../testing.ts";

let stores: TestStores;
let door: Door;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
let addressCount = 0;
let email = "";
beforeEach(async () => {
  door = await openDoor(stores);
  email = `person${addressCount++}@example.org`;
});
afterEach(async () => {
  await door.readMail();
  await door.close();
});

const PASSWORD = "correct horse";
const HOUR_MS = 3_600_000;
const post = (path: string, value: unknown, browser: Browser = openBrowser(door)) => browser.fetch(path, json(value));
const mailTo = async (address = email) => (await door.readMail())[address] ?? [];
const typeOf = async (answer: Response) => ((await answer.json()) as { type?: string }).type;
const signInAs = (address: string, password: string) => post("/api/v1/session", { email: address, password });
/** What an answer says, but for the id of its request. */
const said = async (answer: Response) => ({
  status: answer.status,
  headers: [...answer.headers.keys()].sort(),
  body: { ...((await answer.json()) as object), instance: "" },
});

describe("signing up", () => {
  test("makes an account once the link is followed with the password, in the address's one spelling", async () => {
    const upper = email.toUpperCase();
    expect((await post("/api/v1/sign-up", { email: upper, password: PASSWORD })).status).toBe(202);
    const [mail, ...more] = await mailTo();
    expect(more).toEqual([]);
    expect(mail?.text).toContain("http://127.0.0.1:8080/verify#token=");
    const browser = openBrowser(door);
    expect(
      (await post("/api/v1/sign-up/verify", { token: linkTokenOf(mail), password: PASSWORD }, browser)).status,
    ).toBe(200);
    const seen = await whoIs(browser);
    expect(seen?.account).toMatchObject({ demo: false, hasPassword: true, role: "viewer", country: "US" });
    expect(seen?.account.profiles).toMatchObject([{ name: "Profile 1", ageMark: null, hasPin: false }]);
    const details = AccountDetails.parse(await (await browser.fetch("/api/v1/account")).json());
    expect(details).toMatchObject({ email, homeRegion: "us", verifiedAt: "2026-11-23T10:00:00.000Z" });
    expect((await signInAs(`  ${upper}`.trim(), PASSWORD)).status).toBe(200);
  });

  test("takes country, region and language from the host, or as they are given", async () => {
    const at = async (host: string, extra: object = {}) => {
      const address = `zone${addressCount++}@example.org`;
      const body = JSON.stringify({ email: address, password: PASSWORD, ...extra });
      await door.request(`${host}/api/v1/sign-up`, { method: "POST", body });
      const [mail] = await mailTo(address);
      const answer = await post("/api/v1/sign-up/verify", { token: linkTokenOf(mail), password: PASSWORD });
      expect(answer.status).toBe(200);
      const row = await stores.database.kysely
        .selectFrom("accounts")
        .select(["country", "home_region", "language"])
        .where("email", "=", address)
        .executeTakeFirstOrThrow();
      return [row.country, row.home_region, row.language, mail?.subject];
    };
    expect(await at("https://thewatcher.by")).toEqual(["BY", "by", "be", "TheWatcher: Пацвердзіце адрас"]);
    expect(await at("https://m.thewatcher.ru")).toEqual(["RU", "ru", "ru", "TheWatcher: Подтвердите адрес"]);
    expect(await at("https://thewatcher.us", { language: "ru", country: "KZ" })).toEqual([
      "KZ",
      "us",
      "ru",
      "TheWatcher: Подтвердите адрес",
    ]);
  });

  test("answers the same for an address with an account, with as much work; the mail tells its owner", async () => {
    await register(door, email, PASSWORD);
    const unknown = `nobody${addressCount++}@example.org`;
    const ask = async (address: string) => {
      const before = door.hashes();
      const answer = await said(await post("/api/v1/sign-up", { email: address, password: "another one" }));
      return { ...answer, hashes: door.hashes() - before };
    };
    expect(await ask(email)).toEqual(await ask(unknown));
    const mails = await door.readMail();
    expect(mails[email]?.map(({ subject }) => subject)).toEqual(["TheWatcher: You have an account already"]);
    expect(linkTokenOf(mails[email]?.[0])).toBe("");
    expect(linkTokenOf(mails[unknown]?.[0])).not.toBe("");
    expect((await signInAs(email, "another one")).status).toBe(403);
  });

  test("of an unverified person gives nothing: no account, no sign-in, no profile", async () => {
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    expect(await said(await signInAs(email, PASSWORD))).toEqual(
      await said(await signInAs("nobody@example.org", PASSWORD)),
    );
    const rows = await stores.database.kysely
      .selectFrom("accounts")
      .select("account_id")
      .where("email", "=", email)
      .execute();
    expect(rows).toEqual([]);
  });

  test("with somebody else's address activates no stranger's password, whoever follows the link", async () => {
    await post("/api/v1/sign-up", { email, password: "the stranger's" });
    const [strangers] = await mailTo();
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    const [own] = await mailTo();
    const verify = (mail: typeof own, password: string) =>
      post("/api/v1/sign-up/verify", { token: linkTokenOf(mail), password });
    // The owner clicks the stranger's link: the password that he knows does not fit.
    expect(await typeOf(await verify(strangers, PASSWORD))).toBe("/docs/problems/wrong-credentials");
    expect((await verify(own, PASSWORD)).status).toBe(200);
    // The stranger's sign-up went with that.
    expect((await verify(strangers, "the stranger's")).status).toBe(410);
    expect((await signInAs(email, "the stranger's")).status).toBe(403);
    expect((await signInAs(email, PASSWORD)).status).toBe(200);
  });

  test("of fifty who follow the link at once one makes the account", async () => {
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    const token = linkTokenOf((await mailTo())[0]);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post("/api/v1/sign-up/verify", { token, password: PASSWORD })),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 410)).toHaveLength(49);
    const owned = await stores.database.kysely
      .selectFrom("profiles")
      .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
      .select("profile_id")
      .where("email", "=", email)
      .execute();
    expect(owned).toHaveLength(1);
  });

  test("the mail comes again when asked for, only where a sign-up waits; its answer never tells", async () => {
    const ask = async (address: string) => said(await post("/api/v1/sign-up/resend", { email: address }));
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    await mailTo();
    expect(await ask(email)).toEqual(await ask("nobody@example.org"));
    const mails = await door.readMail();
    expect(mails["nobody@example.org"]).toBeUndefined();
    const token = linkTokenOf(mails[email]?.[0]);
    expect((await post("/api/v1/sign-up/verify", { token, password: PASSWORD })).status).toBe(200);
  });

  test("a link is worth nothing after a day, after ten wrong passwords, made up, or of another purpose", async () => {
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    const late = linkTokenOf((await mailTo())[0]);
    const verify = async (token: string, password = PASSWORD) =>
      (await post("/api/v1/sign-up/verify", { token, password })).status;
    await door.clock.advance(24 * HOUR_MS);
    expect(await verify(late)).toBe(410);
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    const guessed = linkTokenOf((await mailTo())[0]);
    for (let attempt = 0; attempt < 10; attempt++) expect(await verify(guessed, "wrong guess")).toBe(403);
    expect(await verify(guessed)).toBe(410);
    expect(await verify("A".repeat(43))).toBe(410);
    expect(await verify("short")).toBe(400);
    await post("/api/v1/sign-up", { email, password: PASSWORD });
    const good = linkTokenOf((await mailTo())[0]);
    expect((await post("/api/v1/password/reset/confirm", { token: good, password: "something else" })).status).toBe(
      410,
    );
    expect(await verify(good)).toBe(200);
  });

  test.each([
    ["no address", "person", PASSWORD],
    ["two addresses", "a@b.by,c@d.by", PASSWORD],
    ["a header", "a@b.by\r\nbcc: c@d.by", PASSWORD],
    ["a network address", "a@127.0.0.1", PASSWORD],
    ["a domain without a dot", "a@localhost", PASSWORD],
    ["a short password", "a@b.by", "1234567"],
    ["a password that is tried first", "a@b.by", "password1"],
    ["the address as password", "somebody@b.by", "somebody@b.by"],
    ["a password of 129 characters", "a@b.by", "x".repeat(129)],
  ])("refuses %s and writes nothing", async (_, address, password) => {
    const count = async () =>
      (await stores.database.kysely.selectFrom("sign_ups").select("sign_up_id").execute()).length;
    const before = await count();
    expect((await post("/api/v1/sign-up", { email: address, password })).status).toBe(400);
    expect(await count()).toBe(before);
  });

  test("neither tables nor cache hold a password or a link", async () => {
    await post("/api/v1/sign-up", { email, password: "a-canary-password" });
    const token = linkTokenOf((await mailTo())[0]);
    expect(token).not.toBe("");
    const { kysely } = stores.database;
    for (const table of ["sign_ups", "identity_tokens", "mails"] as const) {
      const text = JSON.stringify(await kysely.selectFrom(table).selectAll().execute());
      expect(text, table).not.toContain(token);
      expect(text, table).not.toContain("a-canary-password");
    }
  });
});

describe("signing in with a password", () => {
  test("refuses an unknown address and a wrong password with the same words and the same work", async () => {
    await register(door, email, PASSWORD);
    const ask = async (address: string) => {
      const before = door.hashes();
      const answer = await said(await signInAs(address, "wrong guess"));
      return { ...answer, hashes: door.hashes() - before };
    };
    const wrong = await ask(email);
    expect(wrong).toEqual(await ask("nobody@example.org"));
    expect(wrong).toMatchObject({ status: 403, hashes: 1 });
    // Neither do accounts that have none.
    expect((await signInAs("demo-a@example.org", "")).status).toBe(400);
  });

  test("ends the session that the browser had, and takes no token that it chose", async () => {
    const browser = await register(door, email, PASSWORD);
    const former = openBrowser(door, browser.cookie);
    await browser.fetch("/api/v1/session", json({ email, password: PASSWORD }));
    expect(browser.cookie).not.toBe(former.cookie);
    expect(await whoIs(former)).toBeUndefined();
    expect((await whoIs(browser))?.account.hasPassword).toBe(true);
  });
});

describe("a forgotten password", () => {
  test("is set anew by the link: every device is signed out, the old one opens nothing, and the owner is told", async () => {
    const browsers = [await register(door, email, PASSWORD), openBrowser(door)];
    await browsers[1]?.fetch("/api/v1/session", json({ email, password: PASSWORD }));
    expect((await post("/api/v1/password/reset", { email })).status).toBe(202);
    const token = linkTokenOf((await mailTo())[0]);
    expect((await post("/api/v1/password/reset/confirm", { token, password: "a new password" })).status).toBe(200);
    for (const browser of browsers) expect(await whoIs(browser)).toBeUndefined();
    expect((await signInAs(email, PASSWORD)).status).toBe(403);
    expect((await signInAs(email, "a new password")).status).toBe(200);
    expect((await mailTo()).map(({ subject }) => subject)).toEqual(["TheWatcher: Your password was changed"]);
  });

  test("asked for an address without an account is answered the same, and no mail is sent", async () => {
    await register(door, email, PASSWORD);
    const ask = async (address: string) => {
      const before = door.hashes();
      const answer = await said(await post("/api/v1/password/reset", { email: address }));
      return { ...answer, hashes: door.hashes() - before };
    };
    expect(await ask(email)).toEqual(await ask("nobody@example.org"));
    expect(Object.keys(await door.readMail())).toEqual([email]);
  });

  test("of fifty who follow the link at once one sets the password; another link of then is worth nothing", async () => {
    await register(door, email, PASSWORD);
    await post("/api/v1/password/reset", { email });
    await post("/api/v1/password/reset", { email });
    const [first, second] = (await mailTo()).map(linkTokenOf);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        post("/api/v1/password/reset/confirm", { token: first, password: `password ${i}` }),
      ),
    );
    const won = answers.flatMap((answer, i) => (answer.status === 200 ? [i] : []));
    expect(won).toHaveLength(1);
    expect((await signInAs(email, `password ${won[0]}`)).status).toBe(200);
    const late = await post("/api/v1/password/reset/confirm", { token: second, password: "too late now" });
    expect(late.status).toBe(410);
  });

  test("a link is worth nothing after an hour", async () => {
    await register(door, email, PASSWORD);
    await post("/api/v1/password/reset", { email });
    const token = linkTokenOf((await mailTo())[0]);
    await door.clock.advance(HOUR_MS);
    expect((await post("/api/v1/password/reset/confirm", { token, password: "a new password" })).status).toBe(410);
  });

  test("is changed by who knows it: the other devices are signed out, this one goes on under a new token", async () => {
    const browser = await register(door, email, PASSWORD);
    const other = openBrowser(door);
    await other.fetch("/api/v1/session", json({ email, password: PASSWORD }));
    const change = (currentPassword: string) =>
      browser.fetch("/api/v1/account/password", json({ currentPassword, password: "a new password" }, "PUT"));
    expect((await change("wrong guess")).status).toBe(403);
    const former = openBrowser(door, browser.cookie);
    expect((await change(PASSWORD)).status).toBe(200);
    expect(await whoIs(browser)).toBeDefined();
    expect(await whoIs(former)).toBeUndefined();
    expect(await whoIs(other)).toBeUndefined();
    expect((await signInAs(email, "a new password")).status).toBe(200);
  });
});

describe("another e-mail", () => {
  const change = (browser: Browser, to: string, password = PASSWORD) =>
    browser.fetch("/api/v1/account/email", json({ email: to, password }));

  test("counts once its link is followed; the old address is told, and its links are worth nothing", async () => {
    const browser = await register(door, email, PASSWORD);
    const next = `next${addressCount++}@example.org`;
    expect((await change(browser, next, "wrong guess")).status).toBe(403);
    expect((await change(browser, next)).status).toBe(202);
    await post("/api/v1/password/reset", { email });
    expect((await signInAs(next, PASSWORD)).status).toBe(403);
    const mails = await door.readMail();
    const token = linkTokenOf(mails[next]?.[0]);
    expect((await post("/api/v1/account/email/confirm", { token })).status).toBe(200);
    expect((await signInAs(next, PASSWORD)).status).toBe(200);
    expect((await signInAs(email, PASSWORD)).status).toBe(403);
    expect((await mailTo()).map(({ subject }) => subject)).toEqual(["TheWatcher: Your address was changed"]);
    const reset = linkTokenOf(mails[email]?.[0]);
    expect((await post("/api/v1/password/reset/confirm", { token: reset, password: "a new password" })).status).toBe(
      410,
    );
    expect((await post("/api/v1/account/email/confirm", { token })).status).toBe(410);
  });

  test("that somebody has is answered like any other and never taken, also when it was taken meanwhile", async () => {
    const browser = await register(door, email, PASSWORD);
    const taken = `taken${addressCount++}@example.org`;
    const raced = `raced${addressCount++}@example.org`;
    await register(door, taken, PASSWORD);
    const free = await said(await change(browser, raced));
    expect(await said(await change(browser, taken))).toEqual(free);
    const mails = await door.readMail();
    expect(mails[taken]).toBeUndefined();
    await register(door, raced, "somebody else's");
    const token = linkTokenOf(mails[raced]?.[0]);
    expect((await post("/api/v1/account/email/confirm", { token })).status).toBe(410);
    expect((await signInAs(email, PASSWORD)).status).toBe(200);
    expect((await signInAs(raced, "somebody else's")).status).toBe(200);
  });
});
