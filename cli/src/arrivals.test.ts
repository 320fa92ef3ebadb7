/** "Tell me when it comes", from the wish to the mail: the catalogue and the gateway over one database, on a clock moved by hand. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCatalogApi } from "@thewatcher/catalog-api/app";
import { claimArrivals, createArrivalWatch, lookForArrivals } from "@thewatcher/catalog-api/arrivals";
import { createTitleIndex, databaseTitles } from "@thewatcher/catalog-api/search-index";
import { writeCatalogue } from "@thewatcher/catalog-api/whole";
import { createNameIndex, putWish } from "@thewatcher/catalog-api/wishes";
import { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { type AskCatalogue, tellArrivals } from "@thewatcher/gateway/identity/arrival-mail";
import { sendDueMail } from "@thewatcher/gateway/identity/post-office";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import type { MailMessage } from "@thewatcher/stores/mail/port";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCall } from "./clients.ts";

const START = Date.UTC(2026, 10, 23, 10);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OPENS_AT = START + 2 * HOUR_MS;
const CLOSES_AT = START + 6 * HOUR_MS;

const window = { countries: ["BY"], exceptCountries: [], plans: null, from: OPENS_AT, until: CLOSES_AT };
const aTitle = (titleId: string, extra: object = {}) =>
  TitleDocument.parse({
    titleId,
    name: titleId,
    year: 2026,
    genres: ["Drama"],
    ageMark: 16,
    runtimeMinutes: 100,
    directors: [],
    plot: null,
    score: null,
    scoreVotes: null,
    source: "test",
    addedAt: "2026-11-01T00:00:00.000Z",
    rights: [window],
    ...extra,
  });

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "arrivals-"));
  database = await openEmbeddedPostgres({ path: folder, clock: systemClock });
  await database.migrate();
  const titles = [
    aTitle("alien", { names: { ru: "Чужой", be: "Чужы", en: "Alien" } }),
    aTitle("matrix", { names: { ru: "Матрица" } }),
    aTitle("cartoon", { ageMark: 0 }),
    aTitle("everywhere", { rights: null }),
  ];
  await database.transaction((transaction) =>
    writeCatalogue(database, { titles, people: [], collections: [], genreNames: {} }, transaction),
  );
  const account = (account_id: string, extra: object) => ({
    account_id,
    external_id: null,
    country: "BY",
    home_region: "by" as const,
    email: `${account_id}@example.org`,
    password_hash: "x",
    verified_at: new Date(START),
    ...extra,
  });
  await database.kysely
    .insertInto("accounts")
    .values([
      account("family", {}),
      account("neighbour", { language: "en" }),
      account("abroad", { country: "US", home_region: "us" }),
      account("unverified", { verified_at: null }),
      account("demo", { email: null, password_hash: null, demo: true }),
    ])
    .execute();
  const profile = (profile_id: string, account_id: string, age_mark: number | null = null) => ({
    profile_id,
    account_id,
    name: profile_id,
    age_mark,
    external_id: null,
  });
  await database.kysely
    .insertInto("profiles")
    .values([
      profile("parent", "family"),
      profile("child", "family", 6),
      profile("next-door", "neighbour"),
      profile("far", "abroad"),
      profile("stranger", "unverified"),
      profile("anna", "demo"),
    ])
    .execute();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

let clock: ReturnType<typeof createSimulatedClock>;
let sent: MailMessage[];
let ask: AskCatalogue;
beforeEach(async () => {
  clock = createSimulatedClock(START);
  sent = [];
  await database.kysely.deleteFrom("wishes").execute();
  await database.kysely.deleteFrom("mails").execute();
  const keys = generateTokenKeys();
  const index = createTitleIndex({
    source: databaseTitles(database),
    embedded: openMemorySearch(),
    clock,
    log: silentLog,
  });
  const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "catalog", clock });
  const app = createCatalogApi({ database, index, verifier, clock, log: silentLog });
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  ask = createCall(() => (request) => app.fetch(request), "catalog", signer);
});

const wish = (profileId: string, what: { titleId: string } | { query: string }) =>
  putWish(
    database,
    profileId as ProfileId,
    "titleId" in what ? { titleId: what.titleId as TitleId } : what,
    new Date(clock.now()),
  );
const look = () => lookForArrivals({ database, names: createNameIndex(database) }, clock.now());
const postOffice = { kick: () => {}, requireRoom: () => {} };
const tell = (catalogue: AskCatalogue = ask) => tellArrivals({ database, catalogue, postOffice, clock });
const deliver = () =>
  sendDueMail({
    database,
    mail: {
      async send(message) {
        sent.push(message);
        return { kind: "sent" };
      },
    },
    publicOrigin: () => "https://thewatcher.by",
    clock,
    log: silentLog,
  });
/** A whole run, and what it sent, by address. */
async function run(): Promise<Record<string, string[]>> {
  sent = [];
  await look();
  while ((await tell()) > 0);
  await deliver();
  return Object.fromEntries(sent.map(({ to, text }) => [to, text.match(/(?<=• ).*/g) ?? []]));
}

describe("tell me when it comes", () => {
  test("nothing is told before it comes; then once, in the account's language, with a link to the list", async () => {
    await wish("parent", { titleId: "alien" });
    await wish("next-door", { query: "ALIEN!" });
    await wish("next-door", { query: "Чужой" });
    expect(await run()).toEqual({});
    await clock.advance(2 * HOUR_MS);
    expect(await run()).toEqual({ "family@example.org": ["Чужы"], "neighbour@example.org": ["Alien"] });
    const [mail] = sent.filter(({ to }) => to === "family@example.org");
    expect(mail?.subject).toBe("TheWatcher: Вы чакалі — і вось яно");
    expect(mail?.text.match(/https:\/\/\S+/g)).toEqual(["https://thewatcher.by/my-list"]);
    for (let hour = 0; hour < 3; hour++) {
      await clock.advance(HOUR_MS);
      expect(await run()).toEqual({});
    }
  });

  test("of an account all that came is one mail, whichever of its profiles waited; a title once", async () => {
    await wish("parent", { titleId: "alien" });
    await wish("parent", { titleId: "matrix" });
    await wish("parent", { titleId: "cartoon" });
    await wish("child", { titleId: "cartoon" });
    await clock.advance(2 * HOUR_MS);
    const mails = await run();
    expect(Object.keys(mails)).toEqual(["family@example.org"]);
    expect(mails["family@example.org"]?.sort()).toEqual(["cartoon", "Матрица", "Чужы"].sort());
    expect(sent).toHaveLength(1);
  });

  test("a child's wish for what it may not see stays a wish, and another country's too", async () => {
    await wish("child", { titleId: "alien" });
    await wish("far", { titleId: "alien" });
    await clock.advance(2 * HOUR_MS);
    expect(await run()).toEqual({});
    expect(await database.kysely.selectFrom("wishes").select("arrived_at").execute()).toEqual([
      { arrived_at: null },
      { arrived_at: null },
    ]);
  });

  test("who has no verified address is written to by nobody, and holds nobody up", async () => {
    for (const profile of ["stranger", "anna", "parent"]) await wish(profile, { titleId: "everywhere" });
    expect(await run()).toEqual({ "family@example.org": ["everywhere"] });
    const told = await database.kysely.selectFrom("wishes").select("told_at").execute();
    expect(told.every(({ told_at }) => told_at !== null)).toBe(true);
  });

  test("a mail on its way to an address that is another's by now is not sent", async () => {
    await wish("parent", { titleId: "everywhere" });
    await look();
    await tell();
    const rename = (email: string) =>
      database.kysely.updateTable("accounts").set({ email }).where("account_id", "=", "family").execute();
    await rename("new@example.org");
    await deliver();
    await rename("family@example.org");
    expect(sent).toEqual([]);
  });

  test("wished anew after it was told, it is told anew", async () => {
    await wish("parent", { titleId: "everywhere" });
    expect(await run()).toEqual({ "family@example.org": ["everywhere"] });
    await clock.advance(MINUTE_MS);
    await wish("parent", { titleId: "everywhere" });
    expect(await run()).toEqual({ "family@example.org": ["everywhere"] });
  });
});

describe("who dies in the middle", () => {
  test("between the mail and its word that it was told: the claim comes again, the mail does not", async () => {
    await wish("parent", { titleId: "everywhere" });
    await look();
    const dying: AskCatalogue = (path, init) =>
      path.endsWith("/told") ? Promise.reject(new Error("killed")) : ask(path, init);
    await expect(tell(dying)).rejects.toThrow("killed");
    await deliver();
    expect(sent).toHaveLength(1);
    // Claimed: not another gateway's yet.
    expect(await tell()).toBe(0);
    await clock.advance(10 * MINUTE_MS);
    expect(await tell()).toBe(1);
    await deliver();
    expect(sent).toHaveLength(1);
    await clock.advance(10 * MINUTE_MS);
    expect(await tell()).toBe(0);
  });

  test("between the claim and the mail: the next one writes it, and what came meanwhile is a mail of its own", async () => {
    await wish("parent", { titleId: "everywhere" });
    await look();
    const before = await claimArrivals(database, clock.now());
    await wish("parent", { query: "Everywhere" });
    await clock.advance(10 * MINUTE_MS);
    await look();
    const after = await claimArrivals(database, clock.now());
    expect(after.claims).toHaveLength(2);
    expect(after.claims.map(({ claimId }) => claimId)).toContain(before.claims[0]?.claimId);
    await clock.advance(10 * MINUTE_MS);
    expect(await tell()).toBe(2);
    await deliver();
    expect(sent).toHaveLength(2);
  });

  test("what has left before anybody was told is told to nobody, and waits on", async () => {
    await wish("parent", { titleId: "alien" });
    await clock.advance(2 * HOUR_MS);
    await look();
    await clock.advance(4 * HOUR_MS);
    expect(await tell()).toBe(0);
    const [row] = await database.kysely.selectFrom("wishes").selectAll().execute();
    expect(row).toMatchObject({ arrived_at: null, arrived_title_id: null, claim_id: null, told_at: null });
  });
});

describe("several at once", () => {
  test("of many that look and tell at once each account gets one mail", async () => {
    for (const profile of ["parent", "child", "next-door", "far"])
      for (const titleId of ["everywhere", "cartoon"]) await wish(profile, { titleId });
    await clock.advance(2 * HOUR_MS);
    await Promise.all(Array.from({ length: 4 }, look));
    await Promise.all(Array.from({ length: 4 }, () => tell()));
    while ((await tell()) > 0);
    await deliver();
    const to = sent.map((mail) => mail.to).sort();
    expect(to).toEqual(["abroad@example.org", "family@example.org", "neighbour@example.org"]);
  });

  test("each waiting wish is looked at once an hour", async () => {
    for (let i = 0; i < 3; i++) await wish("parent", { query: `nothing ${i}` });
    expect([await look(), await look()]).toEqual([3, 0]);
    await clock.advance(HOUR_MS - 1);
    expect(await look()).toBe(0);
    await clock.advance(1);
    expect(await look()).toBe(3);
  });

  test("the watch finds what came by the clock alone, and ends when it is told to", async () => {
    await wish("parent", { titleId: "alien" });
    const ending = new AbortController();
    const watching = createArrivalWatch({ database, clock, log: silentLog }).watch(ending.signal);
    const arrived = async () =>
      (await database.kysely.selectFrom("wishes").select("arrived_at").execute())[0]?.arrived_at;
    while ((await arrived()) === null) await clock.advance(MINUTE_MS);
    ending.abort();
    await watching;
    expect((await arrived())?.getTime()).toBeGreaterThanOrEqual(OPENS_AT);
  });
});
