/**
 * Objects in a folder. The object `a/b` is the file `a@/b`: no key holds an `@`, so an object `a` and objects below `a/`
 * live side by side, as they do in S3.
 *
 * A put writes a file aside (`+new/`), syncs it, renames it into place and syncs the folder: a reader sees the old
 * object or the new one, and what was answered survives loss of power. Keys never become paths before they are checked,
 * and a symbolic link inside the folder is neither followed nor listed: nothing outside is read or written.
 * On a file system that folds case, keys that differ only in case are one object.
 */
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { checkListLimit, checkObjectBytes, checkObjectKey } from "./keys.ts";
import type { ObjectInfo, Objects } from "./port.ts";

const FOLDER_SUFFIX = "@";
const ASIDE = "+new";
/** A delete may remove a folder that a put has just made; it is made again this many times. */
const PLACE_ATTEMPTS_MAX = 10;

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

/** What was renamed or removed in a folder is durable once the folder itself is synced. Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function openFolderObjects(options: { readonly path: string }): Promise<Objects & AsyncDisposable> {
  let root: string;
  try {
    await mkdir(options.path, { recursive: true });
    root = await realpath(options.path);
    await rm(join(root, ASIDE), { recursive: true, force: true });
    await mkdir(join(root, ASIDE));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `objects in ${options.path}: can't be opened (${reason}); give it a folder that can be written`,
    );
  }

  let closed = false;
  let putCount = 0;
  const underWay = new Set<Promise<unknown>>();

  /** Refuses after `close`, which waits for what began before it. */
  async function call<Answer>(action: () => Promise<Answer>): Promise<Answer> {
    if (closed) throw new Error(`objects in ${options.path} is closed`);
    const running = action();
    underWay.add(running);
    try {
      return await running;
    } finally {
      underWay.delete(running);
    }
  }

  function place(key: string): { folder: string; file: string } {
    checkObjectKey(key);
    const segments = key.split("/");
    const name = segments.pop()!;
    const folder = join(root, ...segments.map((segment) => segment + FOLDER_SUFFIX));
    return { folder, file: join(folder, name) };
  }

  /** The folder as it is, or undefined where it isn't there. */
  async function plainFolder(folder: string): Promise<string | undefined> {
    try {
      if ((await realpath(folder)) === folder) return folder;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
    throw new Error(
      `objects in ${options.path}: ${folder} leads elsewhere by a symbolic link; plain folders are accepted`,
    );
  }

  async function makeFolder(folder: string): Promise<void> {
    if (await plainFolder(folder)) return;
    // The nearest one that is there must be plain before anything is made below it.
    const above = dirname(folder);
    if (above !== root) await makeFolder(above);
    await mkdir(folder, { recursive: true });
    await plainFolder(folder);
    await syncFolder(above).catch((error: unknown) => {
      // Removed meanwhile by a delete: `put` finds that and makes it again.
      if (codeOf(error) !== "ENOENT") throw error;
    });
  }

  async function put(key: string, body: Uint8Array): Promise<void> {
    const { folder, file } = place(key);
    checkObjectBytes(key, body.byteLength);
    const aside = join(root, ASIDE, String(putCount++));
    try {
      const handle = await open(aside, "wx");
      try {
        await handle.writeFile(body);
        await handle.sync();
      } finally {
        await handle.close();
      }
      for (let attempt = 1; ; attempt++) {
        try {
          await makeFolder(folder);
          await rename(aside, file);
          await syncFolder(folder);
          return;
        } catch (error) {
          if (codeOf(error) !== "ENOENT" || attempt === PLACE_ATTEMPTS_MAX) throw error;
        }
      }
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }

  async function get(key: string): Promise<Uint8Array | undefined> {
    const { folder, file } = place(key);
    if (!(await plainFolder(folder))) return undefined;
    try {
      const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      try {
        const body = await handle.readFile();
        return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      if (codeOf(error) === "ELOOP") {
        throw new Error(`objects in ${options.path}: ${key} is a symbolic link; plain files are accepted`);
      }
      throw error;
    }
  }

  async function remove(key: string): Promise<void> {
    const { folder, file } = place(key);
    if (!(await plainFolder(folder))) return;
    try {
      await unlink(file);
      await syncFolder(folder);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    // Folders that hold nothing any more go too, so that a list doesn't walk through them.
    for (let empty = folder; empty !== root; empty = dirname(empty)) {
      try {
        await rmdir(empty);
      } catch {
        return;
      }
    }
  }

  /**
   * Depth first in the order of the keys. A file stands for its key, a folder for all keys that begin with its own:
   * `a`, `a.b`, `a/…` sort as these strings do, since `/` ends a segment and is in none.
   */
  async function* walk(folder: string, begin: string, prefix: string, after: string): AsyncGenerator<string> {
    let entries: { token: string; path: string }[];
    try {
      entries = (await readdir(folder, { withFileTypes: true })).flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isFile()) return [{ token: begin + entry.name, path }];
        const isOurs = entry.isDirectory() && entry.name.endsWith(FOLDER_SUFFIX);
        return isOurs ? [{ token: `${begin}${entry.name.slice(0, -FOLDER_SUFFIX.length)}/`, path }] : [];
      });
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      throw error;
    }
    entries.sort((a, b) => (a.token < b.token ? -1 : 1));
    for (const { token, path } of entries) {
      if (!token.endsWith("/")) {
        if (token.startsWith(prefix) && token > after) yield token;
      } else if ((token.startsWith(prefix) || prefix.startsWith(token)) && (token > after || after.startsWith(token))) {
        yield* walk(path, token, prefix, after);
      }
    }
  }

  async function list(prefix: string, limit: number, after: string): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    for await (const key of walk(root, "", prefix, after)) {
      try {
        found.push({ key, bytes: (await lstat(place(key).file)).size });
      } catch (error) {
        // Deleted meanwhile, or a file that someone else put there under no key of ours.
        if (codeOf(error) !== "ENOENT" && !(error instanceof RangeError)) throw error;
      }
      if (found.length === limit) break;
    }
    return found;
  }

  const objects: Objects & AsyncDisposable = {
    put: (key, body) => call(() => put(key, body)),
    get: (key) => call(() => get(key)),
    list: ({ prefix, limit, after }) =>
      call(async () => {
        checkListLimit(limit);
        return await list(prefix, limit, after ?? "");
      }),
    delete: (keys) =>
      call(async () => {
        keys.forEach(checkObjectKey);
        for (const key of keys) await remove(key);
      }),
    describe: () => call(async () => `folder of objects ${options.path}`),
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
    [Symbol.asyncDispose]: () => objects.close(),
  };
  return objects;
}
