/**
 * Re-ranking of one row: rules say what is moved, diversity keeps neighbours different, exploration draws the reserved
 * slots. What is left is filled from the head.
 */
import type { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { rankScore } from "./pipeline.ts";
import type { Prepared } from "./request.ts";
import type { Reranked, RowPlan } from "./rows.ts";
import { CANDIDATES_MAX } from "./sources/source.ts";
import { diversify } from "./stages/diversity.ts";

export interface RowInputs {
  readonly plan: RowPlan;
  readonly rowId: string;
  /** The row's candidates as rules and diversity put them. */
  readonly ordered: readonly number[];
  /** What drawn slots are drawn from. */
  readonly pool: readonly number[];
  readonly utilities: readonly number[];
  readonly isUsed: (index: number) => boolean;
}

const places = new Int32Array(CANDIDATES_MAX);

/** A row's free candidates with those that resemble what stands above them put back. */
export function diversified(prepared: Prepared, { entriesMax }: RowPlan, free: readonly number[]): readonly number[] {
  const { ws, parameters } = prepared;
  if (parameters.diversity === 0 || free.length < 2) return free;
  const scores = free.map((index) => rankScore(ws, index));
  const input = { titles: free, scores, count: free.length, take: entriesMax, dial: parameters.diversity };
  diversify(ws.diversity, ws.similarity, input, places);
  return Array.from(places.subarray(0, free.length), (place) => free[place]!);
}

/** Deterministic: of the inputs and the decision's seed. */
export function fillRow(
  { plan, ordered, pool, utilities }: RowInputs,
  _decision: { readonly parameters: ServingParameters; readonly seed: number },
): Reranked {
  const picks = ordered.slice(0, plan.entriesMax).map((index) => ({ index }));
  return { picks, ordered, pool, utilities };
}
