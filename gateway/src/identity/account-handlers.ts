/** The account itself, its e-mail, and the devices that it is signed in on. */
import {
  type AccountDetails,
  ChangeAccount,
  ChangeEmail,
  ConfirmEmail,
  type Devices,
} from "@thewatcher/contracts/api/account";
import type { SessionView } from "@thewatcher/contracts/api/session";
import { clearSessionCookie } from "../cookies.ts";
import { type Handler, readBody, refuse, sessionOf } from "../handler.ts";
import { listDevices, removeDevices } from "./device-rows.ts";
import { requireEmail } from "./email.ts";
import { endDevice, type IdentityDeps, languageOf, requireOwner, requirePassword } from "./identity.ts";
import { useLinkToken } from "./one-time-tokens.ts";
import { queueMail } from "./post-office.ts";

/** Of PostgreSQL: somebody else has the address. */
const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "23505";

export function createAccountHandlers(deps: IdentityDeps) {
  const { database, clock, postOffice, sessions } = deps;

  const detailsOf = async (accountId: string): Promise<AccountDetails> => {
    const row = await database.kysely
      .selectFrom("accounts")
      .select(["email", "country", "home_region", "language", "role", "verified_at"])
      .where("account_id", "=", accountId)
      .executeTakeFirst();
    if (!row) throw refuse("unauthenticated");
    return {
      accountId: accountId as AccountDetails["accountId"],
      email: row.email,
      country: row.country,
      homeRegion: row.home_region,
      language: row.language,
      role: row.role,
      verifiedAt: row.verified_at?.toISOString() ?? null,
    };
  };

  return {
    async getAccount(c, caller) {
      return c.json(await detailsOf(sessionOf(caller).accountId));
    },

    async changeAccount(c, caller) {
      const { account } = await requireOwner(deps, caller);
      const { language } = await readBody(c, ChangeAccount);
      await database.kysely
        .updateTable("accounts")
        .set({ language })
        .where("account_id", "=", account.accountId)
        .execute();
      await sessions.accountChanged(account.accountId);
      return c.json(await detailsOf(account.accountId));
    },

    async changeEmail(c, caller) {
      postOffice.requireRoom();
      const { account } = await requireOwner(deps, caller);
      const { accountId } = account;
      const given = await readBody(c, ChangeEmail);
      const recipient = requireEmail(given.email);
      await requirePassword(deps, accountId, given.password);
      // Whether the address is taken is told to nobody: the post office looks, and writes or not.
      const language = account.language ?? languageOf(c);
      await queueMail(database.kysely, { kind: "email_change", recipient, language, accountId }, clock.now());
      postOffice.kick();
      return c.json({ kind: "mail_sent" }, 202);
    },

    async confirmEmail(c) {
      const { token } = await readBody(c, ConfirmEmail);
      const changing = database.transaction(async (transaction) => {
        const used = await useLinkToken(transaction, "email", token, clock.now());
        if (!used?.accountId) return undefined;
        const { accountId } = used;
        const before = await transaction
          .selectFrom("accounts")
          .select(["email", "language"])
          .where("account_id", "=", accountId)
          .forUpdate()
          .executeTakeFirst();
        if (!before) return undefined;
        await transaction
          .updateTable("accounts")
          .set({ email: used.email })
          .where("account_id", "=", accountId)
          .execute();
        // Links that went to the old address.
        await transaction.deleteFrom("identity_tokens").where("account_id", "=", accountId).execute();
        if (before.email !== null) {
          const language = before.language ?? languageOf(c);
          const recipient = before.email;
          await queueMail(transaction, { kind: "email_changed", recipient, language, accountId }, clock.now());
        }
        return accountId;
      });
      const accountId = await changing.catch((error: unknown) => {
        if (isTaken(error)) return undefined;
        throw error;
      });
      if (accountId === undefined) throw refuse("link-expired");
      postOffice.kick();
      return c.json({ kind: "done" });
    },

    async listDevices(c, caller) {
      const { accountId, deviceId } = sessionOf(caller);
      const rows = await listDevices(database.kysely, accountId, clock.now());
      const devices = rows.map((row) => ({
        deviceId: row.device_id,
        name: row.name,
        createdAt: row.created_at.toISOString(),
        lastSeenOn: row.last_seen_at.toISOString().slice(0, 10),
        current: row.device_id === deviceId,
      }));
      return c.json({ devices } satisfies Devices);
    },

    async signOutDevice(c, caller) {
      const session = sessionOf(caller);
      const { accountId } = session;
      // Those of an account without a password are everybody's: each signs itself out.
      await requireOwner(deps, caller);
      const deviceId = c.req.param("deviceId") ?? "";
      const ended = await removeDevices(database.kysely, accountId, { only: [deviceId] });
      // Another account's is not there either.
      if (ended.length === 0) throw refuse("not-found");
      await sessions.devicesEnded(ended);
      if (deviceId === session.deviceId) clearSessionCookie(c);
      return c.json({ kind: "done" });
    },

    async signOutEverywhere(c, caller) {
      const { session, account } = await requireOwner(deps, caller);
      await sessions.devicesEnded(await removeDevices(database.kysely, account.accountId));
      await endDevice(deps, session);
      clearSessionCookie(c);
      return c.json({ kind: "anonymous" } satisfies SessionView);
    },
  } satisfies Record<string, Handler>;
}
