/** Redis out of Debian, with a password; everything on disk, as a cinema that must not lose sessions runs it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InstallContext } from "./cache.ts";
import type { Certificates } from "./certificates.ts";
import { findProgram, installDebian } from "./packages.ts";
import { ask } from "./probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export interface RedisOptions extends StartOptions {
  /** Default: `secret`. */
  readonly password?: string;
  /** Serves TLS alone. */
  readonly tls?: Certificates;
  /** Further lines of redis.conf: `maxmemory 10mb`. */
  readonly config?: readonly string[];
}

export const redisMissing = (): string | undefined =>
  findProgram("redis-server") ? undefined : "redis-server is not installed";

export const installRedis = (context: InstallContext): Promise<void> =>
  installDebian(context, ["redis-server"], () => redisMissing() === undefined);

export async function startRedis(options: RedisOptions): Promise<RunningServer> {
  const { folder, tls, password = "secret" } = options;
  const port = options.port ?? (await freePort());
  await mkdir(folder, { recursive: true });
  const file = join(folder, "redis.conf");
  const lines = [
    "bind 127.0.0.1",
    ...(tls
      ? ["port 0", `tls-port ${port}`, `tls-cert-file ${tls.certFile}`, `tls-key-file ${tls.keyFile}`]
      : [`port ${port}`]),
    ...(tls ? [`tls-ca-cert-file ${tls.caFile}`, "tls-auth-clients no"] : []),
    `dir ${folder}`,
    `requirepass ${JSON.stringify(password)}`,
    "appendonly yes",
    'save ""',
    "daemonize no",
    ...(options.config ?? []),
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return await startServer({
    name: "redis",
    url: `${tls ? "rediss" : "redis"}://default:${encodeURIComponent(password)}@127.0.0.1:${port}/0`,
    port,
    folder,
    outlives: options.outlives,
    command: findProgram("redis-server") ?? "redis-server",
    args: [file],
    // While it loads its file it answers LOADING.
    isReady: async () =>
      (await ask(port, `AUTH ${JSON.stringify(password)}\r\nPING\r\n`, tls !== undefined)).includes("+"),
  });
}
