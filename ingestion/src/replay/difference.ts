/**
 * What a replay would change: the live tables beside their shadows, over the rebuilt days.
 *
 * Live inserts reach both, one a moment before the other; so only records below the sink's positions are compared, and
 * states only of profiles that have none above. What was erased is told apart: that it is gone is meant.
 */

import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { ERASURES, STATE_TABLES, shadowName } from "@thewatcher/stores/warehouse/rebuild";

/** Of each kind, shown to whoever decides. */
const EXAMPLES_MAX = 5;
/** Rows of the table by day and type: three years of every type. */
const DAYS_MAX = 20_000;
const QUERY_SECONDS_MAX = 600;
/** Offsets behind a sink's position that may be live: a row further away was made up. */
const ARRIVING_MAX = 10_000_000;

export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
}

/** Days from `from` up to, and without, `to`; instants at midnight in UTC. */
export interface Days {
  readonly from: number;
  readonly to: number;
}

export interface EventExample {
  readonly kind: "only before" | "only after" | "changed";
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly type: string;
  readonly profileId: string;
  readonly occurredAt: string;
}

export interface StateDifference {
  readonly table: string;
  readonly pairs: number;
  readonly profiles: number;
  readonly examples: readonly { readonly profileId: string; readonly titleId: string; readonly day: string }[];
}

export interface Difference {
  /** Distinct places of the log by day and type. */
  readonly days: readonly {
    readonly day: string;
    readonly type: string;
    readonly before: number;
    readonly after: number;
  }[];
  readonly events: {
    readonly before: number;
    readonly after: number;
    readonly onlyBefore: number;
    readonly onlyAfter: number;
    readonly changed: number;
    /** Before only, of profiles that were erased since: not rebuilt. */
    readonly erased: number;
    readonly examples: readonly EventExample[];
  };
  readonly states: readonly StateDifference[];
}

const instant = (at: number) =>
  `toDateTime64('${new Date(at).toISOString().slice(0, 23).replace("T", " ")}', 3, 'UTC')`;
const day = (at: number) => `toDate('${new Date(at).toISOString().slice(0, 10)}')`;

/** `within` of `occurredAt` or `day`. */
export const occurredWithin = ({ from, to }: Days) => `occurredAt >= ${instant(from)} AND occurredAt < ${instant(to)}`;
export const dayWithin = ({ from, to }: Days) => `day >= ${day(from)} AND day < ${day(to)}`;

const byPlace = (positions: readonly LogPosition[], otherwise: string, of: (position: LogPosition) => number) => {
  const places = positions.map(({ topic, partition }) => `'${topic}/${partition}'`);
  const offsets = positions.map((position) => `toUInt64(${of(position)})`);
  return `transform(concat(topic, '/', toString(partition)), [${places.join(", ")}], [${offsets.join(", ")}], ${otherwise})`;
};

/** Whether a record lies below the positions. */
export const isBelow = (positions: readonly LogPosition[]): string =>
  `offset < ${byPlace(positions, "toUInt64(0)", ({ nextOffset }) => nextOffset)}`;

/** Whether a row is not one that is arriving: it lies below, or where no record can be yet. */
const isSettled = (positions: readonly LogPosition[]): string =>
  `(${isBelow(positions)} OR offset >= ${byPlace(positions, "toUInt64(0)", ({ nextOffset }) => nextOffset + ARRIVING_MAX)})`;

export async function differenceOf(
  warehouse: Warehouse,
  days: Days,
  positions: readonly LogPosition[],
): Promise<Difference> {
  const query = <Row>(text: string) => warehouse.query<Row>(text, { maxExecutionSeconds: QUERY_SECONDS_MAX });
  const settled = `${occurredWithin(days)} AND ${isSettled(positions)}`;
  const bothEvents = (select: string, groupBy: string) =>
    ["events", shadowName("events")]
      .map((table, side) => `SELECT ${select}, ${side} AS side FROM ${table} WHERE ${settled}${groupBy}`)
      .join("\nUNION ALL\n");

  const byDay = await query<Difference["days"][number]>(
    `SELECT toString(d) AS day, type, toFloat64(sumIf(places, side = 0)) AS before, toFloat64(sumIf(places, side = 1)) AS after
FROM (${bothEvents("toDate(occurredAt) AS d, type, uniqExact(topic, partition, offset) AS places", " GROUP BY d, type")})
GROUP BY d, type ORDER BY d, type LIMIT ${DAYS_MAX}`,
  );

  const columns = await columnsOf(warehouse, "events");
  const place = ["topic", "partition", "offset"];
  const content = columns.filter(({ name }) => !place.includes(name)).map(({ name }) => name);
  // Hashed as text: a hash of a column that is NULL would be NULL.
  const placed = `SELECT topic, partition, offset,
  arraySort(groupUniqArrayIf(hash, side = 0)) AS before, arraySort(groupUniqArrayIf(hash, side = 1)) AS after,
  any(type) AS someType, any(profileId) AS someProfile, max(occurredAt) AS lastAt
FROM (${bothEvents(`topic, partition, offset, type, profileId, occurredAt, cityHash64(toString(tuple(${content.join(", ")}))) AS hash`, "")})
GROUP BY topic, partition, offset HAVING before != after`;
  const differing = `SELECT placed.*, multiIf(empty(after) AND topic != 'erasures' AND erasedProfile != '' AND lastAt <= erasedAt, 'erased', empty(after), 'only before', empty(before), 'only after', 'changed') AS kind
FROM (${placed}) AS placed LEFT ANY JOIN (SELECT profileId AS erasedProfile, erasedAt FROM ${ERASURES}) AS erasure ON placed.someProfile = erasure.erasedProfile`;
  const kinds = await query<{
    kind: string;
    count: number;
    examples: [string, number, string, string, string, string][];
  }>(
    `SELECT kind, toFloat64(count()) AS count, groupArraySorted(${EXAMPLES_MAX})((topic, partition, toString(offset), someType, someProfile, toString(lastAt))) AS examples
FROM (${differing}) GROUP BY kind`,
  );
  const countOf = (kind: string) => kinds.find((row) => row.kind === kind)?.count ?? 0;
  const examples = kinds.flatMap(({ kind, examples: found }) =>
    kind === "erased"
      ? []
      : found.map(([topic, partition, offset, type, profileId, occurredAt]): EventExample => {
          const [date, time] = occurredAt.replace(/Z$/, "").split(/[ T]/);
          return {
            kind: kind as EventExample["kind"],
            topic,
            partition,
            offset: Number(offset),
            type,
            profileId,
            occurredAt: `${date}T${time}Z`,
          };
        }),
  );
  const sum = (side: "before" | "after") => byDay.reduce((total, row) => total + row[side], 0);
  return {
    days: byDay,
    events: {
      before: sum("before"),
      after: sum("after"),
      onlyBefore: countOf("only before"),
      onlyAfter: countOf("only after"),
      changed: countOf("changed"),
      erased: countOf("erased"),
      examples,
    },
    states: await Promise.all(STATE_TABLES.map(({ name }) => stateDifference(warehouse, name, days, positions))),
  };
}

async function stateDifference(
  warehouse: Warehouse,
  table: string,
  days: Days,
  positions: readonly LogPosition[],
): Promise<StateDifference> {
  const key = ["profileId", "titleId", "day", "country"];
  const columns = (await columnsOf(warehouse, table)).filter(({ name }) => !key.includes(name));
  const folded = columns.map(({ name, type }) => foldOf(name, type));
  const unsettled = ["events", shadowName("events")]
    .map((events) => `SELECT profileId FROM ${events} WHERE NOT ${isSettled(positions)}`)
    .join(" UNION ALL ");
  const side = (name: string) => `SELECT ${key.join(", ")}, cityHash64(toString(tuple(${folded.join(", ")}))) AS hash
FROM ${name} WHERE ${dayWithin(days)} AND profileId NOT IN (SELECT profileId FROM ${ERASURES}) AND profileId NOT IN (${unsettled})
GROUP BY ${key.join(", ")}`;
  const [row] = await warehouse.query<{
    pairs: number;
    profiles: number;
    examples: readonly [string, string, string][];
  }>(
    `SELECT toFloat64(uniqExact(profileId, titleId)) AS pairs, toFloat64(uniqExact(profileId)) AS profiles,
  groupArraySorted(${EXAMPLES_MAX})((profileId, titleId, toString(day))) AS examples
FROM (
  SELECT profileId, titleId, day FROM (${side(table)} UNION ALL ${side(shadowName(table))})
  GROUP BY ${key.join(", ")} HAVING count() = 1 OR uniqExact(hash) > 1
)`,
    { maxExecutionSeconds: QUERY_SECONDS_MAX },
  );
  const examples = (row?.examples ?? []).map(([profileId, titleId, on]) => ({ profileId, titleId, day: on }));
  return { table, pairs: row?.pairs ?? 0, profiles: row?.profiles ?? 0, examples };
}

/** A column of states as one comparable value; of sets of ids their size. */
function foldOf(name: string, type: string): string {
  const [, kind, aggregate] = /^(Simple)?AggregateFunction\((\w+)/.exec(type) ?? [];
  if (aggregate === undefined) return `any(${name})`;
  return kind ? `${aggregate}(${name})` : `${aggregate}Merge(${name})`;
}

function columnsOf(warehouse: Warehouse, table: string): Promise<readonly { name: string; type: string }[]> {
  return warehouse.query(
    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
    { params: { table } },
  );
}
