import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markedParts } from "./search-words.ts";

describe("the marked parts of a name", () => {
  test("a part in the middle is marked, the rest stays as it is", () => {
    expect(markedParts("The Matrix", [{ from: 4, to: 7 }])).toEqual([
      { from: 0, part: "The ", isMarked: false },
      { from: 4, part: "Mat", isMarked: true },
      { from: 7, part: "rix", isMarked: false },
    ]);
  });

  test("whatever is to be marked, no letter is lost or said twice", () => {
    const highlight = fc.record({ from: fc.nat(40), to: fc.nat(40) });
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.array(highlight, { maxLength: 6 }), (text, highlights) => {
        const parts = markedParts(text, highlights);
        expect(parts.map(({ part }) => part).join("")).toBe(text);
        expect(new Set(parts.map(({ from }) => from)).size).toBe(parts.length);
      }),
    );
  });
});
