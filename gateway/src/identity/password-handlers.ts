/** A forgotten password by mail, and another one by who knows the present one. Both end what the old one opened. */
import { ChangePassword, MailTo, ResetPassword } from "@thewatcher/contracts/api/account";
import { type Handler, readBody, refuse } from "../handler.ts";
import { removeDevices } from "./device-rows.ts";
import { requireEmail } from "./email.ts";
import { changeSession, type IdentityDeps, languageOf, requireOwner } from "./identity.ts";
import { requireGoodPassword } from "./new-password.ts";
import { tryLinkToken, useLinkToken } from "./one-time-tokens.ts";
import { queueMail } from "./post-office.ts";

export function createPasswordHandlers(deps: IdentityDeps) {
  const { database, clock, passwords, postOffice, sessions } = deps;

  return {
    async askForReset(c) {
      postOffice.requireRoom();
      const recipient = requireEmail((await readBody(c, MailTo)).email);
      await queueMail(database.kysely, { kind: "reset", recipient, language: languageOf(c) }, clock.now());
      postOffice.kick();
      return c.json({ kind: "mail_sent" }, 202);
    },

    async resetPassword(c) {
      const { token, password } = await readBody(c, ResetPassword);
      requireGoodPassword(password, undefined);
      // Before the hash: a made-up token costs us nothing.
      if (!(await tryLinkToken(database, "reset", token, clock.now()))) throw refuse("link-expired");
      const passwordHash = await passwords.hash(password);
      const ended = await database.transaction(async (transaction) => {
        const used = await useLinkToken(transaction, "reset", token, clock.now());
        if (!used?.accountId) return undefined;
        const { accountId } = used;
        // The mail was read at this address: it must still be the account's.
        const account = await transaction
          .updateTable("accounts")
          .set({ password_hash: passwordHash })
          .where("account_id", "=", accountId)
          .where("email", "=", used.email)
          .returning("language")
          .executeTakeFirst();
        if (!account) return undefined;
        await transaction.deleteFrom("identity_tokens").where("account_id", "=", accountId).execute();
        const language = account.language ?? languageOf(c);
        await queueMail(
          transaction,
          { kind: "password_changed", recipient: used.email, language, accountId },
          clock.now(),
        );
        return removeDevices(transaction, accountId);
      });
      if (!ended) throw refuse("link-expired");
      await sessions.devicesEnded(ended);
      postOffice.kick();
      return c.json({ kind: "done" });
    },

    async changePassword(c, caller) {
      const { session, account } = await requireOwner(deps, caller);
      const { accountId } = account;
      const given = await readBody(c, ChangePassword);
      requireGoodPassword(given.password, undefined);
      const row = await database.kysely
        .selectFrom("accounts")
        .select("password_hash")
        .where("account_id", "=", accountId)
        .executeTakeFirst();
      if (!(await passwords.verify(row?.password_hash, given.currentPassword))) throw refuse("wrong-credentials");
      const passwordHash = await passwords.hash(given.password);
      const ended = await database.transaction(async (transaction) => {
        const changed = await transaction
          .updateTable("accounts")
          .set({ password_hash: passwordHash })
          .where("account_id", "=", accountId)
          .where("password_hash", "=", row?.password_hash ?? "")
          .returning(["email", "language"])
          .executeTakeFirst();
        if (!changed?.email) return undefined;
        await transaction.deleteFrom("identity_tokens").where("account_id", "=", accountId).execute();
        const language = changed.language ?? languageOf(c);
        await queueMail(
          transaction,
          { kind: "password_changed", recipient: changed.email, language, accountId },
          clock.now(),
        );
        return removeDevices(transaction, accountId, { except: session.deviceId });
      });
      if (!ended) throw refuse("conflict", "The password was changed meanwhile.");
      await sessions.devicesEnded(ended);
      postOffice.kick();
      return c.json(await changeSession(deps, c, session, account, session.profileId));
    },
  } satisfies Record<string, Handler>;
}
