/**
 * Sign-up: a row that waits and a mail, the same for every address. The account is made by the link in the mail together
 * with the password typed at sign-up: who only reads the mail of a sign-up that somebody else made (to have the address's
 * owner activate it, its password known) can't finish it, and who only signed up never had anything.
 */
import { MailTo, SignUp, VerifySignUp } from "@thewatcher/contracts/api/account";
import type { AccountId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import type { HomeRegion } from "@thewatcher/contracts/zones";
import { assert } from "@thewatcher/kit/assert";
import { readAccount } from "../accounts.ts";
import { type Handler, readBody, refuse } from "../handler.ts";
import { newId } from "../secrets.ts";
import { requireEmail } from "./email.ts";
import { beginSession, type IdentityDeps, languageOf, zoneAt } from "./identity.ts";
import { requireGoodPassword } from "./new-password.ts";
import { LINK_LIFE_MS, tryLinkToken, useLinkToken } from "./one-time-tokens.ts";
import { queueMail } from "./post-office.ts";

/** Where neither the host nor the person says: a machine of one's own. */
const COUNTRY_BY_LANGUAGE = { ru: "RU", be: "BY", en: "US" } as const;
const REGION_BY_COUNTRY: Readonly<Record<string, HomeRegion>> = { RU: "ru", BY: "by" };
const FIRST_PROFILE: Readonly<Record<Locale, string>> = { ru: "Профиль 1", be: "Профіль 1", en: "Profile 1" };

export function createSignUpHandlers(deps: IdentityDeps) {
  const { database, clock, passwords, postOffice } = deps;
  const expired = () => refuse("link-expired");

  return {
    async signUp(c) {
      postOffice.requireRoom();
      const given = await readBody(c, SignUp);
      const email = requireEmail(given.email);
      requireGoodPassword(given.password, email);
      const zone = zoneAt(c);
      const language = given.language ?? languageOf(c);
      const country = given.country ?? zone?.country ?? COUNTRY_BY_LANGUAGE[language];
      const passwordHash = await passwords.hash(given.password);
      const now = clock.now();
      const signUpId = newId("s");
      // Whether there is an account is not even looked up here: the post office does, after the answer.
      await database.transaction(async (transaction) => {
        await transaction
          .insertInto("sign_ups")
          .values({
            sign_up_id: signUpId,
            email,
            password_hash: passwordHash,
            country,
            home_region: zone?.homeRegion ?? REGION_BY_COUNTRY[country] ?? "us",
            language,
            created_at: new Date(now),
            expires_at: new Date(now + LINK_LIFE_MS.verify),
          })
          .execute();
        await queueMail(transaction, { kind: "sign_up", recipient: email, language, signUpId }, now);
      });
      postOffice.kick();
      return c.json({ kind: "mail_sent" }, 202);
    },

    async resendSignUp(c) {
      postOffice.requireRoom();
      const recipient = requireEmail((await readBody(c, MailTo)).email);
      await queueMail(database.kysely, { kind: "sign_up", recipient, language: languageOf(c) }, clock.now());
      postOffice.kick();
      return c.json({ kind: "mail_sent" }, 202);
    },

    async verifySignUp(c, caller) {
      const { token, password } = await readBody(c, VerifySignUp);
      const tried = await tryLinkToken(database, "verify", token, clock.now());
      if (!tried?.signUpId) throw expired();
      const waiting = await database.kysely
        .selectFrom("sign_ups")
        .select("password_hash")
        .where("sign_up_id", "=", tried.signUpId)
        .executeTakeFirst();
      if (!(await passwords.verify(waiting?.password_hash, password))) throw refuse("wrong-credentials");
      const account = await database.transaction(async (transaction) => {
        const used = await useLinkToken(transaction, "verify", token, clock.now());
        if (!used?.signUpId) return undefined;
        const signUp = await transaction
          .selectFrom("sign_ups")
          .selectAll()
          .where("sign_up_id", "=", used.signUpId)
          .executeTakeFirst();
        if (!signUp) return undefined;
        const accountId = newId("a") as AccountId;
        const made = await transaction
          .insertInto("accounts")
          .values({
            account_id: accountId,
            external_id: null,
            email: signUp.email,
            password_hash: signUp.password_hash,
            country: signUp.country,
            home_region: signUp.home_region,
            language: signUp.language,
            verified_at: new Date(clock.now()),
          })
          // Two sign-ups of one address, both answered at once: the first has it.
          .onConflict((conflict) => conflict.column("email").doNothing())
          .returning("account_id")
          .executeTakeFirst();
        if (!made) return undefined;
        await transaction
          .insertInto("profiles")
          .values({
            profile_id: newId("p"),
            account_id: accountId,
            name: FIRST_PROFILE[signUp.language],
            age_mark: null,
            external_id: null,
            language: null,
          })
          .execute();
        // The other sign-ups of the address, whoever made them, with their links.
        await transaction.deleteFrom("sign_ups").where("email", "=", signUp.email).execute();
        const account = await readAccount(transaction, accountId);
        assert(account, "an account that was just made is there");
        return account;
      });
      if (!account) throw expired();
      return c.json(await beginSession(deps, c, caller, account, null));
    },
  } satisfies Record<string, Handler>;
}
