/** PostgreSQL out of Debian (15): a cluster in its own folder, passwords by SCRAM, as the user `postgres` where we are root. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import type { InstallContext } from "./cache.ts";
import type { Certificates } from "./certificates.ts";
import { findProgram, installDebian } from "./packages.ts";
import { identify } from "./processes.ts";
import { runCommand } from "./run-command.ts";
import { freePort, giveTo, type RunningServer, runAs, type StartOptions, startServer } from "./server.ts";

export const UNPRIVILEGED = "postgres";

export interface PostgresOptions extends StartOptions {
  /** Default: `thewatcher`, `secret`, `thewatcher`; the user is a superuser. */
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Offers TLS beside plain connections. */
  readonly tls?: Certificates;
  /** Further settings: `{ max_connections: "10" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Debian keeps each major version's programs in a folder of their own; the newest is taken. */
function findPostgresProgram(name: string): string | undefined {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  return (
    versions.map((version) => join(base, version, "bin", name)).find((path) => existsSync(path)) ?? findProgram(name)
  );
}

export const postgresMissing = (): string | undefined =>
  findPostgresProgram("initdb") ? undefined : "postgresql is not installed";

export const installPostgres = (context: InstallContext): Promise<void> =>
  installDebian(context, ["postgresql"], () => postgresMissing() === undefined);

export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  const { folder, user = "thewatcher", password = "secret", database = "thewatcher", tls } = options;
  const port = options.port ?? (await freePort());
  const data = join(folder, "data");
  const program = (name: string) => findPostgresProgram(name) ?? name;
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(data, "PG_VERSION"))) {
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, password, { mode: 0o600 });
    await giveTo(UNPRIVILEGED, folder);
    const login = ["-U", user, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    await runAs(UNPRIVILEGED, program("initdb"), ["-D", data, ...login, "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
    await rm(passwordFile);
  }
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    ...(tls ? { ssl: "on", ssl_cert_file: tls.certFile, ssl_key_file: tls.keyFile } : {}),
    ...options.settings,
  };
  const address = (name: string) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;
  const server = await startServer({
    name: "postgres",
    url: address(database),
    port,
    folder,
    unprivilegedUser: UNPRIVILEGED,
    outlives: options.outlives,
    // SIGTERM would wait for every client to leave.
    stopSignal: "SIGINT",
    command: program("postgres"),
    args: ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    // Behind kill -9 its backends live on until they look up from their queries.
    isHeldUp: (said) => said.includes("pre-existing shared memory block"),
    isReady: async () => {
      await runCommand(program("pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]);
      return true;
    },
  });
  const psql = (...args: string[]) => runCommand(program("psql"), [address("postgres"), "-Atq", ...args]);
  const quoted = database.replaceAll("'", "''");
  if ((await psql("-c", `SELECT 1 FROM pg_database WHERE datname = '${quoted}'`)).trim() === "") {
    await psql("-c", `CREATE DATABASE "${database.replaceAll('"', '""')}"`);
  }
  return withBackends(server);
}

/**
 * Each connection is served by a process of its own, in a session of its own: to freeze or kill the server is to do it to
 * all of them. A server started while an orphan of the last one still holds its memory refuses to start.
 */
function withBackends(server: RunningServer): RunningServer {
  const signalAll = (pids: readonly number[], signal: NodeJS.Signals) => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  let frozen: number[] = [];
  return {
    ...server,
    freeze() {
      server.freeze();
      // Nobody can be born behind this look: the parent of all stands still.
      frozen = childrenOf(server.pid());
      signalAll(frozen, "SIGSTOP");
    },
    thaw() {
      signalAll(frozen, "SIGCONT");
      frozen = [];
      server.thaw();
    },
    async kill() {
      const backends = childrenOf(server.pid());
      await server.kill();
      signalAll(backends, "SIGKILL");
      while (backends.some((pid) => identify(pid) !== undefined)) await systemClock.sleep(5);
    },
    async stop() {
      signalAll(frozen, "SIGCONT");
      await server.stop();
    },
  };
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
    } catch {
      return false;
    }
  });
}
