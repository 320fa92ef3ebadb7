import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "@thewatcher/kit/clock";
import { missing } from "@thewatcher/testbed/available";
import type { RunningServer } from "@thewatcher/testbed/server";
import { startTarantool } from "@thewatcher/testbed/tarantool";
import { afterAll, beforeAll, describe } from "vitest";
import { openTarantool } from "../tarantool/open.ts";
import { recommendationsContract } from "./contract.ts";
import { openTarantoolRecommendations } from "./tarantool.ts";

let folder: string;
let server: RunningServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tarantool-"));
  server = await startTarantool({ folder: join(folder, "server") });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What every test begins with: the schema without a tuple. */
const EMPTY = `
  for name, space in pairs(box.space) do
    if type(name) == 'string' and name:find('^thewatcher_') and name ~= 'thewatcher_schema_migrations' then
      space:truncate()
    end
  end
`;

async function empty(): Promise<void> {
  const { connection } = await openTarantool("test", { url: server.url, clock });
  await connection.eval(EMPTY, []);
  await connection.close();
}

describe.skipIf(missing("tarantool")).each([
  ["our client", "tarantool:"],
  ["npm's driver", "tarantool+driver:"],
])("recommendation store on Tarantool by %s", (_, scheme) => {
  recommendationsContract({
    async open() {
      await empty();
      const url = server.url.replace("tarantool:", scheme);
      let port = await openTarantoolRecommendations({ url, clock });
      return {
        port,
        async reopen() {
          await port.close();
          port = await openTarantoolRecommendations({ url, clock });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });
});
