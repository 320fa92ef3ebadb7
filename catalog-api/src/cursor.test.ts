import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const part = fc.stringMatching(/^[\x20-\x7e]{1,64}$/);

test("a cursor gives back the parts that it was made of", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      expect(decodeCursor(encodeCursor(parts), parts.length)).toEqual(parts);
    }),
  );
});

test("anything else is no cursor, and never throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parts = decodeCursor(text, 1);
      if (parts) expect(encodeCursor(parts)).toBe(text);
    }),
  );
  expect(decodeCursor(encodeCursor(["a", "b"]), 1)).toBeUndefined();
  expect(decodeCursor("", 1)).toBeUndefined();
});
