import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe } from "vitest";
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
});
