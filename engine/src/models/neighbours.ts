/**
 * The most alike columns of a sparse matrix: rows of VᵀV one at a time, of each the K best. What is never together is never
 * touched, so memory is a row and the result, and time is Σ over users of (their titles)².
 */
import type { SparseRows } from "../kernels/linear-algebra.ts";
import type { Step } from "../kernels/load.ts";

/** Multiply-adds between two steps: some 20 ms. */
const STEP_WORK = 10_000_000;

export interface Neighbours {
  /** Row i is [offsets[i], offsets[i + 1]): its neighbours, most alike first, equal ones by index; all above 0. */
  readonly offsets: Int32Array;
  readonly neighbours: Int32Array;
  readonly likeness: Float32Array;
}

/** `sum` is Σ_u v_ui v_uj for the titles `item` and `other`, over the `common` users that have both. */
export type Likeness = (item: number, other: number, sum: number, common: number) => number;

/** Of each title the `k` others of the largest likeness; `byItem` is `transposeSparse(rows)`. */
export async function mostAlike(
  rows: SparseRows,
  byItem: SparseRows,
  k: number,
  likenessOf: Likeness,
  step: Step,
): Promise<Neighbours> {
  const n = rows.columnCount;
  const sums = new Float64Array(n);
  const counts = new Uint32Array(n);
  const touched = new Int32Array(n);
  const heap = new Int32Array(k);
  const offsets = new Int32Array(n + 1);
  let neighbours = new Int32Array(Math.min(n * k, 1 << 16));
  let likeness = new Float32Array(neighbours.length);
  let end = 0;
  let work = STEP_WORK;
  for (let item = 0; item < n; item++) {
    if (work >= STEP_WORK) {
      await step(byItem.rowOffsets[item]! / Math.max(1, rows.columns.length));
      work = 0;
    }
    const touchedCount = productRow(rows, byItem, item, sums, counts, touched);
    for (let t = 0; t < touchedCount; t++) {
      const other = touched[t]!;
      work += counts[other]!;
      sums[other] = other === item ? 0 : likenessOf(item, other, sums[other]!, counts[other]!);
    }
    const found = selectTop(touched, touchedCount, sums, k, heap);
    if (end + found > neighbours.length) {
      const length = Math.min(n * k, Math.max(end + found, neighbours.length * 2));
      const grown = { neighbours: new Int32Array(length), likeness: new Float32Array(length) };
      grown.neighbours.set(neighbours);
      grown.likeness.set(likeness);
      ({ neighbours, likeness } = grown);
    }
    for (let position = 0; position < found; position++) {
      neighbours[end] = heap[position]!;
      likeness[end++] = sums[heap[position]!]!;
    }
    offsets[item + 1] = end;
    for (let t = 0; t < touchedCount; t++) {
      sums[touched[t]!] = 0;
      counts[touched[t]!] = 0;
    }
  }
  return { offsets, neighbours: neighbours.slice(0, end), likeness: likeness.slice(0, end) };
}

/** Row `item` of VᵀV into `sums`, with how many users each entry came from; answers how many entries were touched. */
function productRow(
  rows: SparseRows,
  byItem: SparseRows,
  item: number,
  sums: Float64Array,
  counts: Uint32Array,
  touched: Int32Array,
): number {
  const { rowOffsets, columns, values } = rows;
  let touchedCount = 0;
  const last = byItem.rowOffsets[item + 1]!;
  for (let e = byItem.rowOffsets[item]!; e < last; e++) {
    const user = byItem.columns[e]!;
    const weight = byItem.values[e]!;
    const to = rowOffsets[user + 1]!;
    for (let p = rowOffsets[user]!; p < to; p++) {
      const other = columns[p]!;
      if (counts[other]!++ === 0) touched[touchedCount++] = other;
      sums[other]! += weight * values[p]!;
    }
  }
  return touchedCount;
}

/** The K best of `touched` by `values`, best first, equal values by ascending index: a heap with the worst on top. */
function selectTop(
  touched: Int32Array,
  touchedCount: number,
  values: Float64Array,
  k: number,
  heap: Int32Array,
): number {
  const worse = (a: number, b: number) => values[a]! < values[b]! || (values[a] === values[b] && a > b);
  let size = 0;
  const sink = (hole: number, item: number) => {
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child++;
      if (!worse(heap[child]!, item)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = item;
  };
  for (let t = 0; t < touchedCount; t++) {
    const item = touched[t]!;
    if (!(values[item]! > 0)) continue;
    if (size < k) {
      let hole = size++;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!worse(item, heap[parent]!)) break;
        heap[hole] = heap[parent]!;
        hole = parent;
      }
      heap[hole] = item;
    } else if (worse(heap[0]!, item)) {
      sink(0, item);
    }
  }
  const found = size;
  while (size > 1) {
    const worst = heap[0]!;
    const moved = heap[--size]!;
    sink(0, moved);
    heap[size] = worst;
  }
  return found;
}
