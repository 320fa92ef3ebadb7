/**
 * Live traffic of viewers for tests that kill: sends batches, remembers what was acknowledged and what was only tried,
 * and knows what every reader must say once the events that arrived are known.
 */
import { EventBatchAnswer } from "@thewatcher/contracts/events";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { systemClock } from "@thewatcher/kit/clock";
import type { Rng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";

const BATCH_EVENTS_MAX = 8;
const PAUSE_MS = 15;
const REQUEST_MS_MAX = 5_000;
/** Refused with this cause: the collector does not know the type. */
const BAD_TYPE = "teleport";
/** Events are dated from so long ago, a millisecond apart: all instants differ, and none is ahead of its arrival. */
const DATED_BACK_MS = 60_000;

export interface SentEvent {
  readonly eventId: string;
  readonly type: "click" | "impression" | "play_progress" | "rate" | "watchlist";
  readonly profileId: ProfileId;
  readonly titleId: TitleId;
  readonly at: number;
  readonly payload: { readonly titleId: TitleId; readonly stars?: number; readonly watchedSeconds?: number };
}

interface Batch {
  readonly profileId: ProfileId;
  readonly events: readonly SentEvent[];
  /** The id of an event among them that can't be accepted. */
  readonly badId?: string;
}

export interface Door {
  /** One of several is taken each time. */
  readonly url: string | readonly string[];
  readonly token: string | (() => Promise<string>);
}

interface Refused {
  sent: number;
  answered: number;
}

export interface LiveTraffic {
  readonly attempted: ReadonlyMap<string, SentEvent>;
  readonly acknowledged: ReadonlySet<string>;
  /** Bad events by id: how often each was sent, and how often it was refused. */
  readonly refused: ReadonlyMap<string, Refused>;
  /** Answers other than "accepted" or "not now": there must be none. */
  readonly unexpected: readonly string[];
  /** Sends until stopped. */
  run(door: Door): { stop(): Promise<void> };
}

export function createLiveTraffic(world: {
  readonly rng: Rng;
  readonly profileIds: readonly ProfileId[];
  readonly titleIds: readonly TitleId[];
  /** Of the batches that were acknowledged, how many are sent once more. Default: none. */
  readonly repeatedShare?: number;
  /** Of the batches, how many hold a bad event. Default: none. */
  readonly badShare?: number;
}): LiveTraffic {
  const { rng, repeatedShare = 0, badShare = 0 } = world;
  const refused = new Map<string, Refused>();
  const attempted = new Map<string, SentEvent>();
  const acknowledged = new Set<string>();
  const unexpected: string[] = [];
  const unanswered: Batch[] = [];
  let lastAt = 0;
  const anyOf = <Value>(values: readonly Value[]): Value => {
    const value = values[rng.int(values.length)];
    if (value === undefined) throw new Error("there is nothing to choose from");
    return value;
  };

  function makeEvent(profileId: ProfileId): SentEvent {
    const titleId = anyOf(world.titleIds);
    const type = anyOf(["click", "click", "impression", "play_progress", "rate", "rate", "watchlist"] as const);
    lastAt = Math.max(lastAt + 1, systemClock.now() - DATED_BACK_MS);
    const eventId = uuid7(lastAt);
    const seconds = 1 + rng.int(3_000);
    const payload =
      type === "rate"
        ? { titleId, stars: (1 + rng.int(10)) / 2 }
        : type === "play_progress"
          ? { titleId, playbackId: eventId, positionSeconds: seconds, watchedSeconds: seconds }
          : { titleId };
    return { eventId, type, profileId, titleId, at: lastAt, payload };
  }

  function nextBatch(): Batch {
    // As an app does after a failure: the same events again. Half of what was not answered is left alone.
    const again = unanswered.shift();
    if (again && rng.next() < 0.5) return again;
    const profileId = anyOf(world.profileIds);
    const events = Array.from({ length: 1 + rng.int(BATCH_EVENTS_MAX) }, () => makeEvent(profileId));
    for (const event of events) attempted.set(event.eventId, event);
    if (rng.next() >= badShare) return { profileId, events };
    const badId = uuid7(systemClock.now());
    refused.set(badId, { sent: 0, answered: 0 });
    return { profileId, events, badId };
  }

  async function send(batch: Batch, door: Door): Promise<void> {
    const sentAt = new Date(systemClock.now()).toISOString();
    const bad = batch.badId === undefined ? undefined : refused.get(batch.badId);
    const body: unknown[] = batch.events.map(({ eventId, type, at, payload }) => {
      return { eventId, type, occurredAt: new Date(at).toISOString(), sentAt, payload };
    });
    if (bad) {
      bad.sent++;
      body.push({ eventId: batch.badId, type: BAD_TYPE, occurredAt: sentAt, sentAt, payload: {} });
    }
    const url = typeof door.url === "string" ? door.url : anyOf(door.url);
    const token = typeof door.token === "string" ? door.token : await door.token();
    const answer = await fetch(`${url}/api/v1/events`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "x-profile-id": batch.profileId,
      },
      body: JSON.stringify({ events: body }),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined);
    if (!answer || answer.status === 503) {
      unanswered.push(batch);
      return;
    }
    if (answer.status !== 200) {
      unexpected.push(`${answer.status} ${answer.text.slice(0, 300)}`);
      return;
    }
    for (const verdict of EventBatchAnswer.parse(JSON.parse(answer.text)).verdicts) {
      if (verdict.kind === "accepted") acknowledged.add(verdict.eventId);
      else if (bad && verdict.eventId === batch.badId && verdict.cause === "unknown_type") bad.answered++;
      else unexpected.push(JSON.stringify(verdict));
    }
  }

  return {
    attempted,
    acknowledged,
    refused,
    unexpected,
    run(door) {
      const stopping = new AbortController();
      const viewer = async (): Promise<void> => {
        while (!stopping.signal.aborted) {
          const batch = nextBatch();
          await send(batch, door);
          // As an app does that lost the answer. A bad event would be refused twice, and be two letters.
          if (batch.badId === undefined && rng.next() < repeatedShare) await send(batch, door);
          await systemClock.sleep(PAUSE_MS, stopping.signal).catch(() => undefined);
        }
      };
      const viewers = Promise.all([viewer(), viewer()]);
      return {
        async stop() {
          stopping.abort();
          await viewers;
        },
      };
    },
  };
}
