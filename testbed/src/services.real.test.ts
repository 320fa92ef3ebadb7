import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryOf } from "@thewatcher/kit/entry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "./available.ts";
import { ask } from "./probes.ts";
import { identify } from "./processes.ts";

let folder: string;

function services(...args: string[]) {
  const { path, execArgv } = entryOf(import.meta.url, "./main");
  const { status, stdout, stderr } = spawnSync(process.execPath, [...execArgv, path, ...args, "--folder", folder], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

interface Document {
  readonly services: readonly { name: string; kind: string; pid?: number; url?: string }[];
  readonly settings: Readonly<Record<string, string>>;
}
const asDocument = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Document;
const pidsOf = ({ services }: Document) => services.map(({ pid }) => pid);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-real-"));
});

afterAll(async () => {
  services("down");
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(missing("redis") ?? missing("tarantool"))("npm run services with real servers", () => {
  test("starts them, says where they are, starts none twice, stops them by their ids", async () => {
    const up = services("up", "redis", "tarantool");
    expect(up.status, up.stderr).toBe(0);
    const lines = up.stdout.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^export THEWATCHER_CACHE_URL='redis:\/\/default:secret@127\.0\.0\.1:\d+\/0'$/);
    expect(lines[1]).toMatch(
      /^export THEWATCHER_RECOMMENDATIONS_URL='tarantool:\/\/thewatcher:secret@127\.0\.0\.1:\d+'$/,
    );

    const status = asDocument(services("status", "redis", "tarantool", "--json"));
    expect(status.services.map(({ kind }) => kind)).toEqual(["ready", "ready"]);
    const again = asDocument(services("up", "redis", "tarantool", "--json"));
    expect(pidsOf(again)).toEqual(pidsOf(status));
    expect(again.settings).toEqual(status.settings);

    // Redis answers with what was written before it was stopped: its data are kept.
    const { port } = new URL(status.settings.THEWATCHER_CACHE_URL ?? "");
    expect(await ask(Number(port), "AUTH secret\r\nSET kept yes\r\n")).toContain("+OK");
    const down = services("down");
    expect(down.status, down.stderr).toBe(0);
    expect(pidsOf(status).map((pid) => identify(pid ?? 0))).toEqual([undefined, undefined]);
    expect(services("down").status).toBe(0);
    expect(services("up", "redis").status).toBe(0);
    expect(await ask(Number(port), "AUTH secret\r\nGET kept\r\n")).toBe("+OK\r\n$3\r\nyes\r\n");
  });

  test("refuses a name and a command that there are not, in one line with those that there are", () => {
    expect(services("up", "oracle")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^services: oracle: no such server; accepted are clickhouse, .*tarantool\n$/),
    });
    expect(services("upp")).toMatchObject({ status: 2, stderr: expect.stringContaining("upp: accepted are up, down") });
  });
});
