/**
 * The warehouse's tables and views as data, and their DDL for one node and for a cluster, from the same definition.
 *
 * On a cluster each table is two: `<name>_local` holds the rows of a shard, replicated; `<name>`, the name that every query
 * says, spreads over the shards by `shardBy`. The keys are chosen so that copies of one record meet on one shard (else
 * ReplacingMergeTree could never merge them) and so do all rows of one profile, across topics. Views hang on the local
 * tables: what they make of a row stays on its shard. The cluster's text is parsed by the engine in a test
 * (`cluster-schema.sql` beside the migrations); no cluster executes it there.
 */
import { assert } from "@thewatcher/kit/assert";

export interface TableDefinition {
  readonly kind: "table";
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** `Null` keeps nothing: rows only pass through to the views that hang on it. */
  readonly engine: "ReplacingMergeTree" | "AggregatingMergeTree" | "Null";
  readonly partitionBy?: string;
  readonly orderBy?: string;
  /** When a row may go. */
  readonly ttl?: string;
  /** What rows of one shard share: a hash, as ClickHouse takes it. */
  readonly shardBy: string;
}

export interface ViewDefinition {
  readonly kind: "view";
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The text behind AS, its white space in front included, given the name of the table it reads. */
  select(from: string): string;
}

export type SchemaPart = TableDefinition | ViewDefinition;

export type Topology = { readonly kind: "single" } | { readonly kind: "cluster"; readonly cluster: string };

export const SINGLE: Topology = { kind: "single" };

/** The rows of one shard. */
export const localName = (name: string): string => `${name}_local`;

/** Statements that may run twice. On one node they are one a part; the text of applied migrations must never change. */
export function statementsOf(part: SchemaPart, topology: Topology): readonly string[] {
  if (topology.kind === "single") {
    return part.kind === "table"
      ? [tableText(part, part.name, "", engineText(part.engine))]
      : [viewText(part, part.name, "", part.from, part.to)];
  }
  assert(/^[A-Za-z0-9_.-]+$/.test(topology.cluster), "a cluster's name", () => topology.cluster);
  const on = ` ON CLUSTER '${topology.cluster}'`;
  if (part.kind === "view") {
    return [viewText(part, localName(part.name), on, localName(part.from), localName(part.to))];
  }
  const local = localName(part.name);
  return [
    tableText(part, local, on, replicatedEngineText(part.engine)),
    `CREATE TABLE IF NOT EXISTS ${part.name}${on} AS ${local}
ENGINE = Distributed('${topology.cluster}', currentDatabase(), '${local}', ${part.shardBy})`,
  ];
}

const engineText = (engine: TableDefinition["engine"]): string => engine;
/** One name in the keeper a shard and table, one a replica: the macros are each server's own. */
const replicatedEngineText = (engine: TableDefinition["engine"]): string =>
  engine === "Null" ? engine : `Replicated${engine}('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')`;

function tableText(table: TableDefinition, name: string, on: string, engine: string): string {
  const columns = table.columns.map((column) => `  ${column.name} ${column.type}`).join(",\n");
  const lines = [`CREATE TABLE IF NOT EXISTS ${name}${on} (\n${columns}\n) ENGINE = ${engine}`];
  if (table.partitionBy !== undefined) lines.push(`PARTITION BY ${table.partitionBy}`);
  if (table.orderBy !== undefined) lines.push(`ORDER BY ${table.orderBy}`);
  if (table.ttl !== undefined) lines.push(`TTL ${table.ttl}`);
  return lines.join("\n");
}

function viewText(view: ViewDefinition, name: string, on: string, from: string, to: string): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}${on} TO ${to} AS${view.select(from)}`;
}
