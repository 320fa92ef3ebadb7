import { expect, test } from "vitest";
import { createIdMap, createIdMapBuilder } from "./id-map.ts";

test("ids and indices go back and forth, in the order of first meeting", () => {
  const builder = createIdMapBuilder();
  expect(["b", "a", "b", "c"].map((id) => builder.add(id))).toEqual([0, 1, 0, 2]);
  const map = builder.build();
  expect(map.ids).toEqual(["b", "a", "c"]);
  expect(map.requireIndex("c")).toBe(2);
  expect(map.requireId(1)).toBe("a");
  expect(map.indexOf("missing")).toBeUndefined();
  expect(map.indexOf("constructor")).toBeUndefined();
});

test("what is not in the map is refused", () => {
  const map = createIdMap(["7", "07"]);
  expect(map.requireIndex("07")).toBe(1);
  expect(() => map.requireIndex("007")).toThrow(/unknown id/);
  expect(() => map.requireId(2)).toThrow(/outside the IdMap/);
  expect(() => createIdMap(["a", "a"])).toThrow(/distinct/);
});
