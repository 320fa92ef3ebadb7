/**
 * Many small symmetric positive definite systems (n ≤ 256), each by its own Cholesky factor in f32; a task is a run of
 * them.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Block, Kernels, Step } from "./load.ts";

export const SMALL_SYSTEM_MAX = 256;
/** Multiply-adds of one task, n³/6 a system: some 2 ms. */
const TASK_SIZE = 2 ** 22;

export type SystemsAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "notPositiveDefinite"; readonly index: number };

/**
 * Solves A_i · x_i = b_i in place: `matrices` [count × n × n], of which the upper triangles are read and spoilt, and
 * `vectors` [count × n]. A matrix that is not positive definite in f32, or has NaN, is answered by the index of the first.
 */
export async function solveSystems(
  kernels: Kernels,
  { matrices, vectors, n, count }: { matrices: Block; vectors: Block; n: number; count: number },
  step?: Step,
): Promise<SystemsAnswer> {
  assert(n >= 0 && n <= SMALL_SYSTEM_MAX, "a small system", () => n);
  assert(matrices.length === count * n * n && vectors.length === count * n, "shapes of small systems");
  const taskSystems = Math.max(1, Math.floor(TASK_SIZE / Math.max(1, n ** 3 / 6)));
  const tasks: number[][] = [];
  for (let from = 0; from < count; from += taskSystems) {
    tasks.push([from, Math.min(count, from + taskSystems), matrices.address, n, vectors.address]);
  }
  const answer = await kernels.run("solveSystems", tasks, { step });
  return answer === 0 ? { kind: "done" } : { kind: "notPositiveDefinite", index: -1 - answer };
}
