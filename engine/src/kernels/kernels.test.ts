/**
 * Each kernel against a plain loop in f64 on both paths. Bounds: a dot product of length k in f32, whatever its order,
 * is within γ = k · 2^-23 of Σ|a||b| (Higham, "Accuracy and Stability", §3.1, with room for fused steps); the inverse
 * is held by its residual ‖A·A⁻¹ - I‖∞ / κ.
 */

import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gramLower, invertPositiveDefinite, type SparseRows, transposeSparse } from "./linear-algebra.ts";
import { createKernels, detectKernelPath, type KernelPath } from "./load.ts";
import { multiply } from "./product.ts";

const EPSILON = 2 ** -23;
const paths: KernelPath[] = ["simd", "relaxed-simd"];
const noStep = async () => {};

/** Around the tile (4 × 8), the blocks (128, 64, 256) and beyond. */
const oddSize = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 63, 64, 65, 100, 127, 128, 129, 257);

function randomMatrix(seed: number, length: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.normal());
}

test("this machine runs the relaxed path, or says that it does not", () => {
  if (detectKernelPath() === "relaxed-simd") expect(createKernels().path).toBe("relaxed-simd");
  else expect(() => createKernels({ path: "relaxed-simd" })).toThrow(UserError);
});

describe.each(paths.filter((path) => path === "simd" || detectKernelPath() === path))("on %s", (path) => {
  test("a product agrees with the plain loop over odd shapes, empty ones and single rows included", async () => {
    await fc.assert(
      fc.asyncProperty(oddSize, oddSize, oddSize, fc.integer(), async (m, n, k, seed) => {
        const a = randomMatrix(seed, m * k);
        const b = randomMatrix(seed + 1, k * n);
        const c = await multiply(createKernels({ path }), { m, n, k }, a, b);
        expect(c).toHaveLength(m * n);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            let magnitude = 0;
            for (let p = 0; p < k; p++) {
              sum += a[i * k + p]! * b[p * n + j]!;
              magnitude += Math.abs(a[i * k + p]! * b[p * n + j]!);
            }
            if (!(Math.abs(c[i * n + j]! - sum) <= k * EPSILON * magnitude)) {
              expect({ m, n, k, i, j, value: c[i * n + j] }).toEqual(sum);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("denormals pass through a product; NaN is refused, and infinity keeps to its row", async () => {
    const kernels = createKernels({ path });
    const one = await multiply(kernels, { m: 1, n: 1, k: 1 }, Float32Array.of(1e-40), Float32Array.of(1));
    expect([...one]).toEqual([Math.fround(1e-40)]);
    const ones = new Float32Array(9 * 9).fill(1);
    const a = ones.slice();
    a[4 * 9 + 2] = Number.NaN;
    await expect(multiply(kernels, { m: 9, n: 9, k: 9 }, a, ones)).rejects.toThrow(/numbers: {"index":38/);
    await expect(multiply(kernels, { m: 9, n: 9, k: 9 }, ones, a)).rejects.toThrow(/numbers/);
    a[4 * 9 + 2] = Number.POSITIVE_INFINITY;
    const c = await multiply(kernels, { m: 9, n: 9, k: 9 }, a, ones);
    expect(Array.from(c, Number.isFinite)).toEqual(Array.from(c, (_, index) => Math.floor(index / 9) !== 4));
  });

  test("the inverse of a positive definite matrix multiplies back to one, at sizes around the block edge", async () => {
    for (const n of [1, 2, 5, 64, 127, 128, 129, 200, 256, 300]) {
      const rng = createRng(n);
      const half = Float32Array.from({ length: n * n }, () => rng.normal());
      const a = new Float64Array(n * n);
      // H·Hᵀ/n + I: eigenvalues in about [1, 5], so the condition number is about 5.
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = i === j ? 1 : 0;
          for (let p = 0; p < n; p++) sum += (half[i * n + p]! * half[j * n + p]!) / n;
          a[i * n + j] = Math.fround(sum);
          a[j * n + i] = a[i * n + j]!;
        }
      }
      const kernels = createKernels({ path });
      const block = kernels.allocate(n * n);
      const target = kernels.f32(block);
      // Only the lower triangle may be read.
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) target[i * n + j] = j <= i ? a[i * n + j]! : Number.NaN;
      expect(await invertPositiveDefinite(kernels, block, n, noStep)).toEqual({ kind: "done" });
      const inverse = kernels.f32(block);
      let worst = 0;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < n; p++) sum += a[i * n + p]! * inverse[p * n + j]!;
          worst = Math.max(worst, Math.abs(sum - (i === j ? 1 : 0)));
          if (inverse[i * n + j] !== inverse[j * n + i]) expect.fail(`not symmetric at ${i}, ${j} of ${n}`);
        }
      }
      expect(worst).toBeLessThan(100 * EPSILON);
    }
  });

  test("an empty matrix has an empty inverse", async () => {
    const kernels = createKernels({ path });
    expect(await invertPositiveDefinite(kernels, kernels.allocate(0), 0, noStep)).toEqual({ kind: "done" });
  });

  test("a matrix that is not positive definite, or has NaN or infinity, is refused at the row where it shows", async () => {
    for (const [row, column, value] of [
      [150, 150, -1],
      [150, 150, 0],
      [150, 3, Number.NaN],
      [150, 150, Number.POSITIVE_INFINITY],
      [150, 149, 2],
    ] as const) {
      const kernels = createKernels({ path });
      const block = kernels.allocate(200 * 200);
      const target = kernels.f32(block).fill(0);
      for (let i = 0; i < 200; i++) target[i * 200 + i] = 1;
      target[row * 200 + column] = value;
      expect(await invertPositiveDefinite(kernels, block, 200, noStep)).toEqual({
        kind: "notPositiveDefinite",
        index: 150,
      });
    }
  });

  test("the Gram matrix of sparse rows agrees with the plain loop", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 150 }),
        fc.integer(),
        async (rowCount, n, seed) => {
          const rng = createRng(seed);
          const dense = Array.from({ length: rowCount }, () =>
            Float32Array.from({ length: n }, () => (rng.next() < 0.2 ? rng.next() + 0.01 : 0)),
          );
          const rows = sparseOf(dense, n);
          const kernels = createKernels({ path });
          const block = kernels.allocate(n * n);
          await gramLower(kernels, rows, transposeSparse(rows), block, noStep);
          const gram = kernels.f32(block);
          for (let i = 0; i < n; i++) {
            for (let j = 0; j <= i; j++) {
              const sum = dense.reduce((total, row) => total + row[i]! * row[j]!, 0);
              if (!(Math.abs(gram[i * n + j]! - sum) <= 2 * rowCount * EPSILON * sum)) {
                expect({ i, j, value: gram[i * n + j] }).toEqual(sum);
              }
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("the sum of weighted rows agrees with the plain loop at every remainder of rows and columns", () => {
    for (const n of [1, 3, 4, 5, 33, 64]) {
      for (const count of [0, 1, 3, 4, 5, 9]) {
        const kernels = createKernels({ path });
        const [out, matrix, rows, weights] = [n, 10 * n, count, count].map((length) => kernels.allocate(length));
        const values = randomMatrix(n, 10 * n);
        kernels.f32(matrix!).set(values);
        const chosen = Int32Array.from({ length: count }, (_, h) => (h * 7) % 10);
        const factors = randomMatrix(count, count);
        kernels.i32(rows!).set(chosen);
        kernels.f32(weights!).set(factors);
        kernels.f32(out!).fill(Number.NaN);
        kernels.raw.combineRows(out!.address, matrix!.address, n, n, rows!.address, weights!.address, count);
        for (let j = 0; j < n; j++) {
          let sum = 0;
          let magnitude = 0;
          chosen.forEach((row, h) => {
            sum += factors[h]! * values[row * n + j]!;
            magnitude += Math.abs(factors[h]! * values[row * n + j]!);
          });
          expect(Math.abs(kernels.f32(out!)[j]! - sum)).toBeLessThanOrEqual((count + 1) * EPSILON * magnitude);
        }
      }
    }
  });

  test("the k best are those of a full sort, equal scores by index, -∞ never", () => {
    const score = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.constant(Number.NEGATIVE_INFINITY),
      fc.double({ min: -1e30, max: 1e30, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(score, { maxLength: 70 }), fc.integer({ min: 0, max: 75 }), (scores, k) => {
        expect(bestOf(path, scores, k)).toEqual(
          scores
            .map((value, item) => ({ item, score: Math.fround(value) }))
            .filter((entry) => entry.score !== Number.NEGATIVE_INFINITY)
            .sort((a, b) => b.score - a.score || a.item - b.item)
            .slice(0, k),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("NaN among scores is refused wherever it stands, also where a whole group is skipped", () => {
    for (const position of [0, 3, 17, 40]) {
      const scores = Array.from({ length: 41 }, (_, item) => -item);
      scores[position] = Number.NaN;
      expect(bestOf(path, scores, 2)).toBe("refused");
    }
  });
});

test("more memory than 32-bit addresses reach is refused in words", () => {
  expect(() => createKernels().allocate(2 ** 30 + 1)).toThrow(/needed, the kernels' memory ends at 4 GiB/);
});

function bestOf(path: KernelPath, scores: number[], k: number): { item: number; score: number }[] | "refused" {
  const kernels = createKernels({ path });
  const [block, items, best] = [scores.length, k, k].map((length) => kernels.allocate(length));
  kernels.f32(block!).set(scores);
  const filled = kernels.raw.topK(
    block!.address,
    scores.length,
    k,
    Number.NEGATIVE_INFINITY,
    items!.address,
    best!.address,
  );
  if (filled < 0) return "refused";
  return Array.from({ length: filled }, (_, i) => ({ item: kernels.i32(items!)[i]!, score: kernels.f32(best!)[i]! }));
}

function sparseOf(dense: Float32Array[], columnCount: number): SparseRows {
  const rowOffsets = new Uint32Array(dense.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  dense.forEach((row, index) => {
    row.forEach((value, column) => {
      if (value === 0) return;
      columns.push(column);
      values.push(value);
    });
    rowOffsets[index + 1] = columns.length;
  });
  return {
    rowCount: dense.length,
    columnCount,
    rowOffsets,
    columns: Int32Array.from(columns),
    values: Float32Array.from(values),
  };
}
