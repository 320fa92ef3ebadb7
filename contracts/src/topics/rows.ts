/**
 * What viewers do to the rows of their page. A topic of its own: readers of `stated`, version 1, know no such types.
 * Owned by the database; arrives through its outbox.
 */
import { z } from "zod";
import { ROW_EVENT_TYPES, storedEventSchemas } from "../events.ts";
import type { Topic } from "./topic.ts";

export const rows = {
  name: "rows",
  version: 1,
  key: "profileId",
  partitionCount: 4,
  schema: z.union(ROW_EVENT_TYPES.map((type) => storedEventSchemas[type])),
  example: {
    version: 1,
    eventId: "019ab000-0000-7000-8000-000000000004",
    type: "continue_hidden",
    occurredAt: "2026-11-23T10:00:00.000Z",
    sentAt: "2026-11-23T10:00:00.000Z",
    receivedAt: "2026-11-23T10:00:00.000Z",
    knownAt: "2026-11-23T10:00:00.000Z",
    profileId: "p-1001",
    device: "web",
    country: "BY",
    timeQuality: "observed",
    payload: { titleId: "film-0042" },
  },
} satisfies Topic;
