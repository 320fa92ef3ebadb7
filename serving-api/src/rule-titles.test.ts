import { parseRuleSet } from "@thewatcher/contracts/rules";
import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { ruleTitlesOf } from "./rule-titles.ts";
import { beginRules, compileRules, removedBy } from "./stages/rules.ts";
import { AS_OF, catalogueOf, tablesOf, titleIdOf } from "./test-world.ts";
import { createTitleView } from "./title-view.ts";

const TITLES = 50;
const rng = createRng(3);
const tables = tablesOf(rng, { titleCount: TITLES, count: 10, halfLifeInteractions: 5 });
const attributes = {
  countries: ["BY" as never],
  score: 7.5,
  source: "vega",
  directors: ["p-1"],
  people: ["p-1", "p-2"],
};
/** Ten more than the models know, of which the last has all attributes; the second has left the catalogue. */
const catalogue = catalogueOf(rng, TITLES + 10)
  .map((title, index) => (index === TITLES + 9 ? { ...title, attributes } : title))
  .filter((_, index) => index !== 1);
const view = createTitleView(catalogue, tables);

function takenBy(match: object): number[] {
  const parsed = parseRuleSet({ rules: [{ ruleId: "out", name: "Out", match, effect: { kind: "filter" } }] });
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.errors));
  const page = beginRules(compileRules(parsed.ruleSet, ruleTitlesOf(view)), {
    at: AS_OF,
    country: "BY",
    planId: null,
    device: "web",
    ageLimit: null,
    leavesAt: () => null,
    rowKinds: [],
    mayRecommend: () => true,
  });
  return Array.from(view.titleIds.keys()).filter((index) => removedBy(page, index) !== undefined);
}

test("rules ask a view's titles by what the catalogue says of them", () => {
  const last = view.indexOf.get(titleIdOf(TITLES + 9))!;
  for (const match of [
    { country: ["BY"] },
    { score: { from: 7.5, to: 7.5 } },
    { director: ["p-1"] },
    { person: ["p-2"] },
  ]) {
    expect(takenBy(match)).toEqual([last]);
  }
  const dramas = view.titles.flatMap((title, index) => (title?.facts.genres.includes("Drama") ? [index] : []));
  expect(takenBy({ genre: ["Drama"] })).toEqual(dramas);
  expect(takenBy({ popularityRank: { to: 1 } })).toEqual(
    [view.popularity.get("*")!.itemIndices[0]!].filter((i) => i !== 1),
  );
  expect(takenBy({ titleIds: [titleIdOf(1), titleIdOf(2)] })).toEqual([view.indexOf.get(titleIdOf(2))!]);
});

test("pins look through every title once, the popular ones first", () => {
  const { preference } = ruleTitlesOf(view);
  expect(new Set(preference).size).toBe(preference.length);
  expect(Array.from(preference.subarray(0, TITLES))).toEqual(Array.from(view.popularity.get("*")!.itemIndices));
  expect(preference).toHaveLength(TITLES + 10);
});
