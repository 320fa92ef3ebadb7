/**
 * EASE on MovieLens 1M: floors for quality on the inner split (third-last item, trained before it; the test item is
 * left alone), for seconds and for memory. Prints what it measured. Skips where the data sets are absent.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { buildInteractions, type Interactions, leaveLastOut } from "../dataset.ts";
import { evaluateFitted } from "../evaluate.ts";
import { createIdMapBuilder } from "../id-map.ts";
import { ease } from "./ease.ts";

const folder = process.env.DATASETS_DIR ?? fileURLToPath(new URL("../../../../shared/datasets", import.meta.url));
const file = join(folder, "ml-1m", "interactions.csv.gz");

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function readMovieLens(): Interactions {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n").slice(1);
  const users = createIdMapBuilder();
  const items = createIdMapBuilder();
  const columns = lines.map((line) => line.split(",") as [string, string, string, string]);
  return buildInteractions(
    {
      userIndices: columns.map(([user]) => users.add(user)),
      itemIndices: columns.map(([, , movie]) => items.add(movie)),
      occurredAt: columns.map(([, position]) => Number(position)),
    },
    { userCount: users.build().size, itemCount: items.build().size, timeQuality: "synthetic" },
  );
}

describe.skipIf(!existsSync(file))("EASE on MovieLens 1M (needs the data sets)", () => {
  test("keeps its quality, its seconds and its memory", async () => {
    const data = readMovieLens();
    expect([data.userCount, data.itemCount, data.itemIndices.length]).toEqual([6040, 3416, 999_611]);
    const split = leaveLastOut(data, { hiddenCount: 2 });
    const start = cpuSeconds();
    const model = await ease.fit(split.train, {}, { rng: createRng(1) });
    const fitted = cpuSeconds();
    const lists = await model.recommend({ histories: split.histories, count: 100 });
    const ranked = cpuSeconds();
    expect([...lists.filled].every((filled) => filled === 100)).toBe(true);

    const { model: report, popular, random } = await evaluateFitted(model, split, { rng: createRng(1) });
    const figure = (label: string) => {
      const metric = report.metrics[label];
      return metric?.kind === "value" ? metric.value : Number.NaN;
    };
    const seconds = { fit: fitted - start, top100: ranked - fitted };
    const quality = [report, popular, random].map(({ name, metrics }) => {
      const text = (label: string) => {
        const metric = metrics[label];
        return metric?.kind === "value" ? `${label} ${metric.value.toFixed(4)}` : `${label} undefined`;
      };
      return `${name}: ${["ndcg@10", "recall@10", "coverage@10"].map(text).join(", ")}`;
    });
    const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    console.log(
      [
        `EASE on MovieLens 1M, inner split, ${model.kernelPath}: fit ${seconds.fit.toFixed(2)} CPU s, top 100 for all ${seconds.top100.toFixed(2)} CPU s`,
        `model ${mebibytes(model.memoryBytes)}, process peak ${mebibytes(process.resourceUsage().maxRSS * 1024)}`,
        ...quality,
      ].join("\n"),
    );

    // Measured .1374 and .255; the standard error is .004 and the run is deterministic on a path.
    expect(figure("ndcg@10")).toBeGreaterThan(0.136);
    expect(figure("recall@10")).toBeGreaterThan(0.252);
    // Measured 1.4 s and 0.3 s on a quiet machine (goals 5 and 3). Processor time, because other test files run
    // beside this one; it still doubles when both hyperthreads of a core are busy.
    expect(seconds.fit).toBeLessThan(8);
    expect(seconds.top100).toBeLessThan(4);
    // The matrix is 45 MiB; beside it the sparse input twice (16 bytes an interaction) and the packed panels.
    expect(model.memoryBytes).toBeLessThan(80 * 2 ** 20);
  });
});
