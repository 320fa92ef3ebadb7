/**
 * Opens the WASM kernels over a memory of their own and hands out buffers in it.
 *
 * Small steps are called directly (`raw`); large ones are cut into tasks that `run` spreads over threads (`pool.ts`). The
 * cut depends on sizes alone, so that results have the same bits at any number of threads.
 *
 * Two builds (`engine/kernels/assembly`): relaxed SIMD with fused multiply-add where the runtime validates it, plain
 * SIMD otherwise. On Node 20 the first needs a V8 flag before anything is compiled; from Node 22 it is on by itself.
 * The same path gives the same bits on the same CPU type; across paths results agree within the bounds of
 * `kernels.test.ts`, so a run records `path` and can pin it.
 *
 * A memory never shrinks, so one instance is one job (a fit) or one model (its matrix lives here); the arena hands
 * out blocks in order and takes them back in reverse. The memory is shared: views stay valid when it grows, and a view
 * sent to another thread is not a copy.
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { runJob, WORKERS_MAX } from "./pool.ts";
import { relaxedSimdBase64, simdBase64 } from "./wasm.generated.ts";

export type KernelPath = "simd" | "relaxed-simd";

/** What `engine/kernels/assembly` exports; every argument is a number: a byte address, a size or a factor. */
interface KernelExports {
  gemm(...args: GemmArguments): number;
  factorBlock(a: number, lda: number, n: number): number;
  invertBlock(l: number, ldl: number, n: number, out: number, ldo: number): void;
  combineRows(out: number, b: number, ldb: number, n: number, rows: number, weights: number, count: number): void;
  topK(scores: number, n: number, k: number, floor: number, outItems: number, outScores: number): number;
  /** As a task, on this thread; the last argument is the scratch memory. */
  regressDirect(...args: number[]): number;
  conjugateRows(...args: number[]): number;
}

/** The kernels that run as tasks: arguments as in the assembly, without the last one, the scratch memory. */
export type TaskKernel =
  | "gemm"
  | "mirrorRows"
  | "gramRows"
  | "gramRowsNear"
  | "sampledDots"
  | "sparseTimesDense"
  | "rankFactors"
  | "rankCombined"
  | "rankScattered"
  | "solveSystems"
  | "regressDirect"
  | "conjugateRows";

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
  /** Tiles above the line column = row + diagonal are left out; `NO_DIAGONAL`: none. */
  diagonal: number,
  work: number,
];

export const NO_DIAGONAL = 2 ** 30;

/** A run of 4-byte elements inside the kernels' memory. */
export interface Block {
  readonly address: number;
  readonly length: number;
}

/** Called between tasks with the fraction done: yields, reports, or throws to stop. */
export type Step = (fraction: number) => Promise<void>;

export interface RunOptions {
  /** Elements of scratch memory of each thread. */
  readonly scratchLength?: number;
  /** Without it the event loop is not entered between the tasks of this thread. */
  readonly step?: Step | undefined;
}

export interface Kernels {
  readonly path: KernelPath;
  /** Threads that `run` uses at most, this one included. */
  readonly workers: number;
  readonly raw: KernelExports;
  /**
   * Runs one kernel on each list of arguments, on several threads; a task of some 1 to 50 ms is best. Tasks must not
   * write to what another reads or writes. Answers 0, or the negative answer of the first task that has one.
   */
  run(kernel: TaskKernel, tasks: readonly (readonly number[])[], options?: RunOptions): Promise<number>;
  /** Work that holds blocks across an `await` waits here for its turn: the arena gives back in reverse. */
  exclusive<Value>(work: () => Promise<Value>): Promise<Value>;
  /** `length` elements of 4 bytes, aligned to 16, contents undefined; a UserError when the memory can't hold them. */
  allocate(length: number): Block;
  /** Everything allocated after the mark is free again. */
  mark(): number;
  release(mark: number): void;
  /** Views of shared memory: a copy (`slice`) is what leaves the engine. */
  f32(block: Block): Float32Array<SharedArrayBuffer>;
  i32(block: Block): Int32Array<SharedArrayBuffer>;
  u32(block: Block): Uint32Array<SharedArrayBuffer>;
  u8(block: Block): Uint8Array<SharedArrayBuffer>;
  /** Where a view of this memory begins; undefined for any other array. */
  addressOf(view: { readonly buffer: ArrayBufferLike; readonly byteOffset: number }): number | undefined;
  /** Bytes that this instance holds: its peak, as WASM memory never shrinks. */
  memoryBytes(): number;
}

/** What is used of WebAssembly's own API; its types come with TypeScript's DOM library only, which has no place here. */
type WasmModule = { readonly __wasm?: "module" };
interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    validate(bytes: Uint8Array): boolean;
    readonly Module: new (bytes: Uint8Array) => WasmModule;
    readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
    readonly Instance: new (
      module: WasmModule,
      imports: { env: { memory: WasmMemory } },
    ) => { readonly exports: unknown };
  };
};

const PAGE_BYTES = 65_536;
/** 32-bit WASM addresses end at 4 GiB; the last page stays unused so that no end address wraps to 0. */
const MEMORY_BYTES_MAX = 4 * 1024 ** 3 - PAGE_BYTES;
let instances = 0;

const compiled = new Map<KernelPath, WasmModule>();
let preferred: KernelPath | undefined;

const noStep: Step = async () => {};

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

/** The runtime reserves the addresses of the whole range (some 8 GiB) at once and fills them as the memory grows. */
function openMemory(): WasmMemory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MEMORY_BYTES_MAX / PAGE_BYTES, shared: true });
  } catch (cause) {
    throw new UserError(
      "the kernels cannot reserve 8 GiB of addresses (not of memory): a limit on virtual memory stands in the way (ulimit -v)",
      { cause },
    );
  }
}

export interface KernelOptions {
  readonly path?: KernelPath | undefined;
  /** Threads for large steps, 1: none beside the caller's. The cores that are there when left out, 16 at most. */
  readonly workers?: number | undefined;
}

export function createKernels(options: KernelOptions = {}): Kernels {
  const path = options.path ?? detectKernelPath();
  const workers = options.workers ?? Math.min(WORKERS_MAX, availableParallelism());
  assert(Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX, "workers from 1 to 16", () => workers);
  const module = compile(path);
  const memory = openMemory();
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const id = instances++;
  const buffers = new WeakSet<ArrayBufferLike>();
  const bufferNow = (): SharedArrayBuffer => {
    const { buffer } = memory;
    buffers.add(buffer);
    return buffer;
  };
  let turn: Promise<unknown> = Promise.resolve();
  // Address 0 is never handed out, so a forgotten address does not silently hit a buffer.
  let top = 16;
  const kernels: Kernels = {
    path,
    workers,
    raw: instance.exports as KernelExports,
    async run(name, tasks, { scratchLength = 0, step = noStep } = {}) {
      const [first] = tasks;
      if (!first) return 0;
      const arity = first.length;
      const kernel = (instance.exports as Record<TaskKernel, (...args: number[]) => number>)[name];
      assert(kernel.length === arity + 1, "arguments of a kernel", () => ({ name, arity }));
      const args = new Float64Array(new SharedArrayBuffer(8 * arity * tasks.length));
      tasks.forEach((task, index) => {
        assert(task.length === arity, "tasks of one shape", () => ({ name, index }));
        args.set(task, index * arity);
      });
      const threads = Math.min(workers, tasks.length);
      const mark = top;
      const scratchBytes = Math.ceil(scratchLength / 16) * 64;
      const scratch = kernels.allocate((threads * scratchBytes) / 4);
      try {
        return await runJob(
          {
            id,
            module,
            memory,
            name,
            args,
            arity,
            taskCount: tasks.length,
            results: new Int32Array(new SharedArrayBuffer(4 * tasks.length)),
            control: new Int32Array(new SharedArrayBuffer(8)),
            scratchAddress: scratch.address,
            scratchBytes,
          },
          kernel,
          threads,
          step,
        );
      } finally {
        kernels.release(mark);
      }
    },
    exclusive(work) {
      const done = turn.then(work);
      turn = done.catch(() => {});
      return done;
    },
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
    f32: (block) => new Float32Array(bufferNow(), block.address, block.length),
    i32: (block) => new Int32Array(bufferNow(), block.address, block.length),
    u32: (block) => new Uint32Array(bufferNow(), block.address, block.length),
    u8: (block) => new Uint8Array(bufferNow(), block.address, block.length * 4),
    // Growth makes another buffer object over the same bytes.
    addressOf: ({ buffer, byteOffset }) => (buffers.has(buffer) ? byteOffset : undefined),
    memoryBytes: () => memory.buffer.byteLength,
  };
  return kernels;
}

export function describeBytes(bytes: number): string {
  return bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GiB` : `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
