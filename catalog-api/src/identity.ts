/**
 * Who asks, from the internal token alone, and whether a route is theirs. Without a valid token nothing but the API's
 * own description answers; a route answers only the roles that it names.
 */
import { Identity, type Role } from "@thewatcher/contracts/identity";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import { createBearerReader, type TokenVerifier } from "@thewatcher/kit/internal-token";
import type { MiddlewareHandler } from "hono";

export interface AppEnv {
  Variables: { identity: Identity; requestId: string };
}

/** 401 unless the bearer token verifies and carries an identity. */
export function identify(verifier: TokenVerifier): MiddlewareHandler<AppEnv> {
  const read = createBearerReader(verifier, (claims) => Identity.safeParse(claims).data);
  return async function identifyMiddleware(c, next) {
    const identity = await read(c.req.header("authorization"));
    if (!identity) throw new ProblemError(problem("unauthenticated"));
    c.set("identity", identity);
    await next();
  };
}

/** 403 for every other role. */
export function allow(roles: readonly Role[]): MiddlewareHandler<AppEnv> {
  return async function allowMiddleware(c, next) {
    if (!roles.includes(c.get("identity").role)) throw new ProblemError(problem("forbidden"));
    await next();
  };
}

/** A viewer reads the profile of the session only; of another one not even that it exists. */
export function requireOwn(identity: Identity, profileId: ProfileId): void {
  if (identity.role !== "service" && identity.profileId !== profileId) throw new ProblemError(problem("not-found"));
}
