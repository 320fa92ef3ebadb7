import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mend, parseMendRule } from "./mend.ts";

const ARRIVED = "2026-11-23T10:00:00.000Z";
const mended = (raw: unknown, ...rules: readonly string[]) => mend(raw, rules.map(parseMendRule), ARRIVED);

describe("a rule", () => {
  test.each<[rule: string, raw: unknown, result: unknown]>([
    ["type: clack -> click", { type: "clack" }, { type: "click" }],
    ["type: clack -> click", { type: "clock" }, { type: "clock" }],
    ['type: "a -> b" -> "c: d"', { type: "a -> b" }, { type: "c: d" }],
    ["payload.stars: 10 -> 5", { payload: { stars: 10 } }, { payload: { stars: 5 } }],
    ["payload.stars: 10 -> 5", { payload: { stars: "10" } }, { payload: { stars: "10" } }],
    ["payload.titleId <- payload.filmId", { payload: { filmId: "f", x: 1 } }, { payload: { x: 1, titleId: "f" } }],
    ["payload.titleId <- filmId", { filmId: "f" }, { payload: { titleId: "f" } }],
    ["payload.titleId <- payload.filmId", { payload: { titleId: "t" } }, { payload: { titleId: "t" } }],
    ["occurredAt = receivedAt", { occurredAt: "1970" }, { occurredAt: ARRIVED }],
    ['occurredAt = "receivedAt"', {}, { occurredAt: "receivedAt" }],
    ["payload.stars = 4.5", { payload: {} }, { payload: { stars: 4.5 } }],
    ["payload.titleId = film-7:a", {}, { payload: { titleId: "film-7:a" } }],
    ["payload = {}", { payload: 7 }, { payload: {} }],
    ["payload.stars = 1", { payload: 7 }, { payload: 7 }],
    ["delete payload.foo", { payload: { foo: 1, bar: 2 } }, { payload: { bar: 2 } }],
    ["  delete   payload.foo ", { payload: {} }, { payload: {} }],
    ["delete = x", {}, { delete: "x" }],
    ["delete type", "no object", "no object"],
    ["type = click", [1], [1]],
    ["constructor = x", {}, { constructor: "x" }],
  ])("%s", (rule, raw, result) => {
    expect(mended(raw, rule)).toEqual(result);
  });

  test("applies behind the ones before it, and leaves what it was given as it was", () => {
    const raw = { type: "rated", payload: { film: "f" } };
    const copy = structuredClone(raw);
    expect(mended(raw, "type: rated -> rate", "payload.titleId <- payload.film", "payload.stars = 3")).toEqual({
      type: "rate",
      payload: { titleId: "f", stars: 3 },
    });
    expect(raw).toEqual(copy);
  });

  test.each<[rule: string, place: number, what: string]>([
    ["", 1, "a path is expected"],
    ["type clack -> click", 6, "`:`, `<-` or `=` is expected"],
    ["type: clack", 12, "`->` is expected"],
    ["type: -> click", 6, "a value is expected"],
    ["type = ", 7, "a value is expected"],
    ["a = two words", 5, 'two words is neither JSON nor a plain word (quote it: "two words")'],
    ["a.__proto__ = 1", 1, '"__proto__" is no name of a field'],
    ["a..b = 1", 1, '"" is no name of a field'],
    ["a.b.c.d.e = 1", 1, "a path has at most 4 fields"],
    ["delete a b", 10, "nothing is expected behind the path"],
    ["a <- b c", 8, "nothing is expected behind the path"],
    ["a <- 'b'", 6, "a path is expected"],
  ])("that is none says what, where and what is accepted: %s", (rule, place, what) => {
    expect(() => parseMendRule(rule)).toThrow(UserError);
    expect(() => parseMendRule(rule)).toThrow(
      `--mend '${rule}': character ${place}: ${what}; accepted are \`path: value -> value\``,
    );
  });

  test("of any text is parsed or refused in one line; any event survives it", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z.:<>=" -]{0,20}$/));
    fc.assert(
      fc.property(text, fc.json(), (rule, raw) => {
        let parsed: ReturnType<typeof parseMendRule>;
        try {
          parsed = parseMendRule(rule);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        const once = mend(JSON.parse(raw), [parsed], ARRIVED);
        expect(() => JSON.stringify(once)).not.toThrow();
        if (parsed.kind === "set" || parsed.kind === "delete") {
          expect(mend(once, [parsed], ARRIVED)).toEqual(once);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
