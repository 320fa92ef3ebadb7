import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QUALITY_BEGINNING, QUALITY_BY_TYPOS, typosInBeginning } from "./score.ts";
import { createVocabulary } from "./vocabulary.ts";

/** Edits between all of `a` and all of `b`, a swap of neighbours being one: the whole table, as the textbook has it. */
function edits(a: string, b: string): number {
  const cell = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (__, j) => i || j));
  const at = (i: number, j: number) => cell[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i <= a.length; i++) cell[i]![0] = i;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      cell[i]![j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}

function expectedQuality(query: string, word: string, typos: 0 | 1 | 2, isBeginning: boolean): number {
  const whole = edits(query, word);
  let quality = whole <= typos ? QUALITY_BY_TYPOS[whole as 0 | 1 | 2] : 0;
  if (!isBeginning) return quality;
  if (word.startsWith(query)) quality = Math.max(quality, QUALITY_BEGINNING);
  for (let length = 3; length <= word.length; length++) {
    const begun = edits(query, word.slice(0, length));
    if (begun <= typosInBeginning(query, typos) && begun > 0) {
      quality = Math.max(quality, QUALITY_BEGINNING * QUALITY_BY_TYPOS[begun as 1 | 2]);
    }
  }
  return quality;
}

/** What stands for a word, each at its best. */
function standing(words: readonly string[], query: string, typos: 0 | 1 | 2, isBeginning: boolean) {
  const found = new Map<string, number>();
  createVocabulary(words).standingFor(query, typos, isBeginning, (from, to, quality) => {
    for (const word of words.slice(from, to)) found.set(word, Math.max(quality, found.get(word) ?? 0));
  });
  return found;
}

describe("a vocabulary", () => {
  const word = fc.stringMatching(/^[abc]{1,9}$/);

  test("finds what the whole table of edits finds, at the same quality", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 400 }),
        word,
        fc.constantFrom(0 as const, 1 as const, 2 as const),
        fc.boolean(),
        (drawn, query, typos, isBeginning) => {
          const words = drawn.sort();
          const expected = words
            .map((other) => [other, expectedQuality(query, other, typos, isBeginning)] as const)
            .filter(([, quality]) => quality > 0);
          expect(standing(words, query, typos, isBeginning)).toEqual(new Map(expected));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a beginning of three letters allows no typo, one of 21 neither", () => {
    const words = ["a".repeat(25), "abcdefgh"];
    expect(standing(words, "abd", 1, true).size).toBe(0);
    expect(standing(words, "abce", 1, true).get("abcdefgh")).toBe(0.375);
    expect(standing(words, `b${"a".repeat(20)}`, 2, true).size).toBe(0);
    expect(standing(words, `b${"a".repeat(19)}`, 2, true).get("a".repeat(25))).toBe(0.375);
  });
});
