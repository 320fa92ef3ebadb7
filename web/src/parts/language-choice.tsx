/** The app's language, each named in itself. */
import type { Locale } from "@thewatcher/contracts/locales";
import { APP_LOCALES, chooseLocale, locale } from "../locale.ts";
import { pageStrings } from "../strings-of-pages.ts";

export const LANGUAGE_NAMES: Readonly<Record<Locale, string>> = { ru: "Русский", be: "Беларуская", en: "English" };

export function LanguageChoice({ onChoose = chooseLocale }: { readonly onChoose?: (next: Locale) => void }) {
  return (
    <fieldset className="languages">
      <legend className="unseen">{pageStrings.account.language}</legend>
      {APP_LOCALES.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          className="languages__one"
          aria-pressed={one === locale()}
          onClick={() => onChoose(one)}
        >
          {LANGUAGE_NAMES[one]}
        </button>
      ))}
    </fieldset>
  );
}
