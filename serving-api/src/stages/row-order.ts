/**
 * How rows stand on a page. A row is worth what its first titles are worth by ranking, those in sight first, times how
 * much more this viewer uses rows of its kind than rows in general:
 *   worth(r) = Σ_p relevance(title at p) / log2(p + 2) / Σ_p 1 / log2(p + 2),   p = 0 … ROW_DEPTH − 1,
 *   use(k)   = ((clicks_k + PRIOR · c) / (visits_k + PRIOR)) / c,   c = all clicks / all visits,
 * relevance being the score's share of the way from the worst to the best on the page: the scale of a ranker plays no
 * part. Nothing known of the viewer's use: 1 for every kind. Multiplied out, the best row is on top; as attention falls
 * from row to row, that order is the best for any falling discount (rearrangement inequality).
 *
 * "Continue watching" stands first. Two rows of one kind stand next to each other only where no order avoids it: of the
 * best rows left, the best one is taken behind which no more neighbours are forced. Forced are, of k with count_k rows
 * among those left, count_k − (others + 1), or count_k − others behind a row of k. Ties keep the order given, which is
 * also the fixed order.
 */
import { assert } from "@thewatcher/kit/assert";

/** Titles of a row in sight on a wide screen. */
export const ROW_DEPTH = 6;
/** Visits after which the rate of a kind weighs as much as that of all kinds: a week or two of evenings. */
const PRIOR_VISITS = 8;
/** What a viewer does to a kind of rows moves a row, and never buries it. */
const USE_MIN = 0.5;
const USE_MAX = 2;

export interface RowUse {
  /** By kind: hours in which a row of it was in sight. */
  readonly visits: ArrayLike<number>;
  /** Of them, those in which something of it was clicked. */
  readonly clicks: ArrayLike<number>;
}

export interface RowOrderInput {
  readonly rowCount: number;
  /** Small numbers that name the kinds. */
  readonly kinds: ArrayLike<number>;
  /** [rows × ROW_DEPTH]: ranking's scores of the first titles; NaN behind a row's end and where ranking has none. */
  readonly scores: Float64Array;
  /** Rows of this kind stand first. */
  readonly firstKind: number;
  /** undefined: not known. */
  readonly use: RowUse | undefined;
}

const DISCOUNTS = Float64Array.from({ length: ROW_DEPTH }, (_, place) => 1 / Math.log2(place + 2));

/** [rows]: what the order is made of, for the decision's trace too. */
export function rowWorths({ rowCount, kinds, scores, use }: RowOrderInput): Float64Array {
  assert(scores.length >= rowCount * ROW_DEPTH, "a score for each place in sight");
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < rowCount * ROW_DEPTH; at++) {
    const score = scores[at]!;
    if (score < low) low = score;
    if (score > high) high = score;
  }
  const span = high - low;
  const rate = use ? rateOf(use) : 0;
  const worths = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    let sum = 0;
    let total = 0;
    for (let place = 0; place < ROW_DEPTH; place++) {
      const score = scores[row * ROW_DEPTH + place]!;
      total += DISCOUNTS[place]!;
      // What is not there, or not known, is worth what the worst is.
      if (score > low && span < Number.POSITIVE_INFINITY) sum += (DISCOUNTS[place]! * (score - low)) / span;
    }
    worths[row] = (sum / total) * (use && rate > 0 ? useOf(use, kinds[row]!, rate) : 1);
  }
  return worths;
}

function rateOf({ visits, clicks }: RowUse): number {
  let shown = 0;
  let clicked = 0;
  for (let kind = 0; kind < visits.length; kind++) {
    shown += visits[kind]!;
    clicked += clicks[kind]!;
  }
  return shown > 0 ? clicked / shown : 0;
}

function useOf({ visits, clicks }: RowUse, kind: number, rate: number): number {
  const own = ((clicks[kind] ?? 0) + PRIOR_VISITS * rate) / ((visits[kind] ?? 0) + PRIOR_VISITS);
  return Math.min(USE_MAX, Math.max(USE_MIN, own / rate));
}

/** Rows in the order of the page. */
export function orderRows(input: RowOrderInput, worths: Float64Array = rowWorths(input)): Int32Array {
  const { rowCount, kinds, firstKind } = input;
  const order = new Int32Array(rowCount);
  const left: number[] = [];
  let filled = 0;
  for (let row = 0; row < rowCount; row++) {
    if (kinds[row] === firstKind) order[filled++] = row;
    else left.push(row);
  }
  left.sort((a, b) => worths[b]! - worths[a]! || a - b);
  const counts = new Map<number, number>();
  for (const row of left) counts.set(kinds[row]!, (counts.get(kinds[row]!) ?? 0) + 1);
  let last = filled > 0 ? firstKind : undefined;
  let forced = forcedNeighbours(counts, left.length, last);
  while (left.length > 0) {
    for (let at = 0; at < left.length; at++) {
      const kind = kinds[left[at]!]!;
      const count = counts.get(kind)!;
      counts.set(kind, count - 1);
      const behind = forcedNeighbours(counts, left.length - 1, kind);
      if (behind + (kind === last ? 1 : 0) <= forced) {
        order[filled++] = left[at]!;
        left.splice(at, 1);
        last = kind;
        forced = behind;
        break;
      }
      counts.set(kind, count);
    }
  }
  return order;
}

/** The fewest pairs of neighbours of one kind, whatever the order of `total` rows behind one of kind `last`. */
function forcedNeighbours(counts: ReadonlyMap<number, number>, total: number, last: number | undefined): number {
  let forced = 0;
  for (const [kind, count] of counts) {
    forced = Math.max(forced, 2 * count - total - (kind === last ? 0 : 1));
  }
  return forced;
}
