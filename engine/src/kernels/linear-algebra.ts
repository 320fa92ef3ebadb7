/**
 * Dense linear algebra over the WASM kernels: products, Gram matrix of sparse rows, inverse of a symmetric positive
 * definite matrix. Shapes are row-major f32.
 *
 * The inverse is LAPACK's potrf, trtri and lauum in blocks of 128, in place, with every large step a GEMM: also the
 * triangular solves, which multiply by the explicit inverse of a 128 × 128 diagonal block (as GPU libraries do; its
 * condition is at most that of the factor). n³ multiply-adds in all; beside the matrix it needs 2·128·n floats.
 * `step` is called about every 128 rows with the fraction done: the caller yields, reports or aborts there.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Block, Kernels } from "./load.ts";

/** 64·256 + 256·512 + 32: the packed panels of `gemm` (see the assembly). */
const GEMM_WORK_LENGTH = 64 * 256 + 256 * 512 + 32;
/** Edge of a diagonal block: small enough that its scalar f64 factorisation is 1% of the time at n = 3,416. */
const BLOCK_EDGE = 128;
/** Rows of the Gram matrix between two steps: ~10 ms on MovieLens 1M. */
const GRAM_STEP_ROWS = 64;

export type Step = (fraction: number) => Promise<void>;

/** A matrix inside the kernels' memory: `stride` elements from row to row, `columnStride` from column to column. */
interface Operand {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

const operand = (address: number, rowStride: number): Operand => ({ address, rowStride, columnStride: 1 });
const transposed = (of: Operand): Operand => ({
  address: of.address,
  rowStride: of.columnStride,
  columnStride: of.rowStride,
});

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly accumulate: boolean;
  readonly c: Operand;
}

function multiplyInto(kernels: Kernels, work: Block, { m, n, k, alpha, a, b, accumulate, c }: Product): void {
  if (m === 0 || n === 0 || (k === 0 && accumulate)) return;
  kernels.raw.gemm(
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
    work.address,
  );
}

/** A · B for plain arrays, A [m × k] and B [k × n]. For tests and small products: it copies in and out. */
export function multiply(
  kernels: Kernels,
  shape: { m: number; n: number; k: number },
  a: Float32Array,
  b: Float32Array,
): Float32Array {
  const { m, n, k } = shape;
  assert(a.length === m * k && b.length === k * n, "shapes of a product", () => ({ shape, a: a.length, b: b.length }));
  if (k === 0) return new Float32Array(m * n);
  const mark = kernels.mark();
  const blocks = [a.length, b.length, m * n, GEMM_WORK_LENGTH].map((length) => kernels.allocate(length));
  const [blockA, blockB, blockC, work] = blocks as [Block, Block, Block, Block];
  kernels.f32(blockA).set(a);
  kernels.f32(blockB).set(b);
  multiplyInto(kernels, work, {
    m,
    n,
    k,
    alpha: 1,
    a: operand(blockA.address, k),
    b: operand(blockB.address, n),
    accumulate: false,
    c: operand(blockC.address, n),
  });
  const result = kernels.f32(blockC).slice();
  kernels.release(mark);
  return result;
}

/** Sparse rows with items ascending inside each user. */
export interface SparseRows {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly rowOffsets: Uint32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** The same matrix by columns; rows ascend inside each column. One counting sort. */
export function transposeSparse(rows: SparseRows): SparseRows {
  const { rowCount, columnCount, rowOffsets, columns, values } = rows;
  const offsets = new Uint32Array(columnCount + 1);
  for (const column of columns) offsets[column + 1]!++;
  for (let c = 0; c < columnCount; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice(0, columnCount);
  const outRows = new Int32Array(columns.length);
  const outValues = new Float32Array(columns.length);
  for (let row = 0; row < rowCount; row++) {
    for (let e = rowOffsets[row]!; e < rowOffsets[row + 1]!; e++) {
      const slot = next[columns[e]!]!++;
      outRows[slot] = row;
      outValues[slot] = values[e]!;
    }
  }
  return { rowCount: columnCount, columnCount: rowCount, rowOffsets: offsets, columns: outRows, values: outValues };
}

/** The lower triangle of XᵀX into `target` [columnCount²]; `byColumn` is `transposeSparse(rows)`. */
export async function gramLower(
  kernels: Kernels,
  rows: SparseRows,
  byColumn: SparseRows,
  target: Block,
  step: Step,
): Promise<void> {
  const n = rows.columnCount;
  assert(target.length === n * n, "target of a Gram matrix");
  const mark = kernels.mark();
  const nnz = rows.columns.length;
  const lengths = [n + 1, nnz, nnz, rows.rowCount + 1, nnz, nnz];
  const [itemOffsets, users, itemWeights, userOffsets, items, userWeights] = lengths.map((length) =>
    kernels.allocate(length),
  ) as [Block, Block, Block, Block, Block, Block];
  kernels.u32(itemOffsets).set(byColumn.rowOffsets);
  kernels.i32(users).set(byColumn.columns);
  kernels.f32(itemWeights).set(byColumn.values);
  kernels.u32(userOffsets).set(rows.rowOffsets);
  kernels.i32(items).set(rows.columns);
  kernels.f32(userWeights).set(rows.values);
  for (let from = 0; from < n; from += GRAM_STEP_ROWS) {
    kernels.raw.gramRows(
      target.address,
      n,
      from,
      Math.min(n, from + GRAM_STEP_ROWS),
      itemOffsets.address,
      users.address,
      itemWeights.address,
      userOffsets.address,
      items.address,
      userWeights.address,
    );
    await step(from / n);
  }
  kernels.release(mark);
}

export type Factorisation =
  | { readonly kind: "done" }
  | { readonly kind: "notPositiveDefinite"; readonly index: number };

/**
 * The inverse of a symmetric positive definite matrix [n × n], in place; only the lower triangle is read, the whole
 * result is written. A matrix with NaN, or one that is not positive definite in f32, is answered by the row at which
 * that showed; the matrix is then spoilt.
 */
export async function invertPositiveDefinite(
  kernels: Kernels,
  matrix: Block,
  n: number,
  step: Step,
): Promise<Factorisation> {
  assert(matrix.length === n * n, "a square matrix");
  const mark = kernels.mark();
  const work = kernels.allocate(GEMM_WORK_LENGTH);
  const small = kernels.allocate(BLOCK_EDGE * BLOCK_EDGE);
  const panel = kernels.allocate(BLOCK_EDGE * n);
  const context = { kernels, matrix, n, work, small, panel };
  const failed = await factor(context, step);
  if (failed < 0) {
    await invertTriangle(context, step);
    await multiplyTriangle(context, step);
    kernels.raw.mirrorRows(matrix.address, n, 0, n);
  }
  kernels.release(mark);
  return failed < 0 ? { kind: "done" } : { kind: "notPositiveDefinite", index: failed };
}

interface Context {
  readonly kernels: Kernels;
  readonly matrix: Block;
  readonly n: number;
  readonly work: Block;
  /** 128 × 128. */
  readonly small: Block;
  /** 128 × n, in either orientation. */
  readonly panel: Block;
}

const element = ({ matrix, n }: Context, row: number, column: number): Operand =>
  operand(matrix.address + 4 * (row * n + column), n);

/** potrf, right-looking. Answers -1 or the row of the first bad pivot. */
async function factor(context: Context, step: Step): Promise<number> {
  const { kernels, n, work, small } = context;
  for (let k = 0; k < n; k += BLOCK_EDGE) {
    const edge = Math.min(BLOCK_EDGE, n - k);
    const below = k + edge;
    const diagonal = element(context, k, k);
    const bad = kernels.raw.factorBlock(diagonal.address, n, edge);
    if (bad >= 0) return k + bad;
    kernels.raw.invertBlock(diagonal.address, n, edge, small.address, edge);
    // L21 = A21 · L11⁻ᵀ in place: edge ≤ 128 fits one packed panel, which is what allows C to be A.
    const l21 = element(context, below, k);
    multiplyInto(kernels, work, {
      m: n - below,
      n: edge,
      k: edge,
      alpha: 1,
      a: l21,
      b: transposed(operand(small.address, edge)),
      accumulate: false,
      c: l21,
    });
    // A22 -= L21 · L21ᵀ, its lower triangle by blocks of rows.
    for (let i = below; i < n; i += BLOCK_EDGE) {
      const rows = Math.min(BLOCK_EDGE, n - i);
      multiplyInto(kernels, work, {
        m: rows,
        n: i + rows - below,
        k: edge,
        alpha: -1,
        a: element(context, i, k),
        b: transposed(l21),
        accumulate: true,
        c: element(context, i, below),
      });
    }
    // The first third of n³; the work left after k rows is cubic in what remains.
    await step((1 - ((n - below) / n) ** 3) / 3);
  }
  return -1;
}

/** trtri: the inverse of the lower triangle in place, from the last block to the first. */
async function invertTriangle(context: Context, step: Step): Promise<void> {
  const { kernels, n, work, panel } = context;
  for (let k = Math.floor((n - 1) / BLOCK_EDGE) * BLOCK_EDGE; k >= 0; k -= BLOCK_EDGE) {
    const edge = Math.min(BLOCK_EDGE, n - k);
    const below = k + edge;
    const diagonal = element(context, k, k);
    kernels.raw.invertBlock(diagonal.address, n, edge, diagonal.address, n);
    // panel = A21 · L11⁻¹, then A21 = -A22⁻¹ · panel, where A22⁻¹ is there already and lower triangular.
    multiplyInto(kernels, work, {
      m: n - below,
      n: edge,
      k: edge,
      alpha: 1,
      a: element(context, below, k),
      b: diagonal,
      accumulate: false,
      c: operand(panel.address, edge),
    });
    for (let i = below; i < n; i += BLOCK_EDGE) {
      const rows = Math.min(BLOCK_EDGE, n - i);
      multiplyInto(kernels, work, {
        m: rows,
        n: edge,
        k: i + rows - below,
        alpha: -1,
        a: element(context, i, below),
        b: operand(panel.address, edge),
        accumulate: false,
        c: element(context, i, k),
      });
    }
    await step(1 / 3 + ((n - k) / n) ** 3 / 3);
  }
}

/** lauum: Lᵀ · L over L, lower triangle, from the first block of rows to the last. */
async function multiplyTriangle(context: Context, step: Step): Promise<void> {
  const { kernels, n, work, panel } = context;
  for (let i = 0; i < n; i += BLOCK_EDGE) {
    const rows = Math.min(BLOCK_EDGE, n - i);
    const width = i + rows;
    const target = element(context, i, 0);
    const source = kernels.f32(context.matrix);
    const copy = kernels.f32(panel);
    for (let r = 0; r < rows; r++) copy.set(source.subarray((i + r) * n, (i + r) * n + width), r * width);
    multiplyInto(kernels, work, {
      m: rows,
      n: width,
      k: rows,
      alpha: 1,
      a: { address: panel.address + 4 * i, rowStride: 1, columnStride: width },
      b: operand(panel.address, width),
      accumulate: false,
      c: target,
    });
    multiplyInto(kernels, work, {
      m: rows,
      n: width,
      k: n - width,
      alpha: 1,
      a: transposed(element(context, width, i)),
      b: element(context, width, 0),
      accumulate: true,
      c: target,
    });
    const done = width / n;
    // Work of row block i is i·(n-i): its integral is 3·done² - 2·done³.
    await step(2 / 3 + (3 * done ** 2 - 2 * done ** 3) / 3);
  }
}
