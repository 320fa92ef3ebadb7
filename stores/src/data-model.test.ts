/** Holds `docs/data-model.md` to the migrated engines and to the contracts' topics. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allTopics } from "@thewatcher/contracts/topics";
import { systemClock } from "@thewatcher/kit/clock";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbeddedPostgres } from "./database/embedded-postgres.ts";
import type { Database } from "./database/port.ts";
import { openChdbWarehouse } from "./warehouse/chdb.ts";
import type { Warehouse } from "./warehouse/port.ts";

let folder: string;
let text: string;
let warehouse: Warehouse;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-data-model-"));
  text = await readFile(new URL("../../docs/data-model.md", import.meta.url), "utf8");
  warehouse = await openChdbWarehouse({ path: join(folder, "warehouse"), clock: systemClock });
  database = await openEmbeddedPostgres({ path: join(folder, "database"), clock: systemClock });
  await warehouse.migrate();
  await database.migrate();
});
afterAll(async () => {
  await warehouse?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Mermaid takes letters, digits, brackets, hyphens and underscores as a type. */
const typeText = (type: string) =>
  type
    .replace(/[^A-Za-z0-9()]+/g, "_")
    .replace(/_\)/g, ")")
    .replace(/\(_/g, "(")
    .replace(/_$/, "");

/** The section's Mermaid diagram: entities with their attributes, and solid relations. */
function diagramOf(heading: string): { entities: Record<string, string[]>; relations: string[] } {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  const diagram = /```mermaid\nerDiagram\n([\s\S]*?)```/.exec(section ?? "")?.[1];
  if (diagram === undefined) throw new Error(`docs/data-model.md has no ER diagram under "## ${heading}"`);
  const entities: Record<string, string[]> = {};
  for (const [, name, body] of diagram.matchAll(/^ {2}(\w+) \{\n([\s\S]*?)^ {2}\}/gm)) {
    entities[name as string] = (body as string)
      .trim()
      .split("\n")
      .map((line) => line.trim().split(" ").slice(0, 2).join(" "));
  }
  const relations = [...diagram.matchAll(/^ {2}(\w+) \S+--\S+ (\w+)/gm)].map(
    ([, parent, child]) => `${parent} ${child}`,
  );
  return { entities, relations };
}

test("the diagram of the database shows the tables, columns and foreign keys that its migrations make", async () => {
  const { rows } = await sql<{ table_name: string; column_name: string; udt_name: string }>`
    SELECT table_name, column_name, udt_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%' ORDER BY table_name, ordinal_position`.execute(
    database.kysely,
  );
  const expected: Record<string, string[]> = {};
  for (const { table_name, column_name, udt_name } of rows) {
    expected[table_name] ??= [];
    expected[table_name].push(`${udt_name.replace(/^_(.*)/, "$1_array")} ${column_name}`);
  }
  const keys = await sql<{ relation: string }>`
    SELECT confrelid::regclass || ' ' || conrelid::regclass AS relation FROM pg_constraint WHERE contype = 'f'`.execute(
    database.kysely,
  );
  const { entities, relations } = diagramOf("Database");
  expect(entities).toEqual(expected);
  expect(relations.sort()).toEqual(keys.rows.map(({ relation }) => relation).sort());
});

test("the diagram of the warehouse shows the tables and columns that its migrations make", async () => {
  const rows = await warehouse.query<{ table: string; name: string; type: string }>(
    "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table NOT LIKE '.inner%' AND table NOT IN (SELECT name FROM system.tables WHERE engine = 'MaterializedView') ORDER BY table, position",
  );
  const expected: Record<string, string[]> = {};
  for (const { table, name, type } of rows) {
    expected[table] ??= [];
    expected[table].push(`${typeText(type)} ${name}`);
  }
  expect(diagramOf("Warehouse").entities).toEqual(expected);
});

test("each materialised view is named with its source and target", async () => {
  const views = await warehouse.query<{ name: string; source: string; target: string }>(
    "SELECT name, extract(as_select, 'FROM [a-z_A-Z]*\\\\.(\\\\w+)') AS source, extract(create_table_query, ' TO [a-z_A-Z]*\\\\.(\\\\w+)') AS target FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView' ORDER BY name",
  );
  expect(views.length).toBeGreaterThan(0);
  const section = text.split(/^## /m).find((part) => part.startsWith("Warehouse"));
  const named = [...(section ?? "").matchAll(/^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|/gm)].map(
    ([, name, source, target]) => ({
      name,
      source,
      target,
    }),
  );
  expect(named).toEqual(views);
});

test("the key-value spaces are those that the stores open", async () => {
  const rows = [...text.matchAll(/^\| (recommendations|cache|event-log) \| ([\w-]+) \|/gm)].map(
    ([, store, space]) => `${store} ${space}`,
  );
  const opened: string[] = [];
  for (const store of ["recommendations", "cache", "event-log"]) {
    const source = await readFile(new URL(`./${store}/lmdb.ts`, import.meta.url), "utf8");
    for (const [, space] of source.matchAll(/environment\.table<[^(]*\("([\w-]+)"/g)) opened.push(`${store} ${space}`);
  }
  expect(rows).toEqual(opened);
});

test("each topic stands with its key, partitions and version", () => {
  const rows = [...text.matchAll(/^\| `([\w-]+)` \| `(\w+)` \| (\d+) \| (\d+) \|/gm)].map(
    ([, name, key, partitionCount, version]) => ({
      name,
      key,
      partitionCount: Number(partitionCount),
      version: Number(version),
    }),
  );
  expect(rows).toEqual(
    allTopics.map(({ name, key, partitionCount, version }) => ({ name, key, partitionCount, version })),
  );
});
