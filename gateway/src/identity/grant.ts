/** Roles of people who work: given by somebody with a shell on the machine. */
import type { AccountDetails } from "@thewatcher/contracts/api/account";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import { markAccountChanged } from "../sessions.ts";
import { normaliseEmail } from "./email.ts";

/** Gives the account of this address a role of those who work; false: there is none. Its sessions know within a second. */
export async function grantRole(
  deps: { readonly database: Database; readonly cache: Cache; readonly clock: Clock },
  given: { readonly email: string; readonly role: AccountDetails["role"] },
): Promise<boolean> {
  const { database, cache, clock } = deps;
  const email = normaliseEmail(given.email);
  if (email === undefined) return false;
  const row = await database.kysely
    .updateTable("accounts")
    .set({ role: given.role })
    .where("email", "=", email)
    .returning("account_id")
    .executeTakeFirst();
  if (!row) return false;
  await markAccountChanged(cache, clock, row.account_id);
  return true;
}
