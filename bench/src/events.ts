/**
 * `events`: collector → log → sink → warehouse, embedded (one process over LMDB and the embedded engine) and on real
 * servers (a collector and a sink over Kafka and the engine behind its HTTP interface), side by side.
 *
 * Each round: the records appended to the log by themselves (its limit), then the whole path by HTTP as an app posts, timed
 * from the first request to the last acknowledged row, then the same rows into the warehouse by themselves, in the batches
 * that the sink of that run made and in full ones (its limit). Then the accepting answer at half of the path's rate, on a schedule: a late request counts from
 * when it was due. On the servers also a backlog read by one sink and by two.
 *
 * Everything shares the machine's cores: the generator, the collector, Kafka, the sink, the engine.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { type AppBatch, makeAppBatch } from "@thewatcher/cli/testing/app-events";
import { EVENT_VERSION } from "@thewatcher/contracts/events";
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import { INSERT_ROWS_MAX } from "@thewatcher/ingestion/sink";
import { assert } from "@thewatcher/kit/assert";
import { entryOf } from "@thewatcher/kit/entry";
import { createTokenSigner, encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { createRng } from "@thewatcher/kit/rng";
import type { EventLog, NewRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import { missing } from "@thewatcher/testbed/available";
import { SERVERS } from "@thewatcher/testbed/servers";
import { openLog, openWarehouse } from "./event-stores.ts";
import type { EventsJob, EventsMessage } from "./events-child.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { endProcess, processorSecondsOf } from "./processes.ts";
import type { Figure } from "./report.ts";
import { median, quantile } from "./statistics.ts";

const EVENTS = 100_000;
const EVENTS_PER_REQUEST = 50;
const PROFILES = 200;
/** Requests under way at once, from as many connections. */
const CONNECTIONS = 16;
/** The engine admits as many inserts at once, and a sink has more partitions than that. */
const INSERTS_TOGETHER = 2;
const APPEND_RECORDS = 2_000;
const APPENDS_TOGETHER = 4;
/** A backlog of four full inserts for each of two partitions. */
const BACKLOG_EVENTS = 8 * INSERT_ROWS_MAX;
const BACKLOG_PARTITIONS = 2;
/** What the warehouse can do at best: as many rows at a time as the sink ever brings. */
const FULL_INSERTS = Array.from({ length: EVENTS / INSERT_ROWS_MAX }, () => INSERT_ROWS_MAX);
const WARM_UP_EVENTS = 5_000;
/** Nothing was inserted for so long: the path stands still. */
const STANDSTILL_MS_MAX = 60_000;
const GOAL_RATIO = 0.6;
const GOAL_ACCEPT_MS = 20;
interface Path {
  readonly name: string;
  /** One process for both ends. */
  readonly isOne: boolean;
  /** Another log and warehouse each time, on the same servers. */
  fresh(): { readonly logUrl: string; readonly warehouseUrl: string };
}

const keys = generateTokenKeys();
const internalKey = encodeTokenKeys(keys);

/** As the collector writes them. */
function recordsOf({ profileId, events }: AppBatch): NewRecord[] {
  return events.map((event) => {
    const stamped = { receivedAt: event.sentAt, knownAt: event.sentAt, profileId, device: "web", country: "US" };
    const stored = { version: EVENT_VERSION, ...event, ...stamped, timeQuality: "observed" };
    return { key: profileId, value: JSON.stringify(stored) };
  });
}

function makeBatches(events: number, seed: number, now: number): readonly AppBatch[] {
  const rng = createRng(seed);
  const options = { profiles: PROFILES, events: EVENTS_PER_REQUEST, now };
  return Array.from({ length: events / EVENTS_PER_REQUEST }, () => makeAppBatch(rng, options));
}

/** `count` of `work`, at most `together` at once. */
async function inTurn(count: number, together: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: together }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

async function makeTopics(log: EventLog, behaviourPartitions: number): Promise<void> {
  await log.ensureTopic({ ...topics.behaviour, partitionCount: behaviourPartitions });
  for (const topic of [topics.stated, topics.erasures, topics.deadLetters]) await log.ensureTopic(topic);
}

async function appendAll(log: EventLog, records: readonly NewRecord[], signal: AbortSignal): Promise<void> {
  await inTurn(Math.ceil(records.length / APPEND_RECORDS), APPENDS_TOGETHER, async (index) => {
    signal.throwIfAborted();
    await log.append(topics.behaviour.name, records.slice(index * APPEND_RECORDS, (index + 1) * APPEND_RECORDS));
  });
}

async function rawAppend(path: Path, records: readonly NewRecord[], { clock, signal }: BenchContext): Promise<number> {
  const log = await openLog(path.fresh().logUrl);
  try {
    await makeTopics(log, topics.behaviour.partitionCount);
    await appendAll(log, records.slice(0, WARM_UP_EVENTS), signal);
    const startedMs = clock.monotonicMs();
    await appendAll(log, records, signal);
    return (records.length * 1_000) / (clock.monotonicMs() - startedMs);
  } finally {
    await log.close();
  }
}

/** The rows in batches of these sizes. */
async function rawInsert(
  path: Path,
  records: readonly NewRecord[],
  sizes: readonly number[],
  { clock, signal }: BenchContext,
): Promise<number> {
  const batches: RecordBatch[] = [];
  let offset = 0;
  for (const size of sizes) {
    const part = records.slice(offset, offset + size);
    if (part.length === 0) break;
    const at = offset;
    batches.push({
      topic: topics.behaviour.name,
      partition: 0,
      records: part.map(({ key, value }, i) => ({ offset: at + i, key, value: Buffer.from(value) })),
    });
    offset += part.length;
  }
  const warehouse = await openWarehouse(path.fresh().warehouseUrl);
  try {
    await warehouse.migrate();
    await warehouse.insertEvents({ ...batches[0]!, partition: 9 });
    const startedMs = clock.monotonicMs();
    await inTurn(batches.length, INSERTS_TOGETHER, async (index) => {
      signal.throwIfAborted();
      await warehouse.insertEvents(batches[index]!);
    });
    return (offset * 1_000) / (clock.monotonicMs() - startedMs);
  } finally {
    await warehouse.close();
  }
}

interface Part {
  readonly child: ChildProcess;
  readonly url: string;
}

/** What the sinks of a run did so far. */
interface Inserted {
  rows: number;
  readonly sizes: number[];
  lastMs: number;
  readonly failures: string[];
}
const nothingInserted = (): Inserted => ({ rows: 0, sizes: [], lastMs: 0, failures: [] });

async function startPart(
  job: Omit<EventsJob, "internalKey">,
  inserted: Inserted,
  { clock }: BenchContext,
): Promise<Part> {
  const { path, execArgv } = entryOf(import.meta.url, "./events-child");
  const child = fork(path, [JSON.stringify({ ...job, internalKey } satisfies EventsJob)], {
    execArgv: [...execArgv],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`a part of the path ended with ${code}`)));
    child.on("message", (message: EventsMessage) => {
      if (message.kind === "ready") resolve(message.url);
      else if (message.kind === "failed") inserted.failures.push(message.reason);
      else {
        inserted.rows += message.rows;
        inserted.sizes.push(message.rows);
        inserted.lastMs = clock.monotonicMs();
      }
    });
  });
  return { child, url };
}

async function untilInserted(inserted: Inserted, rows: number, { clock, signal }: BenchContext): Promise<void> {
  let seen = inserted.rows;
  let movedMs = clock.monotonicMs();
  while (inserted.rows < rows) {
    await clock.sleep(10, signal);
    if (inserted.rows > seen) {
      seen = inserted.rows;
      movedMs = clock.monotonicMs();
    }
    const stands = clock.monotonicMs() - movedMs > STANDSTILL_MS_MAX;
    assert(!stands, "the sink goes on", () => ({
      rows: inserted.rows,
      of: rows,
      failures: inserted.failures.slice(-3),
    }));
  }
}

/** Posts as the gateway hands an app's batches on. */
function createClient(url: string, context: BenchContext) {
  const { clock } = context;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 * CONNECTIONS });
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  return {
    async post({ profileId, events }: AppBatch): Promise<void> {
      const identity = { role: "viewer", profileId, country: "US", device: "web" };
      const token = await signer.sign("ingestion", identity);
      const body = JSON.stringify({ events });
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
      const ask = (resolve: (answer: string) => void, reject: (error: Error) => void): void => {
        const sent = request(`${url}/api/v1/events`, { method: "POST", agent, headers }, (response) => {
          let answer = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            answer += chunk;
          });
          response.on("end", () =>
            response.statusCode === 200 ? resolve(answer) : reject(new Error(`${response.statusCode} ${answer}`)),
          );
        });
        // The listener ends connections that were idle for five seconds, also the one that is just being used again.
        sent.once("error", (error) => (sent.reusedSocket ? ask(resolve, reject) : reject(error)));
        sent.end(body);
      };
      const text = await new Promise<string>(ask);
      assert(text.startsWith(`{"accepted":${events.length},`), "every event is accepted", () => text.slice(0, 300));
    },
    close: () => agent.destroy(),
  };
}

interface PathRun {
  readonly perSecond: number;
  readonly sizes: readonly number[];
  readonly acceptMs: readonly number[];
  readonly acceptPerSecond: number;
  /** Of the collector's process, of the sink's where that is another one, and of the generator, in the timed run. */
  readonly microseconds: { readonly collector: number; readonly sink: number; readonly generator: number };
}

/** Processor microseconds so far; 0 where there is no /proc. */
function processorMicroseconds(pid: number | undefined): number {
  try {
    return processorSecondsOf(pid ?? 0) * 1e6;
  } catch {
    return 0;
  }
}

async function measurePath(path: Path, context: BenchContext): Promise<PathRun> {
  const { clock, options, signal } = context;
  const urls = path.fresh();
  const log = await openLog(urls.logUrl);
  await makeTopics(log, topics.behaviour.partitionCount);
  await log.close();
  const inserted = nothingInserted();
  const parts: Part[] = [];
  const jobs: readonly EventsJob["parts"][] = path.isOne ? [["collector", "sink"]] : [["sink"], ["collector"]];
  try {
    for (const names of jobs) parts.push(await startPart({ ...urls, parts: names, gated: false }, inserted, context));
    const client = createClient(parts.find(({ url }) => url !== "")?.url ?? "", context);
    const post = async (batches: readonly AppBatch[]) => {
      await inTurn(batches.length, CONNECTIONS, async (index) => {
        signal.throwIfAborted();
        await client.post(batches[index]!);
      });
    };
    await post(makeBatches(WARM_UP_EVENTS, 1, clock.now()));
    await untilInserted(inserted, WARM_UP_EVENTS, context);
    inserted.sizes.length = 0;

    const batches = makeBatches(EVENTS, 2, clock.now());
    const pids = [parts.find(({ url }) => url !== ""), parts.find(({ url }) => url === "")].map(
      (part) => part?.child.pid,
    );
    const used = () => [...pids, process.pid].map(processorMicroseconds);
    const usedBefore = used();
    const startedMs = clock.monotonicMs();
    await post(batches);
    await untilInserted(inserted, WARM_UP_EVENTS + EVENTS, context);
    const [collector = 0, sink = 0, generator = 0] = used().map((now, i) => (now - (usedBefore[i] ?? 0)) / EVENTS);
    const perSecond = (EVENTS * 1_000) / (inserted.lastMs - startedMs);
    const sizes = [...inserted.sizes];

    const acceptPerSecond = perSecond / 2;
    const requests = Math.ceil((acceptPerSecond * options.loadSeconds) / EVENTS_PER_REQUEST);
    const paced = makeBatches(requests * EVENTS_PER_REQUEST, 3, clock.now());
    const acceptMs: number[] = [];
    const pacedFromMs = clock.monotonicMs();
    const underWay: Promise<void>[] = [];
    for (const [i, batch] of paced.entries()) {
      signal.throwIfAborted();
      const dueMs = pacedFromMs + (i * EVENTS_PER_REQUEST * 1_000) / acceptPerSecond;
      const earlyMs = dueMs - clock.monotonicMs();
      if (earlyMs > 0) await clock.sleep(earlyMs, signal);
      underWay.push(client.post(batch).then(() => void acceptMs.push(clock.monotonicMs() - dueMs)));
    }
    await Promise.all(underWay);
    client.close();
    assert(inserted.failures.length === 0, "no batch of the sink failed", () => inserted.failures.slice(0, 3));
    return { perSecond, sizes, acceptMs, acceptPerSecond, microseconds: { collector, sink, generator } };
  } finally {
    await Promise.all(parts.map(({ child }) => endProcess(child, clock)));
  }
}

/** A backlog on two partitions, from the word to the last row. */
async function measureSinks(
  path: Path,
  count: number,
  records: readonly NewRecord[],
  context: BenchContext,
): Promise<number> {
  const { clock, signal } = context;
  const urls = path.fresh();
  const log = await openLog(urls.logUrl);
  const inserted = nothingInserted();
  const parts: Part[] = [];
  try {
    await makeTopics(log, BACKLOG_PARTITIONS);
    for (let i = 0; i < count; i++) {
      parts.push(await startPart({ ...urls, parts: ["sink"], gated: true }, inserted, context));
    }
    await appendAll(log, records, signal);
    const startedMs = clock.monotonicMs();
    for (const { child } of parts) child.send("go");
    await untilInserted(inserted, records.length, context);
    return (records.length * 1_000) / (inserted.lastMs - startedMs);
  } finally {
    await log.close();
    await Promise.all(parts.map(({ child }) => endProcess(child, clock)));
  }
}

async function openPaths(context: BenchContext): Promise<{ paths: readonly Path[]; left: readonly string[] }> {
  const { lifecycle, freshFolder } = context;
  let made = 0;
  const embedded: Path = {
    name: "embedded",
    isOne: true,
    fresh() {
      const folder = freshFolder("embedded");
      for (const name of ["log", "warehouse"]) mkdirSync(join(folder, name));
      return { logUrl: `lmdb:${join(folder, "log")}`, warehouseUrl: `chdb:${join(folder, "warehouse")}` };
    },
  };
  const left = (["kafka", "clickhouse"] as const).flatMap((name) => missing(name) ?? []);
  if (left.length > 0) return { paths: [embedded], left: [`Servers are left out: ${left.join("; ")}`] };
  const start = async (name: "kafka" | "clickhouse") =>
    lifecycle.own(name, await SERVERS[name].start({ folder: freshFolder(name) }), (it) => it.stop());
  const [kafka, clickhouse] = await Promise.all([start("kafka"), start("clickhouse")]);
  const real: Path = {
    name: "servers",
    isOne: false,
    fresh() {
      made++;
      return { logUrl: `${kafka.url}/?prefix=bench${made}.`, warehouseUrl: `${clickhouse.url}_${made}` };
    },
  };
  return { paths: [embedded, real], left: [] };
}

async function run(context: BenchContext): Promise<Outcome> {
  const { clock, options, say } = context;
  const { paths, left } = await openPaths(context);
  const figures: Figure[] = [];
  const notes = [...left];
  const records = makeBatches(EVENTS, 4, clock.now()).flatMap(recordsOf);
  const loads: number[] = [];
  for (const path of paths) {
    const appended: number[] = [];
    const insertedFull: number[] = [];
    const used: PathRun["microseconds"][] = [];
    const insertedAlike: number[] = [];
    const whole: number[] = [];
    const accepted: number[] = [];
    const acceptedMedian: number[] = [];
    let halfRate = 0;
    for (let round = 0; round < options.rounds; round++) {
      say(`events: round ${round + 1} of ${options.rounds}, ${path.name}`);
      loads.push(loadavg()[0] ?? 0);
      appended.push(await rawAppend(path, records, context));
      const measured = await measurePath(path, context);
      insertedAlike.push(await rawInsert(path, records, measured.sizes, context));
      insertedFull.push(await rawInsert(path, records, FULL_INSERTS, context));
      whole.push(measured.perSecond);
      used.push(measured.microseconds);
      accepted.push(quantile(measured.acceptMs, 0.99));
      acceptedMedian.push(quantile(measured.acceptMs, 0.5));
      halfRate = measured.acceptPerSecond;
    }
    const limits = [
      { name: "log append alone", value: median(appended) },
      { name: "warehouse insert alone", value: median(insertedFull) },
    ] as const;
    const slower = limits[0].value < limits[1].value ? limits[0] : limits[1];
    const perSecond = median(whole);
    figures.push(
      {
        name: `collector → warehouse, ${path.name}`,
        value: perSecond,
        unit: "events/s",
        runs: whole,
        beside: slower,
        goal: { text: `≥ ${GOAL_RATIO * 100}% of the slower`, met: perSecond >= GOAL_RATIO * slower.value },
      },
      { name: `log append alone, ${path.name}`, value: median(appended), unit: "events/s", runs: appended },
      {
        name: `warehouse insert alone, ${path.name}`,
        value: median(insertedFull),
        unit: "events/s",
        runs: insertedFull,
      },
      {
        name: `the same in the batches of the path, ${path.name}`,
        value: median(insertedAlike),
        unit: "events/s",
        runs: insertedAlike,
      },
      {
        name: `accepting answer at half the rate, ${path.name}, p50`,
        value: median(acceptedMedian),
        unit: "ms",
        runs: acceptedMedian,
      },
      {
        name: `accepting answer at half the rate, ${path.name}, p99`,
        value: median(accepted),
        unit: "ms",
        runs: accepted,
        goal: { text: `≤ ${GOAL_ACCEPT_MS} ms`, met: median(accepted) <= GOAL_ACCEPT_MS },
      },
    );
    notes.push(`${path.name}: half the rate is ${Math.round(halfRate)} events/s in requests of ${EVENTS_PER_REQUEST}.`);
    for (const [who, name] of [
      ["collector", path.isOne ? "collector and sink" : "collector"],
      ["sink", "sink"],
      ["generator", "generator"],
    ] as const) {
      const runs = used.map((one) => one[who]);
      if (median(runs) > 0)
        figures.push({ name: `processor, ${name}, ${path.name}`, value: median(runs), unit: "µs an event", runs });
    }
    if (path.isOne) continue;
    const backlog = makeBatches(BACKLOG_EVENTS, 5, clock.now()).flatMap(recordsOf);
    const one: number[] = [];
    const two: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      say(`events: a backlog by one sink and by two, round ${round + 1} of ${options.rounds}`);
      one.push(await measureSinks(path, 1, backlog, context));
      two.push(await measureSinks(path, 2, backlog, context));
    }
    figures.push(
      { name: "backlog on two partitions, one sink", value: median(one), unit: "events/s", runs: one },
      {
        name: "backlog on two partitions, two sinks",
        value: median(two),
        unit: "events/s",
        runs: two,
        beside: { name: "one sink", value: median(one) },
      },
    );
  }
  const shown = loads.map((load) => load.toFixed(0)).join(", ");
  notes.push(
    `${EVENTS} events of ${PROFILES} profiles in requests of ${EVENTS_PER_REQUEST}, ${CONNECTIONS} under way; a record is ${Math.round(records.reduce((sum, { value }) => sum + value.length, 0) / records.length)} bytes. Topics: ${EVENT_TOPICS.join(", ")}.`,
    `Load of the machine (1 min) at the start of each round: ${shown}. Servers: one Kafka broker; the engine of chdb behind its HTTP interface, a stand-in for a ClickHouse server.`,
    "Limits: appends of 2,000 records, four at once; full inserts of 50,000 rows, two at once.",
  );
  return { figures, notes };
}

export const eventsBench: Bench = {
  name: "events",
  about: "collector → log → sink → warehouse, beside what log and warehouse can do alone; embedded and on servers",
  run,
};
