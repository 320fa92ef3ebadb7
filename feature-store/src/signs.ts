/**
 * What an event says to the registers, for whoever reads events in TypeScript. The same in SQL is `signsSql`
 * (feature-sql.ts); a test holds both together.
 */
import { EVENT_TYPES, type EventType } from "@thewatcher/contracts/events";
import { isSyntheticProfile } from "@thewatcher/contracts/synthetic";
import { type RegisterGroup, type SignName, signOf, WHOLE_SHARE } from "./definitions.ts";

/** An event as far as features read it. */
export interface FeatureEvent {
  readonly type: EventType;
  readonly eventId: string;
  readonly profileId: string;
  /** "" where the event is of no title. */
  readonly titleId: string;
  readonly country: string;
  readonly occurredAt: number;
  readonly knownAt: number;
  readonly timeQuality: string;
  readonly stars: number;
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
}

const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A record of the log; undefined where it is no stored event: the sink keeps such a one as a dead letter. */
export function decodeFeatureEvent(value: Uint8Array): FeatureEvent | undefined {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof decoded !== "object" || decoded === null) return undefined;
  const event = decoded as Readonly<Record<string, unknown>>;
  const occurredAt = Date.parse(textOf(event.occurredAt));
  const knownAt = Date.parse(textOf(event.knownAt));
  const type = textOf(event.type);
  const profileId = textOf(event.profileId);
  if (!TYPES.has(type) || profileId === "" || Number.isNaN(occurredAt) || Number.isNaN(knownAt)) return undefined;
  // In the warehouse these are of no title, too.
  if (isSyntheticProfile(profileId)) return undefined;
  const payload = (typeof event.payload === "object" ? (event.payload ?? {}) : {}) as Readonly<Record<string, unknown>>;
  return {
    type: type as EventType,
    eventId: textOf(event.eventId).toLowerCase(),
    profileId,
    titleId: textOf(payload.titleId),
    country: textOf(event.country),
    occurredAt,
    knownAt,
    timeQuality: textOf(event.timeQuality),
    stars: numberOf(payload.stars),
    watchedSeconds: numberOf(payload.watchedSeconds),
    durationSeconds: numberOf(payload.durationSeconds),
  };
}

/** When it counts. */
export const instantOf = (event: FeatureEvent): number => Math.min(event.occurredAt, event.knownAt);

/** The value that the event writes into registers of this sign; undefined: none. */
export function signValue(name: SignName, event: FeatureEvent): number | undefined {
  const { events, undoneBy, value, isWhole } = signOf(name);
  if (event.titleId === "" || event.timeQuality !== "observed") return undefined;
  if (event.type === undoneBy) return 0;
  if (!events.includes(event.type)) return undefined;
  const { watchedSeconds, durationSeconds } = event;
  if (isWhole && !(durationSeconds > 0 && watchedSeconds >= WHOLE_SHARE * durationSeconds)) return undefined;
  return value === "stars" ? Math.fround(event.stars) : 1;
}

export const keySeparator = "\t";

export function keyOf({ key }: Pick<RegisterGroup, "key">, event: FeatureEvent): string {
  if (key === "profile") return event.profileId;
  return key === "title" ? event.titleId : event.titleId + keySeparator + event.country;
}

export function memberOf({ key, member }: Pick<RegisterGroup, "key" | "member">, event: FeatureEvent): string {
  if (member === "event") return event.profileId + keySeparator + event.eventId;
  return key === "profile" ? event.titleId : event.profileId;
}
