/**
 * Whether a ranker may be published: measured on the last part of the decisions, which it has not seen, beside the order
 * that serving has without one.
 *
 *   gain(i) = label(i) / P(looked at | place of i)            (Joachims, Swaminathan & Schnabel 2017)
 *   DCG(order) = Σ_r gain(order r) / log₂(r + 1),  nDCG = DCG / DCG(by gain)
 *
 * A pick at a place that is looked at half as often counts twice, so an order earns nothing by keeping to the order that
 * was shown. Decisions without a pick say nothing of an order and are left out. The interval is of the mean difference
 * within decisions, and its lower end must be above 0: a ranker that is better by chance is not published.
 */

import { type RankerModel, Z_MAX } from "@thewatcher/contracts/ranker-model";
import type { Interval } from "@thewatcher/engine/metrics/interval";
import { decisionCount, type RankerRows, sliceDecisions } from "./rows.ts";
import { type RankerTraining, type TrainRankerOptions, trainRanker } from "./train-ranker.ts";

/**
 * Decisions with less cannot tell a ranker from the blended order: at 5% of shown titles picked and nDCG's deviation of
 * 0.35, a fifth of 1,000 decisions gives a standard error of 0.02.
 */
export const RANKER_DECISIONS_MIN = 1_000;
const HELD_OUT_SHARE = 0.2;
/** A pick at a place hardly looked at counts at most twenty times: bias for variance (Swaminathan & Joachims 2015). */
const LOOK_MIN = 0.05;
const NORMAL_975 = 1.96;

export interface Judgement {
  /** Held-out decisions with a pick. */
  readonly decisions: number;
  readonly ranker: number;
  readonly blended: number;
  readonly difference: Interval & { readonly value: number };
  readonly better: boolean;
}

export type RankerOutcome =
  | { readonly kind: "too_few"; readonly decisions: number; readonly needed: number }
  | {
      readonly kind: "trained" | "not_better";
      readonly decisions: number;
      readonly rows: number;
      readonly judgement: Judgement;
      readonly training: RankerTraining;
    };

/** Trains on the earlier decisions and judges on the later ones; what was judged is what is published. */
export async function trainAndJudge(rows: RankerRows, options: TrainRankerOptions): Promise<RankerOutcome> {
  const decisions = decisionCount(rows);
  if (decisions < RANKER_DECISIONS_MIN) return { kind: "too_few", decisions, needed: RANKER_DECISIONS_MIN };
  const cut = Math.floor(decisions * (1 - HELD_OUT_SHARE));
  const training = await trainRanker(sliceDecisions(rows, 0, cut), options);
  const judgement = judge(training, sliceDecisions(rows, cut, decisions));
  return {
    kind: judgement.better ? "trained" : "not_better",
    decisions,
    rows: rows.rowCount,
    judgement,
    training,
  };
}

export function judge(training: RankerTraining, held: RankerRows): Judgement {
  const scores = scoreRows(training.model, held);
  const gains = gainsOf(training, held);
  const own = ndcgByDecision(held, gains, scores);
  const blended = ndcgByDecision(held, gains, held.blendedScores);
  const differences = own.map((value, at) => value - blended[at]!);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const value = mean(differences);
  const variance =
    differences.reduce((sum, each) => sum + (each - value) ** 2, 0) / Math.max(1, differences.length - 1);
  const reach = NORMAL_975 * Math.sqrt(variance / differences.length);
  return {
    decisions: own.length,
    ranker: mean(own),
    blended: mean(blended),
    difference: { value, low: value - reach, high: value + reach },
    better: own.length > 1 && value - reach > 0,
  };
}

function gainsOf({ examination, rowKinds }: RankerTraining, rows: RankerRows): Float64Array {
  return Float64Array.from({ length: rows.rowCount }, (_, row) => {
    const position = Math.min(examination.length - 1, rows.positions[row]!);
    const look = examination[position]! * (rowKinds[rows.rowKindNames[rows.rowKinds[row]!]!] ?? 1);
    return rows.labels[row]! / Math.max(LOOK_MIN, look);
  });
}

/** Of the decisions with a gain. Equal scores stand in the order of the rows, so `rows` should not be sorted by gain. */
export function ndcgByDecision(rows: RankerRows, gains: ArrayLike<number>, scores: ArrayLike<number>): number[] {
  const values: number[] = [];
  for (let decision = 0; decision < decisionCount(rows); decision++) {
    const from = rows.decisionOffsets[decision]!;
    const to = rows.decisionOffsets[decision + 1]!;
    const places = Array.from({ length: to - from }, (_, at) => from + at);
    const dcg = (order: readonly number[]): number =>
      order.reduce((sum, row, at) => sum + gains[row]! / Math.log2(at + 2), 0);
    const ideal = dcg([...places].sort((a, b) => gains[b]! - gains[a]!));
    if (ideal > 0) values.push(dcg(places.sort((a, b) => scores[b]! - scores[a]! || a - b)) / ideal);
  }
  return values;
}

/** The model's answer by its formula (contracts/src/ranker-model.ts); serving has its own, faster one, held to the same. */
export function scoreRows({ features, layers, calibration }: RankerModel, rows: RankerRows): Float64Array {
  const width = rows.featureNames.length;
  const columns = features.map(({ name }) => rows.featureNames.indexOf(name));
  return Float64Array.from({ length: rows.rowCount }, (_, row) => {
    let h = features.map(({ saturation, mean, scale }, at) => {
      const value = rows.features[row * width + columns[at]!] ?? Number.NaN;
      const x = saturation === null ? value : value / (Math.abs(value) + saturation);
      return Number.isNaN(x) ? 0 : Math.min(Z_MAX, Math.max(-Z_MAX, (x - mean) / scale));
    });
    for (const [at, { inputs, outputs, weights, bias }] of layers.entries()) {
      const next = new Array<number>(outputs);
      for (let output = 0; output < outputs; output++) {
        let sum = bias[output]!;
        for (let input = 0; input < inputs; input++) sum += h[input]! * weights[input * outputs + output]!;
        next[output] = at === layers.length - 1 ? sum : Math.max(0, sum);
      }
      h = next;
    }
    return calibration.slope * h[0]! + calibration.intercept;
  });
}
