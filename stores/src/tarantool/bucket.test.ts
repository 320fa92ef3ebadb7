import { expect, test } from "vitest";
import { BUCKET_COUNT, bucketIdOf, digestCrc32 } from "./bucket.ts";

test("the hash is that of Tarantool's digest.crc32, which vshard uses", () => {
  // Asked of Tarantool 2.6: digest.crc32('ml:1').
  expect(digestCrc32(Buffer.from("ml:1"))).toBe(587_320_716);
});

test("buckets are 1 to 3,000, and get about equally many profiles", () => {
  expect(bucketIdOf("ml:1")).toBe((587_320_716 % 3_000) + 1);
  const counts = new Uint32Array(BUCKET_COUNT + 1);
  for (let i = 0; i < 300_000; i++) counts[bucketIdOf(`ml:${i}`)]!++;
  expect(counts[0]).toBe(0);
  // 100 on average; five standard deviations are 50.
  expect(Math.min(...counts.subarray(1))).toBeGreaterThan(50);
  expect(Math.max(...counts)).toBeLessThan(150);
});
