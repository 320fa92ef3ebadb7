/**
 * Interactions as models may learn of them, for `FROM (…)` with the parameter `{asOf:DateTime64(3)}`: INTERACTIONS_AT_SQL
 * (its columns, `clicks` 0 or 1) without the profiles that wanted no profiling at that instant, and without what was to
 * be forgotten by then.
 *
 * A forgotten title counts by what came since: each register by its own time, and playbacks from their raw events, as
 * `rememberedTitle` does in the live state. Both switches are last-writer-wins by (occurredAt, eventId), and both are
 * as of the instant: a set of before keeps what was forgotten later.
 */
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";

const SAID = "topic = 'taste' AND occurredAt <= {asOf:DateTime64(3)}";
const UNPROFILED = `SELECT profileId FROM events WHERE ${SAID} AND type IN ('no_profiling', 'no_profiling_undo')
  GROUP BY profileId HAVING argMax(type, (occurredAt, eventId)) = 'no_profiling'`;
const FORGOTTEN = `SELECT profileId, titleId, max(occurredAt) AS forgottenAt FROM events WHERE ${SAID} AND type IN ('forget', 'forget_undo')
  GROUP BY profileId, titleId HAVING argMax(type, (occurredAt, eventId)) = 'forget'`;

/** Seconds that were watched since, of the pairs above alone. */
const SINCE = `SELECT profileId, titleId, forgottenAt, sum(seconds) AS secondsSince
FROM (
  SELECT forgotten.profileId AS profileId, forgotten.titleId AS titleId, any(forgotten.forgottenAt) AS forgottenAt,
    JSONExtractString(event.payload, 'playbackId') AS playbackId,
    maxIf(JSONExtractFloat(event.payload, 'watchedSeconds'), event.occurredAt > forgotten.forgottenAt) AS seconds
  FROM (${FORGOTTEN}) AS forgotten
  LEFT JOIN (
    SELECT profileId, titleId, occurredAt, payload FROM events
    WHERE topic = 'behaviour' AND type IN ('play_progress', 'play_stop') AND occurredAt <= {asOf:DateTime64(3)}
      AND (profileId, titleId) IN (SELECT profileId, titleId FROM (${FORGOTTEN}))
  ) AS event ON event.profileId = forgotten.profileId AND event.titleId = forgotten.titleId
  GROUP BY profileId, titleId, playbackId
)
GROUP BY profileId, titleId, forgottenAt`;

const AT_MS = "toUnixTimestamp64Milli(since.forgottenAt)";
/** Whether something of that time still counts. */
const counts = (ms: string) => `(${AT_MS} = 0 OR ${ms} > ${AT_MS})`;
const msOf = (instant: string) => `toUnixTimestamp64Milli(facts.${instant})`;

export const REMEMBERED_AT_SQL = `SELECT facts.* REPLACE (
  toUInt32(${msOf("clickedAt")} > ${AT_MS}) AS clicks,
  if(${counts(msOf("playedAt"))}, facts.plays, 0) AS plays,
  if(${AT_MS} = 0, facts.watchedSeconds, least(facts.watchedSeconds, since.secondsSince)) AS watchedSeconds,
  if(${counts("facts.ratedAtMs")}, facts.stars, 0) AS stars,
  if(${counts("facts.watchedAtMs")}, facts.strength, 0) AS strength,
  facts.isWatchlisted AND ${counts("facts.watchlistedAtMs")} AS isWatchlisted
)
FROM (${INTERACTIONS_AT_SQL}) AS facts
LEFT JOIN (${SINCE}) AS since ON since.profileId = facts.profileId AND since.titleId = facts.titleId
WHERE facts.profileId NOT IN (${UNPROFILED})`;
