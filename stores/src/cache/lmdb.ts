/**
 * Sessions and short-lived values on LMDB: the value behind its expiry instant, and an index ordered by that instant.
 *
 * An expired value is never answered. It leaves the disk with later writes (each takes a few out) and with a sweep once
 * a minute, both in bounded steps. kill -9 loses nothing that was answered; loss of power may cost the last moments (a
 * session signs in again), which spares each request a wait for the disk.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { openEnvironment } from "../lmdb/environment.ts";
import { checkCacheEntry, checkCacheIncrement, checkCacheKey } from "./limits.ts";
import type { Cache } from "./port.ts";

const FORMAT_VERSION = 1;
const INSTANT_BYTES = 8;
/** More than one, so that the expired become fewer while values are written. */
const EXPIRED_PER_WRITE = 4;
/** One transaction of the sweep: about a millisecond. */
const EXPIRED_PER_SWEEP_STEP = 500;
const SWEEP_INTERVAL_MS = 60_000;

/** Big-endian doubles of positive numbers sort as the numbers do. */
function indexKey(expiresAt: number, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(INSTANT_BYTES + key.length);
  bytes.writeDoubleBE(expiresAt, 0);
  bytes.set(key, INSTANT_BYTES);
  return bytes;
}

export async function openLmdbCache(options: {
  readonly path: string;
  readonly clock: Clock;
}): Promise<Cache & AsyncDisposable> {
  const { clock } = options;
  const environment = openEnvironment({
    path: options.path,
    store: "cache",
    formatVersion: FORMAT_VERSION,
    flush: "later",
  });
  const binary = { encoding: "binary", keyEncoding: "binary" } as const;
  const values = environment.table<Buffer, Uint8Array>("values", binary);
  const expiries = environment.table<Buffer, Uint8Array>("expiries", binary);
  const nothing = Buffer.alloc(0);

  const keyOf = (key: string) => {
    checkCacheKey(key);
    return Buffer.from(key);
  };
  const alive = (entry: Buffer | undefined): entry is Buffer =>
    entry !== undefined && entry.readDoubleBE(0) > clock.now();

  // These run inside a transaction.
  function remove(key: Uint8Array): Buffer | undefined {
    const entry = values.get(key);
    if (!entry) return undefined;
    values.removeSync(key);
    expiries.removeSync(indexKey(entry.readDoubleBE(0), key));
    return entry;
  }
  function store(key: Uint8Array, value: string, ttlMs: number): void {
    storeUntil(key, value, clock.now() + ttlMs);
  }
  function storeUntil(key: Uint8Array, value: string, expiresAt: number): void {
    remove(key);
    const entry = Buffer.allocUnsafe(INSTANT_BYTES + Buffer.byteLength(value));
    entry.writeDoubleBE(expiresAt, 0);
    entry.write(value, INSTANT_BYTES);
    values.putSync(key, entry);
    expiries.putSync(indexKey(expiresAt, key), nothing);
    removeExpired(EXPIRED_PER_WRITE);
  }
  function removeExpired(countMax: number): number {
    const behind = indexKey(clock.now(), Buffer.from([0xff]));
    const expired = [...expiries.getKeys({ start: Buffer.from([0]), end: behind, limit: countMax })];
    for (const key of expired) remove(key.subarray(INSTANT_BYTES));
    return expired.length;
  }

  const closing = new AbortController();
  async function sweep(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(SWEEP_INTERVAL_MS, closing.signal);
      } catch {
        return;
      }
      try {
        let removed: number;
        do removed = await environment.transaction(() => removeExpired(EXPIRED_PER_SWEEP_STEP));
        while (removed === EXPIRED_PER_SWEEP_STEP && !closing.signal.aborted);
      } catch {
        // A full disk, say: the next write tells its caller, the next minute tries again.
      }
    }
  }
  const sweeping = sweep();

  const cache: Cache & AsyncDisposable = {
    async get(key) {
      environment.requireOpen();
      const entry = values.get(keyOf(key));
      return alive(entry) ? entry.toString("utf8", INSTANT_BYTES) : undefined;
    },

    async set(key, value, { ttlMs }) {
      environment.requireOpen();
      checkCacheEntry(key, value, ttlMs);
      await environment.transaction(() => store(Buffer.from(key), value, ttlMs));
    },

    async add(key, value, { ttlMs }) {
      environment.requireOpen();
      checkCacheEntry(key, value, ttlMs);
      return await environment.transaction(() => {
        const bytes = Buffer.from(key);
        if (alive(values.get(bytes))) return false;
        store(bytes, value, ttlMs);
        return true;
      });
    },

    async take(key) {
      environment.requireOpen();
      const bytes = keyOf(key);
      const entry = await environment.transaction(() => {
        const removed = remove(bytes);
        return alive(removed) ? removed : undefined;
      });
      return entry?.toString("utf8", INSTANT_BYTES);
    },

    async increment(key, { ttlMs, by = 1 }) {
      environment.requireOpen();
      checkCacheIncrement(key, by, ttlMs);
      return await environment.transaction(() => {
        const bytes = Buffer.from(key);
        const entry = values.get(bytes);
        const before = alive(entry) ? entry : undefined;
        const text = before?.toString("utf8", INSTANT_BYTES) ?? "0";
        if (!/^-?\d{1,15}$/.test(text)) throw new Error(`cache: ${key} holds no count`);
        const count = Number(text) + by;
        storeUntil(bytes, String(count), before ? before.readDoubleBE(0) : clock.now() + ttlMs);
        return count;
      });
    },

    async delete(keys) {
      environment.requireOpen();
      const bytes = keys.map(keyOf);
      if (bytes.length > 0) await environment.transaction(() => bytes.forEach(remove));
    },

    async describe() {
      environment.requireOpen();
      return `LMDB cache in ${environment.path}`;
    },

    async close() {
      closing.abort();
      await sweeping;
      await environment.close();
    },
    [Symbol.asyncDispose]: () => cache.close(),
  };
  return cache;
}
