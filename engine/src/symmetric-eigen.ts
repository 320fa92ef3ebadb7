/**
 * Eigenvalues and eigenvectors of a small dense symmetric matrix in f64, by cyclic Jacobi rotations (Golub & Van Loan,
 * §8.5): n³ a sweep, some eight sweeps, exact to rounding also for equal eigenvalues; for n up to about a thousand.
 */

/** Off-diagonal weight, relative to the whole, at which the matrix counts as diagonal. */
const CONVERGED = 1e-26;
/** Convergence is quadratic: ten sweeps are already unusual. */
const SWEEPS_MAX = 30;

export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** Row k is the vector of values[k], of length 1; its largest entry (the first of them) is positive. */
  readonly vectors: Float64Array;
}

/** `matrix` [n × n], row-major, is overwritten. `step` is called after each sweep. */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  step: () => Promise<void> = async () => {},
): Promise<Eigen> {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  let whole = 0;
  for (const value of matrix) whole += value * value;
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += 2 * matrix[i * n + j]! ** 2;
    if (off <= CONVERGED * whole) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(matrix, vectors, n, p, q);
    await step();
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => matrix[b * n + b]! - matrix[a * n + a]! || a - b);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    const row = vectors.subarray(from * n, (from + 1) * n);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest)) largest = value;
    const sign = largest < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) sorted[to * n + i] = sign * row[i]!;
  });
  return { values: Float64Array.from(order, (i) => matrix[i * n + i]!), vectors: sorted };
}

/** The rotation that makes entry (p, q) zero, applied to the matrix and to the rows of `vectors`. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const rowP = a.subarray(p * n, (p + 1) * n);
  const rowQ = a.subarray(q * n, (q + 1) * n);
  const app = rowP[p]!;
  const aqq = rowQ[q]!;
  for (let i = 0; i < n; i++) {
    const x = rowP[i]!;
    const y = rowQ[i]!;
    rowP[i] = c * x - s * y;
    rowQ[i] = s * x + c * y;
  }
  rowP[p] = app - t * apq;
  rowQ[q] = aqq + t * apq;
  rowP[q] = 0;
  rowQ[p] = 0;
  for (let i = 0; i < n; i++) {
    if (i === p || i === q) continue;
    a[i * n + p] = rowP[i]!;
    a[i * n + q] = rowQ[i]!;
  }
  const vp = vectors.subarray(p * n, (p + 1) * n);
  const vq = vectors.subarray(q * n, (q + 1) * n);
  for (let i = 0; i < n; i++) {
    const x = vp[i]!;
    const y = vq[i]!;
    vp[i] = c * x - s * y;
    vq[i] = s * x + c * y;
  }
}
