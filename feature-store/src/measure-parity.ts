/**
 * Whether what is served is what the warehouse says: mismatch rate of each feature, over two roads.
 *
 * `measureParity`: the published table and the log after it, folded here as every serving process does, against the
 * warehouse at the same instant and the same place in the log. Nothing in between may differ, so one mismatch is a fault:
 * of the fold, of the SQL, of a row that the warehouse lost.
 *
 * `measureServedParity`: features as they were logged with decisions, against the same rows read point in time. There the
 * log was some moments on its way, so a value counts as right that lies between those the warehouse had within the last
 * seconds.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { featureValue, isAggregate } from "./definitions.ts";
import { type FeatureRow, readFeatureRows } from "./feature-rows.ts";
import { followLog, othersTurn } from "./follow-log.ts";
import { readPointer } from "./publish-title-features.ts";
import { RANKING_FEATURES, TITLE_PLAN } from "./ranking-features.ts";
import { readTitleFeatures } from "./read-title-features.ts";
import { keySeparator } from "./signs.ts";
import { loadTitleFeatureFold } from "./title-feature-fold.ts";
import { decodeTitleFeatureTable, type TitleFeatureTable } from "./title-feature-table.ts";

/** Relative, of values of one and more absolute below: what 32 bits lose in a sum. */
export const EXACT_TOLERANCE = 1e-5;
/** Of titles with more members than are kept: four standard errors of 4,096 of them. */
export const SAMPLED_TOLERANCE = 0.06;
const MISMATCH_RATE_MAX = 0.001;

export interface FeatureParity {
  readonly name: string;
  readonly compared: number;
  readonly mismatched: number;
  /** undefined: nothing was compared. */
  readonly rate: number | undefined;
  readonly largestDifference: number;
  /** More than one in a thousand: somebody is to look. */
  readonly isWrong: boolean;
}

export type ParityReport =
  | {
      readonly kind: "measured";
      readonly at: number;
      /** Compared. */
      readonly titles: number;
      readonly features: readonly FeatureParity[];
    }
  | { readonly kind: "undecidable"; readonly reason: string };

class Tally {
  readonly #name: string;
  #compared = 0;
  #mismatched = 0;
  #largest = 0;
  constructor(name: string) {
    this.#name = name;
  }
  add(served: number, candidates: readonly number[], tolerance: number): void {
    // Between what the warehouse had at two instants it had everything in between, as counts go: a page every tenth of a second
    // shows a title to ten between two instants, and each of these counts was right for a moment.
    const nearest = Math.min(Math.max(served, Math.min(...candidates)), Math.max(...candidates));
    const difference = Math.abs(served - nearest) / Math.max(1, Math.abs(nearest));
    this.#compared++;
    this.#largest = Math.max(this.#largest, difference);
    if (!(difference <= tolerance)) this.#mismatched++;
  }
  done(): FeatureParity {
    const rate = this.#compared === 0 ? undefined : this.#mismatched / this.#compared;
    const counts = { compared: this.#compared, mismatched: this.#mismatched, rate };
    const isWrong = rate !== undefined && rate > MISMATCH_RATE_MAX;
    return { name: this.#name, ...counts, largestDifference: this.#largest, isWrong };
  }
}

export async function measureParity(deps: {
  readonly warehouse: Warehouse;
  readonly objects: Objects;
  readonly eventLog: Pick<EventLog, "bounds" | "read">;
  readonly clock: Clock;
}): Promise<ParityReport> {
  const { warehouse, objects, eventLog, clock } = deps;
  const pointer = await readPointer(objects);
  if (!pointer) return { kind: "undecidable", reason: "no features of titles were published yet" };
  const bytes = await objects.get(pointer.key);
  if (!bytes) return { kind: "undecidable", reason: `${pointer.key} is not there` };
  const published = decodeTitleFeatureTable(bytes);
  const fold = await loadTitleFeatureFold(published, { plan: TITLE_PLAN, now: published.asOf });
  const at = clock.now();
  const positions = await warehouse.positions();
  const { missed } = await followLog(eventLog, fold, { until: positions });
  if (missed > 0) return { kind: "undecidable", reason: `the log forgot ${missed} events since the table` };
  for (const _ of fold.advance(at)) await othersTurn();
  const recomputed = await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at, positions: fold.positions() });

  const sampled = sampledTitles(recomputed);
  const titleIds = [...new Set([...published.titleIds, ...recomputed.titleIds])].sort();
  const rowOf = new Map(recomputed.titleIds.map((titleId, row) => [titleId, row]));
  const served = fold.features(titleIds);
  // Of a title that the warehouse has nothing of.
  const unknown = TITLE_PLAN.features.map((feature) => Math.fround(featureValue(feature, [], at)));
  const features = TITLE_PLAN.features.map(({ name }, feature) => {
    const tally = new Tally(name);
    recomputed.names.forEach((told, place) => {
      const [toldName, country = ""] = told.split("@");
      if (toldName !== name) return;
      const column = served.column(feature, country);
      titleIds.forEach((titleId, row) => {
        const other = rowOf.get(titleId);
        const own = other === undefined ? unknown[feature]! : recomputed.columns[place]![other]!;
        tally.add(column[row]!, [own], sampled.has(titleId) ? SAMPLED_TOLERANCE : EXACT_TOLERANCE);
      });
    });
    return tally.done();
  });
  return { kind: "measured", at, titles: titleIds.length, features };
}

/** Titles of which not everybody is kept. */
function sampledTitles({ groups }: TitleFeatureTable): ReadonlySet<string> {
  const titles = new Set<string>();
  for (const { keys, levels } of groups) {
    keys.forEach((key, row) => {
      if (levels[row]! > 0) titles.add(key.split(keySeparator)[0]!);
    });
  }
  return titles;
}

/** Rows of a look at what was logged. */
const SERVED_ROWS_MAX = 2_000;
/** How long an event may have been on its way: half a second to the next look at the log, and as much to the log. */
const UNDER_WAY_MS = [0, 1_000, 3_000] as const;

interface LoggedRow {
  readonly featureNames: readonly string[];
  readonly country: string;
  readonly profileId: string;
  readonly titleId: string;
  readonly at: number;
  /** null: not known. */
  readonly features: readonly (number | null)[];
}

/** Of decisions of the last `sinceMs`, a sample of what was shown; pages that said to be without features are left out. */
export async function measureServedParity(
  deps: { readonly warehouse: Warehouse; readonly clock: Clock },
  { sinceMs }: { readonly sinceMs: number },
): Promise<ParityReport> {
  const { warehouse, clock } = deps;
  const at = clock.now();
  const logged = await warehouse.query<LoggedRow>(
    `SELECT decision.featureNames AS featureNames, decision.country AS country, item.profileId AS profileId, item.titleId AS titleId,
  toFloat64(toUnixTimestamp64Milli(item.occurredAt)) AS at, item.features AS features
FROM decision_items AS item
INNER JOIN decisions AS decision ON item.decisionId = decision.decisionId
WHERE item.shown = 1 AND length(item.features) > 0
  AND item.occurredAt >= {from:DateTime64(3)} AND decision.occurredAt >= {from:DateTime64(3)}
  AND NOT arrayExists(part -> startsWith(part, 'title_features') OR startsWith(part, 'profile_state'), decision.degradations)
ORDER BY cityHash64(item.decisionId, item.titleId), item.place
LIMIT {limit:UInt32}`,
    { params: { from: new Date(at - sinceMs).toISOString(), limit: SERVED_ROWS_MAX } },
  );
  if (logged.length === 0) return { kind: "undecidable", reason: "no decision was logged with features" };
  const definitions = RANKING_FEATURES.filter(isAggregate);
  const rows = logged.flatMap(({ titleId, profileId, country, at: instant }) =>
    UNDER_WAY_MS.map((ms): FeatureRow => ({ titleId, profileId, country, at: instant - ms })),
  );
  const { columns } = await readFeatureRows(warehouse, { rows, features: definitions });
  const features = definitions.map(({ name }, feature) => {
    const tally = new Tally(name);
    logged.forEach(({ featureNames, features: served }, row) => {
      const value = served[featureNames.indexOf(name)];
      if (value === undefined || value === null) return;
      const candidates = UNDER_WAY_MS.map((_, i) => columns[feature]![row * UNDER_WAY_MS.length + i]!);
      tally.add(value, candidates, SAMPLED_TOLERANCE);
    });
    return tally.done();
  });
  return { kind: "measured", at, titles: new Set(logged.map(({ titleId }) => titleId)).size, features };
}
