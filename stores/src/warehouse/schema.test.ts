import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openChdbWarehouse } from "./chdb.ts";
import { migrationHash } from "./clickhouse.ts";
import { warehouseMigrations } from "./migrations/all.ts";
import type { Warehouse } from "./port.ts";
import { SINGLE, statementsOf, type TableDefinition, type Topology } from "./schema.ts";

const CLUSTER: Topology = { kind: "cluster", cluster: "cinema" };
const PARTS = warehouseMigrations.flatMap(({ parts }) => parts);
const clusterStatements = PARTS.flatMap((part) => statementsOf(part, CLUSTER));
const HEAD = `-- The warehouse's tables and views on a cluster named 'cinema', as \`?cluster=cinema\` makes them.
-- Made from the same definitions as the single node's (schema.ts). Parsed by the ClickHouse engine in a test;
-- executed nowhere there: that takes several servers and a keeper. \`npx vitest run stores/src/warehouse/schema -u\` writes it.
`;
const GOLDEN = fileURLToPath(new URL("./migrations/cluster-schema.sql", import.meta.url));

let folder: string;
let warehouse: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-schema-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the single node's schema", () => {
  test("keeps the text of what was applied: its hashes are recorded in existing folders", () => {
    expect(
      Object.fromEntries(warehouseMigrations.map((migration) => [migration.name, migrationHash(migration)])),
    ).toEqual({
      "0001-events-and-interactions": "0064c2915e0e3f2307b60535a4ab4a62",
      "0002-log-positions": "d46cf31fcfe69823175837680caaac95",
      "0003-decisions": "d86d71084503b2a47ee99360d96e4d0b",
    });
  });
});

describe("the cluster's schema", () => {
  test("is the golden text", async () => {
    await expect(`${HEAD}\n${clusterStatements.join(";\n\n")};\n`).toMatchFileSnapshot(GOLDEN);
  });

  test.each(clusterStatements.map((statement) => [statement.split("\n")[0] as string, statement]))(
    "%s: the engine reads it",
    async (_line, statement) => {
      const lines = await warehouse.query<{ explain: string }>(`EXPLAIN AST ${statement}`);
      expect(lines[0]?.explain).toMatch(/^CreateQuery/);
    },
  );

  test("has a replicated table of a shard and one over all shards for each table, and views on the shard's alone", async () => {
    const tables = PARTS.filter((part): part is TableDefinition => part.kind === "table");
    for (const table of tables) {
      const [local, over] = statementsOf(table, CLUSTER) as [string, string];
      expect(local).toContain(`CREATE TABLE IF NOT EXISTS ${table.name}_local ON CLUSTER 'cinema' (`);
      if (table.engine !== "Null") {
        expect(local).toContain(
          `ENGINE = Replicated${table.engine}('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')`,
        );
      }
      expect(over).toContain(`Distributed('cinema', currentDatabase(), '${table.name}_local', ${table.shardBy})`);
      // One definition: the same columns, in the same order.
      const [single] = statementsOf(table, SINGLE) as [string];
      const columns = (text: string) => text.slice(text.indexOf("(\n"), text.indexOf("\n) ENGINE"));
      expect(columns(local)).toBe(columns(single));
    }
    for (const view of PARTS.filter(({ kind }) => kind === "view")) {
      const [text, ...others] = statementsOf(view, CLUSTER);
      expect(others).toEqual([]);
      expect(text).toMatch(/^CREATE MATERIALIZED VIEW IF NOT EXISTS \w+_local ON CLUSTER 'cinema' TO \w+_local AS/);
      expect(text).not.toMatch(/FROM (events|event_records)\b/);
    }
  });

  test("brings copies of a record to one shard, and all rows of a profile, whatever table they are of", async () => {
    const shardOf = new Map(
      PARTS.flatMap((part) => (part.kind === "table" ? [[part.name, part.shardBy] as const] : [])),
    );
    const value = JSON.stringify({ eventId: "x", profileId: "p-7", payload: { profileId: "another" } });
    const [row] = await warehouse.query<Record<string, string>>(
      `SELECT ${shardOf.get("event_records")} AS records, ${["events", "stated_interactions", "behaviour_interactions", "decisions", "decision_items"].map((table) => `${shardOf.get(table)} AS ${table}`).join(", ")} FROM (SELECT {value:String} AS value, 'p-7' AS profileId, generateUUIDv4() AS decisionId)`,
      { params: { value } },
    );
    expect(new Set(Object.values(row ?? {})).size).toBe(1);
  });
});
