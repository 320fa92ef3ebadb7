/**
 * Inference of the ranker (contracts/src/ranker-model.ts): log-odds for each row of a feature matrix, in plain typed
 * arrays. Bound once to the columns that serving has; then nothing is allocated.
 *
 * Standardisation lies folded in the first layer. A column that is the same for all rows (what is known of the profile,
 * of the request) adds one vector to the first layer, worked out once instead of for every row. The products run over two
 * rows and four outputs at a time with weights in that order: eight sums stay in registers. 64-bit arithmetic: JavaScript
 * has no other, and converting each f32 operand costs as much as its product.
 */
import { RANKER_WIDTH_MAX, type RankerModel, Z_MAX } from "@thewatcher/contracts/ranker-model";
import { assert } from "@thewatcher/kit/assert";

/** Rows of one call: CANDIDATES_MAX, and what a dry run may ask. */
export const RANKED_MAX = 512;
const OUTPUTS_AT_ONCE = 4;

export interface Ranker {
  readonly version: string;
  /** Into `out[0 .. count)`; `matrix` is [count × served names], NaN where a value is missing. Larger is better. */
  score(matrix: Float32Array, count: number, out: Float32Array): void;
}

export type RankerBinding =
  | { readonly kind: "ready"; readonly ranker: Ranker }
  /** Features that the model needs and serving has not. */
  | { readonly kind: "unusable"; readonly missing: readonly string[] };

/** Weights in the order in which `multiply` reads them: [outputs / 4][inputs][4], zeros behind the last output. */
interface Packed {
  readonly inputs: number;
  /** Rounded up to a multiple of OUTPUTS_AT_ONCE. */
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

function pack(inputs: number, outputs: number, weightOf: (input: number, output: number) => number): Packed {
  const rounded = Math.ceil(outputs / OUTPUTS_AT_ONCE) * OUTPUTS_AT_ONCE;
  const weights = new Float64Array(rounded * inputs);
  for (let output = 0; output < outputs; output++) {
    const block = output - (output % OUTPUTS_AT_ONCE);
    for (let input = 0; input < inputs; input++) {
      weights[block * inputs + input * OUTPUTS_AT_ONCE + (output % OUTPUTS_AT_ONCE)] = weightOf(input, output);
    }
  }
  return { inputs, outputs: rounded, weights, bias: new Float64Array(rounded) };
}

/** The same matrix with inputs `chosen[0 .. count)` only. */
function takeInputs(from: Packed, chosen: Int32Array, count: number, into: Float64Array): void {
  let at = 0;
  for (let block = 0; block < from.outputs; block += OUTPUTS_AT_ONCE) {
    for (let place = 0; place < count; place++) {
      let source = block * from.inputs + chosen[place]! * OUTPUTS_AT_ONCE;
      into[at++] = from.weights[source++]!;
      into[at++] = from.weights[source++]!;
      into[at++] = from.weights[source++]!;
      into[at++] = from.weights[source]!;
    }
  }
}

/** out[r, o] = relu(bias[o] + Σ_i x[r, i] · w[i, o]) for `rows` rows rounded up to an even number; `weights` as packed. */
function multiply(
  x: Float64Array,
  rows: number,
  inputs: number,
  weights: Float64Array,
  bias: Float64Array,
  outputs: number,
  out: Float64Array,
): void {
  for (let row = 0; row < rows; row += 2) {
    const first = row * inputs;
    const second = first + inputs;
    let w = 0;
    for (let output = 0; output < outputs; output += 4) {
      const b0 = bias[output]!;
      const b1 = bias[output + 1]!;
      const b2 = bias[output + 2]!;
      const b3 = bias[output + 3]!;
      let p0 = b0;
      let p1 = b1;
      let p2 = b2;
      let p3 = b3;
      let q0 = b0;
      let q1 = b1;
      let q2 = b2;
      let q3 = b3;
      for (let input = 0; input < inputs; input++, w += 4) {
        const p = x[first + input]!;
        const q = x[second + input]!;
        const w0 = weights[w]!;
        const w1 = weights[w + 1]!;
        const w2 = weights[w + 2]!;
        const w3 = weights[w + 3]!;
        p0 += p * w0;
        p1 += p * w1;
        p2 += p * w2;
        p3 += p * w3;
        q0 += q * w0;
        q1 += q * w1;
        q2 += q * w2;
        q3 += q * w3;
      }
      const to = row * outputs + output;
      out[to] = Math.max(p0, 0);
      out[to + 1] = Math.max(p1, 0);
      out[to + 2] = Math.max(p2, 0);
      out[to + 3] = Math.max(p3, 0);
      const next = to + outputs;
      out[next] = Math.max(q0, 0);
      out[next + 1] = Math.max(q1, 0);
      out[next + 2] = Math.max(q2, 0);
      out[next + 3] = Math.max(q3, 0);
    }
  }
}

export function bindRanker(model: RankerModel, servedNames: readonly string[]): RankerBinding {
  const { features, layers, calibration } = model;
  const missing = features.filter(({ name }) => !servedNames.includes(name)).map(({ name }) => name);
  if (missing.length > 0) return { kind: "unusable", missing };

  const stride = servedNames.length;
  const columns = Int32Array.from(features, ({ name }) => servedNames.indexOf(name));
  const saturations = Float64Array.from(features, ({ saturation }) => saturation ?? 0);
  const means = Float64Array.from(features, ({ mean }) => mean);
  const lows = Float64Array.from(features, ({ mean, scale }) => mean - Z_MAX * scale);
  const highs = Float64Array.from(features, ({ mean, scale }) => mean + Z_MAX * scale);

  const packed = layers.slice(0, -1).map(({ inputs, outputs, weights, bias }, depth) => {
    const folded = (input: number): number => (depth === 0 ? features[input]!.scale : 1);
    const layer = pack(inputs, outputs, (input, output) => weights[input * outputs + output]! / folded(input));
    layer.bias.set(bias);
    if (depth > 0) return layer;
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        layer.bias[output]! -= (means[input]! / folded(input)) * weights[input * outputs + output]!;
      }
    }
    return layer;
  });
  // What one layer writes is the next one's input with a stride of its rounded width.
  for (let depth = 1; depth < packed.length; depth++) {
    const { inputs, outputs, weights, bias } = packed[depth]!;
    const given = packed[depth - 1]!.outputs;
    if (given === inputs) continue;
    const wider = pack(given, outputs, (input, output) =>
      input < inputs
        ? weights[
            (output - (output % OUTPUTS_AT_ONCE)) * inputs + input * OUTPUTS_AT_ONCE + (output % OUTPUTS_AT_ONCE)
          ]!
        : 0,
    );
    wider.bias.set(bias);
    packed[depth] = wider;
  }
  const first = packed[0];
  const last = layers.at(-1)!;
  const isLinear = first === undefined;
  const lastWeights = new Float64Array(packed.at(-1)?.outputs ?? features.length);
  let lastBias = last.bias[0]! * calibration.slope + calibration.intercept;
  for (let input = 0; input < last.inputs; input++) {
    const weight = last.weights[input]! * calibration.slope;
    lastWeights[input] = isLinear ? weight / features[input]!.scale : weight;
    if (isLinear) lastBias -= lastWeights[input]! * means[input]!;
  }

  const varying = new Int32Array(features.length);
  const firstBias = new Float64Array(first?.outputs ?? 0);
  const firstWeights = new Float64Array(first?.weights.length ?? 0);
  const rowsMax = RANKED_MAX + 1;
  let front = new Float64Array(rowsMax * Math.max(features.length, RANKER_WIDTH_MAX));
  let back = new Float64Array(front.length);

  /** A value as the model takes it, before it is standardised. */
  function cleaned(value: number, feature: number): number {
    const saturation = saturations[feature]!;
    let x = saturation > 0 ? value / ((value < 0 ? -value : value) + saturation) : value;
    if (!(x >= lows[feature]!)) x = x < lows[feature]! ? lows[feature]! : means[feature]!;
    return Math.min(x, highs[feature]!);
  }

  function isConstant(matrix: Float32Array, count: number, column: number): boolean {
    const value = matrix[column]!;
    for (let at = column + stride, end = count * stride; at < end; at += stride) {
      if (matrix[at] !== value) return false;
    }
    return true;
  }

  function score(matrix: Float32Array, count: number, out: Float32Array): void {
    assert(count <= RANKED_MAX && matrix.length >= count * stride && out.length >= count, "rows within limits", () => ({
      count,
    }));
    if (count === 0) return;
    let width = 0;
    if (first) firstBias.set(first.bias);
    for (let feature = 0; feature < features.length; feature++) {
      if (!first || !isConstant(matrix, count, columns[feature]!)) {
        varying[width++] = feature;
        continue;
      }
      const x = cleaned(matrix[columns[feature]!]!, feature);
      for (let output = 0; output < first.outputs; output += OUTPUTS_AT_ONCE) {
        const from = output * first.inputs + feature * OUTPUTS_AT_ONCE;
        for (let k = 0; k < OUTPUTS_AT_ONCE; k++) firstBias[output + k]! += x * first.weights[from + k]!;
      }
    }
    for (let place = 0; place < width; place++) {
      const feature = varying[place]!;
      let from = columns[feature]!;
      for (let at = place, end = count * width; at < end; at += width, from += stride) {
        front[at] = cleaned(matrix[from]!, feature);
      }
    }
    if (first) {
      takeInputs(first, varying, width, firstWeights);
      for (const [depth, layer] of packed.entries()) {
        if (depth === 0) multiply(front, count, width, firstWeights, firstBias, layer.outputs, back);
        else multiply(front, count, layer.inputs, layer.weights, layer.bias, layer.outputs, back);
        width = layer.outputs;
        [front, back] = [back, front];
      }
    }
    for (let row = 0, at = 0; row < count; row++) {
      let sum = lastBias;
      for (let input = 0; input < width; input++) sum += front[at++]! * lastWeights[input]!;
      out[row] = sum;
    }
  }

  return { kind: "ready", ranker: { version: model.version, score } };
}
