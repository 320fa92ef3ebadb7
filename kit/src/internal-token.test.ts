import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { CompactSign, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createSimulatedClock } from "./clock.ts";
import {
  createBearerReader,
  createTokenSigner,
  createTokenVerifier,
  encodeTokenKeys,
  generateTokenKeys,
  INTERNAL_TOKEN_TTL_SECONDS,
  tokenKeysOf,
} from "./internal-token.ts";

const START = Date.UTC(2026, 10, 23, 10);
const ISSUER = "thewatcher-gateway";
const claims = { role: "viewer", accountId: "a", country: "BY" };

function setUp() {
  const clock = createSimulatedClock(START);
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "serving", clock });
  const seconds = START / 1000;
  /** A token made without the signer: by whom, for whom and for how long as given. */
  const jwt = (
    change: { issuer?: string; audience?: string | string[]; issuedAt?: number; expiresAt?: number | null } = {},
    header: Record<string, unknown> = {},
  ) => {
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", ...header })
      .setIssuer(change.issuer ?? ISSUER)
      .setAudience(change.audience ?? "serving")
      .setIssuedAt(change.issuedAt ?? seconds);
    if (change.expiresAt !== null) token.setExpirationTime(change.expiresAt ?? seconds + 60);
    return token;
  };
  return { clock, keys, signer, verifier, jwt, seconds };
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a token of the signer", () => {
  test("carries its claims to its audience, and to no other", async () => {
    const { signer, verifier, keys, clock } = setUp();
    const token = await signer.sign("serving", claims);
    expect(await verifier.verify(token)).toMatchObject(claims);
    const catalog = createTokenVerifier({ publicKey: keys.publicKey, audience: "catalog", clock });
    expect(await catalog.verify(token)).toBeUndefined();
  });

  test("is worth nothing after a minute, also to a verifier that has seen it", async () => {
    const { signer, verifier, clock } = setUp();
    const token = await signer.sign("serving", claims);
    await clock.advance(INTERNAL_TOKEN_TTL_SECONDS * 1000 - 1);
    expect(await verifier.verify(token)).toBeDefined();
    await clock.advance(1);
    expect(await verifier.verify(token)).toBeUndefined();
    expect(await verifier.verify(token)).toBeUndefined();
  });

  test("is used again for half its life, so that what is sent always has half a minute left", async () => {
    const { signer, clock } = setUp();
    const first = await signer.sign("serving", claims);
    await clock.advance(29_999);
    expect(await signer.sign("serving", claims)).toBe(first);
    await clock.advance(1);
    expect(await signer.sign("serving", claims)).not.toBe(first);
  });

  test("of other claims or another audience is another token", async () => {
    const { signer } = setUp();
    const tokens = await Promise.all([
      signer.sign("serving", claims),
      signer.sign("serving", { ...claims, accountId: "b" }),
      signer.sign("catalog", claims),
    ]);
    expect(new Set(tokens).size).toBe(3);
  });

  test("verifies with the key read back from PEM", async () => {
    const { keys, clock } = setUp();
    const pem = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const again = tokenKeysOf(pem);
    const token = await createTokenSigner({ privateKey: again.privateKey, clock }).sign("serving", claims);
    const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "serving", clock });
    expect(await verifier.verify(token)).toMatchObject(claims);
  });
});

describe("keys out of a setting", () => {
  test("come as PEM, as PEM on one line, or as one line of base64", async () => {
    const { keys } = setUp();
    const pem = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const text of [pem, pem.replaceAll("\n", "\\n"), encodeTokenKeys(keys), ` ${encodeTokenKeys(keys)}\n`]) {
      expect(tokenKeysOf(text).publicKey.equals(keys.publicKey)).toBe(true);
    }
    expect(encodeTokenKeys(keys)).toMatch(/^[A-Za-z0-9+/]{64}$/);
  });

  test("that are none, or of another kind, are refused without being shown", () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const publicPem = setUp().keys.publicKey.export({ type: "spki", format: "pem" }).toString();
    for (const text of ["", "hush", ec.export({ type: "pkcs8", format: "pem" }).toString(), publicPem]) {
      expect(() => tokenKeysOf(text)).toThrow(/^not an Ed25519 private key$/);
    }
  });
});

describe("clocks of two machines", () => {
  test("may differ by five seconds, whichever is ahead", async () => {
    const { keys, verifier, clock } = setUp();
    const signedBy = (aheadMs: number) =>
      createTokenSigner({ privateKey: keys.privateKey, clock: createSimulatedClock(clock.now() + aheadMs) }).sign(
        "serving",
        claims,
      );
    expect(await verifier.verify(await signedBy(5_000))).toBeDefined();
    expect(await verifier.verify(await signedBy(-5_000))).toBeDefined();
    expect(await verifier.verify(await signedBy(7_000))).toBeUndefined();
  });
});

describe("who bears a token", () => {
  test("is parsed once a token, and is nobody without one, with a forged one, or with claims that say nothing", async () => {
    const { signer, verifier } = setUp();
    let parsed = 0;
    const read = createBearerReader(verifier, ({ role }) => {
      parsed++;
      return typeof role === "string" ? { role } : undefined;
    });
    const token = await signer.sign("serving", claims);
    expect(await read(`Bearer ${token}`)).toEqual({ role: "viewer" });
    expect(await read(`Bearer ${token}`)).toBe(await read(`bearer ${token}`));
    expect(parsed).toBe(1);
    const nobody = await signer.sign("serving", { account: "a" });
    for (const header of [undefined, "", token, `Basic ${token}`, `Bearer ${token}x`, `Bearer ${nobody}`]) {
      expect(await read(header)).toBeUndefined();
    }
  });
});

describe("refused is a token", () => {
  test("of another key", async () => {
    const { verifier, clock } = setUp();
    const stranger = createTokenSigner({ privateKey: generateTokenKeys().privateKey, clock });
    expect(await verifier.verify(await stranger.sign("serving", claims))).toBeUndefined();
  });

  test("without a signature (alg none)", async () => {
    const { verifier, seconds } = setUp();
    const token = new UnsecuredJWT(claims)
      .setIssuer(ISSUER)
      .setAudience("serving")
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 60)
      .encode();
    expect(await verifier.verify(token)).toBeUndefined();
    for (const alg of ["None", "NONE", ""]) {
      const [, payload] = token.split(".");
      expect(await verifier.verify(`${base64({ alg })}.${payload}.`)).toBeUndefined();
    }
  });

  test("whose HMAC was made with the public key as the secret (algorithm confusion)", async () => {
    const { verifier, keys, seconds } = setUp();
    const payload = base64({ ...claims, iss: ISSUER, aud: "serving", iat: seconds, exp: seconds + 60 });
    const spki = keys.publicKey.export({ type: "spki", format: "pem" });
    const raw = Buffer.from(keys.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    for (const secret of [spki, raw]) {
      const body = `${base64({ alg: "HS256" })}.${payload}`;
      const signature = createHmac("sha256", secret).update(body).digest("base64url");
      expect(await verifier.verify(`${body}.${signature}`)).toBeUndefined();
    }
  });

  test("of another asymmetric algorithm, and one that brings its own key", async () => {
    const { verifier, jwt } = setUp();
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(await verifier.verify(await jwt({}, { alg: "ES256" }).sign(ec.privateKey))).toBeUndefined();
    const own = generateTokenKeys();
    const jwk = createPublicKey(own.publicKey.export({ type: "spki", format: "pem" })).export({ format: "jwk" });
    expect(await verifier.verify(await jwt({}, { jwk }).sign(own.privateKey))).toBeUndefined();
  });

  test("of another issuer or audience, not yet or no longer valid, or valid for ever", async () => {
    const { verifier, jwt, keys, seconds } = setUp();
    const signed = async (change: Parameters<typeof jwt>[0]) =>
      verifier.verify(await jwt(change).sign(keys.privateKey));
    expect(await signed({})).toBeDefined();
    expect(await signed({ issuer: "somebody" })).toBeUndefined();
    expect(await signed({ audience: "catalog" })).toBeUndefined();
    expect(await signed({ audience: ["serving", "catalog"] })).toBeUndefined();
    expect(await signed({ issuedAt: seconds - 61, expiresAt: seconds + 60 })).toBeUndefined();
    expect(await signed({ issuedAt: seconds, expiresAt: seconds + 3_600 })).toBeUndefined();
    expect(await signed({ issuedAt: seconds + 60, expiresAt: seconds + 120 })).toBeUndefined();
    expect(await signed({ expiresAt: seconds })).toBeUndefined();
    expect(await signed({ expiresAt: null })).toBeUndefined();
  });

  test("with any of its bytes changed", async () => {
    const { signer, verifier } = setUp();
    const token = await signer.sign("serving", claims);
    for (let i = 0; i < token.length - 1; i += 5) {
      const changed = token[i] === "A" ? "B" : "A";
      expect(await verifier.verify(token.slice(0, i) + changed + token.slice(i + 1)), `byte ${i}`).toBeUndefined();
    }
    for (const part of ["", ".", "..", token.slice(0, -5), `${token}.x`]) {
      expect(await verifier.verify(part)).toBeUndefined();
    }
  });

  test("whose payload is no claims set", async () => {
    const { verifier, keys } = setUp();
    for (const payload of ["null", "[]", "text", ""]) {
      const token = await new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: "EdDSA" })
        .sign(keys.privateKey);
      expect(await verifier.verify(token)).toBeUndefined();
    }
  });
});
