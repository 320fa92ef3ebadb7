import { beforeAll, describe, expect, test } from "vitest";
import { APP_LOCALES } from "./locale.ts";
import { pageStrings as be } from "./strings/pages-be.ts";
import { pageStrings as ru } from "./strings/pages-ru.ts";
import { loadStrings, type Strings, strings } from "./strings.ts";
import { loadPageStrings, pageStrings } from "./strings-of-pages.ts";

/** `a.b.c` of every text. */
const paths = (texts: object, under = ""): string[] =>
  Object.entries(texts).flatMap(([key, text]) =>
    typeof text === "object" ? paths(text, `${under}${key}.`) : [`${under}${key}`],
  );

describe("words in three languages", () => {
  let english: string[];
  beforeAll(async () => {
    await Promise.all([loadStrings("en"), loadPageStrings("en")]);
    english = [...paths(strings), ...paths(pageStrings)];
  });

  test.each(APP_LOCALES)("%s has every text, and none is empty", async (locale) => {
    await Promise.all([loadStrings(locale), loadPageStrings(locale)]);
    expect([...paths(strings), ...paths(pageStrings)]).toEqual(english);
    const texts = (all: object): unknown[] =>
      Object.values(all).flatMap((text) => (typeof text === "object" ? texts(text) : [text]));
    for (const text of [...texts(strings), ...texts(pageStrings)]) expect(text).not.toBe("");
  });

  test("counted things have the forms of the language: 1, 2, 5, 11, 21", () => {
    const forms = (count: (n: number) => string) => [1, 2, 5, 11, 21].map(count);
    expect(forms(ru.person.titles)).toEqual(["1 название", "2 названия", "5 названий", "11 названий", "21 название"]);
    expect(forms(be.person.titles)).toEqual(["1 назва", "2 назвы", "5 назваў", "11 назваў", "21 назва"]);
    expect(ru.title.stars(3.5)).toBe("3,5 звезды");
  });

  test("a date is said in the language", async () => {
    const leaves = async (locale: (typeof APP_LOCALES)[number]): Promise<ReturnType<Strings["card"]["leaves"]>> => {
      await loadStrings(locale);
      return strings.card.leaves("2026-12-05T12:00:00.000Z");
    };
    expect(await leaves("en")).toBe("Leaves Dec 5");
    expect(await leaves("ru")).toBe("До 5 декабря");
    expect(await leaves("be")).toBe("Да 5 снежня");
  });
});
