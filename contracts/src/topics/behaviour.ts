/** What viewers did: impressions, clicks, plays, searches, exposures, quality. Owned by the log itself. */
import { z } from "zod";
import { EVENT_TYPES, isStated, SERVER_ONLY_EVENT_TYPES, storedEventSchemas } from "../events.ts";
import type { Topic } from "./topic.ts";

const types = EVENT_TYPES.filter(
  (type) => !isStated(type) && !(SERVER_ONLY_EVENT_TYPES as readonly string[]).includes(type),
);

export const behaviour = {
  name: "behaviour",
  version: 1,
  key: "profileId",
  partitionCount: 4,
  schema: z.union(types.map((type) => storedEventSchemas[type])),
  example: {
    version: 1,
    eventId: "019ab000-0000-7000-8000-000000000001",
    type: "click",
    occurredAt: "2026-11-23T10:00:00.000Z",
    sentAt: "2026-11-23T10:00:01.000Z",
    receivedAt: "2026-11-23T10:00:01.050Z",
    knownAt: "2026-11-23T10:00:01.050Z",
    profileId: "p-1001",
    device: "web",
    country: "BY",
    timeQuality: "observed",
    decisionId: "019ab000-0000-7000-8000-00000000000d",
    position: 3,
    payload: { titleId: "film-0042", rowId: "top-picks" },
  },
} satisfies Topic;
