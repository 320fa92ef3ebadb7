/**
 * Holds a model against a split, always beside Popular and Random on the same users: full ranking of the catalogue,
 * every metric with a 95% interval over users, and the paired differences to Popular and to Random.
 * A user is evaluated when the split has a target for them; a model that returns nothing for a user scores 0 there.
 *
 * Users are ranked in batches, so that memory holds one number a user and metric, not the lists (but for coverage and
 * Gini, which are resampled: k items a user). The metrics are defined in `metrics/`, with examples.
 */

import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { Interactions, Split } from "./dataset.ts";
import { type AccuracyMetric, accuracyMetrics } from "./metrics/accuracy.ts";
import {
  calibration,
  coverage,
  densePopularityRanks,
  exposureGini,
  intraListDiversity,
  itemCounts,
  novelty,
  popularityLift,
  popularityRank,
  popularityRanks,
  type Shares,
  serendipity,
} from "./metrics/beyond-accuracy.ts";
import { type MetricValue, meansWithIntervals, type WholeFigures } from "./metrics/interval.ts";
import {
  type Cosine,
  categoryCosine,
  categoryShares,
  coOccurrenceCosine,
  coOccurrenceShares,
  type ItemCategories,
} from "./metrics/item-likeness.ts";
import { type Segment, segmentsOf } from "./metrics/segments.ts";
import { breathe, type Control, type FitControl, type FittedModel } from "./model.ts";
import { requireModel } from "./models/registry.ts";
import type { ParameterInput } from "./parameters.ts";

export interface ModelSpec {
  readonly name: string;
  readonly parameters?: ParameterInput | undefined;
}

/** Need the user's targets. */
const HIT_METRICS = [...Object.keys(accuracyMetrics), "serendipity"];
/** One number over all users. */
const WHOLE_METRICS = ["coverage", "exposureGini"];
export const METRIC_NAMES: readonly string[] = [
  ...HIT_METRICS,
  "coverage",
  "novelty",
  "popularityRank",
  "popularityLift",
  "intraListDiversity",
  "calibration",
  "exposureGini",
];

export const DEFAULT_METRICS: readonly string[] = [
  "recall@10",
  "ndcg@10",
  "hitRate@10",
  "mrr@10",
  "precision@10",
  "coverage@10",
  "novelty@10",
  "popularityRank@10",
];

/** The deepest list of an evaluation: beyond it a metric at k says nothing about a page. */
const METRIC_DEPTH_MAX = 10_000;
const MODEL_TITLES = ["the model", "Popular", "Random"] as const;
/** Users ranked at once, and places of their lists (8 bytes each), whichever is reached first. */
const BATCH_USERS_MAX = 4096;
const BATCH_PLACES_MAX = 2 ** 22;

export interface ModelEvaluation {
  readonly name: string;
  readonly parameters: ParameterInput;
  /** Which numerical path made it, where it used the kernels. */
  readonly kernelPath?: string | undefined;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** This model minus Popular, paired over users. Empty for Popular itself. */
  readonly againstPopular: Readonly<Record<string, MetricValue>>;
  /** This model minus Random, paired over users. Empty for Random itself. */
  readonly againstRandom: Readonly<Record<string, MetricValue>>;
}

interface Compared {
  readonly userCount: number;
  readonly model: ModelEvaluation;
  readonly popular: ModelEvaluation;
  readonly random: ModelEvaluation;
}

/** The same on a part: of the users, or of each user's targets. */
export interface SegmentEvaluation extends Compared {
  readonly name: string;
  readonly definition: string;
}

export interface Evaluation extends Compared {
  readonly segments?: readonly SegmentEvaluation[];
}

/** Each user's own figures, for those who want to look closer or test otherwise. */
export interface PerUserFigures {
  /** The split's user indices. */
  readonly users: readonly number[];
  readonly metrics: readonly string[];
  /** By model (the model, Popular, Random), metric and user; NaN where a user has no value. */
  readonly values: readonly (readonly Float64Array[])[];
}

export interface EvaluateOptions {
  /** "name@k" each; DEFAULT_METRICS when left out. */
  readonly metrics?: readonly string[] | undefined;
  readonly segments?: boolean | undefined;
  /** Genres, by the split's item index, for intra-list diversity and calibration. */
  readonly itemCategories?: ItemCategories | undefined;
  readonly perUser?: ((figures: PerUserFigures) => void) | undefined;
  /** Runs a stage; the caller may hold a watch beside it (nothing here reads a clock). */
  readonly timed?: (<Value>(stage: string, work: () => Promise<Value>) => Promise<Value>) | undefined;
}

/** Plain counts, as "popularity" means in published tables. */
const POPULAR_PARAMETERS: ParameterInput = { halfLifeDays: null, signal: "binary" };

/** Fits the model and both floors on the split's training part and evaluates all three. */
export async function evaluate(
  spec: ModelSpec,
  split: Split,
  control: FitControl,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { timed = (_stage, work) => work() } = options;
  const definition = requireModel(spec.name);
  (options.metrics ?? []).map(parseMetric);
  const model = await timed("fit the model", () =>
    definition.fit(split.train, spec.parameters ?? {}, { ...control, rng: control.rng.fork(`fit:${spec.name}`) }),
  );
  return evaluateFitted(model, split, control, options);
}

/** The same for a model that is fitted already (on the split's training part, or the numbers mean nothing). */
export async function evaluateFitted(
  model: FittedModel,
  split: Split,
  control: Control & { readonly rng: Rng },
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { timed = (_stage, work) => work() } = options;
  const metrics = distinctMetrics(options.metrics ?? DEFAULT_METRICS);
  const floors = { popularity: POPULAR_PARAMETERS, random: {} };
  const [popular, random] = (await timed("fit Popular and Random", () =>
    Promise.all(
      Object.entries(floors).map(([name, parameters]) =>
        requireModel(name).fit(split.train, parameters, {
          signal: control.signal,
          rng: control.rng.fork(`fit:${name}`),
        }),
      ),
    ),
  )) as [FittedModel, FittedModel];
  const models = [model, popular, random];

  const users = evaluatedUsers(split.targets);
  const context = createContext(split, metrics, options.itemCategories);
  const segments = options.segments ? segmentsOf(split, users, context.counts) : [];
  const segmentMetrics = (segment: Segment) =>
    metrics.filter(({ name }) => (segment.kind === "targets" ? HIT_METRICS.includes(name) : isPerUser(name)));
  const perUser = metrics.filter(({ name }) => isPerUser(name));
  const wholeMetrics = metrics.filter(({ name }) => WHOLE_METRICS.includes(name));
  const wholeDepth = Math.max(0, ...wholeMetrics.map(({ k }) => k));

  const newTable = (labels: readonly Metric[]) => labels.map(() => new Float64Array(users.length).fill(Number.NaN));
  const tables = models.map(() => newTable(perUser));
  const segmentTables = segments.map((segment) => models.map(() => newTable(segmentMetrics(segment))));
  const shown = models.map(() => new Int32Array(users.length * wholeDepth).fill(-1));
  const count = Math.max(1, ...metrics.map(({ k }) => k));
  const batchUsers = Math.max(1, Math.min(BATCH_USERS_MAX, Math.floor(BATCH_PLACES_MAX / count)));
  for (const [m, fitted] of models.entries()) {
    await timed(`rank and measure ${MODEL_TITLES[m]}`, async () => {
      for (let from = 0; from < users.length; from += batchUsers) {
        const batch = users.slice(from, from + batchUsers);
        const progress = control.progress;
        const lists = await fitted.recommend(
          {
            histories: takeRows(split.histories, batch),
            count,
            ...(split.exclude ? { exclude: takeLists(split.exclude, batch) } : {}),
          },
          {
            signal: control.signal,
            ...(progress && {
              progress: ({ fraction }) =>
                progress({
                  stage: `rank ${MODEL_TITLES[m]}`,
                  fraction: (from + fraction * batch.length) / users.length,
                }),
            }),
          },
        );
        for (let i = 0; i < batch.length; i++) {
          const u = from + i;
          // Pairs of titles and long lists take their time: a step now and then.
          if (i % 256 === 255) await breathe(control, `measure ${MODEL_TITLES[m]}`, u / users.length);
          const ranked = lists.itemIndices.subarray(i * count, i * count + lists.filled[i]!);
          const relevant = new Set(rowOf(split.targets, batch[i]!));
          const history = rowOf(split.histories, batch[i]!);
          perUser.forEach((metric, s) => {
            tables[m]![s]![u] = context.measure(metric, ranked, relevant, history);
          });
          shown[m]!.set(ranked.subarray(0, wholeDepth), u * wholeDepth);
          segments.forEach((segment, g) => {
            const mine = segment.kind === "targets" ? intersection(relevant, segment.items) : relevant;
            if (segment.kind === "targets" ? mine.size === 0 : !segment.users[u]) return;
            const own = perUser;
            segmentMetrics(segment).forEach((metric, s) => {
              segmentTables[g]![m]![s]![u] =
                mine === relevant
                  ? tables[m]![own.indexOf(metric)]![u]!
                  : context.measure(metric, ranked, mine, history);
            });
          });
        }
      }
    });
  }
  options.perUser?.({ users, metrics: perUser.map(({ label }) => label), values: tables });

  const report = (
    labels: readonly string[],
    values: readonly MetricValue[],
    userCount: number,
    order = labels,
  ): Compared => {
    const block = (index: number): Readonly<Record<string, MetricValue>> => {
      const found = new Map(labels.map((label, s) => [label, values[index * labels.length + s]!]));
      return Object.fromEntries(order.filter((label) => found.has(label)).map((label) => [label, found.get(label)!]));
    };
    const of = (m: number, againstPopular: number | undefined, againstRandom: number | undefined): ModelEvaluation => ({
      name: models[m]!.name,
      parameters: models[m]!.parameters,
      kernelPath: models[m]!.kernelPath,
      metrics: block(m),
      againstPopular: againstPopular === undefined ? {} : block(againstPopular),
      againstRandom: againstRandom === undefined ? {} : block(againstRandom),
    });
    // Blocks as `withDifferences` lays them out.
    return { userCount, model: of(0, 3, 4), popular: of(1, undefined, 5), random: of(2, 6, undefined) };
  };

  return timed("intervals", async () => {
    const wholes = wholeFigures(shown, wholeDepth, wholeMetrics, split.train.itemCount, users.length);
    const seriesValues = await meansWithIntervals(withDifferences(tables), control.rng.fork("bootstrap"), {
      userCount: users.length,
      wholes,
      control,
    });
    const perUserBlocks = seriesValues.slice(0, BLOCKS * perUser.length);
    const wholeBlocks = seriesValues.slice(BLOCKS * perUser.length).map((value, index) =>
      // A share of the catalogue and a Gini lie from 0 to 1, their shifted percentiles may not.
      index < 3 * wholeMetrics.length ? clamped(value) : value,
    );
    const labels = [...perUser, ...wholeMetrics].map(({ label }) => label);
    const values = Array.from({ length: BLOCKS }, (_, b) => [
      ...perUserBlocks.slice(b * perUser.length, (b + 1) * perUser.length),
      ...wholeBlocks.slice(b * wholeMetrics.length, (b + 1) * wholeMetrics.length),
    ]).flat();
    const whole = report(
      labels,
      values,
      users.length,
      metrics.map(({ label }) => label),
    );
    if (!options.segments) return whole;
    const segmentEvaluations: SegmentEvaluation[] = [];
    for (const [g, segment] of segments.entries()) {
      const inside = Array.from(users.keys()).filter((u) =>
        segment.kind === "users" ? segment.users[u] === 1 : !Number.isNaN(segmentTables[g]![0]![0]?.[u] ?? Number.NaN),
      );
      const mine = segmentTables[g]!.map((series) =>
        series.map((values_) => Float64Array.from(inside, (u) => values_[u]!)),
      );
      const segmentValues = await meansWithIntervals(
        withDifferences(mine),
        control.rng.fork(`bootstrap:${segment.name}`),
        {
          userCount: inside.length,
          control,
        },
      );
      segmentEvaluations.push({
        name: segment.name,
        definition: segment.definition,
        ...report(
          segmentMetrics(segment).map(({ label }) => label),
          segmentValues,
          inside.length,
        ),
      });
    }
    return { ...whole, segments: segmentEvaluations };
  });
}

/** Model, Popular, Random, then model - Popular, model - Random, Popular - Random, Random - Popular. */
const BLOCKS = 7;
const DIFFERENCES = [
  [0, 1],
  [0, 2],
  [1, 2],
  [2, 1],
] as const;

/** One call for all series: the same resamples of users for every model and difference. */
function withDifferences(tables: readonly (readonly Float64Array[])[]): Float64Array[] {
  return [
    ...tables.flat(),
    ...DIFFERENCES.flatMap(([a, b]) =>
      tables[a]!.map((values, s) => values.map((value, user) => value - tables[b]![s]![user]!)),
    ),
  ];
}

function wholeFigures(
  shown: readonly Int32Array[],
  depth: number,
  metrics: readonly Metric[],
  itemCount: number,
  userCount: number,
): WholeFigures {
  const exposures = new Int32Array(itemCount);
  const figure = (items: Int32Array, { name, k }: Metric, drawn: Uint32Array): number => {
    exposures.fill(0);
    for (let i = 0; i < drawn.length; i++) {
      const start = drawn[i]! * depth;
      for (let place = 0; place < k; place++) {
        const item = items[start + place]!;
        if (item < 0) break;
        exposures[item]!++;
      }
    }
    return (name === "coverage" ? coverage(exposures) : exposureGini(exposures)) ?? Number.NaN;
  };
  return {
    count: BLOCKS * metrics.length,
    // Three models; a Gini sorts the catalogue.
    cost: 3 * metrics.reduce((sum, { k }) => sum + userCount * k + 16 * itemCount, 0),
    of(drawn) {
      const values = shown.map((items) => metrics.map((metric) => figure(items, metric, drawn)));
      return [
        ...values.flat(),
        ...DIFFERENCES.flatMap(([a, b]) => values[a]!.map((value, s) => value - values[b]![s]!)),
      ];
    },
  };
}

function clamped(value: MetricValue): MetricValue {
  if (value.kind === "undefined" || !value.interval) return value;
  const { low, high } = value.interval;
  return { ...value, interval: { low: Math.max(0, low), high: Math.min(1, high) } };
}

interface Metric {
  readonly label: string;
  readonly name: string;
  readonly k: number;
}

const isPerUser = (name: string): boolean => !WHOLE_METRICS.includes(name);

/** "NDCG@10" is ndcg@10. */
function parseMetric(label: string): Metric {
  const [given = "", depth = "", ...rest] = label.split("@");
  const name = METRIC_NAMES.find((known) => known.toLowerCase() === given.toLowerCase());
  const k = Number(depth);
  if (rest.length > 0 || name === undefined || !/^[0-9]+$/.test(depth) || k < 1 || k > METRIC_DEPTH_MAX) {
    throw new UserError(
      `unknown metric "${label}"; accepted: ${METRIC_NAMES.join(", ")}, each with @ and a depth from 1 to ${METRIC_DEPTH_MAX}`,
    );
  }
  return { label: `${name}@${k}`, name, k };
}

function distinctMetrics(labels: readonly string[]): Metric[] {
  return [...new Map(labels.map((label) => parseMetric(label)).map((metric) => [metric.label, metric])).values()];
}

interface Context {
  readonly counts: Float64Array;
  measure(metric: Metric, ranked: Int32Array, relevant: ReadonlySet<number>, history: Int32Array): number;
}

/** What the metrics need of the training data, made when it is first asked for. */
function createContext(split: Split, metrics: readonly Metric[], categories: ItemCategories | undefined): Context {
  const { train } = split;
  const counts = itemCounts(train);
  const asksFor = (name: string) => metrics.some((metric) => metric.name === name);
  let userCount = 0;
  for (let user = 0; user < train.userCount; user++) if (rowOf(train, user).length > 0) userCount++;
  assert(!categories || categories.rowOffsets.length === train.itemCount + 1, "categories of the catalogue's items");
  const ranks = asksFor("popularityRank") ? popularityRanks(counts) : undefined;
  const denseRanks = asksFor("serendipity") ? densePopularityRanks(counts) : undefined;
  const cosine: Cosine | undefined = !asksFor("intraListDiversity")
    ? undefined
    : categories
      ? categoryCosine(categories)
      : coOccurrenceCosine(train);
  const shares: Shares | undefined = !asksFor("calibration")
    ? undefined
    : categories
      ? categoryShares(categories)
      : coOccurrenceShares(train, counts);
  const figureOf = (
    { name, k }: Metric,
    ranked: Int32Array,
    relevant: ReadonlySet<number>,
    history: Int32Array,
  ): number | undefined => {
    switch (name) {
      case "novelty":
        return novelty(ranked, { counts, userCount }, k);
      case "popularityRank":
        return ranks && popularityRank(ranked, ranks, k);
      case "popularityLift":
        return popularityLift(ranked, history, counts, k);
      case "serendipity":
        return denseRanks && serendipity(ranked, relevant, denseRanks, k);
      case "intraListDiversity":
        return cosine && intraListDiversity(ranked, cosine, k);
      case "calibration":
        return shares && calibration(ranked, history, shares, k);
      default: {
        const metric: AccuracyMetric = accuracyMetrics[name as keyof typeof accuracyMetrics];
        return metric(ranked, relevant, k);
      }
    }
  };
  return { counts, measure: (metric, ...of) => figureOf(metric, ...of) ?? Number.NaN };
}

function evaluatedUsers(targets: Interactions): number[] {
  const users: number[] = [];
  for (let user = 0; user < targets.userCount; user++) {
    if (targets.rowOffsets[user + 1]! > targets.rowOffsets[user]!) users.push(user);
  }
  return users;
}

const rowOf = (
  { rowOffsets, itemIndices }: Pick<Interactions, "rowOffsets" | "itemIndices">,
  user: number,
): Int32Array => itemIndices.subarray(rowOffsets[user]!, rowOffsets[user + 1]!);

function intersection(relevant: ReadonlySet<number>, items: Uint8Array): Set<number> {
  const both = new Set<number>();
  for (const item of relevant) if (items[item] === 1) both.add(item);
  return both;
}

function takeLists(
  data: Pick<Interactions, "rowOffsets" | "itemIndices">,
  users: readonly number[],
): { rowOffsets: Uint32Array; itemIndices: Int32Array } {
  const rowOffsets = offsetsOf(data, users);
  const itemIndices = new Int32Array(rowOffsets[users.length]!);
  users.forEach((user, row) => {
    itemIndices.set(rowOf(data, user), rowOffsets[row]!);
  });
  return { rowOffsets, itemIndices };
}

/** The rows of these users, in this order. */
function takeRows(data: Interactions, users: readonly number[]): Interactions {
  const { rowOffsets, itemIndices } = takeLists(data, users);
  const weights = new Float32Array(itemIndices.length);
  const occurredAt = new Float64Array(itemIndices.length);
  users.forEach((user, row) => {
    const from = data.rowOffsets[user]!;
    const to = data.rowOffsets[user + 1]!;
    weights.set(data.weights.subarray(from, to), rowOffsets[row]!);
    occurredAt.set(data.occurredAt.subarray(from, to), rowOffsets[row]!);
  });
  const userCountries = Int32Array.from(users, (user) => data.userCountries[user]!);
  return { ...data, userCount: users.length, rowOffsets, itemIndices, weights, occurredAt, userCountries };
}

function offsetsOf(data: Pick<Interactions, "rowOffsets">, users: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(users.length + 1);
  users.forEach((user, row) => {
    offsets[row + 1] = offsets[row]! + data.rowOffsets[user + 1]! - data.rowOffsets[user]!;
  });
  return offsets;
}
