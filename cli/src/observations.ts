/**
 * What is looked at regularly while a cinema runs, as gauges (docs/monitoring.md) with alerts on them
 * (ops/alerts/serving.rules.yml): features against the warehouse, their drift and age, how many acts find their decision,
 * whether pages become one page, and whether new titles get their chance.
 *
 * They run in the process that reads the log into the warehouse. What can't be said (no decision yet, no table) is no
 * figure: its gauge is NaN or gone, so that no alert takes it for a zero.
 */
import { measureJoinRate } from "@thewatcher/feature-store/join-rate";
import { measureDrift } from "@thewatcher/feature-store/measure-drift";
import { measureFreshness } from "@thewatcher/feature-store/measure-freshness";
import { type FeatureParity, measureParity, measureServedParity } from "@thewatcher/feature-store/measure-parity";
import { type Arrival, measureNewTitleExposure } from "@thewatcher/feature-store/new-title-exposure";
import { readTopTens } from "@thewatcher/feature-store/top-tens";
import type { Clock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { NEW_TITLE_HOURS, NEW_TITLE_IMPRESSIONS } from "@thewatcher/serving-api/stages/exploration";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { Counter, Gauge, type Registry } from "prom-client";
import { measureCollapse } from "./collapse.ts";
import type { Look } from "./regular-looks.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** One that reads a table of the warehouse with a window of a day takes 0.1 to 2 s. */
const LOOK_MS_MAX = 2 * MINUTE_MS;
/** Drift is told against a week before: days of the week are compared with themselves. */
const DRIFT_REFERENCE_MS = 7 * DAY_MS;
/** Pages and acts of a day are looked at; acts of the last minutes are still on their way. */
const WINDOW_MS = DAY_MS;
const UNDER_WAY_MS = 2 * MINUTE_MS;
/** The same pairs from look to look. */
const PAIRS_SEED = 11;

export interface ObservationDeps {
  readonly warehouse: Warehouse;
  readonly objects: Objects;
  readonly eventLog: Pick<EventLog, "bounds" | "read">;
  readonly clock: Clock;
  /** Empty: this process does not know the catalogue. */
  readonly arrivals: () => readonly Arrival[];
  /** Of a process that serves: how new the features are that it serves. */
  readonly freshAt?: () => number | undefined;
}

export interface Observations {
  readonly looks: readonly Look[];
  looked(name: string, durationMs: number): void;
  failed(name: string): void;
}

const orNaN = (value: number | null | undefined): number => value ?? Number.NaN;

export function createObservations(registry: Registry, deps: ObservationDeps): Observations {
  const { warehouse, objects, eventLog, clock, arrivals } = deps;
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) => {
    const made = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
    // Without labels a gauge begins at 0, which would be a figure.
    if (labelNames.length === 0) made.set(Number.NaN);
    return made;
  };
  const lookedAt = gauge("thewatcher_observation_timestamp_seconds", "When a regular look last succeeded", ["look"]);
  const lookSeconds = gauge("thewatcher_observation_seconds", "How long that look took", ["look"]);
  const failures = new Counter({
    name: "thewatcher_observation_failures_total",
    help: "Regular looks that failed or took too long; each is tried again at its next turn",
    labelNames: ["look"],
    registers: [registry],
  });

  const mismatch = gauge("thewatcher_feature_mismatch_ratio", "Served features that differ from the warehouse", [
    "feature",
    "road",
  ]);
  const psi = gauge("thewatcher_feature_psi", "Population stability index of a feature against a week before", [
    "feature",
  ]);
  const tableAge = gauge("thewatcher_feature_table_age_seconds", "Age of the published features of titles");
  const age = gauge("thewatcher_feature_age_seconds", "Age of a feature as this process serves it", ["feature"]);
  const stale = gauge("thewatcher_feature_stale", "1 where that is more than its declaration allows", ["feature"]);
  const joinRate = gauge("thewatcher_decision_join_ratio", "Clicks and plays of a day that find their logged decision");
  const joinEvents = gauge("thewatcher_decision_join_events", "Clicks and plays that this is of");
  const overlap = gauge("thewatcher_top_ten_overlap_median", "Median share of the top ten that two viewers share");
  const coverage = gauge("thewatcher_top_ten_coverage_ratio", "Share of the catalogue in anybody's top ten");
  const gini = gauge("thewatcher_top_ten_exposure_gini", "How unevenly places in top tens are shared among titles");
  const profiles = gauge("thewatcher_top_ten_profiles", "Profiles whose top tens of a day were looked at");
  const newBelow = gauge("thewatcher_new_titles_below_goal", "Titles of a week with too few impressions in 48 hours");
  const newJudged = gauge("thewatcher_new_titles_judged", "Titles of a week whose first 48 hours are over");

  const setMismatches = (road: string, features: readonly FeatureParity[]): void => {
    for (const { name, rate } of features) mismatch.set({ feature: name, road }, orNaN(rate));
  };
  const everyHour = { everyMs: HOUR_MS, withinMs: LOOK_MS_MAX };
  const looks: readonly Look[] = [
    {
      name: "feature_parity",
      ...everyHour,
      async look() {
        const report = await measureParity({ warehouse, objects, eventLog, clock });
        if (report.kind === "measured") setMismatches("fold", report.features);
      },
    },
    {
      name: "served_parity",
      ...everyHour,
      async look() {
        const report = await measureServedParity({ warehouse, clock }, { sinceMs: HOUR_MS });
        if (report.kind === "measured") setMismatches("served", report.features);
      },
    },
    {
      name: "feature_drift",
      everyMs: 6 * HOUR_MS,
      withinMs: LOOK_MS_MAX,
      async look() {
        const at = clock.now();
        const report = await measureDrift({ warehouse }, { at, referenceAt: at - DRIFT_REFERENCE_MS });
        psi.reset();
        if (report.kind === "measured")
          for (const { name, psi: value } of report.features) psi.set({ feature: name }, value);
      },
    },
    {
      name: "feature_freshness",
      everyMs: MINUTE_MS,
      withinMs: LOOK_MS_MAX,
      async look() {
        const { freshAt } = deps;
        const report = await measureFreshness({ objects, clock, ...(freshAt ? { freshAt } : {}) });
        tableAge.set(report.kind === "measured" ? report.ageMs / 1000 : Number.NaN);
        if (report.kind !== "measured") return;
        for (const { name, ageMs, isStale } of report.features) {
          age.set({ feature: name }, ageMs / 1000);
          stale.set({ feature: name }, isStale ? 1 : 0);
        }
      },
    },
    {
      name: "join_rate",
      everyMs: 10 * MINUTE_MS,
      withinMs: LOOK_MS_MAX,
      async look() {
        const until = clock.now() - UNDER_WAY_MS;
        const { rate, events } = await measureJoinRate(warehouse, { since: until - WINDOW_MS, until });
        joinRate.set(orNaN(rate));
        joinEvents.set(events);
      },
    },
    {
      name: "popularity_collapse",
      ...everyHour,
      async look() {
        const until = clock.now();
        const topTens = await readTopTens(warehouse, { since: until - WINDOW_MS, until });
        const catalogue = arrivals().map(({ titleId }) => titleId);
        const measured = measureCollapse(topTens, { catalogue, rng: createRng(PAIRS_SEED) });
        profiles.set(measured.profiles);
        overlap.set(orNaN(measured.overlapMedian));
        const isSayable = measured.profiles > 0;
        coverage.set(isSayable ? orNaN(measured.coverage) : Number.NaN);
        gini.set(orNaN(measured.gini));
      },
    },
    {
      name: "new_titles",
      ...everyHour,
      async look() {
        const titles = arrivals();
        if (titles.length === 0) return;
        const { judged, below } = await measureNewTitleExposure(warehouse, {
          arrivals: titles,
          at: clock.now(),
          hours: NEW_TITLE_HOURS,
          impressionsGoal: NEW_TITLE_IMPRESSIONS,
        });
        newJudged.set(judged);
        newBelow.set(below.length);
      },
    },
  ];
  for (const { name } of looks) failures.inc({ look: name }, 0);
  return {
    looks,
    looked(name, durationMs) {
      lookedAt.set({ look: name }, clock.now() / 1000);
      lookSeconds.set({ look: name }, durationMs / 1000);
    },
    failed: (name) => failures.inc({ look: name }),
  };
}
