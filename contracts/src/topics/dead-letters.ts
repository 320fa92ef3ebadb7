/** What could not become an event, kept whole with its cause, so that it can be mended and replayed. */
import { z } from "zod";
import { Instant } from "../events.ts";
import { ProfileId } from "../ids.ts";
import type { Topic } from "./topic.ts";

export const DeadLetter = z.object({
  version: z.literal(1),
  cause: z.enum([
    "not_an_object",
    "unknown_type",
    "invalid",
    "server_only",
    "occurred_in_future",
    "too_old",
    "unknown_title",
    "unknown_profile",
    "undecodable_record",
  ]),
  detail: z.string(),
  profileId: ProfileId,
  device: z.string().max(64),
  country: z.string(),
  receivedAt: Instant,
  /** The event as it came, JSON text cut at 16 KiB. */
  raw: z.string().max(16_384),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export const deadLetters = {
  name: "dead-letters",
  version: 1,
  key: "profileId",
  partitionCount: 1,
  schema: DeadLetter,
  example: {
    version: 1,
    cause: "unknown_type",
    detail: 'type: "clack" is none of impression, click, …',
    profileId: "p-1001",
    device: "web",
    country: "BY",
    receivedAt: "2026-11-23T10:00:01.050Z",
    raw: '{"type":"clack"}',
  },
} satisfies Topic;
