/**
 * The one public door. It finds out who asks (a session's cookie or a machine's token), lets through what the route
 * table names, and hands it on with an internal token; it serves the web app; everything else is not there.
 *
 * The cost of a forwarded request is kept flat: two map look-ups for who asks and for the internal token, no copy of the
 * body, nothing parsed twice.
 */
import { type Identity, SERVICES, type ServiceName } from "@thewatcher/contracts/identity";
import { ProfileId as ProfileIdSchema, TitleId as TitleIdSchema } from "@thewatcher/contracts/ids";
import { Locale } from "@thewatcher/contracts/locales";
import { problem } from "@thewatcher/contracts/problems";
import type { ZoneView } from "@thewatcher/contracts/zones";
import type { Clock } from "@thewatcher/kit/clock";
import { handleErrors, ProblemError, requestId } from "@thewatcher/kit/http";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import { type Context, Hono } from "hono";
import { getCountryOfProfile } from "./accounts.ts";
import { createAttempts, tooMany } from "./attempts.ts";
import { createClients } from "./client-address.ts";
import { sessionCookieOf, sessionTokenOf } from "./cookies.ts";
import { CSRF_HEADER, csrfTokenOf, isCsrfToken } from "./csrf.ts";
import { deviceKindOf } from "./device-kind.ts";
import { renderDocsPage } from "./docs-page.ts";
import { createExpiringMap } from "./expiring-map.ts";
import { forward, PROFILE_HEADER, type Service, withDefaults } from "./forward.ts";
import { type Caller, type GatewayEnv, type Handler, orUnavailable, refuse } from "./handler.ts";
import { createHosts, languageOf } from "./hosts.ts";
import { createAccountHandlers } from "./identity/account-handlers.ts";
import { createPasswordHandlers } from "./identity/password-handlers.ts";
import { createPasswords, type Passwords } from "./identity/passwords.ts";
import type { PostOffice } from "./identity/post-office.ts";
import { createProfileHandlers } from "./identity/profile-handlers.ts";
import { createSessionHandlers } from "./identity/session-handlers.ts";
import { createSignUpHandlers } from "./identity/sign-up-handlers.ts";
import { mergeOpenApi } from "./openapi.ts";
import { isSafeMethod, originRefusal } from "./origin.ts";
import { getProblemPage } from "./problem-pages.ts";
import { BUDGETS, createRateLimit, limitClassOf } from "./rate-limit.ts";
import { type RulesContact, renderRecommendationRules } from "./recommendation-rules.ts";
import { overLimit } from "./request-limits.ts";
import {
  everyone,
  type ForwardedRoute,
  forwardedRoutes,
  type OwnRouteName,
  ownRoutes,
  type Route,
  routes,
} from "./routes.ts";
import { API_HEADERS, newNonce, pageHeaders, STRICT_TRANSPORT } from "./security-headers.ts";
import { createServiceTokens, SERVICE_TOKEN_PREFIX } from "./service-tokens.ts";
import { createSessions, type Session } from "./sessions.ts";
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
  /** Names beside the zones' own and loopback that this door answers under. */
  readonly publicHosts?: readonly string[];
  /** Addresses and networks of proxies that are believed about who asks, and from which country. */
  readonly trustedProxies?: readonly string[];
  /** Who answers for the rules of recommending; undefined: nobody is named. */
  readonly recommendationsContact?: RulesContact | undefined;
  /** Told of mail that was written for it. */
  readonly postOffice: Pick<PostOffice, "kick" | "requireRoom">;
  /** Default: argon2id. A test counts. */
  readonly passwords?: Passwords;
}

const anonymous: Caller = { kind: "anonymous" };

/** ISO 3166 leaves ZZ to its users: a country that is not known. */
const UNKNOWN_COUNTRY = "ZZ";
/** A machine asks for many profiles, and an account's country hardly changes. 20,000 × ~0.1 KB. */
const COUNTRY_BELIEVED_MS = 5 * 60_000;
const COUNTRY_BELIEVED_MAX = 20_000;
const READINESS_BELIEVED_MS = 1_000;
const READINESS_WAIT_MS = 1_000;

/** The country that a trusted proxy saw the request come from. It decides rights; prices are the account's. */
const EDGE_COUNTRY_HEADER = "x-edge-country";
/** What answers are chosen by, beside their address. */
const VARY = { vary: "cookie, accept-language" };
const LOOPBACK_HEADERS = { ...API_HEADERS, ...VARY };
/** The web app's files and our pages say otherwise for themselves. */
const PUBLIC_HEADERS = { ...LOOPBACK_HEADERS, ...STRICT_TRANSPORT };
/** Asked by address, before any name is known to lead here. */
const PROBES: readonly string[] = ["/healthz", "/readyz"];
/** Under these nothing is a page of the web app. */
const NOT_PAGES = /^\/(?:api|docs|internal)(?:\/|$)/;

export function createGateway(deps: GatewayDeps): Hono<GatewayEnv> {
  const { database, cache, signer, services, clock, log } = deps;
  const sessions = createSessions({ cache, database, clock });
  const { world, postOffice, passwords = createPasswords() } = deps;
  const hostOf = createHosts(deps.publicHosts ?? []);
  const clientOf = createClients(deps.trustedProxies ?? []);
  const limit = createRateLimit({ cache, clock });
  const attempts = createAttempts({ cache, limit });
  const identity = { database, cache, clock, sessions, passwords, postOffice, world, attempts };
  const serviceTokens = createServiceTokens({ database, clock });
  const countries = createExpiringMap<string>(COUNTRY_BELIEVED_MAX);
  const site = deps.web && createStaticSite(deps.web.root);
  const isReady = createReadiness({ database, cache, clock });
  let openApi: string | undefined;

  const callerOf = async (c: Context<GatewayEnv>, mayRotate: boolean): Promise<Caller> => {
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
    const found = token === undefined ? undefined : await orUnavailable(sessions.find(token, { mayRotate }));
    if (!found || token === undefined) return anonymous;
    if (!isSafeMethod(c.req.method) && !isCsrfToken(c.req.raw.headers.get(CSRF_HEADER), token)) {
      throw refuse("forbidden", `Send ${CSRF_HEADER} as the last answer of GET /api/v1/session said it.`);
    }
    if (found.freshToken !== undefined) c.set("freshToken", found.freshToken);
    return { kind: "viewer", session: found.session };
  };

  /** Ends the request with 429 where its network or its session has had enough. */
  const meter = (route: Route): ((c: Context<GatewayEnv>, caller: Caller) => void) => {
    const asPeople = limitClassOf(route);
    return ({ var: { client } }, caller) => {
      // Whoever asks from this machine is the machine's owner, or a proxy that nobody named: everybody at once.
      if (asPeople === "none" || client.isLoopback) return;
      const name = caller.kind === "machine" ? "machine" : asPeople;
      const byNetwork = limit.take(`${name}:${client.network}`, BUDGETS[name].network);
      if (byNetwork > 0) throw tooMany(byNetwork);
      if (caller.kind !== "viewer") return;
      const bySession = limit.take(`${name}:${caller.session.deviceId}`, BUDGETS[name].session);
      if (bySession > 0) throw tooMany(bySession);
    };
  };

  const countryOf = async (profileId: string): Promise<string> => {
    const known = countries.get(profileId, clock.now());
    if (known !== undefined) return known;
    const country = (await getCountryOfProfile(database, profileId)) ?? UNKNOWN_COUNTRY;
    // A profile that is not there yet may be in a moment.
    if (country !== UNKNOWN_COUNTRY) countries.set(profileId, country, clock.now() + COUNTRY_BELIEVED_MS);
    return country;
  };

  const identityFor = async (route: ForwardedRoute, c: Context<GatewayEnv>, caller: Caller): Promise<Identity> => {
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
      role: roleOn(route, session.role),
      accountId: session.accountId,
      ...(chosen === undefined ? {} : { profileId: chosen }),
      country: edgeCountryOf(c) ?? session.country,
      device: deviceKindOf(c.get("host").zone, c.req.raw.headers),
      language: localeOf(c, session.language),
      planId: null,
    };
  };

  const handlers: Readonly<Record<OwnRouteName, Handler>> = {
    ...createSessionHandlers(identity),
    ...createSignUpHandlers(identity),
    ...createPasswordHandlers(identity),
    ...createAccountHandlers(identity),
    ...createProfileHandlers(identity),
    getZone(c) {
      const { authority, zone } = c.get("host");
      const { country, homeRegion, currency, shell } = zone;
      const locale = localeOf(c, null);
      return c.json({ host: authority, country, homeRegion, locale, currency, shell } satisfies ZoneView);
    },
    async getOpenApi(c) {
      openApi ??= JSON.stringify(await describe());
      return c.body(openApi, 200, { "content-type": "application/json" });
    },
    async getDocs(c) {
      const nonce = newNonce();
      openApi ??= JSON.stringify(await describe());
      const page = renderDocsPage(JSON.parse(openApi), nonce);
      return c.body(page, 200, { ...pageHeaders(nonce), "content-type": "text/html; charset=utf-8" });
    },
    getHealth: (c) => c.json({ status: "alive" }),
    async getReadiness(c) {
      if (!(await isReady())) throw refuse("unavailable");
      return c.json({ status: "ready" });
    },
    getRecommendationRules(c) {
      const nonce = newNonce();
      const locale = Locale.safeParse(c.req.query("locale")).data ?? localeOf(c, null);
      const page = renderRecommendationRules({ locale, contact: deps.recommendationsContact, nonce });
      return c.body(page, 200, { ...pageHeaders(nonce), "content-type": "text/html; charset=utf-8", ...VARY });
    },
    getProblemPage(c) {
      const page = getProblemPage(c.req.param("slug") ?? "");
      if (page === undefined) throw refuse("not-found");
      return c.body(page, 200, { "content-type": "text/plain; charset=utf-8" });
    },
  };

  const describe = async (): Promise<object> => {
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
    return mergeOpenApi(documents);
  };

  const app = new Hono<GatewayEnv>();
  handleErrors(app as never, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.use(requestId());
  app.use(async (c, next) => {
    await next();
    const isLoopback = hostOf(authorityOf(c.req.raw.url))?.isLoopback === true;
    const answer = withDefaults(c.res, isLoopback ? LOOPBACK_HEADERS : PUBLIC_HEADERS);
    if (answer !== c.res) c.res = answer;
    const freshToken = c.get("freshToken");
    if (freshToken !== undefined) {
      c.res.headers.append("set-cookie", sessionCookieOf(c, freshToken));
      c.res.headers.set(CSRF_HEADER, csrfTokenOf(freshToken));
    }
  });
  app.use(async (c, next) => {
    const { headers, url } = c.req.raw;
    const incoming = c.env?.incoming;
    const tooMuch = overLimit(url, headers.get("content-length"), incoming);
    if (tooMuch) throw new ProblemError(tooMuch);
    const authority = authorityOf(url);
    const host = hostOf(authority) ?? (PROBES.includes(c.req.path) ? hostOf("localhost") : undefined);
    // Some requests name their host twice, and readers would differ in which one they mean.
    if (!host || (headers.get("host") ?? authority).toLowerCase() !== authority.toLowerCase()) {
      throw refuse("misdirected-request");
    }
    c.set("host", host);
    c.set("client", clientOf(incoming?.socket.remoteAddress, headers.get("x-forwarded-for")));
    await next();
  });

  for (const route of forwardedRoutes as readonly ForwardedRoute[]) {
    const count = meter(route);
    app.on(route.method, route.path, async (c) => {
      const caller = await callerOf(c, true);
      admit(route, caller);
      count(c, caller);
      const token = await signer.sign(route.to, await identityFor(route, c, caller));
      const profileHeader = caller.kind === "machine" ? c.req.raw.headers.get(PROFILE_HEADER) : null;
      return forward(services[route.to], c.req.raw, { token, requestId: c.get("requestId"), profileHeader });
    });
  }
  for (const route of ownRoutes) {
    const handler = handlers[route.name];
    const count = meter(route);
    app.on(route.method, route.path, async (c) => {
      // Where everyone is let in nobody is asked: health must not depend on the stores.
      const caller = route.callers === everyone ? anonymous : await callerOf(c, false);
      admit(route, caller);
      count(c, caller);
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

/** `http://name:80/path` → `name:80`. Parsed by hand: `URL` costs more than the rest of the look at a request. */
function authorityOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const end = url.indexOf("/", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

const localeOf = (c: Context<GatewayEnv>, chosen: Locale | null): Locale =>
  languageOf(c.get("host"), {
    chosen,
    named: c.req.query("locale"),
    accepted: c.req.raw.headers.get("accept-language"),
  });

function edgeCountryOf(c: Context<GatewayEnv>): string | undefined {
  if (!c.get("client").isBehindTrusted) return undefined;
  const country = c.req.raw.headers.get(EDGE_COUNTRY_HEADER);
  return country !== null && /^[A-Z]{2}$/.test(country) ? country : undefined;
}

/** Who works here is a viewer too; on a route of that work, and only there, in that role. */
const roleOn = (route: Route, role: Session["role"]): Session["role"] =>
  route.callers.includes(role) ? role : "viewer";

function admit(route: Route, caller: Caller): void {
  const name =
    caller.kind === "machine"
      ? caller.role
      : caller.kind === "viewer"
        ? roleOn(route, caller.session.role)
        : caller.kind;
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
