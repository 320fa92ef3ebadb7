import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MATCH_DEPTH_MAX, MATCH_NODES_MAX, type Match, parseRuleSet, partsOf, RULES_MAX } from "./rules.ts";

const rule = (more: object = {}) => ({
  ruleId: "drama-out",
  name: "No drama",
  match: { genre: ["Drama"] },
  effect: { kind: "filter" },
  ...more,
});
const errorsOf = (json: unknown) => {
  const parsed = parseRuleSet(json);
  return parsed.kind === "valid" ? [] : parsed.errors.map(({ path, what }) => `${path}: ${what}`);
};
const nested = (depth: number): Match => (depth === 1 ? { kind: ["film"] } : { all: [nested(depth - 1)] });

/** JSON that comes near: the language's own words at the wrong and at the right places. */
const WORDS = [
  "rules ruleId name enabled when match effect language schedule countries plans devices ageProfiles rows all any not",
  "genre country year kind ageMark score titleIds addedWithinDays from until to hours zone row position priority perRow",
  "boost bury pin cap filter factor BY Drama film kids new rowId Europe/Minsk __proto__ constructor toString",
].flatMap((line) => line.split(" "));
const nearJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, 1, -1, 0.5, 1e9, "", ...WORDS),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...WORDS), tie("value")), { maxLength: 5 })
      .map((entries) => JSON.parse(`{${entries.map(([key, value]) => `"${key}":${JSON.stringify(value)}`).join()}}`)),
  ),
})).value;

/** A part of a rule replaced by something else. */
const broken = fc
  .tuple(fc.constantFrom("ruleId", "name", "enabled", "when", "match", "effect", "zap"), nearJson)
  .map(([key, value]) => ({ rules: [rule({ [key]: value })] }));

describe("a rule set out of JSON", () => {
  test("is a rule set, or a list of what is wrong, where, and what is accepted; nothing throws", () => {
    const anything = fc.oneof(fc.jsonValue(), nearJson, broken);
    fc.assert(
      fc.property(anything, (json) => {
        const parsed = parseRuleSet(json);
        if (parsed.kind === "valid") {
          expect(parseRuleSet(JSON.parse(JSON.stringify(parsed.ruleSet)))).toEqual(parsed);
          return;
        }
        expect(parsed.errors.length).toBeGreaterThan(0);
        for (const { path, what, accepted } of parsed.errors) {
          expect(typeof path).toBe("string");
          expect(what.length).toBeGreaterThan(0);
          expect(accepted.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("nested a hundred thousand times is refused, not recursed into", () => {
    const deep = JSON.parse(`${'{"not":'.repeat(1_000)}1${"}".repeat(1_000)}`);
    expect(errorsOf({ rules: [rule({ match: deep })] })).toEqual([": is nested deeper than 32"]);
    let deeper: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deeper = [deeper];
    expect(errorsOf(deeper)).toEqual([": is nested deeper than 32"]);
  });

  test("has what is left out filled in", () => {
    expect(parseRuleSet({ rules: [rule()] })).toEqual({
      kind: "valid",
      ruleSet: { language: 1, rules: [rule({ enabled: true, when: {} })] },
    });
  });

  test("says where and what, in the words of the language", () => {
    expect(errorsOf({ rules: [rule({ match: {} })] })).toEqual(["rules.0.match: is empty"]);
    expect(errorsOf({ rules: [rule({ match: { genre: ["A"], kind: ["film"] } })] })).toEqual([
      "rules.0.match: has several keys",
    ]);
    expect(errorsOf({ rules: [rule({ match: { year: { from: 2000, to: 1990 } } })] })).toEqual([
      "rules.0.match.year: holds nothing",
    ]);
    expect(errorsOf({ rules: [rule({ effect: { kind: "boost", factor: 0.5 } })] })).toEqual([
      "rules.0.effect.factor: is too small or too short",
    ]);
    expect(errorsOf({ rules: [rule({ when: { schedule: { daysOfWeek: ["mon"] } } })] })).toEqual([
      "rules.0.when.schedule.zone: is needed for days and hours",
    ]);
    expect(errorsOf({ rules: [rule({ when: { schedule: { zone: "Europe/Atlantis" } } })] })).toEqual([
      "rules.0.when.schedule.zone: is no time zone",
    ]);
    for (const name of ["a\0b", "half \ud83d"]) {
      expect(errorsOf({ rules: [rule({ name })] })).toEqual(["rules.0.name: holds a character that is none"]);
    }
    const intoChart = { kind: "pin", row: { kind: "top_in_country" }, position: 0 };
    expect(errorsOf({ rules: [rule({ effect: intoChart })] })).toEqual([
      "rules.0.effect.row.kind: is none of the accepted values",
    ]);
    expect(parseRuleSet({ rules: [rule({ effect: { kind: "zap" } })] })).toEqual({
      kind: "invalid",
      errors: [
        {
          path: "rules.0.effect.kind",
          what: "is none of the accepted values",
          accepted: "one of boost, bury, pin, cap, filter",
        },
      ],
    });
    expect(parseRuleSet({ rules: [], rulez: [] })).toEqual({
      kind: "invalid",
      errors: [{ path: "", what: "has unknown keys: rulez", accepted: "language, rules" }],
    });
  });

  test("has ids that name one rule each", () => {
    expect(errorsOf({ rules: [rule(), rule()] })).toEqual(["rules.1.ruleId: is the id of another rule"]);
  });

  test("holds at most 200 rules; a match at most 5 levels and 50 nodes", () => {
    const many = (count: number) => Array.from({ length: count }, (_, place) => rule({ ruleId: `r-${place}` }));
    expect(errorsOf({ rules: many(RULES_MAX) })).toEqual([]);
    expect(errorsOf({ rules: many(RULES_MAX + 1) })).toEqual(["rules: is too large or too long"]);
    expect(errorsOf({ rules: [rule({ match: nested(MATCH_DEPTH_MAX) })] })).toEqual([]);
    expect(errorsOf({ rules: [rule({ match: nested(MATCH_DEPTH_MAX + 1) })] })).toEqual([
      "rules.0.match: is 6 levels deep",
    ]);
    const wide = (count: number) => ({ any: Array.from({ length: count }, () => ({ kind: ["film"] })) });
    expect(errorsOf({ rules: [rule({ match: wide(MATCH_NODES_MAX - 1) })] })).toEqual([]);
    const two = { all: [wide(MATCH_NODES_MAX / 2), wide(MATCH_NODES_MAX / 2)] };
    expect(errorsOf({ rules: [rule({ match: two })] })).toEqual(["rules.0.match: has 53 nodes"]);
  });
});

test("partsOf gives a match's parts, and none of a condition", () => {
  expect(partsOf({ all: [{ kind: ["film"] }, { genre: ["Drama"] }] })).toHaveLength(2);
  expect(partsOf({ not: { kind: ["film"] } })).toEqual([{ kind: ["film"] }]);
  expect(partsOf({ kind: ["film"] })).toEqual([]);
});
