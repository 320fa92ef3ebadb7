/**
 * What runs as tasks: against ml-matrix, or a plain loop in f64 where it has nothing of the kind, on every path that runs
 * here; the same bits at one, two and three threads; an end that leaves nothing behind.
 * Bounds as in kernels.test.ts: a sum of k products in f32 is within k · 2^-23 of Σ|a||b|; what a factor is used for is
 * held by its residual.
 */
import { createHash } from "node:crypto";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { CholeskyDecomposition, inverse, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { checkLibrary, type GemmLibrary, openGemmLibrary } from "./library.ts";
import {
  factorPositiveDefinite,
  gramLower,
  invertPositiveDefinite,
  solveFactored,
  transposeSparse,
} from "./linear-algebra.ts";
import { type Block, createKernels, detectKernelPath, type KernelPath, type Kernels } from "./load.ts";
import { endHelpers } from "./pool.ts";
import { multiply, operand, syrkLower } from "./product.ts";
import { type RankSource, rankRows } from "./rank.ts";
import { solveSystems } from "./small-systems.ts";
import { rowRanges, sampledProducts, sparseTimesDense } from "./sparse.ts";
import { denseOf, randomSparse } from "./testing.ts";

const EPSILON = 2 ** -23;
const WORKERS = [1, 2, 3];
const paths = (["simd", "relaxed-simd"] as const).filter((path) => path === "simd" || detectKernelPath() === path);

afterAll(endHelpers);

const numbersOf = (seed: number, length: number): Float32Array<ArrayBuffer> => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.normal());
};

/** A short name of the bits: comparing a million numbers one by one takes seconds. */
const bitsOf = (values: Float32Array | Int32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

/** H·Hᵀ/n + I, rounded to f32: its condition number is about 5. */
function positiveDefinite(seed: number, n: number): Matrix {
  const h = new Matrix(Array.from({ length: n }, (_, i) => Array.from(numbersOf(seed + 31 * i, n))));
  const a = h.mmul(h.transpose()).div(n).add(Matrix.eye(n));
  return a.apply((i, j) => a.set(i, j, Math.fround(a.get(i, j))));
}

function put(kernels: Kernels, values: ArrayLike<number>): Block {
  const block = kernels.allocate(values.length);
  kernels.f32(block).set(values);
  return block;
}

describe.each(paths)("on %s", (path: KernelPath) => {
  const open = (workers = 2): Kernels => createKernels({ path, workers });

  test("a product agrees with ml-matrix where it is cut into tasks", async () => {
    for (const [m, n, k] of [
      [257, 513, 65],
      [129, 1_025, 40],
      [1_000, 3, 1_500],
    ] as const) {
      const a = numbersOf(m, m * k);
      const b = numbersOf(n, k * n);
      const c = await multiply(open(), { m, n, k }, a, b);
      const expected = Matrix.from1DArray(m, k, a).mmul(Matrix.from1DArray(k, n, b));
      const size = Matrix.from1DArray(m, k, a)
        .abs()
        .mmul(Matrix.from1DArray(k, n, b).abs());
      c.forEach((value, index) => {
        const [i, j] = [Math.floor(index / n), index % n];
        if (!(Math.abs(value - expected.get(i, j)) <= k * EPSILON * size.get(i, j))) expect.fail(`at ${i}, ${j}`);
      });
    }
  });

  test("AᵀA of a tall matrix agrees with ml-matrix over odd shapes, and has the same bits at any number of threads", async () => {
    for (const [rows, f] of [
      [0, 3],
      [1, 1],
      [7, 5],
      [4_096, 8],
      [4_097, 9],
      [9_000, 33],
    ] as const) {
      const values = numbersOf(rows + f, rows * f);
      const [one, ...others] = await Promise.all(
        WORKERS.map(async (workers) => {
          const kernels = open(workers);
          const target = kernels.allocate(f * f);
          const lower = kernels.f32(target).fill(-1);
          await syrkLower(kernels, operand(put(kernels, values).address, f), rows, f, operand(target.address, f));
          return lower.slice();
        }),
      );
      for (const other of others) expect(bitsOf(other)).toBe(bitsOf(one!));
      const a = Matrix.from1DArray(rows, f, values);
      for (let i = 0; i < f; i++) {
        for (let j = 0; j <= i; j++) {
          const [x, y] = [a.getColumn(i), a.getColumn(j)];
          const sum = x.reduce((total, value, row) => total + value * y[row]!, 0);
          const size = x.reduce((total, value, row) => total + Math.abs(value * y[row]!), 0);
          expect(Math.abs(one![i * f + j]! - sum)).toBeLessThanOrEqual((rows + 1) * EPSILON * size);
        }
      }
    }
  });

  test("factor, solution and inverse agree with ml-matrix around the block edge", async () => {
    for (const n of [1, 2, 127, 129, 200]) {
      const a = positiveDefinite(n, n);
      const kernels = open();
      const matrix = put(kernels, a.to1DArray());
      expect(await factorPositiveDefinite(kernels, matrix, n)).toEqual({ kind: "done" });
      const factor = kernels.f32(matrix);
      const expected = new CholeskyDecomposition(a).lowerTriangularMatrix;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          if (!(Math.abs(factor[i * n + j]! - expected.get(i, j)) < 100 * EPSILON))
            expect.fail(`at ${i}, ${j} of ${n}`);
        }
      }
      for (const count of [1, 5]) {
        const right = numbersOf(n, n * count);
        const vectors = put(kernels, right);
        await solveFactored(kernels, matrix, n, vectors, count);
        const x = Matrix.from1DArray(n, count, kernels.f32(vectors));
        expect(
          a
            .mmul(x)
            .sub(Matrix.from1DArray(n, count, right))
            .abs()
            .max(),
        ).toBeLessThan(200 * EPSILON);
      }
      const inverted = put(kernels, a.to1DArray());
      expect(await invertPositiveDefinite(kernels, inverted, n)).toEqual({ kind: "done" });
      const difference = Matrix.from1DArray(n, n, kernels.f32(inverted)).sub(inverse(a));
      expect(difference.abs().max()).toBeLessThan(100 * EPSILON);
    }
  });

  test("many small systems agree with ml-matrix at every remainder of four; a bad one is named", async () => {
    for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 33, 64]) {
      const count = n === 64 ? 40 : 5;
      const systems = Array.from({ length: count }, (_, i) => positiveDefinite(100 * n + i, n));
      const right = numbersOf(n, count * n);
      const kernels = open(3);
      const matrices = put(
        kernels,
        systems.flatMap((system) => system.to1DArray()),
      );
      const vectors = put(kernels, right);
      expect(await solveSystems(kernels, { matrices, vectors, n, count })).toEqual({ kind: "done" });
      const x = kernels.f32(vectors);
      systems.forEach((system, i) => {
        if (n === 0) return;
        const found = Matrix.columnVector(Array.from(x.subarray(i * n, (i + 1) * n)));
        const wanted = Matrix.columnVector(Array.from(right.subarray(i * n, (i + 1) * n)));
        expect(system.mmul(found).sub(wanted).abs().max()).toBeLessThan(100 * EPSILON);
      });
    }
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const kernels = open();
      const matrices = put(kernels, [1, 0, 0, 1, 1, 0, 0, bad, 1, 0, 0, bad]);
      const vectors = put(kernels, [1, 1, 1, 1, 1, 1]);
      expect(await solveSystems(kernels, { matrices, vectors, n: 2, count: 3 })).toEqual({
        kind: "notPositiveDefinite",
        index: 1,
      });
    }
  });

  test("gather–dot and sparse · dense agree with the plain loop, empty rows and denormals included", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 37 }),
        fc.integer(),
        fc.constantFrom(1, 1e-39),
        async (rowCount, columnCount, width, seed, scale) => {
          const sparse = randomSparse(seed, rowCount, columnCount);
          const a = numbersOf(seed + 1, rowCount * width).map((value) => value * scale);
          const b = numbersOf(seed + 2, columnCount * width);
          const kernels = open();
          const dots = await sampledProducts(kernels, sparse, a, b, width);
          const product = await sparseTimesDense(kernels, sparse, b, width);
          for (let row = 0; row < rowCount; row++) {
            const sums = new Float64Array(width);
            const sizes = new Float64Array(width);
            for (let e = sparse.rowOffsets[row]!; e < sparse.rowOffsets[row + 1]!; e++) {
              const column = sparse.columns[e]!;
              let [dot, size] = [0, 0];
              for (let j = 0; j < width; j++) {
                const term = a[row * width + j]! * b[column * width + j]!;
                dot += term;
                size += Math.abs(term);
                sums[j]! += sparse.values[e]! * b[column * width + j]!;
                sizes[j]! += Math.abs(sparse.values[e]! * b[column * width + j]!);
              }
              // Below 2^-126 a step is 2^-149, whatever the number.
              expect(Math.abs(dots[e]! - dot)).toBeLessThanOrEqual(width * (EPSILON * size + 2 ** -148));
            }
            for (let j = 0; j < width; j++) {
              expect(Math.abs(product[row * width + j]! - sums[j]!)).toBeLessThanOrEqual(
                (columnCount + 1) * EPSILON * sizes[j]!,
              );
            }
          }
        },
      ),
      { numRuns: 30 },
    );
    const sparse = randomSparse(1, 3, 4);
    await expect(sparseTimesDense(open(), sparse, new Float32Array(4).fill(Number.NaN), 1)).rejects.toThrow(/numbers/);
  });

  test("a regression on chosen rows solves its normal equations", async () => {
    for (const f of [1, 3, 8, 20]) {
      const rows = randomSparse(f, 12, 300);
      const y = numbersOf(f, 300 * f);
      const kernels = open(3);
      const gram = kernels.allocate(f * f);
      await syrkLower(kernels, operand(put(kernels, y).address, f), 300, f, operand(gram.address, f));
      const g = kernels.f32(gram);
      for (let i = 0; i < f; i++) for (let j = 0; j < i; j++) g[j * f + i] = g[i * f + j]!;
      const x = kernels.allocate(12 * f);
      const [offsets, columns] = [kernels.allocate(13), kernels.allocate(rows.columns.length)];
      kernels.u32(offsets).set(rows.rowOffsets);
      kernels.i32(columns).set(rows.columns);
      const shared = [x, f, put(kernels, y), gram, put(kernels, new Float32Array(12).fill(2)), offsets, columns];
      const tail = [put(kernels, rows.values), 1, 1];
      const task = [...shared, ...tail].map((value) => (typeof value === "number" ? value : value.address));
      const tasks = rowRanges(rows.rowOffsets, 50).map((range) => [...range, ...task]);
      const scratchLength = 64 * 256 + 256 * 512 + 32 + f * f + 2 * 256 * f;
      expect(await kernels.run("regressDirect", tasks, { scratchLength })).toBe(0);
      const dense = Matrix.from1DArray(300, f, y);
      for (let row = 0; row < 12; row++) {
        const chosen = Array.from(rows.columns.subarray(rows.rowOffsets[row], rows.rowOffsets[row + 1]));
        const weights = Array.from(rows.values.subarray(rows.rowOffsets[row], rows.rowOffsets[row + 1]));
        const found = Matrix.columnVector(Array.from(kernels.f32(x).subarray(row * f, (row + 1) * f)));
        if (chosen.length === 0) {
          expect(found.norm()).toBe(0);
          continue;
        }
        const selected = dense.selection(
          chosen,
          Array.from({ length: f }, (_, j) => j),
        );
        const weighted = selected.clone().mulColumnVector(weights);
        const system = Matrix.from1DArray(f, f, g).add(Matrix.eye(f).mul(2)).add(selected.transpose().mmul(weighted));
        const target = selected.transpose().mmul(Matrix.columnVector(weights.map((weight) => weight + 1)));
        expect(system.mmul(found).sub(target).norm()).toBeLessThan(1_000 * EPSILON * target.norm());
      }
    }
  });

  test("ranked lists are those of a full sort of plain sums, whatever the source and what is left out", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer(),
        fc.constantFrom("factors", "combined", "scattered"),
        async (rowCount, itemCount, count, seed, kind) => {
          const rng = createRng(seed);
          const kernels = open();
          // Small whole numbers: every sum is exact, so equal scores are equal in any order.
          const small = (length: number) => Float32Array.from({ length }, () => Math.floor(rng.next() * 5) - 1);
          const inputs = randomSparse(seed, rowCount, itemCount, small);
          const table = randomSparse(seed + 1, itemCount, itemCount, small);
          const [users, items, matrix] = [rowCount * 3, itemCount * 3, itemCount ** 2].map(small) as [
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          const excluded = randomSparse(seed + 2, rowCount, itemCount);
          const mask = Uint8Array.from({ length: itemCount }, () => (rng.next() < 0.8 ? 1 : 0));
          const ints = (values: Int32Array | Uint32Array) => {
            const block = kernels.allocate(values.length);
            kernels.u32(block).set(values);
            return block;
          };
          const sources: Record<string, () => RankSource> = {
            factors: () => ({ kind: "factors", users: put(kernels, users), items: put(kernels, items), width: 3 }),
            combined: () => ({ kind: "combined", inputs, matrix: put(kernels, matrix) }),
            scattered: () => ({
              kind: "scattered",
              inputs,
              offsets: ints(table.rowOffsets),
              columns: ints(table.columns),
              values: put(kernels, table.values),
            }),
          };
          const lists = await rankRows(kernels, sources[kind]!(), {
            rowCount,
            itemCount,
            count,
            floor: -2,
            exclude: [{ rowOffsets: excluded.rowOffsets, itemIndices: excluded.columns }],
            mask,
          });
          const sparseTable = denseOf(table);
          const input = denseOf(inputs);
          for (let row = 0; row < rowCount; row++) {
            const scoreOf = (item: number): number => {
              if (kind === "factors") {
                return [0, 1, 2].reduce((sum, j) => sum + users[row * 3 + j]! * items[item * 3 + j]!, 0);
              }
              const dense = kind === "combined" ? (h: number) => matrix[h * itemCount + item]! : undefined;
              return input[row]!.reduce((sum, weight, h) => sum + weight * (dense?.(h) ?? sparseTable[h]![item]!), 0);
            };
            const isKnown =
              kind === "factors"
                ? users.subarray(row * 3, row * 3 + 3).some((value) => value !== 0)
                : inputs.rowOffsets[row] !== inputs.rowOffsets[row + 1];
            const left = new Set(excluded.columns.subarray(excluded.rowOffsets[row], excluded.rowOffsets[row + 1]));
            const expected = Array.from({ length: itemCount }, (_, item) => ({ item, score: scoreOf(item) }))
              .filter(({ item, score }) => isKnown && score > -2 && mask[item] === 1 && !left.has(item))
              .sort((a, b) => b.score - a.score || a.item - b.item)
              .slice(0, count);
            const found = Array.from({ length: lists.filled[row]! }, (_, position) => ({
              item: lists.itemIndices[row * count + position],
              score: lists.scores[row * count + position],
            }));
            expect(found).toEqual(expected.map(({ item, score }) => ({ item, score: score + 0 })));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("NaN among the factors is refused, not ranked", async () => {
    const kernels = open();
    const source = { kind: "factors", users: put(kernels, [1, Number.NaN]), items: put(kernels, [1, 1]), width: 1 };
    const selection = { rowCount: 2, itemCount: 2, count: 1, exclude: [] };
    await expect(rankRows(kernels, source as RankSource, selection)).rejects.toThrow(/scores are numbers: {"row":1}/);
  });

  test("bits are the same with one, two and three threads", async () => {
    const n = 300;
    const a = positiveDefinite(9, n).to1DArray();
    const sparse = randomSparse(4, 900, n);
    const results = await Promise.all(
      WORKERS.map(async (workers) => {
        const kernels = open(workers);
        const gram = kernels.allocate(n * n);
        kernels.f32(gram).fill(0);
        const byColumn = randomSparse(4, 900, n, undefined, "columns");
        await gramLower(kernels, sparse, byColumn, gram);
        const matrix = put(kernels, a);
        await invertPositiveDefinite(kernels, matrix, n);
        const source: RankSource = { kind: "combined", inputs: sparse, matrix };
        const lists = await rankRows(kernels, source, { rowCount: 900, itemCount: n, count: 10, exclude: [] });
        const [x, y] = [numbersOf(1, 400 * 300), numbersOf(2, 300 * 700)];
        const product = await multiply(kernels, { m: 400, n: 700, k: 300 }, x, y);
        return [kernels.f32(gram).slice(), kernels.f32(matrix).slice(), lists.itemIndices, lists.scores, product].map(
          bitsOf,
        );
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

describe("jobs", () => {
  test("stop between two tasks when the step throws, and the kernels work afterwards", async () => {
    const kernels = createKernels({ workers: 2 });
    const n = 600;
    const matrix = put(kernels, new Float32Array(n * n));
    const target = kernels.f32(matrix);
    for (let i = 0; i < n; i++) target[i * n + i] = 1;
    const mark = kernels.mark();
    let steps = 0;
    const stop = async () => {
      steps += 1;
      if (steps === 3) throw new Error("enough");
    };
    await expect(invertPositiveDefinite(kernels, matrix, n, stop)).rejects.toThrow("enough");
    expect(steps).toBe(3);
    expect(kernels.mark()).toBe(mark);
    expect([...(await multiply(kernels, { m: 1, n: 1, k: 1 }, Float32Array.of(2), Float32Array.of(3)))]).toEqual([6]);
  });

  test("report a fraction that grows to 1", async () => {
    const kernels = createKernels({ workers: 1 });
    const n = 400;
    const matrix = put(kernels, positiveDefinite(2, n).to1DArray());
    const fractions: number[] = [];
    await invertPositiveDefinite(kernels, matrix, n, async (fraction) => void fractions.push(fraction));
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(1, 12);
  });

  test("take sparse rows that lie in the kernels' memory as they are", async () => {
    const kernels = createKernels({ workers: 2 });
    const [target, other] = [kernels.allocate(50 * 50), kernels.allocate(50 * 50)];
    const rows = randomSparse(8, 70, 50);
    await gramLower(kernels, rows, transposeSparse(rows), target);
    const mark = kernels.mark();
    const byColumn = transposeSparse(rows, kernels);
    const again = transposeSparse(byColumn, kernels);
    expect(kernels.addressOf(again.values)).toBe(again.values.byteOffset);
    expect(kernels.addressOf(rows.values)).toBeUndefined();
    // Grown meanwhile: the views made before are still of this memory.
    kernels.allocate(1_000_000);
    await gramLower(kernels, again, byColumn, other);
    for (let i = 0; i < 50; i++) {
      const [from, to] = [i * 50, i * 50 + i + 1];
      expect(kernels.f32(other).slice(from, to)).toEqual(kernels.f32(target).slice(from, to));
    }
    kernels.release(mark);
  });

  test("that overlap wait for their turn", async () => {
    const kernels = createKernels({ workers: 2 });
    const product = (seed: number) =>
      kernels.exclusive(() =>
        multiply(kernels, { m: 200, n: 200, k: 200 }, numbersOf(seed, 40_000), numbersOf(seed + 1, 40_000)),
      );
    const [first, second] = await Promise.all([product(1), product(2)]);
    expect(bitsOf(await product(1))).toBe(bitsOf(first));
    expect(bitsOf(await product(2))).toBe(bitsOf(second));
    expect(bitsOf(first)).not.toBe(bitsOf(second));
  });

  test("survive helpers that end between them", async () => {
    const kernels = createKernels({ workers: 3 });
    const [a, b] = [numbersOf(3, 300 * 300), numbersOf(4, 300 * 300)];
    const first = await multiply(kernels, { m: 300, n: 300, k: 300 }, a, b);
    await endHelpers();
    expect(bitsOf(await multiply(kernels, { m: 300, n: 300, k: 300 }, a, b))).toBe(bitsOf(first));
  });

  test("a number of threads out of range is refused", () => {
    expect(() => createKernels({ workers: 0 })).toThrow(/workers from 1 to 16/);
    expect(() => createKernels({ workers: 17 })).toThrow(/workers from 1 to 16/);
  });
});

describe("the prebuilt library", async () => {
  const answers = await Promise.all(WORKERS.map((workers) => openGemmLibrary({ workers })));
  const libraries = answers.flatMap((answer): GemmLibrary[] => (answer.kind === "opened" ? [answer.library] : []));
  afterAll(() => Promise.all(libraries.map((library) => library.close())));

  test("is there, or its absence is told by name", () => {
    for (const answer of answers) {
      if (answer.kind === "absent") expect(answer.reason).toMatch(/^onnxruntime-node (is not installed|does not load)/);
      else expect(answer.library.name).toMatch(/^onnxruntime \d+\.\d+/);
    }
  });

  test("where it is there, agrees with the kernels within their bound, with the same bits at any number of threads", async () => {
    const kernels = createKernels({ workers: 2 });
    const [m, n, k] = [300, 1_100, 260];
    const [a, b] = [numbersOf(1, m * k), numbersOf(2, k * n)];
    const own = await multiply(kernels, { m, n, k }, a, b);
    const size = await multiply(kernels, { m, n, k }, a.map(Math.abs), b.map(Math.abs));
    const theirs: Float32Array[] = [];
    for (const library of libraries) theirs.push(await multiply(kernels, { m, n, k }, a, b, { library }));
    for (const product of theirs) {
      expect(bitsOf(product)).toBe(bitsOf(theirs[0]!));
      product.forEach((value, index) => {
        if (!(Math.abs(value - own[index]!) <= 2 * k * EPSILON * size[index]!)) expect.fail(`at ${index}`);
      });
    }
    const edge = 900;
    const inverses: Float32Array[] = [];
    for (const library of [undefined, ...libraries]) {
      const matrix = kernels.allocate(edge * edge);
      const values = kernels.f32(matrix);
      const rng = createRng(5);
      for (let i = 0; i < edge; i++) for (let j = 0; j < edge; j++) values[i * edge + j] = i === j ? 90 : rng.normal();
      expect(await invertPositiveDefinite(kernels, matrix, edge, undefined, { library })).toEqual({ kind: "done" });
      inverses.push(values.slice());
    }
    for (const other of inverses.slice(1)) {
      expect(bitsOf(other)).toBe(bitsOf(inverses[1]!));
      other.forEach((value, index) => {
        if (!(Math.abs(value - inverses[0]![index]!) <= 1e-7)) expect.fail(`at ${index}`);
      });
    }
  });

  test("is measured right or wrong, faster or not, against the kernels", async () => {
    let nowMs = 0;
    for (const library of libraries) {
      const clock = () => ++nowMs;
      expect(await checkLibrary(createKernels({ workers: 2 }), library, clock)).toEqual({
        kind: "notFaster",
        times: 1,
      });
    }
    const kernels = createKernels({ workers: 1 });
    const broken: GemmLibrary = {
      name: "broken",
      workers: 1,
      accepts: () => true,
      async multiplyInto(of, { c, m, n }) {
        of.f32({ address: c.address, length: m * n }).fill(0);
      },
      async close() {},
    };
    expect((await checkLibrary(kernels, broken, () => ++nowMs)).kind).toBe("wrong");
  });
});
