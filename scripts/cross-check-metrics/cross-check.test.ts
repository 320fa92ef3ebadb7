/** The engine's metrics against RecTools' figures for one generated case (`cross_check.py --write`). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Case, type Figures, figuresOf } from "./figures.ts";

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const theirs = read("./rectools.json") as Figures;
const ours = figuresOf(read("./case.json") as Case);

test("every figure is there, at each of three depths", () => {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  expect(Object.keys(ours)).toHaveLength(3 * 15);
});

test.each(Object.keys(theirs))("%s agrees to 1e-9, for each user", (label) => {
  const figures = (of: Figures) => [of[label]].flat() as (number | null)[];
  const [mine, their] = [figures(ours), figures(theirs)];
  expect(mine).toHaveLength(their.length);
  for (const [user, figure] of mine.entries()) {
    const other = their[user];
    if (typeof figure === "number" && typeof other === "number") {
      expect(Math.abs(figure - other)).toBeLessThan(1e-9);
    } else {
      expect(figure).toBe(other);
    }
  }
});
