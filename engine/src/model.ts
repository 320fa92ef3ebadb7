/**
 * What a model is. Every model of the engine stands behind these types and under `models/contract.ts`; the trainer,
 * serving and evaluation know nothing else of it.
 *
 * Fitting and ranking are asynchronous because they take seconds: they come up for air at each step, where progress is
 * reported and an abort is noticed. Nothing here reads a clock or the environment.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";
import { assertInteractions, type History, type Interactions } from "./dataset.ts";
import type { GemmLibrary } from "./kernels/library.ts";
import type { KernelPath } from "./kernels/load.ts";
import type { ParameterInput, ParameterSpecs } from "./parameters.ts";

export interface Progress {
  readonly stage: string;
  /** Of this stage, from 0 to 1. */
  readonly fraction: number;
}

export interface Control {
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** An abort rejects with the signal's reason within one step (≲ 100 ms). */
  readonly signal?: AbortSignal | undefined;
}

export interface FitControl extends Control {
  readonly rng: Rng;
  /** Pins the numerical path of models that use the kernels; the fastest one that runs when left out. */
  readonly kernelPath?: KernelPath | undefined;
  /** Multiplies what is large enough for it (`kernels/numerics.ts` chooses one); the kernels do everything when left out. */
  readonly library?: GemmLibrary | undefined;
  /** Threads; the cores that are there when left out. No bit depends on it. */
  readonly workers?: number | undefined;
}

export interface RecommendRequest {
  /** Whom to rank for, one row a user; they need not have been trained on (fold-in). What is in a row is never returned. */
  readonly histories: Interactions;
  readonly count: number;
  /** More items per user that are not to be returned (hidden, not interested); same users, same catalogue. */
  readonly exclude?: Pick<Interactions, "rowOffsets" | "itemIndices"> | undefined;
  /** One byte an item: 0 where it may not be returned to anybody in this request. */
  readonly candidateMask?: Uint8Array | undefined;
}

/** Ranked lists, best first. Row r is [r · count, r · count + filled[r]); behind it items are -1 and scores NaN. */
export interface ItemLists {
  readonly rowCount: number;
  readonly count: number;
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
  readonly filled: Int32Array;
}

export interface Explanation {
  /** The score that `recommend` gives this item after this history. */
  readonly score: number;
  /** History items that carry the score, largest contribution first. */
  readonly contributions: readonly { readonly itemIndex: number; readonly contribution: number }[];
  /** score - Σ contributions: what the rest of the history, or no history at all, gives. */
  readonly rest: number;
}

export interface FittedModel {
  readonly name: string;
  readonly itemCount: number;
  /** As resolved, defaults included. */
  readonly parameters: ParameterInput;
  /** Which numerical path made it, where it used the kernels: `pathName` of `kernels/numerics.ts`. */
  readonly kernelPath?: string | undefined;
  /** Bytes held by its tables. */
  readonly memoryBytes: number;
  /**
   * What a newer interaction multiplies the score so far with: after one more interaction with item h of weight 1,
   * score' = fadePerInteraction · score + lift of h. 1 where older interactions do not fade.
   */
  readonly fadePerInteraction: number;
  recommend(request: RecommendRequest, control?: Control): Promise<ItemLists>;
  /** "More like this", for display; itself is never in the list. Empty for a model that knows no likeness. */
  similarItems(itemIndices: ArrayLike<number>, count: number, control?: Control): Promise<ItemLists>;
  /**
   * What one more interaction with each of these items, of weight 1 and the newest, adds to the scores of other items,
   * in the units of `recommend`; positive entries only. Serving lays it over a published list between two trainings.
   * Empty for a model whose scores do not depend on the history.
   */
  lifts(itemIndices: ArrayLike<number>, count: number, control?: Control): Promise<ItemLists>;
  explain(history: History, itemIndex: number, count: number): Explanation;
  /** Same model, same bytes; `load` gives the same scores bit for bit (on the same kernel path). */
  save(): Uint8Array<ArrayBuffer>;
}

export interface LoadOptions {
  /** As in `FitControl`: a saved model gives the bits of the path it now runs on. */
  readonly kernelPath?: KernelPath | undefined;
}

export interface ModelDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: ParameterSpecs;
  fit(interactions: Interactions, parameters: ParameterInput, control: FitControl): Promise<FittedModel>;
  load(bytes: Uint8Array, options?: LoadOptions): FittedModel;
}

export function createItemLists(rowCount: number, count: number): ItemLists {
  return {
    rowCount,
    count,
    itemIndices: new Int32Array(rowCount * count).fill(-1),
    scores: new Float32Array(rowCount * count).fill(Number.NaN),
    filled: new Int32Array(rowCount),
  };
}

/** One row of the lists as pairs. */
export function listRow(lists: ItemLists, row: number): { itemIndex: number; score: number }[] {
  const start = row * lists.count;
  return Array.from({ length: lists.filled[row]! }, (_, position) => ({
    itemIndex: lists.itemIndices[start + position]!,
    score: lists.scores[start + position]!,
  }));
}

/** Lets the event loop run, then throws if the work was aborted meanwhile. */
export async function breathe(control: Control | undefined, stage: string, fraction: number): Promise<void> {
  control?.progress?.({ stage, fraction });
  await new Promise<void>((resolve) => setImmediate(resolve));
  control?.signal?.throwIfAborted();
}

/** What a caller of `recommend` has to keep. Item indices become addresses in the kernels, so each one is looked at. */
export function checkRequest(itemCount: number, request: RecommendRequest): void {
  const { histories, count, exclude, candidateMask } = request;
  assert(Number.isInteger(count) && count >= 1, "count is at least 1", () => count);
  assert(histories.itemCount === itemCount, "histories are over the model's catalogue", () => ({
    histories: histories.itemCount,
    model: itemCount,
  }));
  assert(!exclude || exclude.rowOffsets.length === histories.userCount + 1, "exclude has a row for each history");
  assertInteractions(histories);
  for (const item of exclude?.itemIndices ?? []) {
    assert(item >= 0 && item < itemCount, "an item of the catalogue", () => item);
  }
  assert(!candidateMask || candidateMask.length === itemCount, "candidateMask has a byte for each item");
}

export function checkItems(itemCount: number, itemIndices: ArrayLike<number>, count: number): void {
  assert(Number.isInteger(count) && count >= 1, "count is at least 1", () => count);
  for (let i = 0; i < itemIndices.length; i++) {
    const item = itemIndices[i]!;
    assert(Number.isInteger(item) && item >= 0 && item < itemCount, "an item of the catalogue", () => item);
  }
}
