import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { interactionsOfHistories } from "../dataset.ts";
import { fadedRows } from "../recency.ts";
import { gramLowerNear } from "./gram-near.ts";
import { createKernels } from "./load.ts";

test("agrees with the plain loop over pairs, at any number of threads", async () => {
  const rng = createRng(3);
  const n = 70;
  const data = interactionsOfHistories(
    Array.from({ length: 40 }, () => ({
      itemIndices: Array.from({ length: 1 + rng.int(30) }, () => rng.int(n)),
    })),
    n,
  );
  const rows = fadedRows(data, { signal: "binary", halfLifeInteractions: 7 });
  const near = Float32Array.from({ length: 31 }, (_, distance) => 0.2 + 0.8 * 2 ** (-distance / 5));
  const expected = new Float64Array(n * n);
  for (let user = 0; user < rows.rowCount; user++) {
    for (let p = rows.rowOffsets[user]!; p < rows.rowOffsets[user + 1]!; p++) {
      for (let q = rows.rowOffsets[user]!; q < rows.rowOffsets[user + 1]!; q++) {
        expected[rows.columns[p]! * n + rows.columns[q]!]! +=
          near[Math.abs(p - q)]! * rows.values[p]! * rows.values[q]!;
      }
    }
  }
  const bits: Buffer[] = [];
  for (const workers of [1, 3]) {
    const kernels = createKernels({ workers });
    const target = kernels.allocate(n * n);
    await gramLowerNear(kernels, rows, near, target);
    const found = kernels.f32(target);
    // At most 40 products of numbers up to 1: 40 · 2^-23 · 40.
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) expect(Math.abs(found[i * n + j]! - expected[i * n + j]!)).toBeLessThan(2e-4);
    const lower = Float32Array.from({ length: n * n }, (_, e) => (e % n <= Math.floor(e / n) ? found[e]! : 0));
    bits.push(Buffer.from(lower.buffer));
  }
  expect(bits[0]).toEqual(bits[1]);
});
