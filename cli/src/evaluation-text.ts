/** An evaluation as a person reads it: what was done, the figures with their intervals, what to know, time and memory. */
import type { ModelEvaluation } from "@thewatcher/engine/evaluate";
import type { MetricValue } from "@thewatcher/engine/metrics/interval";
import { seconds, table, thousands } from "./console.ts";
import type { EvaluationReport, SeedFigure, SeedsReport } from "./evaluation.ts";

const MEBIBYTE = 2 ** 20;

export function evaluationText(report: EvaluationReport): string {
  const { counts, evaluation, stages } = report;
  const { model } = evaluation;
  const parts = [
    titleOf(report, `seed ${report.seed}`),
    `Trained on ${thousands(counts.trainingInteractions)} interactions of ${thousands(counts.trainingUsers)} users; ${thousands(counts.targetInteractions)} targets of ${thousands(counts.evaluatedUsers)} users, ranked among ${thousands(counts.catalogue)} items.`,
    ...notes(report),
    "",
    comparison(model.name, evaluation),
    ...(evaluation.segments ?? []).flatMap((segment) => [
      "",
      `${segment.name} (${segment.definition}): ${thousands(segment.userCount)} users`,
      ...(segment.userCount === 0 ? [] : [comparison(model.name, segment)]),
    ]),
    "",
    table(
      ["stage", "seconds"],
      stages.map(({ stage, durationMs }) => [stage, Number((durationMs / 1000).toFixed(2))]),
    ),
    `${seconds(durationOf(report))} in all, peak memory ${thousands(report.peakMemoryBytes / MEBIBYTE)} MiB`,
  ];
  return parts.join("\n");
}

/** "ease (regularization 200…), leave-one-out, inner, seed 1, kernels simd" */
function titleOf({ evaluation, protocol }: EvaluationReport, seeds: string): string {
  const { name, parameters, kernelPath } = evaluation.model;
  const settings = Object.entries(parameters)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
  return `${name}${settings === "" ? "" : ` (${settings})`}, ${protocol}, ${seeds}${kernelPath ? `, kernels ${kernelPath}` : ""}`;
}

export function seedsText({ runs, summary }: SeedsReport): string {
  const [first] = runs;
  const last = runs.at(-1);
  if (!first || !last) return "";
  const { name } = first.evaluation.model;
  const text = ({ mean, standardError }: SeedFigure) => `${mean.toFixed(4)} ± ${standardError.toFixed(4)}`;
  return [
    `${titleOf(first, `seeds ${first.seed} to ${last.seed}`)}; mean ± standard error over ${runs.length} seeds`,
    "",
    table(
      ["metric", name, "Popular", "Random", `${name} - Popular`, `${name} - Random`],
      summary.map((row) => [
        row.metric,
        text(row.model),
        text(row.popular),
        text(row.random),
        text(row.againstPopular),
        text(row.againstRandom),
      ]),
    ),
    "",
    `${seconds(runs.reduce((sum, run) => sum + durationOf(run), 0))} in all, peak memory ${thousands(last.peakMemoryBytes / MEBIBYTE)} MiB`,
  ].join("\n");
}

const durationOf = ({ stages }: EvaluationReport): number =>
  stages.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** What is unusual in the data, counted. */
function notes({ counts }: EvaluationReport): string[] {
  const lines: readonly (readonly [number, string])[] = [
    [counts.belowMinValue, "rows have a lower value and are left out"],
    [counts.repeatedInteractions, "training rows repeat another one of the same user and item and count once"],
    [
      counts.targetsLeftOut,
      "test rows are in the user's training, history or exclude already: they are never recommended, so they are no targets",
    ],
    [counts.targetsOutsideCatalogue, "targets are items that training does not know: they count as misses"],
    [counts.coldUsers, "evaluated users have no input at all: a model that says nothing scores 0 there"],
    [counts.untrainedUsers - counts.coldUsers, "evaluated users were not trained on, only given as input"],
  ];
  return lines.filter(([count]) => count > 0).map(([count, what]) => `  ${thousands(count)} ${what}`);
}

function comparison(
  name: string,
  {
    model,
    popular,
    random,
  }: { readonly model: ModelEvaluation; readonly popular: ModelEvaluation; readonly random: ModelEvaluation },
): string {
  return table(
    ["metric", name, "Popular", "Random", `${name} - Popular`, `${name} - Random`],
    Object.keys(model.metrics).map((metric) => [
      metric,
      figureText(model.metrics[metric]),
      figureText(popular.metrics[metric]),
      figureText(random.metrics[metric]),
      figureText(model.againstPopular[metric], "signed"),
      figureText(model.againstRandom[metric], "signed"),
    ]),
  );
}

/** Four digits that say something: .0542, 12.35, 1234. */
export function figureText(value: MetricValue | undefined, sign: "plain" | "signed" = "plain"): string {
  if (value === undefined) return "–";
  if (value.kind === "undefined") return `undefined (${value.reason})`;
  const magnitude = Math.max(
    Math.abs(value.value),
    Math.abs(value.interval?.low ?? 0),
    Math.abs(value.interval?.high ?? 0),
  );
  const digits = magnitude < 10 ? 4 : magnitude < 100 ? 2 : 1;
  const text = (figure: number) => `${sign === "signed" && figure > 0 ? "+" : ""}${figure.toFixed(digits)}`;
  return `${text(value.value)}${value.interval ? ` [${text(value.interval.low)}, ${text(value.interval.high)}]` : ""}`;
}
