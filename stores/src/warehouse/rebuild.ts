/**
 * A second set of the tables that are made of events, beside the live ones, for a rebuild: its DDL, out of the same
 * definitions as the live schema's. A shadow is called as its table, with `_replay` behind.
 *
 * Rows reach the shadows on two ways: `event_records` (what live inserts pass through) gets a second view, and
 * `event_records_replay` takes what is read from the log again. Views hang on names: behind `EXCHANGE TABLES` they feed
 * the table that now bears the name (a test holds the engine to it), so an exchange between any two inserts loses nothing.
 *
 * Tables stand before the views that write into them and go after them: a view without its table would fail live inserts.
 */
import { warehouseMigrations } from "./migrations/all.ts";
import type { TableDefinition, ViewDefinition } from "./schema.ts";

const SUFFIX = "_replay";
const RECORDS = "event_records";
const EVENTS = "events";

export const shadowName = (table: string): string => `${table}${SUFFIX}`;

const parts = warehouseMigrations.flatMap((migration) => migration.parts);
const views = parts.filter((part): part is ViewDefinition => part.kind === "view");
const toEvents = views.filter(({ from, to }) => from === RECORDS && to === EVENTS);
const fromEvents = views.filter(({ from }) => from === EVENTS);

/** Made from `events` by views: their rows have a `day`. */
export const STATE_TABLES: readonly TableDefinition[] = fromEvents.map(
  ({ to }) => parts.find((part): part is TableDefinition => part.kind === "table" && part.name === to)!,
);
/** What a rebuild makes anew and exchanges, in this order. */
export const REBUILT_TABLES: readonly string[] = [EVENTS, ...STATE_TABLES.map(({ name }) => name)];

/** Where records go that are read again. */
export const REPLAYED_RECORDS = shadowName(RECORDS);
/** Rows outside of the rebuilt days, on their way: their partitions are attached, so that no view runs on them again. */
export const KEPT_EVENTS = shadowName("kept_events");
/** Last erasure of each profile: `profileId`, `erasedAt`. */
export const ERASURES = shadowName("erasures");

export const SHADOW_TABLE_STATEMENTS: readonly string[] = [
  ...[RECORDS, ...REBUILT_TABLES].map((table) => `CREATE TABLE ${shadowName(table)} AS ${table}`),
  `CREATE TABLE ${KEPT_EVENTS} AS ${EVENTS}`,
  `CREATE TABLE ${ERASURES} (profileId String, erasedAt DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY profileId`,
];

/**
 * `isWanted`: which of the records that are read again become rows, over the columns of `events`, `erasedProfile`
 * (empty where it never was) and `erasedAt`. Live records all do. The live view last: from then on nothing passes the shadows by.
 */
export const shadowViewStatements = (isWanted: string): readonly string[] => [
  ...fromEvents.map(
    ({ name, to, select }) =>
      `CREATE MATERIALIZED VIEW ${shadowName(name)} TO ${shadowName(to)} AS ${select(shadowName(EVENTS))}`,
  ),
  ...toEvents.map(
    ({ name, select }) => `CREATE MATERIALIZED VIEW ${shadowName(`replayed_${name}`)} TO ${shadowName(EVENTS)} AS
SELECT event.* FROM (${select(REPLAYED_RECORDS)}) AS event
LEFT ANY JOIN (SELECT profileId AS erasedProfile, erasedAt FROM ${ERASURES}) AS erasure ON event.profileId = erasure.erasedProfile
WHERE ${isWanted}`,
  ),
  ...toEvents.map(
    ({ name, select }) => `CREATE MATERIALIZED VIEW ${shadowName(name)} TO ${shadowName(EVENTS)} AS ${select(RECORDS)}`,
  ),
];

/** What a rebuild left behind, for `DROP`: views first. */
export const SHADOWS_SQL = `SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(name, '${SUFFIX}') ORDER BY engine = 'MaterializedView' DESC, name DESC`;
