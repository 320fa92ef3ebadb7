/**
 * The routes as OpenAPI describes them. Only described here: the handlers of app.ts parse the few parameters by hand,
 * since a schema's walk over a request costs more than composing a list.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { LeavingView } from "@thewatcher/contracts/api/catalogue";
import { json, problems } from "@thewatcher/contracts/api/responses";
import { CandidatesView, HomePage, RecommendationList, SimilarTitles, WhyNot } from "@thewatcher/contracts/api/serving";
import { TasteView } from "@thewatcher/contracts/api/taste";
import { TASTE_EDITS_MAX } from "@thewatcher/contracts/events";
import { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { Locale } from "@thewatcher/contracts/locales";
import { EXCLUDED_MAX, LIST_COUNT_DEFAULT, MINUTES_MAX } from "./parameters.ts";
import { LIST_COUNT_MAX } from "./slate.ts";
import { SOURCES } from "./sources/source.ts";

const exclude = z
  .string()
  .optional()
  .openapi({ description: `Title ids, comma between, at most ${EXCLUDED_MAX}` });
const n = z.number().int().min(1).max(LIST_COUNT_MAX).default(LIST_COUNT_DEFAULT);
const locale = Locale.optional();
const minutes = z
  .number()
  .int()
  .min(1)
  .max(MINUTES_MAX)
  .optional()
  .openapi({ description: "Nothing that lasts longer; of what was begun, what is left of it" });
const along = ProfileId.optional().openapi({ description: "Another profile of the same account: a page for two" });
const taste = z
  .string()
  .optional()
  .openapi({
    description: `A preview with these corrections instead of those in force, none of it saved: genre:Drama:1,decade:1990:-1,
at most ${TASTE_EDITS_MAX}`,
  });
const wish = { exclude, minutes, with: along, taste, locale };
const profile = z.object({ profileId: ProfileId });

export const describedRoutes = [
  createRoute({
    method: "get",
    path: "/api/v1/home",
    operationId: "getHome",
    summary: "The page of the profile that is signed in",
    request: { query: z.object(wish) },
    responses: {
      200: json(HomePage, "A page; `degradations` names what it had to do without"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/home",
    operationId: "getProfileHome",
    summary: "The page of a profile: one's own, or any for a service",
    request: { params: profile, query: z.object(wish) },
    responses: {
      200: json(HomePage, "A page"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/taste",
    operationId: "getTaste",
    summary: "What the service believes that a profile likes, why, and what the viewer corrected of it",
    request: { params: profile, query: z.object({ taste, locale }) },
    responses: {
      200: json(TasteView, "The taste sheet"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/recommendations",
    operationId: "getRecommendations",
    summary: "A plain list, best first: one's own, or any for a service",
    request: { params: profile, query: z.object({ n, ...wish }) },
    responses: {
      200: json(RecommendationList, "A list"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/candidates",
    operationId: "getCandidates",
    summary: "What each source alone gives a profile, and what each stage of its page does",
    request: {
      params: profile,
      query: z.object({
        source: z.enum(SOURCES).optional().openapi({ description: "One source; absent: all of them" }),
        n,
        stages: z.enum(["true", "false"]).optional(),
        ...wish,
      }),
    },
    responses: {
      200: json(CandidatesView, "The candidates, with scores and milliseconds"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/why-not/{titleId}",
    operationId: "getWhyNot",
    summary:
      "Why a title is not on a profile's page, or where it is: one's own profile, or any for those who run the service",
    request: { params: profile.extend({ titleId: TitleId }), query: z.object(wish) },
    responses: {
      200: json(WhyNot, "What became of the title"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/titles/{titleId}/similar",
    operationId: "getSimilarTitles",
    summary: "More like this",
    request: { params: z.object({ titleId: TitleId }), query: z.object({ n, exclude, locale }) },
    responses: {
      200: json(SimilarTitles, "The titles most like it"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
  createRoute({
    method: "get",
    path: "/api/v1/profiles/{profileId}/leaving",
    operationId: "getLeaving",
    summary: "What of the watchlist and of what was begun leaves within 14 days, the soonest first",
    request: { params: profile, query: z.object({ locale }) },
    responses: {
      200: json(LeavingView, "The titles"),
      ...problems("bad-request", "unauthenticated", "forbidden", "not-found"),
    },
  }),
] as const;
