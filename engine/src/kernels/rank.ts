/**
 * Ranked lists for many rows at once: scores, exclusions and the k best of each row in one task, spread over threads.
 * Scores come from one of three sources: products of two factor matrices, sums of the dense rows that an input selects, or
 * sums of sparse rows. Each row's sums have their own order, so a batch gives the bits of single rows.
 */
import { assert } from "@thewatcher/kit/assert";
import { createItemLists, type ItemLists } from "../model.ts";
import type { SparseRows } from "./linear-algebra.ts";
import type { Block, Kernels, Step, TaskKernel } from "./load.ts";
import { GEMM_WORK_LENGTH } from "./product.ts";

/** Rows whose lists and exclusions are in the kernels' memory at a time: at 100 items a row 3 MiB of lists. */
const BATCH_ROWS = 4_096;
/** Scores of one task: 1 MiB stays in the L2 of a core; at 3,416 items a task is 64 rows, some 2 ms. */
const TASK_SCORES = 2 ** 18;
const TASK_ROWS_MAX = 64;
/** Words of the shape that the kernels read (`selectRow` in the assembly). */
const SHAPE_WORDS = 11;

/** Inputs with their weights: what each row adds up. */
export type Inputs = Pick<SparseRows, "rowOffsets" | "columns" | "values">;

export type RankSource =
  /** users [rows × width] · items [itemCount × width]ᵀ; a row of zeros has no list. */
  | { readonly kind: "factors"; readonly users: Block; readonly items: Block; readonly width: number }
  /** Σ weight · matrix[column], [itemCount × itemCount]; an empty input has no list. */
  | { readonly kind: "combined"; readonly inputs: Inputs; readonly matrix: Block }
  /** The same over sparse rows in the kernels' memory; what is not reached scores 0. */
  | {
      readonly kind: "scattered";
      readonly inputs: Inputs;
      readonly offsets: Block;
      readonly columns: Block;
      readonly values: Block;
    };

export interface Selection {
  readonly rowCount: number;
  readonly itemCount: number;
  /** Items a list. */
  readonly count: number;
  /** Only scores above it are taken; -∞ when left out. */
  readonly floor?: number;
  /** Never taken: for each row its items, two such tables at most. */
  readonly exclude: readonly { readonly rowOffsets: Uint32Array; readonly itemIndices: Int32Array }[];
  /** One byte an item, 0: never taken. */
  readonly mask?: Uint8Array | undefined;
}

/** `step` is called between tasks; every item index and every input must lie in the catalogue. */
export async function rankRows(
  kernels: Kernels,
  source: RankSource,
  selection: Selection,
  step: Step = async () => {},
): Promise<ItemLists> {
  const { rowCount, itemCount, count, mask } = selection;
  assert(selection.exclude.length <= 2, "two tables of exclusions at most");
  const lists = createItemLists(rowCount, count);
  const kept = Math.min(count, itemCount);
  if (kept === 0) return lists;
  const mark = kernels.mark();
  try {
    const maskBlock = mask && kernels.allocate(Math.ceil(itemCount / 4));
    if (mask && maskBlock) kernels.u8(maskBlock).set(mask);
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      const to = Math.min(rowCount, from + BATCH_ROWS);
      const inner = kernels.mark();
      await rankBatch(kernels, source, selection, { from, to, kept, mask: maskBlock, lists }, (fraction) =>
        step((from + fraction * (to - from)) / rowCount),
      );
      kernels.release(inner);
    }
  } finally {
    kernels.release(mark);
  }
  return lists;
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly kept: number;
  readonly mask: Block | undefined;
  readonly lists: ItemLists;
}

/** Rows [from, to) of a sparse table in the kernels' memory, offsets from 0. */
function copyRows(
  kernels: Kernels,
  { rowOffsets, columns, values }: { rowOffsets: Uint32Array; columns: Int32Array; values?: Float32Array },
  { from, to }: Batch,
): number[] {
  const begin = rowOffsets[from]!;
  const end = rowOffsets[to]!;
  const offsets = kernels.allocate(to - from + 1);
  const target = kernels.u32(offsets);
  for (let row = from; row <= to; row++) target[row - from] = rowOffsets[row]! - begin;
  const items = kernels.allocate(end - begin);
  kernels.i32(items).set(columns.subarray(begin, end));
  if (!values) return [offsets.address, items.address];
  const weights = kernels.allocate(end - begin);
  kernels.f32(weights).set(values.subarray(begin, end));
  return [offsets.address, items.address, weights.address];
}

async function rankBatch(
  kernels: Kernels,
  source: RankSource,
  { itemCount, count, floor = Number.NEGATIVE_INFINITY, exclude }: Selection,
  batch: Batch,
  step: Step,
): Promise<void> {
  const { from, to, kept, mask, lists } = batch;
  const rows = to - from;
  const [items, scores, filled] = [rows * kept, rows * kept, rows].map((length) => kernels.allocate(length)) as [
    Block,
    Block,
    Block,
  ];
  const excluded = exclude.flatMap(({ rowOffsets, itemIndices }) =>
    copyRows(kernels, { rowOffsets, columns: itemIndices }, batch),
  );
  while (excluded.length < 4) excluded.push(0);
  const shape = kernels.allocate(SHAPE_WORDS);
  const words = kernels.u32(shape);
  words.set([itemCount, kept, 0, ...excluded, mask?.address ?? 0, items.address, scores.address, filled.address]);
  kernels.f32(shape)[2] = floor;

  const [kernel, rest, own] = ((): [TaskKernel, number[], number] => {
    switch (source.kind) {
      case "factors": {
        const users = source.users.address + 4 * from * source.width;
        return ["rankFactors", [users, source.items.address, source.width], GEMM_WORK_LENGTH];
      }
      case "combined":
        return ["rankCombined", [...copyRows(kernels, source.inputs, batch), source.matrix.address, itemCount], 0];
      case "scattered": {
        const { offsets, columns, values } = source;
        const table = [offsets.address, columns.address, values.address];
        return ["rankScattered", [...copyRows(kernels, source.inputs, batch), ...table], 0];
      }
    }
  })();
  const taskRows = Math.max(1, Math.min(TASK_ROWS_MAX, Math.floor(TASK_SCORES / itemCount)));
  const tasks: number[][] = [];
  for (let row = 0; row < rows; row += taskRows) {
    tasks.push([row, Math.min(rows, row + taskRows), shape.address, ...rest]);
  }
  const scratchLength = own + itemCount * (source.kind === "factors" ? taskRows : 1);
  const answer = await kernels.run(kernel, tasks, { scratchLength, step });
  assert(answer === 0, "scores are numbers", () => ({ row: from - 1 - answer }));

  const [allItems, allScores, allFilled] = [kernels.i32(items), kernels.f32(scores), kernels.i32(filled)];
  for (let row = 0; row < rows; row++) {
    const length = allFilled[row]!;
    lists.filled[from + row] = length;
    lists.itemIndices.set(allItems.subarray(row * kept, row * kept + length), (from + row) * count);
    lists.scores.set(allScores.subarray(row * kept, row * kept + length), (from + row) * count);
  }
}
