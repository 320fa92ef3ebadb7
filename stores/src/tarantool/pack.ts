/**
 * What a request carries, as msgpack. Not by msgpackr, which writes whole numbers beyond 2^32 as doubles and bigints as
 * signed: Tarantool's unsigned fields refuse both. One pass for the size, one for the bytes.
 */

export type Packable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Packable[]
  | ReadonlyMap<Packable, Packable>;

const UINT32_MAX = 0xffffffff;
const NO_INTEGER = "tarantool: an integer between -2^63 and 2^64 - 1 is accepted";

const isInteger = (value: number | bigint): boolean => typeof value === "bigint" || Number.isSafeInteger(value);

function integerBytes(value: number | bigint): number {
  if (value >= 0) return value < 0x80 ? 1 : value <= 0xff ? 2 : value <= 0xffff ? 3 : value <= UINT32_MAX ? 5 : 9;
  return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : value >= -0x80000000 ? 5 : 9;
}

/** Of the head of a string (`fixMax` 31), bytes (none), an array or a map (15). */
const headBytes = (length: number, fixMax: number, hasByte: boolean): number =>
  length <= fixMax ? 1 : hasByte && length <= 0xff ? 2 : length <= 0xffff ? 3 : 5;

function sizeOf(value: Packable): number {
  if (value === null || value === undefined || typeof value === "boolean") return 1;
  if (typeof value === "number" || typeof value === "bigint") return isInteger(value) ? integerBytes(value) : 9;
  if (typeof value === "string") {
    const length = Buffer.byteLength(value);
    return headBytes(length, 31, true) + length;
  }
  if (value instanceof Uint8Array) return headBytes(value.length, -1, true) + value.length;
  if (value instanceof Map) {
    let bytes = headBytes(value.size, 15, false);
    for (const [key, item] of value) bytes += sizeOf(key) + sizeOf(item);
    return bytes;
  }
  const items = value as readonly Packable[];
  let bytes = headBytes(items.length, 15, false);
  for (const item of items) bytes += sizeOf(item);
  return bytes;
}

function writeInteger(to: Buffer, at: number, value: number | bigint): number {
  if (integerBytes(value) === 9) {
    const wide = BigInt(value);
    if (wide >= 2n ** 64n || wide < -(2n ** 63n)) throw new Error(`${NO_INTEGER}, got ${wide}`);
    to[at] = wide < 0n ? 0xd3 : 0xcf;
    return wide < 0n ? to.writeBigInt64BE(wide, at + 1) : to.writeBigUInt64BE(wide, at + 1);
  }
  const small = Number(value);
  switch (integerBytes(small)) {
    case 1:
      return to.writeUInt8(small & 0xff, at);
    case 2:
      to[at] = small < 0 ? 0xd0 : 0xcc;
      return to.writeUInt8(small & 0xff, at + 1);
    case 3:
      to[at] = small < 0 ? 0xd1 : 0xcd;
      return to.writeUInt16BE(small & 0xffff, at + 1);
    default:
      to[at] = small < 0 ? 0xd2 : 0xce;
      return to.writeUInt32BE(small >>> 0, at + 1);
  }
}

/** `types`: of the fixed form, and of those with a length of 1, 2 and 4 bytes. */
function writeHead(to: Buffer, at: number, length: number, fixMax: number, types: readonly number[]): number {
  const [fixed = 0, byte = 0, short = 0, long = 0] = types;
  if (length <= fixMax) return to.writeUInt8(fixed | length, at);
  if (byte !== 0 && length <= 0xff) return to.writeUInt8(length, to.writeUInt8(byte, at));
  if (length <= 0xffff) return to.writeUInt16BE(length, to.writeUInt8(short, at));
  return to.writeUInt32BE(length, to.writeUInt8(long, at));
}

function write(to: Buffer, at: number, value: Packable): number {
  if (value === null || value === undefined) return to.writeUInt8(0xc0, at);
  if (typeof value === "boolean") return to.writeUInt8(value ? 0xc3 : 0xc2, at);
  if (typeof value === "number" || typeof value === "bigint") {
    return isInteger(value) ? writeInteger(to, at, value) : to.writeDoubleBE(Number(value), to.writeUInt8(0xcb, at));
  }
  if (typeof value === "string") {
    const start = writeHead(to, at, Buffer.byteLength(value), 31, [0xa0, 0xd9, 0xda, 0xdb]);
    return start + to.write(value, start);
  }
  if (value instanceof Uint8Array) {
    const start = writeHead(to, at, value.length, -1, [0, 0xc4, 0xc5, 0xc6]);
    to.set(value, start);
    return start + value.length;
  }
  if (value instanceof Map) {
    let end = writeHead(to, at, value.size, 15, [0x80, 0, 0xde, 0xdf]);
    for (const [key, item] of value) end = write(to, write(to, end, key), item);
    return end;
  }
  const items = value as readonly Packable[];
  let end = writeHead(to, at, items.length, 15, [0x90, 0, 0xdc, 0xdd]);
  for (const item of items) end = write(to, end, item);
  return end;
}

export function pack(value: Packable): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOf(value));
  write(bytes, 0, value);
  return bytes;
}
