/** What every cache refuses, in the same words. */
import { CACHE_VALUE_BYTES_MAX } from "./port.ts";

/** UTF-8 bytes of a key. Redis takes more; LMDB's limit is 1,978, less the eight bytes of an instant beside it. */
export const CACHE_KEY_BYTES_MAX = 512;

export function checkCacheKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > CACHE_KEY_BYTES_MAX) {
    throw new RangeError(`cache: a key of ${bytes} bytes is refused; 1 to ${CACHE_KEY_BYTES_MAX} are accepted`);
  }
}

export function checkCacheEntry(key: string, value: string, ttlMs: number): void {
  checkCacheKey(key);
  const bytes = Buffer.byteLength(value);
  if (bytes > CACHE_VALUE_BYTES_MAX) {
    throw new RangeError(`cache: a value of ${bytes} bytes is refused; at most ${CACHE_VALUE_BYTES_MAX} are accepted`);
  }
  checkTtl(ttlMs);
}

export function checkCacheIncrement(key: string, by: number, ttlMs: number): void {
  checkCacheKey(key);
  if (!Number.isSafeInteger(by) || by < 1) {
    throw new RangeError(`cache: an increment by ${by} is refused; an integer ≥ 1 is accepted`);
  }
  checkTtl(ttlMs);
}

function checkTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new RangeError(`cache: ttlMs is ${ttlMs}; an integer ≥ 1 is accepted`);
  }
}
