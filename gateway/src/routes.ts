/**
 * The table of the public door: every method and path that answers, to whom, and where it goes. What is not in it is
 * 404; a role that is not named is refused. `routes.test.ts` walks it, route by role.
 */
import type { Role, ServiceName } from "@thewatcher/contracts/identity";
import type { RequestKind } from "@thewatcher/contracts/request-kinds";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** `anonymous`: no session and no token at all. */
export type Caller = Role | "anonymous";

/**
 * What a viewer must have beside the session. `chosen_profile`: a profile chosen on this device; `own_profile`: the
 * `:profileId` of the path belongs to the session's account (of any other it does not even say that it exists).
 */
export type Need = "chosen_profile" | "own_profile";

interface RouteBase {
  readonly method: Method;
  readonly path: string;
  readonly callers: readonly Caller[];
}
export interface ForwardedRoute extends RouteBase {
  readonly to: ServiceName;
  readonly needs?: Need;
  /**
   * What it is refused as when there is too much to do. Absent: never, as nothing of the gateway's own is (health, who is
   * signed in): commands of a person, and the work of those who run the service.
   */
  readonly shedAs?: RequestKind;
}
export interface OwnRoute extends RouteBase {
  readonly to: "gateway";
  readonly name: string;
}
export type Route = ForwardedRoute | OwnRoute;

export const everyone = ["anonymous", "viewer", "analyst", "product", "editor", "operator", "service"] as const;
/** Machines have tokens, not sessions. */
const people = ["anonymous", "viewer"] as const;
/** Of business rules and who changed them. */
const rulesReaders = ["analyst", "product", "editor", "operator"] as const;
const rulesWriters = ["product", "editor", "operator"] as const;
const rulesPublishers = ["product", "operator"] as const;

export const forwardedRoutes = [
  {
    method: "POST",
    path: "/api/v1/events",
    callers: ["viewer", "service"],
    to: "ingestion",
    needs: "chosen_profile",
    shedAs: "events",
  },
  { method: "GET", path: "/api/v1/home", callers: ["viewer"], to: "serving", needs: "chosen_profile", shedAs: "home" },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/home",
    callers: ["viewer", "service"],
    to: "serving",
    needs: "own_profile",
    shedAs: "home",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/recommendations",
    callers: ["viewer", "service"],
    to: "serving",
    needs: "own_profile",
    shedAs: "home",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/candidates",
    callers: ["analyst", "product", "operator", "service"],
    to: "serving",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/why-not/:titleId",
    callers: ["viewer", "analyst", "product", "service"],
    to: "serving",
    needs: "own_profile",
    shedAs: "home",
  },
  {
    method: "GET",
    path: "/api/v1/titles/:titleId/similar",
    callers: ["viewer", "service"],
    to: "serving",
    shedAs: "home",
  },
  { method: "GET", path: "/api/v1/titles/:titleId", callers: ["viewer", "service"], to: "catalog", shedAs: "play" },
  { method: "GET", path: "/api/v1/titles", callers: ["viewer", "service"], to: "catalog", shedAs: "search" },
  {
    method: "GET",
    path: "/api/v1/search",
    callers: ["viewer", "service"],
    to: "catalog",
    needs: "chosen_profile",
    shedAs: "search",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/watchlist",
    callers: ["viewer", "service"],
    to: "catalog",
    needs: "own_profile",
    shedAs: "resume",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/ratings",
    callers: ["viewer", "service"],
    to: "catalog",
    needs: "own_profile",
    shedAs: "resume",
  },
  {
    method: "GET",
    path: "/api/v1/titles/:titleId/seasons",
    callers: ["viewer", "service"],
    to: "catalog",
    shedAs: "play",
  },
  { method: "GET", path: "/api/v1/people/:personId", callers: ["viewer", "service"], to: "catalog", shedAs: "search" },
  { method: "GET", path: "/api/v1/genres", callers: ["viewer", "service"], to: "catalog", shedAs: "search" },
  { method: "GET", path: "/api/v1/collections", callers: ["viewer", "service"], to: "catalog", shedAs: "search" },
  {
    method: "GET",
    path: "/api/v1/collections/:collectionId",
    callers: ["viewer", "service"],
    to: "catalog",
    shedAs: "search",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/leaving",
    callers: ["viewer", "service"],
    to: "serving",
    needs: "own_profile",
    shedAs: "home",
  },
  {
    method: "PUT",
    path: "/api/v1/profiles/:profileId/continue-watching/:titleId/hidden",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "DELETE",
    path: "/api/v1/profiles/:profileId/continue-watching/:titleId/hidden",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/taste",
    callers: ["viewer", "service"],
    to: "serving",
    needs: "own_profile",
    shedAs: "home",
  },
  {
    method: "PUT",
    path: "/api/v1/profiles/:profileId/taste",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "PUT",
    path: "/api/v1/profiles/:profileId/history/:titleId/forgotten",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "DELETE",
    path: "/api/v1/profiles/:profileId/history/:titleId/forgotten",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "PUT",
    path: "/api/v1/profiles/:profileId/profiling",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "GET",
    path: "/api/v1/profiles/:profileId/wishes",
    callers: ["viewer", "service"],
    to: "catalog",
    needs: "own_profile",
    shedAs: "resume",
  },
  {
    method: "PUT",
    path: "/api/v1/profiles/:profileId/wishes",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  {
    method: "DELETE",
    path: "/api/v1/profiles/:profileId/wishes",
    callers: ["viewer"],
    to: "catalog",
    needs: "own_profile",
  },
  { method: "POST", path: "/api/v1/editor/titles", callers: ["editor"], to: "catalog" },
  { method: "GET", path: "/api/v1/editor/titles/:titleId", callers: ["editor"], to: "catalog" },
  { method: "PATCH", path: "/api/v1/editor/titles/:titleId", callers: ["editor"], to: "catalog" },
  { method: "GET", path: "/api/v1/editor/titles/:titleId/history", callers: ["editor"], to: "catalog" },
  { method: "POST", path: "/api/v1/editor/titles/:titleId/undo/:revision", callers: ["editor"], to: "catalog" },
  { method: "POST", path: "/api/v1/editor/collections", callers: ["editor"], to: "catalog" },
  { method: "GET", path: "/api/v1/editor/collections/:collectionId", callers: ["editor"], to: "catalog" },
  { method: "PUT", path: "/api/v1/editor/collections/:collectionId", callers: ["editor"], to: "catalog" },
  { method: "GET", path: "/api/v1/editor/collections/:collectionId/history", callers: ["editor"], to: "catalog" },
  {
    method: "POST",
    path: "/api/v1/editor/collections/:collectionId/undo/:revision",
    callers: ["editor"],
    to: "catalog",
  },
  { method: "GET", path: "/api/v1/control/rules", callers: rulesReaders, to: "control" },
  { method: "POST", path: "/api/v1/control/rules", callers: rulesWriters, to: "control" },
  { method: "POST", path: "/api/v1/control/dry-run", callers: rulesWriters, to: "control" },
  { method: "GET", path: "/api/v1/control/rules/:version", callers: rulesReaders, to: "control" },
  { method: "PUT", path: "/api/v1/control/rules/:version", callers: rulesWriters, to: "control" },
  { method: "DELETE", path: "/api/v1/control/rules/:version", callers: rulesWriters, to: "control" },
  { method: "POST", path: "/api/v1/control/rules/:version/publish", callers: rulesPublishers, to: "control" },
  { method: "POST", path: "/api/v1/control/rules/:version/rollback", callers: rulesPublishers, to: "control" },
  { method: "GET", path: "/api/v1/control/audit", callers: rulesReaders, to: "control" },
  { method: "GET", path: "/api/v1/control/audit/:entryId", callers: rulesReaders, to: "control" },
] as const satisfies readonly ForwardedRoute[];

export const ownRoutes = [
  { method: "GET", path: "/api/v1/demo/accounts", callers: people, to: "gateway", name: "listDemoAccounts" },
  { method: "POST", path: "/api/v1/session", callers: people, to: "gateway", name: "signIn" },
  { method: "GET", path: "/api/v1/session", callers: people, to: "gateway", name: "getSession" },
  { method: "PUT", path: "/api/v1/session/profile", callers: ["viewer"], to: "gateway", name: "chooseProfile" },
  { method: "DELETE", path: "/api/v1/session", callers: ["viewer"], to: "gateway", name: "signOut" },
  { method: "POST", path: "/api/v1/session/handover", callers: ["viewer"], to: "gateway", name: "handOver" },
  { method: "GET", path: "/sign-in", callers: people, to: "gateway", name: "redeemTicket" },
  { method: "POST", path: "/api/v1/sign-up", callers: people, to: "gateway", name: "signUp" },
  { method: "POST", path: "/api/v1/sign-up/resend", callers: people, to: "gateway", name: "resendSignUp" },
  { method: "POST", path: "/api/v1/sign-up/verify", callers: people, to: "gateway", name: "verifySignUp" },
  { method: "POST", path: "/api/v1/password/reset", callers: people, to: "gateway", name: "askForReset" },
  { method: "POST", path: "/api/v1/password/reset/confirm", callers: people, to: "gateway", name: "resetPassword" },
  { method: "GET", path: "/api/v1/account", callers: ["viewer"], to: "gateway", name: "getAccount" },
  { method: "PUT", path: "/api/v1/account", callers: ["viewer"], to: "gateway", name: "changeAccount" },
  { method: "PUT", path: "/api/v1/account/password", callers: ["viewer"], to: "gateway", name: "changePassword" },
  { method: "POST", path: "/api/v1/account/email", callers: ["viewer"], to: "gateway", name: "changeEmail" },
  { method: "POST", path: "/api/v1/account/email/confirm", callers: people, to: "gateway", name: "confirmEmail" },
  { method: "GET", path: "/api/v1/devices", callers: ["viewer"], to: "gateway", name: "listDevices" },
  { method: "DELETE", path: "/api/v1/devices", callers: ["viewer"], to: "gateway", name: "signOutEverywhere" },
  { method: "DELETE", path: "/api/v1/devices/:deviceId", callers: ["viewer"], to: "gateway", name: "signOutDevice" },
  { method: "POST", path: "/api/v1/profiles", callers: ["viewer"], to: "gateway", name: "createProfile" },
  { method: "PUT", path: "/api/v1/profiles/:profileId", callers: ["viewer"], to: "gateway", name: "changeProfile" },
  { method: "PUT", path: "/api/v1/profiles/:profileId/pin", callers: ["viewer"], to: "gateway", name: "changePin" },
  {
    method: "POST",
    path: "/api/v1/profiles/:profileId/erase",
    callers: ["viewer"],
    to: "gateway",
    name: "eraseProfile",
  },
  { method: "GET", path: "/api/v1/zone", callers: everyone, to: "gateway", name: "getZone" },
  { method: "GET", path: "/api/docs", callers: everyone, to: "gateway", name: "getDocs" },
  { method: "GET", path: "/api/openapi.json", callers: everyone, to: "gateway", name: "getOpenApi" },
  { method: "GET", path: "/healthz", callers: everyone, to: "gateway", name: "getHealth" },
  { method: "GET", path: "/readyz", callers: everyone, to: "gateway", name: "getReadiness" },
  {
    method: "GET",
    path: "/recommendations-rules",
    callers: everyone,
    to: "gateway",
    name: "getRecommendationRules",
  },
  { method: "GET", path: "/docs/problems/:slug", callers: everyone, to: "gateway", name: "getProblemPage" },
] as const satisfies readonly OwnRoute[];

export type OwnRouteName = (typeof ownRoutes)[number]["name"];

export const routes: readonly Route[] = [...forwardedRoutes, ...ownRoutes];
