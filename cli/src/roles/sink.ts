/** The role `sink`: the readers of the log. */
import { createArchiveWriter } from "@thewatcher/ingestion/archive/archive";
import type { EventReader } from "@thewatcher/ingestion/follow";
import type { ReaderProgress } from "@thewatcher/ingestion/observe-readers";
import { createProfileStateFold } from "@thewatcher/ingestion/profile-state-fold";
import { createSink } from "@thewatcher/ingestion/sink";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export interface SinkPart extends RolePart {
  readonly sink: EventReader;
  readonly profileStates: EventReader;
  readonly archive: ReaderProgress;
}

/** An import alone in its folder: rows come in full inserts, and the last ones as soon as its end waits for them. */
const IMPORT_LINGER_MS = 30_000;

export function composeSink(
  stores: RoleStores<"sink">,
  { clock, logOf, lifecycle }: RoleContext,
  own: { readonly foldsStates: boolean; readonly archives: boolean },
): SinkPart {
  const { eventLog, warehouse, recommendations } = stores;
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
  const archive = lifecycle.own(
    "archive",
    createArchiveWriter({ eventLog, objects: stores.objects, log: logOf("archive") }),
    (it) => it.close(),
  );
  let archiving: Promise<void> | undefined;
  const startArchive = (): Promise<void> => {
    archiving ??= archive.start();
    return archiving;
  };
  return {
    sink,
    profileStates,
    archive: {
      lag: async () => (archiving ? archive.lag() : 0),
      async caughtUp(signal) {
        await startArchive();
        await archive.caughtUp(signal);
      },
    },
    async start() {
      await Promise.all([sink.start(), own.foldsStates ? profileStates.start() : undefined]);
      if (own.archives) await startArchive();
    },
  };
}
