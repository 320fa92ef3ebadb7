/** The parameters of a request: what they may be, and the refusal that says what was wrong. */
import { TASTE_EDITS_MAX, type TasteFacetEdit } from "@thewatcher/contracts/events";
import type { Identity } from "@thewatcher/contracts/identity";
import { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { LOCALES, Locale } from "@thewatcher/contracts/locales";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import { LIST_COUNT_MAX } from "./slate.ts";
import { SOURCES, type SourceName } from "./sources/source.ts";
import { parseTasteEdits } from "./taste-edits.ts";

export const LIST_COUNT_DEFAULT = 20;
/** What a screen can hold, ten times over. Longer wishes are a filter, and filters are rules. */
export const EXCLUDED_MAX = 200;

/** As the longest runtime of the catalogue. */
export const MINUTES_MAX = 1_500;

const DEFAULT_LOCALE: Locale = "en";

const refused = (path: string, message: string) =>
  new ProblemError(problem("bad-request", { errors: [{ path, message }] }));

/** `?n=`: whole, 1 to 100. */
export function countOf(text: string | undefined): number {
  if (text === undefined) return LIST_COUNT_DEFAULT;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > LIST_COUNT_MAX) throw refused("n", `a whole number from 1 to ${LIST_COUNT_MAX}`);
  return count;
}

/** `?exclude=a,b&exclude=c`. Titles that don't exist exclude nothing. */
export function excludedOf(texts: readonly string[] | undefined): readonly string[] {
  if (!texts) return [];
  const titleIds = texts.flatMap((text) => text.split(",", EXCLUDED_MAX + 1)).filter((titleId) => titleId !== "");
  if (titleIds.length > EXCLUDED_MAX) throw refused("exclude", `at most ${EXCLUDED_MAX} title ids`);
  const wrong = titleIds.findIndex((titleId) => !TitleId.safeParse(titleId).success);
  if (wrong >= 0) throw refused(`exclude.${wrong}`, "a title id: letters, digits and : . _ - , at most 64");
  return titleIds;
}

/** `?locale=`, else the session's language. */
export function localeOf(text: string | undefined, identity: Pick<Identity, "language">): Locale {
  if (text === undefined) return identity.language ?? DEFAULT_LOCALE;
  const locale = Locale.safeParse(text).data;
  if (locale === undefined) throw refused("locale", `one of ${LOCALES.join(", ")}`);
  return locale;
}

/** `?minutes=`: whole, 1 to 1,500, as the longest runtime of the catalogue. */
export function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minutes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (minutes < 1 || minutes > MINUTES_MAX) throw refused("minutes", `a whole number from 1 to ${MINUTES_MAX}`);
  return minutes;
}

/** `?with=`: a profile of the same account, another one than the page's own. */
export function withOf(text: string | undefined, own: ProfileId): ProfileId | undefined {
  if (text === undefined) return undefined;
  const other = ProfileId.safeParse(text).data;
  if (other === undefined) throw refused("with", "a profile id of the same account");
  if (other === own) throw refused("with", "another profile than the page's own");
  return other;
}

/** `?taste=`: a page as it would be with these corrections, without saving them. */
export function tasteOf(text: string | undefined): readonly TasteFacetEdit[] | undefined {
  if (text === undefined) return undefined;
  const edits = parseTasteEdits(text);
  if (!edits) {
    throw refused("taste", `at most ${TASTE_EDITS_MAX} of genre:<name>:1, decade:1990:-1, country:BY:0, person:<id>:1`);
  }
  return edits;
}

/** `?source=`: one of them, or all. */
export function sourcesOf(text: string | undefined): readonly SourceName[] {
  if (text === undefined) return SOURCES;
  const source = SOURCES.find((name) => name === text);
  if (source === undefined) throw refused("source", `one of ${SOURCES.join(", ")}`);
  return [source];
}

/** `?stages=`. */
export function flagOf(name: string, text: string | undefined): boolean {
  if (text === undefined || text === "false") return false;
  if (text !== "true") throw refused(name, "true or false");
  return true;
}

/** An id of the wrong form names nothing: undefined. */
export function profileIdOf(text: string): ProfileId | undefined {
  return ProfileId.safeParse(text).data;
}
