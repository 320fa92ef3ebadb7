import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheContract } from "./contract.ts";
import { openLmdbCache } from "./lmdb.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "cache-"));
});
afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

/** Values and index entries on the disk, expired ones too. */
async function entriesOnDisk(): Promise<[number, number]> {
  const root = open({ path, noSubdir: false, maxDbs: 12 });
  const count = (name: string) => root.openDB(name, { encoding: "binary", keyEncoding: "binary" }).getKeysCount();
  const counts: [number, number] = [count("values"), count("expiries")];
  await root.close();
  return counts;
}

describe("cache on LMDB", () => {
  cacheContract({
    async open() {
      const clock = createSimulatedClock(1_700_000_000_000);
      let port = await openLmdbCache({ path, clock });
      return {
        port,
        elapse: (durationMs) => clock.advance(durationMs),
        async reopen() {
          await port.close();
          port = await openLmdbCache({ path, clock });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });

  test("expired values leave the disk with the writes that follow, and the index with them", async () => {
    const clock = createSimulatedClock(1_700_000_000_000);
    const cache = await openLmdbCache({ path, clock });
    for (let i = 0; i < 100; i++) await cache.set(`short ${i}`, "v", { ttlMs: 10 });
    await clock.advance(10);
    for (let i = 0; i < 30; i++) await cache.set(`long ${i}`, "v", { ttlMs: 1e9 });
    await cache.close();
    expect(await entriesOnDisk()).toEqual([30, 30]);
  });

  test("without any write they leave with the sweep, once a minute", async () => {
    const clock = createSimulatedClock(1_700_000_000_000);
    const cache = await openLmdbCache({ path, clock });
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => cache.set(`${i}`, "v", { ttlMs: 10 + (i % 5) })));
    await clock.advance(60_000);
    // Each step of the sweep is one transaction: one of ours behind it waits for three of them.
    for (let i = 0; i < 4; i++) await cache.delete(["none"]);
    await cache.close();
    expect(await entriesOnDisk()).toEqual([0, 0]);
  });
});
