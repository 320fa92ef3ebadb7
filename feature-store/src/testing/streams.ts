/** Random streams of events that break every order: late, repeated, undone, erased, ahead of the clock, of synthetic times. */
import type { EventType } from "@thewatcher/contracts/events";
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import fc from "fast-check";
import { HOUR_MS } from "../definitions.ts";
import type { FeatureEvent } from "../signs.ts";

/** Streams lie in the hundred days before it. */
export const STREAM_END = Date.parse("2026-10-01T12:34:56.789Z");
const SPAN_MS = 100 * 24 * HOUR_MS;
export const TITLES = ["film-1", "film-2", "film-3"];
export const PROFILES = ["p-1", "p-2", "p-3", "p-4", "p-5"];
export const COUNTRIES = ["BY", "RU"];

const TYPES = [
  "impression",
  "click",
  "play_start",
  "play_progress",
  "play_stop",
  "rate",
  "rate_undo",
  "watchlist",
  "watchlist_undo",
  "not_interested",
  "not_interested_undo",
  "forget",
  "forget_undo",
] as const satisfies readonly EventType[];

/** Instants crowd around the edges of hours and windows, and around each other. */
const instant = fc
  .tuple(fc.oneof(fc.nat(10), fc.nat(100)), fc.nat(24), fc.constantFrom(0, 1, HOUR_MS - 1, 1_234_567))
  .map(([days, hours, ms]) => STREAM_END - (((days * 24 + hours) * HOUR_MS + ms) % SPAN_MS));
/** How long after it occurred it was known: at once, within hours, weeks later, or before (a clock that runs ahead). */
const delayMs = fc.constantFrom(0, 0, 0, 50, 2 * HOUR_MS, 30 * 24 * HOUR_MS, -60_000);

const event: fc.Arbitrary<FeatureEvent> = fc
  .record({
    type: fc.oneof(
      { weight: 150, arbitrary: fc.constantFrom<EventType>(...TYPES) },
      { weight: 1, arbitrary: fc.constant<EventType>("erasure") },
    ),
    event: fc.nat(0xffff_ffff),
    profileId: fc.constantFrom(...PROFILES),
    titleId: fc.constantFrom(...TITLES),
    country: fc.constantFrom(...COUNTRIES),
    occurredAt: instant,
    delayMs,
    timeQuality: fc.oneof(
      { weight: 9, arbitrary: fc.constant("observed") },
      { weight: 1, arbitrary: fc.constant("synthetic") },
    ),
    stars: fc.integer({ min: 1, max: 10 }).map((halves) => halves / 2),
    watched: fc.constantFrom(0, 0.5, 0.9, 1),
    durationSeconds: fc.constantFrom(0, 100, 5_400),
  })
  .map(({ event: number, delayMs: delay, watched, titleId, type, ...given }) => ({
    ...given,
    type,
    titleId: type === "erasure" ? "" : titleId,
    eventId: `019ab000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`,
    knownAt: given.occurredAt + delay,
    watchedSeconds: watched * given.durationSeconds,
  }));

/** In the order of the log; a third of them stand in it again, as they were or known later. */
export const eventStream = (length: { readonly min: number; readonly max: number }): fc.Arbitrary<FeatureEvent[]> =>
  fc
    .tuple(
      fc.array(event, { minLength: length.min, maxLength: length.max }),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 0, 5 * 24 * HOUR_MS)), { maxLength: Math.ceil(length.max / 3) }),
    )
    .map(([events, again]) => [
      ...events,
      ...again.flatMap(([place, laterMs]) => {
        const copied = events[place % Math.max(1, events.length)];
        return copied ? [{ ...copied, knownAt: copied.knownAt + laterMs }] : [];
      }),
    ]);

const encoder = new TextEncoder();
const isoOf = (at: number) => new Date(at).toISOString();

export function recordOf(given: FeatureEvent, offset: number): LogRecord {
  const { type, titleId, stars, watchedSeconds, durationSeconds, profileId } = given;
  const playback = { playbackId: "x", positionSeconds: watchedSeconds, watchedSeconds, durationSeconds };
  const payload = {
    ...(titleId === "" ? { reason: "viewer_request" } : { titleId }),
    ...(type === "rate" ? { stars } : {}),
    ...(type === "play_progress" || type === "play_stop" ? playback : {}),
  };
  const stored = {
    version: 1,
    eventId: given.eventId,
    type,
    profileId,
    device: "test",
    country: given.country,
    occurredAt: isoOf(given.occurredAt),
    sentAt: isoOf(given.occurredAt),
    receivedAt: isoOf(given.knownAt),
    knownAt: isoOf(given.knownAt),
    timeQuality: given.timeQuality,
    payload,
  };
  return { offset, key: profileId, value: encoder.encode(JSON.stringify(stored)) };
}

export const streamTopicOf = (type: EventType) => {
  if (type === "erasure") return "erasures";
  if (type.startsWith("forget")) return "taste";
  return /^(rate|watchlist|not_interested)/.test(type) ? "stated" : "behaviour";
};

/** As the sink would, topic by topic. Answers how far each is. */
export async function insertStream(
  warehouse: Warehouse,
  events: readonly FeatureEvent[],
  from: ReadonlyMap<string, number> = new Map(),
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map(from);
  const byTopic = new Map<string, LogRecord[]>();
  for (const given of events) {
    const topic = streamTopicOf(given.type);
    const offset = ends.get(topic) ?? 0;
    ends.set(topic, offset + 1);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), recordOf(given, offset)]);
  }
  for (const [topic, records] of byTopic) {
    const { undecodable } = await warehouse.insertEvents({ topic, partition: 0, records });
    if (undecodable.length > 0) throw new Error(`${undecodable.length} records of a stream are no events`);
  }
  return ends;
}
