/**
 * What was shown to whom and why, for 30 days: made of the records of the topic `decisions` by decision-rows.ts. Weeks as
 * partitions: few enough that a backlog of months goes in, and what is too old goes in whole parts, mostly.
 */
import { DECISION_DAYS } from "@thewatcher/contracts/decisions";
import { DECISION_COLUMNS, DECISION_ITEM_COLUMNS } from "../decision-rows.ts";
import type { TableDefinition } from "../schema.ts";
import type { WarehouseMigration } from "./migration.ts";

const columnsOf = (columns: readonly (readonly [name: string, type: string])[]) =>
  columns.map(([name, type]) => ({ name, type }));
const itemNames = DECISION_ITEM_COLUMNS.map(([name]) => name);

const common = {
  kind: "table",
  engine: "ReplacingMergeTree",
  partitionBy: "toMonday(occurredAt)",
  ttl: `toDateTime(occurredAt, 'UTC') + INTERVAL ${DECISION_DAYS} DAY`,
  // As of `events`, so that what was shown meets what was done with it on one shard. Nobody's are spread.
  shardBy: "cityHash64(if(profileId = '', toString(decisionId), profileId))",
} as const satisfies Partial<TableDefinition>;

export const decisions: WarehouseMigration = {
  name: "0003-decisions",
  parts: [
    { ...common, name: "decisions", columns: columnsOf(DECISION_COLUMNS), orderBy: "(topic, partition, offset)" },
    {
      ...common,
      name: "decision_items",
      columns: columnsOf(DECISION_ITEM_COLUMNS),
      orderBy: "(topic, partition, offset, place)",
    },
    {
      kind: "table",
      name: "decision_item_records",
      columns: columnsOf(DECISION_ITEM_COLUMNS.map(([name, type]) => [name, name === "features" ? "String" : type])),
      engine: "Null",
      shardBy: common.shardBy,
    },
    {
      kind: "view",
      name: "decision_items_from_records",
      from: "decision_item_records",
      to: "decision_items",
      select: (records) => `
SELECT ${itemNames.map((name) => (name === "features" ? "reinterpret(base64Decode(records.features), 'Array(Float32)') AS features" : name)).join(", ")}
FROM ${records} AS records`,
    },
  ],
};
