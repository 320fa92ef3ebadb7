/** Profiles as other services need them: whose, how old, where. */
import type { AgeMark, Profile } from "@thewatcher/contracts/api/catalogue";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";

export async function getProfile(database: Database, profileId: ProfileId): Promise<Profile | undefined> {
  const row = await database.kysely
    .selectFrom("profiles")
    .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
    .select(["profiles.account_id", "profiles.name", "profiles.age_mark", "profiles.external_id", "accounts.country"])
    .where("profiles.profile_id", "=", profileId)
    .executeTakeFirst();
  return (
    row && {
      profileId,
      accountId: row.account_id as AccountId,
      name: row.name,
      ageMark: row.age_mark as AgeMark | null,
      country: row.country,
      externalId: row.external_id,
    }
  );
}
