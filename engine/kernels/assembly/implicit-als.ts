/**
 * The rows of implicit-feedback ALS (Hu, Koren & Volinsky, ICDM 2008) by conjugate gradients (Takács, Pilászy & Tikk,
 * RecSys 2011). For one row with entries (column j, extra confidence e_j = c_j - 1 ≥ 0):
 *
 *   (G + λI + Σ_j e_j y_j y_jᵀ) x = Σ_j (1 + e_j) y_j,   G = YᵀY over all columns
 *
 * Factors are rows of `f` floats, f a multiple of 8 (padded with zeros, which stay zeros). Four columns a pass: their
 * dot products with the vector, then their weighted sum, so the running sum is read and written a quarter as often.
 * Rows that fit a core's cache are copied together first: the later passes stream. Longer ones are read where they lie, in
 * ascending order: a copy would push the factors themselves out of the shared cache.
 * Each row is summed in its own fixed order: which thread takes it changes no bit.
 */

/** Floats of a row's columns that are copied together: 256 KiB of a core's cache. */
const COPIED_MAX: i32 = 65_536;

// @ts-expect-error: decorator
@inline
function fused(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-expect-error: decorator
@inline
function element(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

// @ts-expect-error: decorator
@inline
function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  for (let o: usize = 0; o < bytes; o += 32) {
    s0 = fused(v128.load(a + o), v128.load(b + o), s0);
    s1 = fused(v128.load(a + o, 16), v128.load(b + o, 16), s1);
  }
  return sumLanes(f32x4.add(s0, s1));
}

/** y += a · x */
function addScaled(y: usize, a: f32, x: usize, bytes: usize): void {
  const scale = f32x4.splat(a);
  for (let o: usize = 0; o < bytes; o += 32) {
    v128.store(y + o, fused(scale, v128.load(x + o), v128.load(y + o)));
    v128.store(y + o, fused(scale, v128.load(x + o, 16), v128.load(y + o, 16)), 16);
  }
}

/** out = G · p + λ · p, G symmetric [f × f]: a sum of its rows, four a pass. */
function applyGram(out: usize, gram: usize, regularization: f32, p: usize, f: i32): void {
  const bytes = (<usize>f) << 2;
  const scale = f32x4.splat(regularization);
  for (let o: usize = 0; o < bytes; o += 16) v128.store(out + o, f32x4.mul(scale, v128.load(p + o)));
  let row = gram;
  for (let k: usize = 0; k < bytes; k += 16) {
    const w0 = v128.load_splat<f32>(p + k);
    const w1 = v128.load_splat<f32>(p + k, 4);
    const w2 = v128.load_splat<f32>(p + k, 8);
    const w3 = v128.load_splat<f32>(p + k, 12);
    const r1 = row + bytes;
    const r2 = r1 + bytes;
    const r3 = r2 + bytes;
    for (let o: usize = 0; o < bytes; o += 16) {
      let sum = v128.load(out + o);
      sum = fused(w0, v128.load(row + o), sum);
      sum = fused(w1, v128.load(r1 + o), sum);
      sum = fused(w2, v128.load(r2 + o), sum);
      sum = fused(w3, v128.load(r3 + o), sum);
      v128.store(out + o, sum);
    }
    row = r3 + bytes;
  }
}

/**
 * out += Σ_j (bias_j + slope · e_j · (y_j · p)) · y_j over `count` columns whose addresses are at `places`; bias_j is
 * 1 + e_j with `residual` (then slope is -1), otherwise 0 (slope 1). `count` is a multiple of 4, padded with zeros.
 */
function applyRows(out: usize, places: usize, extra: usize, count: i32, p: usize, f: i32, residual: bool): void {
  const bytes = (<usize>f) << 2;
  const one = f32x4.splat(1);
  for (let j = 0; j < count; j += 4) {
    const place = element(places, j);
    const y0 = <usize>load<u32>(place);
    const y1 = <usize>load<u32>(place, 4);
    const y2 = <usize>load<u32>(place, 8);
    const y3 = <usize>load<u32>(place, 12);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let o: usize = 0; o < bytes; o += 32) {
      const a = v128.load(p + o);
      s0 = fused(a, v128.load(y0 + o), s0);
      s1 = fused(a, v128.load(y1 + o), s1);
      s2 = fused(a, v128.load(y2 + o), s2);
      s3 = fused(a, v128.load(y3 + o), s3);
      const b = v128.load(p + o, 16);
      s0 = fused(b, v128.load(y0 + o, 16), s0);
      s1 = fused(b, v128.load(y1 + o, 16), s1);
      s2 = fused(b, v128.load(y2 + o, 16), s2);
      s3 = fused(b, v128.load(y3 + o, 16), s3);
    }
    // A 4 × 4 transpose and three additions: lane i of `dots` is the sum over s_i.
    const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
    const sum01 = f32x4.add(low01, high01);
    const sum23 = f32x4.add(low23, high23);
    const dots = f32x4.add(
      v128.shuffle<f32>(sum01, sum23, 0, 1, 4, 5),
      v128.shuffle<f32>(sum01, sum23, 2, 3, 6, 7),
    );
    const e = v128.load(element(extra, j));
    // Padding rows are zeros, so what weight they get does not matter.
    const w = residual ? f32x4.sub(f32x4.add(one, e), f32x4.mul(e, dots)) : f32x4.mul(e, dots);
    const w0 = v128.shuffle<f32>(w, w, 0, 0, 0, 0);
    const w1 = v128.shuffle<f32>(w, w, 1, 1, 1, 1);
    const w2 = v128.shuffle<f32>(w, w, 2, 2, 2, 2);
    const w3 = v128.shuffle<f32>(w, w, 3, 3, 3, 3);
    for (let o: usize = 0; o < bytes; o += 32) {
      let sum = v128.load(out + o);
      sum = fused(w0, v128.load(y0 + o), sum);
      sum = fused(w1, v128.load(y1 + o), sum);
      sum = fused(w2, v128.load(y2 + o), sum);
      sum = fused(w3, v128.load(y3 + o), sum);
      v128.store(out + o, sum);
      let more = v128.load(out + o, 16);
      more = fused(w0, v128.load(y0 + o, 16), more);
      more = fused(w1, v128.load(y1 + o, 16), more);
      more = fused(w2, v128.load(y2 + o, 16), more);
      more = fused(w3, v128.load(y3 + o, 16), more);
      v128.store(out + o, more, 16);
    }
  }
}

/**
 * Rows [from, to) of `target` [rows × f], which holds the starting point: at most `steps` conjugate gradient steps
 * each, fewer when the residual has fallen below `tolerance` of what it was at the start (0: never).
 * A row without entries becomes zeros. Answers 0, or -1 when a number was NaN. `regularizations` has one λ a row. `work` holds
 * 4 · f + 2 · (longest row rounded up to 4) + min(longest row · f, COPIED_MAX) floats.
 */
export function conjugateRows(
  from: i32,
  to: i32,
  target: usize,
  f: i32,
  rowOffsets: usize,
  columns: usize,
  extra: usize,
  regularizations: usize,
  factors: usize,
  gram: usize,
  steps: i32,
  tolerance: f32,
  work: usize,
): i32 {
  const bytes = (<usize>f) << 2;
  const r = work;
  const p = r + bytes;
  const q = p + bytes;
  const zeros = q + bytes;
  memory.fill(zeros, 0, bytes);
  const places = zeros + bytes;
  for (let row = from; row < to; row++) {
    const x = target + <usize>row * bytes;
    const begin = load<u32>(element(rowOffsets, row));
    const count = <i32>(load<u32>(element(rowOffsets, row), 4) - begin);
    if (count == 0) {
      memory.fill(x, 0, bytes);
      continue;
    }
    const padded = (count + 3) & ~3;
    const weights = element(places, padded);
    const copies = element(weights, padded);
    const isCopied = count * f <= COPIED_MAX;
    for (let j = 0; j < count; j++) {
      const source = factors + <usize>load<i32>(element(columns, begin + j)) * bytes;
      let place = source;
      if (isCopied) {
        place = copies + <usize>j * bytes;
        for (let o: usize = 0; o < bytes; o += 32) {
          v128.store(place + o, v128.load(source + o));
          v128.store(place + o, v128.load(source + o, 16), 16);
        }
      }
      store<u32>(element(places, j), <u32>place);
      store<f32>(element(weights, j), load<f32>(element(extra, begin + j)));
    }
    for (let j = count; j < padded; j++) {
      store<u32>(element(places, j), <u32>zeros);
      store<f32>(element(weights, j), 0);
    }

    const lambda = load<f32>(element(regularizations, row));
    applyGram(q, gram, lambda, x, f);
    for (let o: usize = 0; o < bytes; o += 16) v128.store(r + o, f32x4.neg(v128.load(q + o)));
    applyRows(r, places, weights, padded, x, f, true);
    memory.copy(p, r, bytes);
    let residual = dot(r, r, bytes);
    const enough = residual * tolerance * tolerance;
    for (let step = 0; step < steps; step++) {
      // Below the smallest normal number there is nothing left to gain, and 0 / 0 to lose.
      if (residual < 1.2e-38) break;
      applyGram(q, gram, lambda, p, f);
      applyRows(q, places, weights, padded, p, f, false);
      const curvature = dot(p, q, bytes);
      if (curvature != curvature) return -1;
      if (curvature <= 0) break;
      const length = residual / curvature;
      addScaled(x, length, p, bytes);
      addScaled(r, -length, q, bytes);
      const next = dot(r, r, bytes);
      if (next <= enough) break;
      const keep = f32x4.splat(next / residual);
      for (let o: usize = 0; o < bytes; o += 16) {
        v128.store(p + o, fused(keep, v128.load(p + o), v128.load(r + o)));
      }
      residual = next;
    }
  }
  return 0;
}
