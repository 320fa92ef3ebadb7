import * as fc from "fast-check";
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

const whole: ItemTables = {
  ...tables,
  vectors: { dimension: 2, values: Float32Array.of(1, 0, 0.6, 0.8, 0, 0) },
  segments: {
    centroids: Float32Array.of(1, 0, 0, 1),
    popularity: [
      { itemIndices: Int32Array.of(0, 1), scores: Float32Array.of(0.75, 0.25) },
      { itemIndices: Int32Array.of(2), scores: Float32Array.of(1) },
    ],
  },
  trending: [{ country: "BY", itemIndices: Int32Array.of(2, 0), scores: Float32Array.of(3.5, 1.25) }],
};

test("an object of before there were vectors, segments and trending is read without them", () => {
  const decoded = decodeItemTables(encodeItemTables(tables));
  expect(Object.keys(decoded)).not.toEqual(expect.arrayContaining(["vectors", "segments", "trending"]));
});

test("whatever is in the tables comes back, with any of the later parts left out", () => {
  const floats = (length: number) =>
    fc
      .array(fc.float({ noNaN: true }), { minLength: length, maxLength: length })
      .map((values) => Float32Array.from(values));
  const ints = (length: number) =>
    fc
      .array(fc.integer({ min: -1, max: 1e6 }), { minLength: length, maxLength: length })
      .map((values) => Int32Array.from(values));
  const ranked = fc.nat(5).chain((length) => fc.record({ itemIndices: ints(length), scores: floats(length) }));
  const countries = fc.array(fc.record({ country: fc.string({ maxLength: 3 }), ranked }), { maxLength: 3 });
  const tablesOf = fc
    .record({
      titles: fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }),
      dimension: fc.nat(3),
      segments: fc.nat(3),
    })
    .chain(({ titles, dimension, segments }) =>
      fc.record({
        titleIds: fc.constant(titles),
        vectors: fc.option(fc.record({ dimension: fc.constant(dimension), values: floats(titles.length * dimension) })),
        segments: fc.option(
          fc.record({
            centroids: floats(segments * dimension),
            popularity: fc.array(ranked, { minLength: segments, maxLength: segments }),
          }),
        ),
        trending: fc.option(countries),
        popularity: countries,
      }),
    );
  fc.assert(
    fc.property(tablesOf, ({ titleIds, vectors, segments, trending, popularity }) => {
      const flat = (list: readonly { country: string; ranked: { itemIndices: Int32Array; scores: Float32Array } }[]) =>
        list.map(({ country, ranked: { itemIndices, scores } }) => ({ country, itemIndices, scores }));
      const given: ItemTables = {
        ...tables,
        titleIds,
        popularity: flat(popularity),
        ...(vectors ? { vectors } : {}),
        ...(segments ? { segments } : {}),
        ...(trending ? { trending: flat(trending) } : {}),
      };
      expect(decodeItemTables(encodeItemTables(given))).toEqual(given);
    }),
  );
});

test("decoding gives back what was encoded, also from an unaligned view", () => {
  const encoded = encodeItemTables(whole);
  expect(decodeItemTables(encoded)).toEqual(whole);
  const shifted = new Uint8Array(encoded.length + 3);
  shifted.set(encoded, 3);
  expect(decodeItemTables(shifted.subarray(3))).toEqual(whole);
});

test("bytes cut off anywhere are refused with an error, never half read", () => {
  const encoded = encodeItemTables({
    ...whole,
    trending: [{ country: "BY", itemIndices: Int32Array.of(2), scores: Float32Array.of(3.5) }],
  });
  // The last array is one float, padded to 8 bytes: cutting the padding loses nothing.
  for (let length = 0; length < encoded.length - 4; length++) {
    expect(() => decodeItemTables(encoded.subarray(0, length)), `at ${length} bytes`).toThrow();
  }
});
