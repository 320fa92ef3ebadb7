/**
 * What viewers say of the service's picture of them: corrections of the believed taste, watches to be forgotten, and
 * whether there may be a picture at all. A topic of its own, as `rows`: readers of `stated`, version 1, know no such types.
 * Owned by the database; arrives through its outbox.
 */
import { z } from "zod";
import { storedEventSchemas, TASTE_EVENT_TYPES } from "../events.ts";
import type { Topic } from "./topic.ts";

export const taste = {
  name: "taste",
  version: 1,
  key: "profileId",
  partitionCount: 4,
  schema: z.union(TASTE_EVENT_TYPES.map((type) => storedEventSchemas[type])),
  example: {
    version: 1,
    eventId: "019ab000-0000-7000-8000-000000000005",
    type: "taste_edit",
    occurredAt: "2026-11-23T10:00:00.000Z",
    sentAt: "2026-11-23T10:00:00.000Z",
    receivedAt: "2026-11-23T10:00:00.000Z",
    knownAt: "2026-11-23T10:00:00.000Z",
    profileId: "p-1001",
    device: "web",
    country: "BY",
    timeQuality: "observed",
    payload: { edits: [{ facet: "genre:Drama", value: 1 }] },
  },
} satisfies Topic;
