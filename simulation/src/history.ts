/**
 * The half year before `worldNow` as stored events, in the order of time, as the log would hold them.
 *
 * One `play_stop` for each watched title; `rate`, `watchlist` and `not_interested` where the viewer stated something;
 * for the last day also the page: impressions of the whole slate (looked at or not, so that position bias can be
 * learned), the click and the `play_start`, tied together by a `decisionId`.
 *
 * The order of time matters to the reader: the warehouse partitions by day, so a batch of consecutive events touches
 * one or two partitions, where a batch of one profile's half year would touch 180. Memory: 30 bytes for each event of
 * the past, and one event object at a time. Identifiers are UUIDv7 made from the instant and a hash of (seed,
 * place), so the same world gives the same bytes, and importing it twice counts once.
 */
import type { StoredEvent, StoredEventOf } from "@thewatcher/contracts/events";
import { EVENT_VERSION } from "@thewatcher/contracts/events";
import type { DecisionId, EventId } from "@thewatcher/contracts/ids";
import { topicOf } from "@thewatcher/contracts/topics";
import { unreachable } from "@thewatcher/kit/assert";
import type { World } from "./world.ts";

export interface KeyedEvent {
  readonly topic: ReturnType<typeof topicOf>;
  /** The record's key: the profile. */
  readonly key: string;
  readonly event: StoredEvent;
}

const KINDS = ["impression", "click", "play_start", "play_stop", "rate", "watchlist", "not_interested"] as const;
type Kind = (typeof KINDS)[number];
/** Of the events of one evening, in one millisecond or not, the cause goes first: the order of `KINDS`. */
const kindNumber = Object.fromEntries(KINDS.map((kind, number) => [kind, number])) as Record<Kind, number>;

/** The app sends what it has about once a second; the network takes 40 to 240 ms. */
const SEND_DELAY_MS = 900;
const TRANSIT_MS = [40, 240] as const;
/** From the slate to the click, and from the click to the first picture. */
const CLICK_DELAY_MS = 40_000;
/** A card counts as seen after a second; they come into view one after the other. */
const IMPRESSION_STEP_MS = 1_100;
const STATE_DELAY_MS = 30_000;
const RATE_DELAY_MS = 20_000;

const BYTE_HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const hex32 = (word: number): string =>
  BYTE_HEX[word >>> 24]! + BYTE_HEX[(word >>> 16) & 255]! + BYTE_HEX[(word >>> 8) & 255]! + BYTE_HEX[word & 255]!;

/** 32 well-mixed bits of three integers (the finaliser of splitmix32). */
function mix(a: number, b: number, c: number): number {
  let z = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca77) ^ Math.imul(c + 1, 0xc2b2ae3d)) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 bits that chance would fill, here a hash. */
export function uuidV7(at: number, seed: number, place: number): string {
  const high = mix(seed, place, 1);
  const time = hex32(Math.floor(at / 65_536)) + hex32((((at % 65_536) << 16) | 0x7000 | (high & 0xfff)) >>> 0);
  const rest = hex32((0x8000_0000 | (mix(seed, place, 2) & 0x3fff_ffff)) >>> 0);
  return (
    `${time.slice(0, 8)}-${time.slice(8, 12)}-${time.slice(12)}-` +
    `${rest.slice(0, 4)}-${rest.slice(4)}${hex32(mix(seed, place, 3))}`
  );
}

/** All events to come, as columns, and the order to read them in. */
interface Agenda {
  readonly order: Uint32Array;
  readonly at: Float64Array;
  readonly kind: Uint8Array;
  readonly profile: Uint32Array;
  /** Which watch of the profile. */
  readonly watch: Uint16Array;
  /** The title. */
  readonly title: Uint16Array;
  /** Position on the slate, plus one; 0: no page is known. */
  readonly position: Uint8Array;
  /** When the page was shown; 0: no page is known. */
  readonly shownAt: Float64Array;
}

function collectAgenda(world: World): Agenda {
  const at: number[] = [];
  const kind: number[] = [];
  const profile: number[] = [];
  const watch: number[] = [];
  const title: number[] = [];
  const position: number[] = [];
  const shownAt: number[] = [];
  const add = (what: Kind, when: number, who: number, which: number, titleIndex: number, place = 0, shown = 0) => {
    kind.push(kindNumber[what]);
    at.push(Math.floor(when));
    profile.push(who);
    watch.push(which);
    title.push(titleIndex);
    position.push(place);
    shownAt.push(shown);
  };
  for (let who = 0; who < world.profiles.length; who++) {
    const history = world.historyOf(who);
    let nextDetail = 0;
    for (let which = 0; which < history.count; which++) {
      const chosen = history.titleIndices[which]!;
      const startedAt = history.startedAt[which]!;
      const stoppedAt = startedAt + history.watchedSeconds[which]! * 1000;
      const detail = history.details[nextDetail]?.watch === which ? history.details[nextDetail++] : undefined;
      const place = detail ? detail.chosenPosition + 1 : 0;
      const shown = detail?.shownAt ?? 0;
      if (detail) {
        for (const [slot, onSlate] of detail.slate.entries()) {
          add("impression", shown + (slot + 1) * IMPRESSION_STEP_MS, who, which, onSlate, slot + 1, shown);
        }
        add("click", shown + CLICK_DELAY_MS, who, which, chosen, place, shown);
        add("play_start", startedAt, who, which, chosen, place, shown);
      }
      add("play_stop", stoppedAt, who, which, chosen, place, shown);
      if (history.halfStars[which]) {
        add("rate", stoppedAt + RATE_DELAY_MS + (mix(world.seed, who, which) % 300_000), who, which, chosen);
      }
      if (history.watchlisted[which]) {
        add("watchlist", startedAt - STATE_DELAY_MS, who, which, history.watchlisted[which]! - 1);
      }
      if (history.notInterested[which]) {
        add("not_interested", startedAt - STATE_DELAY_MS, who, which, history.notInterested[which]! - 1);
      }
    }
  }
  const order = Uint32Array.from(at.keys()).sort((a, b) => at[a]! - at[b]! || a - b);
  return {
    order,
    at: Float64Array.from(at),
    kind: Uint8Array.from(kind),
    profile: Uint32Array.from(profile),
    watch: Uint16Array.from(watch),
    title: Uint16Array.from(title),
    position: Uint8Array.from(position),
    shownAt: Float64Array.from(shownAt),
  };
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));
const DAY_MS = 86_400_000;

/** `Date.prototype.toISOString` with the day kept between calls: three instants an event were a third of the time. */
function createIsoFormatter(): (at: number) => string {
  let day = Number.NaN;
  let prefix = "";
  return (at) => {
    const atDay = Math.floor(at / DAY_MS);
    if (atDay !== day) {
      day = atDay;
      prefix = new Date(atDay * DAY_MS).toISOString().slice(0, 11);
    }
    const ms = at - atDay * DAY_MS;
    const hour = TWO_DIGITS[Math.floor(ms / 3_600_000)]!;
    const minute = TWO_DIGITS[Math.floor(ms / 60_000) % 60]!;
    return `${prefix}${hour}:${minute}:${TWO_DIGITS[Math.floor(ms / 1000) % 60]!}.${THREE_DIGITS[ms % 1000]!}Z`;
  };
}

type Payload = { [Type in Kind]: StoredEventOf<Type>["payload"] }[Kind];

function payloadOf(world: World, agenda: Agenda, place: number, kind: Kind): Payload {
  const profileIndex = agenda.profile[place]!;
  const titleIndex = agenda.title[place]!;
  const watch = agenda.watch[place]!;
  const { titleId } = world.titles[titleIndex]!;
  switch (kind) {
    case "impression":
    case "click":
    case "watchlist":
    case "not_interested":
      return { titleId };
    case "play_start":
      return { titleId, playbackId: playbackIdOf(world, profileIndex, watch), fromSeconds: 0 };
    case "play_stop": {
      const watchedSeconds = world.historyOf(profileIndex).watchedSeconds[watch]!;
      return {
        titleId,
        playbackId: playbackIdOf(world, profileIndex, watch),
        positionSeconds: watchedSeconds,
        watchedSeconds,
        durationSeconds: world.durationSeconds(titleIndex),
      };
    }
    case "rate":
      return { titleId, stars: world.historyOf(profileIndex).halfStars[watch]! / 2 };
    default:
      return unreachable(kind, "event kind");
  }
}

const playbackIdOf = (world: World, profileIndex: number, watch: number): string =>
  `pb-${world.profiles[profileIndex]!.profileId}-${watch}`;

/** Every event of the world's past, oldest first. */
export function* generateEvents(world: World): Generator<KeyedEvent, void, undefined> {
  const agenda = collectAgenda(world);
  const iso = createIsoFormatter();
  for (const place of agenda.order) {
    const type = KINDS[agenda.kind[place]!]!;
    const at = agenda.at[place]!;
    const profileIndex = agenda.profile[place]!;
    const { profileId, country } = world.profiles[profileIndex]!;
    const { device } = world.viewers[profileIndex]!;
    const sentAt = at + SEND_DELAY_MS;
    const transitMs = TRANSIT_MS[0] + (mix(world.seed, place, 4) % (TRANSIT_MS[1] - TRANSIT_MS[0]));
    const occurredAt = iso(at);
    const eventId = uuidV7(at, world.seed, place) as EventId;
    const version = EVENT_VERSION;
    const timeQuality = "observed";
    const receivedAt = iso(sentAt + transitMs);
    const payload = payloadOf(world, agenda, place, type);
    const shownAt = agenda.shownAt[place]!;
    // Two literals instead of spreads: spreading the envelope was half of the generator's time. The pair (type,
    // payload) is matched by `payloadOf`, which the compiler cannot follow through a literal; the tests parse them all.
    const event = (
      shownAt === 0
        ? {
            version,
            eventId,
            type,
            occurredAt,
            sentAt: iso(sentAt),
            receivedAt,
            knownAt: receivedAt,
            profileId,
            device,
            country,
            timeQuality,
            payload,
          }
        : {
            version,
            eventId,
            type,
            occurredAt,
            sentAt: iso(sentAt),
            receivedAt,
            knownAt: receivedAt,
            profileId,
            device,
            country,
            timeQuality,
            decisionId: decisionIdOf(world, profileIndex, agenda.watch[place]!, shownAt),
            position: agenda.position[place]! - 1,
            payload,
          }
    ) as StoredEvent;
    yield { topic: topicOf(type), key: profileId, event };
  }
}

/** One page, one identifier: from the viewer and the watch, not from the event's own place. */
const decisionIdOf = (world: World, profileIndex: number, watch: number, shownAt: number): DecisionId =>
  uuidV7(shownAt, world.seed ^ 0x5bd1e995, profileIndex * 65_536 + watch) as DecisionId;
