/**
 * Servers that stay when the command ends: `up` starts what does not run, `down` stops what does, and both may be said twice.
 *
 * A state file says which process each is (pid and start time: a pid that came round to another program is none of ours),
 * its URL and port, so that it comes back at the same place. Commands take turns by a lock. One server that fails leaves
 * the others alone.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@thewatcher/kit/clock";
import { type InstallContext, lock } from "./cache.ts";
import { identify, isSameProcess, type ProcessIdentity } from "./processes.ts";
import { freePort, STOP_MS_MAX } from "./server.ts";
import { SERVER_NAMES, SERVERS, type ServerKind, type ServerName } from "./servers.ts";

const GONE_POLL_MS = 20;

export interface ServiceRecord {
  /** Undefined while it does not run: the port is kept for the next time. */
  readonly process?: ProcessIdentity;
  readonly url: string;
  readonly port: number;
  readonly stopSignal: NodeJS.Signals;
}
type Records = Partial<Record<ServerName, ServiceRecord>>;

export type ServiceState =
  | { readonly kind: "started"; readonly url: string; readonly pid: number; readonly readyMs: number }
  | { readonly kind: "ready"; readonly url: string; readonly pid: number }
  | { readonly kind: "not-ready"; readonly url: string; readonly pid: number }
  | { readonly kind: "installed" }
  | { readonly kind: "stopped" }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface Service {
  readonly name: ServerName;
  readonly state: ServiceState;
}

export interface ServicesOptions {
  /** State and data of all of them. */
  readonly folder: string;
  readonly context: InstallContext;
  readonly clock: Clock;
  /** No further server is begun when it is aborted; the one under way is finished, so that its process is on record. */
  readonly signal?: AbortSignal;
  /** Default: the real ones. */
  readonly kinds?: Readonly<Record<ServerName, ServerKind>>;
}

export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_STATE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".local", "state") : base, "thewatcher-testbed");
}

export function createServices(options: ServicesOptions) {
  const { folder, context, clock, signal, kinds = SERVERS } = options;
  const file = join(folder, "services.json");
  /** The table's order: an upstream stands before what needs it. */
  const order = Object.keys(kinds) as ServerName[];

  async function read(): Promise<Records> {
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    return JSON.parse(text) as Records;
  }

  async function write(records: Records): Promise<void> {
    // It holds passwords of test servers, and a half of it would lose running processes.
    await writeFile(`${file}.new`, `${JSON.stringify(records, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  async function inTurn<Result>(work: (records: Records) => Promise<Result>): Promise<Result> {
    await mkdir(folder, { recursive: true });
    const unlock = await lock(`${file}.lock`, (pid) => context.say(`process ${pid} is at it; waiting`));
    try {
      return await work(await read());
    } finally {
      await unlock();
    }
  }

  const running = (record: ServiceRecord | undefined): record is ServiceRecord & { process: ProcessIdentity } =>
    record?.process !== undefined && isSameProcess(record.process);

  async function look(name: ServerName, record: ServiceRecord | undefined): Promise<ServiceState> {
    if (!running(record)) {
      const reason = kinds[name].missing();
      return reason === undefined ? { kind: "stopped" } : { kind: "missing", reason };
    }
    const isReady = await kinds[name].answers(record.port).catch(() => false);
    return { kind: isReady ? "ready" : "not-ready", url: record.url, pid: record.process.pid };
  }

  async function portFor(record: ServiceRecord | undefined): Promise<number> {
    return (record && (await freePort(record.port).catch(() => undefined))) ?? (await freePort());
  }

  async function startOne(name: ServerName, records: Records): Promise<ServiceState> {
    const kind = kinds[name];
    const before = await look(name, records[name]);
    if (before.kind === "ready") return before;
    if (before.kind === "not-ready") {
      return { kind: "failed", reason: `process ${before.pid} runs and does not answer; \`down ${name}\` ends it` };
    }
    if (before.kind === "missing") await kind.install(context);
    const upstream = kind.upstream === undefined ? undefined : records[kind.upstream];
    if (kind.upstream !== undefined && !running(upstream)) {
      return { kind: "failed", reason: `${kind.upstream} does not run, which it stands in front of` };
    }
    context.say(`${name}: starting`);
    const startedMs = clock.monotonicMs();
    const server = await kind.start({
      folder: join(folder, name),
      port: await portFor(records[name]),
      outlives: true,
      ...(upstream ? { upstream: upstream.url } : {}),
    });
    const identity = identify(server.pid());
    if (identity === undefined) return { kind: "failed", reason: "it ended right behind its start" };
    const { url, port, stopSignal } = server;
    records[name] = { process: identity, url, port, stopSignal };
    await write(records);
    return { kind: "started", url, pid: identity.pid, readyMs: clock.monotonicMs() - startedMs };
  }

  async function stopOne(name: ServerName, records: Records): Promise<ServiceState> {
    const record = records[name];
    if (record?.process === undefined) return { kind: "stopped" };
    if (running(record)) {
      context.say(`${name}: stopping process ${record.process.pid}`);
      await endProcess(record.process, record.stopSignal, clock);
    }
    const { url, port, stopSignal } = record;
    records[name] = { url, port, stopSignal };
    await write(records);
    return { kind: "stopped" };
  }

  async function each(
    names: readonly ServerName[],
    work: (name: ServerName) => Promise<ServiceState>,
    sequence: readonly ServerName[] = order,
  ) {
    const services: Service[] = [];
    for (const name of sequence.filter((known) => names.includes(known))) {
      signal?.throwIfAborted();
      const state = await work(name).catch((error: unknown): ServiceState => {
        return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
      });
      services.push({ name, state });
    }
    return services;
  }

  return {
    async up(names: readonly ServerName[] = SERVER_NAMES): Promise<Service[]> {
      const upstreams = names.flatMap((name) => kinds[name].upstream ?? []);
      return await inTurn((records) => each([...names, ...upstreams], (name) => startOne(name, records)));
    },
    async down(names: readonly ServerName[] = SERVER_NAMES): Promise<Service[]> {
      return await inTurn((records) => each(names, (name) => stopOne(name, records), order.toReversed()));
    },
    async status(names: readonly ServerName[] = SERVER_NAMES): Promise<Service[]> {
      const records = await read();
      return await each(names, (name) => look(name, records[name]));
    },
    /** Two installations of one server, by two commands, are one: see cache.ts. */
    async install(names: readonly ServerName[] = SERVER_NAMES): Promise<Service[]> {
      return await each(names, async (name) => {
        if (kinds[name].missing() !== undefined) await kinds[name].install(context);
        const reason = kinds[name].missing();
        return reason === undefined ? { kind: "installed" } : { kind: "missing", reason };
      });
    },
  };
}

/** Asks it to end, and ends it when it does not; resolves when it is gone. */
async function endProcess(known: ProcessIdentity, signal: NodeJS.Signals, clock: Clock): Promise<void> {
  const send = (name: NodeJS.Signals) => {
    try {
      if (isSameProcess(known)) process.kill(known.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  send(signal);
  // One that was frozen can't end before it runs on.
  send("SIGCONT");
  const deadline = clock.monotonicMs() + STOP_MS_MAX;
  let isKilled = false;
  while (isSameProcess(known)) {
    if (!isKilled && clock.monotonicMs() > deadline) {
      send("SIGKILL");
      isKilled = true;
    }
    await clock.sleep(GONE_POLL_MS);
  }
}

/** The settings that choose what runs: one value each, the others as remarks. */
export function settingsOf(
  services: readonly Service[],
  kinds: Readonly<Record<ServerName, ServerKind>> = SERVERS,
): { readonly name: ServerName; readonly setting: string; readonly url: string; readonly isRemark: boolean }[] {
  const up = services.flatMap(({ name, state }) =>
    state.kind === "started" || state.kind === "ready" ? [{ name, url: state.url }] : [],
  );
  const names = new Set(up.map(({ name }) => name));
  return up.map(({ name, url }) => {
    const { setting, secondTo } = kinds[name];
    return { name, setting, url, isRemark: secondTo !== undefined && names.has(secondTo) };
  });
}
