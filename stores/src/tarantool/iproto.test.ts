import { systemClock as clock } from "@thewatcher/kit/clock";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConnectionOptions } from "./connection.ts";
import { type IprotoConnection, openIproto } from "./iproto.ts";
import {
  GREETING,
  refusalOf,
  replyTo,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from "./testing/scripted-server.ts";

const where = "test store at tarantool://u@host:1";
const open = (server: ScriptedServer, more: Partial<ConnectionOptions> = {}): Promise<IprotoConnection> =>
  openIproto({
    target: { host: "127.0.0.1", port: server.port, user: "u", password: "secret" },
    where,
    clock,
    requestMsMax: 2_000,
    ...more,
  });

/** The arguments of a call, as a server sees them. */
const argsOf = (request: ScriptedRequest) => request.body.get(0x21) as unknown[];
const echo = (request: ScriptedRequest) => request.socket.write(replyTo(request.sync, argsOf(request)));

const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "answered",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("calls", () => {
  test("find their answers by sync, in whatever order and pieces these come", async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), cuts, fc.scheduler(), async (count, cutAt, scheduler) => {
        const requests: ScriptedRequest[] = [];
        let gotAll = () => {};
        const all = new Promise<void>((resolve) => {
          gotAll = resolve;
        });
        await using server = await startScriptedServer({
          onRequest: (request) => requests.push(request) === count && gotAll(),
        });
        const connection = await open(server);
        const large = "я".repeat(3_000);
        const calls = Array.from({ length: count }, (_, i) => connection.call("f", [i, i % 3 === 0 ? large : "s"]));
        await all;
        const order = await scheduler.waitFor(
          Promise.all(requests.map((request) => scheduler.schedule(Promise.resolve(request)))),
        );
        const stream = Buffer.concat(order.reverse().map((each) => replyTo(each.sync, argsOf(each))));
        const ends = [...new Set([...cutAt.map((cut) => cut % stream.length), stream.length])].sort((a, b) => a - b);
        for (const [i, end] of ends.entries()) {
          requests[0]!.socket.write(stream.subarray(ends[i - 1] ?? 0, end));
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect((await Promise.all(calls)).map(([i]) => i)).toEqual(calls.map((_, i) => i));
        await connection.close();
      }),
      { numRuns: 30 },
    );
  });

  test("settle whatever comes instead of an answer, and the next connection works", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.boolean(), async (garbage, isFramed) => {
        let isSpoiling = true;
        await using server = await startScriptedServer({
          onRequest(request) {
            const head = Buffer.of(0xce, 0, 0, 0, garbage.length);
            if (isSpoiling) request.socket.write(isFramed ? Buffer.concat([head, garbage]) : garbage);
            else echo(request);
          },
        });
        const connection = await open(server, { requestMsMax: 60 });
        const outcomes = await Promise.all([1, 2, 3].map((i) => outcomeOf(connection.call("f", [i]))));
        for (const outcome of outcomes) expect(outcome).toMatch(/no answer within 60 ms|the connection was lost/);
        isSpoiling = false;
        // What is left of a frame may still swallow an answer: then its deadline does its work once more.
        const later: string[] = [];
        while (later.at(-1) !== "answered" && later.length < 20) later.push(await outcomeOf(connection.call("f", [4])));
        expect(later.at(-1)).toBe("answered");
        await connection.close();
      }),
      { numRuns: 25 },
    );
  });

  test("that are refused say the server's code", async () => {
    await using server = await startScriptedServer({
      onRequest: ({ socket, sync }) => socket.write(refusalOf(sync, 2, "Failed to allocate 512 bytes")),
    });
    const connection = await open(server);
    await expect(connection.call("f", [])).rejects.toMatchObject({
      code: 2,
      message: `${where}: Failed to allocate 512 bytes (error 2)`,
    });
    await connection.close();
  });

  test("end at their deadline; the late answer is nobody's, the next one is its own", async () => {
    let first: ScriptedRequest | undefined;
    await using server = await startScriptedServer({
      onRequest(request) {
        if (argsOf(request)[0] === "slow") first = request;
        else echo(request);
      },
    });
    const connection = await open(server);
    const slow = connection.call("f", ["slow"], 400);
    // Something else comes meanwhile: the connection is alive.
    expect(await connection.call("f", ["quick"])).toEqual(["quick"]);
    expect(await outcomeOf(slow)).toBe(`${where}: no answer within 400 ms`);
    first!.socket.write(replyTo(first!.sync, ["late"]));
    expect(await connection.call("f", ["next"])).toEqual(["next"]);
    expect(server.connections()).toBe(1);
    await connection.close();
  });

  test("on a connection from which nothing at all comes end at their deadline, and it is replaced", async () => {
    let isSilent = true;
    await using server = await startScriptedServer({ onRequest: (request) => isSilent || echo(request) });
    const connection = await open(server);
    const other = outcomeOf(connection.call("f", ["other"]));
    expect(await outcomeOf(connection.call("f", [1], 60))).toBe(`${where}: no answer within 60 ms`);
    expect(await other).toBe(`${where}: the connection was lost before the answer (it was silent for 60 ms)`);
    isSilent = false;
    expect(await connection.call("f", [2])).toEqual([2]);
    expect(server.connections()).toBe(2);
    await connection.close();
  });

  test("under way are rejected when the connection breaks; those that come meanwhile wait for the next one", async () => {
    let isDown = false;
    await using server = await startScriptedServer({
      greet: (socket) => (isDown ? socket.destroy() : socket.write(GREETING)),
      onRequest: (request) => isDown || argsOf(request)[0] === "kept" || echo(request),
    });
    const connection = await open(server);
    const kept = [1, 2, 3].map(() => outcomeOf(connection.call("f", ["kept"])));
    await connection.call("f", ["sent"]);
    isDown = true;
    server.drop();
    for (const outcome of await Promise.all(kept)) {
      expect(outcome).toBe(`${where}: the connection was lost before the answer (the server closed the connection)`);
    }
    const late = await outcomeOf(connection.call("f", ["too short"], 60));
    expect(late).toMatch(/no connection \(.+\) within 60 ms/);
    const waiting = connection.call("f", ["waiting"]);
    isDown = false;
    expect(await waiting).toEqual(["waiting"]);
    await connection.close();
  });

  test("beyond the limit are refused at once, until others are answered", async () => {
    const held: ScriptedRequest[] = [];
    await using server = await startScriptedServer({ onRequest: (request) => held.push(request) });
    const connection = await open(server, { inFlightMax: 2 });
    const calls = [connection.call("f", [1]), connection.call("f", [2])];
    await expect(connection.call("f", [3])).rejects.toThrow(`${where}: 2 calls wait for an answer already`);
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const request of held) echo(request);
    expect(await Promise.all(calls)).toEqual([[1], [2]]);
    const next = connection.call("f", [4]);
    while (held.length < 3) await new Promise((resolve) => setImmediate(resolve));
    echo(held[2]!);
    expect(await next).toEqual([4]);
    await connection.close();
  });

  test("settle when it is closed, and later ones are refused", async () => {
    await using server = await startScriptedServer({});
    const connection = await open(server);
    const calls = [1, 2].map((i) => outcomeOf(connection.call("f", [i])));
    await connection.close();
    await connection.close();
    expect(await Promise.all(calls)).toEqual([`${where} is closed`, `${where} is closed`]);
    await expect(connection.ping()).rejects.toThrow("is closed");
  });

  test("of a frame larger than any answer end the connection, before it is kept", async () => {
    let isSpoiling = true;
    await using server = await startScriptedServer({
      onRequest(request) {
        if (isSpoiling) request.socket.write(Buffer.of(0xce, 0xff, 0xff, 0xff, 0xff, 0x83));
        else echo(request);
      },
    });
    const connection = await open(server);
    expect(await outcomeOf(connection.call("f", [1]))).toMatch(
      /was lost before the answer \(a frame of 4294967295 bytes/,
    );
    isSpoiling = false;
    expect(await connection.call("f", [2])).toEqual([2]);
    await connection.close();
  });
});

describe("opening", () => {
  test("takes a greeting in pieces, with more behind it", async () => {
    await using server = await startScriptedServer({
      greet(socket) {
        socket.write(GREETING.subarray(0, 70));
        setImmediate(() => socket.write(GREETING.subarray(70)));
      },
      onRequest: echo,
    });
    const connection = await open(server);
    expect(connection.serverVersion()).toBe("2.6.0");
    expect(await connection.call("f", [1])).toEqual([1]);
    expect(connection.schemaVersion()).toBe(80);
    await connection.close();
  });

  test.each([
    ["says nothing", () => undefined, "no greeting within 80 ms", 80],
    ["is another kind", (s: { end(text: string): void }) => s.end("HTTP/1.1 400".padEnd(200)), "no Tarantool", 5_000],
    ["closes at once", (s: { end(text: string): void }) => s.end(""), "the server closed the connection", 5_000],
  ])("rejects when the server %s", async (_, greet, reason, connectMsMax) => {
    await using server = await startScriptedServer({ greet });
    await expect(open(server, { connectMsMax })).rejects.toThrow(reason);
  });

  test("rejects when the password is refused, with the code, and when no answer to it comes", async () => {
    await using refusing = await startScriptedServer({
      onAuth: ({ socket, sync }) => socket.write(refusalOf(sync, 47, "Incorrect password supplied for user 'u'")),
    });
    await expect(open(refusing)).rejects.toMatchObject({ code: 47 });
    await using silent = await startScriptedServer({ onAuth: () => undefined });
    await expect(open(silent, { connectMsMax: 500 })).rejects.toThrow("no answer to the password within 500 ms");
  });

  test("that loses the connection with the very packet that lets it in goes on by itself", async () => {
    let isFirst = true;
    await using server = await startScriptedServer({
      onAuth({ socket, sync }) {
        const answer = replyTo(sync, []);
        socket.write(isFirst ? Buffer.concat([answer, Buffer.from("garbage")]) : answer);
        isFirst = false;
      },
      onRequest: echo,
    });
    const connection = await open(server);
    expect(await connection.call("f", [1])).toEqual([1]);
    expect(server.connections()).toBe(2);
    await connection.close();
  });
});
