import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { expect, test } from "vitest";
import { openStores } from "./open-stores.ts";
import { resolveSettings } from "./settings.ts";

test("a store that is lost between its opening and its schema is told in one line, as one that is away", async () => {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    // As a server that is killed behind its first answer.
    if (body.includes("CREATE DATABASE")) response.end();
    else request.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await using lifecycle = createLifecycle(silentLog);
    const env = { THEWATCHER_WAREHOUSE_URL: `http://u:hush@127.0.0.1:${port}/d` };
    const { values: settings } = resolveSettings({ flags: {}, env });
    const opening = openStores(["warehouse"], { settings, clock: systemClock, log: silentLog }, lifecycle);
    const error = await opening.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(
      /^warehouse http:\/\/127\.0\.0\.1:\d+: .*(ECONNRESET|socket hang up).*; it was there a moment ago: .* start this again$/,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
