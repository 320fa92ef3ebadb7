/**
 * The languages of the catalogue, and which text stands in where one is missing. Belarusian falls back to Russian before
 * English: nearly every reader of it reads Russian.
 */
import { z } from "zod";

export const LOCALES = ["ru", "be", "en"] as const;
export const Locale = z.enum(LOCALES);
export type Locale = z.infer<typeof Locale>;

/** In which order a reader of the language is served; each names every locale once. */
export const FALLBACKS: Readonly<Record<Locale, readonly Locale[]>> = {
  be: ["be", "ru", "en"],
  ru: ["ru", "en", "be"],
  en: ["en", "ru", "be"],
};

/** Texts by locale. One that is not there is not known. */
export type Texts = { readonly [Name in Locale]?: string };

/** The text for a reader of `locale`; undefined where there is none in any language. An empty text is none. */
export function pickText(texts: Texts, locale: Locale): string | undefined {
  for (const candidate of FALLBACKS[locale]) {
    const text = texts[candidate];
    if (text !== undefined && text !== "") return text;
  }
  return undefined;
}
