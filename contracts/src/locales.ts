/**
 * The languages of the catalogue, which of them a browser asks for, and which text stands in where one is missing.
 * Belarusian falls back to Russian before English: nearly every reader of it reads Russian.
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

/** More are not looked at: browsers send a handful. */
const ACCEPTED_MAX = 20;

/** Of an `Accept-Language` of `be-BY, ru;q=0.8, en;q=0.5` the one of ours with the highest weight, the first of equals. */
export function acceptedLocale(header: string | null): Locale | undefined {
  if (header === null) return undefined;
  let best: { readonly locale: Locale; readonly weight: number } | undefined;
  for (const part of header.split(",", ACCEPTED_MAX)) {
    const [tag = "", ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const locale = LOCALES.find((one) => tag === one || tag.startsWith(`${one}-`));
    if (!locale) continue;
    const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const weight = given === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(given) ? Number(given) : 0;
    if (weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale;
}
