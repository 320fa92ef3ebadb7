/**
 * A block: the records of one partition that became durable together, as one LMDB value.
 *
 * Layout, little-endian: format u8 (1), 3 bytes of zero, CRC-32 of all that follows u32, record count u32, then for each
 * record the end of its key u32, then for each the end of its value u32 (counted from the start of the keys, of the
 * values), then all keys, then all values. The ends give any record without reading those before it.
 */
import { crc32 } from "node:zlib";
import type { LogRecord, NewRecord } from "./port.ts";

const FORMAT = 1;
const HEADER_BYTES = 12;
/** Two ends. */
const ENTRY_BYTES = 8;

/**
 * A block is closed when it would grow past this. A reader at any offset copies and checks one whole block: 256 KB is
 * 0.1 ms; larger ones gave no faster append (250-byte records, 64 KB to 1 MB tried).
 */
export const BLOCK_BYTES_TARGET = 262_144;

/** What a record adds to a block, for cutting. */
export function entryBytes(keyLength: number, valueBytes: number): number {
  return ENTRY_BYTES + keyLength + valueBytes;
}

/** `valueBytes[i]` is the UTF-8 length of the value of `records[i]`. */
export function encodeBlock(records: readonly NewRecord[], valueBytes: ArrayLike<number>): Buffer {
  const count = records.length;
  let keysBytes = 0;
  let valuesBytes = 0;
  const keyEnds = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    keysBytes += Buffer.byteLength(records[i]!.key);
    keyEnds[i] = keysBytes;
    valuesBytes += valueBytes[i]!;
  }
  const block = Buffer.allocUnsafeSlow(HEADER_BYTES + count * ENTRY_BYTES + keysBytes + valuesBytes);
  block.writeUInt32LE(FORMAT, 0);
  block.writeUInt32LE(count, 8);
  const keysAt = HEADER_BYTES + count * ENTRY_BYTES;
  const valuesAt = keysAt + keysBytes;
  let valueEnd = 0;
  let keyStart = 0;
  for (let i = 0; i < count; i++) {
    const { key, value } = records[i]!;
    const keyEnd = keyEnds[i]!;
    writeText(block, key, keysAt + keyStart, keyEnd - keyStart);
    keyStart = keyEnd;
    if (typeof value === "string") writeText(block, value, valuesAt + valueEnd, valueBytes[i]!);
    else block.set(value, valuesAt + valueEnd);
    valueEnd += valueBytes[i]!;
    block.writeUInt32LE(keyEnd, HEADER_BYTES + i * 4);
    block.writeUInt32LE(valueEnd, HEADER_BYTES + (count + i) * 4);
  }
  block.writeUInt32LE(crc32(block.subarray(8)), 4);
  return block;
}

/** As many bytes as characters means ASCII, which is copied without being encoded: three times as fast. */
function writeText(block: Buffer, text: string, at: number, bytes: number): void {
  block.write(text, at, bytes, bytes === text.length ? "latin1" : "utf8");
}

/** Throws when the bytes are not those that were written. */
export function checkBlock(block: Buffer): void {
  if (block.length < HEADER_BYTES || block[0] !== FORMAT) throw new Error("not a block of format 1");
  if (crc32(block.subarray(8)) !== block.readUInt32LE(4)) throw new Error("its checksum differs from its bytes");
}

export function recordCount(block: Buffer): number {
  return block.readUInt32LE(8);
}

/**
 * Adds records of the block to `into`, from the `index`-th on, until a limit is met; answers the bytes (keys and values)
 * added. Where `into` is empty, one record is added whatever its size. Values are views of the block.
 */
export function decodeRecords(
  block: Buffer,
  firstOffset: number,
  index: number,
  limits: { readonly recordsMax: number; readonly bytesMax: number },
  into: LogRecord[],
): number {
  const count = recordCount(block);
  const keysAt = HEADER_BYTES + count * ENTRY_BYTES;
  const end = (i: number) => (i < 0 ? 0 : block.readUInt32LE(HEADER_BYTES + i * 4));
  const valuesAt = keysAt + end(count - 1);
  let keyStart = end(index - 1);
  let valueStart = index === 0 ? 0 : end(count + index - 1);
  let added = 0;
  for (let i = index; i < count && into.length < limits.recordsMax; i++) {
    const keyEnd = end(i);
    const valueEnd = end(count + i);
    const bytes = keyEnd - keyStart + valueEnd - valueStart;
    if (added + bytes > limits.bytesMax && into.length > 0) break;
    into.push({
      offset: firstOffset + i,
      key: block.toString("utf8", keysAt + keyStart, keysAt + keyEnd),
      value: new Uint8Array(block.buffer, block.byteOffset + valuesAt + valueStart, valueEnd - valueStart),
    });
    added += bytes;
    keyStart = keyEnd;
    valueStart = valueEnd;
  }
  return added;
}
