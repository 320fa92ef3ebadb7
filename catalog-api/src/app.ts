/**
 * The catalogue and what people stated of it, over HTTP. Behind the gateway: it believes the internal token alone, and
 * each route names the roles that it answers.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { ArrivalClaims, ToldArrivals } from "@thewatcher/contracts/api/arrivals";
import {
  CATALOGUE_SLICE_MAX,
  CatalogueSlice,
  CollectionsView,
  CollectionView,
  GenresView,
  PersonView,
  Profile,
  RatingsPage,
  SeasonsView,
  TITLES_PER_PAGE_MAX,
  TitleDetails,
  TitlesPage,
  WatchlistPage,
  WISHES_PER_PROFILE_MAX,
  Wish,
  WishesView,
} from "@thewatcher/contracts/api/catalogue";
import { json, problems } from "@thewatcher/contracts/api/responses";
import { StatedCommands, StatedOutcomes } from "@thewatcher/contracts/api/stated";
import type { Role } from "@thewatcher/contracts/identity";
import { CollectionId, PersonId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { Locale } from "@thewatcher/contracts/locales";
import { problem } from "@thewatcher/contracts/problems";
import type { Clock } from "@thewatcher/kit/clock";
import { handleErrors, issuesOf, ProblemError, readJson, requestId } from "@thewatcher/kit/http";
import type { TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import type { Context } from "hono";
import { claimArrivals, markTold } from "./arrivals.ts";
import { type Asker, askerOf } from "./askers.ts";
import { getCollection, listCollections } from "./collections.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { addEditorRoutes, editorRoles } from "./editor-routes.ts";
import { type AppEnv, allow, identify, requireOwn } from "./identity.ts";
import { getPerson } from "./people.ts";
import { listPreferences } from "./preferences.ts";
import { getProfile } from "./profiles.ts";
import { rowEvent } from "./row-events.ts";
import type { TitleIndex } from "./search-index.ts";
import { addSearchRoutes, searchRoles } from "./search-routes.ts";
import { applyStated, type StatedEvent } from "./stated.ts";
import { addTasteRoutes, tasteRoles } from "./taste-routes.ts";
import { getSeasons, getTitle, listGenres, listTitles, readCatalogueSlice, readCatalogueVersion } from "./titles.ts";
import { createNameIndex, dropWish, listWishes, putWish } from "./wishes.ts";

/** Who may ask for what. A route without a line here does not exist. */
export const roles = {
  listTitles: ["viewer", "service"],
  getTitle: ["viewer", "service"],
  getSeasons: ["viewer", "service"],
  getPerson: ["viewer", "service"],
  listGenres: ["viewer", "service"],
  listCollections: ["viewer", "service"],
  getCollection: ["viewer", "service"],
  getWatchlist: ["viewer", "service"],
  getRatings: ["viewer", "service"],
  hideFromContinueWatching: ["viewer"],
  unhideFromContinueWatching: ["viewer"],
  getWishes: ["viewer", "service"],
  putWish: ["viewer"],
  dropWish: ["viewer"],
  readCatalogue: ["service"],
  getProfile: ["service"],
  applyStated: ["service"],
  claimArrivals: ["service"],
  tellArrivals: ["service"],
  ...tasteRoles,
  ...editorRoles,
  ...searchRoles,
} as const satisfies Record<string, readonly Role[]>;

/** 500 stored events of the largest kind are about 600 KB. */
const STATED_BYTES_MAX = 2_097_152;
const TITLES_PER_PAGE_DEFAULT = 50;
const PREFERENCES_PER_PAGE_MAX = 200;
const PREFERENCES_PER_PAGE_DEFAULT = 100;
const WISH_BYTES_MAX = 4_096;
/** 50 ids of 39 bytes. */
const TOLD_BYTES_MAX = 8_192;

/** Overrides the session's language. */
const language = { locale: Locale.optional() };
const page = (limitMax: number, limitDefault: number) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(limitMax).default(limitDefault),
    cursor: z.string().max(400).optional(),
    ...language,
  });
const inLanguage = z.object(language);

function hidden<Name extends "hideFromContinueWatching" | "unhideFromContinueWatching">(
  method: "put" | "delete",
  operationId: Name,
  summary: string,
) {
  return createRoute({
    method,
    path: "/api/v1/profiles/{profileId}/continue-watching/{titleId}/hidden",
    operationId,
    summary,
    middleware: allow(roles[operationId]),
    request: { params: z.object({ profileId: ProfileId, titleId: TitleId }) },
    responses: { 204: { description: "Done" }, ...problems("unauthenticated", "forbidden", "not-found") },
  });
}

const routes = {
  listTitles: createRoute({
    method: "get",
    path: "/api/v1/titles",
    operationId: "listTitles",
    summary: "All titles, a page at a time, in a stable order",
    middleware: allow(roles.listTitles),
    request: { query: page(TITLES_PER_PAGE_MAX, TITLES_PER_PAGE_DEFAULT) },
    responses: { 200: json(TitlesPage, "A page"), ...problems("bad-request", "unauthenticated", "forbidden") },
  }),
  getTitle: createRoute({
    method: "get",
    path: "/api/v1/titles/{titleId}",
    operationId: "getTitle",
    summary: "Everything known of one title",
    middleware: allow(roles.getTitle),
    request: { params: z.object({ titleId: TitleId }), query: inLanguage },
    responses: {
      200: json(TitleDetails, "The title"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  getSeasons: createRoute({
    method: "get",
    path: "/api/v1/titles/{titleId}/seasons",
    operationId: "getSeasons",
    summary: "Seasons and episodes of a series; of a film, none",
    middleware: allow(roles.getSeasons),
    request: { params: z.object({ titleId: TitleId }), query: inLanguage },
    responses: {
      200: json(SeasonsView, "The seasons"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  getPerson: createRoute({
    method: "get",
    path: "/api/v1/people/{personId}",
    operationId: "getPerson",
    summary: "Somebody, with the titles made with them",
    middleware: allow(roles.getPerson),
    request: { params: z.object({ personId: PersonId }), query: inLanguage },
    responses: {
      200: json(PersonView, "The person"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  listGenres: createRoute({
    method: "get",
    path: "/api/v1/genres",
    operationId: "listGenres",
    summary: "The genres of the catalogue by name",
    middleware: allow(roles.listGenres),
    request: { query: inLanguage },
    responses: {
      200: json(GenresView, "The genres"),
      ...problems("bad-request", "unauthenticated", "forbidden"),
    },
  }),
  listCollections: createRoute({
    method: "get",
    path: "/api/v1/collections",
    operationId: "listCollections",
    summary: "Collections, each with its first titles",
    middleware: allow(roles.listCollections),
    request: { query: inLanguage },
    responses: {
      200: json(CollectionsView, "The collections"),
      ...problems("bad-request", "unauthenticated", "forbidden"),
    },
  }),
  getCollection: createRoute({
    method: "get",
    path: "/api/v1/collections/{collectionId}",
    operationId: "getCollection",
    summary: "A collection with all its titles",
    middleware: allow(roles.getCollection),
    request: { params: z.object({ collectionId: CollectionId }), query: inLanguage },
    responses: {
      200: json(CollectionView, "The collection"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  getWatchlist: createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/watchlist",
    operationId: "getWatchlist",
    summary: "What the profile means to watch, the latest first",
    middleware: allow(roles.getWatchlist),
    request: {
      params: z.object({ profileId: ProfileId }),
      query: page(PREFERENCES_PER_PAGE_MAX, PREFERENCES_PER_PAGE_DEFAULT),
    },
    responses: {
      200: json(WatchlistPage, "A page"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  getRatings: createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/ratings",
    operationId: "getRatings",
    summary: "What the profile rated, the latest first",
    middleware: allow(roles.getRatings),
    request: {
      params: z.object({ profileId: ProfileId }),
      query: page(PREFERENCES_PER_PAGE_MAX, PREFERENCES_PER_PAGE_DEFAULT),
    },
    responses: {
      200: json(RatingsPage, "A page"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  hideFromContinueWatching: hidden(
    "put",
    "hideFromContinueWatching",
    "Hide a title from continue watching; how far it was watched stays known",
  ),
  unhideFromContinueWatching: hidden("delete", "unhideFromContinueWatching", "Show it in continue watching again"),
  getWishes: createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/wishes",
    operationId: "getWishes",
    summary: "What the profile waits for, and what of it has arrived",
    middleware: allow(roles.getWishes),
    request: { params: z.object({ profileId: ProfileId }), query: inLanguage },
    responses: {
      200: json(WishesView, "The wishes"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  putWish: createRoute({
    method: "put",
    path: "/api/v1/profiles/{profileId}/wishes",
    operationId: "putWish",
    summary: "Tell me when it comes: { titleId } or { query }",
    middleware: allow(roles.putWish),
    request: { params: z.object({ profileId: ProfileId }) },
    responses: {
      204: { description: "Wished" },
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found", "conflict", "body-too-large"),
    },
  }),
  dropWish: createRoute({
    method: "delete",
    path: "/api/v1/profiles/{profileId}/wishes",
    operationId: "dropWish",
    summary: "Wait for it no longer: ?titleId= or ?query=",
    middleware: allow(roles.dropWish),
    request: {
      params: z.object({ profileId: ProfileId }),
      query: z.object({ titleId: TitleId.optional(), query: z.string().max(200).optional() }),
    },
    responses: {
      204: { description: "Not wished" },
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  readCatalogue: createRoute({
    method: "get",
    path: "/internal/catalogue",
    operationId: "readCatalogue",
    summary: "The whole catalogue in slices, for services that hold it in memory",
    middleware: allow(roles.readCatalogue),
    request: {
      query: z.object({
        after: TitleId.optional(),
        limit: z.coerce.number().int().min(1).max(CATALOGUE_SLICE_MAX).default(CATALOGUE_SLICE_MAX),
      }),
    },
    responses: {
      200: json(CatalogueSlice, "A slice; its version is the ETag"),
      304: { description: "The version held is still the version" },
      ...problems("bad-request", "unauthenticated", "forbidden"),
    },
  }),
  getProfile: createRoute({
    method: "get",
    path: "/internal/profiles/{profileId}",
    operationId: "getProfile",
    summary: "A profile with its age limit and country",
    middleware: allow(roles.getProfile),
    request: { params: z.object({ profileId: ProfileId }) },
    responses: { 200: json(Profile, "The profile"), ...problems("unauthenticated", "forbidden", "not-found") },
  }),
  applyStated: createRoute({
    method: "post",
    path: "/internal/stated",
    operationId: "applyStated",
    summary: "Commands to the owner of stated preferences",
    middleware: allow(roles.applyStated),
    // The body is read with a bound by the handler: the validator of a declared body would read it without one.
    responses: {
      200: json(StatedOutcomes, "One outcome for each event, in order"),
      ...problems("bad-request", "unauthenticated", "forbidden", "body-too-large"),
    },
  }),
  claimArrivals: createRoute({
    method: "post",
    path: "/internal/arrivals/claim",
    operationId: "claimArrivals",
    summary: "Wishes that have come and are not told, by account, claimed for ten minutes",
    middleware: allow(roles.claimArrivals),
    responses: { 200: json(ArrivalClaims, "The claims"), ...problems("unauthenticated", "forbidden") },
  }),
  tellArrivals: createRoute({
    method: "post",
    path: "/internal/arrivals/told",
    operationId: "tellArrivals",
    summary: "These claims are told: they do not come again",
    middleware: allow(roles.tellArrivals),
    responses: {
      204: { description: "Told" },
      ...problems("bad-request", "unauthenticated", "forbidden", "body-too-large"),
    },
  }),
};

/** A store that answers takes a few milliseconds; a statement waits no longer for one that doesn't. */
const APPLY_NOW_MS_MAX = 200;

export interface CatalogApiDeps {
  readonly database: Database;
  /** Kept up to date by its owner. */
  readonly index: Pick<TitleIndex, "ask" | "title">;
  /** For the audience `catalog`. */
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after a commit that put events into the outbox: the relay's `kick`. */
  readonly onStated?: () => void;
  /**
   * Brings what was just stated to where pages are made of, before the log does: "not interested" acts in the request that
   * says it. It may fail or take its time; the statement stands, and the log brings it.
   */
  readonly applyNow?: (events: readonly StatedEvent[]) => Promise<void>;
  /** Told after a profile said whether there may be profiling: what is remembered of it here is old. */
  readonly onProfiling?: (profileId: ProfileId) => void;
}

export function createCatalogApi({
  database,
  index,
  verifier,
  clock,
  log,
  onStated,
  applyNow,
  onProfiling,
}: CatalogApiDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      // An id of the wrong form names nothing.
      if (result.target === "param") throw new ProblemError(problem("not-found"));
      throw new ProblemError(problem("bad-request", { errors: issuesOf(result.error) }));
    },
  });
  handleErrors(app as never, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.use(requestId());
  app.doc31("/openapi.json", { openapi: "3.1.0", info: { title: "TheWatcher: catalogue", version: "1" } });
  app.use(identify(verifier));

  const names = createNameIndex(database);
  const ask = (c: Context<AppEnv>, locale: Locale | undefined, profileId?: ProfileId): Promise<Asker> =>
    askerOf(database, c.get("identity"), {
      locale,
      acceptLanguage: c.req.header("accept-language"),
      at: clock.now(),
      ...(profileId === undefined ? {} : { profileId }),
    });

  app.openapi(routes.listTitles, async (c) => {
    const { limit, cursor, locale } = c.req.valid("query");
    const after = cursor === undefined ? undefined : requireCursor(cursor, 1)[0];
    const { titles, next } = await listTitles(database, await ask(c, locale), { after, limit });
    return c.json({ titles: [...titles], nextCursor: next === null ? null : encodeCursor([next]) }, 200);
  });

  app.openapi(routes.getTitle, async (c) => {
    const asker = await ask(c, c.req.valid("query").locale);
    return c.json(orNotFound(await getTitle(database, asker, c.req.valid("param").titleId)), 200);
  });

  app.openapi(routes.getSeasons, async (c) => {
    const asker = await ask(c, c.req.valid("query").locale);
    return c.json(orNotFound(await getSeasons(database, asker, c.req.valid("param").titleId)), 200);
  });

  app.openapi(routes.getPerson, async (c) => {
    const asker = await ask(c, c.req.valid("query").locale);
    return c.json(orNotFound(await getPerson(database, asker, c.req.valid("param").personId)), 200);
  });

  app.openapi(routes.listGenres, async (c) =>
    c.json(await listGenres(database, await ask(c, c.req.valid("query").locale)), 200),
  );

  app.openapi(routes.listCollections, async (c) =>
    c.json(await listCollections(database, await ask(c, c.req.valid("query").locale)), 200),
  );

  app.openapi(routes.getCollection, async (c) => {
    const asker = await ask(c, c.req.valid("query").locale);
    return c.json(orNotFound(await getCollection(database, asker, c.req.valid("param").collectionId)), 200);
  });

  const preferencesPage = async (kind: "watchlist" | "rate", asker: Asker, profileId: ProfileId, query: PageQuery) => {
    const [statedAt, titleId] = query.cursor === undefined ? [] : requireCursor(query.cursor, 2);
    if (statedAt !== undefined && Number.isNaN(Date.parse(statedAt))) throw brokenCursor();
    const before = statedAt !== undefined && titleId !== undefined ? { statedAt, titleId } : undefined;
    const found = await listPreferences(database, asker, { profileId, kind, before, limit: query.limit + 1 });
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    const nextCursor = found.length > query.limit && last ? encodeCursor([last.statedAt, last.titleId]) : null;
    const shown = page.flatMap(({ title, value, statedAt }) => (title ? [{ title, value, statedAt }] : []));
    const unavailableCount = page.length - shown.length;
    return { shown, nextCursor, counted: unavailableCount === 0 ? {} : { unavailableCount } };
  };

  app.openapi(routes.getWatchlist, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const query = c.req.valid("query");
    const asker = await ask(c, query.locale, profileId);
    const { shown, nextCursor, counted } = await preferencesPage("watchlist", asker, profileId, query);
    const items = shown.map(({ title, statedAt }) => ({ title, addedAt: statedAt }));
    return c.json({ profileId, items, nextCursor, ...counted }, 200);
  });

  app.openapi(routes.getRatings, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const query = c.req.valid("query");
    const asker = await ask(c, query.locale, profileId);
    const { shown, nextCursor, counted } = await preferencesPage("rate", asker, profileId, query);
    const items = shown.map(({ title, statedAt, value }) => ({ title, stars: value ?? 0, ratedAt: statedAt }));
    return c.json({ profileId, items, nextCursor, ...counted }, 200);
  });

  async function state(events: readonly StatedEvent[]): Promise<Awaited<ReturnType<typeof applyStated>>> {
    const outcomes = await applyStated(database, events);
    const applied = events.filter((_, place) => outcomes[place]?.kind === "applied");
    if (applied.length === 0) return outcomes;
    onStated?.();
    if (applyNow) await applyInTime(applyNow, applied);
    return outcomes;
  }

  async function applyInTime(apply: NonNullable<typeof applyNow>, events: readonly StatedEvent[]): Promise<void> {
    const answered = new AbortController();
    const applying = apply(events).catch((err: unknown) =>
      log.warn({ err }, "what was stated reaches the pages by the log only"),
    );
    const late = clock.sleep(APPLY_NOW_MS_MAX, answered.signal).catch(() => undefined);
    await Promise.race([applying, late]);
    answered.abort();
  }

  const putRowEvent = async (
    c: Context<AppEnv>,
    type: "continue_hidden" | "continue_hidden_undo",
    { profileId, titleId }: { readonly profileId: ProfileId; readonly titleId: TitleId },
  ) => {
    const identity = c.get("identity");
    requireOwn(identity, profileId);
    orNotFound(await getTitle(database, await ask(c, undefined), titleId));
    const [outcome] = await state([rowEvent(type, { profileId, titleId, identity, at: clock.now() })]);
    if (outcome?.kind !== "applied") throw new ProblemError(problem("not-found"));
    return c.body(null, 204);
  };
  app.openapi(routes.hideFromContinueWatching, (c) => putRowEvent(c, "continue_hidden", c.req.valid("param")));
  app.openapi(routes.unhideFromContinueWatching, (c) => putRowEvent(c, "continue_hidden_undo", c.req.valid("param")));

  app.openapi(routes.getWishes, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const asker = await ask(c, c.req.valid("query").locale, profileId);
    return c.json(await listWishes(database, asker, { profileId, at: new Date(clock.now()), names }), 200);
  });

  app.openapi(routes.putWish, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const wish = await readJson(c, Wish, {
      bytesMax: WISH_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
    const outcome = await putWish(database, profileId, wish, new Date(clock.now()));
    if (outcome === "too_many")
      throw new ProblemError(
        problem("conflict", { detail: `A profile has at most ${WISHES_PER_PROFILE_MAX} wishes.` }),
      );
    if (outcome === "no_words")
      throw new ProblemError(
        problem("bad-request", { errors: [{ path: "query", message: "holds no letter and no digit" }] }),
      );
    return c.body(null, 204);
  });

  app.openapi(routes.dropWish, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const wish = Wish.safeParse(c.req.valid("query"));
    if (!wish.success)
      throw new ProblemError(
        problem("bad-request", { errors: [{ path: "titleId", message: "say titleId or query, one of them" }] }),
      );
    await dropWish(database, profileId, wish.data);
    return c.body(null, 204);
  });

  app.openapi(routes.readCatalogue, async (c) => {
    const held = c.req.header("if-none-match");
    if (held !== undefined && held === etagOf(await readCatalogueVersion(database))) {
      return c.body(null, 304, { etag: held });
    }
    const slice = await readCatalogueSlice(database, c.req.valid("query"));
    c.header("etag", etagOf(slice.version));
    return c.json(slice, 200);
  });

  app.openapi(routes.getProfile, async (c) => {
    const profile = await getProfile(database, c.req.valid("param").profileId);
    if (!profile) throw new ProblemError(problem("not-found"));
    return c.json(profile, 200);
  });

  app.openapi(routes.applyStated, async (c) => {
    const { events } = await readJson(c, StatedCommands, {
      bytesMax: STATED_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
    return c.json({ outcomes: await state(events) }, 200);
  });

  app.openapi(routes.claimArrivals, async (c) => c.json(await claimArrivals(database, clock.now()), 200));

  app.openapi(routes.tellArrivals, async (c) => {
    const { claimIds } = await readJson(c, ToldArrivals, {
      bytesMax: TOLD_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
    await markTold(database, claimIds, clock.now());
    return c.body(null, 204);
  });

  addTasteRoutes(app, { clock, state, onProfiling });
  addEditorRoutes(app, { database, clock });
  addSearchRoutes(app, { index, askerOf: ask });

  return app;
}

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

function orNotFound<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new ProblemError(problem("not-found"));
  return value;
}

const etagOf = (version: string) => `"${version}"`;

const brokenCursor = () =>
  new ProblemError(
    problem("bad-request", { errors: [{ path: "cursor", message: "not a cursor that an earlier page gave" }] }),
  );

function requireCursor(cursor: string, partCount: number): readonly string[] {
  const parts = decodeCursor(cursor, partCount);
  if (!parts) throw brokenCursor();
  return parts;
}
