import { describe, expect, test } from "vitest";
import { murmur2, partitionOf } from "./partitioner.ts";

describe("partitioner", () => {
  test("hashes as Kafka does: the vectors of its own tests", () => {
    const vectors: [string, number][] = [
      ["21", -973_932_308],
      ["foobar", -790_332_482],
      ["a-little-bit-long-string", -985_981_536],
      ["a-little-bit-longer-string", -1_486_304_829],
      ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
      ["abc", 479_470_107],
    ];
    for (const [key, hash] of vectors) expect([key, murmur2(Buffer.from(key))]).toEqual([key, hash]);
  });

  test("a key's partition is its hash without the sign bit, modulo the count", () => {
    // "foobar": -790332482 & 0x7fffffff = 2147483648 - 790332482 = 1357151166; modulo 12 = 6.
    expect(partitionOf("foobar", 12)).toBe(6);
    expect(partitionOf("abc", 10)).toBe(7);
    for (const key of ["", "ключ", "é", "🔑", "k".repeat(5_000)]) {
      expect(partitionOf(key, 7)).toBe((murmur2(Buffer.from(key)) & 0x7fffffff) % 7);
    }
  });
});
