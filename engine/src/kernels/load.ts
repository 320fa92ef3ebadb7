/**
 * Opens the WASM kernels over a memory of their own and hands out buffers in it.
 *
 * Two builds (`engine/kernels/assembly`): relaxed SIMD with fused multiply-add where the runtime validates it, plain
 * SIMD otherwise. On Node 20 the first needs a V8 flag before anything is compiled; from Node 22 it is on by itself.
 * The same path gives the same bits on the same CPU type; across paths results agree within the bounds of
 * `kernels.test.ts`, so a run records `path` and can pin it.
 *
 * A memory never shrinks, so one instance is one job (a fit) or one model (its matrix lives here); the arena hands
 * out blocks in order and takes them back in reverse. Views are made on demand because growth detaches them.
 */
import { setFlagsFromString } from "node:v8";
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { relaxedSimdBase64, simdBase64 } from "./wasm.generated.ts";

export type KernelPath = "simd" | "relaxed-simd";

/** What `engine/kernels/assembly/index.ts` exports; every argument is a number: a byte address, a size or a factor. */
interface KernelExports {
  gemm(...args: GemmArguments): void;
  factorBlock(a: number, lda: number, n: number): number;
  invertBlock(l: number, ldl: number, n: number, out: number, ldo: number): void;
  mirrorRows(a: number, lda: number, from: number, to: number): void;
  gramRows(
    g: number,
    ldg: number,
    from: number,
    to: number,
    itemOffsets: number,
    users: number,
    itemWeights: number,
    userOffsets: number,
    items: number,
    userWeights: number,
  ): void;
  combineRows(out: number, b: number, ldb: number, n: number, rows: number, weights: number, count: number): void;
  topK(scores: number, n: number, k: number, outItems: number, outScores: number): number;
}

type GemmArguments = [
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  aRow: number,
  aColumn: number,
  b: number,
  bRow: number,
  bColumn: number,
  accumulate: number,
  c: number,
  ldc: number,
  work: number,
];

/** A run of 4-byte elements inside the kernels' memory. */
export interface Block {
  readonly address: number;
  readonly length: number;
}

export interface Kernels {
  readonly path: KernelPath;
  readonly raw: KernelExports;
  /** `length` elements of 4 bytes, aligned to 16, contents undefined; a UserError when the memory can't hold them. */
  allocate(length: number): Block;
  /** Everything allocated after the mark is free again. */
  mark(): number;
  release(mark: number): void;
  /** Views are valid until the next `allocate`. */
  f32(block: Block): Float32Array;
  i32(block: Block): Int32Array;
  u32(block: Block): Uint32Array;
  /** Bytes that this instance holds: its peak, as WASM memory never shrinks. */
  memoryBytes(): number;
}

/** What is used of WebAssembly's own API; its types come with TypeScript's DOM library only, which has no place here. */
type WasmModule = { readonly __wasm?: "module" };
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    validate(bytes: Uint8Array): boolean;
    readonly Module: new (bytes: Uint8Array) => WasmModule;
    readonly Memory: new (descriptor: { initial: number }) => WasmMemory;
    readonly Instance: new (
      module: WasmModule,
      imports: { env: { memory: WasmMemory } },
    ) => { readonly exports: unknown };
  };
};

const PAGE_BYTES = 65_536;
/** 32-bit WASM addresses end at 4 GiB; the last page stays unused so that no end address wraps to 0. */
const MEMORY_BYTES_MAX = 4 * 1024 ** 3 - PAGE_BYTES;

const compiled = new Map<KernelPath, WasmModule>();
let preferred: KernelPath | undefined;

function decode(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The fastest path that this runtime can run. */
export function detectKernelPath(): KernelPath {
  if (preferred) return preferred;
  const bytes = decode(relaxedSimdBase64);
  let valid = WebAssembly.validate(bytes);
  if (!valid) {
    // Node 20 (V8 11.3) carries relaxed SIMD behind this flag; a V8 that has dropped the flag ignores it.
    setFlagsFromString("--experimental-wasm-relaxed-simd");
    valid = WebAssembly.validate(bytes);
  }
  preferred = valid ? "relaxed-simd" : "simd";
  return preferred;
}

function compile(path: KernelPath): WasmModule {
  const known = compiled.get(path);
  if (known) return known;
  if (path === "relaxed-simd" && detectKernelPath() !== path) {
    throw new UserError('kernel path "relaxed-simd" does not run on this version of Node; "simd" does');
  }
  const module = new WebAssembly.Module(decode(path === "simd" ? simdBase64 : relaxedSimdBase64));
  compiled.set(path, module);
  return module;
}

export function createKernels(options: { path?: KernelPath | undefined } = {}): Kernels {
  const path = options.path ?? detectKernelPath();
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(compile(path), { env: { memory } });
  // Address 0 is never handed out, so a forgotten address does not silently hit a buffer.
  let top = 16;
  return {
    path,
    raw: instance.exports as KernelExports,
    allocate(length) {
      assert(Number.isInteger(length) && length >= 0, "block length", () => length);
      const end = top + Math.ceil(length / 4) * 16;
      if (end > MEMORY_BYTES_MAX)
        throw new UserError(`${describeBytes(end)} needed, the kernels' memory ends at 4 GiB`);
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) {
        try {
          memory.grow(Math.ceil(missing / PAGE_BYTES));
        } catch {
          throw new UserError(`not enough memory: the kernels asked for ${describeBytes(end)}`);
        }
      }
      const block = { address: top, length };
      top = end;
      return block;
    },
    mark: () => top,
    release(mark) {
      assert(mark <= top, "a mark can be released once, innermost first");
      top = mark;
    },
    f32: (block) => new Float32Array(memory.buffer, block.address, block.length),
    i32: (block) => new Int32Array(memory.buffer, block.address, block.length),
    u32: (block) => new Uint32Array(memory.buffer, block.address, block.length),
    memoryBytes: () => memory.buffer.byteLength,
  };
}

export function describeBytes(bytes: number): string {
  return bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GiB` : `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
