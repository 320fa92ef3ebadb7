import type { Reason, RecommendationList } from "@thewatcher/contracts/api/serving";
import { RecommendationList as ListSchema, Reason as ReasonSchema } from "@thewatcher/contracts/api/serving";
import type { Evaluation, ModelEvaluation } from "@thewatcher/engine/evaluate";
import type { MetricValue } from "@thewatcher/engine/metrics/interval";
import { expect, test } from "vitest";
import { evaluationLine, evaluationTable, listTable, metricText, reasonText } from "./show.ts";

const value = (mean: number, low: number, high: number): MetricValue => ({
  kind: "value",
  value: mean,
  interval: { low, high },
  userCount: 10,
});

test("a metric shows its interval; one that can't be said shows why, never a number", () => {
  expect(metricText(value(0.1239, 0.118, 0.131))).toBe("0.124 [0.118, 0.131]");
  expect(metricText({ kind: "value", value: 0.5, userCount: 1 })).toBe("0.500");
  expect(metricText({ kind: "undefined", reason: "no users" })).toBe("undefined (no users)");
  expect(metricText(undefined)).toBe("–");
});

test("a model's quality stands beside Popular and Random", () => {
  const model = (name: string, ndcg: MetricValue): ModelEvaluation => ({
    name,
    parameters: {},
    metrics: { "ndcg@10": ndcg },
    againstPopular: {},
    againstRandom: {},
  });
  const evaluation: Evaluation = {
    userCount: 2088,
    model: model("ease", value(0.124, 0.118, 0.131)),
    popular: model("popularity", value(0.051, 0.047, 0.055)),
    random: model("random", { kind: "undefined", reason: "no users" }),
  };
  expect(evaluationLine(evaluation)).toBe(
    "nDCG@10 on the last watch of 2,088 viewers: ease 0.124 [0.118, 0.131] · Popular 0.051 [0.047, 0.055] · Random undefined (no users)",
  );
  expect(evaluationTable(evaluation)).toBe(
    [
      "model    ndcg@10",
      "ease     0.124 [0.118, 0.131]",
      "Popular  0.051 [0.047, 0.055]",
      "Random   undefined (no users)",
    ].join("\n"),
  );
});

test.each<[unknown, string]>([
  [{ kind: "because_you_watched", seedTitleId: "t-1", seedName: "Heat", contribution: 1 }, "because you watched Heat"],
  [
    {
      kind: "similar_to_history",
      seeds: [
        { titleId: "t-1", contribution: 1 },
        { titleId: "t-2", contribution: 1 },
      ],
    },
    "like <t-1>, <t-2>",
  ],
  [{ kind: "similar_to_history", seeds: [] }, "like what you watched"],
  [{ kind: "similar_to_title", titleId: "t-1", similarity: 1 }, "like <t-1>"],
  [{ kind: "popular_in_country", country: "BY", rank: 3 }, "number 3 in BY"],
  [{ kind: "popular", rank: 1 }, "number 1 everywhere"],
  [{ kind: "new", year: null, addedAt: "2026-11-23T10:00:00.000Z" }, "new in the catalogue"],
  [{ kind: "continue_watching", positionSeconds: 2_500, durationSeconds: null }, "stopped at 42 min"],
  [{ kind: "genre", genre: "Drama" }, "your Drama"],
])("the reason %j in words", (reason, text) => {
  const parsed: Reason = ReasonSchema.parse(reason);
  expect(reasonText(parsed, (titleId) => `<${titleId}>`)).toBe(text);
});

test("a list is numbered from 1, a year that is not known stays empty", () => {
  const item = (titleId: string, name: string, year: number | null, score: number) => ({
    title: { titleId, name, year, genres: [], ageMark: null, runtimeMinutes: null },
    position: 0,
    score,
    source: "popular",
    reason: { kind: "popular", rank: 1 },
  });
  const list: RecommendationList = ListSchema.parse({
    decisionId: "01900000-0000-7000-8000-000000000000",
    profileId: "p",
    generation: null,
    composedAt: "2026-11-23T10:00:00.000Z",
    degradations: [],
    seedNames: {},
    items: [item("t-1", "Heat", 1995, 0.123456), item("t-2", "Unknown", null, 12)],
  });
  expect(listTable(list).split("\n").slice(1)).toEqual([
    "1  Heat     1995  0.1235  popular  number 1 everywhere",
    "2  Unknown            12  popular  number 1 everywhere",
  ]);
});
