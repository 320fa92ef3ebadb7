/**
 * A stand-in for a ClickHouse server, and no more: no registry carries a server of this decade. The engine is the real one
 * (chdb), the HTTP interface before it is ours (stores/src/warehouse/chdb-child.ts), run as a process by itself with a port,
 * a user and a password. What it can't show: replication, clusters, the native protocol, TLS, several users, quotas.
 *
 * Found by its path and not imported: the testbed may not depend on stores, whose tests depend on it.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { InstallContext } from "./cache.ts";
import { httpStatus } from "./probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export interface ClickhouseOptions extends StartOptions {
  /** Default: `thewatcher`, `secret`, `thewatcher`. Whoever opens the database makes it. */
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/** The engine's threads; more than the requests that are admitted at once (2 inserts + 6 queries). */
const THREADS = "12";
const fromSource = import.meta.url.endsWith(".ts");
const PROGRAM = fileURLToPath(
  new URL(
    `../../stores/${fromSource ? "src/warehouse/chdb-child.ts" : "dist/warehouse/chdb-child.js"}`,
    import.meta.url,
  ),
);

export function clickhouseMissing(): string | undefined {
  if (!existsSync(PROGRAM)) return "stores is not built: npm run build";
  try {
    createRequire(PROGRAM).resolve("chdb");
    return undefined;
  } catch {
    return "the npm package chdb is not installed: npm ci";
  }
}

/** It came with `npm ci`. */
export async function installClickhouse(_context: InstallContext): Promise<void> {
  const reason = clickhouseMissing();
  if (reason !== undefined) throw new Error(reason);
}

export async function startClickhouse(options: ClickhouseOptions): Promise<RunningServer> {
  const { folder, user = "thewatcher", password = "secret", database = "thewatcher" } = options;
  const port = options.port ?? (await freePort());
  const data = join(folder, "engine");
  await mkdir(data, { recursive: true });
  const file = join(folder, "start.json");
  await writeFile(file, JSON.stringify({ path: data, user, password, port }), { mode: 0o600 });
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return await startServer({
    name: "clickhouse",
    url: `http://${login}@127.0.0.1:${port}/${database}`,
    port,
    folder,
    outlives: options.outlives,
    command: process.execPath,
    args: [...(fromSource ? ["--import", import.meta.resolve("tsx")] : []), PROGRAM, `--standalone=${file}`],
    env: { ...process.env, UV_THREADPOOL_SIZE: THREADS, TZ: "UTC", NODE_OPTIONS: "" },
    isReady: async () => (await httpStatus(`http://127.0.0.1:${port}/ping`)) === 200,
  });
}
