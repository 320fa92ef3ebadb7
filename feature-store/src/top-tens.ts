/**
 * What profiles saw first, of logged decisions: whether pages become one page is told by how these differ.
 *
 * A profile's top ten are the first ten titles of its newest page, row after row, without what it began itself and without
 * charts, which say the same to everybody by design.
 */
import { LOGGED_DECISIONS_SQL } from "@thewatcher/stores/warehouse/logged-decisions";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

export const TOP_TITLES = 10;
/** Chosen by a hash of the profile: the same ones from look to look. 2,000 lists of ten titles are 400 KB. */
export const TOP_TENS_PROFILES_MAX = 2_000;
const LEFT_OUT_ROWS = ["continue_watching", "top_in_country"] as const;

const SQL = `SELECT profileId, arrayMap(place -> place.3, arraySlice(arraySort(groupUniqArray((rowPlace, position, titleId))), 1, ${TOP_TITLES})) AS titleIds
FROM decision_items
WHERE shown = 1 AND rowKind NOT IN (${LEFT_OUT_ROWS.map((kind) => `'${kind}'`).join(", ")})
  AND occurredAt >= {since:DateTime64(3)} AND occurredAt <= {until:DateTime64(3)}
  AND decisionId IN (
    SELECT argMax(decisionId, (occurredAt, decisionId)) FROM (${LOGGED_DECISIONS_SQL})
    WHERE kind = 'home' AND profileId != ''
    GROUP BY profileId ORDER BY cityHash64(profileId), profileId LIMIT {limit:UInt32})
GROUP BY profileId
HAVING length(titleIds) = ${TOP_TITLES}
ORDER BY profileId`;

/** Of pages from `since` to `until`, in milliseconds, both included; a profile with fewer than ten titles is left out. */
export async function readTopTens(
  warehouse: Pick<Warehouse, "query">,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<readonly (readonly string[])[]> {
  const rows = await warehouse.query<{ titleIds: readonly string[] }>(SQL, {
    params: {
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      limit: TOP_TENS_PROFILES_MAX,
    },
  });
  return rows.map(({ titleIds }) => titleIds);
}
