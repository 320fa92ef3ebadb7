/**
 * What a viewer did with a title, as states that merge: the text that the materialised views run on each inserted block,
 * and the reader on raw events where a day has to be cut. Every state is idempotent (a maximum, a minimum, a set), so a
 * row delivered twice, late or out of order ends in the same state.
 *
 * A register (rated, watched elsewhere, watchlisted, not interested) is last-writer-wins by (occurredAt, eventId): one
 * UInt256 of `milliseconds << 160 | eventId << 32 | bits of the Float32 value`, whose maximum is the last writer. An undo
 * writes the value 0. Readable alternatives cost more on the insert: argMax or a maximum over tuples takes 300 ns a row
 * and register, this 20 ns.
 *
 * Migration 0001 contains this text: changing it means a new migration with a text of its own.
 */

/** What merges the columns of both tables behind their key (profileId, titleId, day, country). */
const FIRST_AT = { name: "firstAt", type: "SimpleAggregateFunction(min, DateTime64(3, 'UTC'))" } as const;
const LAST_AT = { name: "lastAt", type: "SimpleAggregateFunction(max, DateTime64(3, 'UTC'))" } as const;
const SYNTHETIC = { name: "synthetic", type: "SimpleAggregateFunction(max, UInt8)" } as const;

/**
 * Two tables, since few pairs have both: an imported rating that carried empty sets and maps beside its register cost
 * half the insert (a million ratings with merges: 12.9 µs of processor time a row in one table, 8.0 in two).
 */
export const STATEMENT_COLUMNS = [
  FIRST_AT,
  LAST_AT,
  { name: "rated", type: "SimpleAggregateFunction(max, UInt256)" },
  { name: "watched", type: "SimpleAggregateFunction(max, UInt256)" },
  { name: "watchlisted", type: "SimpleAggregateFunction(max, UInt256)" },
  { name: "notInterested", type: "SimpleAggregateFunction(max, UInt256)" },
  SYNTHETIC,
] as const;
export const BEHAVIOUR_COLUMNS = [
  FIRST_AT,
  LAST_AT,
  { name: "clickedAt", type: "SimpleAggregateFunction(max, DateTime64(3, 'UTC'))" },
  { name: "playedAt", type: "SimpleAggregateFunction(max, DateTime64(3, 'UTC'))" },
  { name: "durationSeconds", type: "SimpleAggregateFunction(max, Float32)" },
  { name: "watchedSecondsByPlayback", type: "SimpleAggregateFunction(maxMap, Map(String, Float32))" },
  { name: "clicks", type: "AggregateFunction(uniqExact, UUID)" },
  { name: "impressions", type: "AggregateFunction(uniqExact, UUID)" },
  SYNTHETIC,
] as const;

export const registerAtMs = (register: string) => `toInt64(bitShiftRight(${register}, 160))`;
export const registerValue = (register: string) =>
  `reinterpretAsFloat32(toUInt32(bitAnd(${register}, toUInt256(4294967295))))`;

/** `bits`: the Float32 value as UInt32. */
const lastWriter = (types: string, bits: string) =>
  `maxIf(bitOr(bitOr(bitShiftLeft(toUInt256(greatest(toUnixTimestamp64Milli(occurredAt), 0)), 160), bitShiftLeft(toUInt256(toUInt128(eventId)), 32)), toUInt256(${bits})), type IN (${types}))`;

/** 1 as Float32. */
const ONE = "toUInt32(1065353216)";

/** What people stated. */
export const statementStates = (source: string, where: string) => `SELECT
  profileId, titleId, toDate(occurredAt, 'UTC') AS day, country,
  min(occurredAt) AS firstAt,
  max(occurredAt) AS lastAt,
  ${lastWriter("'rate', 'rate_undo'", "if(type = 'rate', reinterpretAsUInt32(fields.stars), 0)")} AS rated,
  ${lastWriter("'watched', 'watched_undo'", `if(type = 'watched', if(fields.strength > 0, reinterpretAsUInt32(fields.strength), ${ONE}), 0)`)} AS watched,
  ${lastWriter("'watchlist', 'watchlist_undo'", `if(type = 'watchlist', ${ONE}, 0)`)} AS watchlisted,
  ${lastWriter("'not_interested', 'not_interested_undo'", `if(type = 'not_interested', ${ONE}, 0)`)} AS notInterested,
  max(toUInt8(timeQuality = 'synthetic')) AS synthetic
FROM (
  SELECT profileId, titleId, country, occurredAt, eventId, type, timeQuality,
    JSONExtract(payload, 'Tuple(stars Float32, strength Float32)') AS fields
  FROM ${source}
  WHERE titleId != '' AND type IN ('rate', 'rate_undo', 'watched', 'watched_undo', 'watchlist', 'watchlist_undo', 'not_interested', 'not_interested_undo')${where}
)
GROUP BY profileId, titleId, day, country`;

/** What people did. */
export const behaviourStates = (source: string, where: string) => `SELECT
  profileId, titleId, toDate(occurredAt, 'UTC') AS day, country,
  min(occurredAt) AS firstAt,
  max(occurredAt) AS lastAt,
  maxIf(occurredAt, type = 'click') AS clickedAt,
  maxIf(occurredAt, startsWith(type, 'play_')) AS playedAt,
  max(fields.durationSeconds) AS durationSeconds,
  maxMap(if(fields.playbackId = '', CAST(map(), 'Map(String, Float32)'), map(fields.playbackId, fields.watchedSeconds))) AS watchedSecondsByPlayback,
  uniqExactStateIf(eventId, type = 'click') AS clicks,
  uniqExactStateIf(eventId, type = 'impression') AS impressions,
  max(toUInt8(timeQuality = 'synthetic')) AS synthetic
FROM (
  SELECT profileId, titleId, country, occurredAt, eventId, type, timeQuality,
    JSONExtract(payload, 'Tuple(durationSeconds Float32, playbackId String, watchedSeconds Float32)') AS fields
  FROM ${source}
  WHERE titleId != '' AND type IN ('click', 'impression', 'play_start', 'play_progress', 'play_stop')${where}
)
GROUP BY profileId, titleId, day, country`;
