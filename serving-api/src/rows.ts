/**
 * From ranked candidates to rows: who gets a title that several rows want, what re-ranking does to a row, and how rows
 * stand on the page. Pure, and blind to where candidates came from: a row is a plan with its candidates in order, so that
 * a page can be made again of what its decision's trace holds (recompose.ts).
 *
 * Rows choose in the order of the plans; no title stands twice. A row that stays too short is dropped, and its titles are
 * free for the rows behind it. Rows of a group have a common limit and are numbered within it.
 */
import { type Reason, RowKind } from "@thewatcher/contracts/api/serving";
import { orderRows, ROW_DEPTH, type RowUse, rowWorths } from "./stages/row-order.ts";

/** A plain list and "more like this" are one row each. */
export type PlannedKind = RowKind | "list" | "similar";

export interface RowPlan {
  readonly kind: PlannedKind;
  readonly heading: string;
  /** undefined: that of its first entry that was not drawn. */
  readonly reason: Reason | undefined;
  readonly entriesMin: number;
  readonly entriesMax: number;
  /** Whether diversity and exploration may change the order: not of charts. */
  readonly reranked: boolean;
  /** How many of its candidates are looked at: as many as it shows, or some to choose from. */
  readonly depth: "row" | "choice";
  /** What a slot of it may be drawn from. */
  readonly pool: readonly number[];
  /** The next candidate in the order of ranking; −1: none is left. */
  readonly ranked: () => number;
  /** What fills the row up behind them; may repeat what stands above. −1: nothing is left. */
  readonly filled: () => number;
}

export interface RowGroup {
  /** Begins the ids of its rows: `because`. */
  readonly name: string;
  readonly rowsMax: number;
  readonly plans: Iterable<RowPlan>;
}

/** One place of a row. */
export interface SlotPick {
  readonly index: number;
  /** Where the slot was drawn (stages/exploration.ts). */
  readonly propensity?: number;
  readonly inclusion?: number;
}

/** What re-ranking made of a row. */
export interface Reranked {
  /** At most `entriesMax`, in the order of the row. */
  readonly picks: readonly SlotPick[];
  /** The candidates as rules and diversity put them. */
  readonly ordered: readonly number[];
  /** Asked of each title that fills the row up, which then is in it. */
  readonly admits?: (index: number) => boolean;
  /** Beside the plan's pool. */
  readonly utilities: readonly number[];
  readonly logBoosts: readonly number[];
}

/** `free`: the row's candidates that no other row has. `isUsed`: whether one has it. */
export type Rerank = (
  plan: RowPlan,
  rowId: string,
  free: readonly number[],
  isUsed: (index: number) => boolean,
) => Reranked;

export interface AssembledRow {
  readonly rowId: string;
  readonly plan: RowPlan;
  readonly picks: readonly SlotPick[];
}

/** What the trace keeps of a row that was tried. */
export interface RowAttempt {
  readonly group: RowGroup;
  readonly rowId: string;
  readonly plan: RowPlan;
  /** Everything that was looked at, in order, free or not. */
  readonly ranked: readonly number[];
  readonly filled: readonly number[];
  readonly reranked: Reranked;
  /** Empty: dropped. */
  readonly picks: readonly SlotPick[];
}

/** Candidates of a row that re-ranking looks at: more than twice a row, and diversity has something to choose from. */
export const RERANK_DEPTH = 48;

/** Ten rows and what was begun; each row more is 5 KB that hardly anybody scrolls to. */
export const ROWS_MAX = 12;

export function assembleRows(
  groups: Iterable<RowGroup>,
  used: { readonly has: (index: number) => boolean; readonly add: (index: number) => void },
  rerank: Rerank,
  onAttempt?: (attempt: RowAttempt) => void,
): AssembledRow[] {
  const rows: AssembledRow[] = [];
  for (const group of groups) {
    let rowCount = 0;
    if (rows.length === ROWS_MAX) break;
    for (const plan of group.plans) {
      if (rowCount === group.rowsMax || rows.length === ROWS_MAX) break;
      const rowId = group.rowsMax === 1 ? group.name : `${group.name}-${rowCount + 1}`;
      const { entriesMax } = plan;
      const depth = plan.depth === "row" ? entriesMax : Math.max(RERANK_DEPTH, entriesMax);
      const free: number[] = [];
      const ranked: number[] = [];
      const filled: number[] = [];
      while (free.length < depth) {
        const index = plan.ranked();
        if (index < 0) break;
        ranked.push(index);
        if (!used.has(index)) free.push(index);
      }
      const reranked = rerank(plan, rowId, free, used.has);
      const picks = [...reranked.picks];
      const taken = new Set(picks.map(({ index }) => index));
      while (picks.length < entriesMax) {
        const index = plan.filled();
        if (index < 0) break;
        if (used.has(index) || taken.has(index) || reranked.admits?.(index) === false) continue;
        filled.push(index);
        taken.add(index);
        picks.push({ index });
      }
      const isShown = picks.length >= plan.entriesMin;
      onAttempt?.({ group, rowId, plan, ranked, filled, reranked, picks: isShown ? picks : [] });
      if (!isShown) continue;
      for (const index of taken) used.add(index);
      rows.push({ rowId, plan, picks });
      rowCount++;
    }
  }
  return rows;
}

/** Rows as they stand on the page: what was begun first, then by worth, kinds apart; or in the order given. */
export function orderByWorth<Row extends { readonly plan: RowPlan }>(
  rows: readonly Row[],
  worths: Float64Array,
  arePersonal: boolean,
): Row[] {
  const kinds = Int32Array.from(rows, ({ plan }) => kindOf(plan));
  if (!arePersonal) {
    return [...rows].sort((a, b) => Number(isBegun(b.plan)) - Number(isBegun(a.plan)));
  }
  const input = { rowCount: rows.length, kinds, scores: NO_SCORES, firstKind: BEGUN, use: undefined };
  return Array.from(orderRows(input, worths), (place) => rows[place]!);
}

/** By the numbers that the order of rows has for them. */
export const ROW_KINDS: readonly RowKind[] = RowKind.options;
const KINDS: readonly PlannedKind[] = [...ROW_KINDS, "list", "similar"];
const BEGUN = KINDS.indexOf("continue_watching");
const NO_SCORES = new Float64Array(0);
const kindOf = ({ kind }: RowPlan): number => KINDS.indexOf(kind);
const isBegun = ({ kind }: RowPlan): boolean => kind === "continue_watching";

/** What the rows are worth by ranking's scores of their first titles, NaN where ranking has none, and by the viewer's use. */
export function worthsOf(
  rows: readonly AssembledRow[],
  scoreOf: (index: number) => number,
  use: RowUse | undefined,
): Float64Array {
  const scores = new Float64Array(rows.length * ROW_DEPTH).fill(Number.NaN);
  rows.forEach(({ picks }, row) => {
    for (let place = 0; place < ROW_DEPTH && place < picks.length; place++) {
      scores[row * ROW_DEPTH + place] = scoreOf(picks[place]!.index);
    }
  });
  const kinds = Int32Array.from(rows, ({ plan }) => kindOf(plan));
  return rowWorths({ rowCount: rows.length, kinds, scores, firstKind: BEGUN, use });
}

/** A source of candidates that is already a list. */
export function cursorOf(indices: ArrayLike<number>): () => number {
  let place = 0;
  return () => (place < indices.length ? indices[place++]! : -1);
}
export const nothing = (): number => -1;
