import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { expandUsers } from "./expand.ts";
import { createTasteWorld } from "./taste-world.ts";

const size = { userCount: 200, itemCount: 300, clusterCount: 10, meanTitles: 20 };

describe("the made-up world", () => {
  test("is the same for the same seed, and another for another", () => {
    const [first, again, other] = [1, 1, 2].map((seed) => createTasteWorld(size, createRng(seed)));
    expect(first).toEqual(again);
    expect(first?.itemIndices).not.toEqual(other?.itemIndices);
  });

  test("gives each viewer each title once, about as many as asked for", () => {
    const { userIndices, itemIndices } = createTasteWorld(size, createRng(1));
    const pairs = new Set(Array.from(userIndices, (user, row) => user * 300 + itemIndices[row]!));
    expect(pairs.size).toBe(userIndices.length);
    expect(userIndices.length / 200).toBeGreaterThan(15);
    expect(userIndices.length / 200).toBeLessThan(25);
  });
});

describe("fractal expansion", () => {
  const world = createTasteWorld(size, createRng(1));

  test("keeps the original as its first block and multiplies users and interactions exactly", () => {
    const grown = expandUsers(world, 4, createRng(3));
    expect(grown.userCount).toBe(800);
    expect(grown.userIndices.length).toBe(4 * world.userIndices.length);
    expect(grown.itemIndices.subarray(0, world.itemIndices.length)).toEqual(world.itemIndices);
    expect(expandUsers(world, 4, createRng(3))).toEqual(grown);
  });

  test("no copy is a duplicate, and popularity is distributed as before", () => {
    const grown = expandUsers(world, 4, createRng(3));
    const rows = world.itemIndices.length;
    const counts = [0, 1, 2, 3].map((block) => {
      const of = new Uint32Array(300);
      for (const item of grown.itemIndices.subarray(block * rows, (block + 1) * rows)) of[item]!++;
      return of;
    });
    for (const block of [1, 2, 3]) {
      expect(grown.itemIndices.subarray(block * rows, (block + 1) * rows)).not.toEqual(world.itemIndices);
      expect([...counts[block]!].sort()).toEqual([...counts[0]!].sort());
    }
  });
});
