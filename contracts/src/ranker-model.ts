/**
 * The ranker's model as one object: what the trainer publishes beside a generation's item tables and serving holds in
 * memory. A small dense network over named features:
 *
 *   x' = x, or x / (|x| + saturation) where a feature has a long tail
 *   z  = (x' − mean) / scale, cut to ±Z_MAX; a missing value (NaN) is z = 0
 *   h₀ = z,  hₖ = relu(hₖ₋₁ · Wₖ + bₖ),  f = h · W + b  (the last layer has one output and no relu)
 *   score = slope · f + intercept, the log-odds that somebody who looks at the title picks it
 *
 * Features are found by name: what serving has beyond the model's is left out, and a model that needs what serving has
 * not is not used. So a model outlives additions to the feature registry, and never sees a column as another one.
 *
 * File: "TWRK1\n", a JSON header's length (uint32 LE), the header, zero bytes up to a multiple of 8, then W and b of each
 * layer as little-endian f32, each aligned to 8 bytes. Object key: `generations/<generation>/ranker.bin`; a generation
 * need not have one.
 */
import { z } from "zod";

/** A value eight deviations away is a fault or a feature that left its range: it may not decide a page alone. */
export const Z_MAX = 8;
/** The registry holds some 40. */
export const RANKER_FEATURES_MAX = 256;
export const RANKER_WIDTH_MAX = 256;
export const RANKER_LAYERS_MAX = 4;

const finite = z.number().refine(Number.isFinite);

const Feature = z.object({
  name: z.string().min(1).max(100),
  /** null: as it is. */
  saturation: finite.positive().nullable(),
  mean: finite,
  scale: finite.positive(),
});
export type RankerFeature = z.infer<typeof Feature>;

const Header = z.object({
  version: z.string().min(1).max(100),
  /** Milliseconds since the epoch. */
  trainedAt: z.number(),
  /** What it was trained on. */
  decisions: z.number().int().min(0),
  rows: z.number().int().min(0),
  features: z.array(Feature).min(1).max(RANKER_FEATURES_MAX),
  layers: z
    .array(
      z.object({
        inputs: z.number().int().min(1).max(RANKER_FEATURES_MAX),
        outputs: z.number().int().min(1).max(RANKER_WIDTH_MAX),
      }),
    )
    .min(1)
    .max(RANKER_LAYERS_MAX),
  calibration: z.object({ slope: finite.positive(), intercept: finite }),
});
type Header = z.infer<typeof Header>;

export interface RankerLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs × outputs], row-major. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export interface RankerModel extends Omit<Header, "layers"> {
  readonly layers: readonly RankerLayer[];
}

export const rankerModelKey = (generation: string): string => `generations/${generation}/ranker.bin`;

const MAGIC = "TWRK1\n";
const align = (offset: number): number => (offset + 7) & ~7;

/** Throws an Error that says what is wrong with a model that is none. */
function check(model: RankerModel): RankerModel {
  const names = new Set<string>();
  for (const { name } of model.features) {
    if (names.has(name)) throw new Error(`ranker: the feature ${JSON.stringify(name)} stands twice`);
    names.add(name);
  }
  let width = model.features.length;
  for (const [at, { inputs, outputs, weights, bias }] of model.layers.entries()) {
    if (inputs !== width) throw new Error(`ranker: layer ${at} takes ${inputs} inputs and is given ${width}`);
    if (weights.length !== inputs * outputs || bias.length !== outputs) {
      throw new Error(`ranker: layer ${at} is not of ${inputs} × ${outputs} weights and ${outputs} biases`);
    }
    if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) {
      throw new Error(`ranker: layer ${at} holds a weight that is no finite number`);
    }
    width = outputs;
  }
  if (width !== 1) throw new Error(`ranker: the last layer has ${width} outputs; one is expected`);
  return model;
}

export function encodeRankerModel(model: RankerModel): Uint8Array<ArrayBuffer> {
  const { layers, ...rest } = check(model);
  const header = Header.parse({ ...rest, layers: layers.map(({ inputs, outputs }) => ({ inputs, outputs })) });
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const arrays = layers.flatMap(({ weights, bias }) => [weights, bias]);
  const start = align(MAGIC.length + 4 + headerBytes.length);
  const bytes = new Uint8Array(arrays.reduce((offset, array) => align(offset + array.byteLength), start));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, headerBytes.length, true);
  bytes.set(headerBytes, MAGIC.length + 4);
  let offset = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset = align(offset + array.byteLength);
  }
  return bytes;
}

/** Throws an Error that says what is wrong with bytes that are no ranker. */
export function decodeRankerModel(source: Uint8Array): RankerModel {
  if (source.byteLength < MAGIC.length + 4 || new TextDecoder().decode(source.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error(`ranker: the object does not start with ${JSON.stringify(MAGIC)}`);
  }
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const headerEnd = MAGIC.length + 4 + view.getUint32(MAGIC.length, true);
  if (headerEnd > source.byteLength) throw new Error("ranker: the header is cut off");
  const { layers, ...rest } = readHeader(new TextDecoder().decode(source.subarray(MAGIC.length + 4, headerEnd)));
  let offset = align(headerEnd);
  const floats = (length: number): Float32Array => {
    const end = offset + length * 4;
    if (end > source.byteLength) throw new Error(`ranker: cut off at byte ${source.byteLength} of ${end}`);
    // A copy: small, and aligned wherever the bytes lie.
    const array = new Float32Array(source.slice(offset, end).buffer);
    offset = align(end);
    return array;
  };
  return check({
    ...rest,
    layers: layers.map(({ inputs, outputs }) => ({
      inputs,
      outputs,
      weights: floats(inputs * outputs),
      bias: floats(outputs),
    })),
  });
}

function readHeader(text: string): Header {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error("ranker: the header is no JSON", { cause });
  }
  const read = Header.safeParse(json);
  if (read.success) return read.data;
  throw new Error(`ranker: the header is not as expected:\n${z.prettifyError(read.error)}`);
}
