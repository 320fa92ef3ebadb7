/** Words of the pages that are loaded when they are gone to. See `strings.ts`. */
import type { Locale } from "@thewatcher/contracts/locales";
import type { pageStrings as english } from "./strings/pages-en.ts";

export type PageStrings = typeof english;

/** Set by `loadPageStrings`: read it while drawing, not while a module is evaluated. */
export let pageStrings: PageStrings;

const languages: Readonly<Record<Locale, () => Promise<{ pageStrings: PageStrings }>>> = {
  ru: () => import("./strings/pages-ru.ts"),
  be: () => import("./strings/pages-be.ts"),
  en: () => import("./strings/pages-en.ts"),
};

export async function loadPageStrings(locale: Locale): Promise<void> {
  ({ pageStrings } = await languages[locale]());
}
