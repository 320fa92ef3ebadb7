import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { buildInteractions, interactionsOfHistories } from "../dataset.ts";
import { detectKernelPath, type KernelPath } from "../kernels/load.ts";
import { listRow } from "../model.ts";
import { describeModelContract } from "./contract.ts";
import { ease } from "./ease.ts";

describeModelContract(ease);
describeModelContract(ease, {
  parameters: { signal: "graded", halfLifeInteractions: null, trainingHalfLifeInteractions: null, regularization: 10 },
});

describeModelContract(ease, { parameters: { dropout: 0.4, nearHalfLifeInteractions: 3 } });

const control = { rng: createRng(1) };

describe("EASE", () => {
  /**
   * Two titles, three users: {0, 1}, {0, 1}, {0}. XᵀX = [[3, 2], [2, 2]]; with λ = 1: [[4, 2], [2, 3]], determinant 8,
   * P = 1/8 · [[3, -2], [-2, 4]]. B01 = -P01 / P11 = 2/4, B10 = -P10 / P00 = 2/3.
   */
  const tiny = buildInteractions(
    { userIndices: [0, 0, 1, 1, 2], itemIndices: [0, 1, 0, 1, 0] },
    { userCount: 3, itemCount: 2 },
  );
  const plain = { regularization: 1, halfLifeInteractions: null, trainingHalfLifeInteractions: null };

  test.each<KernelPath>(["simd", detectKernelPath()])("two titles by hand, on %s", async (kernelPath) => {
    const model = await ease.fit(tiny, plain, { ...control, kernelPath });
    expect(model.kernelPath).toBe(kernelPath);
    const lists = await model.recommend({
      histories: interactionsOfHistories([{ itemIndices: [0] }, { itemIndices: [1] }], 2),
      count: 2,
    });
    expect([...lists.filled]).toEqual([1, 1]);
    expect(listRow(lists, 0)[0]).toEqual({ itemIndex: 1, score: expect.closeTo(2 / 4, 6) });
    expect(listRow(lists, 1)[0]).toEqual({ itemIndex: 0, score: expect.closeTo(2 / 3, 6) });
  });

  test("dropout p adds p / (1 - p) of the diagonal; nearness takes off what a distance of 1 costs", async () => {
    // p = 1/2 doubles the diagonal: [[7, 2], [2, 5]], B01 = 2/7, from P = 1/31 · [[5, -2], [-2, 7]].
    const dropped = await ease.fit(tiny, { ...plain, dropout: 0.5 }, control);
    expect(dropped.explain({ itemIndices: [0] }, 1, 1).score).toBeCloseTo(2 / 7, 6);
    // Half-life 1, share 0.8: each pair counts 0.2 + 0.8 / 2 = 0.6, so [[4, 1.2], [1.2, 3]] and B01 = 1.2 / 4.
    const near = await ease.fit(tiny, { ...plain, nearHalfLifeInteractions: 1, nearShare: 0.8 }, control);
    expect(near.explain({ itemIndices: [0] }, 1, 1).score).toBeCloseTo(1.2 / 4, 6);
  });

  test("likeness is the partial correlation: 2 / √(3·4) both ways", async () => {
    const lists = await (await ease.fit(tiny, plain, control)).similarItems([0, 1], 1);
    expect(lists.scores[0]).toBeCloseTo(2 / Math.sqrt(12), 6);
    expect(lists.scores[1]).toBeCloseTo(2 / Math.sqrt(12), 6);
  });

  test("a history item fades by half with each half-life of newer ones, and is dropped beyond f32's resolution", async () => {
    const data = interactionsOfHistories(
      Array.from({ length: 30 }, (_, user) => ({ itemIndices: [user % 5, 5 + (user % 3), 8] })),
      40,
    );
    const model = await ease.fit(data, { ...plain, halfLifeInteractions: 1 }, control);
    // Title 0 is followed by k newer ones that say nothing (never trained on): its word counts 2^-k.
    const scoreAfter = (newerCount: number) =>
      model.explain({ itemIndices: [0, ...Array.from({ length: newerCount }, (_, i) => 9 + i)] }, 5, 1).score;
    const fresh = scoreAfter(0);
    expect(Math.abs(fresh)).toBeGreaterThan(1e-3);
    expect(scoreAfter(1)).toBeCloseTo(fresh / 2, 7);
    expect(scoreAfter(3)).toBeCloseTo(fresh / 8, 7);
    expect(scoreAfter(24)).not.toBe(0);
    expect(scoreAfter(25)).toBe(0);
  });

  test("a click fades the scores so far and adds its lifts", async () => {
    const data = interactionsOfHistories(
      Array.from({ length: 40 }, (_, user) => ({ itemIndices: user % 2 ? [1, 3, 5, 7] : [0, 2, 4, 6] })),
      8,
    );
    const model = await ease.fit(data, { ...plain, regularization: 5, halfLifeInteractions: 3 }, control);
    expect(model.fadePerInteraction).toBeCloseTo(2 ** (-1 / 3), 12);
    const before = model.explain({ itemIndices: [2] }, 6, 1).score;
    const after = model.explain({ itemIndices: [2, 4] }, 6, 1).score;
    const lift = listRow(await model.lifts([4], 8), 0).find(({ itemIndex }) => itemIndex === 6);
    expect(after).toBeCloseTo(model.fadePerInteraction * before + (lift?.score ?? Number.NaN), 6);
    const kinds = listRow(await model.lifts([4], 8), 0).map(({ itemIndex }) => itemIndex % 2);
    expect(kinds).toEqual([0, 0, 0]);
  });

  test("training reports both stages and stops when aborted between them", async () => {
    const data = interactionsOfHistories(
      Array.from({ length: 300 }, (_, user) => ({ itemIndices: [user, (user * 7) % 300, (user * 11) % 300] })),
      300,
    );
    const stages: string[] = [];
    await ease.fit(data, {}, { ...control, progress: ({ stage, fraction }) => stages.push(`${stage} ${fraction}`) });
    expect(stages[0]).toBe("gram 0");
    expect(stages.at(-1)).toBe("invert 1");
    const abort = new AbortController();
    const stopped: string[] = [];
    const running = ease.fit(
      data,
      {},
      {
        ...control,
        signal: abort.signal,
        progress: ({ stage }) => {
          stopped.push(stage);
          if (stage === "invert") abort.abort(new Error("no longer wanted"));
        },
      },
    );
    await expect(running).rejects.toThrow("no longer wanted");
    expect(stopped.filter((stage) => stage === "invert")).toHaveLength(1);
  });

  test("a catalogue whose matrix is too large is refused with the limit, before anything is allocated", async () => {
    const data = buildInteractions({ userIndices: [], itemIndices: [] }, { userCount: 1, itemCount: 40_000 });
    await expect(ease.fit(data, {}, control)).rejects.toThrow(
      /40000 items need a matrix of 6.0 GiB; at most 23170 items/,
    );
  });

  test("a regularization too small for f32 is named, not answered with noise", async () => {
    const rng = createRng(3);
    const histories = Array.from({ length: 400 }, () => {
      const start = rng.int(3);
      return { itemIndices: Array.from({ length: 30 }, (_, i) => (start + i) % 32), weights: new Array(30).fill(1e4) };
    });
    const data = interactionsOfHistories(histories, 32);
    const settings = { ...plain, regularization: 0.001, signal: "graded" };
    await expect(ease.fit(data, settings, control)).rejects.toThrow(UserError);
    await expect(ease.fit(data, settings, control)).rejects.toThrow(/"regularization" is 0.001, too small/);
  });

  test.each([
    [{ regularization: 0 }, /"regularization" is 0; accepted: a number from 0.001 to/],
    [{ regularization: "7" }, /"regularization" is "7"/],
    [{ halfLifeInteractions: -1 }, /"halfLifeInteractions" is -1; accepted: .* or null for none/],
    [{ signal: "stars" }, /"signal" is "stars"; accepted: "binary", "graded"/],
  ])("parameters %j are refused with what is accepted", async (parameters, message) => {
    await expect(ease.fit(tiny, parameters, control)).rejects.toThrow(message);
  });
});
