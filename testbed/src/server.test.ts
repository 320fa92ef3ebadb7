import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "@thewatcher/kit/clock";
import { entryOf } from "@thewatcher/kit/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpStatus } from "./probes.ts";
import { identify } from "./processes.ts";
import type { RunningServer, UnaskedEnd } from "./server.ts";
import { startEcho } from "./testing/echo.ts";

let folder: string;
let server: RunningServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-server-"));
});

afterEach(async () => {
  await server?.kill();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

describe("a server", () => {
  test("answers when its start resolves, is gone when kill resolves, and comes back at the same address", async () => {
    server = await startEcho({ folder });
    const first = server.pid();
    expect(await httpStatus(server.url)).toBe(200);
    await server.kill();
    expect(identify(first)).toBeUndefined();
    await expect(httpStatus(server.url)).rejects.toThrow();
    await server.start();
    expect(server.pid()).not.toBe(first);
    expect(await httpStatus(server.url)).toBe(200);
  });

  test("that ends by itself is told with its last words, and one that was asked to is not", async () => {
    server = await startEcho({ folder });
    const ends: UnaskedEnd[] = [];
    server.onEnd((end) => ends.push(end));
    await server.kill();
    await server.start();
    await server.stop();
    await Promise.all([server.start(), server.start()]);
    expect(await fetch(`${server.url}end`).catch(() => "ended")).toBe("ended");
    while (ends.length === 0) await systemClock.sleep(5);
    await server.start();
    expect(await httpStatus(server.url)).toBe(200);
    expect(ends).toEqual([{ name: "echo", how: "7", said: expect.stringContaining("enough of it") }]);
  });

  test("that was frozen is stopped all the same", async () => {
    server = await startEcho({ folder });
    const pid = server.pid();
    server.freeze();
    await server.stop();
    expect(identify(pid)).toBeUndefined();
  });

  test("that ends at its start is an error with its last words", async () => {
    await expect(startEcho({ folder, fails: true })).rejects.toThrow(/echo: it ended \(3\)\n.*no licence for today/s);
  });

  test.runIf(process.platform === "linux")("ends with the program that started it, however that ends", async () => {
    const { path, execArgv } = entryOf(import.meta.url, "./testing/start-echo-child");
    const program = spawn(process.execPath, [...execArgv, path, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const { value } = await createInterface({ input: program.stdout })[Symbol.asyncIterator]().next();
    const pid = Number(value);
    expect(identify(pid)).toBeDefined();
    program.kill("SIGKILL");
    await once(program, "exit");
    while (identify(pid)) await systemClock.sleep(5);
  });
});
