import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { decodeArtifact } from "../artifact.ts";
import { type Interactions, interactionsOfHistories } from "../dataset.ts";
import { type FittedModel, listRow } from "../model.ts";
import { describeModelContract } from "./contract.ts";
import { ials } from "./ials.ts";

/** Which index a title has decides which random vector it starts from; 15 sweeps do not forget that. */
const deviations = { relabelling: "starting values follow the indices" };

describeModelContract(ials, { parameters: { factors: 12 }, deviations });
describeModelContract(ials, {
  parameters: {
    factors: 5,
    solver: "direct",
    signal: "graded",
    regularizationExponent: 0.5,
    halfLifeInteractions: null,
    trainingHalfLifeInteractions: 10,
  },
  deviations,
});

const control = { rng: createRng(1) };
const plain = { factors: 6, halfLifeInteractions: null, alpha: 3, regularization: 0.5 };

/** Three kinds of ten titles; each user has some of one kind and one of another. */
function kinds(): Interactions {
  const rng = createRng(8);
  return interactionsOfHistories(
    Array.from({ length: 90 }, (_, user) => {
      const items = new Set<number>();
      while (items.size < 5) items.add((user % 3) * 10 + rng.int(10));
      items.add(((user + 1) % 3) * 10 + rng.int(10));
      return { itemIndices: [...items] };
    }),
    30,
  );
}

function factorsOf(model: FittedModel): { row(item: number): number[]; width: number } {
  const { factors } = decodeArtifact(model.save()).arrays;
  const width = (factors?.length ?? 0) / model.itemCount;
  return { width, row: (item) => [...(factors?.subarray(item * width, (item + 1) * width) ?? [])] };
}

/** Gauss–Jordan with pivots. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (let k = 0; k < rows.length; k++) {
    let best = k;
    for (let i = k; i < rows.length; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    for (let i = 0; i < rows.length; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= rows.length; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return rows.map((row, i) => row[rows.length]! / row[i]!);
}

describe("iALS", () => {
  test.each([
    ["direct", 5],
    ["conjugateGradient", 2],
  ] as const)(
    "a score is y_i · x with x the solution of the history's own normal equations, by a plain loop in f64 (%s)",
    async (solver, digits) => {
      const data = kinds();
      const settings = { ...plain, solver, signal: "graded", regularizationExponent: 1 };
      const model = await ials.fit(data, settings, control);
      const { row, width } = factorsOf(model);
      const history = { itemIndices: [3, 7, 21], weights: [1, 0.5, 2] };
      const matrix = Array.from({ length: width }, () => new Array<number>(width).fill(0));
      const right = new Array<number>(width).fill(0);
      const add = (item: number, extra: number, target: number) => {
        const y = row(item);
        for (let a = 0; a < width; a++) {
          right[a]! += target * y[a]!;
          for (let b = 0; b < width; b++) matrix[a]![b]! += extra * y[a]! * y[b]!;
        }
      };
      for (let item = 0; item < 30; item++) add(item, 1, 0);
      history.itemIndices.forEach((item, h) => {
        add(item, 3 * history.weights[h]!, 1 + 3 * history.weights[h]!);
      });
      // Three interactions where the training users have six: λ = 0.5 · (3 / 6)¹.
      for (let a = 0; a < width; a++) matrix[a]![a]! += 0.25;
      const x = solve(matrix, right);
      const lists = await model.recommend({ histories: interactionsOfHistories([history], 30), count: 30 });
      expect(lists.filled[0]).toBe(27);
      for (const { itemIndex, score } of listRow(lists, 0)) {
        expect(score).toBeCloseTo(
          row(itemIndex).reduce((sum, value, a) => sum + value * x[a]!, 0),
          digits,
        );
        const { contributions, rest } = model.explain(history, itemIndex, 3);
        const negative = 3 - contributions.length;
        if (negative === 0) expect(rest).toBeCloseTo(0, digits);
      }
    },
  );

  test("many steps of conjugate gradients end where Cholesky does", async () => {
    const data = kinds();
    const settings = { ...plain, iterations: 4 };
    const direct = await ials.fit(data, { ...settings, solver: "direct" }, { rng: createRng(2) });
    const conjugate = await ials.fit(data, { ...settings, conjugateSteps: 40 }, { rng: createRng(2) });
    const a = factorsOf(direct);
    const b = factorsOf(conjugate);
    for (let item = 0; item < 30; item++) {
      for (const [f, value] of a.row(item).entries()) expect(b.row(item)[f]).toBeCloseTo(value, 3);
    }
  });

  test("titles of one kind are alike, and an explanation names the history's title of that kind", async () => {
    const model = await ials.fit(kinds(), { ...plain, factors: 3 }, control);
    const all = Array.from({ length: 30 }, (_, item) => item);
    const alike = await model.similarItems(all, 5);
    const ofKind = all.flatMap((item) =>
      listRow(alike, item).map(({ itemIndex }) => itemIndex - (itemIndex % 10) === item - (item % 10)),
    );
    expect(ofKind.filter((same) => same).length).toBeGreaterThan(0.9 * ofKind.length);
    expect(model.explain({ itemIndices: [2, 25] }, 28, 1).contributions[0]?.itemIndex).toBe(25);
    expect(model.explain({ itemIndices: [2, 25] }, 4, 1).contributions[0]?.itemIndex).toBe(2);
  });

  test("the seed decides the starting values, and only it", async () => {
    const data = kinds();
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => Buffer.from((await ials.fit(data, plain, { rng: createRng(seed) })).save())),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });

  test("training reports its sweeps and stops when aborted between two", async () => {
    const abort = new AbortController();
    const fractions: number[] = [];
    const running = ials.fit(kinds(), plain, {
      ...control,
      signal: abort.signal,
      progress({ fraction }) {
        fractions.push(fraction);
        if (fraction > 0.3) abort.abort(new Error("no longer wanted"));
      },
    });
    await expect(running).rejects.toThrow("no longer wanted");
    expect(fractions.at(-1)).toBeLessThan(0.5);
  });

  test("a regularization too small for f32 is named, not answered with noise", async () => {
    const histories = Array.from({ length: 50 }, () => ({ itemIndices: [0, 1, 2], weights: [1e9, 1e9, 1e9] }));
    const settings = { ...plain, solver: "direct", signal: "graded", alpha: 1e9, regularization: 0.001 };
    const running = ials.fit(interactionsOfHistories(histories, 5), settings, control);
    await expect(running).rejects.toThrow(UserError);
    await expect(running).rejects.toThrow(/"regularization" is 0.001, too small/);
  });

  test.each([
    [{ factors: 0 }, /"factors" is 0; accepted: an integer from 1 to 1024/],
    [{ solver: "sgd" }, /"solver" is "sgd"; accepted: "conjugateGradient", "direct"/],
    [{ alpha: Number.NaN }, /"alpha" is null; accepted: a number from/],
  ])("parameters %j are refused with what is accepted", async (parameters, message) => {
    await expect(ials.fit(kinds(), parameters, control)).rejects.toThrow(message);
  });
});
