/** Sessions and short-lived values. Everything here may vanish after its time, nothing before it (Redis without eviction). */

/** UTF-8 bytes of a value. */
export const CACHE_VALUE_BYTES_MAX = 262_144;

export interface Cache {
  /** The value, or undefined when absent or expired. */
  get(key: string): Promise<string | undefined>;
  /** `ttlMs` ≥ 1. */
  set(key: string, value: string, options: { readonly ttlMs: number }): Promise<void>;
  /** Sets only where the key is absent or expired; says whether it did. One of many callers wins. */
  add(key: string, value: string, options: { readonly ttlMs: number }): Promise<boolean>;
  /** Reads and removes in one step: a one-time value is had by one caller. */
  take(key: string): Promise<string | undefined>;
  /**
   * Adds `by` (default 1; an integer ≥ 1) to a count and answers what it is then, in one step. One that is absent or
   * expired begins at 0, and its time begins then: later calls do not lengthen it. `get` reads it as decimal text; on a
   * value that is no count it rejects.
   */
  increment(key: string, options: { readonly ttlMs: number; readonly by?: number }): Promise<number>;
  delete(keys: readonly string[]): Promise<void>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
