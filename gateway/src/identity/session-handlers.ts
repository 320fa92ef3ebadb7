/** Signing in and out, choosing a profile, and going over to another host. */

import type { AccountProfile } from "@thewatcher/contracts/api/session";
import { type Account, ChooseProfile, HandOver, type SessionView, SignIn } from "@thewatcher/contracts/api/session";
import { ZONES, zoneOf } from "@thewatcher/contracts/zones";
import { getAccount, getAccountOfProfile, isOpenFrom, listDemoAccounts } from "../accounts.ts";
import { clearSessionCookie, sessionTokenOf } from "../cookies.ts";
import { CSRF_HEADER, csrfTokenOf } from "../csrf.ts";
import { type Handler, readBody, refuse, sessionOf } from "../handler.ts";
import type { Session } from "../sessions.ts";
import { createHandover, redeemSignInTicket } from "../sign-in-tickets.ts";
import { normaliseEmail } from "./email.ts";
import { beginSession, changeSession, endDevice, hostOf, type IdentityDeps, requirePassword } from "./identity.ts";
import { forgivePin, tryPin } from "./pins.ts";

export function createSessionHandlers(deps: IdentityDeps) {
  const { database, cache, clock, passwords } = deps;

  /** The account that e-mail and password name; who is refused does not learn which of them is wrong. */
  const accountByPassword = async (given: { email: string; password: string }): Promise<Account | undefined> => {
    const email = normaliseEmail(given.email);
    const row =
      email === undefined
        ? undefined
        : await database.kysely
            .selectFrom("accounts")
            .select(["account_id", "password_hash"])
            .where("email", "=", email)
            .executeTakeFirst();
    const isRight = await passwords.verify(row?.password_hash, given.password);
    if (!isRight || !row?.password_hash) return undefined;
    if (passwords.isOutdated(row.password_hash)) {
      const hash = await passwords.hash(given.password);
      await database.kysely
        .updateTable("accounts")
        .set({ password_hash: hash })
        .where("account_id", "=", row.account_id)
        .where("password_hash", "=", row.password_hash)
        .execute();
    }
    return getAccount(database, row.account_id);
  };

  /** Ends the handler unless the profile may be entered with what was given. */
  const requireEntry = async (
    session: Session,
    account: Account,
    profile: AccountProfile,
    given: { readonly pin?: string | undefined; readonly password?: string | undefined },
  ): Promise<void> => {
    if (isOpenFrom(account, session.profileId, profile)) return;
    const { profileId } = profile;
    if (given.password !== undefined) {
      await requirePassword(deps, account.accountId, given.password);
      if (profile.hasPin) await forgivePin(database.kysely, profileId);
      return;
    }
    if (!profile.hasPin)
      throw refuse("profile-guarded", "A child's profile is left for this one with the account's password.");
    if (given.pin === undefined) throw refuse("profile-guarded", "Send its PIN, or the account's password.");
    const answer = await tryPin(deps, profileId, given.pin);
    if (answer.kind === "wait")
      throw refuse(
        "profile-guarded",
        `Too many wrong PINs: the next is looked at from ${answer.until.toISOString()} on. The account's password enters now.`,
      );
    if (answer.kind === "wrong") throw refuse("profile-guarded", "The PIN is wrong.");
  };

  return {
    async listDemoAccounts(c) {
      if (deps.world() !== "demo") throw refuse("not-found", "This is not the demo world.");
      return c.json({ accounts: await listDemoAccounts(database) });
    },

    async signIn(c, caller) {
      const given = await readBody(c, SignIn);
      if ("email" in given) {
        const name = normaliseEmail(given.email) ?? given.email;
        await deps.attempts.admit(c, name);
        const account = await accountByPassword(given);
        if (!account) throw refuse("wrong-credentials");
        const view = await beginSession(deps, c, caller, account, null);
        await deps.attempts.succeeded(c, name);
        return c.json(view);
      }
      const account = deps.world() === "demo" ? await getAccount(database, given.accountId) : undefined;
      // The same answer for an account that is not there: this is not the place to find out who has one.
      if (!account?.demo) throw refuse("forbidden", "Only the demo's accounts may be entered without a password.");
      return c.json(await beginSession(deps, c, caller, account, null));
    },

    async getSession(c, caller) {
      const token = sessionTokenOf(c);
      if (caller.kind !== "viewer") return c.json({ kind: "anonymous" } satisfies SessionView);
      const { session } = caller;
      const account = await getAccount(database, session.accountId);
      if (!account) {
        await endDevice(deps, session);
        clearSessionCookie(c);
        return c.json({ kind: "anonymous" } satisfies SessionView);
      }
      if (token !== undefined) c.header(CSRF_HEADER, csrfTokenOf(token));
      return c.json({ kind: "signed_in", account, profileId: session.profileId } satisfies SessionView);
    },

    async chooseProfile(c, caller) {
      const session = sessionOf(caller);
      const { profileId, ...given } = await readBody(c, ChooseProfile);
      const account = await getAccount(database, session.accountId);
      const profile = account?.profiles.find((one) => one.profileId === profileId);
      if (!account || !profile) throw refuse("not-found");
      await requireEntry(session, account, profile, given);
      return c.json(await changeSession(deps, c, session, account, profileId));
    },

    async signOut(c, caller) {
      if (caller.kind === "viewer") await endDevice(deps, caller.session);
      clearSessionCookie(c);
      return c.json({ kind: "anonymous" } satisfies SessionView);
    },

    async handOver(c, caller) {
      const { accountId, profileId } = sessionOf(caller);
      const host = (await readBody(c, HandOver)).host.toLowerCase();
      if (!zoneOf(host) || !Object.hasOwn(ZONES, host))
        throw refuse("bad-request", `host: one of ours is accepted (${Object.keys(ZONES).join(", ")}).`);
      const { ticket, until } = await createHandover({ cache, clock }, { accountId, profileId, host });
      return c.json({ url: `https://${host}/sign-in?ticket=${ticket}`, expiresAt: new Date(until).toISOString() });
    },

    async redeemTicket(c, caller) {
      const refusal = "The link is used, has expired, or is of another host. Make a new one.";
      const ticket = await redeemSignInTicket({ cache, clock }, c.req.query("ticket") ?? "");
      if (!ticket) throw refuse("forbidden", refusal);
      const isHandover = "host" in ticket;
      if (isHandover && ticket.host !== hostOf(c)) throw refuse("forbidden", refusal);
      // A link that somebody else made must not put a person who is signed in into somebody else's account.
      if (isHandover && caller.kind === "viewer" && caller.session.accountId !== ticket.accountId)
        throw refuse("conflict", "Another account is signed in here. Sign out first.");
      const account = isHandover
        ? await getAccount(database, ticket.accountId)
        : await getAccountOfProfile(database, ticket.profileId);
      const isThere =
        account && (ticket.profileId === null || account.profiles.some((one) => one.profileId === ticket.profileId));
      if (!isThere) throw refuse("forbidden", refusal);
      await beginSession(deps, c, caller, account, ticket.profileId);
      c.header("referrer-policy", "no-referrer");
      return c.redirect("/", 303);
    },
  } satisfies Record<string, Handler>;
}
