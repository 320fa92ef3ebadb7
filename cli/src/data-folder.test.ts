import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@thewatcher/kit/user-error";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRunning, takeDataFolder, turnLog } from "./data-folder.ts";

let dataDir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "data-folder-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) await kill(child);
  await rm(dataDir, { recursive: true, force: true });
});

type Answer = { readonly won: true; readonly pid: number } | { readonly won: false; readonly message: string };

async function startChild(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("./testing/take-data-folder-child.ts", import.meta.url)), [], {
    execArgv: ["--import", "tsx", "--conditions=@thewatcher/source"],
  });
  children.push(child);
  await once(child, "message");
  return child;
}

async function ask(child: ChildProcess): Promise<Answer> {
  const answered = once(child, "message");
  child.send(dataDir);
  return ((await answered) as [Answer])[0];
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const locks = async (): Promise<string[]> => (await readdir(dataDir)).filter((name) => name.endsWith(".lock"));
const writeLock = (number: number, owner: unknown) =>
  writeFile(join(dataDir, `owner-00000${number}.lock`), JSON.stringify(owner));

describe("the lock of a data folder", () => {
  test("one owner at a time, again and again, and one lock file", async () => {
    for (let round = 0; round < 3; round++) {
      const folder = takeDataFolder(dataDir);
      expect(() => takeDataFolder(dataDir)).toThrow(`process ${process.pid} has it open`);
      folder[Symbol.dispose]();
      folder[Symbol.dispose]();
      expect((await locks()).length).toBe(1);
    }
  });

  test("another living process is named by its id; killed, its folder is free", async () => {
    const child = await startChild();
    expect(await ask(child)).toEqual({ won: true, pid: child.pid });
    expect(() => takeDataFolder(dataDir)).toThrow(
      new UserError(
        `data folder ${dataDir}: process ${child.pid} has it open; stop that one, or give another folder with --data-dir`,
      ),
    );
    await kill(child);
    takeDataFolder(dataDir)[Symbol.dispose]();
  });

  test("of six that start at once over the lock of a killed one, one wins, and each other names it", async () => {
    const starters = await Promise.all(Array.from({ length: 6 }, startChild));
    for (let round = 0; starters.length > 1; round++) {
      const answers = await Promise.all(starters.map(ask));
      const winner = answers.findIndex((answer) => answer.won);
      expect(answers.filter((answer) => answer.won).length, `round ${round}`).toBe(1);
      const pid = starters[winner]?.pid;
      for (const answer of answers) if (!answer.won) expect(answer.message).toContain(`process ${pid} has it open`);
      // The next round finds the lock of a process that is gone.
      await kill(starters.splice(winner, 1)[0] as ChildProcess);
    }
    expect((await locks()).length).toBe(1);
  });

  test.runIf(process.platform === "linux")("a process id that somebody else has now is not the owner", async () => {
    await writeLock(7, { pid: process.pid, startedTicks: "1" });
    expect(findRunning(dataDir)).toBeUndefined();
    takeDataFolder(dataDir)[Symbol.dispose]();
    expect(await locks()).toEqual(["owner-000008.lock"]);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["no process", '{"pid":-1,"startedTicks":null}'],
  ])("a lock that holds %s (a full disk, a crash of the machine) is nobody's", async (_, text) => {
    await writeFile(join(dataDir, "owner-000001.lock"), text);
    takeDataFolder(dataDir)[Symbol.dispose]();
  });

  test("a folder that can't be made is said so", async () => {
    const file = join(dataDir, "file");
    await writeFile(file, "");
    expect(() => takeDataFolder(join(file, "data"))).toThrow(
      `data folder ${join(file, "data")}: cannot be made (ENOTDIR)`,
    );
  });
});

describe("what the owner leaves for others", () => {
  test("how to attach, readable by its owner only, gone when it ends", async () => {
    const folder = takeDataFolder(dataDir);
    expect(findRunning(dataDir)).toBeUndefined();
    const attach = folder.publishAttach({ adminUrl: "http://127.0.0.1:1", url: "http://127.0.0.1:2" });
    expect(attach.secret.length).toBeGreaterThanOrEqual(43);
    expect(findRunning(dataDir)).toEqual(attach);
    if (process.platform !== "win32") expect((await stat(join(dataDir, "attach.json"))).mode & 0o777).toBe(0o600);
    folder[Symbol.dispose]();
    expect(findRunning(dataDir)).toBeUndefined();
    expect(await readdir(dataDir)).not.toContain("attach.json");
  });

  test("what a killed owner left is not attached to, nor is a folder that is not there", async () => {
    await writeFile(
      join(dataDir, "attach.json"),
      JSON.stringify({ pid: 2 ** 30, adminUrl: "a", url: "b", secret: "c" }),
    );
    await writeLock(1, { pid: 2 ** 30, startedTicks: null });
    expect(findRunning(dataDir)).toBeUndefined();
    expect(findRunning(join(dataDir, "none"))).toBeUndefined();
  });

  test("the world is what was set, also for the next owner", () => {
    const first = takeDataFolder(dataDir);
    expect(first.world).toBeUndefined();
    const world = { world: "demo", ready: false, madeAt: 1, seed: 42 } as const;
    first.setWorld(world);
    first[Symbol.dispose]();
    const second = takeDataFolder(dataDir);
    expect(second.world).toEqual(world);
    second[Symbol.dispose]();
  });
});

test("a log above 50 MB is turned, a smaller one goes on, none is none", async () => {
  const log = join(dataDir, "x.log");
  turnLog(log);
  await writeFile(log, "small");
  turnLog(log);
  expect(await readdir(dataDir)).toEqual(["x.log"]);
  await writeFile(log, Buffer.alloc(50 * 1024 * 1024 + 1));
  turnLog(log);
  expect(await readdir(dataDir)).toEqual(["x.log.1"]);
});
