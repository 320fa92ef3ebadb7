/** Metrics in Prometheus' text form, on the admin listener. */
import { FALLBACK_REASONS, type SearchMetrics } from "@thewatcher/catalog-api/search-fallback";
import { REQUEST_KINDS } from "@thewatcher/contracts/request-kinds";
import type { AuditReport } from "@thewatcher/ingestion/audit";
import type { CollectorMetrics } from "@thewatcher/ingestion/collector";
import type { ReaderProgress } from "@thewatcher/ingestion/observe-readers";
import { type DecisionLogMetrics, DROP_REASONS } from "@thewatcher/serving-api/decision-log";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AdmissionMetrics } from "./admission.ts";
import { createObservations, type ObservationDeps, type Observations } from "./observations.ts";
import { REACTION_FAILURES, type ReactionMetrics } from "./synthetic-viewer.ts";

export interface CinemaMetrics {
  readonly collector: CollectorMetrics;
  readonly search: SearchMetrics;
  readonly decisions: DecisionLogMetrics;
  readonly admission: AdmissionMetrics;
  /** The last look of the audit. */
  audited(report: AuditReport): void;
  /** A dependency of serving is not asked for a while, or again. */
  guarded(dependency: string, isOpen: boolean): void;
  /** No page could be composed; an older one was served, or none. */
  stalePage(isServed: boolean): void;
  /** Whether the ranker of the publication that is served can't be used. */
  ranker(isUnusable: boolean): void;
  /** Of the synthetic viewer. */
  readonly reaction: ReactionMetrics;
  /** Regular looks, whose figures are metrics: called once. */
  observations(deps: ObservationDeps): Observations;
  /** By the names of the readers; none where the log is not open. */
  render(readers: Readonly<Record<string, ReaderProgress>>): Promise<string>;
}

export function createCinemaMetrics(): CinemaMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const accepted = new Counter({
    name: "thewatcher_events_accepted_total",
    help: "Events accepted by the collector, durable in the log",
    registers: [registry],
  });
  const refused = new Counter({
    name: "thewatcher_events_refused_total",
    help: "Events refused by the collector, by cause; each is a dead letter",
    labelNames: ["cause"],
    registers: [registry],
  });
  const batchSeconds = new Histogram({
    name: "thewatcher_collector_batch_seconds",
    help: "From a batch read to its answer",
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
    registers: [registry],
  });
  const searchSeconds = new Histogram({
    name: "thewatcher_search_seconds",
    help: "One question to an index of titles; what somebody types takes one to four",
    labelNames: ["index"],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.06, 0.1, 0.3, 1],
    registers: [registry],
  });
  const searchFallback = new Counter({
    name: "thewatcher_search_fallback_total",
    help: "Questions that the search server did not answer and the embedded index did, by reason",
    labelNames: ["reason"],
    registers: [registry],
  });
  // None so far is a figure, too.
  for (const reason of FALLBACK_REASONS) searchFallback.inc({ reason }, 0);
  const decisionsLogged = new Counter({
    name: "thewatcher_decisions_logged_total",
    help: "Decisions that are in the event log",
    registers: [registry],
  });
  const decisionBytes = new Counter({
    name: "thewatcher_decisions_logged_bytes_total",
    help: "Their records",
    registers: [registry],
  });
  const decisionsDropped = new Counter({
    name: "thewatcher_decisions_dropped_total",
    help: "Decisions that were answered and not logged, by reason",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of DROP_REASONS) decisionsDropped.inc({ reason }, 0);
  const decisionsCut = new Counter({
    name: "thewatcher_decisions_cut_total",
    help: "Records of decisions that left a part out for their bound of 64 KiB, by part",
    labelNames: ["part"],
    registers: [registry],
  });
  const guardOpen = new Gauge({
    name: "thewatcher_guard_open",
    help: "1 while a dependency of serving is not asked, because most calls failed or came late",
    labelNames: ["dependency"],
    registers: [registry],
  });
  const uncomposed = new Counter({
    name: "thewatcher_uncomposed_pages_total",
    help: "Pages that could not be composed, by what was answered",
    labelNames: ["answer"],
    registers: [registry],
  });
  for (const answer of ["stale_page", "problem"]) uncomposed.inc({ answer }, 0);
  const rankerUnusable = new Gauge({
    name: "thewatcher_ranker_unusable",
    help: "1 while the publication that is served has a ranker that can't be read or used",
    registers: [registry],
  });
  const reactionSeconds = new Histogram({
    name: "thewatcher_reaction_seconds",
    help: "From an accepted event of the synthetic viewer to a page that knows it; promised: p99 of 1 s",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const reactionFailures = new Counter({
    name: "thewatcher_reaction_failures_total",
    help: "Events of the synthetic viewer that were refused or that no page knew in time, by reason",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of REACTION_FAILURES) reactionFailures.inc({ reason }, 0);
  const shed = new Counter({
    name: "thewatcher_shed_total",
    help: "Requests refused because there was too much to do, by kind",
    labelNames: ["kind"],
    registers: [registry],
  });
  for (const kind of REQUEST_KINDS) shed.inc({ kind }, 0);
  const shedLevel = new Gauge({
    name: "thewatcher_shed_level",
    help: `What is refused for load: ${REQUEST_KINDS.map((kind, place) => `over ${place} ${kind}`).join(", ")}`,
    registers: [registry],
  });
  const expired = new Counter({
    name: "thewatcher_expired_requests_total",
    help: "Requests of our own processes that nobody waited for any more when they arrived",
    registers: [registry],
  });
  const lag = new Gauge({
    name: "thewatcher_reader_lag_events",
    help: "Events in the log that a reader has not handled yet",
    labelNames: ["reader"],
    registers: [registry],
  });
  const audit = {
    missing: new Gauge({
      name: "thewatcher_audit_missing_records",
      help: "Records of the log that the warehouse says to have and has not, among the newest",
      labelNames: ["topic", "partition"],
      registers: [registry],
    }),
    beyond: new Gauge({
      name: "thewatcher_audit_beyond_records",
      help: "Rows of the warehouse behind the end of the log",
      labelNames: ["topic", "partition"],
      registers: [registry],
    }),
    lag: new Gauge({
      name: "thewatcher_audit_lag_records",
      help: "Records of the log that the warehouse has yet to take",
      labelNames: ["topic", "partition"],
      registers: [registry],
    }),
    at: new Gauge({
      name: "thewatcher_audit_timestamp_seconds",
      help: "When the audit last looked",
      registers: [registry],
    }),
  };
  return {
    stalePage: (isServed) => uncomposed.inc({ answer: isServed ? "stale_page" : "problem" }),
    guarded: (dependency, isOpen) => guardOpen.set({ dependency }, isOpen ? 1 : 0),
    observations: (deps) => createObservations(registry, deps),
    ranker: (isUnusable) => rankerUnusable.set(isUnusable ? 1 : 0),
    reaction: {
      reacted: (durationMs) => reactionSeconds.observe(durationMs / 1000),
      failed: (reason) => reactionFailures.inc({ reason }),
    },
    admission: {
      shed: (kind) => shed.inc({ kind }),
      level: (level) => shedLevel.set(level),
      expired: () => expired.inc(),
    },
    audited({ at, partitions }) {
      for (const { topic, partition, missing, beyond, lag: waiting } of partitions) {
        audit.missing.set({ topic, partition }, missing);
        audit.beyond.set({ topic, partition }, beyond);
        audit.lag.set({ topic, partition }, waiting);
      }
      audit.at.set(Date.parse(at) / 1000);
    },
    search: {
      answered: (index, durationMs) => searchSeconds.observe({ index }, durationMs / 1000),
      fellBack: (reason) => searchFallback.inc({ reason }),
    },
    decisions: {
      logged(count, bytes) {
        decisionsLogged.inc(count);
        decisionBytes.inc(bytes);
      },
      dropped: (reason, count) => decisionsDropped.inc({ reason }, count),
      cut: (part) => decisionsCut.inc({ part }),
    },
    collector: {
      observe(batch) {
        accepted.inc(batch.accepted);
        for (const [cause, count] of batch.refused) refused.inc({ cause }, count);
        batchSeconds.observe(batch.durationMs / 1000);
      },
    },
    async render(readers) {
      await Promise.all(
        Object.entries(readers).map(async ([reader, progress]) => lag.set({ reader }, await progress.lag())),
      );
      return registry.metrics();
    },
  };
}
