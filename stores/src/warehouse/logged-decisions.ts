/** Logged decisions, as they may be read. */
import type { DecisionRecord } from "@thewatcher/contracts/decisions";
import type { DecisionId } from "@thewatcher/contracts/ids";
import { parseDecision } from "./decision-rows.ts";
import type { Warehouse } from "./port.ts";

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
function decidedAt(decisionId: string): number {
  return Number.parseInt(decisionId.slice(0, 8) + decisionId.slice(9, 13), 16);
}

/** Its id says when it was made, by the clock of whoever made it: the look is into one week of the table. */
const ABOUT_MS = 3_600_000;

/** The record of a decision; undefined: there is none, none any more, or it is erased. */
export async function findDecision(
  warehouse: Pick<Warehouse, "query">,
  decisionId: DecisionId,
): Promise<DecisionRecord | undefined> {
  const at = decidedAt(decisionId);
  const [row] = await warehouse.query<{ record: string }>(
    `SELECT record FROM (${LOGGED_DECISIONS_SQL}) WHERE decisionId = {decisionId:UUID}`,
    {
      params: {
        decisionId,
        since: new Date(at - ABOUT_MS).toISOString(),
        until: new Date(at + ABOUT_MS).toISOString(),
      },
    },
  );
  return row && parseDecision(Buffer.from(row.record));
}
