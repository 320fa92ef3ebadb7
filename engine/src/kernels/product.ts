/**
 * C (+)= alpha · A · B inside the kernels' memory: one call for a small product, tasks over threads for a larger one, and
 * the prebuilt library, where one was opened (`library.ts`), for the largest.
 *
 * Each element of C is one sum over k in one order, whatever the cut into tasks: the bits are those of one call.
 */
import { assert } from "@thewatcher/kit/assert";
import type { GemmLibrary } from "./library.ts";
import { type Block, type Kernels, NO_DIAGONAL, type Step } from "./load.ts";
import { assertNumbers } from "./sparse.ts";

/** 64·256 + 256·512 + 32: the packed panels of `gemm` (see the assembly). */
export const GEMM_WORK_LENGTH = 64 * 256 + 256 * 512 + 32;
/** A task of 128 × 512 packs B once for 128 rows, 4% of its time; at k = 3,416 it takes some 15 ms. */
const TASK_ROWS = 128;
const TASK_COLUMNS = 512;
/** Multiply-adds below which a product is one call: 0.3 ms, what it takes to tell another thread. */
const TASKS_FROM = 2 ** 22;

/** A matrix inside the kernels' memory: `rowStride` elements from row to row, `columnStride` from column to column. */
export interface Operand {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

export const operand = (address: number, rowStride: number): Operand => ({ address, rowStride, columnStride: 1 });

export const transposed = (of: Operand): Operand => ({
  address: of.address,
  rowStride: of.columnStride,
  columnStride: of.rowStride,
});

/** The part of a matrix that begins at (row, column). */
export const within = (of: Operand, row: number, column: number): Operand => ({
  ...of,
  address: of.address + 4 * (row * of.rowStride + column * of.columnStride),
});

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly accumulate: boolean;
  /** Row-major. May be A itself when k ≤ 256 and n ≤ 512. */
  readonly c: Operand;
  /** What is above the line column = row + diagonal need not be written. */
  readonly diagonal?: number;
}

/** The arguments of one `gemm` but the scratch memory. */
export function gemmTask({ m, n, k, alpha, a, b, accumulate, c, diagonal = NO_DIAGONAL }: Product): number[] {
  return [
    m,
    n,
    k,
    alpha,
    a.address,
    a.rowStride,
    a.columnStride,
    b.address,
    b.rowStride,
    b.columnStride,
    accumulate ? 1 : 0,
    c.address,
    c.rowStride,
    diagonal,
  ];
}

function cut(product: Product): number[][] {
  const { m, n, a, b, c, diagonal = NO_DIAGONAL } = product;
  const tasks: number[][] = [];
  for (let row = 0; row < m; row += TASK_ROWS) {
    const rows = Math.min(TASK_ROWS, m - row);
    for (let column = 0; column < n && column <= row + rows - 1 + diagonal; column += TASK_COLUMNS) {
      tasks.push(
        gemmTask({
          ...product,
          m: rows,
          n: Math.min(TASK_COLUMNS, n - column),
          a: within(a, row, 0),
          b: within(b, 0, column),
          c: within(c, row, column),
          diagonal: diagonal === NO_DIAGONAL ? NO_DIAGONAL : diagonal + row - column,
        }),
      );
    }
  }
  return tasks;
}

export interface ProductOptions {
  readonly library?: GemmLibrary | undefined;
  readonly step?: Step | undefined;
}

export async function multiplyInto(
  kernels: Kernels,
  product: Product,
  { library, step }: ProductOptions = {},
): Promise<void> {
  const { m, n, k, accumulate } = product;
  if (m === 0 || n === 0 || (k === 0 && accumulate)) return;
  const size = m * n * k;
  if (library?.accepts(product)) {
    await library.multiplyInto(kernels, product, step);
    return;
  }
  const tasks = size < TASKS_FROM ? [gemmTask(product)] : cut(product);
  await kernels.run("gemm", tasks, { scratchLength: GEMM_WORK_LENGTH, step });
}

/** A · B for plain arrays, A [m × k] and B [k × n]: it copies in and out. */
export async function multiply(
  kernels: Kernels,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  a: Float32Array,
  b: Float32Array,
  options: ProductOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  assert(a.length === m * k && b.length === k * n, "shapes of a product", () => ({
    m,
    n,
    k,
    a: a.length,
    b: b.length,
  }));
  assertNumbers(a);
  assertNumbers(b);
  if (k === 0) return new Float32Array(m * n);
  const mark = kernels.mark();
  const [blockA, blockB, blockC] = [a.length, b.length, m * n].map((length) => kernels.allocate(length)) as [
    Block,
    Block,
    Block,
  ];
  try {
    kernels.f32(blockA).set(a);
    kernels.f32(blockB).set(b);
    await multiplyInto(
      kernels,
      {
        m,
        n,
        k,
        alpha: 1,
        a: operand(blockA.address, k),
        b: operand(blockB.address, n),
        accumulate: false,
        c: operand(blockC.address, n),
      },
      options,
    );
    return Float32Array.from(kernels.f32(blockC));
  } finally {
    kernels.release(mark);
  }
}

/**
 * The lower triangle of AᵀA for a tall A [rows × f] into `target` [f × f], SYRK. The rows are summed in chunks of
 * `SYRK_ROWS`, the chunks in their order: bits do not depend on the number of threads.
 */
export async function syrkLower(
  kernels: Kernels,
  a: Operand,
  rows: number,
  f: number,
  target: Operand,
  step?: Step,
): Promise<void> {
  const chunks = Math.max(1, Math.ceil(rows / SYRK_ROWS));
  const mark = kernels.mark();
  // Beside the target one partial sum a chunk, at most `SYRK_CHUNKS_MAX` at a time.
  const partials = kernels.allocate(Math.min(chunks, SYRK_CHUNKS_MAX) * f * f);
  try {
    const sums = kernels.f32(partials);
    const out = kernels.f32({ address: target.address, length: f === 0 ? 0 : (f - 1) * target.rowStride + f });
    for (let i = 0; i < f; i++) out.fill(0, i * target.rowStride, i * target.rowStride + i + 1);
    for (let first = 0; first < chunks; first += SYRK_CHUNKS_MAX) {
      const count = Math.min(SYRK_CHUNKS_MAX, chunks - first);
      const tasks = Array.from({ length: count }, (_, index) => {
        const row = (first + index) * SYRK_ROWS;
        const part = within(a, row, 0);
        return gemmTask({
          m: f,
          n: f,
          k: Math.min(SYRK_ROWS, rows - row),
          alpha: 1,
          a: transposed(part),
          b: part,
          accumulate: false,
          c: operand(partials.address + 4 * index * f * f, f),
          diagonal: 0,
        });
      });
      if (rows > 0) await kernels.run("gemm", tasks, { scratchLength: GEMM_WORK_LENGTH, step });
      for (let index = 0; index < count && rows > 0; index++) {
        for (let i = 0; i < f; i++) {
          for (let j = 0; j <= i; j++) out[i * target.rowStride + j]! += sums[(index * f + i) * f + j]!;
        }
      }
    }
  } finally {
    kernels.release(mark);
  }
}

/** Rows of one partial sum: at 64 columns 1 ms. */
const SYRK_ROWS = 4_096;
const SYRK_CHUNKS_MAX = 64;
