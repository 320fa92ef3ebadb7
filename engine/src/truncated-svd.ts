/**
 * The leading right singular vectors of a sparse matrix by randomised subspace iteration: Halko, Martinsson & Tropp, SIAM
 * Review 2011, algorithm 4.4, then Rayleigh–Ritz. From random directions Q, Z = Xᵀ(X Q) is made orthonormal again and
 * again; at last the small matrix (XQ)ᵀ(XQ) is taken apart and Q turned into its eigenvectors.
 * Orthonormal by Cholesky of ZᵀZ in f64 (a direction that adds less than `DEPENDENT` of its length to the earlier ones
 * is dropped to zero, so that any rank will do). Errors fall as (σ_{d+1} / σ_k)^(2 · iterations + 1).
 * Shapes: X [rows × columns], d = count + `OVERSAMPLING`. Cost: iterations · (4 · nnz · d + columns · d²) multiply-adds; memory (rows + 2 · columns) · d
 * floats: rows could be taken in blocks, columns could not.
 */
import type { Rng } from "@thewatcher/kit/rng";
import { type SparseRows, transposeSparse } from "./kernels/linear-algebra.ts";
import type { Block, Kernels, Step } from "./kernels/load.ts";
import { multiplyInto, operand, syrkLower } from "./kernels/product.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

const OVERSAMPLING = 16;
/** Squared: f32 sums know the length of what remains of a direction to about 1e-7 of its square. */
const DEPENDENT = 1e-6;
/** Entries of the sparse matrix in one task: at 272 columns some 2 ms. */
const TASK_ENTRIES = 16_384;
const TASK_ROWS_MAX = 4096;

export interface RightVectors {
  /** σ², largest first; `count` long, 0 where the rank ends. */
  readonly squares: Float64Array;
  /** [columns × count], row-major; zero columns where the rank ends. */
  readonly vectors: Float32Array;
}

export interface SvdOptions {
  readonly count: number;
  readonly iterations: number;
  readonly rng: Rng;
  readonly step: Step;
}

interface Opened {
  readonly offsets: Block;
  readonly columns: Block;
  readonly values: Block;
  readonly parts: readonly (readonly [number, number])[];
}

function open(kernels: Kernels, rows: SparseRows): Opened {
  const offsets = kernels.allocate(rows.rowCount + 1);
  const columns = kernels.allocate(rows.columns.length);
  const values = kernels.allocate(rows.columns.length);
  kernels.u32(offsets).set(rows.rowOffsets);
  kernels.i32(columns).set(rows.columns);
  kernels.f32(values).set(rows.values);
  const parts: [number, number][] = [];
  for (let from = 0, row = 0; row < rows.rowCount; row++) {
    const entries = rows.rowOffsets[row + 1]! - rows.rowOffsets[from]!;
    if (entries < TASK_ENTRIES && row + 1 - from < TASK_ROWS_MAX && row + 1 < rows.rowCount) continue;
    parts.push([from, row + 1]);
    from = row + 1;
  }
  return { offsets, columns, values, parts };
}

async function sparseTimes(kernels: Kernels, x: Opened, dense: Block, d: number, out: Block): Promise<void> {
  const common = [x.offsets.address, x.columns.address, x.values.address, dense.address, d, d, out.address];
  await kernels.run(
    "sparseTimesDense",
    x.parts.map(([from, to]) => [from, to, ...common]),
  );
}

/** AᵀA of `a` [rows × d] in f64, both triangles. */
async function squareOf(kernels: Kernels, a: Block, rows: number, d: number): Promise<Float64Array> {
  const mark = kernels.mark();
  const target = kernels.allocate(d * d);
  await syrkLower(kernels, operand(a.address, d), rows, d, operand(target.address, d));
  const lower = kernels.f32(target);
  const result = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      result[i * d + j] = lower[i * d + j]!;
      result[j * d + i] = lower[i * d + j]!;
    }
  }
  kernels.release(mark);
  return result;
}

/** R⁻¹ with AᵀA = RᵀR, upper triangular; a column of zeros for each direction that depends on the earlier ones. */
function inverseFactor(square: Float64Array, d: number): Float32Array {
  const l = new Float64Array(d * d);
  const dependent = new Uint8Array(d);
  for (let j = 0; j < d; j++) {
    for (let i = j; i < d; i++) {
      let sum = square[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      if (i === j) {
        dependent[j] = sum > DEPENDENT * square[j * d + j]! ? 0 : 1;
        l[j * d + j] = dependent[j] ? 0 : Math.sqrt(sum);
      } else {
        l[i * d + j] = dependent[j] ? 0 : sum / l[j * d + j]!;
      }
    }
  }
  // Row i of L⁻¹ is column i of R⁻¹.
  const inverse = new Float64Array(d * d);
  const result = new Float32Array(d * d);
  for (let i = 0; i < d; i++) {
    if (dependent[i]) continue;
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= l[i * d + k]! * inverse[k * d + j]!;
      inverse[i * d + j] = sum / l[i * d + i]!;
      result[j * d + i] = inverse[i * d + j]!;
    }
  }
  return result;
}

/** out = a · turn, with `a` [rows × d] and `turn` [d × width]. */
async function turnBy(
  kernels: Kernels,
  a: Block,
  rows: number,
  turn: Float32Array,
  shape: { readonly d: number; readonly width: number },
  out: Block,
): Promise<void> {
  const { d, width } = shape;
  const mark = kernels.mark();
  const block = kernels.allocate(turn.length);
  kernels.f32(block).set(turn);
  await multiplyInto(kernels, {
    m: rows,
    n: width,
    k: d,
    alpha: 1,
    a: operand(a.address, d),
    b: operand(block.address, width),
    accumulate: false,
    c: operand(out.address, width),
  });
  kernels.release(mark);
}

/** The caller has the kernels for itself until this ends; nothing stays allocated. */
export async function rightSingularVectors(
  kernels: Kernels,
  rows: SparseRows,
  { count, iterations, rng, step }: SvdOptions,
): Promise<RightVectors> {
  const { rowCount, columnCount } = rows;
  const d = Math.min(columnCount, count + OVERSAMPLING);
  const squares = new Float64Array(count);
  const vectors = new Float32Array(columnCount * count);
  if (d === 0) return { squares, vectors };
  const mark = kernels.mark();
  try {
    const x = open(kernels, rows);
    const xt = open(kernels, transposeSparse(rows));
    const q = kernels.allocate(columnCount * d);
    const z = kernels.allocate(columnCount * d);
    const xq = kernels.allocate(rowCount * d);
    const start = kernels.f32(q);
    for (let i = 0; i < start.length; i++) start[i] = rng.normal();
    for (let iteration = 0; iteration <= iterations; iteration++) {
      await step(iteration / (iterations + 2));
      await sparseTimes(kernels, x, q, d, xq);
      await sparseTimes(kernels, xt, xq, d, z);
      const inverse = inverseFactor(await squareOf(kernels, z, columnCount, d), d);
      await turnBy(kernels, z, columnCount, inverse, { d, width: d }, q);
    }
    await sparseTimes(kernels, x, q, d, xq);
    await step((iterations + 1) / (iterations + 2));
    const eigen = await symmetricEigen(await squareOf(kernels, xq, rowCount, d), d, () =>
      step((iterations + 1) / (iterations + 2)),
    );
    const kept = Math.min(count, d);
    const turn = new Float32Array(d * kept);
    const floor = (eigen.values[0] ?? 0) * DEPENDENT;
    for (let k = 0; k < kept; k++) {
      if (!(eigen.values[k]! > floor)) break;
      squares[k] = eigen.values[k]!;
      for (let i = 0; i < d; i++) turn[i * kept + k] = eigen.vectors[k * d + i]!;
    }
    await turnBy(kernels, q, columnCount, turn, { d, width: kept }, z);
    const turned = kernels.f32(z);
    for (let column = 0; column < columnCount; column++) {
      vectors.set(turned.subarray(column * kept, (column + 1) * kept), column * count);
    }
    await step(1);
    return { squares, vectors };
  } finally {
    kernels.release(mark);
  }
}
