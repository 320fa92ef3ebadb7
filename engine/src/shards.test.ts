import fc from "fast-check";
import { expect, test } from "vitest";
import { interactionsOfHistories } from "./dataset.ts";
import { createItemLists } from "./model.ts";
import { joinShards, parseShard, shardOf, shardSize, takeShard } from "./shards.ts";

test("every user is in one shard, with their own row, and joining undoes taking", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      (histories, count) => {
        const data = interactionsOfHistories(
          histories.map((itemIndices) => ({ itemIndices, country: "SE" })),
          10,
        );
        const users = Array.from({ length: data.userCount }, (_, user) => user);
        const parts = Array.from({ length: count }, (_, index) => {
          const mine = users.filter((user) => shardOf(user, count) === index);
          const part = takeShard(data, { index, count });
          expect(part.userCount).toBe(shardSize(data.userCount, { index, count }));
          expect(part.userCount).toBe(mine.length);
          const lists = createItemLists(part.userCount, 2);
          mine.forEach((user, row) => {
            const rowOf = (of: typeof data, at: number) => [
              ...of.itemIndices.subarray(of.rowOffsets[at]!, of.rowOffsets[at + 1]!),
            ];
            expect(rowOf(part, row)).toEqual(rowOf(data, user));
            lists.itemIndices[row * 2] = user;
            lists.filled[row] = 1;
          });
          return lists;
        });
        const joined = joinShards(parts);
        expect(joined.rowCount).toBe(data.userCount);
        for (const user of users) expect(joined.itemIndices[user * 2]).toBe(user);
      },
    ),
  );
});

test("2/8 is the second of eight; anything else is refused with what is accepted", () => {
  expect(parseShard("2/8")).toEqual({ index: 1, count: 8 });
  for (const text of ["", "0/3", "4/3", "1/0", "1-3", "1/99999", " 1/2"]) {
    expect(() => parseShard(text)).toThrow(/accepted is i\/n with i from 1 to n/);
  }
});
