import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { interactionsOfHistories, leaveLastOut } from "./dataset.ts";
import { evaluate, type PerUserFigures } from "./evaluate.ts";

/** 300 viewers of three tastes with 20 titles each, watching 8 of their taste's. */
function tastes() {
  const rng = createRng(99);
  return interactionsOfHistories(
    Array.from({ length: 300 }, (_, user) => ({
      itemIndices: Array.from(
        { length: 8 },
        (_, position) => (user % 3) * 20 + ((user * 7 + position * rng.int(5) + position) % 20),
      ),
    })),
    60,
  );
}

describe("evaluate", () => {
  test("a model of tastes beats Popular, Popular is no better than chance there, and the interval says so", async () => {
    const evaluation = await evaluate({ name: "ease" }, leaveLastOut(tastes()), { rng: createRng(5) });
    const { model, popular, random } = evaluation;
    expect(evaluation.userCount).toBe(300);
    expect(Object.keys(model.metrics)).toContain("ndcg@10");
    const difference = model.againstPopular["recall@10"];
    if (difference?.kind !== "value" || !difference.interval) return expect.fail("a value with an interval");
    expect(difference.interval.low).toBeGreaterThan(0.1);
    const figure = (report: typeof model, label: string) => {
      const metric = report.metrics[label];
      return metric?.kind === "value" ? metric.value : Number.NaN;
    };
    expect(figure(model, "recall@10") - figure(popular, "recall@10")).toBeCloseTo(difference.value, 12);
    // Ten of about 53 unseen titles at random: 0.19.
    expect(figure(random, "recall@10")).toBeGreaterThan(0.1);
    expect(figure(random, "recall@10")).toBeLessThan(0.3);
    expect(figure(random, "coverage@10")).toBe(1);
    expect(popular.againstPopular).toEqual({});
  });

  test("metrics are found whatever their case, each once, and each user's figures average to them", async () => {
    let figures: PerUserFigures | undefined;
    const { model, userCount } = await evaluate(
      { name: "ease" },
      leaveLastOut(tastes()),
      { rng: createRng(5) },
      {
        metrics: ["NDCG@10", "ndcg@10", "exposuregini@5", "HitRate@3"],
        perUser: (own) => {
          figures = own;
        },
      },
    );
    expect(Object.keys(model.metrics)).toEqual(["ndcg@10", "exposureGini@5", "hitRate@3"]);
    expect(figures?.metrics).toEqual(["ndcg@10", "hitRate@3"]);
    expect(figures?.users).toHaveLength(userCount);
    for (const [m, label] of ["ndcg@10", "hitRate@3"].entries()) {
      const own = Array.from(figures?.values[0]?.[m] ?? []);
      const metric = model.metrics[label];
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(metric).toMatchObject({ kind: "value", value: expect.closeTo(mean, 12), userCount });
    }
  });

  test("differences are paired: what a model and Popular share has no width", async () => {
    const popular = { name: "popularity", parameters: { signal: "binary", halfLifeDays: null } };
    const { model } = await evaluate(popular, leaveLastOut(tastes()), { rng: createRng(5) });
    for (const difference of Object.values(model.againstPopular)) {
      expect(difference).toMatchObject({ value: 0, interval: { low: 0, high: 0 } });
    }
    expect(Object.keys(model.againstRandom)).toEqual(Object.keys(model.metrics));
  });

  test("what is excluded is in nobody's list, and a target behind the catalogue is a miss", async () => {
    const histories = interactionsOfHistories([{ itemIndices: [0, 1] }, { itemIndices: [1, 2] }], 4);
    const targets = interactionsOfHistories([{ itemIndices: [2] }, { itemIndices: [5] }], 6);
    const exclude = interactionsOfHistories([{ itemIndices: [3] }, { itemIndices: [0, 3] }], 4);
    const split = { train: histories, histories, targets, exclude };
    const { model, random } = await evaluate(
      { name: "ease" },
      split,
      { rng: createRng(1) },
      { metrics: ["recall@4", "coverage@4"] },
    );
    // Only title 2 is left for the first, nothing for the second.
    for (const report of [model, random]) {
      expect(report.metrics["recall@4"]).toMatchObject({ value: 1 / 2, userCount: 2 });
      expect(report.metrics["coverage@4"]).toMatchObject({ value: 1 / 4 });
    }
  });

  test("segments hold each user's or each target's part, none is invented", async () => {
    const evaluation = await evaluate(
      { name: "ease" },
      leaveLastOut(tastes()),
      { rng: createRng(5) },
      { metrics: ["recall@10", "novelty@10"], segments: true },
    );
    const segments = Object.fromEntries((evaluation.segments ?? []).map((segment) => [segment.name, segment]));
    expect(segments["new users"]?.userCount).toBe(300);
    expect(segments["new users"]?.model.metrics["recall@10"]).toMatchObject({
      value: (evaluation.model.metrics["recall@10"] as { value: number }).value,
    });
    expect(segments["heavy users"]?.userCount).toBe(0);
    expect(segments["heavy users"]?.model.metrics["recall@10"]?.kind).toBe("undefined");
    // One target each: head, tail and unseen share the users out.
    const counts = ["head titles", "long tail", "unseen titles"].map((name) => segments[name]?.userCount ?? 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(Object.keys(segments["long tail"]?.model.metrics ?? {})).toEqual(["recall@10"]);
  });

  test("the same seed gives the same report", async () => {
    const run = () => evaluate({ name: "ease" }, leaveLastOut(tastes()), { rng: createRng(5) });
    expect(await run()).toEqual(await run());
  });

  test("over no users every metric is undefined, none is 0", async () => {
    const data = interactionsOfHistories([{ itemIndices: [1] }], 4);
    const evaluation = await evaluate({ name: "ease" }, leaveLastOut(data), { rng: createRng(5) });
    expect(evaluation.userCount).toBe(0);
    for (const metric of Object.values(evaluation.model.metrics)) expect(metric.kind).toBe("undefined");
  });

  test.each(["ndcg", "ndcg@0", "ndcg@x", "magic@10", "ndcg@10@2", "toString@3"])(
    "metric %s is refused with what is accepted",
    async (label) => {
      const run = evaluate({ name: "random" }, leaveLastOut(tastes()), { rng: createRng(5) }, { metrics: [label] });
      await expect(run).rejects.toThrow(UserError);
      await expect(run).rejects.toThrow(/accepted: recall, precision/);
    },
  );

  test("an unknown model is refused with the known ones", async () => {
    const run = evaluate({ name: "constructor" }, leaveLastOut(tastes()), { rng: createRng(5) });
    await expect(run).rejects.toThrow(/unknown model "constructor"; there are .*ease.*random/);
  });
});
