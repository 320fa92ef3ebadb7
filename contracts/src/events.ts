/**
 * Events, version 1: what a viewer did, as it crosses the wire and as it lies in the log.
 *
 * `ClientEvent` is what an app posts; `StoredEvent` is the same event after the collector stamped what only the server
 * may say (who, from where, when it arrived). Timestamps are ISO 8601 in UTC with milliseconds. Schemas change by
 * addition of optional fields only; `compatibility.test.ts` holds old readers against new writers and the reverse.
 * Readers ignore fields that they don't know.
 */
import { z } from "zod";
import { Country, DecisionId, EventId, ProfileId, TitleId } from "./ids.ts";

/** Version written into every stored event. Raised only when a reader must tell two shapes apart. */
export const EVENT_VERSION = 1;

/** One request of the collector. A phone that was offline for a day holds fewer; the rest comes in the next request. */
export const EVENTS_PER_BATCH_MAX = 500;
/** A body of 500 events of the largest kind is about 400 KB. */
export const EVENT_BATCH_BYTES_MAX = 1_048_576;
/**
 * One event's JSON text. A refused one is kept whole in a record of the log (1 MiB), inside JSON once more, which doubles
 * quotes, backslashes and line ends: twice this and its envelope fit.
 */
export const EVENT_BYTES_MAX = 491_520;

/** `2026-11-23T10:00:00.000Z`; fewer fraction digits are accepted and normalised by the collector. */
export const Instant = z.iso.datetime({ message: "an ISO 8601 instant in UTC, such as 2026-11-23T10:00:00.000Z" });

const seconds = z.number().min(0).max(172_800, "at most 48 hours in seconds");
const titleId = TitleId;
/** One playback from start to stop, made by the player. */
const playbackId = z.string().min(1).max(64);
const rowId = z.string().min(1).max(64).optional();
/** Film: absent. Series: the episode played. */
const partId = z.string().min(1).max(64).optional();

/** Half-star steps from 0.5 to 5, as MovieLens has them. */
export const Stars = z.number().min(0.5).max(5).multipleOf(0.5);

/** Facets that one profile may correct: more than anybody sees on one sheet. */
export const TASTE_EDITS_MAX = 64;
/** `genre:Drama`, `decade:1990`, `country:BY`, `person:<id>`. */
export const TasteFacet = z
  .string()
  .max(80)
  .regex(
    /^(?:genre:.+|decade:[12]\d\d0|country:[A-Z]{2}|person:[\w:.-]{1,64})$/,
    "genre:<name>, decade:<its first year>, country:<ISO code> or person:<id>",
  );
/** 1: more of it, −1: less of it, 0: as it is believed. */
export const TasteFacetEdit = z.object({ facet: TasteFacet, value: z.int().min(-1).max(1) });
export type TasteFacetEdit = z.infer<typeof TasteFacetEdit>;

/** How far a playback is. `watchedSeconds` counts this playback so far and never falls. */
const playback = z.object({
  titleId,
  playbackId,
  partId,
  positionSeconds: seconds,
  watchedSeconds: seconds,
  durationSeconds: seconds.optional(),
});

export const payloads = {
  /** The card was at least half visible for a second. `propensity`: probability that this title got this slot. */
  impression: z.object({ titleId, rowId, propensity: z.number().gt(0).max(1).optional() }),
  click: z.object({ titleId, rowId }),
  play_start: z.object({ titleId, playbackId, partId, fromSeconds: seconds.default(0) }),
  /** Every 10–30 s of playing. */
  play_progress: playback,
  play_stop: playback,
  rate: z.object({ titleId, stars: Stars }),
  rate_undo: z.object({ titleId }),
  watchlist: z.object({ titleId }),
  watchlist_undo: z.object({ titleId }),
  not_interested: z.object({ titleId, rowId }),
  not_interested_undo: z.object({ titleId }),
  /** Seen elsewhere: the viewer says so, or a history is imported. `strength` is the import's own value, if it had one. */
  watched: z.object({ titleId, strength: z.number().gt(0).max(1e6).optional() }),
  watched_undo: z.object({ titleId }),
  /** Not in "continue watching" until it is played again; how far it was watched stays known. */
  continue_hidden: z.object({ titleId }),
  continue_hidden_undo: z.object({ titleId }),
  /** The whole of what the viewer corrects of the believed taste: a later one replaces it. */
  taste_edit: z.object({ edits: z.array(TasteFacetEdit).max(TASTE_EDITS_MAX) }),
  /** "That was not me": what was done with the title up to now says nothing of this viewer's taste. */
  forget: z.object({ titleId }),
  forget_undo: z.object({ titleId }),
  /** From now on nothing is recommended by what the profile does, and no model learns of it. */
  no_profiling: z.object({}),
  no_profiling_undo: z.object({}),
  search: z.object({ query: z.string().max(200), resultCount: z.number().int().min(0).optional() }),
  exposure: z.object({ experimentId: z.string().min(1).max(64), variant: z.string().min(1).max(64) }),
  /** One figure of playback quality: start-up, rebuffering, bitrate… */
  quality: z.object({
    playbackId,
    metric: z.enum(["startup_ms", "rebuffer_ms", "bitrate_bps", "error"]),
    value: z.number(),
    code: z.string().max(64).optional(),
  }),
  /** A tombstone: everything of this profile before it is to be forgotten, for ever, also by replays. */
  erasure: z.object({ reason: z.enum(["viewer_request", "account_closed", "operator"]) }),
} as const;

export type EventType = keyof typeof payloads;
export const EVENT_TYPES = Object.keys(payloads) as EventType[];

/** Stated by a person: their owner is the database (catalog-api), and they reach the log through its outbox. */
export const STATED_EVENT_TYPES = [
  "rate",
  "rate_undo",
  "watchlist",
  "watchlist_undo",
  "not_interested",
  "not_interested_undo",
  "watched",
  "watched_undo",
] as const satisfies readonly EventType[];
export type StatedEventType = (typeof STATED_EVENT_TYPES)[number];
export const isStated = (type: EventType): type is StatedEventType =>
  (STATED_EVENT_TYPES as readonly string[]).includes(type);

/** What a viewer does to the rows of the page, through the catalogue's API. Later than the topic of what is stated. */
export const ROW_EVENT_TYPES = ["continue_hidden", "continue_hidden_undo"] as const satisfies readonly EventType[];
export type RowEventType = (typeof ROW_EVENT_TYPES)[number];
export const isRowEvent = (type: EventType): type is RowEventType =>
  (ROW_EVENT_TYPES as readonly string[]).includes(type);

/** What a viewer says of the service's picture of them, through the catalogue's API. Later than the topic of rows. */
export const TASTE_EVENT_TYPES = [
  "taste_edit",
  "forget",
  "forget_undo",
  "no_profiling",
  "no_profiling_undo",
] as const satisfies readonly EventType[];
export type TasteEventType = (typeof TASTE_EVENT_TYPES)[number];
export const isTasteEvent = (type: EventType): type is TasteEventType =>
  (TASTE_EVENT_TYPES as readonly string[]).includes(type);

/** Only the server makes these: the collector refuses them from an app. */
export const SERVER_ONLY_EVENT_TYPES = [
  "erasure",
  ...ROW_EVENT_TYPES,
  ...TASTE_EVENT_TYPES,
] as const satisfies readonly EventType[];

const envelope = {
  eventId: EventId,
  /** The client's clock when it happened. */
  occurredAt: Instant,
  /** The client's clock when the batch was sent, anew each time it is: the difference to `receivedAt` estimates its skew. */
  sentAt: Instant,
  /** The page or list that caused it. */
  decisionId: DecisionId.optional(),
  /** 0-based place within the row. */
  position: z.number().int().min(0).max(10_000).optional(),
};

const stamped = {
  version: z.literal(EVENT_VERSION),
  profileId: ProfileId,
  device: z.string().max(64),
  /** As the trusted edge states it; the account's country where no edge is. */
  country: Country,
  receivedAt: Instant,
  /** When the system first knew: set once, kept by replay and deduplication (the earliest wins). */
  knownAt: Instant,
  /** `synthetic`: the source had an order but no times. Such data is never split by time. */
  timeQuality: z.enum(["observed", "synthetic"]).default("observed"),
};

type Variant<Type extends EventType, Extra extends z.ZodRawShape> = z.ZodObject<
  { type: z.ZodLiteral<Type>; payload: (typeof payloads)[Type] } & typeof envelope & Extra
>;

function variant<Type extends EventType, Extra extends z.ZodRawShape>(type: Type, extra: Extra): Variant<Type, Extra> {
  return z.object({ type: z.literal(type), payload: payloads[type], ...envelope, ...extra }) as unknown as Variant<
    Type,
    Extra
  >;
}

type ClientVariants = { [Type in EventType]: Variant<Type, Record<never, never>> };
type StoredVariants = { [Type in EventType]: Variant<Type, typeof stamped> };

export const clientEventSchemas = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, variant(type, {})]),
) as unknown as ClientVariants;
export const storedEventSchemas = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, variant(type, stamped)]),
) as unknown as StoredVariants;

export type ClientEvent = { [Type in EventType]: z.infer<ClientVariants[Type]> }[EventType];
export type StoredEvent = { [Type in EventType]: z.infer<StoredVariants[Type]> }[EventType];
export type StoredEventOf<Type extends EventType> = Extract<StoredEvent, { type: Type }>;

/** `POST /api/v1/events`, as it is described to clients; the collector judges each event by itself. */
export const EventBatch = z.object({
  events: z
    .array(z.union(Object.values(clientEventSchemas)))
    .min(1)
    .max(EVENTS_PER_BATCH_MAX),
});

/** What the collector answers: one verdict for each event, in the order sent. */
export const EventVerdict = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("accepted"), eventId: z.string() }),
  z.object({
    kind: z.literal("refused"),
    /** 0-based place in the batch. */
    index: z.number().int(),
    eventId: z.string().optional(),
    cause: z.enum([
      "not_an_object",
      "unknown_type",
      "invalid",
      "server_only",
      "occurred_in_future",
      "too_old",
      "unknown_title",
      "unknown_profile",
    ]),
    /** What is wrong, where, and what is accepted. */
    detail: z.string(),
  }),
]);
export type EventVerdict = z.infer<typeof EventVerdict>;
export type RefusalCause = Extract<EventVerdict, { kind: "refused" }>["cause"];

export const EventBatchAnswer = z.object({
  accepted: z.number().int(),
  refused: z.number().int(),
  verdicts: z.array(EventVerdict),
});
export type EventBatchAnswer = z.infer<typeof EventBatchAnswer>;
