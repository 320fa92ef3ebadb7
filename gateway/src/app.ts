/**
 * The one public door. It finds out who asks (a session's cookie or a machine's token), lets through what the route
 * table names, and hands it on with an internal token; it serves the web app; everything else is not there.
 *
 * The cost of a forwarded request is kept flat: two map look-ups for who asks and for the internal token, no copy of the
 * body, nothing parsed twice.
 */
import { type Account, ChooseProfile, type SessionView, SignIn } from "@thewatcher/contracts/api/session";
import { type Identity, SERVICES, type ServiceName } from "@thewatcher/contracts/identity";
import { type ProfileId, ProfileId as ProfileIdSchema, TitleId as TitleIdSchema } from "@thewatcher/contracts/ids";
import { type ProblemSlug, problem } from "@thewatcher/contracts/problems";
import type { Clock } from "@thewatcher/kit/clock";
import { handleErrors, ProblemError, readJson, requestId } from "@thewatcher/kit/http";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import { type Context, Hono } from "hono";
import { getAccount, getAccountOfProfile, getCountryOfProfile, listDemoAccounts } from "./accounts.ts";
import { clearSessionCookie, sessionTokenOf, setSessionCookie } from "./cookies.ts";
import { createExpiringMap } from "./expiring-map.ts";
import { forward, PROFILE_HEADER, type Service, withDefaults } from "./forward.ts";
import { mergeOpenApi } from "./openapi.ts";
import { originRefusal } from "./origin.ts";
import { getProblemPage } from "./problem-pages.ts";
import {
  everyone,
  type ForwardedRoute,
  forwardedRoutes,
  type OwnRouteName,
  ownRoutes,
  type Route,
  routes,
} from "./routes.ts";
import { createServiceTokens, type MachineRole, SERVICE_TOKEN_PREFIX } from "./service-tokens.ts";
import { createSessions, type Session } from "./sessions.ts";
import { redeemSignInTicket } from "./sign-in-tickets.ts";
import { createStaticSite } from "./static-site.ts";

export interface GatewayDeps {
  readonly database: Database;
  readonly cache: Cache;
  readonly signer: TokenSigner;
  readonly services: Readonly<Record<ServiceName, Service>>;
  /** The folder of the built web app; without it the door serves the API alone. */
  readonly web?: { readonly root: string };
  readonly clock: Clock;
  readonly log: Log;
  readonly world: () => "demo" | "empty";
}

type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "viewer"; readonly token: string; readonly session: Session }
  | { readonly kind: "machine"; readonly role: MachineRole };

interface GatewayEnv {
  Variables: { requestId: string };
}
const anonymous: Caller = { kind: "anonymous" };

type Handler = (c: Context<GatewayEnv>, caller: Caller) => Promise<Response> | Response;

/** The gateway's own bodies hold one id. */
const BODY_BYTES_MAX = 4_096;
/** ISO 3166 leaves ZZ to its users: a country that is not known. */
const UNKNOWN_COUNTRY = "ZZ";
/** A machine asks for many profiles, and an account's country hardly changes. 20,000 × ~0.1 KB. */
const COUNTRY_BELIEVED_MS = 5 * 60_000;
const COUNTRY_BELIEVED_MAX = 20_000;
const READINESS_BELIEVED_MS = 1_000;
const READINESS_WAIT_MS = 1_000;

/** The web app's files say otherwise for themselves. */
const DEFAULT_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
/** Under these nothing is a page of the web app. */
const NOT_PAGES = /^\/(?:api|docs|internal)(?:\/|$)/;

const refuse = (slug: ProblemSlug, detail?: string) =>
  new ProblemError(problem(slug, detail === undefined ? {} : { detail }));

export function createGateway(deps: GatewayDeps): Hono<GatewayEnv> {
  const { database, cache, signer, services, clock, log } = deps;
  const sessions = createSessions({ cache, database, clock });
  const serviceTokens = createServiceTokens({ database, clock });
  const countries = createExpiringMap<string>(COUNTRY_BELIEVED_MAX);
  const site = deps.web && createStaticSite(deps.web.root);
  const isReady = createReadiness({ database, cache, clock });
  let openApi: string | undefined;

  const callerOf = async (c: Context): Promise<Caller> => {
    const authorization = c.req.raw.headers.get("authorization");
    if (authorization?.startsWith(`Bearer ${SERVICE_TOKEN_PREFIX}`)) {
      const role = await orUnavailable(serviceTokens.roleOf(authorization.slice("Bearer ".length)));
      // A wrong token is not quietly somebody else's session.
      if (!role) throw refuse("unauthenticated", "The token is unknown or has expired.");
      return { kind: "machine", role };
    }
    const token = sessionTokenOf(c);
    const refusal = originRefusal(c, token !== undefined);
    if (refusal !== undefined) throw refuse("forbidden", refusal);
    const session = token === undefined ? undefined : await orUnavailable(sessions.find(token));
    return token !== undefined && session ? { kind: "viewer", token, session } : anonymous;
  };

  const countryOf = async (profileId: string): Promise<string> => {
    const known = countries.get(profileId, clock.now());
    if (known !== undefined) return known;
    const country = (await getCountryOfProfile(database, profileId)) ?? UNKNOWN_COUNTRY;
    // A profile that is not there yet may be in a moment.
    if (country !== UNKNOWN_COUNTRY) countries.set(profileId, country, clock.now() + COUNTRY_BELIEVED_MS);
    return country;
  };

  const identityFor = async (route: ForwardedRoute, c: Context, caller: Caller): Promise<Identity> => {
    const profileId = pathId(c, "profileId", ProfileIdSchema);
    pathId(c, "titleId", TitleIdSchema);
    if (caller.kind === "machine") {
      // Serving knows its profiles' countries; what a machine writes is stamped with the profile's here.
      const named = c.req.raw.headers.get(PROFILE_HEADER);
      const country = named === null ? UNKNOWN_COUNTRY : await orUnavailable(countryOf(named));
      return { role: caller.role, country, device: "service" };
    }
    if (caller.kind === "anonymous") throw refuse("unauthenticated");
    const { session } = caller;
    if (route.needs === "own_profile" && !(profileId && session.profileIds.includes(profileId))) {
      throw refuse("not-found");
    }
    if (route.needs === "chosen_profile" && session.profileId === null) {
      throw refuse("conflict", "Choose a profile first: PUT /api/v1/session/profile");
    }
    // Services compare a path's profile with the identity's, so it is the one asked for, just found to be the account's.
    const chosen = route.needs === "own_profile" ? profileId : (session.profileId ?? undefined);
    return {
      role: "viewer",
      accountId: session.accountId,
      ...(chosen === undefined ? {} : { profileId: chosen }),
      country: session.country,
      device: "web",
    };
  };

  /** A session under a new token; the one that it follows ends. */
  const beginSession = async (
    c: Context,
    account: Account,
    profileId: ProfileId | null,
    former: string | undefined,
  ): Promise<SessionView> => {
    const token = await sessions.open(account, profileId);
    if (former !== undefined) await sessions.end(former);
    setSessionCookie(c, token);
    return { kind: "signed_in", account, profileId };
  };

  const handlers: Readonly<Record<OwnRouteName, Handler>> = {
    async listDemoAccounts(c) {
      if (deps.world() !== "demo") throw refuse("not-found", "This is not the demo world.");
      return c.json({ accounts: await listDemoAccounts(database) });
    },
    async signIn(c) {
      const { accountId } = await readBody(c, SignIn);
      const account = deps.world() === "demo" ? await getAccount(database, accountId) : undefined;
      // The same answer for an account that is not there: this is not the place to find out who has one.
      if (!account?.demo) throw refuse("forbidden", "Only the demo's accounts may be entered without a password.");
      return c.json(await beginSession(c, account, null, sessionTokenOf(c)));
    },
    async getSession(c, caller) {
      if (caller.kind !== "viewer") return c.json({ kind: "anonymous" } satisfies SessionView);
      const { session } = caller;
      const account = await getAccount(database, session.accountId);
      if (!account) {
        await sessions.end(caller.token);
        clearSessionCookie(c);
        return c.json({ kind: "anonymous" } satisfies SessionView);
      }
      return c.json({ kind: "signed_in", account, profileId: session.profileId } satisfies SessionView);
    },
    async chooseProfile(c, caller) {
      if (caller.kind !== "viewer") throw refuse("unauthenticated");
      const { profileId } = await readBody(c, ChooseProfile);
      const account = await getAccount(database, caller.session.accountId);
      if (!account?.profiles.some((profile) => profile.profileId === profileId)) throw refuse("not-found");
      return c.json(await beginSession(c, account, profileId, caller.token));
    },
    async signOut(c, caller) {
      if (caller.kind === "viewer") await sessions.end(caller.token);
      clearSessionCookie(c);
      return c.json({ kind: "anonymous" } satisfies SessionView);
    },
    async redeemTicket(c) {
      const profileId = await redeemSignInTicket({ cache, clock }, c.req.query("ticket") ?? "");
      const account = profileId && (await getAccountOfProfile(database, profileId));
      if (!account) throw refuse("forbidden", "The link is used, has expired, or names no profile. Make a new one.");
      await beginSession(c, account, profileId, sessionTokenOf(c));
      c.header("referrer-policy", "no-referrer");
      return c.redirect("/", 303);
    },
    async getOpenApi(c) {
      openApi ??= await describe();
      return c.body(openApi, 200, { "content-type": "application/json" });
    },
    getHealth: (c) => c.json({ status: "alive" }),
    async getReadiness(c) {
      if (!(await isReady())) throw refuse("unavailable");
      return c.json({ status: "ready" });
    },
    getProblemPage(c) {
      const page = getProblemPage(c.req.param("slug") ?? "");
      if (page === undefined) throw refuse("not-found");
      return c.body(page, 200, { "content-type": "text/plain; charset=utf-8" });
    },
  };

  const describe = async (): Promise<string> => {
    const documents: Partial<Record<ServiceName, Record<string, unknown>>> = {};
    for (const service of SERVICES) {
      const identity: Identity = { role: "service", country: UNKNOWN_COUNTRY, device: "gateway" };
      const token = await signer.sign(service, identity);
      const request = new Request("http://service.internal/openapi.json");
      const response = await forward(services[service], request, {
        token,
        requestId: "openapi-document",
        profileHeader: null,
      });
      if (response.ok) documents[service] = (await response.json()) as Record<string, unknown>;
    }
    return JSON.stringify(mergeOpenApi(documents));
  };

  const app = new Hono<GatewayEnv>();
  handleErrors(app as never, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.use(requestId());
  app.use(async (c, next) => {
    await next();
    const answer = withDefaults(c.res, DEFAULT_HEADERS);
    if (answer !== c.res) c.res = answer;
  });

  for (const route of forwardedRoutes as readonly ForwardedRoute[]) {
    app.on(route.method, route.path, async (c) => {
      const caller = await callerOf(c);
      admit(route, caller);
      const token = await signer.sign(route.to, await identityFor(route, c, caller));
      const profileHeader = caller.kind === "machine" ? c.req.raw.headers.get(PROFILE_HEADER) : null;
      return forward(services[route.to], c.req.raw, { token, requestId: c.get("requestId"), profileHeader });
    });
  }
  for (const route of ownRoutes) {
    const handler = handlers[route.name];
    app.on(route.method, route.path, async (c) => {
      // Where everyone is let in nobody is asked: health must not depend on the stores.
      const caller = route.callers === everyone ? anonymous : await callerOf(c);
      admit(route, caller);
      return handler(c, caller);
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).map((route) => route.method);
    app.all(path, (c) => {
      c.header("allow", allowed.join(", "));
      return c.body(JSON.stringify(problem("method-not-allowed")), 405, { "content-type": "application/problem+json" });
    });
  }
  if (site) {
    app.get("*", (c) => {
      const path = c.req.path;
      return (NOT_PAGES.test(path) ? undefined : site(c.req.raw, path)) ?? c.notFound();
    });
  }
  return app;
}

/** A store that does not answer is no mistake of this door: the caller may try again. */
async function orUnavailable<Value>(asking: Promise<Value>): Promise<Value> {
  try {
    return await asking;
  } catch (cause) {
    throw new ProblemError(problem("unavailable"), cause);
  }
}

function admit(route: Route, caller: Caller): void {
  const name = caller.kind === "machine" ? caller.role : caller.kind;
  if (route.callers.includes(name)) return;
  throw refuse(name === "anonymous" ? "unauthenticated" : "forbidden");
}

/** The id of a path, or undefined where the path has none. One of the wrong form names nothing. */
function pathId<Id>(
  c: Context,
  name: string,
  schema: { safeParse(text: string): { success: boolean; data?: Id | undefined } },
): Id | undefined {
  const text = c.req.param(name);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw refuse("not-found");
  return parsed.data;
}

const readBody = <Schema extends Parameters<typeof readJson>[1]>(c: Context, schema: Schema) =>
  readJson(c, schema, {
    bytesMax: BODY_BYTES_MAX,
    tooLarge: problem("body-too-large"),
    malformed: problem("bad-request"),
  });

/** Whether database and cache answer within a second, asked at most once a second whoever asks. */
function createReadiness(deps: Pick<GatewayDeps, "database" | "cache" | "clock">): () => Promise<boolean> {
  const { database, cache, clock } = deps;
  let last: { at: number; answer: Promise<boolean> } | undefined;
  const ask = async () => {
    const waiting = new AbortController();
    try {
      return await Promise.race([
        Promise.all([database.describe(), cache.describe()]).then(() => true),
        clock.sleep(READINESS_WAIT_MS, waiting.signal).then(() => false),
      ]);
    } catch {
      return false;
    } finally {
      waiting.abort();
    }
  };
  return () => {
    if (!last || clock.now() - last.at >= READINESS_BELIEVED_MS) last = { at: clock.now(), answer: ask() };
    return last.answer;
  };
}
