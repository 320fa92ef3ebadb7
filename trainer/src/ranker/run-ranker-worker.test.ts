import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { trainAndJudge } from "./judge-ranker.ts";
import { type RankerRow, type RankerRows, rankerRowsOf } from "./rows.ts";
import { trainRankerInWorker } from "./run-ranker-worker.ts";

const options = { seed: 2, version: "r-thread", trainedAt: 5 };

function pagesOf(count: number): RankerRows {
  const rng = createRng(8);
  const rows: RankerRow[] = [];
  for (let page = 0; page < count; page++) {
    for (let position = 0; position < 4; position++) {
      const worth = rng.normal();
      rows.push({
        decisionId: `d${String(page).padStart(5, "0")}`,
        at: page,
        features: [worth, rng.normal()],
        position,
        rowKind: "new",
        blendedScore: rng.normal(),
        label: rng.next() < 1 / (1 + Math.exp(1 - 2 * worth)) ? 1 : 0,
      });
    }
  }
  return rankerRowsOf(["worth", "chance"], rows);
}

test("a thread of its own gives what the function gives, and reports its progress", async () => {
  const rows = pagesOf(1_200);
  const fractions: number[] = [];
  const outcome = await trainRankerInWorker(
    { rows, options },
    { progress: ({ fraction }) => fractions.push(fraction) },
  );
  expect(outcome).toEqual(await trainAndJudge(rows, options));
  expect(outcome).toMatchObject({ kind: "trained", decisions: 1_200, judgement: { better: true } });
  expect(fractions.at(-1)).toBe(1);
}, 60_000);

test("an abort ends the thread with its reason; too few decisions start none", async () => {
  const stop = new AbortController();
  const running = trainRankerInWorker({ rows: pagesOf(1_200), options }, { signal: stop.signal });
  stop.abort(new Error("not now"));
  await expect(running).rejects.toThrow("not now");
  expect(await trainRankerInWorker({ rows: pagesOf(3), options }, {})).toMatchObject({ kind: "too_few", decisions: 3 });
});
