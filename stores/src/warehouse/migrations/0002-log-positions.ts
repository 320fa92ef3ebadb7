/** How far each partition of the log is in: only the largest word counts. Rows older than this table have said nothing. */
import type { WarehouseMigration } from "./migration.ts";

export const logPositions: WarehouseMigration = {
  name: "0002-log-positions",
  parts: [
    {
      kind: "table",
      name: "log_positions",
      columns: [
        { name: "topic", type: "LowCardinality(String)" },
        { name: "partition", type: "UInt16" },
        { name: "nextOffset", type: "SimpleAggregateFunction(max, UInt64)" },
      ],
      engine: "AggregatingMergeTree",
      orderBy: "(topic, partition)",
      shardBy: "cityHash64(topic, partition)",
    },
  ],
};
