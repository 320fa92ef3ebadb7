/** PgBouncer out of Debian (1.18) in transaction mode, in front of the PostgreSQL at any URL. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InstallContext } from "./cache.ts";
import { findProgram, installDebian } from "./packages.ts";
import { UNPRIVILEGED } from "./postgres.ts";
import { accepts } from "./probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export interface PgbouncerOptions extends StartOptions {
  /** `postgres://user:password@host:port/database`: every database of that server is served under its own name. */
  readonly upstream: string;
  /** Connections to the server; fewer than a test's clients, so that a statement left behind by one is met by another. Default: 2. */
  readonly poolSize?: number;
  /** Further lines of the section [pgbouncer]. */
  readonly config?: readonly string[];
}

export const pgbouncerMissing = (): string | undefined =>
  findProgram("pgbouncer") ? undefined : "pgbouncer is not installed";

export const installPgbouncer = (context: InstallContext): Promise<void> =>
  installDebian(context, ["pgbouncer", "postgresql"], () => pgbouncerMissing() === undefined);

export async function startPgbouncer(options: PgbouncerOptions): Promise<RunningServer> {
  const { folder, poolSize = 2 } = options;
  const upstream = new URL(options.upstream);
  const port = options.port ?? (await freePort());
  const [user, password] = [decodeURIComponent(upstream.username), decodeURIComponent(upstream.password)];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await mkdir(folder, { recursive: true });
  const usersFile = join(folder, "users.txt");
  await writeFile(usersFile, `${quoted(user)} ${quoted(password)}\n`, { mode: 0o600 });
  const file = join(folder, "pgbouncer.ini");
  const lines = [
    "[databases]",
    `* = host=${upstream.hostname} port=${upstream.port || 5432}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${usersFile}`,
    "pool_mode = transaction",
    `default_pool_size = ${poolSize}`,
    "max_client_conn = 500",
    "ignore_startup_parameters = extra_float_digits",
    // A PostgreSQL that comes back is used within a second; the default waits 15.
    "server_login_retry = 1",
    ...(options.config ?? []),
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const url = new URL(options.upstream);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return await startServer({
    name: "pgbouncer",
    url: url.href,
    port,
    folder,
    unprivilegedUser: UNPRIVILEGED,
    outlives: options.outlives,
    command: findProgram("pgbouncer") ?? "pgbouncer",
    args: [file],
    isReady: () => accepts(port),
  });
}
