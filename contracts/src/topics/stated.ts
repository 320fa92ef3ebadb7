/** What viewers stated: ratings, watchlist, "not interested", "seen elsewhere". Owned by the database; arrives through its outbox. */
import { z } from "zod";
import { STATED_EVENT_TYPES, storedEventSchemas } from "../events.ts";
import type { Topic } from "./topic.ts";

export const stated = {
  name: "stated",
  version: 1,
  key: "profileId",
  partitionCount: 4,
  schema: z.union(STATED_EVENT_TYPES.map((type) => storedEventSchemas[type])),
  example: {
    version: 1,
    eventId: "019ab000-0000-7000-8000-000000000002",
    type: "rate",
    occurredAt: "2026-11-23T10:00:00.000Z",
    sentAt: "2026-11-23T10:00:01.000Z",
    receivedAt: "2026-11-23T10:00:01.050Z",
    knownAt: "2026-11-23T10:00:01.050Z",
    profileId: "p-1001",
    device: "web",
    country: "BY",
    timeQuality: "observed",
    payload: { titleId: "film-0042", stars: 4.5 },
  },
} satisfies Topic;
