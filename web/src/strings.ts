/**
 * Every word of the frame and of home, in the app's language; `strings-of-pages.ts` has those of the pages that come
 * later, so that home's script stays within its 120 kB. No sentence is put together elsewhere. Each language is a script
 * of its own, and one is loaded, before anything is drawn.
 */
import type { Locale } from "@thewatcher/contracts/locales";
import type { strings as english } from "./strings/en.ts";

export type Strings = typeof english;

/** Set by `loadStrings`: read it while drawing, not while a module is evaluated. */
export let strings: Strings;

const languages: Readonly<Record<Locale, () => Promise<{ strings: Strings }>>> = {
  ru: () => import("./strings/ru.ts"),
  be: () => import("./strings/be.ts"),
  en: () => import("./strings/en.ts"),
};

export async function loadStrings(locale: Locale): Promise<void> {
  ({ strings } = await languages[locale]());
}
