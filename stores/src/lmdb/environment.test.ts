import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEnvironment } from "./environment.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "environment-"));
});
afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

const opened = (over: { store?: string; formatVersion?: number; path?: string } = {}) =>
  openEnvironment({ path, store: "shelf", formatVersion: 1, flush: "before-answer", ...over });

describe("an LMDB environment", () => {
  test("a folder of another store, or of a newer program, is refused in one line", async () => {
    await opened({ formatVersion: 2 }).close();
    const newer = `shelf in ${path}: the folder holds "shelf" in format 2; this program takes "shelf" up to format 1`;
    expect(() => opened()).toThrow(new UserError(newer));
    expect(() => opened({ store: "drawer", formatVersion: 2 })).toThrow(/the folder holds "shelf"/);
    await opened({ formatVersion: 3 }).close();
  });

  test("a path that is a file, or holds something else, is refused in one line", async () => {
    await writeFile(join(path, "file"), "");
    expect(() => opened({ path: join(path, "file") })).toThrow(/shelf in .*file: can't be opened/);
    await writeFile(join(path, "data.mdb"), "not a database, but longer than a header of LMDB would be".repeat(500));
    expect(() => opened()).toThrow(/shelf in .*: can't be opened/);
  });

  test("a folder with a dot in its name is a folder", async () => {
    const environment = opened({ path: join(path, "shelf.v1") });
    await environment.write((track) => track(environment.table<number, string>("t", {}).put("a", 1)));
    await environment.close();
    const again = opened({ path: join(path, "shelf.v1") });
    expect(again.table<number, string>("t", {}).get("a")).toBe(1);
    await again.close();
  });

  test("a transaction that throws keeps nothing, and those beside it keep theirs", async () => {
    const environment = opened();
    const table = environment.table<number, string>("t", {});
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        environment.transaction(() => {
          table.putSync(`k${i}`, i);
          if (i % 2 === 1) throw new Error(`no ${i}`);
          return i;
        }),
      ),
    );
    expect(outcomes.map((o) => (o.status === "fulfilled" ? o.value : String(o.reason)))).toEqual(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 1 ? `Error: no ${i}` : i)),
    );
    expect([...table.getKeys({})]).toEqual(["k0", "k2", "k4", "k6", "k8"]);
    await environment.close();
  });
});
