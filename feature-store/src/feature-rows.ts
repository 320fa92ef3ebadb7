/**
 * Training sets of features, point in time: for rows with instants of their own, what the features were as of each, by
 * `occurredAt ≤ t` and `knownAt ≤ t`. What comes to be known later, of whatever time, changes no byte of an answer about
 * an earlier instant; only an erasure does, and must.
 *
 * One query a group of registers (feature-sql.ts), each answered as a stream of rows of fixed width. The rows asked for
 * go into a table in the server's memory for as long as that takes.
 */
import { createHash, randomBytes } from "node:crypto";
import { assert } from "@thewatcher/kit/assert";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { type AggregateFeature, endOf, featureValue, planFeatures, type RegisterGroup } from "./definitions.ts";
import { keySql, stepsSql } from "./feature-sql.ts";
import { RowBinaryReader } from "./row-binary.ts";

/** 40 bytes a row in the server and 8 for each of its components here: 150 MB with the registry's features. */
export const FEATURE_ROWS_MAX = 1_000_000;
/** A statement of 1 MB: parsed in 30 ms. */
const ROWS_PER_INSERT = 10_000;
/** Steps of a million events are sorted and summed in 2 s a group; ten times that much on a machine ten times slower. */
const READ_SECONDS_MAX = 600;

export interface FeatureRow {
  readonly titleId: string;
  /** "" where no feature of a profile is asked for. */
  readonly profileId: string;
  /** Of the request. */
  readonly country: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface FeatureRows {
  readonly names: readonly string[];
  /** By feature, aligned with the rows. */
  readonly columns: readonly Float32Array[];
  /** SHA-256 of names and columns. */
  readonly hash: string;
}

export async function readFeatureRows(
  warehouse: Warehouse,
  request: { readonly rows: readonly FeatureRow[]; readonly features: readonly AggregateFeature[] },
): Promise<FeatureRows> {
  const { rows, features } = request;
  assert(rows.length <= FEATURE_ROWS_MAX, "rows of one request", () => rows.length);
  const plan = planFeatures(features);
  const components: Float64Array[][] = [];
  if (rows.length > 0) {
    const table = `feature_rows_${randomBytes(8).toString("hex")}`;
    await warehouse.command(
      `CREATE TABLE ${table} (row UInt32, titleId String, profileId String, country String, at Int64) ENGINE = Memory`,
    );
    try {
      for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
        const values = rows.slice(from, from + ROWS_PER_INSERT).map((row, i) => tupleOf(from + i, row));
        await warehouse.command(
          `INSERT INTO ${table} (row, titleId, profileId, country, at) VALUES ${values.join(",")}`,
        );
      }
      for (const group of plan.groups) components.push(await readGroup(warehouse, group, table, rows));
    } finally {
      await warehouse.command(`DROP TABLE IF EXISTS ${table}`);
    }
  }
  const columns = features.map((feature, f) => {
    const places = plan.places[f]!;
    return Float32Array.from(rows, ({ at }, row) =>
      featureValue(
        feature,
        places.map(({ group, component }) => components[group]![component]![row]!),
        at,
      ),
    );
  });
  const names = features.map(({ name }) => name);
  const hash = createHash("sha256").update(`${names.join("\n")}\n${rows.length}\n`);
  for (const column of columns) hash.update(new Uint8Array(column.buffer));
  return { names, columns, hash: hash.digest("hex") };
}

const literal = (text: string) => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
const tupleOf = (row: number, { titleId, profileId, country, at }: FeatureRow) =>
  `(${row},${literal(titleId)},${literal(profileId)},${literal(country)},${at})`;

async function readGroup(
  warehouse: Warehouse,
  group: RegisterGroup,
  table: string,
  rows: readonly FeatureRow[],
): Promise<Float64Array[]> {
  const key = keySql(group.key);
  const names = group.components.map((_, i) => `c${i}`);
  const sql = `SELECT asked.row, ${names.map((name) => `steps.${name}`).join(", ")}
FROM (SELECT row, ${key} AS key, at FROM ${table}) AS asked
ASOF LEFT JOIN (${stepsSql(group, ` AND ${key} IN (SELECT ${key} FROM ${table})`)}) AS steps
ON asked.key = steps.key AND asked.at >= steps.time
FORMAT RowBinary`;
  const answers = names.map(() => new Float64Array(rows.length));
  const reader = new RowBinaryReader(warehouse.stream(sql, { maxExecutionSeconds: READ_SECONDS_MAX }));
  const rowBytes = 4 + 8 * names.length;
  let count = 0;
  for (let view = await reader.rows(rowBytes); view; view = await reader.rows(rowBytes)) {
    for (let offset = 0; offset < view.byteLength; offset += rowBytes, count++) {
      const row = view.getUint32(offset, true);
      for (let i = 0; i < answers.length; i++) answers[i]![row] = view.getFloat64(offset + 4 + 8 * i, true);
    }
  }
  assert(count === rows.length, "an answer for each row", () => ({ count, rows: rows.length }));
  group.components.forEach(({ measure, window }, i) => {
    if (measure !== "last") return;
    const last = answers[i]!;
    for (let row = 0; row < rows.length; row++) if (endOf(last[row]!, window) <= rows[row]!.at) last[row] = 0;
  });
  return answers;
}
