/**
 * The way of events from the page to the collector. An event gets its id and time when it happens and keeps them over
 * every retry, so an event sent twice counts once. Batches leave each second, at once when an event is urgent (a click
 * must change the next page) and when the page goes away. One request runs at a time, so that order is kept.
 *
 * Bounds: at most `QUEUED_EVENTS_MAX` wait; when full, the oldest impression goes first, since a click or a rating says
 * more. The queue belongs to one profile: the collector stamps the profile of the session, so `drain` before switching.
 */
import type { ClientEvent, EventBatchAnswer } from "@thewatcher/contracts/events";
import type { EventId } from "@thewatcher/contracts/ids";
import type { Schedule } from "./dwell.ts";

export type { Schedule };

export const FLUSH_INTERVAL_MS = 1_000;
/** As `EVENTS_PER_BATCH_MAX` of the contract; written again here so that zod stays out of the app's script. */
export const BATCH_EVENTS_MAX = 500;
/** Browsers allow 64 KiB in flight for requests that outlive the page; 120 events of ~350 bytes are about 42 KiB. */
export const FAREWELL_EVENTS_MAX = 120;
/** An hour offline at a card a second, about 1.3 MB of memory. */
export const QUEUED_EVENTS_MAX = 4_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 30_000;

/** What the app knows when something happens; id and times are the queue's. */
export type EventDraft = {
  [Type in ClientEvent["type"]]: DraftOf<Extract<ClientEvent, { type: Type }>>;
}[ClientEvent["type"]];
type DraftOf<Event extends ClientEvent> = Omit<Event, "eventId" | "occurredAt" | "sentAt">;

type QueuedEvent = EventDraft & { readonly eventId: EventId; readonly occurredAt: string };

/** What came of one request. */
export type SendOutcome =
  | { readonly kind: "answered"; readonly answer: EventBatchAnswer }
  /** The collector will never take it: a malformed request, or no one is signed in. */
  | { readonly kind: "rejected"; readonly status: number }
  /** No network, an overload, a restart: the same events again later, and not before the collector wants them. */
  | { readonly kind: "retriable"; readonly afterMs?: number | undefined };

export interface EventQueueDeps {
  readonly send: (events: readonly ClientEvent[]) => Promise<SendOutcome>;
  readonly now: () => number;
  readonly schedule: Schedule;
  readonly newId: (nowMs: number) => EventId;
  /** An event that the collector refused by itself. */
  readonly onRefused?: (event: ClientEvent, detail: string) => void;
  readonly onRejected?: (status: number) => void;
}

export interface EventQueue {
  readonly add: (draft: EventDraft, urgency?: "batched" | "urgent") => EventId;
  /** Sends all that waits; resolves when it is acknowledged, or when the first request fails. */
  readonly flush: () => Promise<void>;
  /** The page goes away: what waits leaves in requests small enough to outlive it, without waiting for a retry's turn. */
  readonly farewell: () => void;
  /** Sends what waits and drops what could not be sent: what follows belongs to another profile. */
  readonly drain: () => Promise<void>;
  /** When the collector last acknowledged a viewer's act (anything but an impression); null before the first. */
  readonly lastActAcknowledgedMs: () => number | null;
  readonly waitingCount: () => number;
}

export function createEventQueue(deps: EventQueueDeps): EventQueue {
  const { now } = deps;
  let waiting: QueuedEvent[] = [];
  let inFlight: Promise<boolean> | null = null;
  let cancelTimer: (() => void) | null = null;
  let retryDelayMs = 0;
  let actAcknowledgedMs: number | null = null;
  /** Raised by `drain`: an answer that comes later must not put a former profile's events back. */
  let epoch = 0;

  function makeRoom(): void {
    while (waiting.length > QUEUED_EVENTS_MAX) {
      const impression = waiting.findIndex((event) => event.type === "impression");
      waiting.splice(Math.max(0, impression), 1);
    }
  }

  function wake(delayMs: number): void {
    if (cancelTimer !== null) return;
    cancelTimer = deps.schedule(() => {
      cancelTimer = null;
      void flush();
    }, delayMs);
  }

  function settle(batch: readonly ClientEvent[], answer: EventBatchAnswer): void {
    for (const verdict of answer.verdicts) {
      const event = verdict.kind === "refused" ? batch[verdict.index] : undefined;
      if (verdict.kind === "refused" && event !== undefined) deps.onRefused?.(event, verdict.detail);
    }
    if (batch.some((event) => event.type !== "impression")) actAcknowledgedMs = now();
  }

  /** One request; true when it was answered for good, false when it is to be tried again. */
  async function sendOne(batchMax: number): Promise<boolean> {
    const taken = waiting.slice(0, batchMax);
    waiting = waiting.slice(batchMax);
    const sentEpoch = epoch;
    const sentAt = new Date(now()).toISOString();
    const batch = taken.map((event) => ({ ...event, sentAt }) as ClientEvent);
    const outcome = await deps.send(batch).catch((): SendOutcome => ({ kind: "retriable" }));
    if (outcome.kind === "answered") {
      retryDelayMs = 0;
      settle(batch, outcome.answer);
      return true;
    }
    if (outcome.kind === "rejected") {
      retryDelayMs = 0;
      deps.onRejected?.(outcome.status);
      return true;
    }
    if (sentEpoch !== epoch) return true;
    waiting = [...taken, ...waiting];
    makeRoom();
    const backOffMs = retryDelayMs === 0 ? RETRY_FIRST_MS : retryDelayMs * 2;
    retryDelayMs = Math.min(RETRY_LONGEST_MS, Math.max(backOffMs, outcome.afterMs ?? 0));
    return false;
  }

  async function sendAll(): Promise<boolean> {
    while (waiting.length > 0) {
      if (!(await sendOne(BATCH_EVENTS_MAX))) return false;
    }
    return true;
  }

  async function flush(): Promise<void> {
    inFlight ??= sendAll().finally(() => {
      inFlight = null;
    });
    const done = await inFlight;
    if (waiting.length > 0) wake(done ? 0 : retryDelayMs);
  }

  return {
    add(draft, urgency = "batched") {
      const nowMs = now();
      const eventId = deps.newId(nowMs);
      waiting.push({ ...draft, eventId, occurredAt: new Date(nowMs).toISOString() });
      makeRoom();
      // While requests fail, a new event waits for the retry's turn: it would fail as well.
      if (urgency === "urgent" && retryDelayMs === 0) void flush();
      else wake(FLUSH_INTERVAL_MS);
      return eventId;
    },
    flush,
    farewell() {
      cancelTimer?.();
      cancelTimer = null;
      while (waiting.length > 0) {
        const before = waiting.length;
        void sendOne(FAREWELL_EVENTS_MAX).then((done) => {
          // The page came back from the background after all: go on as usual.
          if (!done) wake(retryDelayMs);
        });
        if (waiting.length >= before) break;
      }
    },
    async drain() {
      await flush();
      epoch++;
      waiting = [];
    },
    lastActAcknowledgedMs: () => actAcknowledgedMs,
    waitingCount: () => waiting.length,
  };
}
