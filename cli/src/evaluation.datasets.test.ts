/**
 * The protocol of the published MovieLens 1M table, from the file to what is trained on, and the inner evaluation that
 * settings are chosen by. The test items are only counted: nothing is evaluated on them. Skips where the data is absent.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assembleSplit, splitRows } from "@thewatcher/engine/splits";
import { systemClock } from "@thewatcher/kit/clock";
import { describe, expect, test } from "vitest";
import { runEvaluation } from "./evaluation.ts";
import { readIds, readInteractionFiles } from "./evaluation-files.ts";

const folder = process.env.DATASETS_DIR ?? fileURLToPath(new URL("../../../shared/datasets", import.meta.url));
const file = join(folder, "ml-1m", "interactions.csv.gz");
const reading = {
  memoryBytesMax: 2 ** 32,
  signal: new AbortController().signal,
  progress: () => undefined,
};

describe.skipIf(!existsSync(file))("evaluation on MovieLens 1M (needs the data sets)", () => {
  test("leave-one-out leaves two interactions of each viewer out of training, three of a validation viewer", async () => {
    const { rows, users } = await readInteractionFiles([{ path: file, part: "train" }], {
      ...reading,
      orderColumn: "position",
    });
    const validationUsers = await readIds(join(folder, "ml-1m", "validation-users.txt"), users, "user");
    expect([rows.userCount, rows.itemCount, validationUsers.size]).toEqual([6040, 3416, 512]);
    const parts = splitRows(rows, { kind: "leaveOneOut" }, { seed: 1, inner: false, validationUsers });
    const { counts, split } = await assembleSplit(rows, parts);
    expect(counts).toMatchObject({
      trainingInteractions: 999_611 - 2 * 6040 - 512,
      trainingUsers: 6040,
      targetInteractions: 6040,
      evaluatedUsers: 6040,
      coldUsers: 0,
      targetsLeftOut: 0,
      repeatedInteractions: 0,
    });
    expect(split.histories.itemIndices).toHaveLength(999_611 - 6040);
  });

  test("Popular on the inner split, as it was measured", async () => {
    const report = await runEvaluation(
      {
        file,
        split: "leave-one-out",
        inner: true,
        order: "position",
        model: "popularity",
        parameters: { signal: "binary", halfLifeDays: null },
        metrics: ["ndcg@10"],
        segments: false,
        seed: 1,
      },
      { ...reading, clock: systemClock, peakMemoryBytes: () => process.resourceUsage().maxRSS * 1024 },
    );
    expect(report.evaluation.popular.metrics["ndcg@10"]).toMatchObject({ value: expect.closeTo(0.0201, 4) });
    expect(report.evaluation.model.metrics).toEqual(report.evaluation.popular.metrics);
  });
});
