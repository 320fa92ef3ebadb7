import type { HomePage } from "@thewatcher/contracts/api/serving";
import { describe, expect, test } from "vitest";
import { editsOf, type Facet, inSheetOrder, newAmong, percent, picksOf } from "./taste-words.ts";

const facet = (name: string, share: number, value = 0) => ({ facet: name, share, value }) as Facet;
const item = (titleId: string, propensity?: number) => ({ title: { titleId, name: `The ${titleId}` }, propensity });
const page = (...rows: { kind: string; items: object[] }[]) => ({ rows }) as unknown as HomePage;

describe("the taste sheet", () => {
  test("rounds shares to percent, and calls none that is there nothing", () => {
    expect([0, 0.001, 0.005, 0.124, 1].map(percent)).toEqual(["0%", "<1%", "1%", "12%", "100%"]);
  });

  test("what is known or corrected stands before what the history has nothing of, each in the order given", () => {
    const facets = [facet("a", 0), facet("b", 0.2), facet("c", 0, -1), facet("d", 0.1), facet("e", 0)];
    expect(inSheetOrder(facets).map((one) => one.facet)).toEqual(["b", "c", "d", "a", "e"]);
  });

  test("keeps what stood, with what was changed since; a correction taken back is none", () => {
    const facets = [facet("a", 0.1, 1), facet("b", 0.1, -1), facet("c", 0.1), facet("d", 0.1)];
    const draft = new Map([
      ["b", 0],
      ["c", -1],
    ]);
    expect(editsOf(facets, draft)).toEqual([
      { facet: "a", value: 1 },
      { facet: "c", value: -1 },
    ]);
  });

  test("shows the top picks without what chance drew; without such a row, the first but for what was begun", () => {
    const begun = { kind: "continue_watching", items: [item("x")] };
    const picks = { kind: "top_picks", items: [item("a"), item("b", 0.1), item("c")] };
    const chart = { kind: "top_in_country", items: [item("t")] };
    const idsOf = (of: HomePage) => picksOf(of).map(({ title }) => title.titleId);
    expect(idsOf(page(begun, chart, picks))).toEqual(["a", "c"]);
    expect(idsOf(page(begun, chart))).toEqual(["t"]);
    expect(idsOf(page())).toEqual([]);
  });

  test("names the picks that a correction brings, not those that only move", () => {
    const before = picksOf(page({ kind: "top_picks", items: [item("a"), item("b")] }));
    const after = picksOf(page({ kind: "top_picks", items: [item("b"), item("c"), item("a")] }));
    expect(newAmong(after, before)).toEqual(["The c"]);
  });
});
