/** A folder of the test's own, and files in it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImportRow, ImportSource } from "../import/source.ts";

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
  /** Text as UTF-8; a name ending in .gz is gzipped. Answers the path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

export async function createTestFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), "import-"));
  return {
    path,
    async write(name, content) {
      const file = join(path, name);
      await writeFile(file, name.endsWith(".gz") ? gzipSync(content) : content);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

export async function readAll(source: ImportSource): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  for await (const chunk of source.rows()) rows.push(...chunk.rows);
  return rows;
}

/** What the work threw, or undefined. */
export async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}
