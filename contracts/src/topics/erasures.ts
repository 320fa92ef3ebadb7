/** Tombstones: a profile to be forgotten. Kept for ever; sink, replay and restore honour them. */
import { storedEventSchemas } from "../events.ts";
import type { Topic } from "./topic.ts";

export const erasures = {
  name: "erasures",
  version: 1,
  key: "profileId",
  partitionCount: 1,
  schema: storedEventSchemas.erasure,
  example: {
    version: 1,
    eventId: "019ab000-0000-7000-8000-000000000003",
    type: "erasure",
    occurredAt: "2026-11-23T10:00:00.000Z",
    sentAt: "2026-11-23T10:00:00.000Z",
    receivedAt: "2026-11-23T10:00:00.000Z",
    knownAt: "2026-11-23T10:00:00.000Z",
    profileId: "p-1001",
    device: "operator",
    country: "BY",
    timeQuality: "observed",
    payload: { reason: "viewer_request" },
  },
} satisfies Topic;
