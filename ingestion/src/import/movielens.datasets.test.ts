/** The readers on the published files, every line of them. Skips where the data sets are absent. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { describe, expect, test } from "vitest";
import { openMovieLens } from "./movielens.ts";

const datasets = process.env.DATASETS_DIR ?? fileURLToPath(new URL("../../../../shared/datasets", import.meta.url));

describe.skipIf(!existsSync(join(datasets, "ml-1m")))("MovieLens as published (needs the data sets)", () => {
  test.each([
    { folder: "ml-100k", layout: "movielens-100k", rows: 100_000, users: 943, ratedTitles: 1_682, titles: 1_682 },
    { folder: "ml-1m", layout: "movielens-ordered", rows: 999_611, users: 6_040, ratedTitles: 3_416, titles: 3_883 },
  ])("$folder: every rating, viewer and title", async ({ folder, layout, rows, users, ratedTitles, titles }) => {
    const source = await openMovieLens(join(datasets, folder), { addedAt: 0 });
    expect(source.layout).toBe(layout);
    expect(source.titles.length).toBe(titles);
    for (const title of source.titles) expect(TitleDetails.parse(title)).toEqual(title);
    const seenUsers = new Set<string>();
    const seenItems = new Set<string>();
    let count = 0;
    let bytesRead = 0;
    for await (const chunk of source.rows()) {
      for (const row of chunk.rows) {
        seenUsers.add(row.user);
        seenItems.add(row.item);
      }
      count += chunk.rows.length;
      bytesRead = chunk.bytesRead;
    }
    expect([count, seenUsers.size, seenItems.size]).toEqual([rows, users, ratedTitles]);
    expect(bytesRead).toBe(source.bytesTotal);
  });
});
