/** "Hide from continue watching" and its undo, as an event: how far the title was watched stays known. */
import { EVENT_VERSION, type RowEventType, type StoredEventOf } from "@thewatcher/contracts/events";
import type { Identity } from "@thewatcher/contracts/identity";
import type { EventId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { uuid7 } from "@thewatcher/kit/uuid";

export function rowEvent(
  type: RowEventType,
  fields: {
    readonly profileId: ProfileId;
    readonly titleId: TitleId;
    readonly identity: Identity;
    readonly at: number;
  },
): StoredEventOf<RowEventType> {
  const instant = new Date(fields.at).toISOString();
  return {
    version: EVENT_VERSION,
    eventId: uuid7(fields.at) as EventId,
    type,
    occurredAt: instant,
    sentAt: instant,
    receivedAt: instant,
    knownAt: instant,
    profileId: fields.profileId,
    device: fields.identity.device,
    country: fields.identity.country,
    timeQuality: "observed",
    payload: { titleId: fields.titleId },
  };
}
