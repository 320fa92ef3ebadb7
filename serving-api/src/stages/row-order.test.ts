import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderRows, ROW_DEPTH, type RowOrderInput, rowWorths } from "./row-order.ts";

const CONTINUE = 0;
const GENRE = 5;

const inputOf = (rows: readonly { kind: number; scores: readonly number[] }[], use?: RowOrderInput["use"]) => ({
  rowCount: rows.length,
  kinds: rows.map(({ kind }) => kind),
  scores: Float64Array.from(
    rows.flatMap(({ scores }) => Array.from({ length: ROW_DEPTH }, (_, p) => scores[p] ?? Number.NaN)),
  ),
  firstKind: CONTINUE,
  use,
});

const kindNumber = fc.integer({ min: 0, max: 4 });
const score = fc.oneof(fc.constant(Number.NaN), fc.double({ min: -5, max: 5, noNaN: true }));
const rowsOf = (lengthMax: number) =>
  fc.array(fc.record({ kind: kindNumber, scores: fc.array(score, { maxLength: 8 }) }), { maxLength: lengthMax });
const use = fc.option(
  fc
    .array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 500 })), { minLength: 5, maxLength: 5 })
    .map((kinds) => ({ visits: kinds.map(([a, b]) => a + b), clicks: kinds.map(([a]) => a) })),
  { nil: undefined },
);

const neighbours = (kinds: readonly number[]) => kinds.filter((kind, at) => at > 0 && kinds[at - 1] === kind).length;

function* permutations(rows: readonly number[]): Generator<number[]> {
  if (rows.length === 0) yield [];
  for (const row of rows) for (const rest of permutations(rows.filter((other) => other !== row))) yield [row, ...rest];
}

describe("the order of rows", () => {
  test("holds every row once, and what was begun first", () => {
    fc.assert(
      fc.property(rowsOf(15), use, (rows, rowUse) => {
        const order = Array.from(orderRows(inputOf(rows, rowUse)));
        expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
        const begunCount = rows.filter(({ kind }) => kind === CONTINUE).length;
        expect(order.slice(0, begunCount).every((row) => rows[row]!.kind === CONTINUE)).toBe(true);
      }),
    );
  });

  test("puts rows of one kind next to each other as rarely as any order could", () => {
    fc.assert(
      fc.property(rowsOf(6), use, (rows, rowUse) => {
        const kindsOf = (order: readonly number[]) => order.map((row) => rows[row]!.kind);
        const begun = rows.flatMap(({ kind }, row) => (kind === CONTINUE ? [row] : []));
        const others = rows.flatMap(({ kind }, row) => (kind === CONTINUE ? [] : [row]));
        const least = Math.min(...[...permutations(others)].map((order) => neighbours(kindsOf([...begun, ...order]))));
        expect(neighbours(kindsOf(Array.from(orderRows(inputOf(rows, rowUse)))))).toBe(least);
      }),
      { numRuns: 60 },
    );
  });

  test("is that of their worth where no two are of one kind, and the given one of equal rows", () => {
    const rows = [1, 2, 3, 4].map((kind) => ({ kind, scores: [kind % 3, kind % 3] }));
    // 1, 2, 0, 1: the third is the worst; the first stands before the fourth.
    expect(Array.from(orderRows(inputOf(rows)))).toEqual([1, 0, 3, 2]);
    const equal = [1, 2, 3].map((kind) => ({ kind, scores: [1, 1, 1] }));
    expect(Array.from(orderRows(inputOf(equal)))).toEqual([0, 1, 2]);
  });

  test("puts another row between two genre rows, though both outrank it", () => {
    const rows = [
      { kind: GENRE, scores: [9] },
      { kind: GENRE, scores: [8] },
      { kind: 1, scores: [1] },
    ];
    expect(Array.from(orderRows(inputOf(rows)))).toEqual([0, 2, 1]);
    const unavoidable = [...rows, { kind: GENRE, scores: [7] }, { kind: GENRE, scores: [6] }];
    // Four genres and one other: two pairs at least, the best rows first.
    expect(Array.from(orderRows(inputOf(unavoidable)))).toEqual([0, 1, 3, 2, 4]);
  });

  test("doesn't depend on the scale of the scores", () => {
    fc.assert(
      fc.property(rowsOf(12), fc.integer({ min: -10, max: 10 }), (rows, power) => {
        const scaled = rows.map(({ kind, scores }) => ({ kind, scores: scores.map((each) => each * 2 ** power) }));
        expect(orderRows(inputOf(scaled))).toEqual(orderRows(inputOf(rows)));
      }),
    );
  });

  test("never falls for a row whose kind the viewer clicks more", () => {
    fc.assert(
      fc.property(rowsOf(12), fc.nat({ max: 100 }), (rows, clicks) => {
        fc.pre(new Set(rows.map(({ kind }) => kind)).size === rows.length);
        const visits = [100, 100, 100, 100, 100];
        const placeOf = (clicked: number) =>
          orderRows(inputOf(rows, { visits, clicks: [20, clicked, 20, 20, 20] })).indexOf(
            rows.findIndex(({ kind }) => kind === 1),
          );
        expect(placeOf(clicks + 20)).toBeLessThanOrEqual(placeOf(clicks));
      }),
    );
  });
});

describe("the worth of a row", () => {
  test("is the discounted mean of its first six titles, in shares of the page's best", () => {
    const [first, second] = rowWorths(
      inputOf([
        { kind: 1, scores: [3, 1] },
        { kind: 2, scores: [1, 3] },
      ]),
    );
    const total = 1 + 1 / Math.log2(3) + 1 / 2 + 1 / Math.log2(5) + 1 / Math.log2(6) + 1 / Math.log2(7);
    // 3 is the best (1), 1 the worst (0), and so is what is not there.
    expect(first).toBeCloseTo(1 / total, 12);
    expect(second).toBeCloseTo(1 / Math.log2(3) / total, 12);
  });

  test("is multiplied by the viewer's use of its kind: 16 clicks of 32 where 16 of 64 is the mean make 1.8", () => {
    const rows = [
      { kind: 1, scores: [3] },
      { kind: 2, scores: [3] },
      { kind: 3, scores: [1] },
    ];
    const plain = rowWorths(inputOf(rows));
    const used = rowWorths(inputOf(rows, { visits: [0, 32, 32], clicks: [0, 16, 0] }));
    // (16 + 8 · 0.25) / (32 + 8) / 0.25 = 1.8; (0 + 2) / 40 / 0.25 = 0.2, held at 0.5.
    expect(used[0]! / plain[0]!).toBeCloseTo(1.8, 12);
    expect(used[1]! / plain[1]!).toBeCloseTo(0.5, 12);
    expect(rowWorths(inputOf(rows, { visits: [0, 9, 9], clicks: [0, 0, 0] }))).toEqual(plain);
  });
});
