/**
 * The catalogue and what people stated of it, over HTTP. Behind the gateway: it believes the internal token alone, and
 * each route names the roles that it answers.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import {
  CATALOGUE_SLICE_MAX,
  CatalogueSlice,
  Profile,
  RatingsPage,
  TITLES_PER_PAGE_MAX,
  TitleDetails,
  TitlesPage,
  WatchlistPage,
} from "@thewatcher/contracts/api/catalogue";
import { StatedCommands, StatedOutcomes } from "@thewatcher/contracts/api/stated";
import type { Identity, Role } from "@thewatcher/contracts/identity";
import { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { Problem, type ProblemSlug, problem, problemTypes } from "@thewatcher/contracts/problems";
import type { Clock } from "@thewatcher/kit/clock";
import { handleErrors, issuesOf, ProblemError, readJson, requestId } from "@thewatcher/kit/http";
import type { TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type AppEnv, allow, identify } from "./identity.ts";
import { listPreferences } from "./preferences.ts";
import { getProfile } from "./profiles.ts";
import { applyStated } from "./stated.ts";
import { getTitle, listTitles, readCatalogueSlice, readCatalogueVersion } from "./titles.ts";

/** Who may ask for what. A route without a line here does not exist. */
export const roles = {
  listTitles: ["viewer", "service"],
  getTitle: ["viewer", "service"],
  getWatchlist: ["viewer", "service"],
  getRatings: ["viewer", "service"],
  readCatalogue: ["service"],
  getProfile: ["service"],
  applyStated: ["service"],
} as const satisfies Record<string, readonly Role[]>;

/** 500 stored events of the largest kind are about 600 KB. */
const STATED_BYTES_MAX = 2_097_152;
const TITLES_PER_PAGE_DEFAULT = 50;
const PREFERENCES_PER_PAGE_MAX = 200;
const PREFERENCES_PER_PAGE_DEFAULT = 100;

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  content: { "application/json": { schema } },
  description,
});
const problems = (...slugs: ProblemSlug[]) =>
  Object.fromEntries(
    slugs.map((slug) => [
      problemTypes[slug].status,
      { content: { "application/problem+json": { schema: Problem } }, description: problemTypes[slug].title },
    ]),
  );
const page = (limitMax: number, limitDefault: number) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(limitMax).default(limitDefault),
    cursor: z.string().max(400).optional(),
  });

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
    request: { params: z.object({ titleId: TitleId }) },
    responses: { 200: json(TitleDetails, "The title"), ...problems("unauthenticated", "forbidden", "not-found") },
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
};

export interface CatalogApiDeps {
  readonly database: Database;
  /** For the audience `catalog`. */
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after a commit that put events into the outbox: the relay's `kick`. */
  readonly onStated?: () => void;
}

export function createCatalogApi({ database, verifier, log, onStated }: CatalogApiDeps): OpenAPIHono<AppEnv> {
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

  app.openapi(routes.listTitles, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? undefined : requireCursor(cursor, 1)[0];
    const titles = await listTitles(database, { after, limit: limit + 1 });
    const shown = titles.slice(0, limit);
    const last = shown.at(-1);
    return c.json(
      { titles: shown, nextCursor: titles.length > limit && last ? encodeCursor([last.titleId]) : null },
      200,
    );
  });

  app.openapi(routes.getTitle, async (c) => {
    const title = await getTitle(database, c.req.valid("param").titleId);
    if (!title) throw new ProblemError(problem("not-found"));
    return c.json(title, 200);
  });

  const preferencesPage = async (kind: "watchlist" | "rate", profileId: ProfileId, query: PageQuery) => {
    const [statedAt, titleId] = query.cursor === undefined ? [] : requireCursor(query.cursor, 2);
    if (statedAt !== undefined && Number.isNaN(Date.parse(statedAt))) throw brokenCursor();
    const before = statedAt !== undefined && titleId !== undefined ? { statedAt, titleId } : undefined;
    const found = await listPreferences(database, { profileId, kind, before, limit: query.limit + 1 });
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    const nextCursor = found.length > query.limit && last ? encodeCursor([last.statedAt, last.title.titleId]) : null;
    return { shown, nextCursor };
  };

  app.openapi(routes.getWatchlist, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const { shown, nextCursor } = await preferencesPage("watchlist", profileId, c.req.valid("query"));
    const items = shown.map(({ title, statedAt }) => ({ title, addedAt: statedAt }));
    return c.json({ profileId, items, nextCursor }, 200);
  });

  app.openapi(routes.getRatings, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const { shown, nextCursor } = await preferencesPage("rate", profileId, c.req.valid("query"));
    const items = shown.map(({ title, statedAt, value }) => ({ title, stars: value ?? 0, ratedAt: statedAt }));
    return c.json({ profileId, items, nextCursor }, 200);
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
    const outcomes = await applyStated(database, events);
    if (outcomes.some((outcome) => outcome.kind === "applied")) onStated?.();
    return c.json({ outcomes }, 200);
  });

  return app;
}

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const etagOf = (version: string) => `"${version}"`;

/** A viewer reads the profile of the session only; of another one not even that it exists. */
function requireOwn(identity: Identity, profileId: ProfileId): void {
  if (identity.role !== "service" && identity.profileId !== profileId) throw new ProblemError(problem("not-found"));
}

const brokenCursor = () =>
  new ProblemError(
    problem("bad-request", { errors: [{ path: "cursor", message: "not a cursor that an earlier page gave" }] }),
  );

function requireCursor(cursor: string, partCount: number): readonly string[] {
  const parts = decodeCursor(cursor, partCount);
  if (!parts) throw brokenCursor();
  return parts;
}
