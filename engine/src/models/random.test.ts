import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { interactionsOfHistories } from "../dataset.ts";
import { describeModelContract } from "./contract.ts";
import { random } from "./random.ts";

describeModelContract(random, {
  deviations: {
    checkerboard: "it knows nothing",
    relabelling: "its scores are hashes of the indices",
  },
});

test("every title comes first about equally often, and another seed gives another order", async () => {
  const histories = interactionsOfHistories(
    Array.from({ length: 9000 }, (_, user) => ({ itemIndices: [10 + (user % 90), 100 + Math.floor(user / 90)] })),
    200,
  );
  const model = await random.fit(histories, {}, { rng: createRng(1) });
  const mask = new Uint8Array(200);
  mask.fill(1, 0, 9);
  const first = (await model.recommend({ histories, count: 1, candidateMask: mask })).itemIndices;
  const counts = new Array<number>(9).fill(0);
  for (const item of first) counts[item]!++;
  // 9,000 draws of 9: mean 1,000, standard deviation √(9000 · 1/9 · 8/9) ≈ 30; six of them.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(180);
  const other = await random.fit(histories, {}, { rng: createRng(2) });
  const otherFirst = (await other.recommend({ histories, count: 1, candidateMask: mask })).itemIndices;
  expect(Buffer.from(otherFirst.buffer)).not.toEqual(Buffer.from(first.buffer));
});
