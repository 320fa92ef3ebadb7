-- The warehouse's tables and views on a cluster named 'cinema', as `?cluster=cinema` makes them.
-- Made from the same definitions as the single node's (schema.ts). Parsed by the ClickHouse engine in a test;
-- executed nowhere there: that takes several servers and a keeper. `npx vitest run stores/src/warehouse/schema -u` writes it.

CREATE TABLE IF NOT EXISTS events_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  version UInt8,
  eventId UUID,
  type LowCardinality(String),
  profileId String,
  titleId String,
  device LowCardinality(String),
  country LowCardinality(String),
  occurredAt DateTime64(3, 'UTC'),
  sentAt DateTime64(3, 'UTC'),
  receivedAt DateTime64(3, 'UTC'),
  knownAt DateTime64(3, 'UTC'),
  timeQuality LowCardinality(String),
  decisionId Nullable(UUID),
  position Nullable(UInt16),
  payload String
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY if(occurredAt < '2020-01-01 00:00:00', toYear(occurredAt) * 100, toYYYYMM(least(occurredAt, toDateTime64('2100-01-01 00:00:00', 3, 'UTC'))))
ORDER BY (topic, partition, offset);

CREATE TABLE IF NOT EXISTS events ON CLUSTER 'cinema' AS events_local
ENGINE = Distributed('cinema', currentDatabase(), 'events_local', cityHash64(profileId));

CREATE TABLE IF NOT EXISTS event_records_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  value String
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS event_records ON CLUSTER 'cinema' AS event_records_local
ENGINE = Distributed('cinema', currentDatabase(), 'event_records_local', cityHash64(JSONExtractString(value, 'profileId')));

CREATE TABLE IF NOT EXISTS stated_interactions_local ON CLUSTER 'cinema' (
  profileId String,
  titleId String,
  day Date,
  country LowCardinality(String),
  firstAt SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  lastAt SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  rated SimpleAggregateFunction(max, UInt256),
  watched SimpleAggregateFunction(max, UInt256),
  watchlisted SimpleAggregateFunction(max, UInt256),
  notInterested SimpleAggregateFunction(max, UInt256),
  synthetic SimpleAggregateFunction(max, UInt8)
) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (profileId, titleId, day, country);

CREATE TABLE IF NOT EXISTS stated_interactions ON CLUSTER 'cinema' AS stated_interactions_local
ENGINE = Distributed('cinema', currentDatabase(), 'stated_interactions_local', cityHash64(profileId));

CREATE TABLE IF NOT EXISTS behaviour_interactions_local ON CLUSTER 'cinema' (
  profileId String,
  titleId String,
  day Date,
  country LowCardinality(String),
  firstAt SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  lastAt SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  clickedAt SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  playedAt SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  durationSeconds SimpleAggregateFunction(max, Float32),
  watchedSecondsByPlayback SimpleAggregateFunction(maxMap, Map(String, Float32)),
  clicks AggregateFunction(uniqExact, UUID),
  impressions AggregateFunction(uniqExact, UUID),
  synthetic SimpleAggregateFunction(max, UInt8)
) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (profileId, titleId, day, country);

CREATE TABLE IF NOT EXISTS behaviour_interactions ON CLUSTER 'cinema' AS behaviour_interactions_local
ENGINE = Distributed('cinema', currentDatabase(), 'behaviour_interactions_local', cityHash64(profileId));

CREATE MATERIALIZED VIEW IF NOT EXISTS stated_interactions_from_events_local ON CLUSTER 'cinema' TO stated_interactions_local AS SELECT
  profileId, titleId, toDate(occurredAt, 'UTC') AS day, country,
  min(occurredAt) AS firstAt,
  max(occurredAt) AS lastAt,
  maxIf(bitOr(bitOr(bitShiftLeft(toUInt256(greatest(toUnixTimestamp64Milli(occurredAt), 0)), 160), bitShiftLeft(toUInt256(toUInt128(eventId)), 32)), toUInt256(if(type = 'rate', reinterpretAsUInt32(fields.stars), 0))), type IN ('rate', 'rate_undo')) AS rated,
  maxIf(bitOr(bitOr(bitShiftLeft(toUInt256(greatest(toUnixTimestamp64Milli(occurredAt), 0)), 160), bitShiftLeft(toUInt256(toUInt128(eventId)), 32)), toUInt256(if(type = 'watched', if(fields.strength > 0, reinterpretAsUInt32(fields.strength), toUInt32(1065353216)), 0))), type IN ('watched', 'watched_undo')) AS watched,
  maxIf(bitOr(bitOr(bitShiftLeft(toUInt256(greatest(toUnixTimestamp64Milli(occurredAt), 0)), 160), bitShiftLeft(toUInt256(toUInt128(eventId)), 32)), toUInt256(if(type = 'watchlist', toUInt32(1065353216), 0))), type IN ('watchlist', 'watchlist_undo')) AS watchlisted,
  maxIf(bitOr(bitOr(bitShiftLeft(toUInt256(greatest(toUnixTimestamp64Milli(occurredAt), 0)), 160), bitShiftLeft(toUInt256(toUInt128(eventId)), 32)), toUInt256(if(type = 'not_interested', toUInt32(1065353216), 0))), type IN ('not_interested', 'not_interested_undo')) AS notInterested,
  max(toUInt8(timeQuality = 'synthetic')) AS synthetic
FROM (
  SELECT profileId, titleId, country, occurredAt, eventId, type, timeQuality,
    JSONExtract(payload, 'Tuple(stars Float32, strength Float32)') AS fields
  FROM events_local
  WHERE titleId != '' AND type IN ('rate', 'rate_undo', 'watched', 'watched_undo', 'watchlist', 'watchlist_undo', 'not_interested', 'not_interested_undo')
)
GROUP BY profileId, titleId, day, country;

CREATE MATERIALIZED VIEW IF NOT EXISTS behaviour_interactions_from_events_local ON CLUSTER 'cinema' TO behaviour_interactions_local AS SELECT
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
  FROM events_local
  WHERE titleId != '' AND type IN ('click', 'impression', 'play_start', 'play_progress', 'play_stop')
)
GROUP BY profileId, titleId, day, country;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_from_records_local ON CLUSTER 'cinema' TO events_local AS
SELECT
  topic, partition, offset,
  record.version AS version,
  record.eventId AS eventId,
  record.type AS type,
  record.profileId AS profileId,
  JSONExtractString(record.payload, 'titleId') AS titleId,
  record.device AS device,
  record.country AS country,
  assumeNotNull(occurred) AS occurredAt,
  parseDateTime64BestEffortOrZero(record.sentAt, 3, 'UTC') AS sentAt,
  parseDateTime64BestEffortOrZero(record.receivedAt, 3, 'UTC') AS receivedAt,
  parseDateTime64BestEffortOrZero(record.knownAt, 3, 'UTC') AS knownAt,
  record.timeQuality AS timeQuality,
  record.decisionId AS decisionId,
  record.position AS position,
  record.payload AS payload
FROM (
  SELECT topic, partition, offset,
    JSONExtract(value, 'Tuple(version UInt8, eventId UUID, type String, profileId String, device String, country String, occurredAt String, sentAt String, receivedAt String, knownAt String, timeQuality String, decisionId Nullable(UUID), position Nullable(UInt16), payload String)') AS record,
    parseDateTime64BestEffortOrNull(record.occurredAt, 3, 'UTC') AS occurred,
    throwIf(record.eventId = toUUID('00000000-0000-0000-0000-000000000000') OR record.profileId = '' OR occurred IS NULL, 'not a stored event') AS refused
  FROM event_records_local
)
WHERE refused = 0;

CREATE TABLE IF NOT EXISTS log_positions_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  nextOffset SimpleAggregateFunction(max, UInt64)
) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (topic, partition);

CREATE TABLE IF NOT EXISTS log_positions ON CLUSTER 'cinema' AS log_positions_local
ENGINE = Distributed('cinema', currentDatabase(), 'log_positions_local', cityHash64(topic, partition));

CREATE TABLE IF NOT EXISTS decisions_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  decisionId UUID,
  profileId String,
  occurredAt DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  generation LowCardinality(String),
  ranker LowCardinality(String),
  country LowCardinality(String),
  device LowCardinality(String),
  featureNames Array(LowCardinality(String)),
  shownCount UInt16,
  sampledCount UInt16,
  degradations Array(LowCardinality(String)),
  cut Array(LowCardinality(String)),
  record String CODEC(ZSTD(1))
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(occurredAt)
ORDER BY (topic, partition, offset)
TTL toDateTime(occurredAt, 'UTC') + INTERVAL 30 DAY;

CREATE TABLE IF NOT EXISTS decisions ON CLUSTER 'cinema' AS decisions_local
ENGINE = Distributed('cinema', currentDatabase(), 'decisions_local', cityHash64(if(profileId = '', toString(decisionId), profileId)));

CREATE TABLE IF NOT EXISTS decision_items_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  place UInt16,
  decisionId UUID,
  profileId String,
  occurredAt DateTime64(3, 'UTC'),
  shown UInt8,
  titleId String,
  rowId LowCardinality(String),
  rowKind LowCardinality(String),
  rowPlace UInt16,
  position UInt16,
  source LowCardinality(String),
  score Float64,
  propensity Nullable(Float64),
  features Array(Float32)
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(occurredAt)
ORDER BY (topic, partition, offset, place)
TTL toDateTime(occurredAt, 'UTC') + INTERVAL 30 DAY;

CREATE TABLE IF NOT EXISTS decision_items ON CLUSTER 'cinema' AS decision_items_local
ENGINE = Distributed('cinema', currentDatabase(), 'decision_items_local', cityHash64(if(profileId = '', toString(decisionId), profileId)));

CREATE TABLE IF NOT EXISTS decision_item_records_local ON CLUSTER 'cinema' (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  place UInt16,
  decisionId UUID,
  profileId String,
  occurredAt DateTime64(3, 'UTC'),
  shown UInt8,
  titleId String,
  rowId LowCardinality(String),
  rowKind LowCardinality(String),
  rowPlace UInt16,
  position UInt16,
  source LowCardinality(String),
  score Float64,
  propensity Nullable(Float64),
  features String
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS decision_item_records ON CLUSTER 'cinema' AS decision_item_records_local
ENGINE = Distributed('cinema', currentDatabase(), 'decision_item_records_local', cityHash64(if(profileId = '', toString(decisionId), profileId)));

CREATE MATERIALIZED VIEW IF NOT EXISTS decision_items_from_records_local ON CLUSTER 'cinema' TO decision_items_local AS
SELECT topic, partition, offset, place, decisionId, profileId, occurredAt, shown, titleId, rowId, rowKind, rowPlace, position, source, score, propensity, reinterpret(base64Decode(records.features), 'Array(Float32)') AS features
FROM decision_item_records_local AS records;
