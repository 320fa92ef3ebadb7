/**
 * Decisions into the event log, off the path of the answer. A page hands its trace over and goes on: `add` neither waits,
 * nor throws, nor encodes. Behind it one loop encodes in slices of the event loop, gathers batches and appends them with a
 * deadline.
 *
 * A decision is worth less than a page: what does not fit the queue, and what the log does not take in time, is dropped and
 * counted, and said once a minute. It is never sent again, since a page that waits for its record would be the next to be
 * late.
 */
import { setImmediate } from "node:timers/promises";
import { topics } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import { type EncodedDecision, encodeDecision } from "./decision-record.ts";
import type { DecisionTrace } from "./decision-trace.ts";

/** Four seconds of 500 pages. */
export const QUEUE_DECISIONS_MAX = 2_000;
/** As traces; a page of ten rows holds some 40 KB of arrays and reasons. */
export const QUEUE_BYTES_MAX = 96 * 1024 * 1024;
/** Of the event loop at a time. A page encodes in 0.6 ms; some of them in a row are felt by none that waits. */
const SLICE_MS = 2;
/** One append. */
const BATCH_DECISIONS_MAX = 200;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Company for a lonely decision: a transaction of the log for each would be most of what it costs. */
const LINGER_MS = 250;
/** Kafka's own is 30 s; what takes five has a queue in front of it that fills. */
const APPEND_MS_MAX = 5_000;
const SAY_EVERY_MS = 60_000;

/**
 * `queue_full`: more came than could be written; `log_away`: the log did not take it in time; `too_large`: it does not fit
 * a record; `not_encoded`: a fault of ours; `closed`: the process ended.
 */
export const DROP_REASONS = ["queue_full", "log_away", "too_large", "not_encoded", "closed"] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface DecisionLogMetrics {
  logged(decisions: number, bytes: number): void;
  dropped(reason: DropReason, decisions: number): void;
  /** Something of a record was left out for its bound. */
  cut(part: string): void;
}

export interface DecisionLog {
  /** Takes the trace over; its arrays must be its own. */
  add(trace: DecisionTrace): void;
  /** Decisions that are not in the log yet. */
  waiting(): number;
  /** Resolves when everything added before is in the log or dropped. */
  flushed(): Promise<void>;
  /** Writes what waits, as far as the log takes it within its deadline; what comes later is dropped. */
  close(): Promise<void>;
}

export interface DecisionLogDeps {
  readonly eventLog: Pick<EventLog, "append">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: DecisionLogMetrics;
  /** Defaults above. */
  readonly limits?: {
    readonly decisionsMax?: number;
    readonly bytesMax?: number;
    readonly lingerMs?: number;
    readonly appendMs?: number;
    readonly sliceMs?: number;
  };
}

interface Waiting {
  readonly trace: DecisionTrace;
  readonly bytes: number;
}

export function createDecisionLog({ eventLog, clock, log, metrics, limits = {} }: DecisionLogDeps): DecisionLog {
  const { decisionsMax = QUEUE_DECISIONS_MAX, bytesMax = QUEUE_BYTES_MAX } = limits;
  const { lingerMs = LINGER_MS, appendMs = APPEND_MS_MAX, sliceMs = SLICE_MS } = limits;
  const closing = new AbortController();
  const queue: Waiting[] = [];
  /** Of `queue`: what stands before was taken. */
  let head = 0;
  let queuedBytes = 0;
  /** Encoded, and not in the log yet. */
  let underWay = 0;
  let running: Promise<void> | undefined;
  let isClosed = false;
  const unsaid = new Map<DropReason, number>();
  let saidAtMs = Number.NEGATIVE_INFINITY;

  const length = (): number => queue.length - head;

  function drop(reason: DropReason, count: number, err?: unknown): void {
    if (count === 0) return;
    metrics.dropped(reason, count);
    unsaid.set(reason, (unsaid.get(reason) ?? 0) + count);
    if (clock.monotonicMs() - saidAtMs < SAY_EVERY_MS) return;
    saidAtMs = clock.monotonicMs();
    log.warn(
      { ...(err === undefined ? {} : { err }), dropped: Object.fromEntries(unsaid) },
      "decisions were not logged",
    );
    unsaid.clear();
  }

  function take(): Waiting {
    const waiting = queue[head]!;
    head++;
    queuedBytes -= waiting.bytes;
    if (head === queue.length) {
      queue.length = 0;
      head = 0;
    } else if (head >= decisionsMax) {
      queue.splice(0, head);
      head = 0;
    }
    return waiting;
  }

  function encode(trace: DecisionTrace): EncodedDecision | undefined {
    try {
      const encoded = encodeDecision(trace);
      if (!encoded) drop("too_large", 1);
      for (const part of encoded?.cut ?? []) metrics.cut(part);
      return encoded;
    } catch (err) {
      drop("not_encoded", 1, err);
      return undefined;
    }
  }

  async function nextBatch(): Promise<EncodedDecision[]> {
    const batch: EncodedDecision[] = [];
    let bytes = 0;
    let sliceEndsMs = clock.monotonicMs() + sliceMs;
    while (length() > 0 && batch.length < BATCH_DECISIONS_MAX && bytes < BATCH_BYTES_MAX) {
      const encoded = encode(take().trace);
      if (encoded) {
        batch.push(encoded);
        bytes += encoded.bytes;
        underWay = batch.length;
      }
      if (clock.monotonicMs() < sliceEndsMs) continue;
      await setImmediate();
      sliceEndsMs = clock.monotonicMs() + sliceMs;
    }
    return batch;
  }

  async function append(batch: readonly EncodedDecision[]): Promise<void> {
    if (batch.length === 0) return;
    const answered = new AbortController();
    const late = clock.sleep(appendMs, answered.signal).then(() => {
      throw new Error(`the event log did not take ${batch.length} decisions within ${appendMs} ms`);
    });
    try {
      await Promise.race([eventLog.append(topics.decisions.name, batch), late]);
      metrics.logged(
        batch.length,
        batch.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    } catch (err) {
      drop("log_away", batch.length, err);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
  }

  async function run(): Promise<void> {
    while (length() > 0) {
      if (length() < BATCH_DECISIONS_MAX) await clock.sleep(lingerMs, closing.signal).catch(() => undefined);
      await append(await nextBatch());
      underWay = 0;
    }
    running = undefined;
  }

  return {
    add(trace) {
      if (isClosed) return drop("closed", 1);
      const bytes = sizeOf(trace);
      if (length() >= decisionsMax || queuedBytes + bytes > bytesMax) return drop("queue_full", 1);
      queue.push({ trace, bytes });
      queuedBytes += bytes;
      running ??= run();
    },
    waiting: () => length() + underWay,
    async flushed() {
      await running;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      closing.abort();
      const over = new AbortController();
      await Promise.race([running, clock.sleep(appendMs, over.signal).catch(() => undefined)]);
      over.abort();
      drop("closed", length());
      queue.length = 0;
      head = 0;
    },
  };
}

/** About what a trace holds of memory; the text that it becomes has about as many bytes. */
function sizeOf({ titleIds, candidates, features, rows, removed }: DecisionTrace): number {
  let bytes = 2_000 + titleIds.length * 16;
  bytes += candidates.sourceScores.byteLength + candidates.sources.length * 16 + (features?.values.byteLength ?? 0);
  for (const row of rows) bytes += row.ranked.length * 16 + row.reranked.byteLength + row.slots.length * 150;
  for (const { titles } of removed) bytes += titles.byteLength;
  return bytes;
}
