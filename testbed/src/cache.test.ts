import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { entryOf } from "@thewatcher/kit/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheRoot, installedFolder, installOnce } from "./cache.ts";

const RELEASE = "thing-1.0";
const silent = () => {};
let cacheFolder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "testbed-cache-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  await rm(cacheFolder, { recursive: true, force: true });
});

function installInChild(mayFinish: string) {
  const { path, execArgv } = entryOf(import.meta.url, "./testing/install-child");
  const child = spawn(process.execPath, [...execArgv, path, cacheFolder, RELEASE, mayFinish], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async saying(text: string): Promise<void> {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended without saying ${text}`);
        if (String(value).includes(text)) return;
      }
    },
  };
}

const builds = async () => (await readFile(join(cacheFolder, "builds.txt"), "utf8")).trim().split("\n");

describe("an installation", () => {
  test("by two processes at once is built by one, and both have it", async () => {
    const mayFinish = join(cacheFolder, "may-finish");
    const first = installInChild(mayFinish);
    await first.saying("building");
    const second = installInChild(mayFinish);
    await second.saying(`process ${first.process.pid} is installing it; waiting`);
    expect(installedFolder(RELEASE, cacheFolder)).toBeUndefined();
    await writeFile(mayFinish, "");
    await Promise.all([first.saying("done"), second.saying("done")]);
    expect(await builds()).toEqual([String(first.process.pid)]);
    expect(await readFile(join(cacheFolder, RELEASE, "program"), "utf8")).toBe("whole");
  });

  test("killed half-way leaves nothing that looks installed, and the next one begins anew", async () => {
    const crashed = installInChild(join(cacheFolder, "never"));
    await crashed.saying("building");
    crashed.process.kill("SIGKILL");
    await once(crashed.process, "exit");
    expect(installedFolder(RELEASE, cacheFolder)).toBeUndefined();

    await installOnce(RELEASE, { cacheFolder, say: silent }, (folder) => writeFile(join(folder, "program"), "whole"));
    expect((await readdir(join(cacheFolder, RELEASE))).sort()).toEqual(["installed.json", "program"]);
    expect((await readdir(cacheFolder)).sort()).toEqual(["builds.txt", RELEASE]);
  });

  test("that fails says why, leaves nothing, and can be tried again", async () => {
    const context = { cacheFolder, say: silent };
    const failing = installOnce(RELEASE, context, async (folder) => {
      await writeFile(join(folder, "program"), "half");
      throw new Error("the registry is away");
    });
    await expect(failing).rejects.toThrow("the registry is away");
    expect(await readdir(cacheFolder)).toEqual([]);
    const folder = await installOnce(RELEASE, context, async () => {});
    expect(installedFolder(RELEASE, cacheFolder)).toBe(folder);
  });

  test("is done once: the second time builds nothing", async () => {
    let built = 0;
    for (let time = 0; time < 3; time++) {
      await installOnce(RELEASE, { cacheFolder, say: silent }, async () => void built++);
    }
    expect(built).toBe(1);
  });

  test("is not held up by the lock of a process whose number came round to another", async () => {
    // This process's number, and a start that is not this one's.
    await symlink(`${process.pid} 1`, join(cacheFolder, `${RELEASE}.lock`));
    await installOnce(RELEASE, { cacheFolder, say: silent }, async () => {});
    expect(installedFolder(RELEASE, cacheFolder)).toBeDefined();
  });
});

test("the cache lies where the system says that caches lie, outside of any checkout", () => {
  expect(cacheRoot({ XDG_CACHE_HOME: "/var/cache/me" })).toBe("/var/cache/me/thewatcher-testbed");
  expect(cacheRoot({ XDG_CACHE_HOME: "" })).toMatch(/\/\.cache\/thewatcher-testbed$/);
});
