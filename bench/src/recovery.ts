/**
 * `recovery`: kill -9 of each process of a running cinema over real servers, and the seconds until it works again: until an
 * event posted at the public door is accepted, until such an event is in the warehouse and nothing waits in front of it, and
 * until a page comes whole again. What was killed is started again as an orchestrator does: at once.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { command } from "@thewatcher/cli/testing/cinema-process";
import { type EventPath, startEventPath } from "@thewatcher/cli/testing/event-path";
import { generateRatings, writeMovieLens } from "@thewatcher/cli/testing/movielens-files";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { titleIdOf } from "@thewatcher/ingestion/import/source";
import { uuid7 } from "@thewatcher/kit/uuid";
import { missing } from "@thewatcher/testbed/available";
import { openWarehouse } from "./event-stores.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import type { Figure } from "./report.ts";
import { median } from "./statistics.ts";

const SERVERS = ["kafka", "clickhouse", "tarantool", "redis", "postgres", "minio"] as const;
const PROCESSES = {
  gateway: "gateway",
  catalog: "catalog",
  ingestion: "ingestion",
  serving: "serving",
  sink: "sink",
} as const;
type ProcessName = keyof typeof PROCESSES;
type Victim = ProcessName | (typeof SERVERS)[number];
/** Nothing asks the objects meanwhile: their recovery would be that of nothing. */
const VICTIMS: readonly Victim[] = [
  "ingestion",
  "sink",
  "serving",
  "gateway",
  "catalog",
  "kafka",
  "clickhouse",
  "tarantool",
  "redis",
  "postgres",
];
const VIEWERS = { users: 40, items: 120, perUser: 30, seed: 5 } as const;
const RECOVERED_MS_MAX = 180_000;
const PROBE_EVERY_MS = 50;
const PROBE_MS_MAX = 3_000;
/** Between two kills: what the one before left behind is over. */
const QUIET_MS = 2_000;

interface Recovery {
  readonly accepted: number;
  readonly inWarehouse: number;
  readonly page: number;
}

async function run(context: BenchContext): Promise<Outcome> {
  const { clock, lifecycle, options, say, signal, freshFolder } = context;
  const absent = SERVERS.map((name) => missing(name)).filter((reason) => reason !== undefined);
  if (absent.length > 0) return { figures: [], notes: [`Left out: ${absent.join("; ")}`] };
  const folder = freshFolder("recovery");
  const path: EventPath<ProcessName> = lifecycle.own(
    "path",
    await startEventPath({ folder, servers: SERVERS, processes: PROCESSES }),
    (it) => it.stop(),
  );
  const names = Object.keys(PROCESSES) as ProcessName[];
  path.start(...names);
  await path.ready(...names);
  say("recovery: every process runs; an import and a training");
  await writeMovieLens(join(folder, "movielens"), generateRatings(VIEWERS), VIEWERS.items);
  const thewatcher = async (...args: readonly string[]): Promise<string> => {
    const ended = await command(args, path.env);
    if (ended.code !== 0) throw new Error(`thewatcher ${args.join(" ")}: ${ended.code}\n${ended.stderr}`);
    return ended.stdout;
  };
  await thewatcher("import", "movielens", join(folder, "movielens"), "--source", "base");
  await thewatcher("train", "--no-evaluate");
  const { token } = JSON.parse(await thewatcher("token", "--role", "service", "--json")) as { token: string };
  const warehouse = lifecycle.own("warehouse", await openWarehouse(path.env.THEWATCHER_WAREHOUSE_URL ?? ""), (it) =>
    it.close(),
  );
  const profileId = importedProfileId("base:1");
  const authorization = `Bearer ${token}`;
  const door = (to: string, init: RequestInit = {}) =>
    fetch(`${path.urlsOf("gateway")[0]}${to}`, { ...init, signal: AbortSignal.timeout(PROBE_MS_MAX) });

  async function postEvent(): Promise<string | undefined> {
    const at = new Date(clock.now()).toISOString();
    const eventId = uuid7(clock.now());
    const event = { eventId, type: "click", occurredAt: at, sentAt: at, payload: { titleId: titleIdOf("base", "7") } };
    const response = await door("/api/v1/events", {
      method: "POST",
      headers: { authorization, "content-type": "application/json", "x-profile-id": profileId },
      body: JSON.stringify({ events: [event] }),
    }).catch(() => undefined);
    await response?.text().catch(() => "");
    return response?.status === 200 ? eventId : undefined;
  }
  async function isIn(eventId: string): Promise<boolean> {
    const rows = await warehouse
      .query("SELECT 1 FROM events WHERE eventId = {eventId:UUID} LIMIT 1", { params: { eventId } })
      .catch(() => []);
    return rows.length > 0;
  }
  async function isPageWhole(): Promise<boolean> {
    const response = await door(`/api/v1/profiles/${profileId}/home`, { headers: { authorization } }).catch(
      () => undefined,
    );
    if (response?.status !== 200) return false;
    const page = (await response.json().catch(() => ({}))) as { degradations?: readonly unknown[] };
    return page.degradations?.length === 0;
  }
  /** Seconds until it is so twice in a row: what was under way at the kill may still answer once. */
  async function since(startedMs: number, isSo: () => Promise<boolean>): Promise<number> {
    let secondsAtFirst: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      if (await isSo()) {
        if (secondsAtFirst !== undefined) return secondsAtFirst;
        secondsAtFirst = (clock.monotonicMs() - startedMs) / 1_000;
      } else {
        secondsAtFirst = undefined;
      }
      if (clock.monotonicMs() - startedMs > RECOVERED_MS_MAX) throw new Error("it did not recover");
      await clock.sleep(PROBE_EVERY_MS, signal);
    }
  }

  async function recover(victim: Victim): Promise<Recovery> {
    const startedMs = clock.monotonicMs();
    let starting: Promise<void> = Promise.resolve();
    if (victim in PROCESSES) await path.kill(victim as ProcessName);
    else {
      const server = path.server(victim as (typeof SERVERS)[number]);
      await server.kill();
      starting = server.start();
    }
    const accepted = since(startedMs, async () => (await postEvent()) !== undefined);
    const page = since(startedMs, isPageWhole);
    const inWarehouse = (async () => {
      await accepted;
      const eventId = await postEvent();
      // Accepted twice and then not: another attempt is a new one.
      if (eventId === undefined) throw new Error(`${victim}: an event was refused behind its recovery`);
      return since(startedMs, () => isIn(eventId));
    })();
    const recovery = { accepted: await accepted, inWarehouse: await inWarehouse, page: await page };
    await starting;
    await path.ready(...names);
    return recovery;
  }

  await since(clock.monotonicMs(), isPageWhole);
  const loadBefore = loadavg()[0] ?? 0;
  const found = new Map<Victim, Recovery[]>(VICTIMS.map((victim) => [victim, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const victim of VICTIMS) {
      say(`recovery: round ${round + 1} of ${options.rounds}, kill -9 of ${victim}`);
      found.get(victim)?.push(await recover(victim));
      await clock.sleep(QUIET_MS, signal);
    }
  }
  const figures: Figure[] = [];
  for (const [victim, recoveries] of found) {
    for (const [what, pick] of [
      ["an event accepted", (one: Recovery) => one.accepted],
      ["an event in the warehouse", (one: Recovery) => one.inWarehouse],
      ["a whole page", (one: Recovery) => one.page],
    ] as const) {
      const runs = recoveries.map(pick);
      figures.push({ name: `${victim} → ${what}`, value: median(runs), unit: "s", runs });
    }
  }
  return {
    figures,
    notes: [
      "One process of each role, from the kill on: a process starts 0.5 s later, a server at once; both starts are in the figures.",
      `Load of the machine (1 min): ${loadBefore.toFixed(0)} at the beginning, ${(loadavg()[0] ?? 0).toFixed(0)} at the end.`,
      "Everything is probed through the gateway, so what a kill does not touch shows what the probe itself takes.",
    ],
  };
}

export const recoveryBench: Bench = {
  name: "recovery",
  about: "seconds from kill -9 of each process and server to caught up",
  run,
};
