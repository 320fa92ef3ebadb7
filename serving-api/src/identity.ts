/** Who asks, from the internal token alone. */
import { Identity } from "@thewatcher/contracts/identity";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import { createBearerReader, type TokenVerifier } from "@thewatcher/kit/internal-token";

/** Throws 401 unless `authorization` bears a token that verifies and carries an identity. */
export function createIdentify(verifier: TokenVerifier): (authorization: string | undefined) => Promise<Identity> {
  const read = createBearerReader(verifier, (claims) => Identity.safeParse(claims).data);
  return async function identify(authorization) {
    const identity = await read(authorization);
    if (!identity) throw new ProblemError(problem("unauthenticated"));
    return identity;
  };
}
