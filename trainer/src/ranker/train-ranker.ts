/**
 * Training of the ranker on logged decisions, in TensorFlow.js.
 *
 * What stands first is looked at first, so clicks follow the place as well as the title. Position-based model (Richardson
 * et al. 2007; Craswell et al. 2008): P(click) = P(looked at | place) · P(picks | features), and both are learned in one
 * likelihood, the place by a table of its own that is dropped afterwards (Guo et al. 2019, "PAL"; the maximum is that of
 * the regression EM of Wang et al. 2018):
 *
 *   p = σ(b_position + c_rowKind) · σ(f(x)),  b₀ = EXAMINED_FIRST,  loss = −mean[y log p + (1 − y) log(1 − p)] + decay
 *
 * y may be graded: the loss is least where p is its mean. Chosen by measurement over a table added to the logit, over a
 * softmax within the page, and over no correction: docs/decisions/0013-ranker.md has the figures.
 *
 * The last part of the decisions (by time) stops the training at its best epoch and calibrates. Seeded, one thread: the
 * same rows and options give the same bytes.
 */

import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { RankerLayer, RankerModel } from "@thewatcher/contracts/ranker-model";
import { assert } from "@thewatcher/kit/assert";
import { createRng, type Rng } from "@thewatcher/kit/rng";
import { decisionCount, type RankerRows, sliceDecisions } from "./rows.ts";
import { standardise } from "./standardise.ts";
import { openTensorflow, type Tensorflow } from "./tensorflow.ts";

/** Places behind the last one share its table entry. */
const POSITIONS = 24;
/** σ(6) = .9975: the first place is looked at. Fixed, since only products of looks and picks are seen. */
const EXAMINED_FIRST = 6;
/** The table's entries move so many times as fast as weights: there are few, and each sees a part of the rows. */
const PLACE_SPEED = 5;
/** Pulls kinds of rows together: which kind a title stands in depends on what it is worth, and that is for the features. */
const ROW_KIND_DECAY = 0.02;
/** The smallest probability in a logarithm. */
const EPSILON = 1e-6;
const VALIDATION_SHARE = 0.15;
/** Without a better epoch for so many, it ends. */
const PATIENCE = 3;

export type Examination = "estimated" | "none";

export interface TrainRankerOptions {
  readonly seed: number;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly trainedAt: number;
  /** 24–12 ranks 200 titles in 0.12 ms; 32–16 was not better anywhere it was tried and takes 0.18 ms. */
  readonly hidden?: readonly number[];
  /** `none`: as if places did not matter. Right where titles were not shown in an order. */
  readonly examination?: Examination;
  readonly epochsMax?: number;
  readonly learningRate?: number;
  readonly decay?: number;
  /** Rows of one step, at least: whole decisions. */
  readonly batchRows?: number;
  readonly progress?: (progress: { readonly stage: string; readonly fraction: number }) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface RankerTraining {
  readonly model: RankerModel;
  /** P(looked at) by position, relative to the first; all 1 where places were not considered. */
  readonly examination: Float64Array;
  /** The same by kind of row, relative to the mean of all. */
  readonly rowKinds: Readonly<Record<string, number>>;
  readonly epochs: number;
  /** Of the validation part, by epoch. */
  readonly losses: readonly number[];
  /** The decisions that it was stopped and calibrated by, and the scores that TensorFlow.js gives their rows. */
  readonly validation: { readonly from: number };
  readonly validationScores: Float64Array;
}

interface Network {
  readonly weights: readonly Variable[];
  readonly biases: readonly Variable[];
  readonly positions: Variable;
  readonly rowKinds: Variable;
}

/** Some decisions' rows, [rows × columns]; a place and a kind is a row of zeros with a one. */
interface Batch {
  readonly z: Float32Array;
  readonly labels: Float32Array;
  readonly places: Float32Array;
  readonly kinds: Float32Array;
  readonly rowCount: number;
}

export async function trainRanker(rows: RankerRows, options: TrainRankerOptions): Promise<RankerTraining> {
  const {
    hidden = [24, 12],
    examination = "estimated",
    epochsMax = 30,
    learningRate = 5e-3,
    decay = 1e-3,
    batchRows = 2048,
  } = options;
  const decisions = decisionCount(rows);
  const cut = Math.max(1, Math.floor(decisions * (1 - VALIDATION_SHARE)));
  const train = sliceDecisions(rows, 0, cut);
  const validation = cut < decisions ? sliceDecisions(rows, cut, decisions) : train;
  const { features, z } = standardise(train);
  assert(features.length > 0, "a feature that is not the same in every row");
  const shape = { width: features.length, kinds: Math.max(1, rows.rowKindNames.length) };
  const rng = createRng(options.seed);
  const tf = await openTensorflow();
  const network = createNetwork(tf, [features.length, ...hidden], shape.kinds, rng.fork("weights"));
  const variables = [
    ...network.weights,
    ...network.biases,
    ...(examination === "none" ? [] : [network.positions, network.rowKinds]),
  ];
  const optimizer = tf.train.adam(learningRate);
  const lossOf = (batch: Batch): Tensor => logLoss(tf, network, batch, { examination, width: features.length });
  const penalty = (): Tensor =>
    tf.add(
      tf.mul(
        decay,
        network.weights.map((weight) => tf.sum(tf.square(weight))).reduce((a, b) => tf.add(a, b)),
      ),
      tf.mul(ROW_KIND_DECAY / shape.kinds, tf.sum(tf.square(network.rowKinds))),
    );
  try {
    const zTrain = z(train);
    const zValidation = z(validation);
    const measured = batchesOf(validation, zValidation, shape, batchRows);
    const order = rng.fork("order");
    const losses: number[] = [];
    let best: { readonly loss: number; readonly values: readonly Float32Array[]; readonly epoch: number } | undefined;
    for (let epoch = 0; epoch < epochsMax; epoch++) {
      options.progress?.({ stage: "training the ranker", fraction: epoch / epochsMax });
      await new Promise<void>((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
      for (const batch of batchesOf(train, zTrain, shape, batchRows, order)) {
        optimizer.minimize(() => tf.tidy(() => tf.add(lossOf(batch), penalty()) as Scalar), false, variables);
      }
      let sum = 0;
      let count = 0;
      for (const batch of measured) {
        sum += tf.tidy(() => lossOf(batch).dataSync()[0]!) * batch.rowCount;
        count += batch.rowCount;
      }
      losses.push(sum / count);
      if (best === undefined || sum / count < best.loss) {
        best = {
          loss: sum / count,
          values: variables.map((variable) => variable.dataSync().slice() as Float32Array),
          epoch,
        };
      } else if (epoch - best.epoch >= PATIENCE) break;
    }
    assert(best !== undefined, "an epoch that was measured");
    const { values, epoch } = best;
    assert(
      values.every((each) => each.every(Number.isFinite)),
      "finite weights",
    );
    variables.forEach((variable, at) => {
      variable.assign(tf.tensor(values[at]!, variable.shape));
    });
    const layers = network.weights.map((weight, at): RankerLayer => {
      const [inputs, outputs] = weight.shape as [number, number];
      return {
        inputs,
        outputs,
        weights: weight.dataSync().slice() as Float32Array,
        bias: network.biases[at]!.dataSync().slice() as Float32Array,
      };
    });
    const looks = looksOf(network, examination);
    const outputs = tf.tidy(() =>
      forward(tf, network, tf.tensor2d(zValidation, [validation.rowCount, features.length])).dataSync(),
    );
    const calibration = calibrate(outputs as Float32Array, validation, looks.of);
    options.progress?.({ stage: "training the ranker", fraction: 1 });
    return {
      model: {
        version: options.version,
        trainedAt: options.trainedAt,
        decisions,
        rows: rows.rowCount,
        features: [...features],
        layers,
        calibration,
      },
      examination: Float64Array.from({ length: POSITIONS }, (_, position) => looks.of(position, -1) / looks.of(0, -1)),
      rowKinds: Object.fromEntries(rows.rowKindNames.map((name, kind) => [name, looks.of(0, kind) / looks.of(0, -1)])),
      epochs: epoch + 1,
      losses,
      validation: { from: cut < decisions ? cut : 0 },
      validationScores: Float64Array.from(outputs, (f) => calibration.slope * f + calibration.intercept),
    };
  } finally {
    for (const variable of [...network.weights, ...network.biases, network.positions, network.rowKinds])
      variable.dispose();
    optimizer.dispose();
  }
}

/** He et al. 2015: deviation √(2 / inputs), out of our own chance. */
function createNetwork(tf: Tensorflow, widths: readonly number[], kinds: number, rng: Rng): Network {
  const sizes = [...widths, 1];
  return {
    weights: widths.map((inputs, at) => {
      const outputs = sizes[at + 1]!;
      const scale = Math.sqrt((at === widths.length - 1 ? 1 : 2) / inputs);
      return tf.variable(
        tf.tensor2d(
          Float32Array.from({ length: inputs * outputs }, () => scale * rng.normal()),
          [inputs, outputs],
        ),
      );
    }),
    biases: widths.map((_, at) => tf.variable(tf.zeros([sizes[at + 1]!]))),
    positions: tf.variable(tf.zeros([POSITIONS - 1, 1])),
    rowKinds: tf.variable(tf.zeros([Math.max(1, kinds), 1])),
  };
}

/** [rows × 1] log-odds before calibration. */
function forward(tf: Tensorflow, { weights, biases }: Network, z: Tensor2D): Tensor2D {
  let h: Tensor2D = z;
  for (const [at, weight] of weights.entries()) {
    const sum = tf.add(tf.matMul(h, weight as unknown as Tensor2D), biases[at]!) as Tensor2D;
    h = at === weights.length - 1 ? sum : tf.relu(sum);
  }
  return h;
}

/** [rows × 1]: what the place adds; EXAMINED_FIRST at the first one of the mean kind. */
function placeLogits(tf: Tensorflow, network: Network, { places, kinds, rowCount }: Batch): Tensor {
  const table = tf.concat(
    [tf.tensor2d([EXAMINED_FIRST], [1, 1]), tf.mul(PLACE_SPEED, network.positions) as Tensor2D],
    0,
  );
  return tf.add(
    tf.matMul(tf.tensor2d(places, [rowCount, POSITIONS]), table),
    tf.matMul(
      tf.tensor2d(kinds, [rowCount, network.rowKinds.shape[0]!]),
      tf.mul(PLACE_SPEED, network.rowKinds) as Tensor2D,
    ),
  );
}

function logLoss(
  tf: Tensorflow,
  network: Network,
  batch: Batch,
  { examination, width }: { readonly examination: Examination; readonly width: number },
): Tensor {
  const y = tf.tensor2d(batch.labels, [batch.rowCount, 1]);
  const pick = tf.sigmoid(forward(tf, network, tf.tensor2d(batch.z, [batch.rowCount, width])));
  const p = examination === "none" ? pick : tf.mul(tf.sigmoid(placeLogits(tf, network, batch)), pick);
  const logOf = (value: Tensor): Tensor => tf.log(tf.add(value, EPSILON));
  return tf.neg(tf.mean(tf.add(tf.mul(y, logOf(p)), tf.mul(tf.sub(1, y), logOf(tf.sub(1, p))))));
}

/** Whole decisions, at least `batchRows` rows of them each; in random order with `rng`. */
function batchesOf(
  rows: RankerRows,
  z: Float32Array,
  shape: { readonly width: number; readonly kinds: number },
  batchRows: number,
  rng?: Rng,
): Batch[] {
  const { decisionOffsets } = rows;
  const order = Array.from(rows.decisionAt.keys());
  if (rng) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = rng.int(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
  }
  const batches: Batch[] = [];
  let chosen: number[] = [];
  let taken = 0;
  const close = (): void => {
    const batch: Batch = {
      z: new Float32Array(taken * shape.width),
      labels: new Float32Array(taken),
      places: new Float32Array(taken * POSITIONS),
      kinds: new Float32Array(taken * shape.kinds),
      rowCount: taken,
    };
    let at = 0;
    for (const decision of chosen) {
      for (let row = decisionOffsets[decision]!; row < decisionOffsets[decision + 1]!; row++, at++) {
        batch.z.set(z.subarray(row * shape.width, (row + 1) * shape.width), at * shape.width);
        batch.labels[at] = rows.labels[row]!;
        batch.places[at * POSITIONS + Math.min(POSITIONS - 1, rows.positions[row]!)] = 1;
        batch.kinds[at * shape.kinds + rows.rowKinds[row]!] = 1;
      }
    }
    batches.push(batch);
    chosen = [];
    taken = 0;
  };
  for (const decision of order) {
    chosen.push(decision);
    taken += decisionOffsets[decision + 1]! - decisionOffsets[decision]!;
    if (taken >= batchRows) close();
  }
  if (chosen.length > 0) close();
  return batches;
}

export interface Looks {
  /** P(looked at); row kind −1: of the mean kind. */
  of(position: number, rowKind: number): number;
}

function looksOf(network: Network, examination: Examination): Looks {
  if (examination === "none") return { of: () => 1 };
  const table = [EXAMINED_FIRST, ...Array.from(network.positions.dataSync(), (value) => PLACE_SPEED * value)];
  const kinds = Array.from(network.rowKinds.dataSync(), (value) => PLACE_SPEED * value);
  const meanKind = kinds.reduce((sum, kind) => sum + kind, 0) / kinds.length;
  return {
    of(position, rowKind) {
      const logit = table[Math.min(POSITIONS - 1, position)]! + (rowKind < 0 ? meanKind : kinds[rowKind]!);
      return logistic(logit);
    },
  };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const NEWTON_STEPS = 30;

/**
 * Platt's two parameters on rows that no weight was fitted to: p = look · σ(slope · f + intercept). Newton's method with
 * Fisher's information; stays at (1, 0) where there is nothing to fit.
 */
function calibrate(outputs: Float32Array, rows: RankerRows, looks: Looks["of"]): { slope: number; intercept: number } {
  let slope = 1;
  let intercept = 0;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let [gs, gi, ss, si, ii] = [0, 0, 0, 0, 0];
    for (let row = 0; row < rows.rowCount; row++) {
      const f = outputs[row]!;
      const look = Math.min(1, looks(rows.positions[row]!, rows.rowKinds[row]!));
      const pick = logistic(slope * f + intercept);
      const p = Math.min(1 - EPSILON, Math.max(EPSILON, look * pick));
      const slopeOfP = look * pick * (1 - pick);
      const pull = ((rows.labels[row]! - p) / (p * (1 - p))) * slopeOfP;
      const information = slopeOfP ** 2 / (p * (1 - p));
      gs += pull * f;
      gi += pull;
      ss += information * f * f;
      si += information * f;
      ii += information;
    }
    const determinant = ss * ii - si * si;
    if (!(determinant > 1e-12 * ss * ii)) break;
    const moveSlope = (ii * gs - si * gi) / determinant;
    const moveIntercept = (ss * gi - si * gs) / determinant;
    slope += Math.min(1, Math.max(-1, moveSlope));
    intercept += Math.min(2, Math.max(-2, moveIntercept));
    if (Math.abs(moveSlope) + Math.abs(moveIntercept) < 1e-9) break;
  }
  // An order turned round by chance of the validation part is none.
  return slope > 0.05 && Number.isFinite(intercept) ? { slope, intercept } : { slope: 1, intercept: 0 };
}
