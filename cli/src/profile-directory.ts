/**
 * Country and age mark by profile, for serving, out of the database without waiting for it at every page.
 *
 * Believed for a minute, so a change by the account shows within one; for longer while the database is late or away: a
 * page with what was true a moment ago is better than a page for nobody. From half a minute on the remembered answer is
 * given at once and read again behind it. Profiles to be read at the same time are read by one query: a query for each
 * profile cost 0.7 ms of this process (a list costs 0.2), and sixteen at once kept the database so busy that pages ran
 * into their deadline. For the same reason a start reads many before anybody asks (6,040: 20 ms in one query).
 */
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Clock } from "@thewatcher/kit/clock";
import type { ServedProfile } from "@thewatcher/serving-api/request";
import type { Database } from "@thewatcher/stores/database/port";

const FRESH_MS = 30_000;
const BELIEVED_MS = 60_000;
/** ~100 bytes each. */
const PROFILES_BELIEVED_MAX = 50_000;
/** How long an answer that is too old waits for the new one: half of the time that serving gives all its readings. */
const LATE_MS = 50;
const PRELOADED_MAX = 20_000;
/** Of one query: its parameters stay far below PostgreSQL's 65,535. */
const PROFILES_PER_QUERY = 1_000;

/** What is known of these; who is not there is not in the answer. */
type ReadProfiles = (profileIds: readonly ProfileId[]) => Promise<ReadonlyMap<ProfileId, ServedProfile>>;

export interface ProfileDirectory {
  /** undefined: no such profile. */
  find(profileId: ProfileId): Promise<ServedProfile | undefined>;
  /** What the profile said of itself is another thing now: it is read again before it is believed. */
  changed(profileId: ProfileId): void;
  /** Reads up to 20,000 profiles ahead. A database that is away is no failure: they are read when they are asked for. */
  preload(): Promise<void>;
}

export function createProfileDirectory(deps: {
  readonly read: ReadProfiles;
  readonly readSome: (countMax: number) => ReturnType<ReadProfiles>;
  readonly clock: Clock;
}): ProfileDirectory {
  const { read, readSome, clock } = deps;
  const believed = new Map<ProfileId, { readonly profile: ServedProfile; readonly readAt: number }>();
  const waiting = new Map<ProfileId, PromiseWithSettlers>();
  let reading = false;
  /** While something is read: what that does not know. */
  const changedSince = new Set<ProfileId>();

  async function readWaiting(): Promise<void> {
    // Whoever asks in this turn of the event loop joins; whoever asks while a query is under way goes with the next.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.size > 0) {
      const together = [...waiting].slice(0, PROFILES_PER_QUERY);
      for (const [profileId] of together) waiting.delete(profileId);
      const readAt = clock.now();
      try {
        const found = await read(together.map(([profileId]) => profileId));
        if (believed.size + found.size > PROFILES_BELIEVED_MAX) believed.clear();
        for (const [profileId, { resolve }] of together) {
          const profile = found.get(profileId);
          // An unknown profile is asked for again: it may have been made a moment ago.
          if (profile && !changedSince.has(profileId)) believed.set(profileId, { profile, readAt });
          else believed.delete(profileId);
          resolve(profile);
        }
      } catch (error) {
        for (const [, { reject }] of together) reject(error);
      }
    }
    reading = false;
    changedSince.clear();
  }

  function enqueue(profileId: ProfileId): Promise<ServedProfile | undefined> {
    let entry = waiting.get(profileId);
    if (!entry) {
      entry = withSettlers();
      waiting.set(profileId, entry);
    }
    if (!reading) {
      reading = true;
      void readWaiting();
    }
    return entry.promise;
  }

  return {
    async find(profileId) {
      const entry = believed.get(profileId);
      if (!entry) return enqueue(profileId);
      const ageMs = clock.now() - entry.readAt;
      if (ageMs < FRESH_MS) return entry.profile;
      const again = enqueue(profileId).catch(() => entry.profile);
      if (ageMs < BELIEVED_MS) return entry.profile;
      return Promise.race([again, clock.sleep(LATE_MS).then(() => entry.profile)]);
    },
    changed(profileId) {
      believed.delete(profileId);
      if (reading) changedSince.add(profileId);
    },
    async preload() {
      const readAt = clock.now();
      const found = await readSome(PRELOADED_MAX).catch(() => new Map<ProfileId, ServedProfile>());
      for (const [profileId, profile] of found) believed.set(profileId, { profile, readAt });
    },
  };
}

interface PromiseWithSettlers {
  readonly promise: Promise<ServedProfile | undefined>;
  readonly resolve: (profile: ServedProfile | undefined) => void;
  readonly reject: (error: unknown) => void;
}

function withSettlers(): PromiseWithSettlers {
  let resolve: PromiseWithSettlers["resolve"] = () => undefined;
  let reject: PromiseWithSettlers["reject"] = () => undefined;
  const promise = new Promise<ServedProfile | undefined>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

interface ProfileRow {
  readonly profile_id: string;
  readonly account_id: string;
  readonly country: string;
  readonly age_mark: number | null;
  readonly unprofiled_id: string | null;
}

export function readProfilesFrom({
  kysely,
}: Pick<Database, "kysely">): Pick<Parameters<typeof createProfileDirectory>[0], "read" | "readSome"> {
  const all = kysely
    .selectFrom("profiles")
    .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
    .leftJoin("profile_preferences as said", (join) =>
      join
        .onRef("said.profile_id", "=", "profiles.profile_id")
        .on("said.kind", "=", "no_profiling")
        .on("said.undone", "=", false),
    )
    .select([
      "profiles.profile_id",
      "profiles.account_id",
      "accounts.country",
      "profiles.age_mark",
      "said.profile_id as unprofiled_id",
    ]);
  const mapOf = (rows: readonly ProfileRow[]) =>
    new Map(
      rows.map(({ profile_id, account_id, country, age_mark, unprofiled_id }) => [
        profile_id as ProfileId,
        { accountId: account_id as AccountId, country, ageMark: age_mark, profiling: unprofiled_id === null },
      ]),
    );
  return {
    read: async (profileIds) => mapOf(await all.where("profiles.profile_id", "in", profileIds).execute()),
    readSome: async (countMax) => mapOf(await all.limit(countMax).execute()),
  };
}
