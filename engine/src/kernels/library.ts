/**
 * A prebuilt matrix product beside the kernels: the `Gemm` operator of `onnxruntime-node`, whose binaries come inside its
 * npm package. It is no dependency: `npm run install:native` adds it, and where it is missing that is said by name and
 * the kernels do everything.
 *
 * The models handed to it are written here, in ONNX's protobuf encoding: one node C = op(A) · op(B), f32, free sizes, for
 * each combination of transposes. It computes in memory of its own, so operands are copied there and the result back; a
 * product must be large to be worth it (`accepts`).
 *
 * Bits: the library cuts a product over its threads by rows as long as it has at least as many rows as columns, and then
 * sums each element in one order; so results are cut here into slabs of columns that are no wider than high, and bits do
 * not depend on the number of threads (held by a test where the library is installed). They do depend on its version, which
 * `name` tells.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Kernels, Step } from "./load.ts";
import { multiply, type Operand, type Product } from "./product.ts";

const PACKAGE = "onnxruntime-node";
/** Multiply-adds from which copying there and back is a tenth of what is saved: 256³. */
const PRODUCTS_FROM = 2 ** 24;
/** Columns of one call: at n = 3,416 a call is some 24 GFLOP, a fifth of a second, between two looks at a cancel. */
const SLAB_COLUMNS = 1_024;
/** Shorter sides than this are cut differently by the library; the kernels do them well. */
const SIDE_MIN = 128;
/** Edge of the product of the self-check: 0.3 GFLOP, some 10 ms for the kernels. */
const CHECK_EDGE = 512;
const CHECK_RUNS = 3;
/**
 * An inverse in the library's larger blocks does 1.3 times the kernels' arithmetic, and copies: on an AMD EPYC, whose library
 * is 1.9 times as fast, both took the same. Below this ratio there is nothing to gain.
 */
const FASTER_BY = 1.5;

export interface GemmLibrary {
  /** "onnxruntime 1.30.0" */
  readonly name: string;
  readonly workers: number;
  /** Is a product of this shape worth the copies? The others are the kernels' own. */
  accepts(shape: { readonly m: number; readonly n: number; readonly k: number }): boolean;
  multiplyInto(kernels: Kernels, product: Product, step?: Step): Promise<void>;
  close(): Promise<void>;
}

export type LibraryAnswer =
  | { readonly kind: "opened"; readonly library: GemmLibrary }
  /** `reason` is a sentence for a person. */
  | { readonly kind: "absent"; readonly reason: string };

/** What is used of `onnxruntime-node`. */
interface OnnxTensor {
  readonly data: Float32Array;
}
interface OnnxSession {
  run(feeds: Record<string, OnnxTensor>, fetches: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}
interface Onnx {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OnnxTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: unknown): Promise<OnnxSession> };
  readonly env: { readonly versions: { readonly node?: string; readonly common: string } };
}

const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const whole = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const message = (field: number, bytes: Iterable<number>): number[] => {
  const content = [...bytes];
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
};
const text = (field: number, value: string): number[] => message(field, textBytes(value));

/** ModelProto with one Gemm node; field numbers as in onnx.proto. */
function gemmModel(transA: boolean, transB: boolean): Uint8Array {
  const attribute = (name: string, value: number) =>
    message(5, [...text(1, name), ...whole(3, value), ...whole(20, 2)]);
  const matrix = (field: number, name: string) => {
    const dimension = (label: string) => message(1, text(2, `${name}${label}`));
    const shape = message(2, [...dimension("Rows"), ...dimension("Columns")]);
    return message(field, [...text(1, name), ...message(2, message(1, [...whole(1, 1), ...shape]))]);
  };
  const node = [
    ...text(1, "A"),
    ...text(1, "B"),
    ...text(2, "C"),
    ...text(4, "Gemm"),
    ...attribute("transA", transA ? 1 : 0),
    ...attribute("transB", transB ? 1 : 0),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, "product"),
    ...matrix(11, "A"),
    ...matrix(11, "B"),
    ...matrix(12, "C"),
  ];
  return Uint8Array.from([...whole(1, 8), ...message(7, graph), ...message(8, [...text(1, ""), ...whole(2, 13)])]);
}

const flags = (a: boolean, b: boolean): string => `${a ? "t" : "n"}${b ? "t" : "n"}`;

/** A part of an operand as a matrix that lies together, transposed where it lies so. */
interface Packed {
  readonly values: Float32Array<ArrayBuffer>;
  readonly dims: readonly [number, number];
  readonly isTransposed: boolean;
}

function pack(
  kernels: Kernels,
  of: Operand,
  rows: number,
  columns: number,
  room: (length: number) => Float32Array<ArrayBuffer>,
): Packed {
  const isTransposed = of.columnStride !== 1;
  assert(!isTransposed || of.rowStride === 1, "an operand of the library is row-major or its transpose");
  const [lines, width, stride] = isTransposed ? [columns, rows, of.columnStride] : [rows, columns, of.rowStride];
  const source = kernels.f32({ address: of.address, length: (lines - 1) * stride + width });
  const values = room(lines * width);
  if (stride === width) values.set(source);
  else
    for (let line = 0; line < lines; line++)
      values.set(source.subarray(line * stride, line * stride + width), line * width);
  return { values, dims: [lines, width], isTransposed };
}

/** Opens the library with so many threads; "absent" says why not. */
export async function openGemmLibrary({ workers }: { readonly workers: number }): Promise<LibraryAnswer> {
  let onnx: Onnx;
  try {
    // By a variable: an optional package that neither the compiler nor the lockfile knows.
    const name: string = PACKAGE;
    const loaded = (await import(name)) as Onnx & { readonly default?: Onnx };
    onnx = loaded.default ?? loaded;
  } catch (error) {
    const { code, message: cause } = error as NodeJS.ErrnoException;
    const reason =
      code === "ERR_MODULE_NOT_FOUND"
        ? `${PACKAGE} is not installed (\`npm run install:native\` adds it)`
        : `${PACKAGE} does not load here: ${cause.split("\n")[0]}`;
    return { kind: "absent", reason };
  }
  const sessions = new Map<string, OnnxSession>();
  const sessionOf = async (a: boolean, b: boolean): Promise<OnnxSession> => {
    const key = flags(a, b);
    const known = sessions.get(key);
    if (known) return known;
    const session = await onnx.InferenceSession.create(gemmModel(a, b), {
      intraOpNumThreads: workers,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
      // Its threads would otherwise spin after a product, in the way of the kernels' own.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    sessions.set(key, session);
    return session;
  };
  // Three buffers that grow, one for each matrix of a product: a fit asks for like sizes hundreds of times.
  const buffers = [0, 1, 2].map(() => new Float32Array(0));
  const room = (which: number) => (length: number) => {
    if (buffers[which]!.length < length) buffers[which] = new Float32Array(length);
    return buffers[which]!.subarray(0, length);
  };
  const tensor = (values: Float32Array, dims: readonly number[]) => new onnx.Tensor("float32", values, dims);

  const library: GemmLibrary = {
    name: `onnxruntime ${onnx.env.versions.node ?? onnx.env.versions.common}`,
    workers,
    accepts: ({ m, n, k }) => m >= SIDE_MIN && n >= SIDE_MIN && m * n * k >= PRODUCTS_FROM,
    async multiplyInto(kernels, { m, n, k, alpha, a, b, accumulate, c, diagonal }, step) {
      const left = pack(kernels, a, m, k, room(0));
      // A quarter of a triangle's height wastes an eighth of its work above the diagonal.
      const slabColumns = Math.min(SLAB_COLUMNS, m, diagonal === undefined ? n : Math.max(SIDE_MIN, m >> 2));
      for (let column = 0; column < n; column += slabColumns) {
        const columns = Math.min(slabColumns, n - column);
        // Rows that lie wholly above the diagonal in this slab are left out.
        const skipped = diagonal === undefined ? 0 : Math.min(m, Math.max(0, column - diagonal));
        const rows = m - skipped;
        if (rows === 0) break;
        const right = pack(kernels, { ...b, address: b.address + 4 * column * b.columnStride }, k, columns, room(1));
        const part = left.isTransposed
          ? left
          : { ...left, values: left.values.subarray(skipped * k), dims: [rows, k] as const };
        assert(!left.isTransposed || skipped === 0, "a triangle's left operand is row-major");
        const out = room(2)(rows * columns);
        const session = await sessionOf(part.isTransposed, right.isTransposed);
        const { C } = await session.run(
          { A: tensor(part.values, part.dims), B: tensor(right.values, right.dims) },
          { C: tensor(out, [rows, columns]) },
        );
        const result = C!.data;
        const base = skipped * c.rowStride + column;
        const target = kernels.f32({ address: c.address + 4 * base, length: (rows - 1) * c.rowStride + columns });
        for (let row = 0; row < rows; row++) {
          writeRow(target, row * c.rowStride, result, row * columns, columns, alpha, accumulate);
        }
        await step?.((column + columns) / n);
      }
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => session.release()));
      sessions.clear();
    },
  };
  return { kind: "opened", library };
}

function writeRow(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  length: number,
  alpha: number,
  accumulate: boolean,
): void {
  if (!accumulate && alpha === 1) {
    target.set(source.subarray(from, from + length), to);
    return;
  }
  if (accumulate) for (let j = 0; j < length; j++) target[to + j]! += alpha * source[from + j]!;
  else for (let j = 0; j < length; j++) target[to + j] = alpha * source[from + j]!;
}

export type LibraryCheck =
  | { readonly kind: "faster"; readonly times: number }
  | { readonly kind: "notFaster"; readonly times: number }
  | { readonly kind: "wrong"; readonly difference: number };

/** Is it right, and faster than the kernels here and now? The best of a few runs each, in turn. */
export async function checkLibrary(
  kernels: Kernels,
  library: GemmLibrary,
  monotonicMs: () => number,
): Promise<LibraryCheck> {
  const n = CHECK_EDGE;
  const shape = { m: n, n, k: n };
  // Numbers in [-1, 1) without a pattern: a multiplicative sequence.
  const values = (seed: number) =>
    Float32Array.from({ length: n * n }, (_, i) => (((i + seed) * 0x9e3779b1) | 0) / 2 ** 31);
  const a = values(1);
  const b = values(7);
  const best = { own: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY };
  let difference = 0;
  for (let run = 0; run <= CHECK_RUNS; run++) {
    const startedMs = monotonicMs();
    const own = await multiply(kernels, shape, a, b);
    const betweenMs = monotonicMs();
    const theirs = await multiply(kernels, shape, a, b, { library });
    const endedMs = monotonicMs();
    if (run === 0) {
      // The first run compiles. Two orders of one f32 sum of n terms in [-1, 1].
      for (let i = 0; i < own.length; i++) difference = Math.max(difference, Math.abs(own[i]! - theirs[i]!));
      if (!(difference <= n * n * 2 ** -23)) return { kind: "wrong", difference };
      continue;
    }
    best.own = Math.min(best.own, betweenMs - startedMs);
    best.theirs = Math.min(best.theirs, endedMs - betweenMs);
  }
  const times = best.own / best.theirs;
  return times >= FASTER_BY ? { kind: "faster", times } : { kind: "notFaster", times };
}
