/**
 * The app's language. What was chosen on this device, else the host's, else the first of ours that the browser asks for.
 * What the profile or the account says wins as soon as it is known (`followAccount`): names of titles come in it already.
 */
import type { SessionView } from "@thewatcher/contracts/api/session";
import type { Locale } from "@thewatcher/contracts/locales";

/** As `LOCALES` of the contract, which brings zod. */
export const APP_LOCALES: readonly Locale[] = ["ru", "be", "en"];
const ZONE_LOCALES = { ru: "ru", by: "be", us: "en" } as const;
const KEY = "locale";

const chosenHere = (): string | null => {
  // Storage may be forbidden altogether.
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
};

/** `hostName`: thewatcher.ru, m.thewatcher.ru, thewatcher.by, thewatcher.us; others leave it to the browser. */
export function localeFor(hostName: string, chosen: string | null, asked: readonly string[]): Locale {
  const zone = /(?:^|\.)thewatcher\.(ru|by|us)$/.exec(hostName)?.[1] as keyof typeof ZONE_LOCALES;
  const ofHost = ZONE_LOCALES[zone];
  const wanted = [chosen, ofHost, ...asked.map((tag) => tag.slice(0, 2).toLowerCase())];
  return wanted.find((one): one is Locale => APP_LOCALES.includes(one as Locale)) ?? "en";
}

let here: Locale | undefined;
export function locale(): Locale {
  here ??= localeFor(location.hostname, chosenHere(), navigator.languages);
  return here;
}

/** From here on in this language; words are read when a page is made, so the app begins anew. */
export function chooseLocale(next: Locale): void {
  if (next === locale()) return;
  try {
    localStorage.setItem(KEY, next);
    location.reload();
  } catch {
    // Without storage the choice would be forgotten by the reload: the language stays.
  }
}

export function followAccount(session: SessionView | undefined): void {
  if (session?.kind !== "signed_in") return;
  const { account, profileId } = session;
  const chosen = account.profiles.find((one) => one.profileId === profileId)?.language ?? account.language;
  if (chosen) chooseLocale(chosen);
}
