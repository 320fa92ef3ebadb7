/**
 * A decision's rows made again of its trace: the same assembling (rows.ts) over the traced candidates, the same draws
 * from the traced seed. What retrieval, ranking, rules and diversity said is taken as traced; who gets which title, which
 * rows are too short, what is drawn and with which propensity, and how rows stand on the page is worked out anew.
 */
import type { CandidateSource, Reason } from "@thewatcher/contracts/api/serving";
import type { TitleId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";
import type { DecisionTrace, TracedRow } from "./decision-trace.ts";
import { fillRow } from "./rerank.ts";
import { assembleRows, cursorOf, orderByWorth, type PlannedKind, type RowGroup, type RowPlan } from "./rows.ts";

export interface RecomposedItem {
  readonly titleId: TitleId;
  readonly position: number;
  readonly score: number;
  readonly source: CandidateSource;
  readonly reason: Reason;
  readonly propensity?: number;
}

export interface RecomposedRow {
  readonly rowId: string;
  readonly kind: PlannedKind;
  readonly heading: string;
  readonly reason: Reason;
  readonly items: readonly RecomposedItem[];
}

export type Recomposable = Pick<DecisionTrace, "rows" | "rowsArePersonal" | "titleIds" | "parameters" | "seed">;

/** The page's rows, in their order, without what a card says of a title. Throws where the trace contradicts itself. */
export function recompose(trace: Recomposable): RecomposedRow[] {
  const used = new Set<number>();
  const rowOf = new Map<RowPlan, TracedRow>();
  const assembled = assembleRows(
    groupsOf(trace.rows, rowOf),
    { has: (title) => used.has(title), add: (title) => used.add(title) },
    (plan, rowId, _free, isUsed) => {
      const { reranked, poolUtilities, poolLogBoosts } = rowOf.get(plan)!;
      return fillRow(
        {
          plan,
          rowId,
          ordered: [...reranked],
          utilities: [...poolUtilities],
          logBoosts: [...poolLogBoosts],
          isUsed,
        },
        trace,
      );
    },
  );
  const worths = Float64Array.from(assembled, ({ plan }) => rowOf.get(plan)!.worth);
  return orderByWorth(assembled, worths, trace.rowsArePersonal).map(({ rowId, plan, picks }) => {
    const traced = rowOf.get(plan)!;
    const slots = new Map(traced.slots.map((slot) => [slot.title, slot]));
    assert(traced.reason !== null, "a row that is shown has a reason", () => rowId);
    const { kind, heading, reason } = traced;
    const items = picks.map(({ index, propensity }, position): RecomposedItem => {
      const slot = slots.get(index);
      assert(slot, "what is made again was shown", () => ({ rowId, titleId: trace.titleIds[index] }));
      const { score, source } = slot;
      const titleId = trace.titleIds[index]!;
      return propensity === undefined
        ? { titleId, position, score, source, reason: slot.reason }
        : { titleId, position, score, source, reason: { kind: "exploration", propensity }, propensity };
    });
    return { rowId, kind, heading, reason, items };
  });
}

/** The traced attempts as plans again, group by group. */
function* groupsOf(rows: readonly TracedRow[], rowOf: Map<RowPlan, TracedRow>): Generator<RowGroup> {
  for (let from = 0; from < rows.length; ) {
    const { group, groupRowsMax } = rows[from]!;
    let until = from;
    while (until < rows.length && rows[until]!.group === group) until++;
    const plans = rows.slice(from, until).map((row): RowPlan => {
      const plan: RowPlan = {
        kind: row.kind,
        heading: row.heading,
        reason: row.reason ?? undefined,
        entriesMin: row.entriesMin,
        entriesMax: row.entriesMax,
        reranked: row.isReranked,
        // What was looked at is all that was traced.
        depth: "choice",
        pool: [...row.pool],
        ranked: cursorOf(row.ranked),
        filled: cursorOf(row.filled),
      };
      rowOf.set(plan, row);
      return plan;
    });
    yield { name: group, rowsMax: groupRowsMax, plans };
    from = until;
  }
}
