/** Answers as a person reads them. */
import type { Reason, RecommendationList } from "@thewatcher/contracts/api/serving";
import type { Evaluation, ModelEvaluation } from "@thewatcher/engine/evaluate";
import type { MetricValue } from "@thewatcher/engine/metrics/interval";
import type { RankerSummary } from "@thewatcher/trainer/trainer";
import { table, thousands } from "./console.ts";

export function metricText(value: MetricValue | undefined): string {
  if (!value) return "–";
  if (value.kind === "undefined") return `undefined (${value.reason})`;
  const interval = value.interval ? ` [${value.interval.low.toFixed(3)}, ${value.interval.high.toFixed(3)}]` : "";
  return `${value.value.toFixed(3)}${interval}`;
}

/** "nDCG@10 on 2,088 viewers' last watch: ease 0.124 [0.118, 0.131] · Popular 0.051 […] · Random 0.002 […]" */
export function evaluationLine(evaluation: Evaluation): string {
  const of = (model: ModelEvaluation, name: string): string => `${name} ${metricText(model.metrics["ndcg@10"])}`;
  return `nDCG@10 on the last watch of ${evaluation.userCount.toLocaleString("en-US")} viewers: ${of(evaluation.model, evaluation.model.name)} · ${of(evaluation.popular, "Popular")} · ${of(evaluation.random, "Random")}`;
}

export function evaluationTable(evaluation: Evaluation): string {
  const names = Object.keys(evaluation.model.metrics);
  const rows = [evaluation.model, evaluation.popular, evaluation.random].map((model) => [
    model === evaluation.model ? model.name : model === evaluation.popular ? "Popular" : "Random",
    ...names.map((name) => metricText(model.metrics[name])),
  ]);
  return table(["model", ...names], rows);
}

/** What became of the ranker, in one line. */
export function rankerLine(ranker: RankerSummary): string {
  const order = "pages keep the order of their sources' scores";
  switch (ranker.kind) {
    case "too_few":
      return `Ranker: not trained, ${order}: ${thousands(ranker.decisions)} decisions that somebody looked at are logged, ${thousands(ranker.needed)} are needed.`;
    case "failed":
      return `Ranker: could not be trained, ${order}: ${ranker.detail}`;
    case "trained":
    case "not_better": {
      const { ranker: own, blended, difference, decisions } = ranker.judgement;
      const figures = `nDCG ${own.toFixed(4)} against ${blended.toFixed(4)} of the sources' order on ${thousands(decisions)} later decisions (difference ${difference.low.toFixed(4)} to ${difference.high.toFixed(4)})`;
      return ranker.kind === "trained"
        ? `Ranker ${ranker.version}: trained on ${thousands(ranker.rows)} cards of ${thousands(ranker.decisions)} decisions; ${figures}.`
        : `Ranker: not published, since it is not better for certain; ${order}. ${figures}.`;
    }
  }
}

export function reasonText(reason: Reason, nameOf: (titleId: string) => string): string {
  switch (reason.kind) {
    case "because_you_watched":
      return `because you watched ${reason.seedName}`;
    case "similar_to_history":
      return reason.seeds.length === 0
        ? "like what you watched"
        : `like ${reason.seeds.map((seed) => nameOf(seed.titleId)).join(", ")}`;
    case "popular_in_country":
      return `number ${reason.rank} in ${reason.country}`;
    case "popular":
      return `number ${reason.rank} everywhere`;
    case "new":
      return "new in the catalogue";
    case "continue_watching":
      return `stopped at ${Math.round(reason.positionSeconds / 60)} min`;
    case "genre":
      return `your ${reason.genre}`;
    case "similar_to_title":
      return `like ${nameOf(reason.titleId)}`;
    case "trending_in_country":
      return `${reason.growth.toFixed(1)} times its usual viewers in ${reason.country}`;
    case "popular_in_segment":
      return `number ${reason.rank} of viewers like you`;
    case "editorial":
      return `of the collection ${reason.collectionName}`;
    case "exploration":
      return `drawn with probability ${reason.propensity.toFixed(3)}`;
    case "next_episode":
      return `season ${reason.season}, episode ${reason.episode} comes next`;
    case "pinned":
      return `held by the rule ${reason.ruleId}`;
    case "for_both":
      return `${reason.scores[0].toFixed(2)} for one, ${reason.scores[1].toFixed(2)} for the other`;
    case "personal_ranking":
      return `the first of ${reason.titleCount}`;
    case "unfinished":
      return `${reason.titleCount} begun`;
  }
}

export function listTable(list: RecommendationList): string {
  return table(
    ["#", "title", "year", "score", "source", "reason"],
    list.items.map((item, index) => [
      index + 1,
      item.title.name,
      item.title.year ?? "",
      Number(item.score.toFixed(4)),
      item.source,
      reasonText(item.reason, (titleId) => list.seedNames[titleId] ?? titleId),
    ]),
  );
}
