/**
 * The event path as it runs in production, for tests, drills and benchmarks that take parts of it away: real servers, the
 * roles as processes over them, and what an orchestrator does, which is to start again what ended, servers as well.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { freePort, type RunningServer, type UnaskedEnd } from "@thewatcher/testbed/server";
import { SERVERS, type ServerName } from "@thewatcher/testbed/servers";
import type { RoleName } from "../roles/table.ts";
import { type RoleAddress, type RoleProcess, readinessOf, startRole } from "./role-process.ts";

const RESTART_AFTER_MS = 500;
/** A store was away while it started: it says so in one line, and is started again. */
const REFUSED = 2;
const POLL_MS = 100;
/** Of what an ended server said last: an engine's last words are a stack of some 30 lines. */
const LAST_LINES = 40;
/** Processes from source on two busy cores took 40 s; this only ends what would wait for ever. */
const READY_MS_MAX = 180_000;
/** Nobody listens there: for a role that is called and not part of the path. */
const NOBODY = "http://127.0.0.1:9";

export interface EventPath<Name extends string> {
  readonly servers: Readonly<Record<string, RunningServer>>;
  /** The settings of every process. */
  readonly env: Readonly<Record<string, string>>;
  /** What ended without being asked to, other than by a store that was away at its start. */
  readonly unexpected: readonly string[];
  /**
   * Servers that ended though nobody asked them to; each was told on stderr and started again. Not `unexpected`: the path
   * has to survive it, as it survives a kill.
   */
  readonly serversEnded: readonly UnaskedEnd[];
  server(name: ServerName): RunningServer;
  /** Starts those that are not running. */
  start(...names: readonly Name[]): void;
  /** As it runs now: another one behind each kill. */
  role(name: Name): RoleProcess;
  /** kill -9; it is started again by itself. */
  kill(name: Name): Promise<void>;
  urlsOf(role: RoleName): readonly string[];
  ready(...names: readonly Name[]): Promise<void>;
  /** A token of ours for a service: a machine's, for any profile. */
  tokenFor(audience: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startEventPath<Name extends string>(options: {
  readonly folder: string;
  readonly servers: readonly ServerName[];
  readonly processes: Readonly<Record<Name, RoleName>>;
}): Promise<EventPath<Name>> {
  const { folder } = options;
  const servers: Partial<Record<ServerName, RunningServer>> = {};
  await Promise.all(
    options.servers.map(async (name) => {
      servers[name] = await SERVERS[name].start({ folder: join(folder, name) });
    }),
  );
  const addresses = new Map<Name, RoleAddress>();
  for (const [name, roles] of Object.entries(options.processes) as [Name, RoleName][])
    addresses.set(name, { roles, port: await freePort(), adminPort: await freePort() });
  const urlsOf = (role: RoleName): readonly string[] =>
    [...addresses.values()].filter(({ roles }) => roles === role).map(({ port }) => `http://127.0.0.1:${port}`);
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock: systemClock });
  const env: Record<string, string> = {
    THEWATCHER_CATALOG_URL: urlsOf("catalog").join(",") || NOBODY,
    THEWATCHER_SERVING_URL: urlsOf("serving").join(",") || NOBODY,
    THEWATCHER_INGESTION_URL: urlsOf("ingestion").join(",") || NOBODY,
    THEWATCHER_CONTROL_URL: urlsOf("control").join(",") || NOBODY,
    THEWATCHER_INTERNAL_KEY: encodeTokenKeys(keys),
    THEWATCHER_MAIL_URL: "smtp://127.0.0.1:1/?from=cinema@thewatcher.by",
    THEWATCHER_PUBLIC_ORIGIN: "https://thewatcher.by",
    THEWATCHER_LOG_LEVEL: "warn",
    THEWATCHER_DATA_DIR: join(folder, "no-data"),
  };
  for (const name of options.servers) env[SERVERS[name].setting] = servers[name]?.url ?? "";

  const running = new Map<Name, RoleProcess>();
  const killed = new Set<RoleProcess>();
  const unexpected: string[] = [];
  /** What each said when it was refused last. */
  const refusals = new Map<Name, string>();
  let stopping = false;

  const serversEnded: UnaskedEnd[] = [];
  for (const server of Object.values(servers)) {
    server.onEnd(async (end) => {
      if (stopping) return;
      const told = { ...end, said: end.said.trim().split("\n").slice(-LAST_LINES).join("\n") };
      serversEnded.push(told);
      process.stderr.write(
        `event path: ${end.name} ended by itself (${end.how}) and is started again; its last words:\n${told.said}\n`,
      );
      do {
        await systemClock.sleep(RESTART_AFTER_MS);
        // One that is killed while it starts is started again by whoever killed it, or by the next turn here.
      } while (!stopping && !(await startsAgain(server)));
    });
  }

  function start(name: Name): void {
    const address = addresses.get(name);
    if (!address || running.has(name)) return;
    const role = startRole(address, env);
    running.set(name, role);
    void role.ended.then(async ({ code, signal, stderr }) => {
      running.delete(name);
      if (stopping) return;
      if (code === REFUSED) refusals.set(name, stderr.trim().slice(-1_000));
      if (!killed.has(role) && code !== REFUSED)
        unexpected.push(`${name} ended: ${signal ?? code}\n${stderr.slice(-2_000)}`);
      await systemClock.sleep(RESTART_AFTER_MS);
      if (!stopping) start(name);
    });
  }

  async function role(name: Name): Promise<RoleProcess> {
    for (;;) {
      const found = running.get(name);
      if (found) return found;
      await systemClock.sleep(POLL_MS);
    }
  }

  return {
    servers: servers as Record<string, RunningServer>,
    env,
    unexpected,
    serversEnded,
    server(name) {
      const server = servers[name];
      if (!server) throw new Error(`${name} is not one of the path's servers`);
      return server;
    },
    start: (...names) => names.forEach(start),
    role(name) {
      const found = running.get(name);
      if (!found) throw new Error(`${name} does not run at the moment`);
      return found;
    },
    async kill(name) {
      const victim = await role(name);
      killed.add(victim);
      victim.kill("SIGKILL");
      await victim.ended;
    },
    urlsOf,
    async ready(...names) {
      await Promise.all(
        names.map(async (name) => {
          // One that ended at its start is followed by another.
          const deadline = systemClock.monotonicMs() + READY_MS_MAX;
          for (;;) {
            const readiness = await readinessOf(await role(name));
            if (readiness?.ready) return;
            if (systemClock.monotonicMs() > deadline) {
              const reasons = readiness?.reasons.join("; ") ?? refusals.get(name) ?? "nobody answers";
              const ended = serversEnded.map((end) => `; ${end.name} had ended by itself (${end.how})`).join("");
              throw new Error(`${name} was not ready within ${READY_MS_MAX / 1_000} s: ${reasons}${ended}`);
            }
            await systemClock.sleep(POLL_MS);
          }
        }),
      );
    },
    tokenFor: (audience) => signer.sign(audience, { role: "service", country: "US", device: "testing" }),
    async stop() {
      stopping = true;
      const left = [...running.values()];
      for (const one of left) one.killGroup("SIGKILL");
      await Promise.all(left.map(({ ended }) => ended));
      await Promise.all(Object.values(servers).map((server) => server.stop()));
    },
  };
}

async function startsAgain(server: RunningServer): Promise<boolean> {
  try {
    await server.start();
    return true;
  } catch (error) {
    process.stderr.write(`event path: ${(error as Error).message}\n`);
    return false;
  }
}

/** Resident MiB, now; undefined where there is no /proc, or no such process. */
export async function residentMiB(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
}

/** Asks until what it answers is as wanted; else says the last answer. */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value>,
  isWanted: (value: Value) => boolean,
  withinMs: number,
): Promise<Value> {
  const deadline = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    if (systemClock.monotonicMs() > deadline)
      throw new Error(`${what}: not within ${withinMs / 1000} s; at last ${JSON.stringify(value)}`);
    await systemClock.sleep(POLL_MS);
  }
}
