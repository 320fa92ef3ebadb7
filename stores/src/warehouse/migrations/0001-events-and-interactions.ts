/**
 * Records as they come from the log → events → interactions. `event_records` keeps nothing (engine Null): its view reads
 * the record's JSON once, so that the sink sends bytes untouched (239k rows/s against 205k for JSONEachRow rows), and
 * refuses the block when a record is no event.
 */
import { BEHAVIOUR_COLUMNS, behaviourStates, STATEMENT_COLUMNS, statementStates } from "../interaction-states.ts";
import type { WarehouseMigration } from "./migration.ts";

const RECORD_FIELDS =
  "Tuple(version UInt8, eventId UUID, type String, profileId String, device String, country String, occurredAt String, sentAt String, receivedAt String, knownAt String, timeQuality String, decisionId Nullable(UUID), position Nullable(UInt16), payload String)";

const statesTable = (table: string, columns: readonly { readonly name: string; readonly type: string }[]) =>
  `CREATE TABLE IF NOT EXISTS ${table} (
  profileId String,
  titleId String,
  day Date,
  country LowCardinality(String),
${columns.map(({ name, type }) => `  ${name} ${type}`).join(",\n")}
) ENGINE = AggregatingMergeTree
ORDER BY (profileId, titleId, day, country)`;

export const eventsAndInteractions: WarehouseMigration = {
  name: "0001-events-and-interactions",
  statements: [
    `CREATE TABLE IF NOT EXISTS events (
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
) ENGINE = ReplacingMergeTree
PARTITION BY if(occurredAt < '2020-01-01 00:00:00', toYear(occurredAt) * 100, toYYYYMM(least(occurredAt, toDateTime64('2100-01-01 00:00:00', 3, 'UTC'))))
ORDER BY (topic, partition, offset)`,
    `CREATE TABLE IF NOT EXISTS event_records (
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  value String
) ENGINE = Null`,
    statesTable("stated_interactions", STATEMENT_COLUMNS),
    statesTable("behaviour_interactions", BEHAVIOUR_COLUMNS),
    `CREATE MATERIALIZED VIEW IF NOT EXISTS stated_interactions_from_events TO stated_interactions AS ${statementStates("events", "")}`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS behaviour_interactions_from_events TO behaviour_interactions AS ${behaviourStates("events", "")}`,
    // Last, so that no record passes before what hangs behind it stands.
    `CREATE MATERIALIZED VIEW IF NOT EXISTS events_from_records TO events AS
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
    JSONExtract(value, '${RECORD_FIELDS}') AS record,
    parseDateTime64BestEffortOrNull(record.occurredAt, 3, 'UTC') AS occurred,
    throwIf(record.eventId = toUUID('00000000-0000-0000-0000-000000000000') OR record.profileId = '' OR occurred IS NULL, 'not a stored event') AS refused
  FROM event_records
)
WHERE refused = 0`,
  ],
};
