/**
 * The embedded warehouse: the ClickHouse engine (chdb) in a child process behind its HTTP interface, spoken to by the same
 * client and the same code as a server.
 *
 * One folder has one child. The child ends when this process does (its IPC channel closes), so kill -9 here leaves no
 * orphan; a start right behind a kill waits for the old child to be gone, and ends it when it is not. A child that crashes
 * is started again, at most RESTARTS_MAX times within RESTART_WINDOW_MS; calls made meanwhile wait for the new one. Behind
 * that limit calls fail, and the first one after the window starts it again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "@thewatcher/kit/clock";
import { entryOf } from "@thewatcher/kit/entry";
import { UserError } from "@thewatcher/kit/user-error";
import type { ChildMessage, StartMessage } from "./chdb-child.ts";
import { openClickhouseWarehouse } from "./clickhouse.ts";
import type { Warehouse } from "./port.ts";

/** Opening a folder takes 0.2 s; one with years of parts a few. Slow machines get a minute. */
const READY_MS_MAX = 60_000;
/** A child whose parent died ends at once; after this it is ended. */
const STALE_CHILD_MS_MAX = 3_000;
/** A killed child holds the engine's lock until its memory is given back: seconds, on a busy machine. */
const LOCKED_MS_MAX = 15_000;
const LOCKED_PAUSE_MS = 100;
/** All that chdb says when the engine refuses a folder. */
const LOCKED_MESSAGE = "Failed to create connection";
const CLOSE_MS_MAX = 10_000;
const RESTARTS_MAX = 5;
const RESTART_WINDOW_MS = 60_000;
/** More threads than the child admits requests (2 inserts + 6 queries), so that none waits for a thread; compression runs there too. */
const CHILD_THREADS = "12";

export interface ChdbOptions {
  /** The folder; made where it is missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: (message: string) => void;
}

const entry = entryOf(import.meta.url, "./chdb-child");

interface RunningChild {
  readonly process: ChildProcess;
  readonly warehouse: Warehouse;
}

/** What the operating system says of a process: Linux by /proc; elsewhere only whether it lives. */
async function readProcess(pid: number): Promise<{ command: string; parentPid: number } | "gone" | "unknown"> {
  try {
    process.kill(pid, 0);
  } catch {
    return "gone";
  }
  if (process.platform !== "linux") return "unknown";
  try {
    const [command, stat] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    const [state, parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return "gone";
    return { command: command.replaceAll("\0", " "), parentPid: Number(parentPid) };
  } catch {
    return "gone";
  }
}

/** Makes sure that no other child holds the folder. */
async function awaitStaleChild(folder: string, pidFile: string, clock: Clock): Promise<void> {
  let recorded: { pid: number; parentPid: number };
  try {
    recorded = JSON.parse(await readFile(pidFile, "utf8")) as { pid: number; parentPid: number };
  } catch {
    return;
  }
  if (!Number.isInteger(recorded.pid) || recorded.pid < 2) return;
  const deadline = clock.monotonicMs() + STALE_CHILD_MS_MAX;
  for (;;) {
    const found = await readProcess(recorded.pid);
    if (found === "gone") return;
    // Its command line is empty while it ends and its memory goes back; its files are still open then.
    const ending = found !== "unknown" && found.command === "" && clock.monotonicMs() < deadline;
    // A pid that came round to another program is none of ours.
    const ours = found === "unknown" || (found.command.includes("chdb-child") && found.command.includes(folder));
    if (!ending && !ours) return;
    if (found !== "unknown" && found.parentPid === recorded.parentPid) {
      const parent = await readProcess(recorded.parentPid);
      if (parent !== "gone") {
        throw new UserError(
          `warehouse folder ${folder} is in use by process ${recorded.parentPid}; stop it first, or choose another folder`,
        );
      }
    }
    if (clock.monotonicMs() >= deadline) {
      if (found !== "unknown") process.kill(recorded.pid, "SIGKILL");
      else {
        throw new UserError(`warehouse folder ${folder}: its last process ${recorded.pid} still runs; end it first`);
      }
    }
    await clock.sleep(20);
  }
}

export async function openChdbWarehouse(options: ChdbOptions): Promise<Warehouse> {
  const { clock, log = () => {} } = options;
  const folder = resolve(options.path);
  const engineFolder = join(folder, "engine");
  const pidFile = join(folder, "child.json");
  await mkdir(engineFolder, { recursive: true });
  await awaitStaleChild(folder, pidFile, clock);

  let closing = false;
  let gaveUp = false;
  const starts: number[] = [];
  let current: Promise<RunningChild> = startFirst();

  /** Whole or not at all: a start behind a kill has to be able to read it. */
  async function recordChild(pid: number): Promise<void> {
    await writeFile(`${pidFile}.new`, JSON.stringify({ pid, parentPid: process.pid }), { mode: 0o600 });
    await rename(`${pidFile}.new`, pidFile);
  }

  async function start(): Promise<RunningChild> {
    starts.push(clock.monotonicMs());
    const login: StartMessage = {
      path: engineFolder,
      user: "thewatcher",
      password: randomBytes(24).toString("base64url"),
    };
    const child = spawn(process.execPath, [...entry.execArgv, entry.path, `--folder=${folder}`], {
      cwd: dirname(entry.path),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { UV_THREADPOOL_SIZE: CHILD_THREADS, TZ: "UTC" },
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
      log(`warehouse: ${text.trimEnd()}`);
    });
    let exited = false;
    const ready = await new Promise<Extract<ChildMessage, { kind: "ready" }>>((fulfil, reject) => {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(
          new Error(`the warehouse's process was not ready within ${READY_MS_MAX / 1000} s${said && `: ${said}`}`),
        );
      }, READY_MS_MAX);
      child.once("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once("exit", (code, signal) => {
        exited = true;
        clearTimeout(timer);
        reject(
          new Error(`the warehouse's process ended at its start (${signal ?? code})${said && `: ${said.trim()}`}`),
        );
      });
      child.once("message", (message: ChildMessage) => {
        clearTimeout(timer);
        if (message.kind === "ready") fulfil(message);
        else reject(new Error(`the warehouse's folder ${folder} can't be opened: ${message.detail}`));
      });
      if (child.pid !== undefined) {
        // Before the engine opens the folder, so that a start behind a kill finds this process.
        recordChild(child.pid).then(() => child.send(login), reject);
      }
    });
    const warehouse = await openClickhouseWarehouse({
      url: `http://${login.user}:${login.password}@127.0.0.1:${ready.port}/thewatcher`,
      product: `chdb ${ready.version} (embedded ClickHouse engine ${ready.engine}, child process ${child.pid})`,
      clock,
    }).catch((error: unknown) => {
      // The next one could not open the folder beside it.
      child.kill("SIGKILL");
      throw error;
    });
    if (exited) throw new Error("the warehouse's process ended at its start");
    child.once("exit", (code, signal) => {
      if (closing) return;
      log(`warehouse: its process ended (${signal ?? code}); starting it again`);
      // Its connections are broken already.
      warehouse.close().catch(() => {});
      restart();
    });
    // The child must not keep this process alive by itself: whoever opened it closes it.
    child.unref();
    child.channel?.unref();
    if (child.stderr instanceof Socket) child.stderr.unref();
    return { process: child, warehouse };
  }

  /** The engine's own lock has the last word on whether the old child is gone. */
  async function startFirst(): Promise<RunningChild> {
    const deadline = clock.monotonicMs() + LOCKED_MS_MAX;
    for (;;) {
      try {
        return await start();
      } catch (error) {
        const locked = error instanceof Error && error.message.includes(LOCKED_MESSAGE);
        if (!locked) throw error;
        if (clock.monotonicMs() >= deadline) {
          throw new UserError(
            `warehouse folder ${folder} can't be opened: another process holds it, or it can't be read and written; stop the other one, or choose another folder`,
          );
        }
      }
      starts.pop();
      await clock.sleep(LOCKED_PAUSE_MS);
    }
  }

  const startsWithinWindow = () => starts.filter((at) => clock.monotonicMs() - at < RESTART_WINDOW_MS).length;

  function restart(): void {
    current = startAgain();
    // Reported by the next call; here it only must not count as unhandled.
    current.catch(() => {});
  }

  async function startAgain(): Promise<RunningChild> {
    for (;;) {
      if (startsWithinWindow() > RESTARTS_MAX) {
        gaveUp = true;
        throw new Error(
          `the warehouse's process ended ${RESTARTS_MAX + 1} times within ${RESTART_WINDOW_MS / 1000} s; see the log`,
        );
      }
      try {
        return await start();
      } catch (error) {
        if (closing) throw error;
        log(`warehouse: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  await current;

  const use = async () => {
    if (closing) throw new Error("the warehouse is closed");
    if (gaveUp && startsWithinWindow() <= RESTARTS_MAX) {
      gaveUp = false;
      restart();
    }
    return (await current).warehouse;
  };
  return {
    migrate: async () => (await use()).migrate(),
    insertEvents: async (batch) => (await use()).insertEvents(batch),
    insertDecisions: async (batch) => (await use()).insertDecisions(batch),
    advance: async (range) => (await use()).advance(range),
    positions: async () => (await use()).positions(),
    query: async (sql, queryOptions) => (await use()).query(sql, queryOptions),
    async *stream(sql, queryOptions) {
      yield* (await use()).stream(sql, queryOptions);
    },
    command: async (sql, queryOptions) => (await use()).command(sql, queryOptions),
    describe: async () => (await use()).describe(),
    async close() {
      if (closing) return;
      closing = true;
      const running = await current.catch(() => undefined);
      if (!running) return;
      const child = running.process;
      const ended = new Promise<void>((fulfil) => {
        if (child.exitCode !== null || child.signalCode !== null) fulfil();
        else child.once("exit", () => fulfil());
      });
      child.ref();
      // Our idle connections first: the child waits for those under way.
      await running.warehouse.close();
      if (child.connected) child.send("close");
      const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS_MAX);
      await ended;
      clearTimeout(timer);
      await rm(pidFile, { force: true });
    },
  };
}
