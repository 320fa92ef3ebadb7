import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { buildInteractions } from "./dataset.ts";
import { itemVectors, userVectors } from "./item-vectors.ts";
import { tasteSegments } from "./taste-segments.ts";

const weights = { signal: "binary", halfLifeInteractions: null } as const;
const USERS = 90;
const ITEMS = 30;

/** Three tastes: user u and item i are of taste u % 3 and i % 3; a tenth of the watches is of any. The last item is nobody's. */
function planted(seed: number) {
  const rng = createRng(seed);
  const rows: { user: number; item: number }[] = [];
  for (let user = 0; user < USERS; user++) {
    for (let item = 0; item < ITEMS - 1; item++) {
      if (rng.next() < (item % 3 === user % 3 ? 0.6 : 0.06)) rows.push({ user, item });
    }
  }
  return buildInteractions(
    { userIndices: rows.map(({ user }) => user), itemIndices: rows.map(({ item }) => item) },
    { userCount: USERS, itemCount: ITEMS },
  );
}
const vectorsOf = (seed: number, dimension = 4) =>
  itemVectors(planted(seed), { weights, dimension }, { rng: createRng(7), kernelPath: "simd", workers: 1 });

describe("item vectors", () => {
  test("are of length 1, of zeros for what nobody has, and the same for the same seed", async () => {
    const { values, dimension } = await vectorsOf(1);
    for (let item = 0; item < ITEMS; item++) {
      const row = values.subarray(item * dimension, (item + 1) * dimension);
      const square = row.reduce((sum, value) => sum + value * value, 0);
      expect(square).toBeCloseTo(item === ITEMS - 1 ? 0 : 1, 5);
    }
    expect((await vectorsOf(1)).values).toEqual(values);
  });

  test("titles of one taste lie nearer to each other than to those of another", async () => {
    const { values, dimension } = await vectorsOf(2, 2);
    let within = 0;
    let across = 0;
    let withinCount = 0;
    let acrossCount = 0;
    for (let a = 0; a < ITEMS - 1; a++) {
      for (let b = 0; b < a; b++) {
        let cosine = 0;
        for (let k = 0; k < dimension; k++) cosine += values[a * dimension + k]! * values[b * dimension + k]!;
        if (a % 3 === b % 3) {
          within += cosine;
          withinCount++;
        } else {
          across += cosine;
          acrossCount++;
        }
      }
    }
    expect(within / withinCount).toBeGreaterThan(0.8);
    // Three directions of a plane, 120° apart: cosine −½.
    expect(across / acrossCount).toBeLessThan(-0.3);
  });

  test("more directions than the matrix has leave the rest at zero", async () => {
    const data = buildInteractions({ userIndices: [0, 0, 1], itemIndices: [0, 1, 1] }, { userCount: 2, itemCount: 2 });
    const { values } = await itemVectors(data, { weights, dimension: 8 }, { rng: createRng(1), workers: 1 });
    expect(values).toHaveLength(16);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe("segments of taste", () => {
  test("find the planted tastes, whatever the seed, and the same for the same seed", async () => {
    const data = planted(3);
    const vectors = await vectorsOf(3);
    const profiles = userVectors(data, vectors, weights);
    for (const seed of [1, 2, 3]) {
      const find = () => tasteSegments(profiles, { dimension: 4, count: 3, rng: createRng(seed) });
      const { segmentOf, count, centroids } = find();
      expect(count).toBe(3);
      // Nearly all of a taste share a segment, and no two tastes the same.
      const heads = [0, 1, 2].map((taste) => {
        const counts = [0, 0, 0];
        for (let user = taste; user < USERS; user += 3) counts[segmentOf[user]!]!++;
        expect(Math.max(...counts)).toBeGreaterThan(0.9 * (USERS / 3));
        return counts.indexOf(Math.max(...counts));
      });
      expect(new Set(heads).size).toBe(3);
      expect(find()).toEqual({ count, segmentOf, centroids });
    }
  });

  test("a profile without a history is of none; equal profiles make one segment", () => {
    const profiles = Float32Array.of(1, 0, 0, 0, 1, 0);
    expect(tasteSegments(profiles, { dimension: 2, count: 4, rng: createRng(1) })).toEqual({
      count: 1,
      centroids: Float32Array.of(1, 0),
      segmentOf: Int32Array.of(0, -1, 0),
    });
  });
});
