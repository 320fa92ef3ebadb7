/**
 * Tokens between services: JWT, EdDSA only, one audience each, at most 60 s old. The gateway signs, a service verifies
 * with the public key alone. A signature costs ~0.1 ms, so the signer reuses a token for half its life and the verifier
 * remembers the tokens that it has checked until they expire: a request on the hot path costs a map look-up.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "./clock.ts";

export const INTERNAL_TOKEN_TTL_SECONDS = 60;
const REUSE_MS = 30_000;
/** Tokens remembered by a signer or a verifier: 20,000 × ~0.5 KB = 10 MB. */
const REMEMBERED_MAX = 20_000;
const ALGORITHM = "EdDSA";
const ISSUER = "thewatcher-gateway";

export interface TokenKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function generateTokenKeys(): TokenKeys {
  return generateKeyPairSync("ed25519");
}

/** PEM (PKCS #8) to keys. */
export function tokenKeysOf(privatePem: string): TokenKeys {
  const privateKey = createPrivateKey(privatePem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenSigner {
  /** A token for `audience` that carries `claims`. The same claims get the same token for 30 s. */
  sign(audience: string, claims: Claims): Promise<string>;
}

export function createTokenSigner(deps: { readonly privateKey: KeyObject; readonly clock: Clock }): TokenSigner {
  const remembered = new Map<string, { token: string; until: number }>();
  return {
    async sign(audience, claims) {
      const now = deps.clock.now();
      const key = `${audience}\n${JSON.stringify(claims)}`;
      const known = remembered.get(key);
      if (known && known.until > now) return known.token;
      const issuedAt = Math.floor(now / 1000);
      const token = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + INTERNAL_TOKEN_TTL_SECONDS)
        .sign(deps.privateKey);
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(key, { token, until: now + REUSE_MS });
      return token;
    },
  };
}

export interface TokenVerifier {
  /** The claims, or undefined for anything forged, expired, for somebody else, or of another algorithm. */
  verify(token: string): Promise<Claims | undefined>;
}

export function createTokenVerifier(deps: {
  readonly publicKey: KeyObject;
  readonly audience: string;
  readonly clock: Clock;
}): TokenVerifier {
  const remembered = new Map<string, { claims: Claims; until: number }>();
  return {
    async verify(token) {
      const now = deps.clock.now();
      const known = remembered.get(token);
      if (known) {
        if (known.until > now) return known.claims;
        remembered.delete(token);
        return undefined;
      }
      try {
        const { payload } = await jwtVerify(token, deps.publicKey, {
          algorithms: [ALGORITHM],
          audience: deps.audience,
          issuer: ISSUER,
          currentDate: new Date(now),
          maxTokenAge: INTERNAL_TOKEN_TTL_SECONDS,
          requiredClaims: ["exp", "iat"],
        });
        const { aud, iat = 0, exp = 0 } = payload;
        // jwtVerify takes a token for several audiences, and one that says it lives long: neither is the gateway's.
        if (aud !== deps.audience || exp - iat > INTERNAL_TOKEN_TTL_SECONDS) return undefined;
        if (remembered.size >= REMEMBERED_MAX) remembered.clear();
        remembered.set(token, { claims: payload, until: exp * 1000 });
        return payload;
      } catch {
        return undefined;
      }
    },
  };
}
