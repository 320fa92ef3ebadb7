/**
 * Who asks, from the internal token alone, and whether a route is theirs. Without a valid token nothing but the API's
 * own description answers; a route answers only the roles that it names.
 */
import { Identity, type Role } from "@thewatcher/contracts/identity";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import type { Claims, TokenVerifier } from "@thewatcher/kit/internal-token";
import type { MiddlewareHandler } from "hono";

export interface AppEnv {
  Variables: { identity: Identity; requestId: string };
}

const BEARER = /^Bearer ([\w.-]+)$/;

/** 401 unless the bearer token verifies and carries an identity. */
export function identify(verifier: TokenVerifier): MiddlewareHandler<AppEnv> {
  // The verifier answers the same object for a token that it remembers, so that claims are parsed once a token.
  const identities = new WeakMap<Claims, Identity>();
  return async function identifyMiddleware(c, next) {
    const token = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
    const claims = token === undefined ? undefined : await verifier.verify(token);
    if (!claims) throw new ProblemError(problem("unauthenticated"));
    let identity = identities.get(claims);
    if (!identity) {
      const parsed = Identity.safeParse(claims);
      if (!parsed.success) throw new ProblemError(problem("unauthenticated"), parsed.error);
      identity = parsed.data;
      identities.set(claims, identity);
    }
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
