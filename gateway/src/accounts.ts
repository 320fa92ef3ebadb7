/** Accounts with their profiles, as the gateway needs them. */

import type { AgeMark } from "@thewatcher/contracts/api/catalogue";
import {
  type Account,
  type AccountProfile,
  DEMO_ACCOUNTS_MAX,
  PROFILES_PER_ACCOUNT_MAX,
} from "@thewatcher/contracts/api/session";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";

/** What reads of the database are made with: itself, or a transaction under way. */
export type Reader = Pick<Database["kysely"], "selectFrom">;
/** The same for what writes. */
export type Writer = Pick<Database["kysely"], "selectFrom" | "insertInto" | "updateTable" | "deleteFrom">;

/** The age from which nothing is kept from a profile: marks end at 18. */
const GROWN_UP = 18;

const ACCOUNT_COLUMNS = ["account_id", "country", "external_id", "demo", "email", "role", "language"] as const;

interface AccountRow {
  readonly account_id: string;
  readonly country: string;
  readonly external_id: string | null;
  readonly demo: boolean;
  readonly email: string | null;
  readonly role: Tables["accounts"]["role"]["__select__"];
  readonly language: Tables["accounts"]["language"]["__select__"];
}

async function withProfiles(database: Reader, accounts: readonly AccountRow[]): Promise<Account[]> {
  if (accounts.length === 0) return [];
  const profiles = await database
    .selectFrom("profiles")
    .select(["profile_id", "account_id", "name", "age_mark", "external_id", "language"])
    .select((eb) => eb("pin_hash", "is not", null).as("has_pin"))
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
    // The table keeps both or none.
    hasPassword: account.email !== null,
    role: account.role,
    language: account.language,
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
        language: profile.language,
        hasPin: profile.has_pin === true,
      })),
  }));
}

export async function getAccount(database: Database, accountId: string): Promise<Account | undefined> {
  return readAccount(database.kysely, accountId);
}

export async function readAccount(reader: Reader, accountId: string): Promise<Account | undefined> {
  const rows = await reader
    .selectFrom("accounts")
    .select(ACCOUNT_COLUMNS)
    .where("account_id", "=", accountId)
    .execute();
  return (await withProfiles(reader, rows))[0];
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
    .select(ACCOUNT_COLUMNS)
    .where("demo", "=", true)
    .orderBy("account_id")
    .limit(DEMO_ACCOUNTS_MAX)
    .execute();
  return withProfiles(database.kysely, rows);
}

const ageLimitOf = (profile: AccountProfile): number => profile.ageMark ?? GROWN_UP;
export const isChilds = (profile: AccountProfile): boolean => ageLimitOf(profile) < GROWN_UP;

/**
 * Whether who sits before `from` gets into `to` without a PIN or a password: one's own; else one without a PIN that does
 * not see more than the child's profile that is being left. An account without a password could never prove more, so
 * there (the demo's) a child's profile holds nobody.
 */
export function isOpenFrom(account: Account, from: ProfileId | null, to: AccountProfile): boolean {
  if (to.profileId === from) return true;
  if (to.hasPin) return false;
  const left = account.profiles.find((profile) => profile.profileId === from);
  return !account.hasPassword || !left || !isChilds(left) || ageLimitOf(to) <= ageLimitOf(left);
}
