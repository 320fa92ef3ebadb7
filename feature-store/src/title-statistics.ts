/** What is known of each title in each country, at an instant: for popularity and for people who look at it. */
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

export interface TitleStatistics {
  readonly titleId: string;
  /** Of each viewer's last touch of the title. */
  readonly country: string;
  readonly plays: number;
  /** Profiles that played it. */
  readonly viewers: number;
  readonly clicks: number;
  readonly impressions: number;
  /** Ratings that stand: one a profile, undone ones left out. */
  readonly ratingCount: number;
  readonly starsSum: number;
  readonly watchlisted: number;
}

/** In the order of titleId, country. Erased profiles are in none of the numbers. */
export async function readTitleStatistics(
  warehouse: Warehouse,
  request: { readonly asOf: number },
): Promise<readonly TitleStatistics[]> {
  return await warehouse.query<TitleStatistics>(
    `SELECT titleId, country,
  toFloat64(sum(rows.plays)) AS plays, toFloat64(countIf(rows.plays > 0)) AS viewers,
  toFloat64(sum(rows.clicks)) AS clicks, toFloat64(sum(rows.impressions)) AS impressions,
  toFloat64(countIf(stars > 0)) AS ratingCount, sum(toFloat64(stars)) AS starsSum,
  toFloat64(countIf(isWatchlisted)) AS watchlisted
FROM (${INTERACTIONS_AT_SQL}) AS rows
GROUP BY titleId, country
ORDER BY titleId, country`,
    { params: { asOf: new Date(request.asOf).toISOString() } },
  );
}
