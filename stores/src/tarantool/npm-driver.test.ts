import { systemClock as clock } from "@thewatcher/kit/clock";
import { describe, expect, test } from "vitest";
import { openIproto } from "./iproto.ts";
import { openNpmDriver } from "./npm-driver.ts";
import { replyTo, type ScriptedRequest, type ScriptedServer, startScriptedServer } from "./testing/scripted-server.ts";

const optionsFor = (server: ScriptedServer) => ({
  target: { host: "127.0.0.1", port: server.port, user: "u", password: "p" },
  where: "test store",
  clock,
  requestMsMax: 1_500,
});

/** Longer than two writes need to arrive as two chunks. */
const PIECE_MS = 25;

/** Answers at once, but for "split": in three pieces, and a caller's turn comes between the second and the third. */
async function startSplitting(between: () => void): Promise<ScriptedServer> {
  async function onRequest({ body, sync, socket }: ScriptedRequest): Promise<void> {
    const args = body.get(0x21) as unknown[];
    const reply = replyTo(sync, [args.at(-1)]);
    if (args.at(-1) !== "split") return void socket.write(reply);
    const [first, second] = [reply.length - 8, reply.length - 4];
    socket.write(reply.subarray(0, first));
    await clock.sleep(PIECE_MS);
    socket.write(reply.subarray(first, second));
    await clock.sleep(PIECE_MS);
    between();
    await clock.sleep(PIECE_MS);
    socket.write(reply.subarray(second));
  }
  let last = Promise.resolve();
  return await startScriptedServer({
    onRequest(request) {
      last = last.then(() => onRequest(request));
    },
  });
}

describe("an answer in three pieces, and a call before the third", () => {
  test("makes npm's driver keep that call for ever; its deadline rejects it, and the next call has a new connection", async () => {
    let between: Promise<unknown> | undefined;
    await using server = await startSplitting(() => {
      between = connection.call("f", ["between"]);
      between.catch(() => undefined);
    });
    const connection = await openNpmDriver(optionsFor(server));
    expect(await connection.call("f", ["split"])).toEqual(["split"]);
    await expect(between).rejects.toThrow("the connection was replaced: an answer did not come within 1500 ms");
    expect(await connection.call("f", ["next"])).toEqual(["next"]);
    expect(server.connections()).toBe(2);
    await connection.close();
  });

  test("is nothing to our client", async () => {
    let between: Promise<unknown> | undefined;
    await using server = await startSplitting(() => {
      between = connection.call("f", ["between"]);
    });
    const connection = await openIproto(optionsFor(server));
    expect(await connection.call("f", ["split"])).toEqual(["split"]);
    expect(await between).toEqual(["between"]);
    expect(server.connections()).toBe(1);
    await connection.close();
  });
});

describe("npm's driver behind our port", () => {
  test("settles what was under way when the connection breaks, and comes back", async () => {
    let isSilent = true;
    await using server = await startScriptedServer({
      onRequest: ({ socket, sync, body }) => isSilent || socket.write(replyTo(sync, body.get(0x21) as unknown[])),
    });
    const connection = await openNpmDriver(optionsFor(server));
    const call = connection.call("f", [1]);
    server.drop();
    await expect(call).rejects.toThrow("the connection was lost before the answer");
    isSilent = false;
    expect(await connection.call("f", [2])).toEqual(["f", 2]);
    await connection.close();
    await expect(connection.call("f", [3])).rejects.toThrow("is closed");
  });
});
