import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignPartitions } from "./kafka-assignment.ts";

describe("the partitions of a group", () => {
  test("every partition has one reader, none has two more than another, nobody loses one that it could keep", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(15), { maxLength: 16 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 16 }),
        (owned, partitionCount) => {
          const members = owned.map((partitions, i) => ({ id: `m${i}`, owned: partitions }));
          const assigned = assignPartitions(members, partitionCount);
          const all = [...assigned.values()].flat();
          expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: partitionCount }, (_, i) => i));
          const sizes = [...assigned.values()].map((partitions) => partitions.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          // What was given is kept when nothing changes.
          const again = assignPartitions(
            members.map(({ id }) => ({ id, owned: assigned.get(id)! })),
            partitionCount,
          );
          expect(again).toEqual(assigned);
        },
      ),
    );
  });

  test("a third reader takes two of six partitions, and the others keep two each of theirs", () => {
    const assigned = assignPartitions(
      [
        { id: "a", owned: [0, 1, 2] },
        { id: "b", owned: [3, 4, 5] },
        { id: "c", owned: [] },
      ],
      6,
    );
    expect(Object.fromEntries(assigned)).toEqual({ a: [0, 1], b: [3, 4], c: [2, 5] });
  });

  test("one that leaves passes on its partitions, and nobody else's move", () => {
    const assigned = assignPartitions(
      [
        { id: "a", owned: [0, 1] },
        { id: "b", owned: [3, 4] },
      ],
      6,
    );
    expect(Object.fromEntries(assigned)).toEqual({ a: [0, 1, 2], b: [3, 4, 5] });
  });
});
