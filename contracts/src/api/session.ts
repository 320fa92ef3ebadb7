/** Who sits before the screen: what the gateway itself answers. */
import { z } from "zod";
import { Role } from "../identity.ts";
import { AccountId, Country, ProfileId } from "../ids.ts";
import { Locale } from "../locales.ts";
import { Profile } from "./catalogue.ts";

/** Profiles of one account. */
export const PROFILES_PER_ACCOUNT_MAX = 6;
/** Accounts of one answer of `GET /api/v1/demo/accounts`. */
export const DEMO_ACCOUNTS_MAX = 100;

/** A profile as its own account sees it. */
const AccountProfile = Profile.extend({
  language: Locale.nullable(),
  /** It is entered with its PIN, or with the account's password. */
  hasPin: z.boolean(),
});
export type AccountProfile = z.infer<typeof AccountProfile>;

export const Account = z.object({
  accountId: AccountId,
  country: Country,
  externalId: z.string().nullable(),
  /** One of the demo world's own: entered without a password. */
  demo: z.boolean(),
  /** Whether it is signed in to by e-mail and password. */
  hasPassword: z.boolean(),
  role: Role.exclude(["service"]),
  language: Locale.nullable(),
  profiles: z.array(AccountProfile).max(PROFILES_PER_ACCOUNT_MAX),
});
export type Account = z.infer<typeof Account>;

/** `GET /api/v1/demo/accounts`, in the demo world only. */
export const DemoAccounts = z.object({ accounts: z.array(Account).max(DEMO_ACCOUNTS_MAX) });
export type DemoAccounts = z.infer<typeof DemoAccounts>;

/** At most 254 characters (RFC 5321), nothing that a mail program would read as a second address or a header. */
export const Email = z
  .string()
  .min(3)
  .max(254)
  .regex(
    /^[^\s@,;:<>()[\]\\"\p{C}]{1,64}@[^\s@,;:<>()[\]\\"\p{C}]{1,249}$/u,
    "one e-mail address, such as name@example.org",
  );

export const PASSWORD_CHARACTERS_MAX = 128;
/** One that is there already: whatever was accepted once. */
export const Password = z.string().min(1).max(PASSWORD_CHARACTERS_MAX);
/** 4 to 6 digits: typed with a remote control. */
export const Pin = z.string().regex(/^[0-9]{4,6}$/, "4 to 6 digits");

/** `POST /api/v1/session`: an account by its password, or one of the demo's own without. */
export const SignIn = z.union([z.object({ email: Email, password: Password }), z.object({ accountId: AccountId })]);
export type SignIn = z.infer<typeof SignIn>;

/** `PUT /api/v1/session/profile`. The account's password stands in for a PIN that was forgotten. */
export const ChooseProfile = z.object({
  profileId: ProfileId,
  pin: Pin.optional(),
  password: Password.optional(),
});
export type ChooseProfile = z.infer<typeof ChooseProfile>;

/** `POST /api/v1/session/handover`: the same person on another of our hosts. */
export const HandOver = z.object({ host: z.string().min(1).max(253) });
export type HandOver = z.infer<typeof HandOver>;
/** Go there within the time: good once, on that host only. */
export const HandedOver = z.object({ url: z.url(), expiresAt: z.string() });
export type HandedOver = z.infer<typeof HandedOver>;

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
