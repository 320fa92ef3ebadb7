/** The role `sink`: the readers of the log. */
import type { EventReader } from "@thewatcher/ingestion/follow";
import { createProfileStateFold } from "@thewatcher/ingestion/profile-state-fold";
import { createSink } from "@thewatcher/ingestion/sink";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export interface SinkPart extends RolePart {
  readonly sink: EventReader;
  readonly profileStates: EventReader;
}

/** An import alone in its folder: rows come in full inserts, and the last ones as soon as its end waits for them. */
const IMPORT_LINGER_MS = 30_000;

export function composeSink(
  { eventLog, warehouse, recommendations }: RoleStores<"sink">,
  { clock, logOf, lifecycle }: RoleContext,
  own: { readonly foldsStates: boolean },
): SinkPart {
  const sink = lifecycle.own(
    "sink",
    createSink({
      eventLog,
      warehouse,
      clock,
      log: logOf("sink"),
      lingerMs: own.foldsStates ? undefined : IMPORT_LINGER_MS,
    }),
    (it) => it.close(),
  );
  const profileStates = lifecycle.own(
    "profile states",
    createProfileStateFold({ eventLog, recommendations, clock, log: logOf("profile-state") }),
    (it) => it.close(),
  );
  return {
    sink,
    profileStates,
    async start() {
      await Promise.all([sink.start(), own.foldsStates ? profileStates.start() : undefined]);
    },
  };
}
