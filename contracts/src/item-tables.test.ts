import { expect, test } from "vitest";
import { decodeItemTables, encodeItemTables, type ItemTables } from "./item-tables.ts";

const tables: ItemTables = {
  generation: "g1700000000000-00ff",
  asOf: 1_700_000_000_000,
  halfLifeInteractions: Number.POSITIVE_INFINITY,
  titleIds: ["a", "ё", "c"],
  neighbours: {
    count: 2,
    itemIndices: Int32Array.of(1, 2, 0, 2, 1, -1),
    weights: Float32Array.of(3, 2, 1, 0.5, 0.25, 0),
  },
  similar: { count: 1, itemIndices: Int32Array.of(1, 0, 0), weights: Float32Array.of(1, 1, 0.5) },
  popularity: [
    { country: "*", itemIndices: Int32Array.of(2, 1, 0), scores: Float32Array.of(9, 8, 7) },
    { country: "BY", itemIndices: Int32Array.of(1), scores: Float32Array.of(4) },
  ],
};

test("decoding gives back what was encoded, also from an unaligned view", () => {
  const encoded = encodeItemTables(tables);
  expect(decodeItemTables(encoded)).toEqual(tables);
  const shifted = new Uint8Array(encoded.length + 3);
  shifted.set(encoded, 3);
  expect(decodeItemTables(shifted.subarray(3))).toEqual(tables);
});

test("bytes cut off anywhere are refused with an error, never half read", () => {
  const encoded = encodeItemTables(tables);
  // The last array is one float, padded to 8 bytes: cutting the padding loses nothing.
  for (let length = 0; length < encoded.length - 4; length++) {
    expect(() => decodeItemTables(encoded.subarray(0, length)), `at ${length} bytes`).toThrow();
  }
});
