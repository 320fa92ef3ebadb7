/**
 * From scores to lists, shared by all models: the scores of one user at a time in the kernels' memory, seen and
 * excluded items taken out, the k best kept (equal scores by ascending index). One user after another through the same
 * kernels, so a batch gives the bits of single requests.
 *
 * Nothing stays allocated across an `await`, so that calls on one model may overlap.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Block, Kernels } from "./kernels/load.ts";
import { type RankSource, rankRows } from "./kernels/rank.ts";
import {
  breathe,
  type Control,
  checkRequest,
  createItemLists,
  type ItemLists,
  type RecommendRequest,
} from "./model.ts";

/** Rows between two steps: ~30 ms at MovieLens 1M's size. */
const STEP_ROWS = 256;

/** Writes the scores of a row to `scores` (-∞: never) and answers "scored", or "unknown" when there is nothing to say. */
export type Scorer = (row: number, scores: Block) => "scored" | "unknown";

export interface RankShape {
  readonly rowCount: number;
  readonly itemCount: number;
  readonly count: number;
}

export async function rankScores(
  kernels: Kernels,
  shape: RankShape,
  scorer: Scorer,
  control?: Control,
): Promise<ItemLists> {
  const { rowCount, itemCount, count } = shape;
  const lists = createItemLists(rowCount, count);
  // A list is never longer than the catalogue; the rest of each row stays empty.
  const kept = Math.min(count, itemCount);
  for (let from = 0; from < rowCount && kept > 0; from += STEP_ROWS) {
    await breathe(control, "rank", from / rowCount);
    const mark = kernels.mark();
    const scores = kernels.allocate(itemCount);
    const outItems = kernels.allocate(kept);
    const outScores = kernels.allocate(kept);
    for (let row = from; row < Math.min(rowCount, from + STEP_ROWS); row++) {
      if (scorer(row, scores) === "unknown") continue;
      const filled = kernels.raw.topK(
        scores.address,
        itemCount,
        kept,
        Number.NEGATIVE_INFINITY,
        outItems.address,
        outScores.address,
      );
      assert(filled >= 0, "scores are numbers", () => ({ row }));
      lists.itemIndices.set(kernels.i32(outItems).subarray(0, filled), row * count);
      lists.scores.set(kernels.f32(outScores).subarray(0, filled), row * count);
      lists.filled[row] = filled;
    }
    kernels.release(mark);
  }
  return lists;
}

/** `rankScores` for a recommend request: what was seen or excluded, and what the mask forbids, is taken out. */
export function rankRequest(
  kernels: Kernels,
  itemCount: number,
  request: RecommendRequest,
  scorer: Scorer,
  control?: Control,
): Promise<ItemLists> {
  checkRequest(itemCount, request);
  const { histories, exclude, candidateMask, count } = request;
  const scoreAndTakeOut: Scorer = (row, scores) => {
    if (scorer(row, scores) === "unknown") return "unknown";
    const values = kernels.f32(scores);
    for (const source of exclude ? [histories, exclude] : [histories]) {
      const end = source.rowOffsets[row + 1]!;
      for (let e = source.rowOffsets[row]!; e < end; e++) values[source.itemIndices[e]!] = Number.NEGATIVE_INFINITY;
    }
    if (candidateMask) {
      for (let item = 0; item < itemCount; item++) {
        if (candidateMask[item] === 0) values[item] = Number.NEGATIVE_INFINITY;
      }
    }
    return "scored";
  };
  return rankScores(kernels, { rowCount: histories.userCount, itemCount, count }, scoreAndTakeOut, control);
}

/**
 * A recommend request as tasks over threads, for models whose scores the kernels can make by themselves: `sourceOf` puts
 * what they need into the kernels' memory, which is given back at the end.
 */
export function rankRequestInTasks(
  kernels: Kernels,
  itemCount: number,
  request: RecommendRequest,
  sourceOf: () => RankSource,
  control?: Control,
): Promise<ItemLists> {
  checkRequest(itemCount, request);
  const { histories, exclude, candidateMask: mask, count } = request;
  return kernels.exclusive(async () => {
    const mark = kernels.mark();
    try {
      await breathe(control, "rank", 0);
      return await rankRows(
        kernels,
        sourceOf(),
        {
          rowCount: histories.userCount,
          itemCount,
          count,
          exclude: exclude ? [histories, exclude] : [histories],
          mask,
        },
        (fraction) => breathe(control, "rank", fraction),
      );
    } finally {
      kernels.release(mark);
    }
  });
}
