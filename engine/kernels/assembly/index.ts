/**
 * The numerical kernels, in AssemblyScript: single precision, row-major, SIMD of 128 bits. They own no memory: every
 * buffer is a byte address handed in by `engine/src/kernels/load.ts`, so the same code runs on shared memory.
 * Built twice: plain SIMD, and relaxed SIMD whose fused multiply-add is half again as fast (see `madd`).
 * GEMM after Goto & van de Geijn 2008 (packed panels, a register tile of 4 × 8: eight accumulators, two vectors of B
 * and one splat of A fit the 16 registers of x86); everything large in the Cholesky path is made of it.
 * Every sum has a fixed order, so the same build gives the same bits on the same CPU type.
 * Kernels that the pool runs take their scratch memory as the last argument: each thread has its own. They answer 0 or
 * more when all went well.
 */

export { gramRowsNear } from "./gram-near";
export { conjugateRows } from "./implicit-als";

// One packed panel of A is 64 × 256 floats = 64 KiB and one of B 256 × 512 = 512 KiB: both stay in a 1 MiB L2.
const MC: i32 = 64;
const NC: i32 = 512;
const KC: i32 = 256;

// @ts-expect-error: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-expect-error: decorator
@inline
function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

/** Four steps along k of four lines that lie contiguous in memory: a 4 × 4 transpose into `out`, `outStep` bytes apart. */
// @ts-expect-error: decorator
@inline
function transposeFour(p: usize, line: usize, out: usize, outStep: usize): void {
  const r0 = v128.load(p);
  const r1 = v128.load(p + line);
  const r2 = v128.load(p + line * 2);
  const r3 = v128.load(p + line * 3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(out + outStep, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(out + outStep * 2, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(out + outStep * 3, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/** Rows [0, mc) × columns [0, kc) of A into panels of 4 rows, k-major; the last panel is padded with zeros. */
function packA(a: usize, rowStride: i32, columnStride: i32, mc: i32, kc: i32, out: usize): void {
  for (let i = 0; i < mc; i += 4) {
    const rows = min(4, mc - i);
    if (rows == 4) {
      let p0 = at(a, i * rowStride);
      const row = (<usize>rowStride) << 2;
      let p = 0;
      if (columnStride == 1) {
        for (; p + 4 <= kc; p += 4) {
          transposeFour(p0, row, out, 16);
          p0 += 16;
          out += 64;
        }
      } else if (rowStride == 1) {
        const step = (<usize>columnStride) << 2;
        for (; p < kc; p++) {
          v128.store(out, v128.load(p0));
          p0 += step;
          out += 16;
        }
      }
      const step = (<usize>columnStride) << 2;
      for (; p < kc; p++) {
        store<f32>(out, load<f32>(p0));
        store<f32>(out, load<f32>(p0 + row), 4);
        store<f32>(out, load<f32>(p0 + row * 2), 8);
        store<f32>(out, load<f32>(p0 + row * 3), 12);
        p0 += step;
        out += 16;
      }
    } else {
      for (let p = 0; p < kc; p++) {
        for (let r = 0; r < 4; r++) {
          store<f32>(out, r < rows ? load<f32>(at(a, (i + r) * rowStride + p * columnStride)) : 0);
          out += 4;
        }
      }
    }
  }
}

/** Rows [0, kc) × columns [0, nc) of B into panels of 8 columns, k-major; the last panel is padded with zeros. */
function packB(b: usize, rowStride: i32, columnStride: i32, kc: i32, nc: i32, out: usize): void {
  for (let j = 0; j < nc; j += 8) {
    const columns = min(8, nc - j);
    let p = 0;
    if (columns == 8 && columnStride == 1) {
      let p0 = at(b, j);
      const step = (<usize>rowStride) << 2;
      for (; p < kc; p++) {
        v128.store(out, v128.load(p0));
        v128.store(out, v128.load(p0, 16), 16);
        p0 += step;
        out += 32;
      }
    } else if (columns == 8 && rowStride == 1) {
      let p0 = at(b, j * columnStride);
      const line = (<usize>columnStride) << 2;
      for (; p + 4 <= kc; p += 4) {
        transposeFour(p0, line, out, 32);
        transposeFour(p0 + line * 4, line, out + 16, 32);
        p0 += 16;
        out += 128;
      }
    }
    for (; p < kc; p++) {
      for (let c = 0; c < 8; c++) {
        store<f32>(out, c < columns ? load<f32>(at(b, p * rowStride + (j + c) * columnStride)) : 0);
        out += 4;
      }
    }
  }
}

/** One tile of 4 × 8: C (+)= alpha · A-panel · B-panel. Tiles over the edge go through `scratch` (32 floats). */
function tile(
  kc: i32,
  alpha: f32,
  a: usize,
  b: usize,
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  accumulate: bool,
  scratch: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  const end = a + ((<usize>kc) << 4);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = madd(a3, b0, c30);
    c31 = madd(a3, b1, c31);
    a += 16;
    b += 32;
  }
  const scale = f32x4.splat(alpha);
  if (rows == 4 && columns == 8) {
    const row = (<usize>ldc) << 2;
    const r1 = c + row;
    const r2 = r1 + row;
    const r3 = r2 + row;
    if (accumulate) {
      v128.store(c, f32x4.add(v128.load(c), f32x4.mul(c00, scale)));
      v128.store(c, f32x4.add(v128.load(c, 16), f32x4.mul(c01, scale)), 16);
      v128.store(r1, f32x4.add(v128.load(r1), f32x4.mul(c10, scale)));
      v128.store(r1, f32x4.add(v128.load(r1, 16), f32x4.mul(c11, scale)), 16);
      v128.store(r2, f32x4.add(v128.load(r2), f32x4.mul(c20, scale)));
      v128.store(r2, f32x4.add(v128.load(r2, 16), f32x4.mul(c21, scale)), 16);
      v128.store(r3, f32x4.add(v128.load(r3), f32x4.mul(c30, scale)));
      v128.store(r3, f32x4.add(v128.load(r3, 16), f32x4.mul(c31, scale)), 16);
    } else {
      v128.store(c, f32x4.mul(c00, scale));
      v128.store(c, f32x4.mul(c01, scale), 16);
      v128.store(r1, f32x4.mul(c10, scale));
      v128.store(r1, f32x4.mul(c11, scale), 16);
      v128.store(r2, f32x4.mul(c20, scale));
      v128.store(r2, f32x4.mul(c21, scale), 16);
      v128.store(r3, f32x4.mul(c30, scale));
      v128.store(r3, f32x4.mul(c31, scale), 16);
    }
    return;
  }
  v128.store(scratch, f32x4.mul(c00, scale));
  v128.store(scratch, f32x4.mul(c01, scale), 16);
  v128.store(scratch, f32x4.mul(c10, scale), 32);
  v128.store(scratch, f32x4.mul(c11, scale), 48);
  v128.store(scratch, f32x4.mul(c20, scale), 64);
  v128.store(scratch, f32x4.mul(c21, scale), 80);
  v128.store(scratch, f32x4.mul(c30, scale), 96);
  v128.store(scratch, f32x4.mul(c31, scale), 112);
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < columns; q++) {
      const target = at(c, r * ldc + q);
      const value = load<f32>(at(scratch, r * 8 + q));
      store<f32>(target, accumulate ? load<f32>(target) + value : value);
    }
  }
}

/**
 * C (+)= alpha · A · B, with A [m × k] and B [k × n] read through a row and a column stride (a transpose costs
 * nothing) and C row-major with `ldc`. `work` holds 64·256 + 256·512 + 32 floats. C may be A itself when k ≤ 256 and
 * n ≤ 512: a block of rows is packed before it is written.
 * Tiles wholly above the line column = row + `diagonal` are left as they are: a triangle costs half (SYRK).
 */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  alpha: f32,
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  accumulate: bool,
  c: usize,
  ldc: i32,
  diagonal: i32,
  work: usize,
): i32 {
  const packedA = work;
  const packedB = at(work, MC * KC);
  const scratch = at(packedB, KC * NC);
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      const keep = accumulate || pc > 0;
      packB(at(b, pc * bRow + jc * bColumn), bRow, bColumn, kc, nc, packedB);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        if (jc > ic + mc - 1 + diagonal) continue;
        packA(at(a, ic * aRow + pc * aColumn), aRow, aColumn, mc, kc, packedA);
        for (let jr = 0; jr < nc; jr += 8) {
          const panelB = at(packedB, jr * kc);
          for (let ir = 0; ir < mc; ir += 4) {
            if (jc + jr > ic + ir + 3 + diagonal) continue;
            tile(
              kc,
              alpha,
              at(packedA, ir * kc),
              panelB,
              at(c, (ic + ir) * ldc + jc + jr),
              ldc,
              min(4, mc - ir),
              min(8, nc - jr),
              keep,
              scratch,
            );
          }
        }
      }
    }
  }
  return 0;
}

/**
 * Cholesky of one small block in place (lower; the strict upper triangle becomes zero), sums in f64.
 * Answers -1, or the index of the first pivot that is not a positive number.
 */
export function factorBlock(a: usize, lda: i32, n: i32): i32 {
  for (let i = 0; i < n; i++) {
    const rowI = at(a, i * lda);
    for (let j = 0; j < i; j++) {
      const rowJ = at(a, j * lda);
      let sum: f64 = load<f32>(at(rowI, j));
      for (let p = 0; p < j; p++) sum -= <f64>load<f32>(at(rowI, p)) * <f64>load<f32>(at(rowJ, p));
      store<f32>(at(rowI, j), <f32>(sum / <f64>load<f32>(at(rowJ, j))));
    }
    let pivot: f64 = load<f32>(at(rowI, i));
    for (let p = 0; p < i; p++) {
      const value: f64 = load<f32>(at(rowI, p));
      pivot -= value * value;
    }
    if (!(pivot > 0 && pivot < Infinity)) return i;
    store<f32>(at(rowI, i), <f32>Math.sqrt(pivot));
    for (let j = i + 1; j < n; j++) store<f32>(at(rowI, j), 0);
  }
  return -1;
}

/** The inverse of a small lower triangle into `out` (its strict upper triangle becomes zero); `out` may be `l`. */
export function invertBlock(l: usize, ldl: i32, n: i32, out: usize, ldo: i32): void {
  for (let i = 0; i < n; i++) {
    const rowL = at(l, i * ldl);
    const rowOut = at(out, i * ldo);
    const diagonal: f64 = load<f32>(at(rowL, i));
    // In place this row of L is still whole while its own results are written from the left: X[i][j] reads L[i][p ≥ j].
    for (let j = 0; j < i; j++) {
      let sum: f64 = 0;
      for (let p = j; p < i; p++) sum += <f64>load<f32>(at(rowL, p)) * <f64>load<f32>(at(out, p * ldo + j));
      store<f32>(at(rowOut, j), <f32>(-sum / diagonal));
    }
    store<f32>(at(rowOut, i), <f32>(1.0 / diagonal));
    for (let j = i + 1; j < n; j++) store<f32>(at(rowOut, j), 0);
  }
}

/** Copies the lower triangle of rows [from, to) onto the upper one. */
export function mirrorRows(a: usize, lda: i32, from: i32, to: i32, work: usize): i32 {
  for (let i = from; i < to; i += 32) {
    const iEnd = min(i + 32, to);
    for (let j = 0; j < iEnd; j += 32) {
      for (let r = i; r < iEnd; r++) {
        const jEnd = min(j + 32, r);
        for (let q = j; q < jEnd; q++) store<f32>(at(a, q * lda + r), load<f32>(at(a, r * lda + q)));
      }
    }
  }
  return 0;
}

/**
 * Rows [from, to) of the lower triangle of XᵀX, X sparse and given twice: by item (offsets, users, weights) and by
 * user with items ascending. One row of the result is gathered at a time, so that it stays in L1 whatever the number
 * of users.
 */
export function gramRows(
  g: usize,
  ldg: i32,
  from: i32,
  to: i32,
  itemOffsets: usize,
  users: usize,
  itemWeights: usize,
  userOffsets: usize,
  items: usize,
  userWeights: usize,
  work: usize,
): i32 {
  for (let i = from; i < to; i++) {
    const row = at(g, i * ldg);
    memory.fill(row, 0, (<usize>(i + 1)) << 2);
    const last = load<u32>(at(itemOffsets, i), 4);
    for (let e = load<u32>(at(itemOffsets, i)); e < last; e++) {
      const user = load<i32>(at(users, e));
      const weight = load<f32>(at(itemWeights, e));
      const end = load<u32>(at(userOffsets, user), 4);
      for (let p = load<u32>(at(userOffsets, user)); p < end; p++) {
        const item = load<i32>(at(items, p));
        if (item > i) break;
        const target = at(row, item);
        store<f32>(target, load<f32>(target) + weight * load<f32>(at(userWeights, p)));
      }
    }
  }
  return 0;
}

/**
 * out[0, n) = Σ weights[h] · B[rows[h], 0…n): the dense rows that a history selects. Four rows a pass, because the
 * running sum is then read and written a quarter as often.
 */
export function combineRows(out: usize, b: usize, ldb: i32, n: i32, rows: usize, weights: usize, count: i32): void {
  memory.fill(out, 0, (<usize>n) << 2);
  addRows(out, b, ldb, n, rows, weights, count);
}

/** The same, added to what `out` holds. */
function addRows(out: usize, b: usize, ldb: i32, n: i32, rows: usize, weights: usize, count: i32): void {
  const wide = n & ~3;
  let h = 0;
  for (; h + 4 <= count; h += 4) {
    const r0 = at(b, load<i32>(at(rows, h)) * ldb);
    const r1 = at(b, load<i32>(at(rows, h), 4) * ldb);
    const r2 = at(b, load<i32>(at(rows, h), 8) * ldb);
    const r3 = at(b, load<i32>(at(rows, h), 12) * ldb);
    const w0 = v128.load_splat<f32>(at(weights, h));
    const w1 = v128.load_splat<f32>(at(weights, h), 4);
    const w2 = v128.load_splat<f32>(at(weights, h), 8);
    const w3 = v128.load_splat<f32>(at(weights, h), 12);
    for (let j = 0; j < wide; j += 4) {
      let sum = v128.load(at(out, j));
      sum = madd(w0, v128.load(at(r0, j)), sum);
      sum = madd(w1, v128.load(at(r1, j)), sum);
      sum = madd(w2, v128.load(at(r2, j)), sum);
      sum = madd(w3, v128.load(at(r3, j)), sum);
      v128.store(at(out, j), sum);
    }
    for (let j = wide; j < n; j++) {
      let sum = load<f32>(at(out, j));
      sum += load<f32>(at(weights, h)) * load<f32>(at(r0, j));
      sum += load<f32>(at(weights, h), 4) * load<f32>(at(r1, j));
      sum += load<f32>(at(weights, h), 8) * load<f32>(at(r2, j));
      sum += load<f32>(at(weights, h), 12) * load<f32>(at(r3, j));
      store<f32>(at(out, j), sum);
    }
  }
  for (; h < count; h++) {
    const row = at(b, load<i32>(at(rows, h)) * ldb);
    const weight = load<f32>(at(weights, h));
    const splat = f32x4.splat(weight);
    for (let j = 0; j < wide; j += 4) {
      v128.store(at(out, j), madd(splat, v128.load(at(row, j)), v128.load(at(out, j))));
    }
    for (let j = wide; j < n; j++) store<f32>(at(out, j), load<f32>(at(out, j)) + weight * load<f32>(at(row, j)));
  }
}

/** True when entry (scoreA, a) is worse than (scoreB, b): a lower score, or the same score and a later index. */
// @ts-expect-error: decorator
@inline
function worse(scoreA: f32, a: i32, scoreB: f32, b: i32): bool {
  return scoreA < scoreB || (scoreA == scoreB && a > b);
}

/** Sinks (score, index) from the root of the heap whose worst entry is on top. */
function sink(heapScores: usize, heapItems: usize, size: i32, score: f32, item: i32): void {
  let hole = 0;
  for (;;) {
    let child = hole * 2 + 1;
    if (child >= size) break;
    if (
      child + 1 < size &&
      worse(
        load<f32>(at(heapScores, child + 1)),
        load<i32>(at(heapItems, child + 1)),
        load<f32>(at(heapScores, child)),
        load<i32>(at(heapItems, child)),
      )
    ) {
      child++;
    }
    if (!worse(load<f32>(at(heapScores, child)), load<i32>(at(heapItems, child)), score, item)) break;
    store<f32>(at(heapScores, hole), load<f32>(at(heapScores, child)));
    store<i32>(at(heapItems, hole), load<i32>(at(heapItems, child)));
    hole = child;
  }
  store<f32>(at(heapScores, hole), score);
  store<i32>(at(heapItems, hole), item);
}

/**
 * The k best of scores[0, n), best first, equal scores by ascending index; only what is above `floor` is taken, so -∞
 * never. Writes outItems and outScores (k long each) and answers how many there are, or -1 when a score is NaN.
 */
export function topK(scores: usize, n: i32, k: i32, floor: f32, outItems: usize, outScores: usize): i32 {
  let size = 0;
  let threshold: f32 = floor;
  let i = 0;
  while (i < n) {
    // Once the heap is full nearly every group of four falls below its worst entry: one comparison skips it.
    if (size == k && i + 4 <= n) {
      const group = v128.load(at(scores, i));
      if (!v128.any_true(f32x4.gt(group, f32x4.splat(threshold))) && !v128.any_true(f32x4.ne(group, group))) {
        i += 4;
        continue;
      }
    }
    const stop = min(n, size == k ? i + 4 : i + 1);
    for (; i < stop; i++) {
      const score = load<f32>(at(scores, i));
      if (score != score) return -1;
      if (score <= floor) continue;
      if (size < k) {
        let hole = size++;
        while (hole > 0) {
          const parent = (hole - 1) >> 1;
          const parentScore = load<f32>(at(outScores, parent));
          const parentItem = load<i32>(at(outItems, parent));
          if (!worse(score, i, parentScore, parentItem)) break;
          store<f32>(at(outScores, hole), parentScore);
          store<i32>(at(outItems, hole), parentItem);
          hole = parent;
        }
        store<f32>(at(outScores, hole), score);
        store<i32>(at(outItems, hole), i);
        if (size == k) threshold = load<f32>(outScores);
      } else if (k > 0 && score > threshold) {
        sink(outScores, outItems, size, score, i);
        threshold = load<f32>(outScores);
      }
    }
  }
  // Take the worst off the top again and again: the array fills from the back, best first.
  for (let last = size - 1; last > 0; last--) {
    const score = load<f32>(outScores);
    const item = load<i32>(outItems);
    const movedScore = load<f32>(at(outScores, last));
    const movedItem = load<i32>(at(outItems, last));
    sink(outScores, outItems, last, movedScore, movedItem);
    store<f32>(at(outScores, last), score);
    store<i32>(at(outItems, last), item);
  }
  return size;
}

/** a · b over n elements. The order: sixteen running sums (four vectors), then those in turn, then the rest. */
// @ts-expect-error: decorator
@inline
function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const p = at(a, j);
    const q = at(b, j);
    s0 = madd(v128.load(p), v128.load(q), s0);
    s1 = madd(v128.load(p, 16), v128.load(q, 16), s1);
    s2 = madd(v128.load(p, 32), v128.load(q, 32), s2);
    s3 = madd(v128.load(p, 48), v128.load(q, 48), s3);
  }
  for (; j + 4 <= n; j += 4) s0 = madd(v128.load(at(a, j)), v128.load(at(b, j)), s0);
  let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; j < n; j++) sum += load<f32>(at(a, j)) * load<f32>(at(b, j));
  return sum;
}

// @ts-expect-error: decorator
@inline
function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** y[0, n) += factor · x[0, n). */
// @ts-expect-error: decorator
@inline
function addScaled(y: usize, factor: f32, x: usize, n: i32): void {
  const splat = f32x4.splat(factor);
  let j = 0;
  for (; j + 4 <= n; j += 4) v128.store(at(y, j), madd(splat, v128.load(at(x, j)), v128.load(at(y, j))));
  for (; j < n; j++) store<f32>(at(y, j), load<f32>(at(y, j)) + factor * load<f32>(at(x, j)));
}

/** out[e] = x · rows[columns[e]] for e in [from, to): sparse gather–dot. */
function gatherDots(out: usize, x: usize, f: i32, b: usize, columns: usize, from: i32, to: i32): void {
  for (let e = from; e < to; e++) store<f32>(at(out, e - from), dot(x, at(b, load<i32>(at(columns, e)) * f), f));
}

/**
 * Sampled products: out[e] = A[row] · B[columns[e]] for each stored entry e of the sparse rows [from, to).
 * A and B are dense with f columns.
 */
export function sampledDots(
  from: i32,
  to: i32,
  offsets: usize,
  columns: usize,
  a: usize,
  b: usize,
  f: i32,
  out: usize,
  work: usize,
): i32 {
  for (let row = from; row < to; row++) {
    const begin = load<u32>(at(offsets, row));
    gatherDots(at(out, begin), at(a, row * f), f, b, columns, begin, load<u32>(at(offsets, row), 4));
  }
  return 0;
}

/** Rows [from, to) of sparse × dense: out[row] = Σ values[e] · B[columns[e]], n columns each. */
export function sparseTimesDense(
  from: i32,
  to: i32,
  offsets: usize,
  columns: usize,
  values: usize,
  b: usize,
  ldb: i32,
  n: i32,
  out: usize,
  work: usize,
): i32 {
  for (let row = from; row < to; row++) {
    const begin = load<u32>(at(offsets, row));
    const count = load<u32>(at(offsets, row), 4) - begin;
    combineRows(at(out, row * n), b, ldb, n, at(columns, begin), at(values, begin), count);
  }
  return 0;
}

/** out[0, n) = Σ weights[h] · S[rows[h]] for sparse rows S: scatter. */
function combineSparse(
  out: usize,
  n: i32,
  offsets: usize,
  columns: usize,
  values: usize,
  rows: usize,
  weights: usize,
  count: i32,
): void {
  memory.fill(out, 0, (<usize>n) << 2);
  for (let h = 0; h < count; h++) {
    const row = load<i32>(at(rows, h));
    const weight = load<f32>(at(weights, h));
    const end = load<u32>(at(offsets, row), 4);
    for (let e = load<u32>(at(offsets, row)); e < end; e++) {
      const target = at(out, load<i32>(at(columns, e)));
      store<f32>(target, load<f32>(target) + weight * load<f32>(at(values, e)));
    }
  }
}

/**
 * What a ranking needs besides scores, as 11 words at `shape`: n, k, floor (f32), two lists of exclusions (offsets,
 * items; offsets 0: none), a mask (a byte an item, 0: never; address 0: none), outItems, outScores, filled.
 */
// @ts-expect-error: decorator
@inline
function selectRow(shape: usize, row: i32, scores: usize): i32 {
  const n = load<i32>(shape);
  const k = load<i32>(shape, 4);
  for (let source: usize = 0; source < 2; source++) {
    const offsets = load<usize>(shape + 12 + source * 8);
    if (offsets == 0) continue;
    const items = load<usize>(shape + 16 + source * 8);
    const end = load<u32>(at(offsets, row), 4);
    for (let e = load<u32>(at(offsets, row)); e < end; e++) {
      store<f32>(at(scores, load<i32>(at(items, e))), -Infinity);
    }
  }
  const mask = load<usize>(shape, 28);
  if (mask != 0) {
    for (let item = 0; item < n; item++) if (load<u8>(mask + item) == 0) store<f32>(at(scores, item), -Infinity);
  }
  const outItems = load<usize>(shape, 32);
  const outScores = load<usize>(shape, 36);
  const filled = topK(scores, n, k, load<f32>(shape, 8), at(outItems, row * k), at(outScores, row * k));
  store<i32>(at(load<usize>(shape, 40), row), filled);
  return filled;
}

/** Ranks rows [from, to) by the products of two dense matrices: X [rows × f], Y [n × f]; a row of zeros: no list. */
export function rankFactors(from: i32, to: i32, shape: usize, x: usize, y: usize, f: i32, work: usize): i32 {
  const n = load<i32>(shape);
  const scores = at(work, MC * KC + KC * NC + 32);
  gemm(to - from, n, f, 1, at(x, from * f), f, 1, y, 1, f, false, scores, n, i32.MAX_VALUE >> 1, work);
  for (let row = from; row < to; row++) {
    const vector = at(x, row * f);
    let isKnown = false;
    for (let j = 0; j < f && !isKnown; j++) isKnown = load<f32>(at(vector, j)) != 0;
    if (!isKnown) store<i32>(at(load<usize>(shape, 40), row), 0);
    else if (selectRow(shape, row, at(scores, (row - from) * n)) < 0) return -1 - row;
  }
  return 0;
}

/** Ranks rows [from, to) by sums of the dense rows of B [n × n] that their inputs select; no input: no list. */
export function rankCombined(
  from: i32,
  to: i32,
  shape: usize,
  offsets: usize,
  rows: usize,
  weights: usize,
  b: usize,
  ldb: i32,
  work: usize,
): i32 {
  for (let row = from; row < to; row++) {
    const begin = load<u32>(at(offsets, row));
    const count = load<u32>(at(offsets, row), 4) - begin;
    if (count == 0) {
      store<i32>(at(load<usize>(shape, 40), row), 0);
      continue;
    }
    combineRows(work, b, ldb, load<i32>(shape), at(rows, begin), at(weights, begin), count);
    if (selectRow(shape, row, work) < 0) return -1 - row;
  }
  return 0;
}

/** The same over sparse rows: what is not reached scores 0. */
export function rankScattered(
  from: i32,
  to: i32,
  shape: usize,
  offsets: usize,
  rows: usize,
  weights: usize,
  sparseOffsets: usize,
  columns: usize,
  values: usize,
  work: usize,
): i32 {
  for (let row = from; row < to; row++) {
    const begin = load<u32>(at(offsets, row));
    const count = load<u32>(at(offsets, row), 4) - begin;
    if (count == 0) {
      store<i32>(at(load<usize>(shape, 40), row), 0);
      continue;
    }
    combineSparse(work, load<i32>(shape), sparseOffsets, columns, values, at(rows, begin), at(weights, begin), count);
    if (selectRow(shape, row, work) < 0) return -1 - row;
  }
  return 0;
}

/**
 * Solves A · x = x for a small symmetric positive definite A [n × n], both in place: A = UᵀU by rows of the upper
 * triangle (only that is read), four pivots a pass so that the rows below are read and written a quarter as often.
 * Answers -1, or the index of the first pivot that is not a positive number.
 */
function solveSmall(a: usize, lda: i32, n: i32, x: usize): i32 {
  for (let j = 0; j < n; j += 4) {
    const block = min(4, n - j);
    for (let r = 0; r < block; r++) {
      const p = j + r;
      const row = at(a, p * lda);
      for (let q = j; q < p; q++) {
        const above = at(a, q * lda);
        addScaled(at(row, p), -load<f32>(at(above, p)), at(above, p), n - p);
      }
      const pivot = load<f32>(at(row, p));
      if (!(pivot > 0 && pivot < Infinity)) return p;
      const inverse = f32(1) / f32(Math.sqrt(pivot));
      for (let c = p; c < n; c++) store<f32>(at(row, c), load<f32>(at(row, c)) * inverse);
    }
    if (block < 4) break;
    const u0 = at(a, j * lda);
    const u1 = at(u0, lda);
    const u2 = at(u1, lda);
    const u3 = at(u2, lda);
    for (let i = j + 4; i < n; i++) {
      const row = at(a, i * lda);
      const f0 = -load<f32>(at(u0, i));
      const f1 = -load<f32>(at(u1, i));
      const f2 = -load<f32>(at(u2, i));
      const f3 = -load<f32>(at(u3, i));
      const w0 = f32x4.splat(f0);
      const w1 = f32x4.splat(f1);
      const w2 = f32x4.splat(f2);
      const w3 = f32x4.splat(f3);
      let c = i;
      for (; c + 4 <= n; c += 4) {
        let sum = v128.load(at(row, c));
        sum = madd(w0, v128.load(at(u0, c)), sum);
        sum = madd(w1, v128.load(at(u1, c)), sum);
        sum = madd(w2, v128.load(at(u2, c)), sum);
        sum = madd(w3, v128.load(at(u3, c)), sum);
        v128.store(at(row, c), sum);
      }
      for (; c < n; c++) {
        let sum = load<f32>(at(row, c));
        sum += f0 * load<f32>(at(u0, c));
        sum += f1 * load<f32>(at(u1, c));
        sum += f2 * load<f32>(at(u2, c));
        sum += f3 * load<f32>(at(u3, c));
        store<f32>(at(row, c), sum);
      }
    }
  }
  for (let j = 0; j < n; j++) {
    const row = at(a, j * lda);
    const z = load<f32>(at(x, j)) / load<f32>(at(row, j));
    store<f32>(at(x, j), z);
    addScaled(at(x, j + 1), -z, at(row, j + 1), n - j - 1);
  }
  for (let j = n - 1; j >= 0; j--) {
    const row = at(a, j * lda);
    const rest = load<f32>(at(x, j)) - dot(at(row, j + 1), at(x, j + 1), n - j - 1);
    store<f32>(at(x, j), rest / load<f32>(at(row, j)));
  }
  return -1;
}

/** Solves the systems [from, to): matrices [n × n] one behind the other, both overwritten. */
export function solveSystems(from: i32, to: i32, matrices: usize, n: i32, vectors: usize, work: usize): i32 {
  for (let i = from; i < to; i++) {
    if (solveSmall(at(matrices, i * n * n), n, n, at(vectors, i * n)) >= 0) return -1 - i;
  }
  return 0;
}

/**
 * Rows [from, to) of a weighted ridge regression on the rows of Y that each selects (one half of an iALS sweep):
 * (G + ridges[u] · I + Σ w_e y_e y_eᵀ) x_u = Σ t_e y_e, with t_e = scale · w_e + shift; weights 0: all w_e are 1.
 * A row that selects nothing has x_u = 0. By Cholesky: the sums are a product of the gathered rows, 256 at a time.
 */
export function regressDirect(
  from: i32,
  to: i32,
  x: usize,
  f: i32,
  y: usize,
  gram: usize,
  ridges: usize,
  offsets: usize,
  columns: usize,
  weights: usize,
  scale: f32,
  shift: f32,
  work: usize,
): i32 {
  const system = at(work, MC * KC + KC * NC + 32);
  const gathered = at(system, f * f);
  const scaled = at(gathered, KC * f);
  for (let u = from; u < to; u++) {
    const target = at(x, u * f);
    memory.fill(target, 0, (<usize>f) << 2);
    const begin = load<u32>(at(offsets, u));
    const end = load<u32>(at(offsets, u), 4);
    if (begin == end) continue;
    memory.copy(system, gram, (<usize>(f * f)) << 2);
    for (let j = 0; j < f; j++) {
      const diagonal = at(system, j * f + j);
      store<f32>(diagonal, load<f32>(diagonal) + load<f32>(at(ridges, u)));
    }
    for (let e = begin; e < end; e += KC) {
      const count = min(KC, end - e);
      for (let h = 0; h < count; h++) {
        const source = at(y, load<i32>(at(columns, e + h)) * f);
        const w: f32 = weights == 0 ? 1 : load<f32>(at(weights, e + h));
        const splat = f32x4.splat(w);
        const plain = at(gathered, h * f);
        const times = at(scaled, h * f);
        let j = 0;
        for (; j + 4 <= f; j += 4) {
          const value = v128.load(at(source, j));
          v128.store(at(plain, j), value);
          v128.store(at(times, j), f32x4.mul(splat, value));
        }
        for (; j < f; j++) {
          const value = load<f32>(at(source, j));
          store<f32>(at(plain, j), value);
          store<f32>(at(times, j), w * value);
        }
        addScaled(target, scale * w + shift, source, f);
      }
      gemm(f, f, count, 1, scaled, 1, f, gathered, f, 1, true, system, f, 0, work);
    }
    mirrorRows(system, f, 0, f, 0);
    if (solveSmall(system, f, f, target) >= 0) return -1 - u;
  }
  return 0;
}
