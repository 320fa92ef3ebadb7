/** Who sits before the screen: what the gateway itself answers. */
import { z } from "zod";
import { AccountId, Country, ProfileId } from "../ids.ts";
import { Profile } from "./catalogue.ts";

/** Profiles of one account. */
export const PROFILES_PER_ACCOUNT_MAX = 6;
/** Accounts of one answer of `GET /api/v1/demo/accounts`. */
export const DEMO_ACCOUNTS_MAX = 100;

export const Account = z.object({
  accountId: AccountId,
  country: Country,
  externalId: z.string().nullable(),
  /** One of the demo world's own: entered without a password. */
  demo: z.boolean(),
  profiles: z.array(Profile),
});
export type Account = z.infer<typeof Account>;

/** `GET /api/v1/demo/accounts`, in the demo world only. */
export const DemoAccounts = z.object({ accounts: z.array(Account).max(DEMO_ACCOUNTS_MAX) });
export type DemoAccounts = z.infer<typeof DemoAccounts>;

/** `POST /api/v1/session`. */
export const SignIn = z.object({ accountId: AccountId });
export type SignIn = z.infer<typeof SignIn>;

/** `PUT /api/v1/session/profile`. */
export const ChooseProfile = z.object({ profileId: ProfileId });
export type ChooseProfile = z.infer<typeof ChooseProfile>;

/** What every route of the session answers. */
export const SessionView = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("anonymous") }),
  z.object({
    kind: z.literal("signed_in"),
    account: Account,
    /** The profile chosen on this device; null before the choice. */
    profileId: ProfileId.nullable(),
  }),
]);
export type SessionView = z.infer<typeof SessionView>;
