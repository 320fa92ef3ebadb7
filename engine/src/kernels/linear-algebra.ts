/**
 * Dense linear algebra over the WASM kernels: Gram matrix of sparse rows; Cholesky factor, solution and inverse of a
 * symmetric positive definite matrix. Shapes are row-major f32.
 *
 * The inverse is LAPACK's potrf, trtri and lauum in blocks, in place, with every large step a product: also the
 * triangular solves, which multiply by the explicit inverse of a diagonal block (as GPU libraries do; its condition is at
 * most that of the factor). n³ floating point operations in all; beside the matrix it needs about 2 · edge · n floats.
 * A block is 128 rows, or 384 where a library multiplies: its products have to be worth a copy there and back (at n = 3,416
 * 256 and 512 take 5% and 10% more); a diagonal block of 384 is itself done in blocks of 128.
 * `step` is called between tasks with the fraction done: the caller yields, reports or aborts there.
 */
import { assert } from "@thewatcher/kit/assert";
import type { GemmLibrary } from "./library.ts";
import type { Block, Kernels, Step } from "./load.ts";
import {
  GEMM_WORK_LENGTH,
  gemmTask,
  multiplyInto,
  type Operand,
  operand,
  type Product,
  transposed,
  within,
} from "./product.ts";

export type { Step } from "./load.ts";

/** Edge of a diagonal block: small enough that its scalar f64 factorisation is 1% of the time at n = 3,416. */
const BLOCK_EDGE = 128;
const LIBRARY_EDGE = 384;
/** Rows of the Gram matrix that are one task: ~10 ms on MovieLens 1M. */
const GRAM_TASK_ROWS = 32;
/** Columns of one task where a block of rows is all there is to cut. */
const PANEL_TASK_COLUMNS = 256;
const MIRROR_TASK_ROWS = 256;

/** Sparse rows with items ascending inside each user. */
export interface SparseRows {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly rowOffsets: Uint32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/**
 * The same matrix by columns; rows ascend inside each column. One counting sort. With `kernels` the result lies in their
 * memory, where `gramLower` takes it as it is.
 */
export function transposeSparse(rows: SparseRows, kernels?: Kernels): SparseRows {
  const { rowCount, columnCount, rowOffsets, columns, values } = rows;
  const offsets = kernels?.u32(kernels.allocate(columnCount + 1)).fill(0) ?? new Uint32Array(columnCount + 1);
  for (const column of columns) offsets[column + 1]!++;
  for (let c = 0; c < columnCount; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice(0, columnCount);
  const outRows = kernels?.i32(kernels.allocate(columns.length)) ?? new Int32Array(columns.length);
  const outValues = kernels?.f32(kernels.allocate(columns.length)) ?? new Float32Array(columns.length);
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
  step?: Step,
): Promise<void> {
  const n = rows.columnCount;
  assert(target.length === n * n, "target of a Gram matrix");
  const mark = kernels.mark();
  const put = (values: Uint32Array | Int32Array | Float32Array): number => {
    const address = kernels.addressOf(values);
    if (address !== undefined) return address;
    const block = kernels.allocate(values.length);
    if (values instanceof Float32Array) kernels.f32(block).set(values);
    else kernels.u32(block).set(values);
    return block.address;
  };
  try {
    const lists = [
      put(byColumn.rowOffsets),
      put(byColumn.columns),
      put(byColumn.values),
      put(rows.rowOffsets),
      put(rows.columns),
      put(rows.values),
    ];
    const tasks: number[][] = [];
    for (let from = 0; from < n; from += GRAM_TASK_ROWS) {
      tasks.push([target.address, n, from, Math.min(n, from + GRAM_TASK_ROWS), ...lists]);
    }
    await step?.(0);
    await kernels.run("gramRows", tasks, { step });
  } finally {
    kernels.release(mark);
  }
}

export type Factorisation =
  | { readonly kind: "done" }
  | { readonly kind: "notPositiveDefinite"; readonly index: number };

export interface FactorOptions {
  /** Multiplies the large blocks where it is given. */
  readonly library?: GemmLibrary | undefined;
  readonly step?: Step | undefined;
}

/**
 * The Cholesky factor L of a symmetric positive definite matrix [n × n], in place: the lower triangle is read and
 * written. A matrix with NaN, or one that is not positive definite in f32, is answered by the row at which that showed;
 * the matrix is then spoilt.
 */
export async function factorPositiveDefinite(
  kernels: Kernels,
  matrix: Block,
  n: number,
  { library, step = noStep }: FactorOptions = {},
): Promise<Factorisation> {
  const failed = await withContext(kernels, matrix, n, { library }, (context) => factor(context, step));
  return failed < 0 ? { kind: "done" } : { kind: "notPositiveDefinite", index: failed };
}

/**
 * X of A · X = B in place of B [n × count], A given by its factor as `factorPositiveDefinite` leaves it: L · Y = B, then
 * Lᵀ · X = Y, by blocks of rows.
 */
export async function solveFactored(
  kernels: Kernels,
  factorised: Block,
  n: number,
  vectors: Block,
  count: number,
  { step = noStep }: { readonly step?: Step | undefined } = {},
): Promise<void> {
  assert(factorised.length === n * n && vectors.length === n * count, "shapes of a solution");
  await withContext(kernels, factorised, n, {}, async ({ matrix, small }) => {
    const mark = kernels.mark();
    const copy = kernels.allocate(BLOCK_EDGE * count);
    const right = operand(vectors.address, count);
    const blocks = Math.ceil(n / BLOCK_EDGE);
    // Twice over the blocks: down with L, up with Lᵀ.
    for (let pass = 0; pass < 2 * blocks; pass++) {
      const down = pass < blocks;
      const k = BLOCK_EDGE * (down ? pass : 2 * blocks - 1 - pass);
      const edge = Math.min(BLOCK_EDGE, n - k);
      const target = within(right, k, 0);
      const above = k;
      const below = n - k - edge;
      await multiplyInto(kernels, {
        m: edge,
        n: count,
        k: down ? above : below,
        alpha: -1,
        a: down ? within(matrix, k, 0) : transposed(within(matrix, k + edge, k)),
        b: down ? right : within(right, k + edge, 0),
        accumulate: true,
        c: target,
      });
      const diagonal = within(matrix, k, k);
      kernels.raw.invertBlock(diagonal.address, n, edge, small.address, edge);
      const values = kernels.f32({ address: target.address, length: edge * count });
      kernels.f32(copy).set(values);
      const inverse = operand(small.address, edge);
      await multiplyInto(kernels, {
        m: edge,
        n: count,
        k: edge,
        alpha: 1,
        a: down ? inverse : transposed(inverse),
        b: operand(copy.address, count),
        accumulate: false,
        c: target,
      });
      await step((pass + 1) / (2 * blocks));
    }
    kernels.release(mark);
  });
}

/** The inverse of a symmetric positive definite matrix [n × n], in place; only the lower triangle is read. */
export async function invertPositiveDefinite(
  kernels: Kernels,
  matrix: Block,
  n: number,
  step: Step = noStep,
  { library }: Pick<FactorOptions, "library"> = {},
): Promise<Factorisation> {
  const failed = await withContext(kernels, matrix, n, { library }, async (context) => {
    const row = await factor(context, (fraction) => step(fraction / 3));
    if (row >= 0) return row;
    await invertTriangle(context, (fraction) => step((1 + fraction) / 3));
    await multiplyTriangle(context, (fraction) => step((2 + fraction) / 3));
    const tasks: number[][] = [];
    for (let from = 0; from < n; from += MIRROR_TASK_ROWS) {
      tasks.push([matrix.address, n, from, Math.min(n, from + MIRROR_TASK_ROWS)]);
    }
    await kernels.run("mirrorRows", tasks, { step: () => step(1) });
    return -1;
  });
  return failed < 0 ? { kind: "done" } : { kind: "notPositiveDefinite", index: failed };
}

const noStep: Step = async () => {};

/**
 * Between the tasks inside one block: the same fraction again, so that a cancel is noticed. At n = 20,000 one update is
 * 51 G multiply-adds, seconds; its tasks take 1 ms each, the longest of all 30 ms, and a library's slabs some 200 ms.
 */
function pulse({ library }: Context, step: Step, fraction: number): Step {
  const every = library ? 1 : 16;
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls % every === 0) await step(fraction);
  };
}

interface Context {
  readonly kernels: Kernels;
  readonly matrix: Operand;
  readonly n: number;
  readonly edge: number;
  readonly library: GemmLibrary | undefined;
  /** edge × edge. */
  readonly small: Block;
  /** edge × n, in either orientation. */
  readonly panel: Block;
}

async function withContext<Value>(
  kernels: Kernels,
  matrix: Block,
  n: number,
  { library }: Pick<FactorOptions, "library">,
  work: (context: Context) => Promise<Value>,
): Promise<Value> {
  assert(matrix.length === n * n, "a square matrix");
  return withBuffers(kernels, operand(matrix.address, n), n, { library }, work);
}

async function withBuffers<Value>(
  kernels: Kernels,
  matrix: Operand,
  n: number,
  { library }: Pick<FactorOptions, "library">,
  work: (context: Context) => Promise<Value>,
): Promise<Value> {
  const edge = library && n > LIBRARY_EDGE ? LIBRARY_EDGE : BLOCK_EDGE;
  const mark = kernels.mark();
  try {
    const small = kernels.allocate(edge * edge);
    const panel = kernels.allocate(edge * n);
    return await work({ kernels, matrix, n, edge, library, small, panel });
  } finally {
    kernels.release(mark);
  }
}

/** Several products that do not touch each other's results, as one job, or one after another through the library. */
async function multiplyAll({ kernels, library }: Context, products: readonly Product[], step: Step): Promise<void> {
  const present = products.filter(({ m, n }) => m > 0 && n > 0);
  if (library && present.some((product) => library.accepts(product))) {
    for (const product of present) await multiplyInto(kernels, product, { library, step });
    return;
  }
  await kernels.run("gemm", present.map(gemmTask), { scratchLength: GEMM_WORK_LENGTH, step });
}

/** A diagonal block's factor: direct, or in smaller blocks. Answers -1 or the row of the first bad pivot. */
async function factorDiagonal({ kernels, edge }: Context, diagonal: Operand, size: number): Promise<number> {
  if (edge <= BLOCK_EDGE) return kernels.raw.factorBlock(diagonal.address, diagonal.rowStride, size);
  return withBuffers(kernels, diagonal, size, {}, (inner) => factor(inner, noStep));
}

/** The inverse of a diagonal block's lower triangle to `out`, whose strict upper triangle becomes zero. */
async function invertDiagonal(context: Context, diagonal: Operand, size: number, out: Operand): Promise<void> {
  const { kernels, edge } = context;
  if (edge <= BLOCK_EDGE) {
    kernels.raw.invertBlock(diagonal.address, diagonal.rowStride, size, out.address, out.rowStride);
    return;
  }
  const source = kernels.f32({ address: diagonal.address, length: (size - 1) * diagonal.rowStride + size });
  const target = kernels.f32({ address: out.address, length: (size - 1) * out.rowStride + size });
  for (let row = 0; row < size; row++) {
    const from = row * out.rowStride;
    if (out.address !== diagonal.address) {
      target.set(source.subarray(row * diagonal.rowStride, row * diagonal.rowStride + row + 1), from);
    }
    target.fill(0, from + row + 1, from + size);
  }
  await withBuffers(kernels, out, size, {}, (inner) => invertTriangle(inner, noStep));
}

/** potrf, right-looking. Answers -1 or the row of the first bad pivot. */
async function factor(context: Context, step: Step): Promise<number> {
  const { kernels, matrix, n, edge: edgeMax, library, small } = context;
  let done = 0;
  for (let k = 0; k < n; k += edgeMax) {
    const pulsing = pulse(context, step, done);
    const edge = Math.min(edgeMax, n - k);
    const below = k + edge;
    const diagonal = within(matrix, k, k);
    const bad = await factorDiagonal(context, diagonal, edge);
    if (bad >= 0) return k + bad;
    if (below < n) {
      const inverse = operand(small.address, edge);
      await invertDiagonal(context, diagonal, edge, inverse);
      // L21 = A21 · L11⁻ᵀ in place: an edge of 128 fits one packed panel, which is what allows C to be A; the library copies.
      const l21 = within(matrix, below, k);
      await multiplyInPlace(context, l21, n - below, edge, transposed(inverse), pulsing);
      // A22 -= L21 · L21ᵀ, its lower triangle.
      const update: Product = {
        m: n - below,
        n: n - below,
        k: edge,
        alpha: -1,
        a: l21,
        b: transposed(l21),
        accumulate: true,
        c: within(matrix, below, below),
        diagonal: 0,
      };
      await multiplyInto(kernels, update, { library, step: pulsing });
    }
    // The work left after k rows is cubic in what remains.
    done = 1 - ((n - below) / n) ** 3;
    await step(done);
  }
  return -1;
}

/** X = X · B for X [rows × edge]. */
async function multiplyInPlace(
  context: Context,
  x: Operand,
  rows: number,
  edge: number,
  b: Operand,
  step: Step,
): Promise<void> {
  const { kernels, library, panel } = context;
  let a = x;
  if (edge > BLOCK_EDGE) {
    a = operand(panel.address, edge);
    copyRows(kernels, x, a, rows, edge);
  }
  const product: Product = { m: rows, n: edge, k: edge, alpha: 1, a, b, accumulate: false, c: x };
  await multiplyInto(kernels, product, { library, step });
}

function copyRows(kernels: Kernels, from: Operand, to: Operand, rows: number, columns: number): void {
  if (rows === 0) return;
  const source = kernels.f32({ address: from.address, length: (rows - 1) * from.rowStride + columns });
  const target = kernels.f32({ address: to.address, length: (rows - 1) * to.rowStride + columns });
  for (let row = 0; row < rows; row++) {
    target.set(source.subarray(row * from.rowStride, row * from.rowStride + columns), row * to.rowStride);
  }
}

/** trtri: the inverse of the lower triangle in place, from the last block to the first. */
async function invertTriangle(context: Context, step: Step): Promise<void> {
  const { kernels, matrix, n, edge: edgeMax, library, panel } = context;
  let done = 0;
  for (let k = Math.floor((n - 1) / edgeMax) * edgeMax; k >= 0; k -= edgeMax) {
    const pulsing = pulse(context, step, done);
    const edge = Math.min(edgeMax, n - k);
    const below = k + edge;
    const diagonal = within(matrix, k, k);
    await invertDiagonal(context, diagonal, edge, diagonal);
    // panel = A21 · L11⁻¹, then A21 = -A22⁻¹ · panel, where A22⁻¹ is there already and lower triangular.
    const right = operand(panel.address, edge);
    const product: Product = {
      m: n - below,
      n: edge,
      k: edge,
      alpha: 1,
      a: within(matrix, below, k),
      b: diagonal,
      accumulate: false,
      c: right,
    };
    await multiplyInto(kernels, product, { library, step: pulsing });
    const products: Product[] = [];
    for (let i = below; i < n; i += edgeMax) {
      const rows = Math.min(edgeMax, n - i);
      products.push({
        m: rows,
        n: edge,
        k: i + rows - below,
        alpha: -1,
        a: within(matrix, i, below),
        b: right,
        accumulate: false,
        c: within(matrix, i, k),
      });
    }
    // The longest sums first: threads then end together.
    await multiplyAll(context, products.reverse(), pulsing);
    done = ((n - k) / n) ** 3;
    await step(done);
  }
}

/** lauum: Lᵀ · L over L, lower triangle, from the first block of rows to the last. */
async function multiplyTriangle(context: Context, step: Step): Promise<void> {
  const { kernels, matrix, n, edge: edgeMax, panel } = context;
  let done = 0;
  for (let i = 0; i < n; i += edgeMax) {
    const rows = Math.min(edgeMax, n - i);
    const width = i + rows;
    const target = within(matrix, i, 0);
    const copy = operand(panel.address, width);
    copyRows(kernels, target, copy, rows, width);
    const columnsOf = edgeMax > BLOCK_EDGE ? width : PANEL_TASK_COLUMNS;
    const own: Product[] = [];
    const others: Product[] = [];
    for (let column = 0; column < width; column += columnsOf) {
      const columns = Math.min(columnsOf, width - column);
      const shape = { m: rows, n: columns, alpha: 1, c: within(target, 0, column) };
      own.push({
        ...shape,
        k: rows,
        a: transposed(within(copy, 0, i)),
        b: within(copy, 0, column),
        accumulate: false,
      });
      others.push({
        ...shape,
        k: n - width,
        a: transposed(within(matrix, width, i)),
        b: within(matrix, width, column),
        accumulate: true,
      });
    }
    await multiplyAll(context, own, pulse(context, step, done));
    if (width < n) await multiplyAll(context, others, pulse(context, step, done));
    // Work of row block i is i·(n-i): its integral is 3·part² - 2·part³.
    const part = width / n;
    done = 3 * part ** 2 - 2 * part ** 3;
    await step(done);
  }
}
