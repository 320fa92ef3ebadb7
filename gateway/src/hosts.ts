/**
 * Which of our hosts is asked, and what that means. A name that is none of ours gets no answer: links in mails, cookies and
 * caches are made of it. The zones' own names are always ours; loopback names are too, in the default zone; more come
 * by the setting `publicHosts`.
 */
import { acceptedLocale, LOCALES, type Locale } from "@thewatcher/contracts/locales";
import { DEFAULT_ZONE, type Zone, zoneByName, zoneOf } from "@thewatcher/contracts/zones";

export interface Host {
  /** As it was asked for, in lower case, with its port. */
  readonly authority: string;
  readonly zone: Zone;
  /** On this machine: no TLS, and the language is the browser's. */
  readonly isLoopback: boolean;
}

const FORM = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,39}\])(?::\d{1,5})?$/;
const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
/** Names with ports that were asked for: a few of each of ours. */
const REMEMBERED_MAX = 1_000;

export const isLoopbackName = (name: string): boolean => LOOPBACK.includes(name);

/** The answer for a `Host` header; undefined: not ours. */
export function createHosts(publicHosts: readonly string[]): (authority: string) => Host | undefined {
  const ours = new Set(publicHosts.map((name) => name.toLowerCase()));
  const remembered = new Map<string, Host>();
  const find = (asked: string): Host | undefined => {
    const authority = asked.toLowerCase();
    const name = FORM.exec(authority)?.[1];
    if (name === undefined) return undefined;
    if (isLoopbackName(name)) return { authority, zone: DEFAULT_ZONE, isLoopback: true };
    const zone = zoneOf(name) ?? (ours.has(name) ? zoneByName(name) : undefined);
    return zone && { authority, zone, isLoopback: false };
  };
  return (asked) => {
    const known = remembered.get(asked);
    if (known) return known;
    const host = find(asked);
    if (host && remembered.size < REMEMBERED_MAX) remembered.set(asked, host);
    return host;
  };
}

/**
 * What a request is answered in: what the person chose, else what the request names, else the host's; on loopback, which
 * is nobody's country, the first language of ours that the browser asks for.
 */
export function languageOf(
  host: Host,
  asked: { readonly chosen: Locale | null; readonly named: string | undefined; readonly accepted: string | null },
): Locale {
  const named = LOCALES.find((locale) => locale === asked.named);
  return (
    asked.chosen ?? named ?? (host.isLoopback ? (acceptedLocale(asked.accepted) ?? host.zone.locale) : host.zone.locale)
  );
}
