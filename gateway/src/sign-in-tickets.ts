/**
 * Links that sign in once. Of a profile, for ten minutes: made by somebody with a shell on the machine, for looking at any
 * profile's pages. Of a session, for a minute: the same person on another of our hosts, where the cookie of this one does
 * not reach.
 */
import { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import { z } from "zod";
import { isSecret, newSecret, sha256 } from "./secrets.ts";

const TTL_MS = 10 * 60_000;
export const HANDOVER_MS = 60_000;

interface Deps {
  readonly cache: Cache;
  readonly clock: Clock;
}

const Ticket = z.union([
  z.object({
    accountId: AccountId,
    profileId: ProfileId.nullable(),
    /** The only one that it is good for. */
    host: z.string(),
    until: z.number(),
  }),
  z.object({ profileId: ProfileId, until: z.number() }),
]);
export type Ticket = z.infer<typeof Ticket>;

const keyOf = (ticket: string) => `sign-in-ticket:${sha256(ticket)}`;

async function issue(cache: Cache, value: Ticket, ttlMs: number): Promise<string> {
  const ticket = newSecret();
  await cache.set(keyOf(ticket), JSON.stringify(value), { ttlMs });
  return ticket;
}

/** For `GET /sign-in?ticket=`: good once, for ten minutes. Whether the profile exists is seen when it is redeemed. */
export function createSignInTicket({ cache, clock }: Deps, profileId: ProfileId): Promise<string> {
  return issue(cache, { profileId, until: clock.now() + TTL_MS }, TTL_MS);
}

export async function createHandover(
  { cache, clock }: Deps,
  owner: { readonly accountId: AccountId; readonly profileId: ProfileId | null; readonly host: string },
): Promise<{ readonly ticket: string; readonly until: number }> {
  const until = clock.now() + HANDOVER_MS;
  return { ticket: await issue(cache, { ...owner, until }, HANDOVER_MS), until };
}

/** What the ticket is for, for the first who asks. */
export async function redeemSignInTicket({ cache, clock }: Deps, ticket: string): Promise<Ticket | undefined> {
  if (!isSecret(ticket)) return undefined;
  const text = await cache.take(keyOf(ticket));
  if (text === undefined) return undefined;
  const value = Ticket.parse(JSON.parse(text));
  return value.until > clock.now() ? value : undefined;
}
