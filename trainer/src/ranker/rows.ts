/**
 * What the ranker learns from: one row for each title that was shown, with the features it was shown by, where it stood
 * and what came of it. In columns, since a month of a small service is millions of rows; rows of one decision stand
 * together, decisions in the order of time.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";

export interface RankerRow {
  readonly decisionId: string;
  /** Of the decision, milliseconds since the epoch. */
  readonly at: number;
  /** In the order of the names; NaN: unknown. */
  readonly features: ArrayLike<number>;
  /** 0-based place within its row of the page. */
  readonly position: number;
  readonly rowKind: string;
  /** What the blended order, without a ranker, would sort by. */
  readonly blendedScore: number;
  /** 0: nothing came of it; up to 1: what did, graded (feature-store/src/signal.ts). */
  readonly label: number;
}

export interface RankerRows {
  readonly featureNames: readonly string[];
  readonly rowCount: number;
  /** [rowCount × featureNames]. */
  readonly features: Float32Array;
  readonly positions: Uint16Array;
  /** Index into `rowKindNames`. */
  readonly rowKinds: Uint8Array;
  readonly rowKindNames: readonly string[];
  readonly blendedScores: Float32Array;
  readonly labels: Float32Array;
  /** Rows of decision d: [decisionOffsets[d], decisionOffsets[d + 1]). */
  readonly decisionOffsets: Uint32Array;
  /** Ascending. */
  readonly decisionAt: Float64Array;
}

/** 2²² rows of 40 features are 700 MB: the newest of a month's decisions. */
export const RANKER_ROWS_MAX = 2 ** 22;
const ROW_KINDS_MAX = 255;

/** Sorts by time, then by decision; within a decision the order given. Impressions of one (decision, place) must be given once. */
export function rankerRowsOf(featureNames: readonly string[], given: Iterable<RankerRow>): RankerRows {
  const rows = [...given];
  if (rows.length > RANKER_ROWS_MAX) {
    throw new UserError(`${rows.length} rows to train the ranker on; at most ${RANKER_ROWS_MAX} are accepted`);
  }
  const order = Array.from(rows.keys()).sort((a, b) => {
    const [x, y] = [rows[a]!, rows[b]!];
    return x.at - y.at || (x.decisionId < y.decisionId ? -1 : x.decisionId > y.decisionId ? 1 : a - b);
  });
  const width = featureNames.length;
  const features = new Float32Array(rows.length * width);
  const positions = new Uint16Array(rows.length);
  const rowKinds = new Uint8Array(rows.length);
  const blendedScores = new Float32Array(rows.length);
  const labels = new Float32Array(rows.length);
  const kindOf = new Map<string, number>();
  const offsets: number[] = [];
  const decisionAt: number[] = [];
  let decisionId: string | undefined;
  for (const [place, at] of order.entries()) {
    const row = rows[at]!;
    assert(row.features.length === width, "a value for each feature", () => row.decisionId);
    assert(row.label >= 0 && row.label <= 1, "a label from 0 to 1", () => row.label);
    if (row.decisionId !== decisionId) {
      decisionId = row.decisionId;
      offsets.push(place);
      decisionAt.push(row.at);
    }
    for (let column = 0; column < width; column++) features[place * width + column] = row.features[column]!;
    positions[place] = row.position;
    const kind = kindOf.get(row.rowKind) ?? kindOf.size;
    assert(kind < ROW_KINDS_MAX, "few kinds of rows", () => row.rowKind);
    kindOf.set(row.rowKind, kind);
    rowKinds[place] = kind;
    blendedScores[place] = row.blendedScore;
    labels[place] = row.label;
  }
  return {
    featureNames,
    rowCount: rows.length,
    features,
    positions,
    rowKinds,
    rowKindNames: [...kindOf.keys()],
    blendedScores,
    labels,
    decisionOffsets: Uint32Array.from([...offsets, rows.length]),
    decisionAt: Float64Array.from(decisionAt),
  };
}

export const decisionCount = (rows: RankerRows): number => rows.decisionAt.length;

/** Decisions [from, to) as rows of their own; columns are views. */
export function sliceDecisions(rows: RankerRows, from: number, to: number): RankerRows {
  const first = rows.decisionOffsets[from]!;
  const last = rows.decisionOffsets[to]!;
  const width = rows.featureNames.length;
  return {
    ...rows,
    rowCount: last - first,
    features: rows.features.subarray(first * width, last * width),
    positions: rows.positions.subarray(first, last),
    rowKinds: rows.rowKinds.subarray(first, last),
    blendedScores: rows.blendedScores.subarray(first, last),
    labels: rows.labels.subarray(first, last),
    decisionOffsets: rows.decisionOffsets.slice(from, to + 1).map((offset) => offset - first),
    decisionAt: rows.decisionAt.subarray(from, to),
  };
}
