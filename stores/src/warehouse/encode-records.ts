/** Records of the log as rows of TabSeparated, bytes untouched as far as the format lets them. */
import type { LogRecord } from "../event-log/port.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === TAB || byte === NEWLINE || byte === 0x0d;

/** Whether the bytes could be a JSON object: the first and last that are no space are braces. The engine reads the rest. */
export function looksLikeObject(value: Uint8Array): boolean {
  let first = 0;
  let last = value.length - 1;
  while (first < last && isSpace(value[first])) first++;
  while (last > first && isSpace(value[last])) last--;
  return value[first] === 0x7b && value[last] === 0x7d && first < last;
}

/** From the first value to the last, as far as the records lie side by side, as in a block of the log. */
function spanOf(records: readonly LogRecord[], from: number): { readonly bytes: Buffer; readonly to: number } {
  const first = (records[from] as LogRecord).value;
  let end = first.byteOffset + first.length;
  let to = from + 1;
  for (; to < records.length; to++) {
    const { value } = records[to] as LogRecord;
    if (value.buffer !== first.buffer || value.byteOffset !== end) break;
    end += value.length;
  }
  return { bytes: Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset), to };
}

const isPlain = (bytes: Buffer) => bytes.indexOf(BACKSLASH) < 0 && bytes.indexOf(NEWLINE) < 0 && bytes.indexOf(TAB) < 0;

/** TabSeparated rows `topic, partition, offset, value`; backslash, tab and newline in a value are escaped (JSON text has few). */
export function encodeRecords(topic: string, partition: number, records: readonly LogRecord[]): Buffer {
  const prefix = Buffer.from(`${topic}\t${partition}\t`, "utf8");
  const plainBytesMax = prefix.length + 18;
  let capacity = 0;
  for (const { value } of records) capacity += plainBytesMax + value.length;
  let target = Buffer.allocUnsafe(capacity);
  let at = 0;
  let plainTo = 0;
  let spanTo = 0;
  for (let i = 0; i < records.length; i++) {
    const { offset, value } = records[i] as LogRecord;
    if (i === spanTo) {
      // One look at a block's values together instead of three at each.
      const span = spanOf(records, i);
      spanTo = span.to;
      plainTo = isPlain(span.bytes) ? span.to : i;
    }
    // Twice the value is the most that escaping makes of it.
    if (at + plainBytesMax + value.length * (i < plainTo ? 1 : 2) > target.length) {
      const larger = Buffer.allocUnsafe(target.length * 2 + value.length * 2 + 64);
      target.copy(larger, 0, 0, at);
      target = larger;
    }
    target.set(prefix, at);
    at += prefix.length;
    at += target.write(String(offset), at, "latin1");
    target[at++] = TAB;
    if (i < plainTo || isPlain(Buffer.from(value.buffer, value.byteOffset, value.length))) {
      target.set(value, at);
      at += value.length;
    } else {
      for (const byte of value) {
        if (byte === BACKSLASH || byte === NEWLINE || byte === TAB) {
          target[at++] = BACKSLASH;
          target[at++] = byte === BACKSLASH ? BACKSLASH : byte === NEWLINE ? 0x6e : 0x74;
        } else target[at++] = byte;
      }
    }
    target[at++] = NEWLINE;
  }
  return target.subarray(0, at);
}
