import type { RankerModel } from "@thewatcher/contracts/ranker-model";
import { createRng, type Rng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindRanker, type Ranker } from "./ranker.ts";

function modelOf(widths: readonly number[], rng: Rng): RankerModel {
  const features = Array.from({ length: widths[0]! }, (_, at) => ({
    name: `f${at}`,
    saturation: at % 3 === 2 ? 5 : null,
    mean: rng.normal(),
    scale: 0.5 + rng.next(),
  }));
  const sizes = [...widths, 1];
  const normals = (length: number, scale: number) => Float32Array.from({ length }, () => scale * rng.normal());
  return {
    version: "r-test",
    trainedAt: 0,
    decisions: 0,
    rows: 0,
    features,
    layers: widths.map((inputs, at) => ({
      inputs,
      outputs: sizes[at + 1]!,
      weights: normals(inputs * sizes[at + 1]!, 1 / Math.sqrt(inputs)),
      bias: normals(sizes[at + 1]!, 0.1),
    })),
    calibration: { slope: 1.25, intercept: -2 },
  };
}

/** The formula of contracts/src/ranker-model.ts, letter by letter. */
function oracle(model: RankerModel, row: ReadonlyMap<string, number>): number {
  let h = model.features.map(({ name, saturation, mean, scale }) => {
    const value = row.get(name)!;
    const x = saturation === null ? value : value / (Math.abs(value) + saturation);
    return Number.isNaN(x) ? 0 : Math.min(8, Math.max(-8, (x - mean) / scale));
  });
  for (const [at, { outputs, weights, bias }] of model.layers.entries()) {
    h = Array.from({ length: outputs }, (_, output) => {
      const sum = h.reduce((total, value, input) => total + value * weights[input * outputs + output]!, bias[output]!);
      return at === model.layers.length - 1 ? sum : Math.max(0, sum);
    });
  }
  return model.calibration.slope * h[0]! + model.calibration.intercept;
}

function ready(model: RankerModel, names: readonly string[]): Ranker {
  const binding = bindRanker(model, names);
  if (binding.kind !== "ready") throw new Error(`missing ${binding.missing.join()}`);
  return binding.ranker;
}

describe("scores of the ranker", () => {
  test("are the formula's, for any shape, with constant and missing columns, whatever else serving has", () => {
    const shapes = fc.record({
      widths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      count: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(1e6),
    });
    fc.assert(
      fc.property(shapes, ({ widths, count, seed }) => {
        const rng = createRng(seed);
        const model = modelOf(widths, rng);
        // In another order than the model's, with strangers between.
        const names = [...model.features.map(({ name }) => name).reverse(), "stranger"];
        names.splice(rng.int(names.length), 0, "another");
        const constant = names.map(() => rng.next() < 0.4);
        const firsts = names.map(() => rng.normal() * 4);
        const matrix = Float32Array.from({ length: count * names.length }, (_, at) => {
          const column = at % names.length;
          if (constant[column]) return firsts[column]!;
          const kind = rng.next();
          return kind < 0.1 ? Number.NaN : kind < 0.15 ? Number.POSITIVE_INFINITY : rng.normal() * 10;
        });
        const out = new Float32Array(count);
        ready(model, names).score(matrix, count, out);
        for (let row = 0; row < count; row++) {
          const values = new Map(names.map((name, column) => [name, matrix[row * names.length + column]!]));
          const expected = oracle(model, values);
          expect(Math.abs(out[row]! - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
        }
      }),
    );
  });

  test("of one request do not depend on the one before, nor on the rows beside", () => {
    const rng = createRng(5);
    const model = modelOf([7, 6, 5], rng);
    const names = model.features.map(({ name }) => name);
    const matrix = Float32Array.from({ length: 40 * 7 }, () => rng.normal());
    const whole = new Float32Array(40);
    const ranker = ready(model, names);
    ranker.score(matrix, 40, whole);
    for (let row = 39; row >= 0; row--) {
      const alone = new Float32Array(1);
      ranker.score(matrix.subarray(row * 7, (row + 1) * 7), 1, alone);
      expect(alone[0]!).toBeCloseTo(whole[row]!, 5);
    }
    const again = new Float32Array(40);
    ranker.score(matrix, 40, again);
    expect(again).toEqual(whole);
    ranker.score(matrix, 0, again);
  });
});

test("a model that needs what serving has not is not used, and says what is missing", () => {
  const model = modelOf([3, 2], createRng(1));
  expect(bindRanker(model, ["f1", "other"])).toEqual({ kind: "unusable", missing: ["f0", "f2"] });
});
