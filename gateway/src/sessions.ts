/**
 * Opaque sessions. The browser holds 256 bits of chance; the cache store holds the session under their SHA-256, so that
 * a copy of the store opens nothing. A session belongs to a device, a row of the database: where the row is gone the
 * session has ended. It lives 30 days from its last use, and ends at once here and within a second in other processes.
 *
 * Its token changes when its rights do (signing in, choosing a profile): the former ones are then worth nothing. And once
 * a day by itself: one request of many side by side makes the new token, which its answer brings; the former one goes on
 * until the new one is seen in use and a minute longer. An answer that is lost on the way therefore signs nobody out: the
 * next request with the former token makes another.
 *
 * Cost of a request: three look-ups in maps. The cache store is asked once a second for each token in use, the database
 * once in ten minutes.
 */
import { type Account, PROFILES_PER_ACCOUNT_MAX } from "@thewatcher/contracts/api/session";
import type { Role } from "@thewatcher/contracts/identity";
import type { AccountId, Country, ProfileId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import { getAccount, isOpenFrom } from "./accounts.ts";
import { createExpiringMap } from "./expiring-map.ts";
import { addDevice, sawDevice } from "./identity/device-rows.ts";
import { isSecret, newSecret, sha256 } from "./secrets.ts";

const TTL_MS = 30 * 24 * 3_600_000;
/** A session in use is written anew, and its account read anew, this often: not on every request. */
const RENEW_AFTER_MS = 10 * 60_000;
/** How long another process may still believe an ended session; saves the store a read per request. */
const BELIEVED_MS = 1_000;
/** 20,000 sessions × ~0.5 KB = 10 MB. */
const BELIEVED_MAX = 20_000;
/** Longer than until every session was renewed, which finds out by itself. */
const MARK_MS = 2 * RENEW_AFTER_MS;
/** A token in use for a day is a day's worth to who copied it. */
const ROTATE_AFTER_MS = 24 * 3_600_000;
/** Requests that were on their way with the former token. */
const GRACE_MS = 60_000;

export interface Session {
  readonly accountId: AccountId;
  readonly deviceId: string;
  readonly country: Country;
  readonly role: Exclude<Role, "service">;
  /** The profile's, else the account's; null: neither says. */
  readonly language: Locale | null;
  /** The profiles whose pages it may read: without a PIN or a password, as of when it was last renewed. */
  readonly profileIds: readonly ProfileId[];
  readonly profileId: ProfileId | null;
  readonly renewedAt: number;
  /** Raised when the rights change: tokens of a lower one are worth nothing. */
  readonly epoch: number;
  /** Of this token. */
  readonly issuedAt: number;
  /** The token that this one follows, until this one is seen in use. */
  readonly formerHash?: string;
  /** This token's last minute has begun. */
  readonly isRetiring?: true;
}

export interface Sessions {
  /** A new device of the account; answers the token. */
  open(account: Account, options: { readonly profileId: ProfileId | null; readonly device: string }): Promise<string>;
  /** The same device under a new token, with what the account is now; the former tokens end. */
  replace(session: Session, account: Account, profileId: ProfileId | null): Promise<string>;
  /** `freshToken`: the token from now on. */
  find(
    token: string,
    options?: { readonly mayRotate: boolean },
  ): Promise<{ readonly session: Session; readonly freshToken?: string } | undefined>;
  /** Their rows are gone from the database. */
  devicesEnded(deviceIds: readonly string[]): Promise<void>;
  /** Something that a session holds of it was changed: its sessions read it anew. */
  accountChanged(accountId: string): Promise<void>;
}

/** undefined: damaged, or written before sessions had devices; its owner signs in again. */
function storedSession(text: string): Session | undefined {
  try {
    const stored = JSON.parse(text) as Session | null;
    return typeof stored?.deviceId === "string" ? stored : undefined;
  } catch {
    return undefined;
  }
}

const sessionKey = (hash: string) => `session:${hash}`;
const rotatingKey = (hash: string) => `session-rotating:${hash}`;
const endedKey = (deviceId: string) => `device-ended:${deviceId}`;
const epochKey = (deviceId: string) => `device-epoch:${deviceId}`;
const changedKey = (accountId: string) => `account-changed:${accountId}`;

/** Tells the sessions of all processes that the account is not what it was. */
export async function markAccountChanged(cache: Cache, clock: Clock, accountId: string): Promise<void> {
  await cache.set(changedKey(accountId), String(clock.now()), { ttlMs: MARK_MS });
}

export function createSessions(deps: {
  readonly cache: Cache;
  readonly database: Database;
  readonly clock: Clock;
}): Sessions {
  const { cache, database, clock } = deps;
  const believed = createExpiringMap<Session>(BELIEVED_MAX);
  /** Devices and accounts of which nothing is believed for a moment: something was changed here. */
  const doubted = createExpiringMap<true>(BELIEVED_MAX);
  const doubt = (id: string) => doubted.set(id, true, clock.now() + BELIEVED_MS);

  const rightsOf = (account: Account, profileId: ProfileId | null) => ({
    country: account.country,
    role: account.role,
    language: account.profiles.find((profile) => profile.profileId === profileId)?.language ?? account.language,
    profileIds: account.profiles
      .filter((profile) => isOpenFrom(account, profileId, profile))
      .map((profile) => profile.profileId),
    profileId,
    renewedAt: clock.now(),
  });
  const store = (hash: string, session: Session, ttlMs = TTL_MS) =>
    cache.set(sessionKey(hash), JSON.stringify(session), { ttlMs });

  const issue = async (session: Omit<Session, "issuedAt">): Promise<string> => {
    assert(session.profileIds.length <= PROFILES_PER_ACCOUNT_MAX, "an account has a few profiles");
    const token = newSecret();
    await store(sha256(token), { ...session, issuedAt: clock.now() });
    return token;
  };

  const devicesEnded = async (deviceIds: readonly string[]): Promise<void> => {
    for (const deviceId of deviceIds) doubt(deviceId);
    await Promise.all(deviceIds.map((deviceId) => cache.set(endedKey(deviceId), "1", { ttlMs: MARK_MS })));
    for (const deviceId of deviceIds) doubt(deviceId);
  };

  /** The session with what its account is now, for another 30 days; undefined when account, profile or device is gone. */
  const renew = async (hash: string, session: Session): Promise<Session | undefined> => {
    const account = await getAccount(database, session.accountId);
    const kept =
      account &&
      (session.profileId === null || account.profiles.some((profile) => profile.profileId === session.profileId)) &&
      (await sawDevice(database.kysely, session.deviceId, clock.now()));
    if (!kept) {
      await cache.delete([sessionKey(hash)]);
      return undefined;
    }
    const renewed: Session = { ...session, ...rightsOf(account, session.profileId) };
    // One in its last minute is not given more time.
    if (!session.isRetiring) await store(hash, renewed);
    return renewed;
  };

  /** This token is in use: the one before it has a minute. */
  const confirm = async (hash: string, { formerHash, ...session }: Session): Promise<Session> => {
    if (formerHash === undefined) return session;
    await store(formerHash, { ...session, isRetiring: true }, GRACE_MS);
    await store(hash, session);
    return session;
  };

  const load = async (hash: string): Promise<Session | undefined> => {
    const text = await cache.get(sessionKey(hash));
    if (text === undefined) return undefined;
    const stored = storedSession(text);
    if (!stored) return undefined;
    const [ended, epoch, changed] = await Promise.all([
      cache.get(endedKey(stored.deviceId)),
      cache.get(epochKey(stored.deviceId)),
      cache.get(changedKey(stored.accountId)),
    ]);
    if (ended !== undefined || Number(epoch ?? 0) > stored.epoch) return undefined;
    const session = await confirm(hash, stored);
    const isOld = clock.now() - session.renewedAt >= RENEW_AFTER_MS;
    const isOutdated = changed !== undefined && session.renewedAt <= Number(changed);
    if (!isOld && !isOutdated) return session;
    // While the database is away nobody is thrown out; the next request asks again.
    return renew(hash, session).catch(() => session);
  };

  /** The next token, for one of the requests that ask at once. */
  const rotate = async (hash: string, session: Session): Promise<string | undefined> => {
    if (session.isRetiring || clock.now() - session.issuedAt < ROTATE_AFTER_MS) return undefined;
    if (!(await cache.add(rotatingKey(hash), "1", { ttlMs: GRACE_MS }))) return undefined;
    return issue({ ...session, formerHash: hash });
  };

  return {
    async open(account, { profileId, device }) {
      const { deviceId, ended } = await addDevice(database, account.accountId, { name: device, at: clock.now() });
      await devicesEnded(ended);
      return issue({ accountId: account.accountId, deviceId, epoch: 0, ...rightsOf(account, profileId) });
    },
    async replace(session, account, profileId) {
      const epoch = session.epoch + 1;
      // Lives as long as what it ends.
      await cache.set(epochKey(session.deviceId), String(epoch), { ttlMs: TTL_MS + MARK_MS });
      doubt(session.deviceId);
      const { accountId, deviceId } = session;
      return issue({ accountId, deviceId, epoch, ...rightsOf(account, profileId) });
    },
    async find(token, { mayRotate } = { mayRotate: false }) {
      if (!isSecret(token)) return undefined;
      const hash = sha256(token);
      const now = clock.now();
      const known = believed.get(hash, now);
      if (known && !doubted.get(known.deviceId, now) && !doubted.get(known.accountId, now)) return { session: known };
      const session = await load(hash);
      if (!session) {
        believed.delete(hash);
        return undefined;
      }
      believed.set(hash, session, clock.now() + BELIEVED_MS);
      const freshToken = mayRotate ? await rotate(hash, session) : undefined;
      return freshToken === undefined ? { session } : { session, freshToken };
    },
    devicesEnded,
    async accountChanged(accountId) {
      doubt(accountId);
      await markAccountChanged(cache, clock, accountId);
      doubt(accountId);
    },
  };
}
