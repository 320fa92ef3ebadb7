/**
 * What of the logged decisions may be read, for `FROM (…)`: each decision once, however often its record was delivered, and
 * none that an erasure covers. With the parameters `{since:DateTime64(3)}` and `{until:DateTime64(3)}`, both included.
 */
export const LOGGED_DECISIONS_SQL = `SELECT logged.* EXCEPT (topic, partition, offset)
FROM decisions AS logged
LEFT JOIN (
  SELECT profileId, max(occurredAt) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId
) AS erasure ON logged.profileId = erasure.profileId
WHERE logged.occurredAt >= {since:DateTime64(3)} AND logged.occurredAt <= {until:DateTime64(3)} AND logged.occurredAt > erasure.erasedAt
LIMIT 1 BY logged.decisionId`;

/** When a decision was made, by its id: a UUIDv7 begins with its milliseconds. */
export function decidedAt(decisionId: string): number {
  return Number.parseInt(decisionId.slice(0, 8) + decisionId.slice(9, 13), 16);
}
