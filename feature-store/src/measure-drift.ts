/**
 * How far each feature has moved since a reference instant: the PSI (psi.ts) of its values over titles, or over profiles
 * that were active in the four weeks before each of the two instants. Both are read point in time, so the reference is
 * what was known then.
 */
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { type AggregateFeature, HOUR_MS } from "./definitions.ts";
import { type FeatureRow, readFeatureRows } from "./feature-rows.ts";
import { populationStabilityIndex } from "./psi.ts";
import { PROFILE_FEATURES, TITLE_FEATURES } from "./ranking-features.ts";

/** Of each instant, chosen by a hash of the id: the same ones from look to look. */
const TITLES_MAX = 10_000;
const PROFILES_MAX = 2_000;
const ACTIVE_MS = 28 * 24 * HOUR_MS;
/** Above it a feature is said to have shifted. */
const PSI_MAX = 0.25;

export interface FeatureDrift {
  readonly name: string;
  readonly psi: number;
  readonly isShifted: boolean;
}

export type DriftReport =
  | {
      readonly kind: "measured";
      readonly at: number;
      readonly referenceAt: number;
      readonly features: readonly FeatureDrift[];
    }
  | { readonly kind: "undecidable"; readonly reason: string };

export async function measureDrift(
  { warehouse }: { readonly warehouse: Warehouse },
  request: { readonly at: number; readonly referenceAt: number },
): Promise<DriftReport> {
  const instants = [request.referenceAt, request.at] as const;
  const features: FeatureDrift[] = [];
  for (const { definitions, rowsAt } of [
    { definitions: TITLE_FEATURES, rowsAt: (at: number) => titlesAt(warehouse, at) },
    { definitions: PROFILE_FEATURES, rowsAt: (at: number) => profilesAt(warehouse, at) },
  ]) {
    const [reference, current] = [await rowsAt(instants[0]), await rowsAt(instants[1])];
    if (reference.length === 0 || current.length === 0) continue;
    features.push(...(await psiOf(warehouse, definitions, reference, current)));
  }
  if (features.length === 0) return { kind: "undecidable", reason: "nothing had happened by one of the two instants" };
  return { kind: "measured", ...request, features };
}

async function psiOf(
  warehouse: Warehouse,
  definitions: readonly AggregateFeature[],
  reference: readonly FeatureRow[],
  current: readonly FeatureRow[],
): Promise<FeatureDrift[]> {
  const { columns } = await readFeatureRows(warehouse, { rows: [...reference, ...current], features: definitions });
  return definitions.flatMap(({ name }, feature) => {
    const column = columns[feature]!;
    const psi = populationStabilityIndex(column.subarray(0, reference.length), column.subarray(reference.length));
    return psi === undefined ? [] : [{ name, psi, isShifted: psi > PSI_MAX }];
  });
}

interface Found {
  readonly id: string;
  readonly country: string;
}
const KNOWN = "titleId != '' AND greatest(occurredAt, knownAt) <= {at:DateTime64(3)}";

/** Each title with the country that most of its events are of; of as many the last by name, so that the figure stays. */
async function titlesAt(warehouse: Warehouse, at: number): Promise<FeatureRow[]> {
  const found = await warehouse.query<Found>(
    `SELECT id, argMax(of, (n, of)) AS country
FROM (SELECT titleId AS id, toString(country) AS of, count() AS n FROM events WHERE ${KNOWN} GROUP BY id, of)
GROUP BY id ORDER BY cityHash64(id), id LIMIT {limit:UInt32}`,
    { params: { at: new Date(at).toISOString(), limit: TITLES_MAX } },
  );
  return found.map(({ id, country }) => ({ titleId: id, profileId: "", country, at }));
}

async function profilesAt(warehouse: Warehouse, at: number): Promise<FeatureRow[]> {
  const found = await warehouse.query<Found>(
    `SELECT profileId AS id, '' AS country FROM events WHERE ${KNOWN} AND occurredAt > {from:DateTime64(3)} GROUP BY profileId ORDER BY cityHash64(profileId), profileId LIMIT {limit:UInt32}`,
    {
      params: { at: new Date(at).toISOString(), from: new Date(at - ACTIVE_MS).toISOString(), limit: PROFILES_MAX },
    },
  );
  return found.map(({ id, country }) => ({ titleId: "", profileId: id, country, at }));
}
