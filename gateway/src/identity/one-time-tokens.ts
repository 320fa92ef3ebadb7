/** Tokens of links in mails: 256 bits of chance, of which the database keeps the SHA-256; each is had by one caller. */
import type { Database } from "@thewatcher/stores/database/port";
import type { Writer } from "../accounts.ts";
import { isSecret, newSecret, sha256 } from "../secrets.ts";

export const LINK_LIFE_MS = {
  verify: 24 * 3_600_000,
  reset: 3_600_000,
  email: 24 * 3_600_000,
} as const;
export type LinkPurpose = keyof typeof LINK_LIFE_MS;

/** Wrong passwords beside a verification's token: more than typing errors need. */
const ATTEMPTS_MAX = 10;

export type LinkOwner =
  | { readonly purpose: "verify"; readonly signUpId: string; readonly email: string }
  | { readonly purpose: "reset" | "email"; readonly accountId: string; readonly email: string };

/** Makes a token for a mail that is about to be sent. */
export async function createLinkToken(writer: Writer, owner: LinkOwner, expiresAt: number): Promise<string> {
  const token = newSecret();
  await writer
    .insertInto("identity_tokens")
    .values({
      token_sha256: sha256(token),
      purpose: owner.purpose,
      sign_up_id: owner.purpose === "verify" ? owner.signUpId : null,
      account_id: owner.purpose === "verify" ? null : owner.accountId,
      email: owner.email,
      expires_at: new Date(expiresAt),
    })
    .execute();
  return token;
}

/** A good token that is not used yet, with one more attempt counted. */
export async function tryLinkToken(
  database: Database,
  purpose: LinkPurpose,
  token: string,
  now: number,
): Promise<{ readonly signUpId: string | null } | undefined> {
  if (!isSecret(token)) return undefined;
  const row = await database.kysely
    .updateTable("identity_tokens")
    .set((eb) => ({ attempts: eb("attempts", "+", 1) }))
    .where("token_sha256", "=", sha256(token))
    .where("purpose", "=", purpose)
    .where("expires_at", ">", new Date(now))
    .where("attempts", "<", ATTEMPTS_MAX)
    .returning("sign_up_id")
    .executeTakeFirst();
  return row && { signUpId: row.sign_up_id };
}

/** Takes the token: of many callers at once one has it. */
export async function useLinkToken(
  transaction: Writer,
  purpose: LinkPurpose,
  token: string,
  now: number,
): Promise<
  { readonly accountId: string | null; readonly signUpId: string | null; readonly email: string } | undefined
> {
  if (!isSecret(token)) return undefined;
  const row = await transaction
    .deleteFrom("identity_tokens")
    .where("token_sha256", "=", sha256(token))
    .where("purpose", "=", purpose)
    .where("expires_at", ">", new Date(now))
    .returning(["account_id", "sign_up_id", "email"])
    .executeTakeFirst();
  return row && { accountId: row.account_id, signUpId: row.sign_up_id, email: row.email };
}
