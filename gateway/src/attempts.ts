/**
 * Guesses at an account's password. They are counted by network, and by network and account together; never by account
 * alone, which would let anybody who knows an e-mail lock its owner out. A browser that was signed in to the account
 * before (a device cookie, after OWASP's) is counted by itself: whoever sits in the owner's network does not lock him out
 * either. All counts are exact over all gateways, and the same whether the account exists or not.
 */
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Context } from "hono";
import { deviceCookieOf, setDeviceCookie } from "./cookies.ts";
import type { GatewayEnv } from "./handler.ts";
import type { RateLimit } from "./rate-limit.ts";
import { isSecret, newSecret, sha256 } from "./secrets.ts";

const PER_MS = 10 * 60_000;
/** A few people mistype side by side behind one address; a list of passwords is of no use at this pace. */
const PER_NETWORK = { count: 100, perMs: PER_MS };
const PER_NETWORK_AND_ACCOUNT = { count: 10, perMs: PER_MS };
const PER_DEVICE = { count: 10, perMs: PER_MS };
/** Browsers keep a cookie for 400 days at most. */
const DEVICE_KNOWN_MS = 400 * 86_400_000;

export interface Attempts {
  /** Ends the handler with 429 where too many were made. `account`: what was typed to name it. */
  admit(c: Context<GatewayEnv>, account: string): Promise<void>;
  /** It was the right one: this browser is known to the account from now on. */
  succeeded(c: Context<GatewayEnv>, account: string): Promise<void>;
}

export const tooMany = (waitMs: number): ProblemError => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const body = problem("too-many-requests", { detail: `Try again in ${seconds} s.` });
  return new ProblemError(body, undefined, { "retry-after": String(seconds) });
};

export function createAttempts({ cache, limit }: { readonly cache: Cache; readonly limit: RateLimit }): Attempts {
  const deviceKey = (secret: string, account: string) => `known-device:${sha256(secret)}:${sha256(account)}`;
  const isKnown = async (secret: string | undefined, account: string): Promise<boolean> =>
    secret !== undefined && isSecret(secret) && (await cache.get(deviceKey(secret, account))) !== undefined;

  return {
    async admit(c, account) {
      const device = deviceCookieOf(c);
      if (device !== undefined && (await isKnown(device, account))) {
        const waitMs = await limit.takeExactly(`device:${sha256(device)}:${sha256(account)}`, PER_DEVICE);
        if (waitMs > 0) throw tooMany(waitMs);
        return;
      }
      const { network, isLoopback } = c.get("client");
      const waits = [
        await limit.takeExactly(`attempt:${network}:${sha256(account)}`, PER_NETWORK_AND_ACCOUNT),
        // A proxy on this machine that is not named as one: everybody would share its address.
        isLoopback ? 0 : await limit.takeExactly(`attempt:${network}`, PER_NETWORK),
      ];
      const waitMs = Math.max(...waits);
      if (waitMs > 0) throw tooMany(waitMs);
    },
    async succeeded(c, account) {
      const sent = deviceCookieOf(c);
      const device = sent !== undefined && isSecret(sent) ? sent : newSecret();
      await cache.set(deviceKey(device, account), "1", { ttlMs: DEVICE_KNOWN_MS });
      setDeviceCookie(c, device);
    },
  };
}
