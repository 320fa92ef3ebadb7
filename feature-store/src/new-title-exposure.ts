/**
 * Whether new titles get their chance: impressions of each within the first hours after its arrival, beside what it was
 * promised. A title that arrived before the first decision was logged was promised nothing (a catalogue imported whole).
 */
import { assert } from "@thewatcher/kit/assert";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

const HOUR_MS = 3_600_000;
/** How far back arrivals are looked at: an editor who was away for a week still sees it. */
const ARRIVED_WITHIN_HOURS = 7 * 24;
/** More arrivals in a week are an import: the newest of them are looked at. A query may have 256 KB, an id 64 characters. */
const TITLES_MAX = 2_000;

export interface Arrival {
  readonly titleId: string;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
}

export interface NewTitleExposure {
  /** Their time was over, so that it can be said. */
  readonly judged: number;
  /** Judged, with fewer impressions than promised, fewest first. */
  readonly below: readonly { readonly titleId: string; readonly impressions: number }[];
}

export async function measureNewTitleExposure(
  warehouse: Pick<Warehouse, "query">,
  request: {
    readonly arrivals: readonly Arrival[];
    /** Milliseconds since the epoch. */
    readonly at: number;
    readonly hours: number;
    readonly impressionsGoal: number;
  },
): Promise<NewTitleExposure> {
  const { at, hours, impressionsGoal } = request;
  const loggedSince = await firstDecisionAt(warehouse);
  if (loggedSince === undefined) return { judged: 0, below: [] };
  const oldest = Math.max(loggedSince, at - (hours + ARRIVED_WITHIN_HOURS) * HOUR_MS);
  const judged = request.arrivals
    .filter(({ addedAt }) => addedAt >= oldest && addedAt + hours * HOUR_MS <= at)
    .sort((a, b) => b.addedAt - a.addedAt || (a.titleId < b.titleId ? -1 : 1))
    .slice(0, TITLES_MAX);
  if (judged.length === 0) return { judged: 0, below: [] };
  const rows = await warehouse.query<{ titleId: string; impressions: number }>(
    `WITH
  [${judged.map(({ titleId }) => quoted(titleId)).join(",")}] AS ids,
  [${judged.map(({ addedAt }) => addedAt).join(",")}] AS arrivals,
  toUnixTimestamp64Milli(occurredAt) - toInt64(transform(titleId, ids, arrivals, 0)) AS ageMs
SELECT titleId, toUInt32(uniqExact(eventId)) AS impressions
FROM events
WHERE type = 'impression' AND occurredAt >= {from:DateTime64(3)} AND has(ids, titleId)
  AND ageMs >= 0 AND ageMs < {hours:UInt32} * ${HOUR_MS}
GROUP BY titleId`,
    { params: { from: new Date(Math.min(...judged.map(({ addedAt }) => addedAt))).toISOString(), hours } },
  );
  const seen = new Map(rows.map(({ titleId, impressions }) => [titleId, impressions]));
  const below = judged
    .map(({ titleId }) => ({ titleId, impressions: seen.get(titleId) ?? 0 }))
    .filter(({ impressions }) => impressions < impressionsGoal)
    .sort((a, b) => a.impressions - b.impressions);
  return { judged: judged.length, below };
}

/** An id has no character that SQL minds (contracts/src/ids.ts). */
function quoted(titleId: string): string {
  assert(/^[A-Za-z0-9:._-]+$/.test(titleId), "an id", () => titleId);
  return `'${titleId}'`;
}

async function firstDecisionAt(warehouse: Pick<Warehouse, "query">): Promise<number | undefined> {
  const [row] = await warehouse.query<{ count: number; at: number }>(
    "SELECT toUInt32(count()) AS count, toFloat64(toUnixTimestamp64Milli(min(occurredAt))) AS at FROM decisions",
  );
  return row && row.count > 0 ? row.at : undefined;
}
