/** Stored events for tests, and a generator of them. */
import type { EventType, StoredEvent } from "@thewatcher/contracts/events";
import { storedEventSchemas } from "@thewatcher/contracts/events";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import fc from "fast-check";

/** 2026-11-23T10:00:00.000Z */
export const NOON = Date.UTC(2026, 10, 23, 10);

export function storedEvent(
  type: EventType,
  at: number,
  payload: Record<string, unknown>,
  stamps: { readonly profileId?: string; readonly knownAt?: number; readonly name?: string } = {},
): StoredEvent {
  const profileId = stamps.profileId ?? "p-1";
  const instant = new Date(at).toISOString();
  const known = new Date(stamps.knownAt ?? at).toISOString();
  const name = stamps.name ?? `${profileId} ${type} ${at} ${JSON.stringify(payload)}`;
  return storedEventSchemas[type].parse({
    version: 1,
    eventId: deterministicUuid7(name, at),
    type,
    occurredAt: instant,
    sentAt: instant,
    receivedAt: known,
    knownAt: known,
    profileId,
    device: "web",
    country: "BY",
    timeQuality: "observed",
    payload,
  });
}

const PLAIN = ["click", "rate_undo", "watchlist", "watchlist_undo", "not_interested", "not_interested_undo"] as const;
const SWITCHES = [
  "watched",
  "watched_undo",
  "continue_hidden",
  "continue_hidden_undo",
  "forget",
  "forget_undo",
] as const;

/** Events of one profile on few titles and few instants, so that ties happen. */
export function anyEvent(options: {
  readonly titleCount: number;
  readonly instants: number;
}): fc.Arbitrary<StoredEvent> {
  const at = fc.integer({ min: 1, max: options.instants }).map((tick) => NOON + tick * 1000);
  const titleId = fc.integer({ min: 1, max: options.titleCount }).map((n) => `t-${n}`);
  const lateMs = fc.constantFrom(0, 0, 0, 5_000, -2_000);
  const base = fc.record({ at, titleId, lateMs });
  const plain = fc
    .tuple(fc.constantFrom(...PLAIN, ...SWITCHES), base)
    .map(([type, e]) => storedEvent(type, e.at, { titleId: e.titleId }, { knownAt: e.at + e.lateMs }));
  const rate = fc
    .tuple(base, fc.integer({ min: 1, max: 10 }))
    .map(([e, half]) =>
      storedEvent("rate", e.at, { titleId: e.titleId, stars: half / 2 }, { knownAt: e.at + e.lateMs }),
    );
  const start = fc
    .tuple(base, fc.integer({ min: 0, max: 3 }))
    .map(([e, fromSeconds]) => storedEvent("play_start", e.at, { titleId: e.titleId, playbackId: "p", fromSeconds }));
  const progress = fc
    .tuple(base, fc.integer({ min: 0, max: 3 }), fc.constantFrom(undefined, "part-1", "part-2"), fc.boolean())
    .map(([e, positionSeconds, partId, isStop]) =>
      storedEvent(isStop ? "play_stop" : "play_progress", e.at, {
        titleId: e.titleId,
        playbackId: "p",
        positionSeconds,
        watchedSeconds: positionSeconds * 7,
        ...(partId === undefined ? {} : { partId, durationSeconds: 3000 }),
      }),
    );
  const silent = base.map((e) => storedEvent("impression", e.at, { titleId: e.titleId }));
  const edit = fc
    .tuple(base, fc.integer({ min: -1, max: 1 }), fc.constantFrom("genre:Drama", "decade:1990"))
    .map(([e, value, facet]) =>
      storedEvent("taste_edit", e.at, { edits: [{ facet, value }] }, { knownAt: e.at + e.lateMs }),
    );
  const profile = fc
    .tuple(base, fc.constantFrom("no_profiling", "no_profiling_undo"))
    .map(([e, type]) => storedEvent(type, e.at, {}));
  return fc.oneof(plain, plain, rate, start, progress, silent, edit, profile);
}
