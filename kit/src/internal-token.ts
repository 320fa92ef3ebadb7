/**
 * Tokens between services: JWT, EdDSA only, one audience each, at most 60 s old. The gateway signs, a service verifies
 * with the public key alone. A signature costs ~0.1 ms, so the signer reuses a token for half its life and the verifier
 * remembers the tokens that it has checked until they expire: a request on the hot path costs a map look-up.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { decodeJwt, jwtVerify, SignJWT } from "jose";
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

/**
 * Keys out of a setting: PKCS #8 as PEM (line breaks may be the two characters `\n`, as files of variables carry them) or
 * its DER in base64. Throws for anything but an Ed25519 private key; what was given stands in no message.
 */
export function tokenKeysOf(text: string): TokenKeys {
  const privateKey = readPrivateKey(text.trim());
  if (privateKey?.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 private key");
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function readPrivateKey(text: string): KeyObject | undefined {
  try {
    if (text.startsWith("-----")) return createPrivateKey(text.replaceAll("\\n", "\n"));
    return createPrivateKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs8" });
  } catch {
    return undefined;
  }
}

/** One line that `tokenKeysOf` reads. */
export const encodeTokenKeys = ({ privateKey }: TokenKeys): string =>
  privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");

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

/** Clocks of two machines differ: a token may be from this far ahead of ours. */
const CLOCK_SKEW_MS_MAX = 5_000;

/** `now`, or the moment at which the token says that it was issued where that is a little ahead. Checked with the rest. */
function laterOfNowAndIssue(token: string, now: number): number {
  const issuedAt = (decodeJwt(token).iat ?? 0) * 1000;
  return issuedAt > now && issuedAt - now <= CLOCK_SKEW_MS_MAX ? issuedAt : now;
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
          currentDate: new Date(laterOfNowAndIssue(token, now)),
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

const BEARER = /^Bearer ([\w.-]+)$/i;

/**
 * Who a request's `authorization` says it is: the claims of its token as `parse` reads them, or undefined. Parsed once a
 * token: the verifier answers the same object for a token that it remembers.
 */
export function createBearerReader<Identity extends object>(
  verifier: TokenVerifier,
  parse: (claims: Claims) => Identity | undefined,
): (authorization: string | undefined) => Promise<Identity | undefined> {
  const parsed = new WeakMap<Claims, Identity>();
  return async (authorization) => {
    const token = BEARER.exec(authorization ?? "")?.[1];
    const claims = token === undefined ? undefined : await verifier.verify(token);
    if (!claims) return undefined;
    const known = parsed.get(claims);
    if (known) return known;
    const identity = parse(claims);
    if (identity) parsed.set(claims, identity);
    return identity;
  };
}
