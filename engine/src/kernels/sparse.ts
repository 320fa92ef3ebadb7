/**
 * Sparse with dense, for plain arrays: the products of chosen pairs (gather–dot), and sparse · dense. Rows are tasks.
 */
import { assert } from "@thewatcher/kit/assert";
import type { SparseRows } from "./linear-algebra.ts";
import type { Block, Kernels, TaskKernel } from "./load.ts";

/** Stored entries of one task: at 64 columns some 2 ms. */
const TASK_ENTRIES = 2 ** 15;

/** Cuts rows into tasks of about `TASK_ENTRIES` entries, at least one row each. */
export function rowRanges(rowOffsets: Uint32Array, entries = TASK_ENTRIES): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  const rowCount = rowOffsets.length - 1;
  for (let from = 0; from < rowCount; ) {
    let to = from + 1;
    while (to < rowCount && rowOffsets[to + 1]! - rowOffsets[from]! <= entries) to += 1;
    ranges.push([from, to]);
    from = to;
  }
  return ranges;
}

function checkSparse({ rowCount, columnCount, rowOffsets, columns, values }: SparseRows): void {
  assert(rowOffsets.length === rowCount + 1 && columns.length === values.length, "a sparse matrix");
  assert(rowOffsets[rowCount] === columns.length, "offsets end with the entries");
  for (const column of columns) assert(column >= 0 && column < columnCount, "a column of the matrix", () => column);
  assertNumbers(values);
}

/** NaN is refused where it comes in; later it would show in every sum that it touches. */
export function assertNumbers(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    assert(!Number.isNaN(values[i]!), "numbers", () => ({ index: i, value: values[i] }));
  }
}

function copyIn(kernels: Kernels, values: Float32Array | Int32Array | Uint32Array): Block {
  const block = kernels.allocate(values.length);
  if (values instanceof Float32Array) kernels.f32(block).set(values);
  else kernels.u32(block).set(values);
  return block;
}

/** A[row] · B[column] for each stored entry of `pattern`, A and B dense with `width` columns; its values are not read. */
export async function sampledProducts(
  kernels: Kernels,
  pattern: SparseRows,
  a: Float32Array,
  b: Float32Array,
  width: number,
): Promise<Float32Array<ArrayBuffer>> {
  checkSparse(pattern);
  assertNumbers(a);
  assertNumbers(b);
  const { rowCount, columnCount, rowOffsets, columns } = pattern;
  assert(a.length === rowCount * width && b.length === columnCount * width, "shapes of sampled products");
  return inKernels(kernels, columns.length, rowOffsets, "sampledDots", (out) => [
    copyIn(kernels, rowOffsets).address,
    copyIn(kernels, columns).address,
    copyIn(kernels, a).address,
    copyIn(kernels, b).address,
    width,
    out.address,
  ]);
}

/** S · B, B dense [columnCount × width]. */
export async function sparseTimesDense(
  kernels: Kernels,
  sparse: SparseRows,
  b: Float32Array,
  width: number,
): Promise<Float32Array<ArrayBuffer>> {
  checkSparse(sparse);
  assertNumbers(b);
  const { rowCount, columnCount, rowOffsets, columns, values } = sparse;
  assert(b.length === columnCount * width, "shapes of a sparse product");
  return inKernels(kernels, rowCount * width, rowOffsets, "sparseTimesDense", (out) => [
    copyIn(kernels, rowOffsets).address,
    copyIn(kernels, columns).address,
    copyIn(kernels, values).address,
    copyIn(kernels, b).address,
    width,
    width,
    out.address,
  ]);
}

async function inKernels(
  kernels: Kernels,
  length: number,
  rowOffsets: Uint32Array,
  kernel: TaskKernel,
  argumentsOf: (out: Block) => readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  const mark = kernels.mark();
  try {
    const out = kernels.allocate(length);
    const shared = argumentsOf(out);
    await kernels.run(
      kernel,
      rowRanges(rowOffsets).map((range) => [...range, ...shared]),
    );
    return kernels.f32(out).slice();
  } finally {
    kernels.release(mark);
  }
}
