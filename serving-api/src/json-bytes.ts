/**
 * JSON written straight into bytes. An answer of 8 KB put together from 400 parts of text is a tree of them inside V8,
 * made flat once, measured once and encoded once more before it reaches the socket: 75 µs a request beside 44 when bytes
 * are written here and handed over as they are (32 for the same bytes each time).
 */
import { assert } from "@thewatcher/kit/assert";

/** A page of 50 KB fits; one that does not makes it larger for good. */
const CAPACITY_BYTES = 256 * 1024;
/** Below this a loop is faster than a call into the engine. */
const LOOPED_BYTES_MAX = 24;
/** A sign, ten digits before the point (2^53 millionths), the point, six behind it. */
const SCORE_BYTES_MAX = 18;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** The three digits of 0 to 999, one number after the other. */
const THREE_DIGITS = Uint8Array.from(
  Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, "0")).join(""),
  (digit) => ZERO + Number(digit),
);

export interface JsonBytes {
  /** Begins an answer: what one that failed half-way has left is dropped. */
  begin(): void;
  /** As they are. */
  raw(bytes: Uint8Array): void;
  /** Text of ASCII that needs no escapes, as it is. */
  ascii(text: string): void;
  /** Any value, through JSON.stringify. */
  value(value: unknown): void;
  /** Six decimals: scores compare in the first three. */
  score(score: number): void;
  /** Everything written since `begin`, in memory of its own. */
  take(): Uint8Array<ArrayBuffer>;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function createJsonBytes(): JsonBytes {
  let buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  let at = 0;

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (at + bytes));
    larger.set(buffer.subarray(0, at));
    buffer = larger;
  }

  function ascii(text: string): void {
    reserve(text.length);
    if (text.length > LOOPED_BYTES_MAX) {
      at += buffer.write(text, at, "latin1");
      return;
    }
    // The engine keeps what a closure changes in memory: in locals the loop takes a third of the time.
    const into = buffer;
    const from = at;
    for (let i = 0; i < text.length; i++) into[from + i] = text.charCodeAt(i);
    at = from + text.length;
  }

  return {
    begin() {
      at = 0;
    },
    raw(bytes) {
      reserve(bytes.length);
      if (bytes.length > LOOPED_BYTES_MAX) {
        buffer.set(bytes, at);
        at += bytes.length;
        return;
      }
      const into = buffer;
      const from = at;
      for (let i = 0; i < bytes.length; i++) into[from + i] = bytes[i]!;
      at = from + bytes.length;
    },
    ascii,
    value(value) {
      const text = JSON.stringify(value);
      reserve(3 * text.length);
      at += buffer.write(text, at, "utf8");
    },
    score(score) {
      assert(Number.isFinite(score), "a score is a number", () => String(score));
      const millionths = Math.round(Math.abs(score) * 1e6);
      // Beyond 2^53 millionths there are no decimals to keep.
      if (millionths > Number.MAX_SAFE_INTEGER) return ascii(String(score));
      const whole = Math.floor(millionths / 1e6);
      const rest = millionths - whole * 1e6;
      const high = Math.floor(rest / 1e3);
      const low = rest - high * 1e3;
      reserve(SCORE_BYTES_MAX);
      if (score < 0) buffer[at++] = MINUS;
      if (whole < 10) buffer[at++] = ZERO + whole;
      else ascii(String(whole));
      const into = buffer;
      const from = at;
      into[from] = POINT;
      into[from + 1] = THREE_DIGITS[3 * high]!;
      into[from + 2] = THREE_DIGITS[3 * high + 1]!;
      into[from + 3] = THREE_DIGITS[3 * high + 2]!;
      into[from + 4] = THREE_DIGITS[3 * low]!;
      into[from + 5] = THREE_DIGITS[3 * low + 1]!;
      into[from + 6] = THREE_DIGITS[3 * low + 2]!;
      at = from + 7;
    },
    take() {
      // Not from the pool, whose buffers others write into while this one is on its way.
      const taken = Buffer.allocUnsafeSlow(at);
      buffer.copy(taken, 0, 0, at);
      return taken;
    },
  };
}
