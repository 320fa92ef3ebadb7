/** A link that signs in once: made by somebody with a shell on the machine, for looking at any profile's pages. */
import { ProfileId } from "@thewatcher/contracts/ids";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import { isSecret, newSecret, sha256 } from "./secrets.ts";

const TTL_MS = 10 * 60_000;

interface Deps {
  readonly cache: Cache;
  readonly clock: Clock;
}

const keyOf = (ticket: string) => `sign-in-ticket:${sha256(ticket)}`;

/** For `GET /sign-in?ticket=`: good once, for ten minutes. Whether the profile exists is seen when it is redeemed. */
export async function createSignInTicket({ cache, clock }: Deps, profileId: ProfileId): Promise<string> {
  const ticket = newSecret();
  const value = JSON.stringify({ profileId, until: clock.now() + TTL_MS });
  await cache.set(keyOf(ticket), value, { ttlMs: TTL_MS });
  return ticket;
}

/** The profile of the ticket, for the first who asks. */
export async function redeemSignInTicket({ cache, clock }: Deps, ticket: string): Promise<ProfileId | undefined> {
  if (!isSecret(ticket)) return undefined;
  const text = await cache.take(keyOf(ticket));
  if (text === undefined) return undefined;
  const { profileId, until } = JSON.parse(text) as { profileId: string; until: number };
  return until > clock.now() ? ProfileId.parse(profileId) : undefined;
}
