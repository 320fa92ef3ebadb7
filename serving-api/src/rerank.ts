/**
 * Re-ranking of one row: rules take out and move, diversity keeps neighbours different, rules pin and cap, exploration
 * draws the reserved slots. What stands on merit stands there whatever is drawn.
 */
import type { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { rankScore } from "./pipeline.ts";
import type { Prepared } from "./request.ts";
import type { Reranked, RowPlan, SlotPick } from "./rows.ts";
import { CANDIDATES_MAX } from "./sources/source.ts";
import { diversify } from "./stages/diversity.ts";
import { drawRng, drawSlots, logWeights, POOL_MAX, RESERVED_POSITIONS, withDrawn } from "./stages/exploration.ts";
import { admits, arrange, count as countInRow, settle } from "./stages/rules.ts";

export interface RowInputs {
  readonly plan: RowPlan;
  readonly rowId: string;
  /** The row's candidates as rules and diversity put them. */
  readonly ordered: readonly number[];
  /** Beside the plan's pool. */
  readonly utilities: readonly number[];
  readonly logBoosts: readonly number[];
  readonly isUsed: (index: number) => boolean;
}

const arranged = new Int32Array(CANDIDATES_MAX);
const places = new Int32Array(CANDIDATES_MAX);
const scores = new Float64Array(CANDIDATES_MAX);
const weights = new Float64Array(POOL_MAX);

/** The row's free candidates in the order of the row, but for what is drawn. */
export function orderRow(prepared: Prepared, plan: RowPlan, rowId: string, free: readonly number[]) {
  const { rules } = prepared;
  // What was begun is the viewer's own.
  if (!rules || plan.kind === "continue_watching") {
    return { ordered: plan.reranked ? diversified(prepared, plan, free) : free };
  }
  const row = { kind: plan.kind, rowId };
  const count = arrange(rules, row, free, arranged);
  const moved = Array.from(arranged.subarray(0, count));
  const slots = plan.pool.length > 0 ? prepared.parameters.explorationSlots : 0;
  const ordered = settle(rules, row, plan.reranked ? diversified(prepared, plan, moved) : moved, {
    itemsMax: plan.entriesMax,
    reserved: RESERVED_POSITIONS.slice(0, slots),
  });
  const admitsAndCounts = (index: number): boolean => {
    if (!admits(rules, index)) return false;
    countInRow(rules, index);
    return true;
  };
  return { ordered, admits: admitsAndCounts };
}

/** A row's free candidates with those that resemble what stands above them put back. */
function diversified(prepared: Prepared, { entriesMax }: RowPlan, free: readonly number[]): readonly number[] {
  const { ws, parameters } = prepared;
  if (parameters.diversity === 0 || free.length < 2) return free;
  const { length: count } = free;
  for (let place = 0; place < count; place++) scores[place] = rankScore(ws, free[place]!);
  const input = { titles: free, scores, count, take: entriesMax, dial: parameters.diversity };
  diversify(ws.diversity, ws.similarity, input, places);
  const ordered = new Array<number>(count);
  for (let place = 0; place < count; place++) ordered[place] = free[places[place]!]!;
  return ordered;
}

/** A function of the inputs, the parameters and the decision's seed. */
export function fillRow(
  { plan, rowId, ordered, utilities, logBoosts, isUsed }: RowInputs,
  decision: { readonly parameters: ServingParameters; readonly seed: number },
): Reranked {
  const { explorationSlots, explorationTemperature } = decision.parameters;
  const { pool, entriesMax } = plan;
  const certain = (): Reranked => ({
    picks: ordered.slice(0, entriesMax).map((index) => ({ index })),
    ordered,
    utilities,
    logBoosts,
  });
  // A row that has too little of its own is not made a row by chance.
  if (explorationSlots === 0 || pool.length === 0 || ordered.length < plan.entriesMin) return certain();
  const merit = ordered.slice(0, entriesMax - explorationSlots);
  const onMerit = new Set(merit);
  const free: number[] = [];
  for (let place = 0; place < pool.length && free.length < POOL_MAX; place++) {
    if (!isUsed(pool[place]!) && !onMerit.has(pool[place]!)) free.push(place);
  }
  if (free.length < explorationSlots) return certain();
  const drawnFrom = {
    count: free.length,
    utilities: free.map((place) => utilities[place]!),
    logBoosts: free.map((place) => logBoosts[place]!),
  };
  logWeights(drawnFrom, explorationTemperature, weights);
  const drawn = drawSlots(weights, free.length, explorationSlots, drawRng(decision.seed, rowId));
  const picksOfDraw = new Map(
    drawn.map(({ place, propensity, inclusion }): [number, SlotPick] => {
      const index = pool[free[place]!]!;
      return [index, { index, propensity, inclusion }];
    }),
  );
  const picks = withDrawn(merit, [...picksOfDraw.keys()]).map((index) => picksOfDraw.get(index) ?? { index });
  return { picks, ordered, utilities, logBoosts };
}
