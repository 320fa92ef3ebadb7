/**
 * Features of titles, kept up to date by the event log: the same declarations as the warehouse's SQL, as a fold. It
 * begins with a published table, or with nothing and the log's first record, and is the same after any order of the
 * same records, however often each comes: every register is a maximum (register-table.ts).
 *
 * A sign is visible from max(occurredAt, knownAt) on; one that is ahead of the clock waits. Values change with an event
 * or with the hour and are written into the columns that serving reads before the next question.
 */
import { assert } from "@thewatcher/kit/assert";
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import { type FeaturePlan, featureValue, hourOf } from "./definitions.ts";
import type { LogPosition } from "./feature-sql.ts";
import { memberHash } from "./murmur.ts";
import { MEMBERS_PER_TABLE_MAX, type RegisterKind, RegisterTable, registerKind } from "./register-table.ts";
import { decodeFeatureEvent, type FeatureEvent, instantOf, keyOf, keySeparator, memberOf, signValue } from "./signs.ts";
import { type PendingRegister, planIdOf, type TitleFeatureTable } from "./title-feature-table.ts";

/** Of all tables together: 100 MB at 24 bytes each. Beyond it fewer are kept of each title. */
export const REGISTERS_MAX = 4_194_304;
/** Titles and titles in countries, over all groups; 250 bytes each without a register. Others are not counted. */
const KEYS_MAX = 1_000_000;
/** Signs that wait for the clock; beyond it they count at once, minutes too early. */
const PENDING_MAX = 100_000;
/** Registers that are put or summed in one go: some milliseconds. */
const STEP_REGISTERS = 20_000;
/** Titles whose columns are written in one go. */
const STEP_TITLES = 200;
/** Of whoever reads columns: one catalogue, and the next one while both are in use. */
const ALIGNMENTS_MAX = 2;

/** Features of titles in the order that was asked for. Read anew for each page: columns follow the log in place. */
export interface TitleFeatures {
  readonly names: readonly string[];
  /** By feature, in the order of `names`; `country` is the request's. */
  column(feature: number, country: string): Float32Array;
}

export interface TitleFeatureFold {
  /** Records of one partition, in order; those before its position change nothing. */
  fold(batch: { readonly topic: string; readonly partition: number; readonly records: readonly LogRecord[] }): void;
  /** Everything that can be seen by `now` counts, and windows end there. */
  advanceTo(now: number): void;
  /**
   * The same in steps, between which others get their turn: a new hour touches every register. Until it is through,
   * titles that had no turn yet and no event stay as of the hour before.
   */
  advance(now: number): Generator<void>;
  positions(): readonly LogPosition[];
  /** By the same array of ids the same columns, brought up to date. */
  features(titleIds: readonly string[]): TitleFeatures;
  size(): {
    readonly keys: number;
    readonly registers: number;
    /** Of the registers' places; maps and objects around them come on top (see the test). */
    readonly bytes: number;
    readonly pending: number;
    /** Signs of keys beyond the limit. */
    readonly ignored: number;
  };
}

export interface FoldOptions {
  readonly plan: FeaturePlan;
  readonly now: number;
  readonly membersMax?: number;
  readonly registersMax?: number;
}

interface TitleRecord {
  /** By group of titles. */
  readonly tables: (RegisterTable | undefined)[];
  /** By country and group of titles in countries. */
  readonly byCountry: Map<string, (RegisterTable | undefined)[]>;
}

interface Alignment {
  readonly titleIds: readonly string[];
  readonly rowOf: ReadonlyMap<string, number>;
  readonly columns: readonly (Float32Array | undefined)[];
  readonly byCountry: Map<string, (Float32Array | undefined)[]>;
}

/** Goes on from `table`. Others get their turn in between: a table of a million registers takes a tenth of a second. */
export async function loadTitleFeatureFold(table: TitleFeatureTable, options: FoldOptions): Promise<TitleFeatureFold> {
  const expected = planIdOf(options.plan);
  if (table.planId !== expected)
    throw new Error(`title features: made by the declarations ${table.planId}, these are ${expected}`);
  const { fold, load } = createFold({ ...options, now: table.asOf });
  for (const _ of load(table)) await new Promise<void>((resolve) => setImmediate(resolve));
  fold.advanceTo(options.now);
  return fold;
}

export const createTitleFeatureFold = (options: FoldOptions): TitleFeatureFold => createFold(options).fold;

function createFold(options: FoldOptions) {
  const { plan, registersMax = REGISTERS_MAX } = options;
  const kinds: readonly RegisterKind[] = plan.groups.map(registerKind);
  const titles = new Map<string, TitleRecord>();
  const positions = new Map<string, LogPosition>();
  const erasedUntil = new Map<number, number>();
  let pending: PendingRegister[] = [];
  let membersMax = options.membersMax ?? MEMBERS_PER_TABLE_MAX;
  let now = options.now;
  let nowHour = hourOf(now);
  let keyCount = 0;
  let registerCount = 0;
  let ignored = 0;
  const dirty = new Set<string>();
  /** A feature's components, at most two. */
  const scratch: number[] = [0, 0];
  let alignments: Alignment[] = [];

  function* allTables(): Generator<RegisterTable> {
    for (const { tables, byCountry } of titles.values()) {
      for (const table of tables) if (table) yield table;
      for (const own of byCountry.values()) for (const table of own) if (table) yield table;
    }
  }

  const titleOf = (group: number, key: string): readonly [titleId: string, country: string | undefined] => {
    if (plan.groups[group]!.key === "title") return [key, undefined];
    const separator = key.indexOf(keySeparator);
    return [key.slice(0, separator), key.slice(separator + 1)];
  };

  /** By group; what is not there yet is made and remembered. */
  function tablesOf(titleId: string, country: string | undefined): (RegisterTable | undefined)[] {
    const record: TitleRecord = titles.get(titleId) ?? { tables: [], byCountry: new Map() };
    titles.set(titleId, record);
    if (country === undefined) return record.tables;
    const own = record.byCountry.get(country) ?? [];
    record.byCountry.set(country, own);
    return own;
  }

  /** `places`: that many are expected. undefined: there are too many keys. */
  function tableOf(group: number, key: string, places: number): RegisterTable | undefined {
    const [titleId, country] = titleOf(group, key);
    const held = titles.get(titleId);
    const known = (country === undefined ? held?.tables : held?.byCountry.get(country))?.[group];
    if (known) return known;
    if (keyCount >= KEYS_MAX) {
      ignored++;
      return undefined;
    }
    keyCount++;
    const table = new RegisterTable(kinds[group]!, nowHour, places);
    tablesOf(titleId, country)[group] = table;
    return table;
  }

  function put(register: PendingRegister): void {
    const { group, key, at, owner } = register;
    if (at <= (erasedUntil.get(owner) ?? Number.NEGATIVE_INFINITY)) return;
    const table = tableOf(group, key, 0);
    if (!table) return;
    const before = table.count;
    if (table.put(register, nowHour)) dirty.add(titleOf(group, key)[0]);
    registerCount += table.count - before;
    keepWithin(table);
  }

  function keepWithin(table: RegisterTable): void {
    if (table.count > 2 * membersMax) {
      registerCount -= table.count;
      table.shrink(membersMax, nowHour);
      registerCount += table.count;
    }
    while (registerCount > registersMax && membersMax > 1) {
      membersMax = Math.floor(membersMax / 2);
      registerCount = 0;
      for (const other of allTables()) {
        other.shrink(membersMax, nowHour);
        registerCount += other.count;
      }
    }
  }

  function erase(event: FeatureEvent): void {
    const owner = memberHash(event.profileId);
    const until = instantOf(event);
    if (until <= (erasedUntil.get(owner) ?? Number.NEGATIVE_INFINITY)) return;
    erasedUntil.set(owner, until);
    for (const [titleId, { tables, byCountry }] of titles) {
      for (const own of [tables, ...byCountry.values()]) {
        for (const table of own) {
          const before = table?.count ?? 0;
          if (!table?.erase(owner, until, nowHour)) continue;
          registerCount += table.count - before;
          dirty.add(titleId);
        }
      }
    }
  }

  function take(event: FeatureEvent): void {
    if (event.type === "erasure") {
      erase(event);
      return;
    }
    const seenAt = Math.max(event.occurredAt, event.knownAt);
    const waits = seenAt > now && pending.length < PENDING_MAX;
    let owner = 0;
    for (let group = 0; group < plan.groups.length; group++) {
      const definition = plan.groups[group]!;
      const value = signValue(definition.sign, event);
      if (value === undefined) continue;
      owner ||= memberHash(event.profileId);
      const hash = definition.member === "event" ? memberHash(memberOf(definition, event)) : owner;
      const key = keyOf(definition, event);
      const register = { group, key, hash, at: instantOf(event), value, owner, seenAt };
      if (waits) pending.push(register);
      else put(register);
    }
  }

  function* advance(to: number): Generator<void> {
    now = Math.max(now, to);
    if (hourOf(now) !== nowHour) {
      nowHour = hourOf(now);
      let step = 0;
      for (const [titleId, record] of titles) {
        for (const own of [record.tables, ...record.byCountry.values()]) {
          for (const table of own) {
            if (!table) continue;
            const before = table.count;
            table.tick(nowHour);
            registerCount += table.count - before;
            step += before + 1;
          }
        }
        dropEmpty(titleId, record);
        write(titleId);
        if (step < STEP_REGISTERS) continue;
        step = 0;
        yield;
      }
    }
    const due = pending.filter(({ seenAt }) => seenAt <= now);
    if (due.length > 0) {
      pending = pending.filter(({ seenAt }) => seenAt > now);
      for (const register of due) put(register);
    }
    // Now, so that the next page finds its columns written.
    let written = 0;
    for (const titleId of dirty) {
      dirty.delete(titleId);
      write(titleId);
      written++;
      if (written % STEP_TITLES === 0) yield;
    }
  }

  function dropEmpty(titleId: string, { tables, byCountry }: TitleRecord): void {
    for (const own of [tables, ...byCountry.values()]) {
      for (let group = 0; group < own.length; group++) {
        if (own[group] === undefined || own[group]!.count > 0) continue;
        own[group] = undefined;
        keyCount--;
      }
    }
    for (const [country, own] of byCountry) if (own.every((table) => table === undefined)) byCountry.delete(country);
    if (byCountry.size === 0 && tables.every((table) => table === undefined)) titles.delete(titleId);
  }

  function valueFor(feature: number, titleId: string, country: string): number {
    const record = titles.get(titleId);
    const definition = plan.features[feature]!;
    const tables = definition.dimension ? record?.byCountry.get(country) : record?.tables;
    const places = plan.places[feature]!;
    for (let i = 0; i < places.length; i++) {
      const { group, component } = places[i]!;
      scratch[i] = tables?.[group]?.component(component) ?? 0;
    }
    return featureValue(definition, scratch, now);
  }

  function columnOf(titleIds: readonly string[], feature: number, country: string): Float32Array {
    return Float32Array.from(titleIds, (titleId) => valueFor(feature, titleId, country));
  }

  function write(titleId: string): void {
    for (const { rowOf, columns, byCountry } of alignments) {
      const row = rowOf.get(titleId);
      if (row === undefined) continue;
      columns.forEach((column, feature) => {
        if (column) column[row] = valueFor(feature, titleId, "");
      });
      for (const [country, own] of byCountry) {
        own.forEach((column, feature) => {
          if (column) column[row] = valueFor(feature, titleId, country);
        });
      }
    }
  }

  /** Writes what changed since the last question into the columns of everybody. */
  function refresh(): void {
    for (const titleId of dirty) write(titleId);
    dirty.clear();
  }

  function align(titleIds: readonly string[]): Alignment {
    const known = alignments.find((other) => other.titleIds === titleIds);
    if (known) return known;
    const columns = plan.features.map(({ dimension }, feature) =>
      dimension ? undefined : columnOf(titleIds, feature, ""),
    );
    const rowOf = new Map(titleIds.map((titleId, row) => [titleId, row]));
    const made: Alignment = { titleIds, rowOf, columns, byCountry: new Map() };
    alignments = [made, ...alignments].slice(0, ALIGNMENTS_MAX);
    return made;
  }

  const names = plan.features.map(({ name }) => name);
  const placeOf = (topic: string, partition: number) => `${topic}/${partition}`;

  const fold: TitleFeatureFold = {
    fold({ topic, partition, records }) {
      const place = placeOf(topic, partition);
      const from = positions.get(place)?.nextOffset ?? 0;
      for (const { offset, value } of records) {
        if (offset < from) continue;
        const event = decodeFeatureEvent(value);
        if (event) take(event);
      }
      const last = records.at(-1);
      if (last && last.offset >= from) positions.set(place, { topic, partition, nextOffset: last.offset + 1 });
    },
    advanceTo(to) {
      for (const _ of advance(to));
    },
    advance,
    positions: () => [...positions.values()],
    features(titleIds) {
      refresh();
      const { columns, byCountry } = align(titleIds);
      return {
        names,
        column(feature, country) {
          const column = columns[feature];
          if (column) return column;
          const own = byCountry.get(country) ?? [];
          byCountry.set(country, own);
          const known = own[feature];
          if (known) return known;
          const made = columnOf(titleIds, feature, country);
          own[feature] = made;
          return made;
        },
      };
    },
    size() {
      let bytes = 0;
      for (const table of allTables()) bytes += table.bytes;
      return { keys: keyCount, registers: registerCount, bytes, pending: pending.length, ignored };
    },
  };

  function* load(table: TitleFeatureTable): Generator<void> {
    for (const position of table.positions) positions.set(placeOf(position.topic, position.partition), position);
    const { hashes, until } = table.erased;
    hashes.forEach((hash, i) => {
      erasedUntil.set(hash, until[i]!);
    });
    let step = 0;
    for (const [group, registers] of table.groups.entries()) {
      const width = plan.groups[group]!.components.length;
      for (const [row, key] of registers.keys.entries()) {
        const from = registers.offsets[row]!;
        const to = registers.offsets[row + 1]!;
        const target = tableOf(group, key, to - from);
        if (!target) continue;
        for (let i = from; i < to; i++) {
          const hash = registers.hashes[i]!;
          const owner = registers.owners[i] ?? hash;
          target.put({ hash, at: registers.instants[i]!, value: registers.values[i]!, owner }, nowHour);
        }
        target.correct(registers.levels[row]!, [...registers.components.subarray(row * width, (row + 1) * width)]);
        registerCount += target.count;
        keepWithin(target);
        step += to - from + 1;
        if (step < STEP_REGISTERS) continue;
        step = 0;
        yield;
      }
    }
    pending = [...table.pending];
    assert(table.groups.length === plan.groups.length, "registers of each group");
  }

  return { fold, load };
}
