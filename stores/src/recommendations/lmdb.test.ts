import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recommendationsContract } from "./contract.ts";
import { openLmdbRecommendations } from "./lmdb.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "recommendations-"));
});
afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

describe("recommendation store on LMDB", () => {
  recommendationsContract({
    async open() {
      let port = await openLmdbRecommendations({ path });
      return {
        port,
        async reopen() {
          await port.close();
          port = await openLmdbRecommendations({ path });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });

  test("a drop that a crash cut short is finished at the next opening", async () => {
    const cut = "g1700000000000-0001" as Generation;
    const store = await openLmdbRecommendations({ path });
    await store.begin(cut, {});
    const profileIds = ["a", "b", "c"] as ProfileId[];
    const titleIds = ["t"] as TitleId[];
    await store.putLists(
      cut,
      profileIds.map((profileId) => ({ profileId, titleIds, scores: Float32Array.of(1) })),
    );
    await store.close();
    const counted = async (change: (root: ReturnType<typeof open>) => unknown) => {
      const root = open({ path, noSubdir: false, maxDbs: 12, overlappingSync: false });
      await change(root);
      const lists = root.openDB("lists", { encoding: "binary" }).getKeysCount();
      await root.close();
      return lists;
    };
    // As `drop` leaves it after its first step.
    const before = await counted((root) => {
      const generations = root.openDB<{ dropping: boolean }, string>("generations", {});
      return generations.put(cut, { ...generations.get(cut), dropping: true });
    });
    expect(before).toBe(3);
    const again = await openLmdbRecommendations({ path });
    expect(await again.generations()).toEqual([]);
    await again.begin(cut, {});
    await again.close();
    expect(await counted(() => undefined)).toBe(0);
  });
});
