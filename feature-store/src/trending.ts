/**
 * What grows in a country: this week's viewers of a title against what was to be expected of it.
 *
 *   expected(i, c) = viewers(c, this week) · viewerWeeks(i, c, four weeks before) / viewerWeeks(c, four weeks before)
 *   growth(i, c)   = (viewers(i, c, this week) + α) / (expected(i, c) + α),  α = 10
 *
 * Viewers of a title in a week are Poisson of mean λ · expected with λ ~ Gamma(α, α): growth is the posterior mean of λ
 * (Gamma–Poisson shrinkage, DuMouchel 1999). So a title that two people found has grown little (12/10), one that went from
 * 50 to 150 much (160/60), and a country that as a whole watches more makes nothing grow. A new title has nothing before
 * it and grows as it gathers viewers, which is meant.
 *
 * A viewer of a title in a week: a profile that began to play it, rated it or marked it as watched, counted once. Events
 * of synthetic times count nowhere; without four weeks before there is nothing to expect, and nothing grows. Erased
 * profiles count from their last erasure on. Of the country where it happened, and `*` for all.
 */
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 7;
const WEEKS_BEFORE = 4;
/** α: viewers of a title that neither grow nor fall, laid on both sides. */
const PRIOR_VIEWERS = 10;
/** Fewer than five viewers are a household. */
const VIEWERS_MIN = 5;
/** A tenth more than expected happens every other week to a title of a hundred viewers. */
const GROWTH_MIN = 1.1;
/** Titles of a country: three rows' worth, some of which a profile has watched. */
const TITLES_MAX = 60;

export interface TrendingTitle {
  /** ISO code, or `*`. */
  readonly country: string;
  readonly titleId: string;
  readonly viewers: number;
  readonly expected: number;
  readonly growth: number;
}

/** Both sides by (place, title); `ERASED` as in INTERACTIONS_AT_SQL. */
const SQL = `WITH
  erased AS (SELECT profileId, max(occurredAt) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId),
  counted AS (
    SELECT place, titleId, toFloat64(countIf(week = 0)) AS viewers, toFloat64(countIf(week > 0)) AS viewerWeeks
    FROM (
      SELECT DISTINCT e.profileId AS profileId, e.titleId AS titleId,
        arrayJoin([toString(e.country), '*']) AS place,
        intDiv(toUnixTimestamp64Milli({asOf:DateTime64(3)}) - toUnixTimestamp64Milli(e.occurredAt), {weekMs:Int64}) AS week
      FROM events AS e LEFT JOIN erased ON e.profileId = erased.profileId
      WHERE e.type IN ('play_start', 'rate', 'watched') AND e.timeQuality = 'observed' AND e.titleId != ''
        AND e.occurredAt > {from:DateTime64(3)} AND e.occurredAt <= {asOf:DateTime64(3)}
        AND e.occurredAt > erased.erasedAt
    )
    GROUP BY place, titleId
  )
SELECT place AS country, titleId, viewers, expected, (viewers + {prior:Float64}) / (expected + {prior:Float64}) AS growth
FROM (
  SELECT place, titleId, viewers,
    viewerWeeks * (sum(viewers) OVER (PARTITION BY place)) / (sum(viewerWeeks) OVER (PARTITION BY place)) AS expected
  FROM counted
)
WHERE isFinite(expected) AND viewers >= {viewersMin:Float64} AND growth >= {growthMin:Float64}
ORDER BY country, growth DESC, titleId
LIMIT {titlesMax:UInt32} BY country`;

/** By country, the most grown first. */
export async function readTrending(
  warehouse: Warehouse,
  { asOf }: { readonly asOf: number },
): Promise<readonly TrendingTitle[]> {
  return await warehouse.query<TrendingTitle>(SQL, {
    params: {
      asOf: new Date(asOf).toISOString(),
      from: new Date(asOf - (1 + WEEKS_BEFORE) * WINDOW_DAYS * DAY_MS).toISOString(),
      weekMs: WINDOW_DAYS * DAY_MS,
      prior: PRIOR_VIEWERS,
      viewersMin: VIEWERS_MIN,
      growthMin: GROWTH_MIN,
      titlesMax: TITLES_MAX,
    },
  });
}
