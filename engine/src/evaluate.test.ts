import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { interactionsOfHistories, leaveLastOut } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";

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
