/** Accounts with their profiles, as the gateway needs them. */

import type { AgeMark } from "@thewatcher/contracts/api/catalogue";
import { type Account, DEMO_ACCOUNTS_MAX, PROFILES_PER_ACCOUNT_MAX } from "@thewatcher/contracts/api/session";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";

interface AccountRow {
  readonly account_id: string;
  readonly country: string;
  readonly external_id: string | null;
  readonly demo: boolean;
}

async function withProfiles(database: Database, accounts: readonly AccountRow[]): Promise<Account[]> {
  if (accounts.length === 0) return [];
  const profiles = await database.kysely
    .selectFrom("profiles")
    .select(["profile_id", "account_id", "name", "age_mark", "external_id"])
    .where(
      "account_id",
      "in",
      accounts.map((account) => account.account_id),
    )
    .orderBy("profile_id")
    .execute();
  return accounts.map((account) => ({
    accountId: account.account_id as AccountId,
    country: account.country,
    externalId: account.external_id,
    demo: account.demo,
    profiles: profiles
      .filter((profile) => profile.account_id === account.account_id)
      .slice(0, PROFILES_PER_ACCOUNT_MAX)
      .map((profile) => ({
        profileId: profile.profile_id as ProfileId,
        accountId: account.account_id as AccountId,
        name: profile.name,
        ageMark: profile.age_mark as AgeMark | null,
        country: account.country,
        externalId: profile.external_id,
      })),
  }));
}

export async function getAccount(database: Database, accountId: string): Promise<Account | undefined> {
  const rows = await database.kysely.selectFrom("accounts").selectAll().where("account_id", "=", accountId).execute();
  return (await withProfiles(database, rows))[0];
}

export async function getAccountOfProfile(database: Database, profileId: string): Promise<Account | undefined> {
  const profile = await database.kysely
    .selectFrom("profiles")
    .select("account_id")
    .where("profile_id", "=", profileId)
    .executeTakeFirst();
  return profile && getAccount(database, profile.account_id);
}

export async function getCountryOfProfile(database: Database, profileId: string): Promise<string | undefined> {
  const row = await database.kysely
    .selectFrom("profiles")
    .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
    .select("accounts.country")
    .where("profiles.profile_id", "=", profileId)
    .executeTakeFirst();
  return row?.country;
}

export async function listDemoAccounts(database: Database): Promise<Account[]> {
  const rows = await database.kysely
    .selectFrom("accounts")
    .selectAll()
    .where("demo", "=", true)
    .orderBy("account_id")
    .limit(DEMO_ACCOUNTS_MAX)
    .execute();
  return withProfiles(database, rows);
}
