/**
 * Features of titles as of an instant and a place in the log: what is published for serving. The columns are for whoever
 * reads values; the registers are for the fold (title-feature-fold.ts), which goes on from `positions`.
 *
 * File: "TWTF1\n", a JSON header's length (uint32 LE), the header, zero bytes up to a multiple of 8, then the arrays that
 * the header names, each little-endian and aligned to 8 bytes: as in contracts/src/item-tables.ts. A file says by which
 * declarations it was made (`planId`); one of others is refused, and the publisher's next one will do.
 */
import { createHash } from "node:crypto";
import type { FeaturePlan } from "./definitions.ts";
import type { LogPosition } from "./feature-sql.ts";

/** Registers of one group, by key. */
export interface GroupRegisters {
  /** Ascending: titleId, or titleId and country with a tab between them. */
  readonly keys: readonly string[];
  /** By key: see register-table.ts. */
  readonly levels: Uint8Array;
  /** [keys × components], of all members. */
  readonly components: Float64Array;
  /** [keys + 1]: where the registers of a key begin. */
  readonly offsets: Uint32Array;
  readonly hashes: Uint32Array;
  readonly instants: Float64Array;
  readonly values: Float32Array;
  /** Hash of the profile; empty where the member is one. */
  readonly owners: Uint32Array;
}

/** What was in the log already and may be seen only later: a clock ran ahead. */
export interface PendingRegister {
  readonly group: number;
  readonly key: string;
  readonly hash: number;
  readonly at: number;
  readonly value: number;
  readonly owner: number;
  readonly seenAt: number;
}

export interface TitleFeatureTable {
  /** Milliseconds since the epoch. */
  readonly asOf: number;
  readonly planId: string;
  /** The part of the log that it includes. */
  readonly positions: readonly LogPosition[];
  /** A feature, or `feature@country` of one that has each country's own. */
  readonly names: readonly string[];
  /** Ascending: titles with any event. */
  readonly titleIds: readonly string[];
  /** By name, aligned with titleIds. */
  readonly columns: readonly Float32Array[];
  /** By group of the plan. */
  readonly groups: readonly GroupRegisters[];
  readonly pending: readonly PendingRegister[];
  /** Erasures: hash of the profile → last instant that is forgotten. */
  readonly erased: { readonly hashes: Uint32Array; readonly until: Float64Array };
}

const PREFIX = "features/titles/";
export const TITLE_FEATURES_PREFIX = PREFIX;
/** Sorts by time: 13 digits last until 2286. */
export const titleFeaturesKey = (asOf: number): string => `${PREFIX}${String(asOf).padStart(13, "0")}.bin`;
/** JSON: `{ "key": "features/titles/…", "asOf": … }`. */
export const TITLE_FEATURES_POINTER = `${PREFIX}current.json`;

/** Changes with anything that a register or a component depends on. */
export function planIdOf(plan: FeaturePlan): string {
  const told = plan.features.map(({ name, window, dimension, aggregate }) => ({ name, window, dimension, aggregate }));
  return createHash("sha256")
    .update(JSON.stringify([told, plan.groups]))
    .digest("hex")
    .slice(0, 16);
}

const MAGIC = "TWTF1\n";
const align = (offset: number): number => (offset + 7) & ~7;

const ARRAYS = { u8: Uint8Array, u32: Uint32Array, f32: Float32Array, f64: Float64Array } as const;
type ArrayType = keyof typeof ARRAYS;
type Values = Uint8Array | Uint32Array | Float32Array | Float64Array;
const typeOf = (values: Values): ArrayType => {
  if (values instanceof Uint8Array) return "u8";
  if (values instanceof Uint32Array) return "u32";
  return values instanceof Float32Array ? "f32" : "f64";
};

type Header = Pick<TitleFeatureTable, "asOf" | "planId" | "positions" | "names" | "titleIds" | "pending"> & {
  readonly groupKeys: readonly (readonly string[])[];
  readonly sections: readonly { readonly type: ArrayType; readonly length: number }[];
};

export function encodeTitleFeatureTable(table: TitleFeatureTable): Uint8Array {
  const { asOf, planId, positions, names, titleIds, pending } = table;
  const arrays: Values[] = [
    ...table.columns,
    ...table.groups.flatMap((group): Values[] => [
      group.levels,
      group.components,
      group.offsets,
      group.hashes,
      group.instants,
      group.values,
      group.owners,
    ]),
    table.erased.hashes,
    table.erased.until,
  ];
  const sections = arrays.map((values) => ({ type: typeOf(values), length: values.length }));
  const groupKeys = table.groups.map(({ keys }) => keys);
  const header: Header = { asOf, planId, positions, names, titleIds, pending, groupKeys, sections };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const start = align(MAGIC.length + 4 + headerBytes.length);
  const bytes = new Uint8Array(arrays.reduce((offset, values) => align(offset + values.byteLength), start));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, headerBytes.length, true);
  bytes.set(headerBytes, MAGIC.length + 4);
  let offset = start;
  for (const values of arrays) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset = align(offset + values.byteLength);
  }
  return bytes;
}

/** Throws an Error that says what is wrong with bytes that are no such table. */
export function decodeTitleFeatureTable(source: Uint8Array): TitleFeatureTable {
  const start = MAGIC.length + 4;
  if (source.byteLength < start || new TextDecoder().decode(source.subarray(0, MAGIC.length)) !== MAGIC)
    throw new Error(`title features: the object does not start with ${JSON.stringify(MAGIC)}`);
  // The arrays are views: their buffer must be aligned, so a view into a larger buffer is copied once.
  const bytes = source.byteOffset % 8 === 0 ? source : new Uint8Array(source);
  const headerEnd = start + new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (headerEnd > bytes.byteLength) throw new Error("title features: the header is cut off");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, headerEnd))) as Header;
  let offset = align(headerEnd);
  const arrays = header.sections.map(({ type, length }) => {
    const Values = ARRAYS[type];
    const end = offset + length * Values.BYTES_PER_ELEMENT;
    if (end > bytes.byteLength) throw new Error(`title features: cut off at byte ${bytes.byteLength} of ${end}`);
    const at = bytes.byteOffset + offset;
    offset = align(end);
    return new Values(bytes.buffer as ArrayBuffer, at, length);
  });
  let taken = 0;
  function take<Type extends ArrayType>(type: Type): InstanceType<(typeof ARRAYS)[Type]> {
    const values = arrays[taken++];
    if (!(values instanceof ARRAYS[type])) throw new Error(`title features: section ${taken - 1} is not of ${type}`);
    return values as InstanceType<(typeof ARRAYS)[Type]>;
  }
  const { asOf, planId, positions, names, titleIds, pending } = header;
  const columns = names.map(() => take("f32"));
  const groups = header.groupKeys.map((keys) => ({
    keys,
    levels: take("u8"),
    components: take("f64"),
    offsets: take("u32"),
    hashes: take("u32"),
    instants: take("f64"),
    values: take("f32"),
    owners: take("u32"),
  }));
  return {
    asOf,
    planId,
    positions,
    names,
    titleIds,
    columns,
    groups,
    pending,
    erased: { hashes: take("u32"), until: take("f64") },
  };
}
