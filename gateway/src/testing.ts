/**
 * For this package's tests: the door before a real database and cache in a temporary folder. The services behind it
 * check their internal token as real ones do, and answer with what reached them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, SessionView } from "@thewatcher/contracts/api/session";
import { SERVICES, type ServiceName } from "@thewatcher/contracts/identity";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { type Claims, createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { openLmdbCache } from "@thewatcher/stores/cache/lmdb";
import type { Cache } from "@thewatcher/stores/cache/port";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import type { Mail, MailMessage } from "@thewatcher/stores/mail/port";
import { createGateway, type GatewayDeps } from "./app.ts";
import { CSRF_HEADER, csrfTokenOf } from "./csrf.ts";
import type { Service } from "./forward.ts";
import { createPasswords, type HashFunction } from "./identity/passwords.ts";
import { sendDueMail } from "./identity/post-office.ts";
import { sha256 } from "./secrets.ts";

export const START = Date.UTC(2026, 10, 23, 10);

export interface TestStores {
  readonly database: Database;
  readonly cachePath: string;
  dispose(): Promise<void>;
}

/**
 * Demo accounts `demo-a` (profiles `a-1`, `a-2`; BY) and `demo-b` (profile `b-1`; US), and `owner` (profile `o-1`), who is
 * not one of the demo's.
 */
export async function openTestStores(): Promise<TestStores> {
  const path = await mkdtemp(join(tmpdir(), "gateway-"));
  const database = await openEmbeddedPostgres({ path: join(path, "database"), clock: systemClock });
  await database.migrate();
  const accounts = [
    { account_id: "demo-a", country: "BY", demo: true },
    { account_id: "demo-b", country: "US", demo: true },
    { account_id: "owner", country: "RU", demo: false },
  ];
  const profiles = { "a-1": "demo-a", "a-2": "demo-a", "b-1": "demo-b", "o-1": "owner" };
  await database.kysely
    .insertInto("accounts")
    .values(accounts.map((account) => ({ ...account, external_id: null })))
    .execute();
  await database.kysely
    .insertInto("profiles")
    .values(
      Object.entries(profiles).map(([profile_id, account_id]) => ({
        profile_id,
        account_id,
        name: profile_id,
        age_mark: null,
        external_id: null,
      })),
    )
    .execute();
  return {
    database,
    cachePath: join(path, "cache"),
    async dispose() {
      await database.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** What reached a service: its answer's body. */
export interface Arrived {
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  readonly identity: Claims;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Door {
  readonly cache: Cache;
  readonly clock: ReturnType<typeof createSimulatedClock>;
  /** How many secrets were hashed or compared so far. */
  hashes(): number;
  /** `from`: the address at the other end of the connection; without one the request comes from inside the process. */
  request(path: string, init?: RequestInit, from?: string): Promise<Response>;
  /** Sends what waits; answers the mails sent since the last call, by address. */
  readMail(): Promise<Readonly<Record<string, readonly MailMessage[]>>>;
  close(): Promise<void>;
}

/** As costly as a look-up: what a hash is made of is argon2's to test, how often one is made is ours. */
function createCountingHash(): HashFunction & { readonly count: () => number } {
  let count = 0;
  return {
    count: () => count,
    async hash(secret) {
      count++;
      return `$argon2id$v=19$m=19456,t=2,p=1$test$${sha256(secret)}`;
    },
    async verify(hash, secret) {
      count++;
      return hash.endsWith(`$${sha256(secret)}`);
    },
  };
}

export const HOST = "http://127.0.0.1:8080";

export async function openDoor(stores: TestStores, extra: Partial<GatewayDeps> = {}): Promise<Door> {
  const clock = createSimulatedClock(START);
  const cache = await openLmdbCache({ path: stores.cachePath, clock });
  const keys = generateTokenKeys();
  const service = (name: ServiceName): Service => {
    const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: name, clock });
    return async (request) => {
      const identity = await verifier.verify(request.headers.get("authorization")?.replace("Bearer ", "") ?? "");
      if (!identity) return new Response("no identity", { status: 599 });
      const { pathname, search } = new URL(request.url);
      return Response.json({
        service: name,
        method: request.method,
        path: pathname + search,
        identity,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      } satisfies Arrived);
    };
  };
  const hashing = createCountingHash();
  const sent: MailMessage[] = [];
  const mail: Pick<Mail, "send"> = {
    async send(message) {
      sent.push(message);
      return { kind: "sent" };
    },
  };
  const gateway = createGateway({
    database: stores.database,
    cache,
    signer: createTokenSigner({ privateKey: keys.privateKey, clock }),
    services: Object.fromEntries(SERVICES.map((name) => [name, service(name)])) as GatewayDeps["services"],
    clock,
    log: silentLog,
    world: () => "demo",
    postOffice: { kick() {}, requireRoom() {} },
    passwords: createPasswords({ functions: hashing }),
    ...extra,
  });
  return {
    cache,
    clock,
    hashes: hashing.count,
    async readMail() {
      const deps = { database: stores.database, mail, publicOrigin: () => HOST, clock, log: silentLog };
      while ((await sendDueMail(deps)) > 0);
      const byAddress: Record<string, MailMessage[]> = {};
      for (const message of sent.splice(0)) byAddress[message.to] = [...(byAddress[message.to] ?? []), message];
      return byAddress;
    },
    request: async (path, init, from) =>
      gateway.request(
        path.startsWith("http") ? path : HOST + path,
        init,
        from === undefined ? {} : { incoming: { rawHeaders: [], socket: { remoteAddress: from } } as never },
      ),
    close: () => cache.close(),
  };
}

/** The `name=value` of the cookie that an answer set. */
export function cookieOf(answer: Response): string {
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

export interface Browser {
  cookie: string;
  csrfToken: string;
  /** A request with the cookie, and with `Origin` as a browser sends it. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export function openBrowser(door: Door, cookie = "", from?: string): Browser {
  const browser: Browser = {
    cookie,
    // What the app would have learned from GET /api/v1/session.
    csrfToken: csrfTokenOf(cookie.slice(cookie.indexOf("=") + 1)),
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (browser.cookie !== "") headers.set("cookie", browser.cookie);
      if (browser.csrfToken !== "" && !headers.has(CSRF_HEADER)) headers.set(CSRF_HEADER, browser.csrfToken);
      if (init.method !== undefined && init.method !== "GET") headers.set("origin", HOST);
      const answer = await door.request(path, { ...init, headers }, from);
      if (answer.headers.has("set-cookie")) browser.cookie = cookieOf(answer);
      browser.csrfToken = answer.headers.get(CSRF_HEADER) ?? browser.csrfToken;
      return answer;
    },
  };
  return browser;
}

/** A browser that is signed in as a demo account, with a profile chosen or without. */
export async function signIn(door: Door, accountId: string, profileId?: string): Promise<Browser> {
  const browser = openBrowser(door);
  await browser.fetch("/api/v1/session", { method: "POST", body: JSON.stringify({ accountId }) });
  if (profileId !== undefined) {
    await browser.fetch("/api/v1/session/profile", { method: "PUT", body: JSON.stringify({ profileId }) });
  }
  return browser;
}

/** The token in a mail's link. */
export function linkTokenOf(message: MailMessage | undefined): string {
  return /#token=([\w-]{43})/.exec(message?.text ?? "")?.[1] ?? "";
}

export const json = (value: unknown, method = "POST"): RequestInit => ({ method, body: JSON.stringify(value) });

/** A browser of somebody who signed up, followed the link and is signed in; no profile is chosen. */
export async function register(door: Door, email: string, password: string): Promise<Browser> {
  const browser = openBrowser(door);
  await browser.fetch("/api/v1/sign-up", json({ email, password }));
  const token = linkTokenOf((await door.readMail())[email]?.[0]);
  await browser.fetch("/api/v1/sign-up/verify", json({ token, password }));
  return browser;
}

export async function whoIs(browser: Browser): Promise<{ account: Account; profileId: string | null } | undefined> {
  const view = SessionView.parse(await (await browser.fetch("/api/v1/session")).json());
  return view.kind === "signed_in" ? view : undefined;
}
