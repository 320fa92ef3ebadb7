/** The role `sink`: the readers of the log. */
import { createArchiveWriter } from "@thewatcher/ingestion/archive/archive";
import { type AuditReport, auditRegularly } from "@thewatcher/ingestion/audit";
import type { EventReader } from "@thewatcher/ingestion/follow";
import type { ReaderProgress } from "@thewatcher/ingestion/observe-readers";
import { createProfileStateFold } from "@thewatcher/ingestion/profile-state-fold";
import { createDecisionSink, createSink } from "@thewatcher/ingestion/sink";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export interface SinkPart extends RolePart {
  readonly sink: EventReader;
  /** Of logged decisions into the warehouse. */
  readonly decisions: EventReader;
  readonly profileStates: EventReader;
  readonly archive: ReaderProgress;
}

/** An import alone in its folder: rows come in full inserts, and the last ones as soon as its end waits for them. */
const IMPORT_LINGER_MS = 30_000;

/** A look at what is new costs the warehouse some ten queries of 20 ms. */
const AUDIT_EVERY_MS = 5 * 60_000;
const AUDIT_RECORDS = 1_000_000;
/** A batch fails now and then, where a server is started again; more in a row is a reason not to be ready. */
const FAILURES_MAX = 3;

export function composeSink(
  stores: RoleStores<"sink">,
  { clock, logOf, lifecycle }: RoleContext,
  own: {
    readonly foldsStates: boolean;
    readonly archives: boolean;
    readonly onAudit: (report: AuditReport) => void;
  },
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
  const decisions = lifecycle.own(
    "decisions",
    createDecisionSink({ eventLog, warehouse, clock, log: logOf("decisions") }),
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
  const auditing = new AbortController();
  let audits: Promise<void> | undefined;
  lifecycle.own("audit", auditing, async (it) => {
    it.abort();
    await audits;
  });
  const audit = () =>
    auditRegularly(
      { eventLog, warehouse, clock },
      {
        everyMs: AUDIT_EVERY_MS,
        newestRecords: AUDIT_RECORDS,
        signal: auditing.signal,
        onReport(report) {
          own.onAudit(report);
          const { missing, beyond } = report;
          if (missing > 0 || beyond > 0)
            logOf("audit").error({ missing, beyond }, "the warehouse differs from the log");
        },
        onError: (err) => logOf("audit").warn({ err }, "the audit could not look and will try again"),
      },
    );
  let archiving: Promise<void> | undefined;
  const startArchive = (): Promise<void> => {
    archiving ??= archive.start();
    return archiving;
  };
  return {
    sink,
    decisions,
    profileStates,
    unready() {
      const [first, ...others] = [...sink.heldUp(), ...decisions.heldUp(), ...profileStates.heldUp()].filter(
        ({ failures }) => failures >= FAILURES_MAX,
      );
      if (!first) return undefined;
      const more = others.length > 0 ? `, and ${others.length} more partitions` : "";
      return `sink: ${first.topic}/${first.partition} waits after ${first.failures} attempts: ${first.reason}${more}`;
    },
    archive: {
      lag: async () => (archiving ? archive.lag() : 0),
      async caughtUp(signal) {
        await startArchive();
        await archive.caughtUp(signal);
      },
    },
    async start() {
      await Promise.all([sink.start(), decisions.start(), own.foldsStates ? profileStates.start() : undefined]);
      if (own.archives) await startArchive();
      audits = audit();
    },
  };
}
