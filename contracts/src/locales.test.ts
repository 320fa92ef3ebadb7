import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptedLocale, FALLBACKS, LOCALES, pickText, type Texts } from "./locales.ts";

const anyTexts: fc.Arbitrary<Texts> = fc.record(
  { ru: fc.constantFrom("р", ""), be: fc.constantFrom("б", ""), en: fc.constantFrom("e", "") },
  { requiredKeys: [] },
);

describe("texts by locale", () => {
  test("a Belarusian reader gets Belarusian, then Russian, then English", () => {
    expect(pickText({ ru: "Мара", be: "Мроя", en: "Dream" }, "be")).toBe("Мроя");
    expect(pickText({ ru: "Мара", en: "Dream" }, "be")).toBe("Мара");
    expect(pickText({ en: "Dream" }, "be")).toBe("Dream");
    expect(pickText({ ru: "Мара", be: "Мроя" }, "en")).toBe("Мара");
  });

  test("every language's fallback begins with itself and names each locale once", () => {
    for (const locale of LOCALES) {
      expect(FALLBACKS[locale][0]).toBe(locale);
      expect([...FALLBACKS[locale]].sort()).toEqual([...LOCALES].sort());
    }
  });

  test("a text is found exactly when there is one that is not empty, and an own one is never passed over", () => {
    fc.assert(
      fc.property(anyTexts, fc.constantFrom(...LOCALES), (texts, locale) => {
        const found = pickText(texts, locale);
        const known = LOCALES.map((name) => texts[name]).filter((text) => text !== undefined && text !== "");
        expect(found === undefined).toBe(known.length === 0);
        if (texts[locale]) expect(found).toBe(texts[locale]);
        if (found !== undefined) expect(known).toContain(found);
      }),
    );
  });
});

describe("a browser's Accept-Language", () => {
  test.each([
    ["ru", "ru"],
    ["de-DE, de;q=0.9, en;q=0.4, ru;q=0.5", "ru"],
    ["en;q=0.5, be;q=0.5", "en"],
    ["RU-ru", "ru"],
    ["ru;q=0, en;q=0.1", "en"],
    ["de-DE,be;q=0.5,ru-RU;q=0.8", "ru"],
    ["ru;q=0,de", undefined],
    ["ru;q=2, be;q=nan", undefined],
    ["rus, english", undefined],
    ["", undefined],
    ["*", undefined],
  ] as const)("%j asks for %s", (header, locale) => {
    expect(acceptedLocale(header)).toBe(locale);
  });
  test("of any header is one of ours or none", () => {
    fc.assert(fc.property(fc.string(), (header) => [...LOCALES, undefined].includes(acceptedLocale(header))));
  });
  test("that is not sent names none", () => {
    expect(acceptedLocale(null)).toBeUndefined();
  });
});
