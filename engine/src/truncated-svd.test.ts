import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import type { SparseRows } from "./kernels/linear-algebra.ts";
import { createKernels } from "./kernels/load.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import { rightSingularVectors } from "./truncated-svd.ts";

const step = async () => {};

function sparse(rows: readonly (readonly number[])[]): SparseRows {
  const columnCount = rows[0]?.length ?? 0;
  const entries = rows.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ value, column }])));
  const rowOffsets = new Uint32Array(rows.length + 1);
  entries.forEach((row, i) => {
    rowOffsets[i + 1] = rowOffsets[i]! + row.length;
  });
  return {
    rowCount: rows.length,
    columnCount,
    rowOffsets,
    columns: Int32Array.from(entries.flat(), ({ column }) => column),
    values: Float32Array.from(entries.flat(), ({ value }) => value),
  };
}

describe("eigenvalues of a symmetric matrix", () => {
  test("[[2, 1], [1, 2]]: 3 along (1, 1), 1 along (1, -1)", async () => {
    const { values, vectors } = await symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
    const half = Math.sqrt(1 / 2);
    expect([...values]).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)]);
    expect([...vectors].map(Math.abs)).toEqual([half, half, half, half].map((value) => expect.closeTo(value, 12)));
  });

  test("a random matrix is Σ λ v vᵀ again, its vectors orthonormal", async () => {
    const n = 40;
    const rng = createRng(4);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = rng.normal();
    const { values, vectors } = await symmetricEigen(a.slice(), n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let back = 0;
        let product = 0;
        for (let k = 0; k < n; k++) {
          back += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
          product += vectors[i * n + k]! * vectors[j * n + k]!;
        }
        expect(back).toBeCloseTo(a[i * n + j]!, 10);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });
});

describe("right singular vectors", () => {
  const factors = (rank: number, rows: number, columns: number) => {
    const rng = createRng(rank);
    const [u, v] = [rows, columns].map((length) =>
      Array.from({ length }, () => Array.from({ length: rank }, () => rng.normal())),
    ) as [number[][], number[][]];
    return u.map((x) => v.map((y) => x.reduce((sum, value, k) => sum + (value * y[k]!) / (1 + k), 0)));
  };

  test("of a matrix of rank 5 five are found, its squares are the eigenvalues of XᵀX, the rest is 0", async () => {
    const dense = factors(5, 50, 30);
    const { squares, vectors } = await rightSingularVectors(createKernels(), sparse(dense), {
      count: 8,
      iterations: 3,
      rng: createRng(1),
      step,
    });
    const gram = new Float64Array(900);
    for (let i = 0; i < 30; i++)
      for (let j = 0; j < 30; j++) for (const row of dense) gram[i * 30 + j]! += row[i]! * row[j]!;
    const exact = await symmetricEigen(gram, 30);
    for (let k = 0; k < 5; k++) {
      expect(squares[k]! / exact.values[k]!).toBeCloseTo(1, 4);
      let cosine = 0;
      for (let i = 0; i < 30; i++) cosine += vectors[i * 8 + k]! * exact.vectors[k * 30 + i]!;
      expect(Math.abs(cosine)).toBeCloseTo(1, 4);
    }
    expect([...squares.slice(5)]).toEqual([0, 0, 0]);
    for (let i = 0; i < 30; i++) expect([...vectors.slice(i * 8 + 5, i * 8 + 8)]).toEqual([0, 0, 0]);
  });

  test("the same seed gives the same bits, whatever the number of threads", async () => {
    const dense = factors(12, 300, 90);
    const run = async (workers: number) => {
      const found = await rightSingularVectors(createKernels({ workers }), sparse(dense), {
        count: 10,
        iterations: 2,
        rng: createRng(3),
        step,
      });
      return Buffer.from(found.vectors.buffer);
    };
    expect(await run(1)).toEqual(await run(3));
  });

  test("an empty matrix has none", async () => {
    const found = await rightSingularVectors(createKernels(), sparse([]), {
      count: 2,
      iterations: 1,
      rng: createRng(1),
      step,
    });
    expect([...found.squares]).toEqual([0, 0]);
  });
});
