import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { typosAllowed } from "./score.ts";
import { wordsOf } from "./words.ts";

describe("words of a text", () => {
  test.each([
    ["Сёстры", ["сестры"]],
    ["Человек-паук: Нет пути домой", ["человек", "паук", "нет", "пути", "домой"]],
    ["Сям'я, сям’я, семʼя", ["сямя", "сямя", "семя"]],
    ["'Allo 'Allo!", ["allo", "allo"]],
    ["Don't Look Up", ["dont", "look", "up"]],
    ["У́тро", ["у́тро".normalize("NFKC")]],
    ["йод".normalize("NFD"), ["йод"]],
    ["２００１", ["2001"]],
    ["WALL·E", ["wall", "e"]],
    ["Amélie", ["amelie"]],
    ["", []],
    ["… — !", []],
  ])("%s", (text, words) => {
    expect(wordsOf(text, { ё: "е" })).toEqual(words);
  });

  test("without folded letters ё stays ё", () => {
    expect(wordsOf("Ёлки", undefined)).toEqual(["ёлки"]);
  });

  test("words of words are the same words, however they were typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const words = wordsOf(text, { ё: "е" });
        expect(wordsOf(words.join(" "), { ё: "е" })).toEqual(words);
        expect(wordsOf(text.normalize("NFD"), { ё: "е" })).toEqual(words);
        for (const word of words) expect(word).toMatch(/^[^\s'-]{1,64}$/u);
      }),
      { numRuns: 300 },
    );
  });
});

test("typos are allowed by length, and up to the fortieth letter of a query", () => {
  expect(typosAllowed(["2", "на", "кот", "кошка", "собака"], 2)).toEqual([0, 0, 1, 1, 2]);
  expect(typosAllowed(["собака", "кот"], 1)).toEqual([1, 1]);
  expect(typosAllowed(["собака"], 0)).toEqual([0]);
  // 4 × 10 letters, and one more word.
  expect(typosAllowed([...Array(4).fill("а".repeat(10)), "собака"], 2)).toEqual([2, 2, 2, 2, 0]);
});
