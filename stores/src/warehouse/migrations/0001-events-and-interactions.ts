/**
 * Records as they come from the log → events → interactions. `event_records` keeps nothing (engine Null): its view reads
 * the record's JSON once, so that the sink sends bytes untouched (239k rows/s against 205k for JSONEachRow rows), and
 * refuses the block when a record is no event.
 */
import { BEHAVIOUR_COLUMNS, behaviourStates, STATEMENT_COLUMNS, statementStates } from "../interaction-states.ts";
import type { TableDefinition } from "../schema.ts";
import type { WarehouseMigration } from "./migration.ts";

const RECORD_FIELDS =
  "Tuple(version UInt8, eventId UUID, type String, profileId String, device String, country String, occurredAt String, sentAt String, receivedAt String, knownAt String, timeQuality String, decisionId Nullable(UUID), position Nullable(UInt16), payload String)";

const BY_PROFILE = "cityHash64(profileId)";

const statesTable = (
  name: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): TableDefinition => ({
  kind: "table",
  name,
  columns: [
    { name: "profileId", type: "String" },
    { name: "titleId", type: "String" },
    { name: "day", type: "Date" },
    { name: "country", type: "LowCardinality(String)" },
    ...columns,
  ],
  engine: "AggregatingMergeTree",
  orderBy: "(profileId, titleId, day, country)",
  shardBy: BY_PROFILE,
});

const PLACE = [
  { name: "topic", type: "LowCardinality(String)" },
  { name: "partition", type: "UInt16" },
  { name: "offset", type: "UInt64" },
] as const;

export const eventsAndInteractions: WarehouseMigration = {
  name: "0001-events-and-interactions",
  parts: [
    {
      kind: "table",
      name: "events",
      columns: [
        ...PLACE,
        { name: "version", type: "UInt8" },
        { name: "eventId", type: "UUID" },
        { name: "type", type: "LowCardinality(String)" },
        { name: "profileId", type: "String" },
        { name: "titleId", type: "String" },
        { name: "device", type: "LowCardinality(String)" },
        { name: "country", type: "LowCardinality(String)" },
        { name: "occurredAt", type: "DateTime64(3, 'UTC')" },
        { name: "sentAt", type: "DateTime64(3, 'UTC')" },
        { name: "receivedAt", type: "DateTime64(3, 'UTC')" },
        { name: "knownAt", type: "DateTime64(3, 'UTC')" },
        { name: "timeQuality", type: "LowCardinality(String)" },
        { name: "decisionId", type: "Nullable(UUID)" },
        { name: "position", type: "Nullable(UInt16)" },
        { name: "payload", type: "String" },
      ],
      engine: "ReplacingMergeTree",
      partitionBy:
        "if(occurredAt < '2020-01-01 00:00:00', toYear(occurredAt) * 100, toYYYYMM(least(occurredAt, toDateTime64('2100-01-01 00:00:00', 3, 'UTC'))))",
      orderBy: "(topic, partition, offset)",
      shardBy: BY_PROFILE,
    },
    {
      kind: "table",
      name: "event_records",
      columns: [...PLACE, { name: "value", type: "String" }],
      engine: "Null",
      // The same as of `events`, out of the record itself: a copy is the same bytes.
      shardBy: "cityHash64(JSONExtractString(value, 'profileId'))",
    },
    statesTable("stated_interactions", STATEMENT_COLUMNS),
    statesTable("behaviour_interactions", BEHAVIOUR_COLUMNS),
    {
      kind: "view",
      name: "stated_interactions_from_events",
      from: "events",
      to: "stated_interactions",
      select: (events) => ` ${statementStates(events, "")}`,
    },
    {
      kind: "view",
      name: "behaviour_interactions_from_events",
      from: "events",
      to: "behaviour_interactions",
      select: (events) => ` ${behaviourStates(events, "")}`,
    },
    // Last, so that no record passes before what hangs behind it stands.
    {
      kind: "view",
      name: "events_from_records",
      from: "event_records",
      to: "events",
      select: (records) => `
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
  FROM ${records}
)
WHERE refused = 0`,
    },
  ],
};
