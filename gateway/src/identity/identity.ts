/** What the modules of identity share: what they are given, sessions begun and ended, who proved what. */
import type { Account, SessionView } from "@thewatcher/contracts/api/session";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import type { Zone } from "@thewatcher/contracts/zones";
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import type { Context } from "hono";
import { getAccount, isChilds } from "../accounts.ts";
import type { Attempts } from "../attempts.ts";
import { setSessionCookie } from "../cookies.ts";
import { type Caller, type GatewayEnv, refuse, sessionOf } from "../handler.ts";
import { languageOf as languageAt } from "../hosts.ts";
import type { Session, Sessions } from "../sessions.ts";
import { deviceNameOf, removeDevices } from "./device-rows.ts";
import type { Passwords } from "./passwords.ts";
import type { PostOffice } from "./post-office.ts";

export interface IdentityDeps {
  readonly database: Database;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly postOffice: Pick<PostOffice, "kick" | "requireRoom">;
  readonly attempts: Attempts;
  readonly world: () => "demo" | "empty";
}

/** The name that was asked for, without a port. */
export const hostOf = (c: Context<GatewayEnv>): string => c.get("host").authority.replace(/:\d+$/, "");

/** What the host means; a loopback one means nothing. */
export function zoneAt(c: Context<GatewayEnv>): Zone | undefined {
  const { zone, isLoopback } = c.get("host");
  return isLoopback ? undefined : zone;
}

/** The host's language; where the host says nothing (a loopback one) the first of ours that the browser asks for. */
export const languageOf = (c: Context<GatewayEnv>): Locale =>
  languageAt(c.get("host"), {
    chosen: null,
    named: undefined,
    accepted: c.req.raw.headers.get("accept-language"),
  });

export async function endDevice(deps: IdentityDeps, { accountId, deviceId }: Session): Promise<void> {
  await deps.sessions.devicesEnded(await removeDevices(deps.database.kysely, accountId, { only: [deviceId] }));
  // Its row may have gone before.
  await deps.sessions.devicesEnded([deviceId]);
}

/** A session on a device of its own; the one that this browser had ends. */
export async function beginSession(
  deps: IdentityDeps,
  c: Context<GatewayEnv>,
  caller: Caller,
  account: Account,
  profileId: ProfileId | null,
): Promise<SessionView> {
  const device = deviceNameOf(c.req.raw.headers.get("user-agent") ?? undefined);
  const token = await deps.sessions.open(account, { profileId, device });
  if (caller.kind === "viewer") await endDevice(deps, caller.session);
  setSessionCookie(c, token);
  return { kind: "signed_in", account, profileId };
}

/** The same device with other rights: under a new token. */
export async function changeSession(
  deps: IdentityDeps,
  c: Context<GatewayEnv>,
  session: Session,
  account: Account,
  profileId: ProfileId | null,
): Promise<SessionView> {
  setSessionCookie(c, await deps.sessions.replace(session, account, profileId));
  return { kind: "signed_in", account, profileId };
}

/** Ends the handler unless it is the account's password. */
export async function requirePassword(
  { database, passwords }: IdentityDeps,
  accountId: string,
  password: string,
): Promise<void> {
  const row = await database.kysely
    .selectFrom("accounts")
    .select("password_hash")
    .where("account_id", "=", accountId)
    .executeTakeFirst();
  if (!(await passwords.verify(row?.password_hash, password))) throw refuse("wrong-credentials");
}

/** The account of a caller who may change it: not a child's profile, and not the demo's, which everybody shares. */
export async function requireOwner(
  deps: IdentityDeps,
  caller: Caller,
): Promise<{ readonly session: Session; readonly account: Account }> {
  const session = sessionOf(caller);
  const account = await getAccount(deps.database, session.accountId);
  if (!account) throw refuse("unauthenticated");
  if (!account.hasPassword)
    throw refuse("forbidden", "This account has no password, so nothing of it is changed here.");
  const current = account.profiles.find((profile) => profile.profileId === session.profileId);
  if (current && isChilds(current)) throw refuse("forbidden", "A child's profile does not change the account.");
  return { session, account };
}
