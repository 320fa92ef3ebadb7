/**
 * A real server as a child process: a free loopback port, a data folder of its own, ready when it answers, ended by its id.
 *
 * Each server is one file beside this one: `<name>.ts` exports `install<Name>(context)` (idempotent; what it fetched and
 * built lies in the cache folder outside of the repository) and `start<Name>(options)`. Tests start their own, on ports
 * of their own, so that they may kill it; `npm run services` starts one of each for a person.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chown, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { findProgram } from "./packages.ts";
import { runCommand } from "./run-command.ts";

/** Nothing here takes longer on a machine that works: Elasticsearch took 13 s, on a loaded machine 60. */
const READY_MS_MAX = 180_000;
const POLL_MS = 50;
/** What helpers of a killed server need to notice it. */
const HELD_UP_MS_MAX = 20_000;
export const STOP_MS_MAX = 20_000;

export interface StartOptions {
  /** Data, logs and configuration of this server alone; made where it is missing, kept when it stops. */
  readonly folder: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Lives on when this process ends. Default: where the system can do it (Linux), it ends with this process. */
  readonly outlives?: boolean;
}

export interface RunningServer {
  readonly name: string;
  /** The value of the setting that chooses it: `kafka://127.0.0.1:41234`. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  pid(): number;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Starts it again on the same port and data, where it does not run. Resolves when it answers. */
  start(): Promise<void>;
  /** Asks it to end (`stopSignal`), then SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
  readonly stopSignal: NodeJS.Signals;
  /** From now on told each time that it ends, once it was ready, though none of these asked it to: how, and its last words. */
  onEnd(listener: (end: UnaskedEnd) => void): void;
}

export interface UnaskedEnd {
  readonly name: string;
  /** The signal or the exit code. */
  readonly how: string;
  /** The end of its log. */
  readonly said: string;
}

/** A port that nobody listens on; of `wanted` only whether it is free: it rejects when it is not. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

export interface ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A server that refuses to run as root runs as this user where we are root; the folder becomes that user's. */
  readonly unprivilegedUser?: string;
  readonly outlives?: boolean | undefined;
  /** What asks it to end by itself. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Whether what it said at its end means only that a killed one's helpers have not ended yet: it is started again. */
  isHeldUp?(said: string): boolean;
  /** Asked again and again until it answers true; an error means not yet. `said`: what it wrote since this start. */
  isReady(said: () => Promise<string>): Promise<boolean>;
}

/** Starts it, waits until it is ready; on failure says what it wrote last. */
export async function startServer(server: ServerProcess): Promise<RunningServer> {
  const { name, url, port, folder, stopSignal = "SIGTERM" } = server;
  const logFile = join(folder, `${name}.log`);
  let child: ChildProcess | undefined;
  /** Those that were asked to end. */
  const asked = new WeakSet<ChildProcess>();
  const listeners: ((end: UnaskedEnd) => void)[] = [];
  let starting: Promise<void> | undefined;

  function start(): Promise<void> {
    starting ??= startUntilReady().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function startUntilReady(): Promise<void> {
    if (!isGone()) return;
    const giveUpMs = systemClock.monotonicMs() + HELD_UP_MS_MAX;
    for (;;) {
      try {
        return await startOnce();
      } catch (error) {
        const isHeldUp = server.isHeldUp?.((error as Error).message) ?? false;
        if (!isHeldUp || systemClock.monotonicMs() > giveUpMs) throw error;
        await systemClock.sleep(POLL_MS);
      }
    }
  }

  async function startOnce(): Promise<void> {
    await mkdir(folder, { recursive: true });
    if (server.unprivilegedUser !== undefined) await giveTo(server.unprivilegedUser, folder);
    const log = createWriteStream(logFile, { flags: "a" });
    await once(log, "open");
    const { size: logBytes } = await stat(logFile);
    const [command, args] = wrapped(server);
    const started = spawn(command, args, {
      cwd: server.cwd ?? folder,
      stdio: ["ignore", log, log],
      detached: true,
      ...(server.env ? { env: server.env } : {}),
    });
    child = started;
    if (server.outlives) started.unref();
    let failure: string | undefined;
    let wasReady = false;
    started.once("error", (error) => {
      failure = error.message;
    });
    started.once("exit", async (code, signal) => {
      failure ??= `it ended (${signal ?? code})`;
      log.close();
      if (!wasReady || asked.has(started) || listeners.length === 0) return;
      const end = { name, how: String(signal ?? code), said: await tail(logFile) };
      for (const listener of listeners) listener(end);
    });
    const deadline = systemClock.monotonicMs() + READY_MS_MAX;
    for (;;) {
      if (failure !== undefined) throw new Error(`${name}: ${failure}\n${await tail(logFile)}`);
      if (systemClock.monotonicMs() > deadline) {
        await end("SIGKILL");
        throw new Error(`${name} was not ready within ${READY_MS_MAX / 1000} s\n${await tail(logFile)}`);
      }
      const said = async () => (await readFile(logFile)).subarray(logBytes).toString("utf8");
      if (await server.isReady(said).catch(() => false)) {
        wasReady = true;
        return;
      }
      await systemClock.sleep(POLL_MS);
    }
  }

  const isGone = () => !child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child || isGone()) return;
    const gone = once(child, "exit");
    asked.add(child);
    child.kill(signal);
    if (signal === "SIGKILL") return void (await gone);
    child.kill("SIGCONT");
    const stop = new AbortController();
    const late = systemClock.sleep(STOP_MS_MAX, stop.signal).then(
      () => child?.kill("SIGKILL"),
      () => undefined,
    );
    await gone;
    stop.abort();
    await late;
  }

  /** Ended while it starts, that start has failed as well when this resolves: the next one is a new one. */
  async function endWhole(signal: NodeJS.Signals): Promise<void> {
    await end(signal);
    await starting?.catch(() => undefined);
  }

  await start();
  return {
    name,
    url,
    port,
    folder,
    pid: () => child?.pid ?? 0,
    kill: () => endWhole("SIGKILL"),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    start,
    stop: () => endWhole(stopSignal),
    stopSignal,
    onEnd: (listener) => void listeners.push(listener),
  };
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.slice(-2_000);
}

const isRoot = () => process.getuid?.() === 0;

/**
 * The command behind `setpriv` (util-linux) where there is one: it ends with this process however that ends, so that a
 * killed test run leaves no server; and as root it becomes another user that can still pass our folders' parents
 * (PostgreSQL asks for the user id alone, and refuses 0).
 */
function wrapped(
  server: Pick<ServerProcess, "command" | "args" | "unprivilegedUser" | "outlives">,
): [string, string[]] {
  const setpriv = process.platform === "linux" ? findProgram("setpriv") : undefined;
  if (setpriv === undefined) return [server.command, [...server.args]];
  const options = [
    ...(server.outlives ? [] : ["--pdeathsig", "KILL"]),
    ...(isRoot() && server.unprivilegedUser !== undefined ? becoming(server.unprivilegedUser) : []),
  ];
  return options.length === 0
    ? [server.command, [...server.args]]
    : [setpriv, [...options, server.command, ...server.args]];
}

const becoming = (user: string): string[] => [
  ...["--reuid", user, "--regid", user, "--clear-groups"],
  ...["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"],
];

/** Runs a server's tool as the user that the server runs as. */
export async function runAs(user: string, command: string, args: readonly string[]): Promise<string> {
  const setpriv = findProgram("setpriv");
  if (!isRoot() || setpriv === undefined) return await runCommand(command, args);
  return await runCommand(setpriv, [...becoming(user), command, ...args]);
}

/** Root's folder, and what was put in it, becomes the user's; what the server wrote is the user's already. */
export async function giveTo(user: string, folder: string): Promise<void> {
  if (!isRoot()) return;
  const [uid, gid] = (await runCommand("getent", ["passwd", user])).split(":").slice(2, 4).map(Number);
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${user}`);
  await mkdir(folder, { recursive: true });
  await chown(folder, uid, gid);
  for (const name of await readdir(folder)) await chown(join(folder, name), uid, gid);
}
