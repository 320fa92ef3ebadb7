/** Sparse matrices for the kernels' tests. */
import { createRng } from "@thewatcher/kit/rng";
import { type SparseRows, transposeSparse } from "./linear-algebra.ts";

/** A fifth of the entries, columns ascending; by columns instead of by rows where asked. */
export function randomSparse(
  seed: number,
  rowCount: number,
  columnCount: number,
  valuesOf?: (length: number) => Float32Array,
  by: "rows" | "columns" = "rows",
): SparseRows {
  const rng = createRng(seed);
  const rowOffsets = new Uint32Array(rowCount + 1);
  const columns: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    for (let column = 0; column < columnCount; column++) if (rng.next() < 0.2) columns.push(column);
    rowOffsets[row + 1] = columns.length;
  }
  const values = valuesOf?.(columns.length) ?? Float32Array.from(columns, () => rng.next() + 0.1);
  const rows = { rowCount, columnCount, rowOffsets, columns: Int32Array.from(columns), values };
  return by === "rows" ? rows : transposeSparse(rows);
}

/** As a dense table of rows. */
export function denseOf({ rowCount, columnCount, rowOffsets, columns, values }: SparseRows): number[][] {
  return Array.from({ length: rowCount }, (_, row) => {
    const dense = new Array<number>(columnCount).fill(0);
    for (let e = rowOffsets[row]!; e < rowOffsets[row + 1]!; e++) dense[columns[e]!] = values[e]!;
    return dense;
  });
}
