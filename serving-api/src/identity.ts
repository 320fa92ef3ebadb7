/** Who asks, from the internal token alone. */
import { Identity } from "@thewatcher/contracts/identity";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import type { Claims, TokenVerifier } from "@thewatcher/kit/internal-token";

const BEARER = /^Bearer ([\w.-]+)$/;

/** Throws 401 unless `authorization` bears a token that verifies and carries an identity. */
export function createIdentify(verifier: TokenVerifier): (authorization: string | undefined) => Promise<Identity> {
  // The verifier answers the same object for a token that it remembers, so that claims are parsed once a token.
  const identities = new WeakMap<Claims, Identity>();
  return async function identify(authorization) {
    const token = BEARER.exec(authorization ?? "")?.[1];
    const claims = token === undefined ? undefined : await verifier.verify(token);
    if (!claims) throw new ProblemError(problem("unauthenticated"));
    const known = identities.get(claims);
    if (known) return known;
    const parsed = Identity.safeParse(claims);
    if (!parsed.success) throw new ProblemError(problem("unauthenticated"), parsed.error);
    identities.set(claims, parsed.data);
    return parsed.data;
  };
}
