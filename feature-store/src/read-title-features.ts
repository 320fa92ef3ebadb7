/** Features of all titles out of the warehouse, as of an instant and of a part of the log: one query a group. */
import { behaviour } from "@thewatcher/contracts/topics/behaviour";
import { erasures } from "@thewatcher/contracts/topics/erasures";
import { stated } from "@thewatcher/contracts/topics/stated";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { type FeaturePlan, featureValue, type RegisterGroup } from "./definitions.ts";
import { ERASED_SQL, futureSignsSql, type LogPosition, registersSql, withinSql } from "./feature-sql.ts";
import { MEMBERS_PER_TABLE_MAX } from "./register-table.ts";
import { RowBinaryReader } from "./row-binary.ts";
import { keySeparator } from "./signs.ts";
import { type GroupRegisters, type PendingRegister, planIdOf, type TitleFeatureTable } from "./title-feature-table.ts";

/** Topics whose events are signs or erasures. */
export const FEATURE_TOPICS: readonly string[] = [behaviour.name, stated.name, erasures.name];
/** A month of ten million events is grouped in 10 s a group; a slow machine gets ten times that. */
const READ_SECONDS_MAX = 300;
/** Signs of clocks that run ahead: the busiest five minutes have fewer. */
const FUTURE_MAX = 100_000;

export interface TitleFeaturesRequest {
  readonly plan: FeaturePlan;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Default: how far the warehouse is now. */
  readonly positions?: readonly LogPosition[];
  /** Registers kept of one key; a test gives fewer. */
  readonly membersMax?: number;
}

export async function readTitleFeatures(
  warehouse: Warehouse,
  request: TitleFeaturesRequest,
): Promise<TitleFeatureTable> {
  const { plan, at, membersMax = MEMBERS_PER_TABLE_MAX } = request;
  // First how far it is, then the rows: those below the positions never change.
  const positions = (request.positions ?? (await warehouse.positions())).filter(({ topic }) =>
    FEATURE_TOPICS.includes(topic),
  );
  const within = withinSql(positions);
  const groups: GroupRegisters[] = [];
  for (const group of plan.groups) groups.push(await readRegisters(warehouse, group, { within, at, membersMax }));
  const future = await warehouse.query<FutureRow>(futureSignsSql(plan.groups, within), {
    params: { at, limit: FUTURE_MAX },
    maxExecutionSeconds: READ_SECONDS_MAX,
  });
  const pending = future.map(
    ({ groupIndex, key, hash, instant, visibleAt, written, owner }): PendingRegister => ({
      group: groupIndex,
      key,
      hash,
      at: instant,
      value: written,
      owner,
      seenAt: visibleAt,
    }),
  );
  const erased = await warehouse.query<{ hash: number; until: number }>(
    `SELECT toFloat64(greatest(murmurHash3_32(erasedProfile), 1)) AS hash, toFloat64(max(erasedAt)) AS until FROM (${ERASED_SQL}) GROUP BY hash ORDER BY hash`,
  );
  return {
    asOf: at,
    planId: planIdOf(plan),
    positions,
    ...columnsOf(plan, groups, at),
    groups,
    pending,
    erased: {
      hashes: Uint32Array.from(erased, ({ hash }) => hash),
      until: Float64Array.from(erased, ({ until }) => until),
    },
  };
}

interface FutureRow {
  readonly groupIndex: number;
  readonly key: string;
  readonly hash: number;
  readonly instant: number;
  readonly visibleAt: number;
  readonly written: number;
  readonly owner: number;
}

async function readRegisters(
  warehouse: Warehouse,
  group: RegisterGroup,
  { within, at, membersMax }: { readonly within: string; readonly at: number; readonly membersMax: number },
): Promise<GroupRegisters> {
  const reader = new RowBinaryReader(
    warehouse.stream(registersSql(group, within, membersMax), {
      params: { at },
      maxExecutionSeconds: READ_SECONDS_MAX,
    }),
  );
  const keys: string[] = [];
  const levels: number[] = [];
  const components: number[] = [];
  const offsets = [0];
  const parts: { hashes: Uint32Array; instants: BigInt64Array; values: Float32Array; owners: Uint32Array }[] = [];
  while (!(await reader.atEnd())) {
    keys.push(await reader.text());
    levels.push((await reader.take(1))[0]!);
    const fixed = await reader.take(8 * group.components.length);
    const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength);
    for (let i = 0; i < group.components.length; i++) components.push(view.getFloat64(8 * i, true));
    const hashes = new Uint32Array(await reader.array(4));
    const instants = new BigInt64Array(await reader.array(8));
    const values = new Float32Array(await reader.array(4));
    const owners = group.member === "event" ? new Uint32Array(await reader.array(4)) : new Uint32Array(0);
    offsets.push(offsets.at(-1)! + hashes.length);
    parts.push({ hashes, instants, values, owners });
  }
  const count = offsets.at(-1)!;
  const read: GroupRegisters = {
    keys,
    levels: Uint8Array.from(levels),
    components: Float64Array.from(components),
    offsets: Uint32Array.from(offsets),
    hashes: new Uint32Array(count),
    instants: new Float64Array(count),
    values: new Float32Array(count),
    owners: new Uint32Array(group.member === "event" ? count : 0),
  };
  parts.forEach(({ hashes, instants, values, owners }, key) => {
    const from = offsets[key]!;
    read.hashes.set(hashes, from);
    read.values.set(values, from);
    if (owners.length > 0) read.owners.set(owners, from);
    for (let i = 0; i < instants.length; i++) read.instants[from + i] = Number(instants[i]);
  });
  return read;
}

/** What the features are out of the groups' components. */
function columnsOf(
  plan: FeaturePlan,
  groups: readonly GroupRegisters[],
  at: number,
): Pick<TitleFeatureTable, "names" | "titleIds" | "columns"> {
  const titles = new Set<string>();
  const countries = new Set<string>();
  const rowOf = groups.map(({ keys }) => new Map(keys.map((key, row) => [key, row])));
  groups.forEach(({ keys }, group) => {
    for (const key of keys) {
      if (plan.groups[group]!.key === "title") titles.add(key);
      else countries.add(key.slice(key.indexOf(keySeparator) + 1));
    }
  });
  const titleIds = [...titles].sort();
  const names: string[] = [];
  const columns: Float32Array[] = [];
  plan.features.forEach((feature, f) => {
    const places = plan.places[f]!;
    const add = (name: string, keyOf: (titleId: string) => string) => {
      names.push(name);
      columns.push(
        Float32Array.from(titleIds, (titleId) => {
          const values = places.map(({ group, component }) => {
            const row = rowOf[group]!.get(keyOf(titleId));
            return row === undefined
              ? 0
              : groups[group]!.components[row * plan.groups[group]!.components.length + component]!;
          });
          return featureValue(feature, values, at);
        }),
      );
    };
    if (feature.dimension === undefined) add(feature.name, (titleId) => titleId);
    else
      for (const country of [...countries].sort())
        add(`${feature.name}@${country}`, (titleId) => titleId + keySeparator + country);
  });
  return { names, titleIds, columns };
}
