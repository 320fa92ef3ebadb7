import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildInteractions,
  type Interactions,
  interactionsOfHistories,
  leaveLastOut,
  splitAtTime,
  timeOfFraction,
} from "./dataset.ts";

const rowsOf = (data: Interactions) =>
  Array.from({ length: data.userCount }, (_, user) =>
    Array.from(data.itemIndices.subarray(data.rowOffsets[user]!, data.rowOffsets[user + 1]!)),
  );

describe("building", () => {
  test("rows run from the oldest to the newest, equal times in the order of the input", () => {
    const data = buildInteractions(
      {
        userIndices: [1, 0, 1, 1, 0],
        itemIndices: [3, 1, 2, 0, 4],
        weights: [1, 2, 3, 4, 5],
        occurredAt: [50, 20, 10, 50, 20],
      },
      { userCount: 3, itemCount: 5 },
    );
    expect(rowsOf(data)).toEqual([[1, 4], [2, 3, 0], []]);
    expect([...data.weights]).toEqual([2, 5, 3, 1, 4]);
    expect([...data.occurredAt]).toEqual([20, 20, 10, 50, 50]);
    expect(data.timeQuality).toBe("observed");
  });

  test("a pair that comes twice is one interaction with the largest weight, at the latest time", () => {
    const data = buildInteractions(
      { userIndices: [0, 0, 0], itemIndices: [7, 2, 7], weights: [5, 1, 3], occurredAt: [1, 2, 3] },
      { userCount: 1, itemCount: 8 },
    );
    expect(rowsOf(data)).toEqual([[2, 7]]);
    expect([...data.weights]).toEqual([1, 5]);
    expect([...data.occurredAt]).toEqual([2, 3]);
  });

  const column = fc.array(
    fc.record({
      user: fc.integer({ min: 0, max: 4 }),
      item: fc.integer({ min: 0, max: 6 }),
      weight: fc.integer({ min: 1, max: 9 }),
      at: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 60 },
  );
  const build = (rows: readonly { user: number; item: number; weight: number; at: number }[]) =>
    buildInteractions(
      {
        userIndices: rows.map((row) => row.user),
        itemIndices: rows.map((row) => row.item),
        weights: rows.map((row) => row.weight),
        occurredAt: rows.map((row) => row.at),
      },
      { userCount: 5, itemCount: 7 },
    );

  test("agrees with a slow oracle, and rows delivered twice change nothing", () => {
    fc.assert(
      fc.property(column, (rows) => {
        const data = build(rows);
        const expected = Array.from({ length: 5 }, (_, user) => {
          const merged = new Map<number, { at: number; order: number }>();
          rows.forEach((row, order) => {
            const known = merged.get(row.item);
            if (row.user === user && (!known || row.at >= known.at)) merged.set(row.item, { at: row.at, order });
          });
          return [...merged].sort(([, a], [, b]) => a.at - b.at || a.order - b.order).map(([item]) => item);
        });
        expect(rowsOf(data)).toEqual(expected);
        expect(build([...rows, ...rows])).toEqual(
          // Twice the same list keeps each second copy, whose order among equal times is that of the first.
          data,
        );
      }),
    );
  });

  test.each([
    [{ userIndices: [0, 9], itemIndices: [0, 0] }, "interaction 1: user index 9 is not an integer from 0 to 1"],
    [{ userIndices: [0], itemIndices: [-1] }, "interaction 0: item index -1 is not an integer from 0 to 1"],
    [{ userIndices: [0], itemIndices: [0.5] }, "interaction 0: item index 0.5"],
    [{ userIndices: [0], itemIndices: [0], weights: [Number.NaN] }, "interaction 0: weight NaN is not a finite number"],
    [{ userIndices: [0], itemIndices: [0], weights: [-2] }, "interaction 0: weight -2"],
    [{ userIndices: [0], itemIndices: [0], weights: [0] }, "interaction 0: weight 0"],
    [{ userIndices: [0], itemIndices: [0], weights: [1e39] }, "interaction 0: weight 1e+39"],
    [{ userIndices: [0], itemIndices: [0], occurredAt: [Number.NaN] }, "interaction 0: occurredAt NaN"],
  ])("bad columns %j are refused at their row", (columns, message) => {
    const run = () => buildInteractions(columns, { userCount: 2, itemCount: 2 });
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });

  test("countries are indexed in the order met, unknown ones are -1", () => {
    const countries = ["SE", undefined, "DE", "SE"];
    const data = buildInteractions(
      { userIndices: [], itemIndices: [] },
      { userCount: 4, itemCount: 1, countryOf: (user) => countries[user] },
    );
    expect(data.countryCodes).toEqual(["SE", "DE"]);
    expect([...data.userCountries]).toEqual([0, -1, 1, 0]);
  });
});

describe("splitting", () => {
  const data = interactionsOfHistories(
    [{ itemIndices: [0, 1, 2, 3, 4] }, { itemIndices: [5, 6] }, { itemIndices: [7] }, { itemIndices: [] }],
    8,
  );

  test("the last interaction is the target, those before are history and training", () => {
    const { train, histories, targets } = leaveLastOut(data);
    expect(rowsOf(train)).toEqual([[0, 1, 2, 3], [5], [], []]);
    expect(rowsOf(histories)).toEqual(rowsOf(train));
    expect(rowsOf(targets)).toEqual([[4], [6], [], []]);
  });

  test("input-only interactions are seen but not trained on", () => {
    const { train, histories, targets } = leaveLastOut(data, { inputOnlyCount: (user) => (user === 0 ? 2 : 1) });
    expect(rowsOf(train)).toEqual([[0, 1], [], [], []]);
    expect(rowsOf(histories)).toEqual([[0, 1, 2, 3], [5], [], []]);
    expect(rowsOf(targets)).toEqual([[4], [6], [], []]);
  });

  test("an inner split hides the newest altogether", () => {
    const { train, histories, targets } = leaveLastOut(data, { hiddenCount: 2, targetCount: 2 });
    expect(rowsOf(train)).toEqual([[0], [], [], []]);
    expect(rowsOf(histories)).toEqual(rowsOf(train));
    expect(rowsOf(targets)).toEqual([[1, 2], [], [], []]);
  });

  test("a split at a moment puts that moment into the target", () => {
    const timed = buildInteractions(
      { userIndices: [0, 0, 0, 1], itemIndices: [0, 1, 2, 0], occurredAt: [10, 20, 30, 20] },
      { userCount: 2, itemCount: 3 },
    );
    const { train, targets } = splitAtTime(timed, 20);
    expect(rowsOf(train)).toEqual([[0], []]);
    expect(rowsOf(targets)).toEqual([[1, 2], [0]]);
    expect(timeOfFraction(timed, 0.25)).toBe(30);
  });

  test("made-up times are not split by time, and say why", () => {
    expect(() => splitAtTime(data, 3)).toThrow(/carry made-up times .* split them by leave-one-out/);
  });
});
