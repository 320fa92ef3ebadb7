/** What could not become an event, kept whole with its cause, so that it can be mended and replayed. */
import { z } from "zod";
import { Instant } from "../events.ts";
import { ProfileId } from "../ids.ts";
import type { Topic } from "./topic.ts";

/** `raw` ends here, between two characters; the rest is `rawRest`. Frozen before letters were kept whole. */
export const RAW_CHARS_MAX = 16_384;

export const DeadLetterCause = z.enum([
  "not_an_object",
  "unknown_type",
  "invalid",
  "server_only",
  "occurred_in_future",
  "too_old",
  "unknown_title",
  "unknown_profile",
  "undecodable_record",
]);
export type DeadLetterCause = z.infer<typeof DeadLetterCause>;

export const DeadLetter = z.object({
  version: z.literal(1),
  cause: DeadLetterCause,
  detail: z.string(),
  profileId: ProfileId,
  device: z.string().max(64),
  country: z.string(),
  receivedAt: Instant,
  /** The event as it came, as text: its beginning. */
  raw: z.string().max(RAW_CHARS_MAX),
  /** What of the text does not fit `raw`. */
  rawRest: z.string().optional(),
  /** The bytes as they came, where they are no UTF-8: `raw` shows them with U+FFFD, and there is no `rawRest`. */
  rawBase64: z.base64().optional(),
  /** The sender was a machine, which may bring events of any age. */
  fromMachine: z.boolean().optional(),
  /** A record of the log that is no event: where it lies, whole, also when it was too large to be kept here. */
  record: z
    .object({ topic: z.string(), partition: z.number().int().min(0), offset: z.number().int().min(0) })
    .optional(),
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
