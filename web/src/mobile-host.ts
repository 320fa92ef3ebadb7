/**
 * The version for phones lives on a host of its own; a desktop host asked from a small touch screen offers it. Nobody is
 * taken there unasked: a link that somebody sent stays the page that was meant.
 */

/** As `ZONES` of the contract, which brings zod: hosts that have a sibling for phones. */
const MOBILE_HOSTS: Readonly<Record<string, string>> = { "thewatcher.ru": "m.thewatcher.ru" };
/** Phones held upright and small tablets, without a mouse. */
const SMALL_TOUCH = "(max-width: 640px) and (pointer: coarse)";
const KEY = "stay-on-desktop";

export const mobileHostOf = (hostName: string): string | null =>
  Object.hasOwn(MOBILE_HOSTS, hostName) ? (MOBILE_HOSTS[hostName] ?? null) : null;

/** null: there is none, the screen is not a phone's, or the viewer chose to stay. */
export function mobileHostHere(): string | null {
  const host = mobileHostOf(location.hostname);
  if (host === null || !matchMedia(SMALL_TOUCH).matches) return null;
  try {
    return localStorage.getItem(KEY) === null ? host : null;
  } catch {
    return host;
  }
}

export function stayHere(): void {
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // Without storage the offer comes again with the next visit.
  }
}
