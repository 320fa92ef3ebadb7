/**
 * Holds a model against a split, always beside Popular and Random on the same users: full ranking of the catalogue,
 * every metric with a 95% interval over users, and the paired difference to Popular.
 * A user is evaluated when the split has a target for them; a model that returns nothing for a user scores 0 there.
 */

import type { Rng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { Interactions, Split } from "./dataset.ts";
import { accuracyMetrics } from "./metrics/accuracy.ts";
import { itemCounts, itemSurprise, meanOver, popularityRanks } from "./metrics/beyond-accuracy.ts";
import { type MetricValue, meansWithIntervals } from "./metrics/interval.ts";
import type { Control, FitControl, FittedModel, ItemLists } from "./model.ts";
import { requireModel } from "./models/registry.ts";
import type { ParameterInput } from "./parameters.ts";

export interface ModelSpec {
  readonly name: string;
  readonly parameters?: ParameterInput | undefined;
}

/** Per-user metrics by name; "coverage@k" besides, which is one number over all users. */
const perUserMetrics = [...Object.keys(accuracyMetrics), "novelty", "popularityRank"];
const metricNames = [...perUserMetrics, "coverage"];

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

export interface ModelEvaluation {
  readonly name: string;
  readonly parameters: ParameterInput;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** This model minus Popular, paired over users; for per-user metrics. Empty for Popular itself. */
  readonly againstPopular: Readonly<Record<string, MetricValue>>;
}

export interface Evaluation {
  readonly userCount: number;
  readonly model: ModelEvaluation;
  readonly popular: ModelEvaluation;
  readonly random: ModelEvaluation;
}

export interface EvaluateOptions {
  /** "name@k" each; DEFAULT_METRICS when left out. */
  readonly metrics?: readonly string[] | undefined;
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
  const fitOne = (name: string, parameters: ParameterInput) =>
    requireModel(name).fit(split.train, parameters, { ...control, rng: control.rng.fork(`fit:${name}`) });
  const model = await fitOne(spec.name, spec.parameters ?? {});
  return evaluateFitted(model, split, control, options);
}

/** The same for a model that is fitted already (on the split's training part, or the numbers mean nothing). */
export async function evaluateFitted(
  model: FittedModel,
  split: Split,
  control: Control & { readonly rng: Rng },
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const metrics = (options.metrics ?? DEFAULT_METRICS).map(parseMetric);
  const floors = { popularity: POPULAR_PARAMETERS, random: {} };
  const [popular, random] = (await Promise.all(
    Object.entries(floors).map(([name, parameters]) =>
      requireModel(name).fit(split.train, parameters, { signal: control.signal, rng: control.rng.fork(`fit:${name}`) }),
    ),
  )) as [FittedModel, FittedModel];

  const users = evaluatedUsers(split.targets);
  const count = Math.max(1, ...metrics.map(({ k }) => k));
  const popularityOf = itemCounts(split.train);
  const context: Context = {
    split,
    users,
    metrics,
    surprise: itemSurprise(popularityOf),
    ranks: popularityRanks(popularityOf),
  };
  const tables: Float64Array[][] = [];
  const coverages: MetricValue[][] = [];
  for (const fitted of [model, popular, random]) {
    const lists = await fitted.recommend({ histories: split.histories, count }, control);
    tables.push(metrics.map((metric) => perUserValues(context, metric, lists)));
    coverages.push(metrics.map((metric) => coverage(context, metric, lists)));
  }

  // One call for all series: the same resamples of users for every model and difference.
  const differences = [0, 2].map((m) =>
    metrics.map((_, s) => tables[m]![s]!.map((value, user) => value - tables[1]![s]![user]!)),
  );
  const series = [...tables.flat(), ...differences.flat()];
  const values = meansWithIntervals(series, control.rng.fork("bootstrap"));
  const block = (index: number) => values.slice(index * metrics.length, (index + 1) * metrics.length);

  const report = (fitted: FittedModel, index: number, difference: MetricValue[]): ModelEvaluation => ({
    name: fitted.name,
    parameters: fitted.parameters,
    metrics: Object.fromEntries(
      metrics.map(({ label, name }, s) => [label, name === "coverage" ? coverages[index]![s]! : block(index)[s]!]),
    ),
    againstPopular: Object.fromEntries(
      metrics.flatMap(({ label, name }, s) => (name === "coverage" || !difference[s] ? [] : [[label, difference[s]]])),
    ),
  });
  return {
    userCount: users.length,
    model: report(model, 0, block(3)),
    popular: report(popular, 1, []),
    random: report(random, 2, block(4)),
  };
}

interface Metric {
  readonly label: string;
  readonly name: string;
  readonly k: number;
}

function parseMetric(label: string): Metric {
  const [name = "", depth = "", ...rest] = label.split("@");
  const k = Number(depth);
  if (rest.length > 0 || !metricNames.includes(name) || !/^[0-9]+$/.test(depth) || k < 1 || k > METRIC_DEPTH_MAX) {
    throw new UserError(
      `unknown metric "${label}"; accepted: ${metricNames.join(", ")}, each with @ and a depth from 1 to ${METRIC_DEPTH_MAX}`,
    );
  }
  return { label, name, k };
}

interface Context {
  readonly split: Split;
  /** Indices of the users that have a target. */
  readonly users: readonly number[];
  readonly metrics: readonly Metric[];
  readonly surprise: Float64Array;
  readonly ranks: Float64Array;
}

function evaluatedUsers(targets: Interactions): number[] {
  const users: number[] = [];
  for (let user = 0; user < targets.userCount; user++) {
    if (targets.rowOffsets[user + 1]! > targets.rowOffsets[user]!) users.push(user);
  }
  return users;
}

function rankedOf(lists: ItemLists, user: number): Int32Array {
  const start = user * lists.count;
  return lists.itemIndices.subarray(start, start + lists.filled[user]!);
}

function perUserValues(
  { split, users, surprise, ranks }: Context,
  { name, k }: Metric,
  lists: ItemLists,
): Float64Array {
  const { targets } = split;
  return Float64Array.from(users, (user) => {
    const ranked = rankedOf(lists, user);
    if (name === "novelty") return meanOver(ranked, surprise, k) ?? Number.NaN;
    if (name === "popularityRank") return meanOver(ranked, ranks, k) ?? Number.NaN;
    if (name === "coverage") return Number.NaN;
    const relevant = new Set(targets.itemIndices.subarray(targets.rowOffsets[user]!, targets.rowOffsets[user + 1]!));
    return accuracyMetrics[name as keyof typeof accuracyMetrics](ranked, relevant, k);
  });
}

/** No interval: a share of the catalogue is not a mean over users (a resample of fewer distinct users covers less). */
function coverage({ split, users }: Context, { k }: Metric, lists: ItemLists): MetricValue {
  if (users.length === 0 || split.train.itemCount === 0) return { kind: "undefined", reason: "no users or no items" };
  const shown = new Set<number>();
  for (const user of users) for (const item of rankedOf(lists, user).subarray(0, k)) shown.add(item);
  const value = shown.size / split.train.itemCount;
  return { kind: "value", value, userCount: users.length };
}
