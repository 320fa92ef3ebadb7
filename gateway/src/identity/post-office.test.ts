import { LOCALES } from "@thewatcher/contracts/locales";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { MailAnswer, MailMessage } from "@thewatcher/stores/mail/port";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestStores, START, type TestStores } from "../testing.ts";
import { type MailText, writeMail } from "./mail-texts.ts";
import { createPostOffice, queueMail, sendDueMail, sweepIdentity } from "./post-office.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let stores: TestStores;
let clock: ReturnType<typeof createSimulatedClock>;
let sent: MailMessage[];
let answer: () => MailAnswer;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  clock = createSimulatedClock(START);
  sent = [];
  answer = () => ({ kind: "sent" });
  await stores.database.kysely.deleteFrom("mails").execute();
});

const deps = () => ({
  database: stores.database,
  mail: {
    async send(message: MailMessage) {
      const said = answer();
      if (said.kind === "sent") sent.push(message);
      return said;
    },
  },
  publicOrigin: () => "https://thewatcher.by",
  clock,
  log: silentLog,
});
/** A notice needs no account. */
const queue = (recipient: string) =>
  queueMail(stores.database.kysely, { kind: "password_changed", recipient, language: "be" }, clock.now());
const outcomes = async () =>
  (await stores.database.kysely.selectFrom("mails").select(["outcome", "attempts"]).orderBy("mail_id").execute()).map(
    ({ outcome, attempts }) => [outcome, attempts],
  );

describe("the post office", () => {
  test("of many that look at once each mail is sent by one", async () => {
    for (let i = 0; i < 30; i++) await queue(`p${i}@example.org`);
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while ((await sendDueMail(deps())) > 0);
      }),
    );
    expect(sent.map(({ to }) => to).sort()).toEqual(Array.from({ length: 30 }, (_, i) => `p${i}@example.org`).sort());
  });

  test("tries again after growing pauses what failed, and gives up after eight attempts", async () => {
    answer = () => {
      throw new Error("connect ECONNREFUSED");
    };
    await queue("a@example.org");
    const attemptedAt: number[] = [];
    for (let minute = 0; minute < 300; minute++) {
      if ((await sendDueMail(deps())) > 0) attemptedAt.push(minute);
      await clock.advance(MINUTE_MS);
    }
    // Pauses of 1, 2, 4, 8, 16, 32 and 60 minutes.
    expect(attemptedAt).toEqual([0, 1, 3, 7, 15, 31, 63, 123]);
    expect(await outcomes()).toEqual([["given_up", 8]]);
  });

  test("sends what failed once the server is back, and not what it refused for good", async () => {
    let fails = true;
    answer = () => {
      if (fails) throw new Error("timeout");
      return { kind: "sent" };
    };
    await queue("a@example.org");
    await sendDueMail(deps());
    fails = false;
    expect(await sendDueMail(deps())).toBe(0);
    await clock.advance(MINUTE_MS);
    await sendDueMail(deps());
    answer = () => ({ kind: "refused", reason: "550 no such user" });
    await queue("nobody@example.org");
    await sendDueMail(deps());
    await clock.advance(24 * HOUR_MS);
    expect(await sendDueMail(deps())).toBe(0);
    expect(await outcomes()).toEqual([
      ["sent", 2],
      ["refused", 1],
    ]);
  });

  test("what a process claimed and did not send is sent by another two minutes later", async () => {
    await queue("a@example.org");
    let release = () => {};
    const stuck = new Promise<MailAnswer>((resolve) => {
      release = () => resolve({ kind: "sent" });
    });
    const dying = sendDueMail({ ...deps(), mail: { send: () => stuck } });
    while ((await outcomes())[0]?.[1] !== 1);
    expect(await sendDueMail(deps())).toBe(0);
    await clock.advance(2 * MINUTE_MS);
    expect(await sendDueMail(deps())).toBe(1);
    expect(sent).toHaveLength(1);
    release();
    await dying;
  });

  test("writes five mails an hour to one address and no more, but always what it must be told", async () => {
    await stores.database.kysely
      .insertInto("accounts")
      .values({ account_id: "busy", external_id: null, country: "BY", email: "busy@example.org", password_hash: "x" })
      .execute();
    const recipient = "busy@example.org";
    const askForReset = () =>
      queueMail(stores.database.kysely, { kind: "reset", recipient, language: "en" }, clock.now());
    for (let i = 0; i < 8; i++) {
      await askForReset();
      await sendDueMail(deps());
    }
    expect(sent).toHaveLength(5);
    await queue(recipient);
    await sendDueMail(deps());
    expect(sent).toHaveLength(6);
    await clock.advance(HOUR_MS);
    await askForReset();
    await sendDueMail(deps());
    expect(sent).toHaveLength(7);
  });

  test("sends at once what it is told of, and ends with the batch under way", async () => {
    const office = createPostOffice(deps());
    await queue("a@example.org");
    office.kick();
    while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    office.requireRoom();
    await office.close();
    expect(sent.map(({ to }) => to)).toEqual(["a@example.org"]);
  });

  test("forgets addresses, sign-ups and links when they are of no more use", async () => {
    const { kysely } = stores.database;
    await kysely
      .insertInto("sign_ups")
      .values({
        sign_up_id: "s-old",
        email: "old@example.org",
        password_hash: "x",
        country: "BY",
        home_region: "by",
        language: "be",
        created_at: new Date(clock.now()),
        expires_at: new Date(clock.now() + HOUR_MS),
      })
      .execute();
    await queueMail(
      kysely,
      { kind: "sign_up", recipient: "old@example.org", language: "be", signUpId: "s-old" },
      clock.now(),
    );
    await sendDueMail(deps());
    const left = async () => {
      await sweepIdentity(deps());
      const counts = [];
      for (const table of ["sign_ups", "identity_tokens", "mails"] as const)
        counts.push((await kysely.selectFrom(table).selectAll().execute()).length);
      return counts;
    };
    const [signUps = 0, tokens = 0] = await left();
    expect(signUps).toBe(1);
    expect(tokens).toBeGreaterThan(0);
    await clock.advance(2 * HOUR_MS);
    expect((await left()).slice(0, 1)).toEqual([0]);
    await clock.advance(22 * HOUR_MS);
    expect(await left()).toEqual([0, 0, 0]);
  });
});

test.each(
  (
    ["verify", "already", "reset", "email_change", "email_changed", "password_changed", "arrivals"] as MailText[]
  ).flatMap((kind) => LOCALES.map((locale) => [kind, locale] as const)),
)("the mail %s in %s has one link, the token in its fragment, and the same words in both forms", (kind, locale) => {
  const mail = writeMail(kind, locale, { origin: "https://thewatcher.by", token: "T" });
  expect(mail.subject).toMatch(/^TheWatcher: \S/);
  expect(mail.text.match(/https:\/\/\S+/g)).toEqual([
    expect.stringMatching(/^https:\/\/thewatcher\.by\/[a-z-]*#token=T$/),
  ]);
  expect(mail.html).toContain(`<html lang="${locale}">`);
  for (const paragraph of mail.text.trim().split("\n\n")) expect(mail.html).toContain(`${paragraph}<`);
});
