/** Profiles of an account: made, changed, locked by a PIN, and forgotten for ever. */
import { ChangePin, ChangeProfile, CreateProfile, EraseProfile } from "@thewatcher/contracts/api/account";
import { type Account, PROFILES_PER_ACCOUNT_MAX, type SessionView } from "@thewatcher/contracts/api/session";
import { EVENT_VERSION, type StoredEventOf } from "@thewatcher/contracts/events";
import type { EventId, ProfileId } from "@thewatcher/contracts/ids";
import { topicOf } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { Context } from "hono";
import { getAccount } from "../accounts.ts";
import { type Caller, type Handler, readBody, refuse } from "../handler.ts";
import { newId } from "../secrets.ts";
import type { Session } from "../sessions.ts";
import { changeSession, type IdentityDeps, requireOwner, requirePassword } from "./identity.ts";

export function createProfileHandlers(deps: IdentityDeps) {
  const { database, clock, passwords, sessions } = deps;

  const requireProfile = async (c: Context, caller: Caller) => {
    const { session, account } = await requireOwner(deps, caller);
    const profile = account.profiles.find((one) => one.profileId === c.req.param("profileId"));
    if (!profile) throw refuse("not-found");
    return { session, account, profile };
  };

  /** All sessions of the account learn of it; the caller is shown what it is now. */
  const changed = async (c: Context, session: Session): Promise<Response> => {
    await sessions.accountChanged(session.accountId);
    const account = await getAccount(database, session.accountId);
    assert(account, "an account that was just changed is there");
    return c.json({ kind: "signed_in", account, profileId: session.profileId } satisfies SessionView);
  };

  const erasureOf = (account: Account, profileId: ProfileId): StoredEventOf<"erasure"> => {
    const at = new Date(clock.now()).toISOString();
    return {
      version: EVENT_VERSION,
      eventId: uuid7(clock.now()) as EventId,
      type: "erasure",
      occurredAt: at,
      sentAt: at,
      receivedAt: at,
      knownAt: at,
      profileId,
      device: "gateway",
      country: account.country,
      timeQuality: "observed",
      payload: { reason: "viewer_request" },
    };
  };

  return {
    async createProfile(c, caller) {
      const { session, account } = await requireOwner(deps, caller);
      const given = await readBody(c, CreateProfile);
      const isMade = await database.transaction(async (transaction) => {
        // Two at once wait for each other here, so that seven are never six.
        await transaction
          .selectFrom("accounts")
          .select("account_id")
          .where("account_id", "=", account.accountId)
          .forUpdate()
          .execute();
        const there = await transaction
          .selectFrom("profiles")
          .select("profile_id")
          .where("account_id", "=", account.accountId)
          .execute();
        if (there.length >= PROFILES_PER_ACCOUNT_MAX) return false;
        await transaction
          .insertInto("profiles")
          .values({
            profile_id: newId("p"),
            account_id: account.accountId,
            name: given.name.trim(),
            age_mark: given.ageMark,
            external_id: null,
            language: given.language,
          })
          .execute();
        return true;
      });
      if (!isMade) throw refuse("conflict", `An account has at most ${PROFILES_PER_ACCOUNT_MAX} profiles.`);
      return changed(c, session);
    },

    async changeProfile(c, caller) {
      const { session, profile } = await requireProfile(c, caller);
      const given = await readBody(c, ChangeProfile);
      if (given.ageMark !== profile.ageMark) {
        if (given.password === undefined)
          throw refuse("wrong-credentials", "Another age mark needs the account's password.");
        await requirePassword(deps, session.accountId, given.password);
      }
      await database.kysely
        .updateTable("profiles")
        .set({ name: given.name.trim(), language: given.language, age_mark: given.ageMark })
        .where("profile_id", "=", profile.profileId)
        .execute();
      return changed(c, session);
    },

    async changePin(c, caller) {
      const { session, profile } = await requireProfile(c, caller);
      const { pin, password } = await readBody(c, ChangePin);
      await requirePassword(deps, session.accountId, password);
      const pinHash = pin === null ? null : await passwords.hash(pin);
      await database.kysely
        .updateTable("profiles")
        .set({ pin_hash: pinHash, pin_failures: 0, pin_retry_at: null })
        .where("profile_id", "=", profile.profileId)
        .execute();
      return changed(c, session);
    },

    async eraseProfile(c, caller) {
      const { session, account, profile } = await requireProfile(c, caller);
      const { password } = await readBody(c, EraseProfile);
      await requirePassword(deps, session.accountId, password);
      const outcome = await database.transaction(async (transaction) => {
        const rows = await transaction
          .selectFrom("profiles")
          .select("profile_id")
          .where("account_id", "=", account.accountId)
          .orderBy("profile_id")
          .forUpdate()
          .execute();
        if (!rows.some((row) => row.profile_id === profile.profileId)) return "gone";
        if (rows.length === 1) return "last";
        await transaction.deleteFrom("profiles").where("profile_id", "=", profile.profileId).execute();
        // Behind everything that the profile stated: what waits for its row now finds it gone.
        const event = erasureOf(account, profile.profileId);
        await transaction
          .insertInto("outbox")
          .values({
            event_id: event.eventId,
            topic: topicOf(event.type),
            key: event.profileId,
            value: JSON.stringify(event),
          })
          .execute();
        return "erased";
      });
      if (outcome === "gone") throw refuse("not-found");
      if (outcome === "last") throw refuse("conflict", "An account keeps one profile. Make another one first.");
      if (session.profileId !== profile.profileId) return changed(c, session);
      await sessions.accountChanged(session.accountId);
      const left = await getAccount(database, session.accountId);
      assert(left, "an account that lost a profile is there");
      return c.json(await changeSession(deps, c, session, left, null));
    },
  } satisfies Record<string, Handler>;
}
