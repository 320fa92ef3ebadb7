/**
 * Interactions as they stood at an instant, exactly, for `FROM (…)`: one row for each (profileId, titleId) that was
 * touched, with the parameter `{asOf:DateTime64(3)}`.
 *
 * Days before `asOf`'s come from the states of `stated_interactions` and `behaviour_interactions`; `asOf`'s own day from its raw events, by the same text
 * that the views run. An erasure removes what its profile did up to it, whatever `asOf` is: such profiles are computed
 * from raw events behind their last erasure. Nothing here needs FINAL: every state is idempotent.
 */
import {
  BEHAVIOUR_COLUMNS,
  behaviourStates,
  registerAtMs,
  registerValue,
  STATEMENT_COLUMNS,
  statementStates,
} from "./interaction-states.ts";

const KEY = ["profileId", "titleId", "day", "country"] as const;

type ColumnName = (typeof STATEMENT_COLUMNS)[number]["name"] | (typeof BEHAVIOUR_COLUMNS)[number]["name"];

/** Every column, with its empty state for the half that lacks it. */
const EMPTY: { readonly [Name in ColumnName]: string } = {
  firstAt: "toDateTime64(0, 3, 'UTC')",
  lastAt: "toDateTime64(0, 3, 'UTC')",
  clickedAt: "toDateTime64(0, 3, 'UTC')",
  playedAt: "toDateTime64(0, 3, 'UTC')",
  rated: "toUInt256(0)",
  watched: "toUInt256(0)",
  watchlisted: "toUInt256(0)",
  notInterested: "toUInt256(0)",
  durationSeconds: "toFloat32(0)",
  watchedSecondsByPlayback: "CAST(map(), 'Map(String, Float32)')",
  clicks: "arrayReduce('uniqExactState', CAST([], 'Array(UUID)'))",
  impressions: "arrayReduce('uniqExactState', CAST([], 'Array(UUID)'))",
  synthetic: "toUInt8(0)",
};

/** The key and every column, out of what has only those of one half. */
function widened(columns: readonly { readonly name: ColumnName }[], from: string): string {
  const names = new Set(columns.map(({ name }) => name));
  const list = Object.entries(EMPTY).map(([name, empty]) =>
    names.has(name as ColumnName) ? name : `${empty} AS ${name}`,
  );
  return `SELECT ${[...KEY, ...list].join(", ")} FROM ${from}`;
}

const ERASED =
  "SELECT profileId, max(occurredAt) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId";
const ERASED_PROFILES = `SELECT profileId FROM (${ERASED})`;
const AS_OF = "{asOf:DateTime64(3)}";

/** Events of `asOf`'s own day, of profiles never erased. */
const PARTIAL_DAY = ` AND occurredAt >= toStartOfDay(${AS_OF}) AND occurredAt <= ${AS_OF} AND profileId NOT IN (${ERASED_PROFILES})`;
/** What profiles did since their last erasure. */
const SINCE_ERASURE = `(SELECT e.* FROM events AS e INNER JOIN (${ERASED}) AS erasure ON e.profileId = erasure.profileId WHERE e.profileId IN (${ERASED_PROFILES}) AND e.occurredAt > erasure.erasedAt AND e.occurredAt <= ${AS_OF})`;

const WHOLE_DAYS = ` WHERE day < toDate(${AS_OF}) AND profileId NOT IN (${ERASED_PROFILES})`;

const STATES = [
  widened(STATEMENT_COLUMNS, `stated_interactions${WHOLE_DAYS}`),
  widened(BEHAVIOUR_COLUMNS, `behaviour_interactions${WHOLE_DAYS}`),
  widened(STATEMENT_COLUMNS, `(${statementStates("events", PARTIAL_DAY)})`),
  widened(BEHAVIOUR_COLUMNS, `(${behaviourStates("events", PARTIAL_DAY)})`),
  widened(STATEMENT_COLUMNS, `(${statementStates(SINCE_ERASURE, "")})`),
  widened(BEHAVIOUR_COLUMNS, `(${behaviourStates(SINCE_ERASURE, "")})`),
].join("\nUNION ALL\n");

/**
 * Columns: profileId, titleId, country (of the last touch), firstAt, lastAt, clickedAt, playedAt (epoch 0: never),
 * stars, ratedAtMs, strength, watchedAtMs, isWatchlisted, watchlistedAtMs, isNotInterested, durationSeconds, plays,
 * watchedSeconds, clicks, impressions, synthetic. A register that was undone has the value 0 and the time of the undo.
 */
export const INTERACTIONS_AT_SQL = `SELECT
  profileId, titleId, lastCountry AS country, firstAt, lastAt, clickedAt, playedAt,
  ${registerValue("ratedRegister")} AS stars, ${registerAtMs("ratedRegister")} AS ratedAtMs,
  ${registerValue("watchedRegister")} AS strength, ${registerAtMs("watchedRegister")} AS watchedAtMs,
  ${registerValue("watchlistedRegister")} > 0 AS isWatchlisted, ${registerAtMs("watchlistedRegister")} AS watchlistedAtMs,
  ${registerValue("notInterestedRegister")} > 0 AS isNotInterested,
  durationSeconds,
  toUInt32(length(playbacks)) AS plays,
  arraySum(arraySort(arrayMap(seconds -> toFloat64(seconds), mapValues(playbacks)))) AS watchedSeconds,
  clickCount AS clicks, impressionCount AS impressions, synthetic
FROM (
  SELECT profileId, titleId,
    argMax(country, toUnixTimestamp64Milli(states.lastAt) * 65536 + reinterpretAsUInt16(toString(country))) AS lastCountry,
    min(states.firstAt) AS firstAt, max(states.lastAt) AS lastAt, max(states.clickedAt) AS clickedAt, max(states.playedAt) AS playedAt,
    max(rated) AS ratedRegister, max(watched) AS watchedRegister, max(watchlisted) AS watchlistedRegister, max(notInterested) AS notInterestedRegister,
    max(states.durationSeconds) AS durationSeconds,
    maxMap(watchedSecondsByPlayback) AS playbacks,
    toUInt32(uniqExactMerge(states.clicks)) AS clickCount, toUInt32(uniqExactMerge(states.impressions)) AS impressionCount,
    max(states.synthetic) AS synthetic
  FROM (${STATES}) AS states
  GROUP BY profileId, titleId
)`;
