/**
 * kill -9 at random of sinks, collectors, the broker and the warehouse, under viewers who send everything that was not
 * acknowledged again and some of what was, too. Then the storm is over, the readers catch up, and each is asked: the
 * warehouse by rows, by its audit and by its interactions, the owner of stated preferences, the live states, the letters.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import { auditWarehouse } from "@thewatcher/ingestion/audit";
import { parseLetter } from "@thewatcher/ingestion/dead-letter";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { titleIdOf } from "@thewatcher/ingestion/import/source";
import { observeReaders } from "@thewatcher/ingestion/observe-readers";
import { PROFILE_STATE_GROUP } from "@thewatcher/ingestion/profile-state-fold";
import { SINK_GROUP } from "@thewatcher/ingestion/sink";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { createRng, type Rng } from "@thewatcher/kit/rng";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { UnaskedEnd } from "@thewatcher/testbed/server";
import type { ServerName } from "@thewatcher/testbed/servers";
import { openStores, type Stores } from "../open-stores.ts";
import { resolveSettings } from "../settings.ts";
import { command } from "./cinema-process.ts";
import { type EventPath, startEventPath, until } from "./event-path.ts";
import {
  differences,
  expectedPairs,
  livePairsIn,
  pairsOfStates,
  pairsOfWarehouse,
  ratingsIn,
  ratingsOfDatabase,
} from "./every-reader.ts";
import { createLiveTraffic } from "./live-traffic.ts";
import { generateRatings, writeMovieLens } from "./movielens-files.ts";

export const STORM_SERVERS = ["kafka", "clickhouse", "tarantool", "postgres", "minio"] as const;
const PROCESSES = {
  catalog: "catalog",
  ingestion1: "ingestion",
  ingestion2: "ingestion",
  sink1: "sink",
  sink2: "sink",
} as const;
type ProcessName = keyof typeof PROCESSES;

/** A round each; twice named is twice as likely. */
const VICTIMS: readonly (readonly (ProcessName | ServerName)[])[] = [
  ["sink1"],
  ["sink2"],
  ["sink1", "sink2"],
  ["kafka"],
  ["kafka"],
  ["clickhouse"],
  ["clickhouse"],
  ["clickhouse", "sink1"],
  ["kafka", "sink2"],
  ["ingestion1"],
  ["ingestion2"],
  ["tarantool"],
];

const BASE = { users: 40, items: 120, perUser: 20, seed: 1 } as const;
const REPEATED_SHARE = 0.2;
const BAD_SHARE = 0.05;
/** What somebody else wrote into the log: the sink keeps it as a dead letter, wherever it is killed meanwhile. */
const GARBAGE = "no event: ";
const UNDER_LOAD_MS_MAX = 3_000;
const AWAY_MS_MAX = 2_000;
/** The outbox of the catalogue, and readers that begin anew: the session of a killed one lasts 10 s. */
const CAUGHT_UP_MS_MAX = 180_000;
const READ_RECORDS_MAX = 20_000;
const READ_BYTES_MAX = 16 * 1024 * 1024;

export interface StormReport {
  readonly seed: number;
  readonly rounds: number;
  /** By name, how often it was killed. */
  readonly kills: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly attempted: number;
  /** Records of the log beyond the distinct events: what was sent twice. */
  readonly doubles: number;
  readonly garbage: number;
  readonly refused: number;
  readonly caughtUpSeconds: number;
  /** Servers that ended though the storm did not kill them; they were started again. */
  readonly serversEnded: readonly UnaskedEnd[];
  /** What is not as it should be; every list is empty. At most ten of each. */
  readonly findings: {
    readonly unexpected: readonly string[];
    readonly lost: readonly string[];
    readonly invented: readonly string[];
    /** Places of the log that are not exactly one row for readers. */
    readonly places: readonly unknown[];
    readonly audit: readonly unknown[];
    readonly interactions: readonly unknown[];
    readonly ratings: readonly unknown[];
    readonly states: readonly unknown[];
    /** Undecodable records with other than one letter that is told, refused events with none or too many. */
    readonly letters: readonly unknown[];
  };
}

export async function runKillStorm(options: {
  readonly seed: number;
  /** The storm ends with the round in which either is reached. */
  readonly roundsMax: number;
  readonly stormMsMax: number;
  say(text: string): void;
}): Promise<StormReport> {
  const { seed, say } = options;
  const rng = createRng(seed);
  const folder = await mkdtemp(join(tmpdir(), "thewatcher-storm-"));
  let path: EventPath<ProcessName> | undefined;
  try {
    path = await startEventPath({ folder, servers: STORM_SERVERS, processes: PROCESSES });
    const names = Object.keys(PROCESSES) as ProcessName[];
    path.start(...names);
    await path.ready(...names);
    const base = generateRatings(BASE);
    await writeMovieLens(join(folder, "base"), base, BASE.items);
    const imported = await command(["import", "movielens", join(folder, "base"), "--source", "base"], path.env);
    if (imported.code !== 0) throw new Error(`import: ${imported.code}\n${imported.stderr}`);
    say("the path stands, the catalogue is imported; the storm begins");

    await using opened = createLifecycle(silentLog);
    const { values: settings } = resolveSettings({ flags: {}, env: path.env });
    const stores = await openStores(
      ["eventLog", "warehouse", "recommendations", "database"],
      { settings, clock: systemClock, log: silentLog },
      opened,
    );
    const profileIds = Array.from({ length: BASE.users }, (_, index) => importedProfileId(`base:${index + 1}`));
    const traffic = createLiveTraffic({
      rng: rng.fork("traffic"),
      profileIds,
      titleIds: Array.from({ length: BASE.items }, (_, index) => titleIdOf("base", String(index + 1))),
      repeatedShare: REPEATED_SHARE,
      badShare: BAD_SHARE,
    });
    const { tokenFor } = path;
    const viewers = traffic.run({ url: path.urlsOf("ingestion"), token: () => tokenFor("ingestion") });
    const kills: Record<string, number> = {};
    let garbage = 0;
    let rounds = 0;
    const storm = rng.fork("storm");
    const startedMs = systemClock.monotonicMs();
    for (; rounds < options.roundsMax && systemClock.monotonicMs() - startedMs < options.stormMsMax; rounds++) {
      const victims = VICTIMS[storm.int(VICTIMS.length)]!;
      await systemClock.sleep(storm.int(UNDER_LOAD_MS_MAX));
      garbage += await writeGarbage(stores.eventLog, storm, garbage);
      say(`round ${rounds + 1}: kill -9 of ${victims.join(" and ")}; ${traffic.acknowledged.size} acknowledged`);
      await Promise.all(victims.map((victim) => killAndRestart(path!, victim, storm.int(AWAY_MS_MAX))));
      for (const victim of victims) kills[victim] = (kills[victim] ?? 0) + 1;
    }
    await path.ready(...names);
    await viewers.stop();
    say("the storm is over");
    const overMs = systemClock.monotonicMs();
    await caughtUp(stores);
    const caughtUpSeconds = (systemClock.monotonicMs() - overMs) / 1_000;

    const rows = await stores.warehouse.query<{ eventId: string }>(
      "SELECT toString(eventId) AS eventId FROM events WHERE device = 'testing' GROUP BY eventId",
    );
    const arrived = new Set(rows.map(({ eventId }) => eventId));
    const events = [...traffic.attempted.values()].filter(({ eventId }) => arrived.has(eventId));
    const expected = expectedPairs(base, events);
    const log = await readWholeLog(stores.eventLog);
    const distinct = arrived.size + base.length;
    return {
      seed,
      rounds,
      kills,
      acknowledged: traffic.acknowledged.size,
      attempted: traffic.attempted.size,
      doubles: log.records - log.undecodable.length - distinct,
      garbage: log.undecodable.length,
      refused: traffic.refused.size,
      caughtUpSeconds,
      serversEnded: path.serversEnded,
      findings: {
        unexpected: [...traffic.unexpected, ...path.unexpected].slice(0, 10),
        lost: [...traffic.acknowledged].filter((eventId) => !arrived.has(eventId)).slice(0, 10),
        invented: [...arrived].filter((eventId) => !traffic.attempted.has(eventId)).slice(0, 10),
        places: await misplaced(stores, log.undecodable),
        audit: await audited(stores, log.undecodable.length),
        interactions: differences(await pairsOfWarehouse(stores), expected),
        ratings: differences(await ratingsOfDatabase(stores), ratingsIn(expected)),
        states: differences(await pairsOfStates(stores, profileIds), livePairsIn(expected)),
        letters: await mislaidLetters(stores.eventLog, log.undecodable, traffic.refused),
      },
    };
  } finally {
    await path?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAndRestart(
  path: EventPath<ProcessName>,
  victim: ProcessName | ServerName,
  awayMs: number,
): Promise<void> {
  if (victim in PROCESSES) return path.kill(victim as ProcessName);
  const server = path.server(victim as ServerName);
  await server.kill();
  await systemClock.sleep(awayMs);
  await server.start();
}

/** Answers how many were tried; an append that failed may have been written all the same. */
async function writeGarbage(eventLog: EventLog, rng: Rng, from: number): Promise<number> {
  const count = 1 + rng.int(3);
  const records = Array.from({ length: count }, (_, i) => ({
    key: `p-${rng.int(1_000)}`,
    value: `${GARBAGE}${from + i}`,
  }));
  await eventLog.append(topics.behaviour.name, records).catch(() => undefined);
  return count;
}

/** What is stated is in the log, and both readers are behind it. */
async function caughtUp({ database, eventLog }: Pick<Stores, "database" | "eventLog">): Promise<void> {
  const waiting = () => database.kysely.selectFrom("outbox").select("event_id").limit(1).execute();
  await until("an empty outbox", waiting, (rows) => rows.length === 0, CAUGHT_UP_MS_MAX);
  const signal = AbortSignal.timeout(CAUGHT_UP_MS_MAX);
  for (const group of [SINK_GROUP, PROFILE_STATE_GROUP]) {
    const readers = observeReaders({
      eventLog,
      group,
      topics: EVENT_TOPICS,
      advice: "start a sink",
      clock: systemClock,
    });
    await readers.caughtUp(signal);
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

async function* recordsOf(eventLog: EventLog, topic: string) {
  for (const { partition, firstOffset, nextOffset } of await eventLog.bounds(topic)) {
    for (let fromOffset = firstOffset; fromOffset < nextOffset; ) {
      const limits = { recordsMax: READ_RECORDS_MAX, bytesMax: READ_BYTES_MAX };
      const records = await eventLog.read({ topic, partition, fromOffset, ...limits });
      for (const record of records) yield { topic, partition, ...record };
      fromOffset = (records.at(-1)?.offset ?? nextOffset) + 1;
    }
  }
}

async function readWholeLog(eventLog: EventLog): Promise<{ records: number; undecodable: readonly Place[] }> {
  const undecodable: Place[] = [];
  let records = 0;
  for (const name of EVENT_TOPICS) {
    for await (const { topic, partition, offset, value } of recordsOf(eventLog, name)) {
      records++;
      if (Buffer.from(value).toString("utf8").startsWith(GARBAGE)) undecodable.push({ topic, partition, offset });
    }
  }
  return { records, undecodable };
}

const nameOf = ({ topic, partition, offset }: Place) => `${topic}/${partition}/${offset}`;

/** Partitions in which readers see other than one row for each record that is an event. */
async function misplaced({ warehouse, eventLog }: Stores, undecodable: readonly Place[]): Promise<readonly unknown[]> {
  const rows = await warehouse.query<{ topic: string; partition: number; rows: number; places: number }>(
    "SELECT topic, partition, toUInt32(count()) AS rows, toUInt32(uniqExact(offset)) AS places FROM events FINAL GROUP BY topic, partition",
  );
  const wrong: unknown[] = [];
  for (const topic of EVENT_TOPICS) {
    for (const { partition, nextOffset } of await eventLog.bounds(topic)) {
      const found = rows.find((row) => row.topic === topic && row.partition === partition);
      const letters = undecodable.filter((place) => place.topic === topic && place.partition === partition).length;
      const expected = nextOffset - letters;
      if ((found?.rows ?? 0) !== expected || (found?.places ?? 0) !== expected) {
        wrong.push({ topic, partition, nextOffset, letters, rows: found?.rows, places: found?.places });
      }
    }
  }
  return wrong;
}

async function audited({ eventLog, warehouse }: Stores, undecodable: number): Promise<readonly unknown[]> {
  const report = await auditWarehouse({ eventLog, warehouse, clock: systemClock }, { deep: true });
  const { missing, beyond, different, lag } = report;
  const deadLetters = report.partitions.reduce((sum, partition) => sum + partition.deadLetters, 0);
  const isFine = missing + beyond + different + lag === 0 && deadLetters === undecodable;
  return isFine ? [] : [{ missing, beyond, different, lag, deadLetters, undecodable }];
}

/**
 * A record that is no event is told once, by its place (the topic may hold a letter twice, where a sink was killed between
 * the letter and its position). A refused event is a letter for each time that it was refused.
 */
async function mislaidLetters(
  eventLog: EventLog,
  undecodable: readonly Place[],
  refused: ReadonlyMap<string, { readonly sent: number; readonly answered: number }>,
): Promise<readonly unknown[]> {
  const told = new Set<string>();
  const lettersOf = new Map<string, number>();
  const wrong: unknown[] = [];
  for await (const { value } of recordsOf(eventLog, topics.deadLetters.name)) {
    const letter = parseLetter(value);
    if (!letter) wrong.push("a letter that can't be read");
    else if (letter.record) told.add(nameOf(letter.record));
    else {
      const { eventId } = JSON.parse(letter.raw) as { readonly eventId: string };
      lettersOf.set(eventId, (lettersOf.get(eventId) ?? 0) + 1);
    }
  }
  const places = new Set(undecodable.map(nameOf));
  for (const place of places) if (!told.has(place)) wrong.push({ place, told: false });
  for (const place of told) if (!places.has(place)) wrong.push({ place, told: "and is no garbage" });
  for (const [eventId, { sent, answered }] of refused) {
    const letters = lettersOf.get(eventId) ?? 0;
    if (letters < answered || letters > sent) wrong.push({ eventId, sent, answered, letters });
  }
  return wrong.slice(0, 10);
}
