import { readFileSync } from "node:fs";
import { parseRuleSet, RuleSet } from "@thewatcher/contracts/rules";
import { expect, test } from "vitest";
import { compareExposure } from "./exposure.ts";
import { aPage, pagesOf } from "./testing.ts";

const rules = RuleSet.parse({
  rules: [
    { ruleId: "bury-1", name: "Bury title 1", match: { titleIds: ["t1"] }, effect: { kind: "bury", factor: 0.1 } },
    { ruleId: "out-2", name: "No title 2", match: { titleIds: ["t2"] }, effect: { kind: "filter" } },
    { ruleId: "idle", name: "Of no title", match: { titleIds: ["t9"] }, effect: { kind: "filter" } },
    { ruleId: "off", name: "Off", enabled: false, match: { titleIds: ["t0"] }, effect: { kind: "filter" } },
  ],
});
const effects = (some: object) => ({ removed: 0, moved: 0, pinned: 0, capped: 0, ...some });

test("two pages by hand: who gains, who loses, which rows are gone, what each rule did", () => {
  const comparison = compareExposure(rules);
  comparison.add(
    pagesOf(4, [
      [
        "p1",
        [
          aPage({ top: [0, 1], drama: [2, 3] }, { composeMs: 2 }),
          aPage(
            { top: [0, 3] },
            {
              composeMs: 3,
              relaxed: true,
              effects: { "bury-1": effects({ moved: 1 }), "out-2": effects({ removed: 2 }) },
            },
          ),
        ],
      ],
      ["p2", [aPage({ top: [0, 1, 3] }), aPage({ top: [0, 3, 1] }, { effects: { "bury-1": effects({ moved: 2 }) } })]],
      ["p3", [aPage({ top: [0] }), aPage({ top: [0] })]],
    ]),
  );
  const report = comparison.report();
  const second = 1 / Math.sqrt(2);
  const third = 1 / Math.sqrt(3);
  // Before: t0 3 × first; t1 second + second; t2 first; t3 second + third. After: t1 third; t3 second + second.
  expect(report.exposure.before).toBeCloseTo(3 + 2 * second + 1 + second + third, 12);
  expect(report.exposure.after).toBeCloseTo(3 + third + 2 * second, 12);
  expect(report.titlesChanged).toBe(3);
  expect(report.gaining).toEqual([{ titleId: "t3", name: "Title 3", before: second + third, after: second + second }]);
  // t2 loses 1; t1 √2 − 1/√3 = 0.837.
  expect(report.losing).toEqual([
    { titleId: "t2", name: "Title 2", before: 1, after: 0 },
    { titleId: "t1", name: "Title 1", before: second + second, after: third },
  ]);
  expect(report.emptied).toEqual([{ rowId: "drama", kind: "genre", pages: 1 }]);
  expect(report.profiles).toBe(3);
  expect(report.changedShare).toBeCloseTo(2 / 3, 12);
  expect(report.relaxedPages).toEqual({ before: 0, after: 1 });
  expect(report.composeMs).toEqual({ before: 4 / 3, after: 5 / 3 });
  expect(report.rules).toEqual([
    { ruleId: "bury-1", name: "Bury title 1", enabled: true, pages: 2, effects: effects({ moved: 3 }) },
    { ruleId: "out-2", name: "No title 2", enabled: true, pages: 1, effects: effects({ removed: 2 }) },
    { ruleId: "idle", name: "Of no title", enabled: true, pages: 0, effects: effects({}) },
    { ruleId: "off", name: "Off", enabled: false, pages: 0, effects: effects({}) },
  ]);
});

test("slices whose tables name titles by other numbers come to the same titles", () => {
  const comparison = compareExposure(rules);
  const slice = pagesOf(2, [["p1", [aPage({ top: [0, 1] }), aPage({ top: [1, 0] })]]]);
  comparison.add(slice);
  comparison.add({ ...slice, titles: slice.titles.toReversed() });
  expect(comparison.report()).toMatchObject({ titlesChanged: 0, gaining: [], losing: [], changedShare: 1 });
});

test("of no pages there is no share and no mean", () => {
  expect(compareExposure(rules).report()).toMatchObject({
    profiles: 0,
    changedShare: null,
    composeMs: { before: null, after: null },
    exposure: { before: 0, after: 0 },
  });
});

test("the example of the page about rules is a rule set", () => {
  const page = readFileSync(new URL("../../docs/rules.md", import.meta.url), "utf8");
  const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]) => JSON.parse(text));
  expect(examples).toHaveLength(1);
  for (const example of examples) expect(parseRuleSet(example)).toMatchObject({ kind: "valid" });
});
