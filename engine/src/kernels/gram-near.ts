/**
 * A Gram matrix in which two entries of a row count by how near they stand: Σ_u Σ_pq near[|p - q|] x_up x_uq. Positive
 * semidefinite where `near` is a constant plus an exponential decay, as both are kernels.
 */
import { assert } from "@thewatcher/kit/assert";
import { type SparseRows, transposeSparse } from "./linear-algebra.ts";
import type { Block, Kernels, Step } from "./load.ts";

/** Rows of the matrix that are one task: ~20 ms on MovieLens 1M. */
const TASK_ROWS = 32;

/** The lower triangle into `target` [columnCount²]; an entry's position is its place in its row, `near` as long as the longest row. */
export async function gramLowerNear(
  kernels: Kernels,
  rows: SparseRows,
  near: Float32Array,
  target: Block,
  step?: Step,
): Promise<void> {
  const { columnCount: n, rowCount, rowOffsets } = rows;
  assert(target.length === n * n, "target of a Gram matrix");
  // Positions go the way of the values; 24 bits of f32 are longer than any history.
  const positions = new Float32Array(rows.columns.length);
  for (let row = 0; row < rowCount; row++) {
    const from = rowOffsets[row]!;
    assert(rowOffsets[row + 1]! - from <= near.length, "a weight for each distance");
    for (let e = from; e < rowOffsets[row + 1]!; e++) positions[e] = e - from;
  }
  const byColumn = transposeSparse(rows);
  const placed = transposeSparse({ ...rows, values: positions });
  // Transposed twice: rows again, now with columns ascending.
  const ascending = transposeSparse(byColumn);
  const placedAscending = transposeSparse(placed);
  const mark = kernels.mark();
  const put = (values: Uint32Array | Int32Array | Float32Array): number => {
    const block = kernels.allocate(values.length);
    if (values instanceof Float32Array) kernels.f32(block).set(values);
    else kernels.u32(block).set(values);
    return block.address;
  };
  try {
    const lists = [
      ...[put(byColumn.rowOffsets), put(byColumn.columns), put(byColumn.values), put(Int32Array.from(placed.values))],
      ...[put(ascending.rowOffsets), put(ascending.columns), put(ascending.values)],
      ...[put(Int32Array.from(placedAscending.values)), put(near)],
    ];
    const tasks: number[][] = [];
    for (let from = 0; from < n; from += TASK_ROWS) {
      tasks.push([target.address, n, from, Math.min(n, from + TASK_ROWS), ...lists]);
    }
    await step?.(0);
    await kernels.run("gramRowsNear", tasks, { step });
  } finally {
    kernels.release(mark);
  }
}
