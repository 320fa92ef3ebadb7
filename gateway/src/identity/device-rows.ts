/** Devices: where an account is signed in, one row each. A session whose row is gone has ended. */
import { DEVICES_PER_ACCOUNT_MAX } from "@thewatcher/contracts/api/account";
import type { Database } from "@thewatcher/stores/database/port";
import type { Reader, Writer } from "../accounts.ts";
import { newId } from "../secrets.ts";

const DAY_MS = 86_400_000;
/** The life of a session, and a day for the day's rounding. */
export const DEVICE_UNSEEN_MS_MAX = 31 * DAY_MS;

/** Last use is kept by the day: less is written, and less is known of a person. */
const dayOf = (at: number): Date => new Date(at - (at % DAY_MS));

/** `ended`: the longest unused ones, where there were too many. */
export async function addDevice(
  database: Database,
  accountId: string,
  { name, at }: { readonly name: string; readonly at: number },
): Promise<{ readonly deviceId: string; readonly ended: readonly string[] }> {
  const deviceId = newId("d");
  await database.kysely
    .insertInto("devices")
    .values({ device_id: deviceId, account_id: accountId, name, created_at: new Date(at), last_seen_at: dayOf(at) })
    .execute();
  const surplus = await database.kysely
    .selectFrom("devices")
    .select("device_id")
    .where("account_id", "=", accountId)
    // Whoever comes in stays, also among others of the same instant.
    .where("device_id", "!=", deviceId)
    .orderBy("last_seen_at", "desc")
    .orderBy("created_at", "desc")
    .orderBy("device_id")
    .offset(DEVICES_PER_ACCOUNT_MAX - 1)
    .execute();
  if (surplus.length === 0) return { deviceId, ended: [] };
  const ended = await removeDevices(database.kysely, accountId, { only: surplus.map((row) => row.device_id) });
  return { deviceId, ended };
}

/** Used today; false where it is no more. */
export async function sawDevice(writer: Writer, deviceId: string, at: number): Promise<boolean> {
  const row = await writer
    .selectFrom("devices")
    .select("last_seen_at")
    .where("device_id", "=", deviceId)
    .executeTakeFirst();
  if (!row) return false;
  const day = dayOf(at);
  if (row.last_seen_at < day)
    await writer.updateTable("devices").set({ last_seen_at: day }).where("device_id", "=", deviceId).execute();
  return true;
}

export async function listDevices(reader: Reader, accountId: string, at: number) {
  return reader
    .selectFrom("devices")
    .select(["device_id", "name", "created_at", "last_seen_at"])
    .where("account_id", "=", accountId)
    .where("last_seen_at", ">", new Date(at - DEVICE_UNSEEN_MS_MAX))
    .orderBy("last_seen_at", "desc")
    .orderBy("created_at", "desc")
    .limit(DEVICES_PER_ACCOUNT_MAX)
    .execute();
}

/** Signs devices of the account out; answers which. The sessions are told by `Sessions.devicesEnded`. */
export async function removeDevices(
  writer: Writer,
  accountId: string,
  which: { readonly only?: readonly string[]; readonly except?: string } = {},
): Promise<string[]> {
  let query = writer.deleteFrom("devices").where("account_id", "=", accountId);
  if (which.only) query = query.where("device_id", "in", which.only);
  if (which.except !== undefined) query = query.where("device_id", "!=", which.except);
  const rows = await query.returning("device_id").execute();
  return rows.map((row) => row.device_id);
}

/** The first that holds: nearly all call themselves Chrome, and those Safari too, behind a name of their own. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|OPT|OPiOS|Opera)\//, "Opera"],
  [/\bYaBrowser\//, "Yandex Browser"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bHuaweiBrowser\//, "Huawei Browser"],
  [/\bMiuiBrowser\//, "Mi Browser"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bDuckDuckGo\//, "DuckDuckGo"],
  [/\b(?:Firefox|FxiOS|Focus)\//, "Firefox"],
  [/\b(?:HeadlessChrome|Chromium|Chrome|CriOS)\//, "Chrome"],
  // Elsewhere it is the engine's name: Apple makes no browser for others.
  [/\b(?:Macintosh|iPhone|iPad|iPod)\b.*\bSafari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/\b(?:SMART-TV|SmartTV|Tizen|Web0S|WebOS|AppleTV|Android TV|GoogleTV|AFT[A-Z]+)\b/i, "TV"],
  // It says Android and iPhone too.
  [/\bWindows Phone\b/, "Windows Phone"],
  [/\b(?:iPhone|iPod)\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "Mac"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;
/** Longer ones are nobody's browser. */
const USER_AGENT_CHARACTERS_MAX = 512;

/** `Firefox on Android`: of what a browser says of itself, the family alone. */
export function deviceNameOf(userAgent: string | undefined): string {
  const text = userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? "";
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  if (browser !== undefined && system !== undefined) return `${browser} on ${system}`;
  return browser ?? system ?? "Unknown device";
}
