/** `thewatcher evaluate` from files to figures, on files small enough to count by hand. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type EvaluationContext,
  type EvaluationRequest,
  meanOfSeeds,
  runEvaluation,
  runSeeds,
  splitRuleOf,
} from "./evaluation.ts";
import { evaluationText, figureText, seedsText } from "./evaluation-text.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluation-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

const BASE: EvaluationRequest = { model: "popularity", parameters: {}, inner: false, segments: false, seed: 1 };
const contextOf = (context: Partial<EvaluationContext> = {}): EvaluationContext => ({
  clock: systemClock,
  signal: new AbortController().signal,
  progress: () => undefined,
  memoryBytesMax: 2 ** 30,
  peakMemoryBytes: () => 12 * 2 ** 20,
  ...context,
});
const run = (request: Partial<EvaluationRequest>, context: Partial<EvaluationContext> = {}) =>
  runEvaluation({ ...BASE, ...request }, contextOf(context));

const figure = (report: Awaited<ReturnType<typeof run>>, label: string): number => {
  const metric = report.evaluation.model.metrics[label];
  return metric?.kind === "value" ? metric.value : Number.NaN;
};

// Watched by: a three, b two, c two, d one (a, b and c by name where counts are equal: in the order of the file).
const TRAIN = "user,item\n1,a\n1,b\n2,a\n2,c\n3,a\n3,b\n3,c\n4,d\n";

describe("train and test files", () => {
  test("the catalogue is ranked without what the user has; figures by hand", async () => {
    const train = await file("train.csv", TRAIN);
    const test_ = await file("test.csv", "user,item\n1,c\n2,d\n4,a\n4,b\n");
    const report = await run({ train, test: test_, metrics: ["recall@1", "ndcg@2", "mrr@2", "coverage@1"] });
    expect(report.counts).toMatchObject({ catalogue: 4, evaluatedUsers: 3, targetInteractions: 4, coldUsers: 0 });
    // Popular for 1: c, d; for 2: b, d; for 4: a, b. Targets: 1: c; 2: d; 4: a and b.
    expect(figure(report, "recall@1")).toBeCloseTo((1 + 0 + 1 / 2) / 3, 12);
    expect(figure(report, "ndcg@2")).toBeCloseTo((1 + 1 / Math.log2(3) + 1) / 3, 12);
    expect(figure(report, "mrr@2")).toBeCloseTo((1 + 1 / 2 + 1) / 3, 12);
    // First places: c, b, a of four titles.
    expect(figure(report, "coverage@1")).toBe(3 / 4);
    expect(report.evaluation.popular.metrics).toEqual(report.evaluation.model.metrics);
    expect(report.evaluation.model.againstPopular["ndcg@2"]).toMatchObject({ value: 0, interval: { low: 0, high: 0 } });
  });

  test("--exclude is left out of the lists, --history too and is input", async () => {
    const train = await file("train.csv", TRAIN);
    const test_ = await file("test.csv", "1,d\n");
    const other = await file("other.csv", "1,c\n");
    // Popular for 1: c, d; without c: d.
    expect(figure(await run({ train, test: test_, metrics: ["mrr@2"] }), "mrr@2")).toBe(1 / 2);
    expect(figure(await run({ train, test: test_, exclude: other, metrics: ["mrr@2"] }), "mrr@2")).toBe(1);
    expect(figure(await run({ train, test: test_, history: other, metrics: ["mrr@2"] }), "mrr@2")).toBe(1);
    // A model of likeness sees the history of someone it was not trained on.
    const strangersTest = await file("strangers.csv", "x,b\n");
    const strangersHistory = await file("history.csv", "x,a\nx,c\n");
    const strangers = await run({
      model: "ease",
      parameters: { halfLifeInteractions: null, trainingHalfLifeInteractions: null, regularization: 0.1 },
      train,
      test: strangersTest,
      history: strangersHistory,
      metrics: ["mrr@2"],
    });
    expect(strangers.counts).toMatchObject({ coldUsers: 0, untrainedUsers: 1 });
    expect(figure(strangers, "mrr@2")).toBe(1);
  });

  test("ids as numbers and as text are the same; formats may be mixed and gzipped", async () => {
    const train = await file(
      "train.jsonl.gz",
      '{"user":1,"item":"a"}\n{"user":"1","item":"b"}\n{"user":2,"item":"7"}\n',
    );
    const test_ = await file("test.tsv", "1\t7\n");
    const report = await run({ train, test: test_, metrics: ["recall@1"] });
    expect(report.counts).toMatchObject({ users: 2, items: 3, coldUsers: 0, targetsOutsideCatalogue: 0 });
    expect(figure(report, "recall@1")).toBe(1);
  });

  test("unknown users are cold, unknown items are misses, repeats and seen targets are counted", async () => {
    const train = await file("train.csv", `${TRAIN}1,a\n`);
    const test_ = await file("test.csv", "1,a\n1,c\n1,new\nnobody,a\n");
    const report = await run({ train, test: test_, metrics: ["recall@2"] });
    expect(report.counts).toMatchObject({
      repeatedInteractions: 1,
      targetsLeftOut: 1,
      targetsOutsideCatalogue: 1,
      coldUsers: 1,
      evaluatedUsers: 2,
    });
    // 1 finds c of {c, new}; nobody finds a.
    expect(figure(report, "recall@2")).toBe((1 / 2 + 1) / 2);
    expect(evaluationText(report)).toContain("1 targets are items that training does not know: they count as misses");
  });
});

describe("one file", () => {
  const ordered = `user,position,movie\n${[1, 2, 3]
    .flatMap((user) => ["e", "d", "c", "b", "a"].map((item, at) => `${user},${5 - at},${item}`))
    .join("\n")}\n4,1,a\n4,2,e\n4,3,b\n`;

  test("--order says who comes last; validation users keep one title more out of training", async () => {
    const path = await file("all.csv", ordered);
    const split = { file: path, split: "leave-one-out", order: "position", metrics: ["recall@1"] };
    const report = await run(split);
    // Last: e, e, e and b; not trained on: d and e of the three, e of the fourth.
    expect(report.counts).toMatchObject({ trainingInteractions: 10, catalogue: 5, evaluatedUsers: 4 });
    expect(report.timeQuality).toBe("synthetic");
    const validationUsers = await file("validation-users.txt", "1\n3\n");
    expect((await run({ ...split, validationUsers })).counts.trainingInteractions).toBe(8);
    expect((await run({ ...split, inner: true })).counts).toMatchObject({ trainingInteractions: 6, evaluatedUsers: 3 });
  });

  test("the same seed gives the same figures, another one another split", async () => {
    const path = await file("all.csv", ordered);
    const random = { file: path, split: "random:0.2:0.2", order: "position", metrics: ["recall@1"] };
    const [first, again, other] = [await run(random), await run(random), await run({ ...random, seed: 2 })];
    expect(again.evaluation).toEqual(first.evaluation);
    expect(other.counts.trainingInteractions).toBe(first.counts.trainingInteractions);
  });

  test("several seeds give mean and standard error", async () => {
    const path = await file("all.csv", ordered);
    const request = { file: path, split: "random:0.4", order: "position", metrics: ["recall@1", "coverage@1"] };
    const { runs, summary } = await runSeeds({ ...BASE, ...request }, 3, contextOf());
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(summary.map(({ metric }) => metric)).toEqual(["recall@1", "coverage@1"]);
    expect(summary[0]?.model).toEqual(meanOfSeeds(runs.map((own) => figure(own, "recall@1"))));
    expect(seedsText({ runs, summary })).toContain("seeds 1 to 3; mean ± standard error over 3 seeds");
    const { mean, standardError } = meanOfSeeds([0.3, 0.32, 0.34]);
    expect(mean).toBeCloseTo(0.32, 12);
    expect(standardError).toBeCloseTo(Math.sqrt((0.02 ** 2 + 0.02 ** 2) / 2) / Math.sqrt(3), 12);
  });

  test("segments, genres and each user's figures", async () => {
    const path = await file("all.csv", ordered);
    const items = await file("items.csv", "item,genres\na,Drama|War\nb,War\nc,\nz,Comedy\n");
    let seen: { ids: readonly string[]; metrics: readonly string[]; lines: readonly (readonly number[])[] } | undefined;
    const report = await run(
      {
        file: path,
        split: "leave-one-out",
        order: "position",
        metrics: ["recall@1", "intraListDiversity@2"],
        segments: true,
        items,
      },
      {
        perUser: ({ ids, metrics, values }) => {
          seen = { ids, metrics, lines: ids.map((_, u) => (values[0] ?? []).map((series) => series[u] as number)) };
        },
      },
    );
    expect(report.evaluation.segments?.map(({ name, userCount }) => [name, userCount])).toEqual([
      ["new users", 4],
      ["regular users", 0],
      ["heavy users", 0],
      ["head titles", 0],
      ["long tail", 1],
      ["unseen titles", 3],
    ]);
    expect(seen?.ids).toEqual(["1", "2", "3", "4"]);
    expect(seen?.metrics).toEqual(["recall@1", "intraListDiversity@2"]);
    // e is the last title of three and only input of the fourth: nobody has it in training.
    // The fourth has a and e: Popular says c, b (as often, but c came first); c has no genre, so nothing in common.
    expect(seen?.lines[3]).toEqual([0, 1]);
    // The others have one title left.
    expect(seen?.lines[0]).toEqual([1, Number.NaN]);
  });

  test("one user is an answer: its interval has no width", async () => {
    const path = await file("one.csv", "1,a\n1,b\n1,c\n1,c\n1,d\n");
    for (const model of ["ease", "popularity", "random"]) {
      const report = await run({ file: path, split: "leave-one-out", model, metrics: ["recall@4"] });
      expect(report.counts).toMatchObject({ evaluatedUsers: 1, trainingInteractions: 2, targetsOutsideCatalogue: 1 });
      expect(report.evaluation.model.metrics["recall@4"]).toMatchObject({ value: 0, interval: { low: 0, high: 0 } });
    }
  });

  test("below --min-value is left out", async () => {
    const path = await file("rated.csv", "user,item,rating\n1,a,5\n1,b,2\n1,c,4\n1,d,4.5\n2,a,4\n2,c,3.5\n2,d,5\n");
    const report = await run({ file: path, split: "leave-one-out", minValue: 4, metrics: ["recall@1"] });
    expect(report.counts).toMatchObject({ belowMinValue: 2, interactions: 5, trainingInteractions: 1 });
  });
});

describe("a mistake is one line that says what, where and what is accepted", () => {
  const good = "1,a\n1,b\n1,c\n1,d\n";
  test.each<[string, string, string, Partial<EvaluationRequest>]>([
    ["a negative value", "1,a,1\n1,b,-2\n", 'line 2: the value "-2" is not a number above 0', {}],
    ["a value that is no number", "1,a,1\n1,b,NaN\n", 'line 2: the value "NaN" is not a number above 0', {}],
    ["an empty user", "1,a\n,b\n", 'line 2: the user "" is not 1 to 256 characters', {}],
    ["one title", "1,a\n1,a\n", "nothing is left to train on after the split (leave-one-out)", {}],
    ["times to split by", good, "these interactions carry no times", { split: "time:0.2" }],
    ["an order column", good, 'no column "position", which --order names', { order: "position" }],
    [
      "an order that is none",
      "user,item,position\n1,a,first\n",
      'line 2: the order "first" is not a number',
      { order: "position" },
    ],
    ["values to compare", good, "--min-value needs a column of values", { minValue: 4 }],
    ["values as high", "1,a,1\n1,b,2\n", "no interaction has a value of at least 4", { minValue: 4 }],
    ["a split", good, '--split "half": leave-one-out, time:<share or moment>', { split: "half" }],
    ["a metric", good, 'unknown metric "magic@3"; accepted: recall, precision', { metrics: ["magic@3"] }],
    ["a model", good, 'unknown model "magic"; there are popularity', { model: "magic" }],
    ["a parameter", good, 'model popularity: unknown parameter "magic"', { parameters: { magic: 1 } }],
    ["a file", "", "x.csv: the file is empty", {}],
    ["test beside split", good, "--split and --test: one file is split", { test: "y.csv" }],
  ])("%s", async (_, text, message, request) => {
    const path = await file("x.csv", text);
    const error = await run({ file: path, split: "leave-one-out", ...request }).catch((cause) => cause);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain("\n");
  });

  test("more than the memory holds is refused by its rows, before it fails", async () => {
    const path = await file("x.csv", Array.from({ length: 100 }, (_, at) => `1,${at}`).join("\n"));
    const error = run({ file: path, split: "leave-one-out" }, { memoryBytesMax: 50 * 100 });
    await expect(error).rejects.toThrow(/x\.csv: more than 50 interactions, which is what 0 MiB of memory hold/);
  });

  test("an abort ends the work with its reason", async () => {
    const path = await file("x.csv", TRAIN);
    const signal = AbortSignal.abort(new UserError("stopped by SIGINT"));
    await expect(run({ file: path, split: "leave-one-out" }, { signal })).rejects.toThrow("stopped by SIGINT");
  });

  test("an abort in the middle of ranking too", async () => {
    const path = await file("x.csv", TRAIN);
    const controller = new AbortController();
    const stages: string[] = [];
    const error = run(
      { file: path, split: "leave-one-out", model: "ease" },
      {
        signal: controller.signal,
        progress: ({ stage }) => {
          stages.push(stage);
          if (stage.startsWith("rank")) controller.abort(new UserError("stopped by SIGINT"));
        },
      },
    );
    await expect(error).rejects.toThrow("stopped by SIGINT");
    expect(stages.at(-1)).toContain("the model");
  });

  test("times in one of train and history", async () => {
    const train = await file("train.csv", "user,item,time\n1,a,978307960\n");
    const plain = await file("plain.csv", "user,item\n1,b\n");
    await expect(run({ train, test: plain, history: plain })).rejects.toThrow(
      /plain\.csv: no timestamps, but .*train\.csv has them/,
    );
    expect((await run({ train, test: plain, metrics: ["recall@1"] })).counts.targetsOutsideCatalogue).toBe(1);
  });
});

test.each([
  ["leave-one-out", { kind: "leaveOneOut" }],
  ["time:0.1", { kind: "time", test: 0.1, validation: undefined }],
  ["time:0.1:.2", { kind: "time", test: 0.1, validation: 0.2 }],
  ["time:2001-01-01T00:12:40Z", { kind: "time", test: { at: Date.UTC(2001, 0, 1, 0, 12, 40) }, validation: undefined }],
  ["time:978307960:0.2", { kind: "time", test: { at: Date.UTC(2001, 0, 1, 0, 12, 40) }, validation: 0.2 }],
  ["random:0.1:0.1", { kind: "random", test: 0.1, validation: 0.1 }],
  ["users:0.25", { kind: "users", test: 0.25, validation: undefined }],
])("--split %s", (text, rule) => {
  expect(splitRuleOf(text)).toEqual(rule);
});

test.each([
  "",
  "random",
  "random:",
  "random:0",
  "random:1",
  "random:0.5:0.5",
  "users:10",
  "time:soon",
  "leave-one-out:1",
])("--split %j is refused with what is accepted", (text) => {
  expect(() => splitRuleOf(text)).toThrow(/leave-one-out, time:<share or moment>, random:<share> or users:<share>/);
});

test("figures have as many digits as say something", () => {
  const value = (mean: number, low: number, high: number) =>
    ({ kind: "value", value: mean, interval: { low, high }, userCount: 3 }) as const;
  expect(figureText(value(0.05421, 0.051, 0.0572))).toBe("0.0542 [0.0510, 0.0572]");
  expect(figureText(value(0.05421, -0.051, 0.0572), "signed")).toBe("+0.0542 [-0.0510, +0.0572]");
  expect(figureText(value(1234.56, 1200, 1300))).toBe("1234.6 [1200.0, 1300.0]");
  expect(figureText({ kind: "undefined", reason: "no users" })).toBe("undefined (no users)");
  expect(figureText(undefined)).toBe("–");
});

test("the report as a person reads it", async () => {
  const train = await file("train.csv", TRAIN);
  const test_ = await file("test.csv", "user,item\n1,c\n2,d\n4,a\n4,b\n");
  const report = await run({ train, test: test_, metrics: ["recall@1"] });
  const still = { ...report, stages: [{ stage: "read and split", durationMs: 1234 }] };
  await expect(`${evaluationText(still)}\n`).toMatchFileSnapshot("./testing/evaluation.golden.txt");
});
