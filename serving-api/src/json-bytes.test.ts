import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJsonBytes, type JsonBytes } from "./json-bytes.ts";

const out = createJsonBytes();
function written(write: (out: JsonBytes) => void): string {
  out.begin();
  write(out);
  return new TextDecoder().decode(out.take());
}
const formatScore = (score: number) => written((it) => it.score(score));

describe("JSON as bytes", () => {
  test("holds numbers to six decimals, with nothing lost before the point", () => {
    expect(formatScore(0)).toBe("0.000000");
    expect(formatScore(1.0000004)).toBe("1.000000");
    expect(formatScore(-12.3456789)).toBe("-12.345679");
    expect(formatScore(0.9999999)).toBe("1.000000");
    expect(formatScore(2 ** 60)).toBe("1152921504606847000");
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
        expect(Number(formatScore(value))).toBeCloseTo(value, 5);
      }),
    );
    expect(() => formatScore(Number.NaN)).toThrow("a score is a number");
  });

  test("is what was written, in order, however much it is and of whatever letters", () => {
    const part = fc.record({ text: fc.string({ unit: "grapheme" }), ascii: fc.stringMatching(/^[ -~]{0,60}$/) });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.integer({ min: 1, max: 20_000 }), (parts, repeated) => {
        const long = "x".repeat(repeated * 30);
        const text = written((it) => {
          for (const { text, ascii } of parts) {
            it.value(text);
            it.ascii(ascii);
            it.raw(new TextEncoder().encode(text));
          }
          it.ascii(long);
        });
        const wellFormed = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));
        const expected = parts.map(({ text, ascii }) => JSON.stringify(text) + ascii + wellFormed(text)).join("");
        expect(text === expected + long).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("an answer that failed half-way leaves nothing in the next one", () => {
    expect(() => written((it) => it.ascii(`[${it.score(Number.NaN)}`))).toThrow("a score is a number");
    out.ascii("left");
    expect(written((it) => it.ascii("{}"))).toBe("{}");
  });

  test("an answer's bytes are its own", () => {
    out.begin();
    out.ascii("first");
    const first = out.take();
    written((it) => it.ascii("other"));
    expect(new TextDecoder().decode(first)).toBe("first");
  });
});
