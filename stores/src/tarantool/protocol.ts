/**
 * IPROTO, Tarantool's binary protocol, as values: the greeting, requests as bytes, replies out of bytes.
 *
 * Source: Tarantool's manual, "Binary protocol" (2.x). A request is its size, a header {0: type, 1: sync} and a body; a
 * reply has the same sync, a type of 0 or 0x8000 + the error's code, and the version of the schema it was made under.
 *
 * Integers beyond 2^53 are bigints, given and received; byte strings are Buffers.
 */
import { createHash } from "node:crypto";
import { Unpackr } from "msgpackr";
import { type Packable, pack } from "./pack.ts";

export const GREETING_BYTES = 128;
const SALT_AT = 64;
const SALT_END = 108;
const SCRAMBLE_BYTES = 20;

export const REQUEST = { select: 1, replace: 3, auth: 7, eval: 8, call: 10, ping: 64 } as const;
export type RequestType = (typeof REQUEST)[keyof typeof REQUEST];

const KEY = {
  schemaVersion: 0x05,
  space: 0x10,
  index: 0x11,
  limit: 0x12,
  offset: 0x13,
  iterator: 0x14,
  key: 0x20,
  tuple: 0x21,
  functionName: 0x22,
  userName: 0x23,
  expression: 0x27,
  data: 0x30,
  error: 0x31,
} as const;
const ERROR_TYPE = 0x8000;
const MAP_OF_TWO = 0x82;
const UINT32 = 0xce;
const HEAD_BYTES = 14;

/** "auto": a number as long as it is exact, else a bigint. Its types (2.1.3) don't know it yet. */
const EXACT_INTEGERS: object = { int64AsType: "auto" };
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, ...EXACT_INTEGERS });

export interface Greeting {
  /** "2.6.0" */
  readonly version: string;
  readonly salt: Buffer;
}

/** Throws when these bytes are no Tarantool's. */
export function parseGreeting(bytes: Buffer): Greeting {
  const text = bytes.toString("latin1", 0, SALT_AT);
  const version = /^Tarantool (\S+)( \(Binary\))?/.exec(text)?.[1];
  const salt = Buffer.from(bytes.toString("latin1", SALT_AT, SALT_END), "base64");
  if (version === undefined || salt.length < SCRAMBLE_BYTES) {
    const begin = text.slice(0, 20).replaceAll(/[^ -~]/g, ".");
    throw new Error(`what answers there is no Tarantool: it begins with "${begin}"`);
  }
  return { version, salt };
}

const sha1 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** chap-sha1: the password never crosses the wire, nor what the server keeps of it. */
export function scramble(password: string, salt: Buffer): Buffer {
  const once = sha1(Buffer.from(password, "utf8"));
  const mask = sha1(salt.subarray(0, SCRAMBLE_BYTES), sha1(once));
  return Buffer.from(once.map((byte, i) => byte ^ mask[i]!));
}

const bodyOf = (entries: readonly (readonly [number, Packable])[]): Buffer => pack(new Map(entries));

/** {functionName: …, tuple: — and the arguments follow. By name: there are a dozen. */
const callPrefixes = new Map<string, Buffer>();
const CALL_PREFIXES_MAX = 1_000;

export const body = {
  call(functionName: string, args: readonly Packable[]): Buffer {
    let prefix = callPrefixes.get(functionName);
    if (!prefix) {
      const name = pack(functionName);
      prefix = Buffer.concat([Buffer.of(MAP_OF_TWO, KEY.functionName), name, Buffer.of(KEY.tuple)]);
      if (callPrefixes.size < CALL_PREFIXES_MAX) callPrefixes.set(functionName, prefix);
    }
    return Buffer.concat([prefix, pack(args)]);
  },
  eval: (expression: string, args: readonly Packable[]) =>
    bodyOf([
      [KEY.expression, expression],
      [KEY.tuple, args],
    ]),
  auth: (user: string, password: string, salt: Buffer) =>
    bodyOf([
      [KEY.userName, user],
      [KEY.tuple, ["chap-sha1", scramble(password, salt)]],
    ]),
  select: (space: number, index: number, key: readonly Packable[], limit: number) =>
    bodyOf([
      [KEY.space, space],
      [KEY.index, index],
      [KEY.limit, limit],
      [KEY.offset, 0],
      [KEY.iterator, 0],
      [KEY.key, key],
    ]),
  replace: (space: number, tuple: readonly Packable[]) =>
    bodyOf([
      [KEY.space, space],
      [KEY.tuple, tuple],
    ]),
  ping: () => bodyOf([]),
};

/** The size and the header of a request whose body follows. */
export function requestHead(type: RequestType, sync: number, bodyBytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head[0] = UINT32;
  head.writeUInt32BE(HEAD_BYTES - 5 + bodyBytes, 1);
  head[5] = MAP_OF_TWO;
  head[6] = 0;
  head[7] = type;
  head[8] = 1;
  head[9] = UINT32;
  head.writeUInt32BE(sync, 10);
  return head;
}

export interface Reply {
  readonly sync: number;
  readonly schemaVersion: number;
  readonly outcome:
    | { readonly kind: "data"; readonly data: readonly unknown[] }
    | { readonly kind: "error"; readonly code: number; readonly message: string };
}

/** Throws where the frame is no reply. */
export function decodeReply(frame: Buffer): Reply {
  const [header, content]: unknown[] = unpackr.unpackMultiple(frame) ?? [];
  if (!(header instanceof Map)) throw new Error("a reply without a header");
  const type: unknown = header.get(0);
  const sync: unknown = header.get(1);
  const version: unknown = header.get(KEY.schemaVersion);
  if (typeof type !== "number" || typeof sync !== "number") throw new Error("a reply without a type and a sync");
  const fields: Map<unknown, unknown> = content instanceof Map ? content : new Map();
  const schemaVersion = typeof version === "number" ? version : 0;
  if (type >= ERROR_TYPE) {
    const message = String(fields.get(KEY.error) ?? "an error without a text");
    return { sync, schemaVersion, outcome: { kind: "error", code: type - ERROR_TYPE, message } };
  }
  const data: unknown = fields.get(KEY.data) ?? [];
  if (!Array.isArray(data)) throw new Error("a reply whose data is no array");
  return { sync, schemaVersion, outcome: { kind: "data", data } };
}
