/**
 * The ranker's rows out of the warehouse: what logged decisions showed, with what the viewer then did, joined by
 * `decisionId` and title.
 *
 * A card that the app reported as seen is a row; where an app reports none (nobody's impressions of a page arrived, but a
 * click did), every card of the page is. A page of which nothing is known was not looked at and teaches nothing. What
 * came of a card is graded as feature-store/src/signal.ts grades it, of this page alone: opened 0.2, played 0.2 to 1 by how
 * much of it. Rows that show the viewer's own (what was begun) rank nothing and are left out, as are pages without
 * features. The newest `RANKER_DECISIONS_MAX` decisions; erased profiles from their last erasure on.
 */

import { RowBinaryReader } from "@thewatcher/feature-store/row-binary";
import { GRADE_SQL } from "@thewatcher/feature-store/signal";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { type RankerRow, type RankerRows, rankerRowsOf } from "./rows.ts";

/** Some 50 cards are seen of a page: a million rows, 200 MB, and half a minute of training. */
export const RANKER_DECISIONS_MAX = 20_000;
const READ_SECONDS_MAX = 300;
/** The feature by which serving orders without a ranker (feature-store/src/ranking-features.ts). */
const BLENDED = "blendedScore";

const AS_OF = "{asOf:DateTime64(3)}";
/** 30 days are kept; a click of the next morning is still the page's. */
const KEPT_DAYS = 31;

const SQL = `WITH
  erased AS (SELECT profileId, max(occurredAt) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId),
  shown AS (
    SELECT toString(items.decisionId) AS decisionId, items.titleId AS titleId,
      any(items.occurredAt) AS at, any(items.rowPlace) AS rowPlace, any(toUInt16(items.position)) AS position,
      any(toString(items.rowKind)) AS rowKind, any(items.features) AS features
    FROM decision_items AS items LEFT JOIN erased ON items.profileId = erased.profileId
    WHERE items.shown = 1 AND items.rowKind NOT IN ('continue_watching', 'next_episode') AND notEmpty(items.features)
      AND items.occurredAt > ${AS_OF} - INTERVAL ${KEPT_DAYS} DAY AND items.occurredAt <= ${AS_OF}
      AND items.occurredAt > erased.erasedAt
    GROUP BY decisionId, titleId
  ),
  done AS (
    SELECT toString(assumeNotNull(decisionId)) AS decisionId, titleId,
      toUInt8(countIf(type = 'impression') > 0) AS isSeen,
      toUInt32(countIf(type = 'click')) AS clicks,
      toUInt32(countIf(type IN ('play_start', 'play_progress', 'play_stop'))) AS plays,
      max(JSONExtractFloat(payload, 'watchedSeconds')) AS watchedSeconds,
      max(JSONExtractFloat(payload, 'durationSeconds')) AS durationSeconds,
      0 AS stars, 0 AS strength, false AS isWatchlisted
    FROM events
    WHERE decisionId IS NOT NULL AND type IN ('impression', 'click', 'play_start', 'play_progress', 'play_stop')
      AND occurredAt > ${AS_OF} - INTERVAL ${KEPT_DAYS} DAY AND occurredAt <= ${AS_OF}
    GROUP BY decisionId, titleId
  ),
  graded AS (SELECT decisionId, titleId, isSeen, toFloat32(${GRADE_SQL}) AS grade FROM done),
  names AS (SELECT toString(decisionId) AS decisionId, any(featureNames) AS featureNames FROM decisions GROUP BY decisionId)
SELECT pages.decisionId AS decisionId, pages.at AS at, names.featureNames AS featureNames,
  arrayMap(card -> card.2, seen) AS positions,
  arrayMap(card -> card.3, seen) AS rowKinds,
  arrayMap(card -> card.5, seen) AS labels,
  arrayFlatten(arrayMap(card -> card.6, seen)) AS features
FROM (
  SELECT decisionId, at, arrayFilter(card -> isReported = 0 OR card.4 = 1 OR card.5 > 0, cards) AS seen
  FROM (
    SELECT shown.decisionId AS decisionId, toInt64(toUnixTimestamp64Milli(any(shown.at))) AS at,
      arraySort(groupArray((rowPlace, position, rowKind, isSeen, grade, features))) AS cards,
      max(isSeen) AS isReported, max(grade) AS best
    FROM shown LEFT JOIN graded ON shown.decisionId = graded.decisionId AND shown.titleId = graded.titleId
    GROUP BY decisionId
  )
  WHERE isReported = 1 OR best > 0
  ORDER BY at DESC, decisionId
  LIMIT {decisionsMax:UInt32}
) AS pages INNER JOIN names ON pages.decisionId = names.decisionId
ORDER BY at DESC, decisionId
FORMAT RowBinary`;

interface ReadDecision {
  readonly decisionId: string;
  readonly at: number;
  readonly names: readonly string[];
  readonly positions: Uint16Array;
  readonly rowKinds: readonly string[];
  readonly labels: Float32Array;
  readonly features: Float32Array;
}

export async function readRankerRows(
  warehouse: Warehouse,
  { asOf, decisionsMax = RANKER_DECISIONS_MAX }: { readonly asOf: number; readonly decisionsMax?: number },
): Promise<RankerRows> {
  const reader = new RowBinaryReader(
    warehouse.stream(SQL, {
      params: { asOf: new Date(asOf).toISOString(), decisionsMax },
      maxExecutionSeconds: READ_SECONDS_MAX,
    }),
  );
  const texts = async (): Promise<string[]> => {
    const read: string[] = [];
    for (let left = await reader.length(); left > 0; left--) read.push(await reader.text());
    return read;
  };
  const decisions: ReadDecision[] = [];
  while (!(await reader.atEnd())) {
    const decisionId = await reader.text();
    const at = Number(new DataView(Uint8Array.from(await reader.take(8)).buffer).getBigInt64(0, true));
    decisions.push({
      decisionId,
      at,
      names: await texts(),
      positions: new Uint16Array(await reader.array(2)),
      rowKinds: await texts(),
      labels: new Float32Array(await reader.array(4)),
      features: new Float32Array(await reader.array(4)),
    });
  }
  // The newest decision's features: what serving has now. Older ones lack what was added since.
  return rankerRowsOf(decisions[0]?.names ?? [], rowsOf(decisions));
}

function* rowsOf(decisions: readonly ReadDecision[]): Generator<RankerRow> {
  const wanted = decisions[0]?.names ?? [];
  const blended = wanted.indexOf(BLENDED);
  for (const { decisionId, at, names, positions, rowKinds, labels, features } of decisions) {
    const isSame = names.length === wanted.length && names.every((name, column) => name === wanted[column]);
    const columns = isSame ? undefined : wanted.map((name) => names.indexOf(name));
    for (const [place, position] of positions.entries()) {
      const own = features.subarray(place * names.length, (place + 1) * names.length);
      const values = columns ? Float32Array.from(columns, (column) => own[column] ?? Number.NaN) : own;
      const blendedScore = values[blended] ?? Number.NaN;
      yield {
        decisionId,
        at,
        features: values,
        position,
        rowKind: rowKinds[place]!,
        blendedScore: Number.isNaN(blendedScore) ? 0 : blendedScore,
        label: labels[place]!,
      };
    }
  }
}
