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
 * The last part of the decisions (by time) stops the training at its best epoch. Seeded, one thread: the
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
  /** P(looked at) of the first place by kind of row, relative to a kind of no effect. */
  readonly rowKinds: Readonly<Record<string, number>>;
  readonly epochs: number;
  /** Of the validation part, by epoch. */
  readonly losses: readonly number[];
  /** What TensorFlow.js says of each row, calibrated. */
  readonly scores: Float64Array;
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
    const scoresOf = (given: Float32Array, rowCount: number): Float32Array =>
      tf.tidy(() => forward(tf, network, tf.tensor2d(given, [rowCount, features.length])).dataSync() as Float32Array);
    const outputs = scoresOf(z(rows), rows.rowCount);
    const places = examination === "none" ? undefined : placesOf(network);
    const calibration = calibrate(outputs, rows, places);
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
      examination: Float64Array.from({ length: POSITIONS }, (_, position) =>
        places ? logistic(places.table[position]!) / logistic(EXAMINED_FIRST) : 1,
      ),
      rowKinds: Object.fromEntries(
        rows.rowKindNames.map((name, kind) => [
          name,
          places ? logistic(EXAMINED_FIRST + places.kinds[kind]!) / logistic(EXAMINED_FIRST) : 1,
        ]),
      ),
      epochs: epoch + 1,
      losses,
      scores: Float64Array.from(outputs, (f) => calibration.slope * f + calibration.intercept),
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

/** Log-odds of a look; the mean of the kinds is 0. */
interface Places {
  /** [POSITIONS]. */
  readonly table: Float64Array;
  readonly kinds: Float64Array;
  look(position: number, rowKind: number): number;
}

function placesOf(network: Network): Places {
  const table = Float64Array.from([EXAMINED_FIRST, ...network.positions.dataSync()], (value, position) =>
    position === 0 ? value : PLACE_SPEED * value,
  );
  const kinds = Float64Array.from(network.rowKinds.dataSync(), (value) => PLACE_SPEED * value);
  return { table, kinds, look: (position, rowKind) => logistic(table[position]! + kinds[rowKind]!) };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Turns of slope, intercept and table; the curve of looks moves by less than .001 behind them. */
const TURNS = 30;
/** A step of log-odds: further than that the curvature of where it started says nothing. */
const STEP_MAX = 1;

/**
 * Platt's slope and intercept, and the table of places again, with the network as it stands:
 * p = σ(b_position + c_kind) · σ(slope · f + intercept). The first place alone says how high picks are without the factor of
 * a look, so the intercept is fitted to its rows, and each other place's entry to its own; the slope to all. In the joint
 * likelihood nineteen of twenty rows decide that level by the shape of σ, which a network held down by decay does not
 * have: on the simulated world all places then come out a tenth too high. Newton's method with Fisher's information.
 */
function calibrate(
  outputs: Float32Array,
  rows: RankerRows,
  places: Places | undefined,
): { readonly slope: number; readonly intercept: number } {
  let slope = 1;
  let intercept = 0;
  const step = (gradient: number, information: number): number =>
    information > 0 ? Math.min(STEP_MAX, Math.max(-STEP_MAX, gradient / information)) : 0;
  for (let turn = 0; turn < TURNS; turn++) {
    let [slopeGradient, slopeInformation, gradient, information] = [0, 0, 0, 0];
    const gradients = new Float64Array(POSITIONS);
    const informations = new Float64Array(POSITIONS);
    for (let row = 0; row < rows.rowCount; row++) {
      const f = outputs[row]!;
      const position = Math.min(POSITIONS - 1, rows.positions[row]!);
      const look = places ? places.look(position, rows.rowKinds[row]!) : 1;
      const pick = logistic(slope * f + intercept);
      const p = Math.min(1 - EPSILON, Math.max(EPSILON, look * pick));
      const pull = (rows.labels[row]! - p) / (p * (1 - p));
      const rise = look * pick * (1 - pick);
      slopeGradient += pull * rise * f;
      slopeInformation += (rise * f) ** 2 / (p * (1 - p));
      if (!places || position === 0) {
        gradient += pull * rise;
        information += rise ** 2 / (p * (1 - p));
      }
      const placeRise = look * (1 - look) * pick;
      gradients[position]! += pull * placeRise;
      informations[position]! += placeRise ** 2 / (p * (1 - p));
    }
    if (turn % 3 === 0) slope += step(slopeGradient, slopeInformation);
    else if (turn % 3 === 1) intercept += step(gradient, information);
    else if (places) {
      for (let position = 1; position < POSITIONS; position++) {
        const moved = places.table[position]! + step(gradients[position]!, informations[position]!);
        places.table[position] = Math.min(EXAMINED_FIRST, Math.max(-EXAMINED_FIRST, moved));
      }
    }
  }
  // An order that turns round on all rows is none that was learned.
  return slope > 0.05 && Number.isFinite(intercept) ? { slope, intercept } : { slope: 1, intercept: 0 };
}
