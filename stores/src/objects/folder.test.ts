import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { objectsContract } from "./contract.ts";
import { openFolderObjects } from "./folder.ts";

let base: string;
let path: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "objects-"));
  path = join(base, "store");
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe("objects in a folder", () => {
  objectsContract({
    async open() {
      let port = await openFolderObjects({ path });
      return {
        port,
        async reopen() {
          await port.close();
          port = await openFolderObjects({ path });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });

  const body = new Uint8Array([1]);

  test("no key, however made, writes or removes anything outside the folder", async () => {
    await using objects = await openFolderObjects({ path });
    await writeFile(join(base, "outside"), "untouched");
    const piece = fc.constantFrom("..", ".", "/", "\\", "outside", "a", "\0", "%2e", "@", "~", "+new", "é", "…");
    const key = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    );
    await fc.assert(
      fc.asyncProperty(key, async (any) => {
        const accepted = await objects.put(any, body).then(
          () => true,
          () => false,
        );
        if (accepted) {
          expect((await objects.list({ prefix: any, limit: 1 }))[0]?.key).toBe(any);
          await objects.delete([any]);
        }
        await objects.delete([any]).catch(() => undefined);
        await objects.list({ prefix: any, limit: 10, after: any });
        expect(await readdir(base)).toEqual(["outside", "store"]);
        expect(await readFile(join(base, "outside"), "utf8")).toBe("untouched");
      }),
      { numRuns: 300 },
    );
  });

  test("a symbolic link in the folder is neither followed nor listed", async () => {
    await using objects = await openFolderObjects({ path });
    await mkdir(join(base, "elsewhere"));
    await writeFile(join(base, "elsewhere", "secret"), "secret");
    await symlink(join(base, "elsewhere"), join(path, "linked@"));
    await symlink(join(base, "elsewhere", "secret"), join(path, "file"));
    await expect(objects.get("linked/secret")).rejects.toThrow(/leads elsewhere by a symbolic link/);
    await expect(objects.put("linked/new", body)).rejects.toThrow(/leads elsewhere/);
    await expect(objects.put("linked/below/new", body)).rejects.toThrow(/leads elsewhere/);
    await expect(objects.delete(["linked/secret"])).rejects.toThrow(/leads elsewhere/);
    await expect(objects.get("file")).rejects.toThrow(/file is a symbolic link/);
    expect(await objects.list({ prefix: "", limit: 10 })).toEqual([]);
    await objects.put("file", body);
    expect(await readFile(join(base, "elsewhere", "secret"), "utf8")).toBe("secret");
    expect(await readdir(join(base, "elsewhere"))).toEqual(["secret"]);
    expect(await objects.get("file")).toEqual(body);
  });

  test("what a crash left half written is never an object, and is removed at the next opening", async () => {
    await (await openFolderObjects({ path })).close();
    await writeFile(join(path, "+new", "7"), "half");
    await using objects = await openFolderObjects({ path });
    expect(await objects.list({ prefix: "", limit: 10 })).toEqual([]);
    expect(await readdir(join(path, "+new"))).toEqual([]);
  });

  test("deleting the last object of a folder removes the folder", async () => {
    await using objects = await openFolderObjects({ path });
    await objects.put("a/b/c", body);
    await objects.put("a/d", body);
    await objects.delete(["a/b/c"]);
    expect(await readdir(join(path, "a@"))).toEqual(["d"]);
    await objects.delete(["a/d"]);
    expect(await readdir(path)).toEqual(["+new"]);
  });

  test("a folder that can't be made is refused in one line", async () => {
    await writeFile(join(base, "file"), "");
    await expect(openFolderObjects({ path: join(base, "file") })).rejects.toThrow(/objects in .*file: can't be opened/);
  });
});
