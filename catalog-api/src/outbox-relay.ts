/**
 * Carries the outbox to the event log: append until durable, then delete. A crash between the two appends the same
 * events again under the same `eventId`, which readers count once; none is lost.
 *
 * One relay at a time carries, held by an advisory lock of the transaction that reads and deletes (a lock of a session
 * would not survive a pooler in transaction mode); a relay that finds it taken goes back to sleep. Not by SKIP LOCKED:
 * two that share the rows would carry a profile's later event before its earlier one.
 *
 * A relay that loses its transaction while it appends (its connection is gone, or it stood still for a minute and the
 * server ended it) may append beside the next one. What it appends late was appended by the other before anything newer,
 * so of each event the first copy stands in its profile's order.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { sql } from "kysely";

/** An idle relay asks this often for what other processes committed. */
const POLL_MS = 1_000;
/** Records of one append: ~0.5 MB at 500 bytes an event, one fsync for a thousand events. */
const BATCH_ROWS_MAX = 1_000;
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;
/** Any number that no other advisory lock of this database has. */
const ADVISORY_LOCK = 7_061_001;

export interface OutboxRelay {
  /** Something was committed here: carry it now instead of at the next poll. */
  kick(): void;
  /** Ends the batch under way, then stops. */
  close(): Promise<void>;
}

interface Stores {
  readonly database: Database;
  readonly eventLog: Pick<EventLog, "append">;
}

/** Moves the oldest rows, at most `BATCH_ROWS_MAX`; answers how many. 0: nothing there, or another relay is at it. */
export function moveOutboxBatch({ database, eventLog }: Stores): Promise<number> {
  return database.transaction(async (transaction) => {
    const lock = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${ADVISORY_LOCK}) as held`.execute(
      transaction,
    );
    if (!lock.rows[0]?.held) return 0;
    const rows = await transaction
      .selectFrom("outbox")
      .select(["sequence", "topic", "key", "value"])
      .orderBy("sequence")
      .limit(BATCH_ROWS_MAX)
      .execute();
    if (rows.length === 0) return 0;
    const byTopic = new Map<string, NewRecord[]>();
    for (const { topic, key, value } of rows) {
      const records = byTopic.get(topic) ?? [];
      if (records.length === 0) byTopic.set(topic, records);
      records.push({ key, value });
    }
    for (const [topic, records] of byTopic) await eventLog.append(topic, records);
    await transaction
      .deleteFrom("outbox")
      // By each one's number, not "up to": a transaction may commit a lower number after this read.
      .where(sql<boolean>`sequence = any(${rows.map((row) => row.sequence)}::bigint[])`)
      .execute();
    return rows.length;
  });
}

/** Runs until closed. */
export function createOutboxRelay(deps: Stores & { readonly clock: Clock; readonly log: Log }): OutboxRelay {
  const { clock, log } = deps;
  const stopping = new AbortController();
  let kicked = false;
  let nap: AbortController | undefined;

  const pause = async (durationMs: number, signal: AbortSignal) => {
    try {
      await clock.sleep(durationMs, signal);
    } catch {
      // Woken: that is what the signal is for.
    }
  };

  const idle = async () => {
    if (!kicked) {
      nap = new AbortController();
      await pause(POLL_MS, nap.signal);
      nap = undefined;
    }
    kicked = false;
  };

  const run = async () => {
    let retryMs = RETRY_FIRST_MS;
    while (!stopping.signal.aborted) {
      try {
        const moved = await moveOutboxBatch(deps);
        retryMs = RETRY_FIRST_MS;
        if (moved === 0) await idle();
      } catch (err) {
        log.error({ err, retryMs }, "the outbox could not be carried to the log; it stays where it is");
        await pause(retryMs, stopping.signal);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
      }
    }
  };

  const running = run();
  return {
    kick() {
      kicked = true;
      nap?.abort();
    },
    async close() {
      stopping.abort();
      kicked = true;
      nap?.abort();
      await running;
    },
  };
}
