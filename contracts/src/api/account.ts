/**
 * Accounts: sign-up, passwords, e-mail, devices, profiles. What asks for mail answers the same whether there is an account
 * or not: the difference is told to who reads the mail.
 */
import { z } from "zod";
import { Role } from "../identity.ts";
import { AccountId, Country } from "../ids.ts";
import { Locale } from "../locales.ts";
import { AgeMark } from "./catalogue.ts";
import { Email, PASSWORD_CHARACTERS_MAX, Password, Pin } from "./session.ts";

/** NIST SP 800-63B-4 and OWASP ASVS 5.0, 6.2.1: at least 8; no rules of composition. */
const PASSWORD_CHARACTERS_MIN = 8;
const NewPassword = z.string().min(PASSWORD_CHARACTERS_MIN).max(PASSWORD_CHARACTERS_MAX);
/** Of a link in a mail: 256 bits, base64url. */
const LinkToken = z.string().regex(/^[\w-]{43}$/, "the token of the link");
/** One line of text that shows something. */
const Name = z
  .string()
  .max(64)
  .regex(/^[^\p{C}]*[\p{L}\p{N}\p{S}][^\p{C}]*$/u, "a name of at most 64 characters");

/** `POST /api/v1/sign-up`. */
export const SignUp = z.object({
  email: Email,
  password: NewPassword,
  /** Default: the host's. */
  language: Locale.optional(),
  /** Of the bills. Default: the host's. */
  country: Country.optional(),
});
export type SignUp = z.infer<typeof SignUp>;

/** `POST /api/v1/sign-up/resend`, `POST /api/v1/password/reset`. */
export const MailTo = z.object({ email: Email });
export type MailTo = z.infer<typeof MailTo>;

/** What is answered wherever mail was asked for, whoever has an account. */
export const MailSent = z.object({ kind: z.literal("mail_sent") });
export type MailSent = z.infer<typeof MailSent>;

export const Done = z.object({ kind: z.literal("done") });
export type Done = z.infer<typeof Done>;

/** `POST /api/v1/sign-up/verify`: the link's token with the password typed at sign-up, so that nobody activates a stranger's. */
export const VerifySignUp = z.object({ token: LinkToken, password: Password });
export type VerifySignUp = z.infer<typeof VerifySignUp>;

/** `POST /api/v1/password/reset/confirm`. */
export const ResetPassword = z.object({ token: LinkToken, password: NewPassword });
export type ResetPassword = z.infer<typeof ResetPassword>;

/** `PUT /api/v1/account/password`. */
export const ChangePassword = z.object({ currentPassword: Password, password: NewPassword });
export type ChangePassword = z.infer<typeof ChangePassword>;

/** `POST /api/v1/account/email`. */
export const ChangeEmail = z.object({ email: Email, password: Password });
export type ChangeEmail = z.infer<typeof ChangeEmail>;

/** `POST /api/v1/account/email/confirm`. */
export const ConfirmEmail = z.object({ token: LinkToken });
export type ConfirmEmail = z.infer<typeof ConfirmEmail>;

/** `PUT /api/v1/account`. */
export const ChangeAccount = z.object({ language: Locale.nullable() });
export type ChangeAccount = z.infer<typeof ChangeAccount>;

/** `GET /api/v1/account`. */
export const AccountDetails = z.object({
  accountId: AccountId,
  email: z.string().nullable(),
  country: Country,
  homeRegion: z.enum(["ru", "by", "us"]),
  language: Locale.nullable(),
  role: Role.exclude(["service"]),
  verifiedAt: z.string().nullable(),
});
export type AccountDetails = z.infer<typeof AccountDetails>;

/** Devices of one account; one more signs the longest unused out. */
export const DEVICES_PER_ACCOUNT_MAX = 50;
/** `GET /api/v1/devices`, the latest used first. */
export const Devices = z.object({
  devices: z
    .array(
      z.object({
        deviceId: z.string(),
        /** By the family of its browser, such as `Firefox on Android`. */
        name: z.string(),
        createdAt: z.string(),
        /** A day. */
        lastSeenOn: z.iso.date(),
        current: z.boolean(),
      }),
    )
    .max(DEVICES_PER_ACCOUNT_MAX),
});
export type Devices = z.infer<typeof Devices>;

/** `POST /api/v1/profiles`. */
export const CreateProfile = z.object({
  name: Name,
  language: Locale.nullable().default(null),
  /** Null: an adult's. */
  ageMark: AgeMark.nullable(),
});
export type CreateProfile = z.infer<typeof CreateProfile>;

/** `PUT /api/v1/profiles/{id}`. Another age mark needs the account's password. */
export const ChangeProfile = z.object({
  name: Name,
  language: Locale.nullable(),
  ageMark: AgeMark.nullable(),
  password: Password.optional(),
});
export type ChangeProfile = z.infer<typeof ChangeProfile>;

/** `PUT /api/v1/profiles/{id}/pin`; null takes it off. */
export const ChangePin = z.object({ pin: Pin.nullable(), password: Password });
export type ChangePin = z.infer<typeof ChangePin>;

/** `POST /api/v1/profiles/{id}/erase`: for ever, with all that is known of it. */
export const EraseProfile = z.object({ password: Password });
export type EraseProfile = z.infer<typeof EraseProfile>;
