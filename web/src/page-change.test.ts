import type { HomePage, Row } from "@thewatcher/contracts/api/serving";
import { describe, expect, test } from "vitest";
import { changeBetween, NO_CHANGE } from "./page-change.ts";

const item = (titleId: string, position: number) => ({
  title: { titleId, name: titleId, year: null, genres: [], ageMark: null, runtimeMinutes: null },
  position,
  score: 1,
  source: "personal_list",
  reason: { kind: "popular", rank: 1 },
});
const row = (reason: Row["reason"] | null, ...titleIds: string[]) =>
  ({ rowId: "r", kind: "top_picks", heading: "", reason, items: titleIds.map(item) }) as unknown as Row;
const page = (profileId: string, ...rows: Row[]) => ({ profileId, rows }) as unknown as HomePage;
const because = (seed: string) =>
  ({ kind: "because_you_watched", seedTitleId: seed, seedName: `The ${seed}`, contribution: 1 }) as Row["reason"];

describe("what changed between two pages", () => {
  test("titles that came and the seed of a new row are named; titles that only moved are not", () => {
    const change = changeBetween(
      page("p", row(null, "a", "b")),
      page("p", row(because("s"), "c"), row(null, "b", "a")),
    );
    expect([...change.freshTitleIds]).toEqual(["c"]);
    expect(change.becauseOf).toBe("The s");
  });

  test("the first page, and another profile's, are no change", () => {
    expect(changeBetween(undefined, page("p", row(null, "a")))).toEqual(NO_CHANGE);
    expect(changeBetween(page("p", row(null, "a")), page("q", row(null, "b")))).toEqual(NO_CHANGE);
  });
});
