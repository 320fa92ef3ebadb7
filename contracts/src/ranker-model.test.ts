import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRankerModel, encodeRankerModel, type RankerModel } from "./ranker-model.ts";

const model: RankerModel = {
  version: "r-1",
  trainedAt: 1_700_000_000_000,
  decisions: 10,
  rows: 200,
  features: [
    { name: "listScore", saturation: null, mean: 0.5, scale: 2 },
    { name: "просмотры", saturation: 12, mean: 0.25, scale: 0.125 },
  ],
  layers: [
    {
      inputs: 2,
      outputs: 3,
      weights: Float32Array.of(1, 2, 3, 4, 5, 6),
      bias: Float32Array.of(0, -1, 1),
    },
    { inputs: 3, outputs: 1, weights: Float32Array.of(1, -1, 0.5), bias: Float32Array.of(0.25) },
  ],
  calibration: { slope: 1.5, intercept: -0.5 },
};

test("decoding gives back what was encoded, also from an unaligned view", () => {
  const encoded = encodeRankerModel(model);
  expect(decodeRankerModel(encoded)).toEqual(model);
  const shifted = new Uint8Array(encoded.length + 3);
  shifted.set(encoded, 3);
  expect(decodeRankerModel(shifted.subarray(3))).toEqual(model);
});

test("any network of finite weights comes back", () => {
  const networks = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }).chain((widths) => {
    const sizes = [...widths, 1];
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    const floats = (length: number) =>
      fc.array(float, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
    return fc.tuple(
      fc.constant(sizes),
      ...widths.map((inputs, at) => fc.tuple(floats(inputs * sizes[at + 1]!), floats(sizes[at + 1]!))),
    );
  });
  fc.assert(
    fc.property(networks, ([sizes, ...layers]) => {
      const given: RankerModel = {
        ...model,
        features: Array.from({ length: sizes[0]! }, (_, at) => ({ ...model.features[0]!, name: `f${at}` })),
        layers: layers.map(([weights, bias], at) => ({ inputs: sizes[at]!, outputs: sizes[at + 1]!, weights, bias })),
      };
      expect(decodeRankerModel(encodeRankerModel(given))).toEqual(given);
    }),
  );
});

test("bytes cut off anywhere are refused with an error, never half read", () => {
  const encoded = encodeRankerModel(model);
  // The last array is one float, padded to 8 bytes: cutting the padding loses nothing.
  for (let length = 0; length < encoded.length - 4; length++) {
    expect(() => decodeRankerModel(encoded.subarray(0, length)), `at ${length} bytes`).toThrow(/^ranker: /);
  }
});

test.each([
  [
    "a weight that is no number",
    { layers: [{ ...model.layers[0]!, bias: Float32Array.of(0, Number.NaN, 0) }, model.layers[1]!] },
    /layer 0 holds a weight that is no finite number/,
  ],
  ["a feature twice", { features: [model.features[0]!, model.features[0]!] }, /"listScore" stands twice/],
  ["a layer that does not fit", { features: [model.features[0]!] }, /layer 0 takes 2 inputs and is given 1/],
  ["two outputs", { layers: [model.layers[0]!] }, /the last layer has 3 outputs/],
  ["a scale of nothing", { features: [{ ...model.features[0]!, scale: 0 }, model.features[1]!] }, /scale/],
  ["a mean that is no number", { features: [{ ...model.features[0]!, mean: Number.NaN }, model.features[1]!] }, /mean/],
])("%s is refused by name", (_, change, message) => {
  expect(() => encodeRankerModel({ ...model, ...change })).toThrow(message);
});

test("a header that was tampered with is refused", () => {
  const encoded = encodeRankerModel(model);
  const at = new TextDecoder().decode(encoded).indexOf("slope");
  const changed = encoded.slice();
  changed.set(new TextEncoder().encode("slopy"), at);
  expect(() => decodeRankerModel(changed)).toThrow(/^ranker: the header is not as expected/);
});
