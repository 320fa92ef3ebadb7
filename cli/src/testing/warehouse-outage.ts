/**
 * The warehouse away under load: frozen for the first half, dead for the second. Meanwhile the sink is not ready and says
 * why, its memory stays within its limits though far more waits in the log, and nothing that was accepted is lost. Then the
 * warehouse is back, and the sink catches up while the load goes on.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventBatchAnswer } from "@thewatcher/contracts/events";
import { EVENT_TOPICS, topics } from "@thewatcher/contracts/topics";
import { auditWarehouse } from "@thewatcher/ingestion/audit";
import { type Clock, systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import { openStores } from "../open-stores.ts";
import { resolveSettings } from "../settings.ts";
import { type AppBatch, appProfileId, makeAppBatch } from "./app-events.ts";
import { type EventPath, residentMiB, startEventPath } from "./event-path.ts";
import { type RoleProcess, readinessOf } from "./role-process.ts";

export const OUTAGE_SERVERS = ["kafka", "clickhouse", "tarantool", "minio"] as const;
const PROCESSES = { ingestion: "ingestion", sink: "sink" } as const;
type ProcessName = keyof typeof PROCESSES;

/**
 * What a sink may hold beyond what it is, whatever waits. Each of the 4 partitions of `behaviour` has a batch under way and
 * as much read ahead: for the warehouse 2 × 24 MB and the body of an insert, for the archive 2 × 16, for the fold, which goes
 * on meanwhile, 2 × 8. That is 480 MB; the objects around 400,000 records, and what V8 has yet to collect where a machine
 * has memory left, made 640 to 840 of it, with 280 MB in the log and with 1,900; at a load of thirty on two cores, 1,030. One reader that
 * held the test's whole backlog would be beyond 1,600.
 */
export const SINK_GROWTH_MIB_MAX = 1_200;

const PROFILES = 200;
const BATCH_EVENTS = 50;
const QUIET_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
const REQUEST_MS_MAX = 10_000;
/** Batches of the load under way at once; more wait in the generator, and none is left out. */
const UNDER_WAY_MAX = 8;
const BACKLOG_BATCH = 2_000;
const BACKLOG_TOGETHER = 4;
/** The longest search of a viewer, 950 bytes in all: in the log and the warehouse, without a trace in the live states. */
const QUERY = "古い灯台守が出てくる海の味がする映画をもう一度見たい".repeat(8).slice(0, 200);
/** 2.3 million events took 67 s; at a load of thirty 1.1 million took 240. This only ends what stands still. */
const CAUGHT_UP_MS_MAX = 480_000;

export interface Look {
  /** Since the load began. */
  readonly seconds: number;
  readonly phase: "before" | "frozen" | "dead" | "back";
  readonly ready: boolean;
  /** Why not. */
  readonly reason: string;
  readonly lag: number;
  readonly residentMiB: number | undefined;
  readonly acknowledged: number;
}

export interface OutageReport {
  readonly looks: readonly Look[];
  readonly outageSeconds: number;
  /** From the warehouse answering again to a lag of none. */
  readonly caughtUpSeconds: number;
  readonly acknowledged: number;
  /** Of somebody who wrote into the log directly meanwhile. */
  readonly backlog: number;
  readonly backlogMiB: number;
  readonly memory: { readonly beforeMiB: number; readonly peakMiB: number } | undefined;
  readonly slowestAnswerMs: number;
  readonly unexpected: readonly string[];
  /** Acknowledged, and not in the warehouse. */
  readonly lost: number;
  /** Rows beyond one for each place of the log, as readers see them; clicks and impressions beyond those sent. */
  readonly doubled: number;
  readonly auditFound: number;
}

export async function runWarehouseOutage(options: {
  readonly outageMs: number;
  readonly eventsPerSecond: number;
  readonly backlogEvents: number;
  say(text: string): void;
}): Promise<OutageReport> {
  const { outageMs, eventsPerSecond, say } = options;
  const folder = await mkdtemp(join(tmpdir(), "thewatcher-outage-"));
  let path: EventPath<ProcessName> | undefined;
  try {
    path = await startEventPath({ folder, servers: OUTAGE_SERVERS, processes: PROCESSES });
    path.start("ingestion", "sink");
    await path.ready("ingestion", "sink");
    await using opened = createLifecycle(silentLog);
    const { values: settings } = resolveSettings({ flags: {}, env: path.env });
    const stores = await openStores(
      ["eventLog", "warehouse"],
      { settings, clock: systemClock, log: silentLog },
      opened,
    );
    const sink = path.role("sink");
    const warehouse = path.server("clickhouse");

    const load = startLoad(path, eventsPerSecond);
    const startedMs = systemClock.monotonicMs();
    const looks: Look[] = [];
    let phase: Look["phase"] = "before";
    const looking = new AbortController();
    const watched = (async () => {
      while (!looking.signal.aborted) {
        const look = await lookAt(sink);
        looks.push({
          seconds: Math.round((systemClock.monotonicMs() - startedMs) / 100) / 10,
          phase,
          ...look,
          acknowledged: load.acknowledged.size,
        });
        await systemClock.sleep(LOOK_EVERY_MS, looking.signal).catch(() => undefined);
      }
    })();
    const elapsed = async (ms: number) => {
      await systemClock.sleep(ms);
    };

    await elapsed(QUIET_MS);
    const awaySinceMs = systemClock.monotonicMs();
    phase = "frozen";
    warehouse.freeze();
    say("the warehouse is frozen");
    const backlog = await appendBacklog(stores.eventLog, options.backlogEvents, systemClock);
    say(`${backlog.records} more events lie in the log`);
    await elapsed(Math.max(0, outageMs / 2 - (systemClock.monotonicMs() - awaySinceMs)));
    phase = "dead";
    await warehouse.kill();
    say("the warehouse is dead");
    await elapsed(Math.max(0, outageMs - (systemClock.monotonicMs() - awaySinceMs)));
    await warehouse.start();
    const backMs = systemClock.monotonicMs();
    const outageSeconds = (backMs - awaySinceMs) / 1_000;
    phase = "back";
    say("the warehouse is back");
    // The load goes on: a lag of none is one of less than a second's events.
    while (
      (looks.at(-1)?.phase !== "back" || (looks.at(-1)?.lag ?? 0) > eventsPerSecond) &&
      systemClock.monotonicMs() - backMs < CAUGHT_UP_MS_MAX
    ) {
      await systemClock.sleep(LOOK_EVERY_MS / 4);
    }
    const caughtUpSeconds = (systemClock.monotonicMs() - backMs) / 1_000;
    say(`caught up within ${caughtUpSeconds.toFixed(1)} s`);
    await load.stop();
    while ((looks.at(-1)?.lag ?? 0) > 0 && systemClock.monotonicMs() - backMs < CAUGHT_UP_MS_MAX) {
      await systemClock.sleep(LOOK_EVERY_MS / 4);
    }
    looking.abort();
    await watched;
    const left = looks.at(-1);
    if (left?.lag !== 0)
      throw new Error(`not caught up within ${CAUGHT_UP_MS_MAX / 1_000} s: ${left?.lag} events wait; ${left?.reason}`);

    const before = looks.filter((look) => look.phase === "before").flatMap((look) => look.residentMiB ?? []);
    const all = looks.flatMap((look) => look.residentMiB ?? []);
    const audit = await auditWarehouse({ ...stores, clock: systemClock });
    return {
      looks,
      outageSeconds,
      caughtUpSeconds,
      acknowledged: load.acknowledged.size,
      backlog: backlog.records,
      backlogMiB: backlog.bytes / 2 ** 20,
      memory: all.length > 0 ? { beforeMiB: Math.max(...before), peakMiB: Math.max(...all) } : undefined,
      slowestAnswerMs: load.slowestMs(),
      unexpected: [...load.unexpected, ...path.unexpected].slice(0, 10),
      ...(await compare(stores, load)),
      auditFound: audit.missing + audit.beyond + audit.lag,
    };
  } finally {
    await path?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function lookAt(sink: RoleProcess): Promise<Pick<Look, "ready" | "reason" | "lag" | "residentMiB">> {
  const [readiness, metrics, resident] = await Promise.all([
    readinessOf(sink),
    fetch(`${sink.adminUrl}/metrics`).then(
      (response) => response.text(),
      () => "",
    ),
    residentMiB(sink.pid),
  ]);
  const lag = /^thewatcher_reader_lag_events\{reader="sink"\} (\d+)/m.exec(metrics)?.[1];
  return {
    ready: readiness?.ready ?? false,
    reason: readiness ? readiness.reasons.join("; ") : "nobody answers",
    lag: lag === undefined ? Number.NaN : Number(lag),
    residentMiB: resident,
  };
}

interface Load {
  readonly acknowledged: ReadonlySet<string>;
  readonly clicks: ReadonlySet<string>;
  readonly impressions: ReadonlySet<string>;
  readonly unexpected: readonly string[];
  slowestMs(): number;
  stop(): Promise<void>;
}

/** So many events a second, in batches; what is not acknowledged is sent again until it is. */
function startLoad(path: EventPath<ProcessName>, eventsPerSecond: number): Load {
  const rng = createRng(11);
  const acknowledged = new Set<string>();
  const clicks = new Set<string>();
  const impressions = new Set<string>();
  const unexpected: string[] = [];
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let slowestMs = 0;

  async function send(batch: AppBatch): Promise<void> {
    for (;;) {
      const startedMs = systemClock.monotonicMs();
      const answer = await fetch(`${path.urlsOf("ingestion")[0]}/api/v1/events`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await path.tokenFor("ingestion")}`,
          "content-type": "application/json",
          "x-profile-id": batch.profileId,
        },
        body: JSON.stringify({ events: batch.events }),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      })
        .then(async (response) => ({ status: response.status, text: await response.text() }))
        .catch(() => undefined);
      slowestMs = Math.max(slowestMs, systemClock.monotonicMs() - startedMs);
      if (answer?.status === 200) {
        for (const verdict of EventBatchAnswer.parse(JSON.parse(answer.text)).verdicts) {
          if (verdict.kind === "accepted") acknowledged.add(verdict.eventId);
          else unexpected.push(JSON.stringify(verdict));
        }
        return;
      }
      if (answer && answer.status !== 503) unexpected.push(`${answer.status} ${answer.text.slice(0, 300)}`);
      await systemClock.sleep(200);
    }
  }

  const pacing = (async () => {
    const startedMs = systemClock.monotonicMs();
    for (let sent = 0; !stopping.signal.aborted; sent++) {
      const dueMs = startedMs + (sent * BATCH_EVENTS * 1_000) / eventsPerSecond;
      await systemClock.sleep(Math.max(0, dueMs - systemClock.monotonicMs()), stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      while (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
      const batch = makeAppBatch(rng, { profiles: PROFILES, events: BATCH_EVENTS, now: systemClock.now() });
      for (const { eventId, type } of batch.events) {
        if (type === "click") clicks.add(eventId);
        if (type === "impression") impressions.add(eventId);
      }
      const sending = send(batch).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  })();
  return {
    acknowledged,
    clicks,
    impressions,
    unexpected,
    slowestMs: () => slowestMs,
    async stop() {
      stopping.abort();
      await pacing;
      await Promise.all(underWay);
    },
  };
}

/** What far more viewers would have left in the log meanwhile. */
async function appendBacklog(
  eventLog: EventLog,
  count: number,
  clock: Clock,
): Promise<{ records: number; bytes: number }> {
  let bytes = 0;
  let records = 0;
  const appendSome = async () => {
    while (records < count) {
      const from = records;
      const at = new Date(clock.now()).toISOString();
      records += Math.min(BACKLOG_BATCH, count - from);
      const batch = Array.from({ length: records - from }, (_, i) => {
        const profileId = appProfileId(PROFILES + ((from + i) % 5_000));
        const value = JSON.stringify({
          version: 1,
          eventId: uuid7(clock.now()),
          type: "search",
          occurredAt: at,
          sentAt: at,
          receivedAt: at,
          knownAt: at,
          profileId,
          device: "television in the living room",
          country: "US",
          timeQuality: "observed",
          payload: { query: QUERY, resultCount: i % 40 },
        });
        bytes += Buffer.byteLength(value);
        return { key: profileId, value };
      });
      await eventLog.append(topics.behaviour.name, batch);
    }
  };
  await Promise.all(Array.from({ length: BACKLOG_TOGETHER }, appendSome));
  return { records, bytes };
}

async function compare(
  { warehouse, eventLog }: Pick<Awaited<ReturnType<typeof openStores>>, "warehouse" | "eventLog">,
  { acknowledged, clicks, impressions }: Load,
): Promise<{ readonly lost: number; readonly doubled: number }> {
  const rows = await warehouse.query<{ eventId: string }>(
    "SELECT toString(eventId) AS eventId FROM events WHERE device = 'testing' GROUP BY eventId",
  );
  const arrived = new Set(rows.map(({ eventId }) => eventId));
  const [counted] = await warehouse.query<{ rows: number }>("SELECT toUInt32(count()) AS rows FROM events FINAL");
  let records = 0;
  for (const topic of EVENT_TOPICS) for (const { nextOffset } of await eventLog.bounds(topic)) records += nextOffset;
  const asOf = new Date(systemClock.now() + 3_600_000).toISOString();
  const [touched] = await warehouse.query<{ clicks: number; impressions: number }>(
    `SELECT toUInt32(sum(clicks)) AS clicks, toUInt32(sum(impressions)) AS impressions FROM (${INTERACTIONS_AT_SQL})`,
    { params: { asOf } },
  );
  const among = (sent: ReadonlySet<string>) => [...sent].filter((eventId) => arrived.has(eventId)).length;
  const lost = [...acknowledged].filter((eventId) => !arrived.has(eventId)).length;
  const apart = [
    (counted?.rows ?? 0) - records,
    (touched?.clicks ?? 0) - among(clicks),
    (touched?.impressions ?? 0) - among(impressions),
  ];
  // Fewer than expected is a loss as well.
  return {
    lost: lost + apart.reduce((sum, difference) => sum + Math.max(0, -difference), 0),
    doubled: apart.reduce((sum, difference) => sum + Math.max(0, difference), 0),
  };
}
