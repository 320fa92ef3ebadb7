/**
 * Opaque sessions. The browser holds 256 bits of chance; the cache store holds the session under their SHA-256, so that
 * a copy of the store opens nothing. A session lives 30 days from its last use, its token changes when its rights do
 * (choosing a profile), and it ends at once here and within a second in other processes.
 */
import type { Account } from "@thewatcher/contracts/api/session";
import type { AccountId, Country, ProfileId } from "@thewatcher/contracts/ids";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import { getAccount } from "./accounts.ts";
import { createExpiringMap } from "./expiring-map.ts";
import { isSecret, newSecret, sha256 } from "./secrets.ts";

const TTL_MS = 30 * 24 * 3_600_000;
/** A session in use is written anew, and its account read anew, this often: not on every request. */
const RENEW_AFTER_MS = 10 * 60_000;
/** How long another process may still believe an ended session; saves the store a read per request. */
const BELIEVED_MS = 1_000;
/** 20,000 sessions × ~0.4 KB = 8 MB. */
const BELIEVED_MAX = 20_000;
/** A renewal under way when its session ends takes far less. */
const ENDED_MARK_MS = 60_000;

export interface Session {
  readonly accountId: AccountId;
  readonly country: Country;
  /** The profiles of the account when the session was last renewed. */
  readonly profileIds: readonly ProfileId[];
  readonly profileId: ProfileId | null;
  readonly renewedAt: number;
}

export interface Sessions {
  /** A new session; answers its token. */
  open(account: Account, profileId: ProfileId | null): Promise<string>;
  find(token: string): Promise<Session | undefined>;
  end(token: string): Promise<void>;
}

const sessionKey = (hash: string) => `session:${hash}`;
const endedKey = (hash: string) => `session-ended:${hash}`;

export function createSessions(deps: {
  readonly cache: Cache;
  readonly database: Database;
  readonly clock: Clock;
}): Sessions {
  const { cache, database, clock } = deps;
  const believed = createExpiringMap<Session>(BELIEVED_MAX);

  const sessionOf = (account: Account, profileId: ProfileId | null): Session => ({
    accountId: account.accountId,
    country: account.country,
    profileIds: account.profiles.map((profile) => profile.profileId),
    profileId,
    renewedAt: clock.now(),
  });

  const end = async (hash: string) => {
    believed.delete(hash);
    // The mark goes first: a renewal that writes the session after this deletion sees it and deletes again.
    await cache.set(endedKey(hash), "1", { ttlMs: ENDED_MARK_MS });
    await cache.delete([sessionKey(hash)]);
  };

  /** The session with what its account is now, for another 30 days; undefined when account or profile is gone. */
  const renew = async (hash: string, session: Session): Promise<Session | undefined> => {
    const account = await getAccount(database, session.accountId);
    const kept =
      account &&
      (session.profileId === null || account.profiles.some((profile) => profile.profileId === session.profileId));
    if (!kept) {
      await end(hash);
      return undefined;
    }
    const renewed = sessionOf(account, session.profileId);
    await cache.set(sessionKey(hash), JSON.stringify(renewed), { ttlMs: TTL_MS });
    if ((await cache.get(endedKey(hash))) === undefined) return renewed;
    await cache.delete([sessionKey(hash)]);
    return undefined;
  };

  return {
    async open(account, profileId) {
      const token = newSecret();
      await cache.set(sessionKey(sha256(token)), JSON.stringify(sessionOf(account, profileId)), { ttlMs: TTL_MS });
      return token;
    },
    async find(token) {
      if (!isSecret(token)) return undefined;
      const hash = sha256(token);
      const known = believed.get(hash, clock.now());
      if (known) return known;
      const text = await cache.get(sessionKey(hash));
      if (text === undefined) return undefined;
      let session: Session | undefined = JSON.parse(text) as Session;
      if (clock.now() - session.renewedAt >= RENEW_AFTER_MS) {
        const standing = session;
        // While the database is away nobody is thrown out; the next request asks again.
        session = await renew(hash, session).catch(() => standing);
      }
      if (session) believed.set(hash, session, clock.now() + BELIEVED_MS);
      return session;
    },
    end: (token) => end(sha256(token)),
  };
}
