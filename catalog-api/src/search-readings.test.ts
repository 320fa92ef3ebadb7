import { QUERY_CHARACTERS_MAX, QUERY_READINGS_MAX } from "@thewatcher/stores/search/port";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layoutsOf, readingsOf } from "./search-readings.ts";

const textIn = (typed: string, layout: string) => layoutsOf(typed).find((one) => one.layout === layout)?.text;

describe("another keyboard layout", () => {
  test.each([
    ["dkfcntkby rjktw", "ru", "властелин колец"],
    ["k.lb d x`hyjv", "ru", "люди в чёрном"],
    ["<jqwjdcrbq Rke,", "ru", "бойцовский клуб"],
    ["xe;jq", "ru", "чужой"],
    ["ekflfh gzhcw`yrfo", "be", "уладар пярсцёнкаў"],
    ["cbv]z", "be", "сім'я"],
    ["ьфекшч", "en", "matrix"],
    ["еру дщкв ща еру кштпы", "en", "the lord of the rings"],
    ["кароль лещ", "be", "кароль леў"],
  ])("%s in %s is %s", (typed, layout, meant) => {
    expect(textIn(typed, layout)).toBe(meant);
  });

  test("letters of two characters are keys of their own; words with signs inside are no English", () => {
    expect(textIn("ьфекшч".normalize("NFD"), "en")).toBe("matrix");
    expect(textIn("барби", "en")).toBeUndefined();
    expect(layoutsOf("2001")).toEqual([]);
  });

  test("whatever is typed on the English one reads back from the Russian one", () => {
    const words = fc
      .array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 4 })
      .map((all) => all.join(" "));
    fc.assert(
      fc.property(words, (english) => {
        const russian = textIn(english, "ru")!;
        expect(textIn(russian, "en")).toBe(english);
      }),
    );
  });
});

describe("readings", () => {
  test("the first is what was typed; they are few and bounded, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: QUERY_CHARACTERS_MAX / 2 }), (text) => {
        const readings = readingsOf(text);
        expect(readings[0]?.asked).toEqual({ text });
        expect(readings.length).toBeLessThanOrEqual(QUERY_READINGS_MAX);
        for (const { asked } of readings.slice(1)) expect(asked.text.length).toBeLessThanOrEqual(QUERY_CHARACTERS_MAX);
      }),
    );
  });

  test("a word that is finished is finished in each of them", () => {
    for (const { asked } of readingsOf("матрица ")) expect(asked.text).toMatch(/ $/);
    for (const { asked } of readingsOf("матриц")) expect(asked.text).not.toMatch(/ $/);
  });
});
