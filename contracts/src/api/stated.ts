/** Commands to the owner of stated preferences, from the collector to catalog-api (`POST /internal/stated`). */
import { z } from "zod";
import { STATED_EVENT_TYPES, storedEventSchemas } from "../events.ts";

/** As many as one batch of the collector may hold. */
export const StatedCommands = z.object({
  events: z.array(z.union(STATED_EVENT_TYPES.map((type) => storedEventSchemas[type]))).max(500),
});
export type StatedCommands = z.infer<typeof StatedCommands>;

/** One outcome for each event, in order. `applied`: durable, also when it was older than what is stated already. */
export const StatedOutcomes = z.object({
  outcomes: z.array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("applied") }),
      z.object({ kind: z.literal("refused"), cause: z.enum(["unknown_title", "unknown_profile"]), detail: z.string() }),
    ]),
  ),
});
export type StatedOutcomes = z.infer<typeof StatedOutcomes>;
