/** What every cache promises, as tests: run by each adapter's test file, embedded or real. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CACHE_KEY_BYTES_MAX } from "./limits.ts";
import { CACHE_VALUE_BYTES_MAX, type Cache } from "./port.ts";

export interface CacheHarness {
  readonly port: Cache;
  /** Moves the store's time: a simulated clock's, or where the server has its own until that has gone on as far. */
  elapse(durationMs: number): Promise<void>;
  /** Closes the port and opens what it left again. Absent where closing means nothing to what is stored. */
  readonly reopen?: () => Promise<Cache>;
  readonly dispose: () => Promise<void>;
}

const long = { ttlMs: 600_000 };
/** Where the store has a clock of its own this passes in truth; a machine may be slow for that long between two calls. */
const soon = { ttlMs: 1_500 };

export function cacheContract(adapter: { open(): Promise<CacheHarness> }): void {
  let harness: CacheHarness;
  let cache: Cache;
  let prefix = "";
  let testCount = 0;

  beforeEach(async () => {
    harness = await adapter.open();
    cache = harness.port;
    // A real server outlives the test.
    prefix = `contract:${process.pid}:${testCount++}:`;
  });
  afterEach(async () => {
    await harness.dispose();
  });

  test("a value is there until its time is over, and not after", async () => {
    await cache.set(`${prefix}a`, "1", soon);
    await cache.set(`${prefix}b`, "2", long);
    expect(await cache.get(`${prefix}a`)).toBe("1");
    await harness.elapse(soon.ttlMs + 1);
    expect(await cache.get(`${prefix}a`)).toBeUndefined();
    expect(await cache.take(`${prefix}a`)).toBeUndefined();
    expect(await cache.get(`${prefix}b`)).toBe("2");
  });

  test("setting again replaces the value and its time", async () => {
    await cache.set(`${prefix}a`, "1", soon);
    await cache.set(`${prefix}a`, "2", long);
    await cache.set(`${prefix}b`, "1", long);
    await cache.set(`${prefix}b`, "2", soon);
    await harness.elapse(soon.ttlMs + 1);
    expect(await cache.get(`${prefix}a`)).toBe("2");
    expect(await cache.get(`${prefix}b`)).toBeUndefined();
  });

  test("add sets only where nothing is, or nothing any more", async () => {
    expect(await cache.add(`${prefix}a`, "1", soon)).toBe(true);
    expect(await cache.add(`${prefix}a`, "2", long)).toBe(false);
    expect(await cache.get(`${prefix}a`)).toBe("1");
    await harness.elapse(soon.ttlMs + 1);
    expect(await cache.add(`${prefix}a`, "3", long)).toBe(true);
    expect(await cache.get(`${prefix}a`)).toBe("3");
  });

  test("of many adders one wins, of many takers one gets the value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 40 }), fc.nat(1e9), async (callers, round) => {
        const key = `${prefix}race:${round}`;
        await cache.delete([key]);
        const added = await Promise.all(Array.from({ length: callers }, (_, i) => cache.add(key, `${i}`, long)));
        expect(added.filter(Boolean)).toHaveLength(1);
        const taken = await Promise.all(Array.from({ length: callers }, () => cache.take(key)));
        expect(taken.filter((value) => value !== undefined)).toEqual([`${added.indexOf(true)}`]);
        expect(await cache.get(key)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  test("of fifty adders and takers at once on one key each value is had by at most one, and by none that did not add", async () => {
    const key = `${prefix}both`;
    const calls = Array.from({ length: 50 }, (_, i) => ({
      added: cache.add(key, `${i}`, long),
      taken: cache.take(key),
    }));
    const added = (await Promise.all(calls.map((call) => call.added))).flatMap((won, i) => (won ? [`${i}`] : []));
    const taken = (await Promise.all(calls.map((call) => call.taken))).filter((value) => value !== undefined);
    const left = await cache.take(key);
    expect([...taken, ...(left === undefined ? [] : [left])].sort()).toEqual([...added].sort());
    expect(added.length).toBeGreaterThan(0);
  });

  test("of many that count at once each gets a number of its own, and none is lost", async () => {
    const key = `${prefix}count`;
    const counts = await Promise.all(Array.from({ length: 200 }, () => cache.increment(key, long)));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(await cache.increment(key, { ...long, by: 50 })).toBe(250);
    expect(await cache.get(key)).toBe("250");
  });

  test("a count's time begins with its first and is not lengthened; then it begins again", async () => {
    const key = `${prefix}count`;
    expect(await cache.increment(key, soon)).toBe(1);
    expect(await cache.increment(key, long)).toBe(2);
    await harness.elapse(soon.ttlMs + 1);
    expect(await cache.get(key)).toBeUndefined();
    expect(await cache.increment(key, { ...long, by: 3 })).toBe(3);
  });

  test("what is no count is not counted on, and stays; an increment by less than 1 is refused in words", async () => {
    const key = `${prefix}text`;
    await cache.set(key, "twelve", long);
    await expect(cache.increment(key, long)).rejects.toThrow();
    expect(await cache.get(key)).toBe("twelve");
    await expect(cache.increment(key, { ...long, by: 0 })).rejects.toThrow(/an increment by 0 is refused/);
    await expect(cache.increment("", long)).rejects.toThrow(/a key of 0 bytes/);
    await expect(cache.increment(key, { ttlMs: 0.5 })).rejects.toThrow(/ttlMs is 0.5/);
  });

  test("ten thousand keys are deleted by one call, and no other", async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `${prefix}ключ ${i}`);
    await Promise.all(names.slice(0, 200).map((name) => cache.set(name, "🎬", long)));
    await cache.set(`${prefix}other`, "1", long);
    await cache.delete(names);
    const found = await Promise.all(names.slice(0, 200).map((name) => cache.get(name)));
    expect(found.every((value) => value === undefined)).toBe(true);
    expect(await cache.get(`${prefix}other`)).toBe("1");
  });

  test("deleted keys are gone, absent ones are no error, others stay", async () => {
    for (const name of ["a", "b", "c"]) await cache.set(prefix + name, name, long);
    await cache.delete([]);
    await cache.delete([`${prefix}a`, `${prefix}never`, `${prefix}b`]);
    const found = await Promise.all(["a", "b", "c"].map((name) => cache.get(prefix + name)));
    expect(found).toEqual([undefined, undefined, "c"]);
  });

  test("any text is a value and any text a key; no key meets another", async () => {
    const wellFormed = fc.string({ unit: "binary", maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(wellFormed, wellFormed, { minKeys: 1, maxKeys: 20 }), async (entries) => {
        for (const [key, value] of Object.entries(entries)) await cache.set(prefix + key, value, long);
        for (const [key, value] of Object.entries(entries)) expect(await cache.get(prefix + key)).toBe(value);
      }),
      { numRuns: 20 },
    );
  });

  test("the largest key and value are kept; larger ones, an empty key and a time below 1 ms are refused in words", async () => {
    const key = prefix.padEnd(CACHE_KEY_BYTES_MAX, "k");
    const value = "я".repeat(CACHE_VALUE_BYTES_MAX / 2);
    await cache.set(key, value, long);
    expect(await cache.get(key)).toBe(value);
    expect(await cache.take(key)).toBe(value);
    await cache.set(key, "", long);
    expect(await cache.get(key)).toBe("");
    await expect(cache.set(`${key}k`, "", long)).rejects.toThrow(/a key of 513 bytes is refused; 1 to 512/);
    await expect(cache.set("", "", long)).rejects.toThrow(/a key of 0 bytes/);
    await expect(cache.set(key, `${value}x`, long)).rejects.toThrow(/a value of 262145 bytes is refused/);
    await expect(cache.add(key, "", { ttlMs: 0 })).rejects.toThrow(/ttlMs is 0; an integer ≥ 1/);
  });

  test("writers side by side lose nothing of each other", async () => {
    const names = Array.from({ length: 500 }, (_, i) => `${prefix}${i}`);
    await Promise.all(names.map((name) => cache.set(name, name, long)));
    expect(await Promise.all(names.map((name) => cache.get(name)))).toEqual(names);
  });

  test("opened again, has what is still alive", async () => {
    if (!harness.reopen) return;
    await cache.set(`${prefix}a`, "1", soon);
    await cache.set(`${prefix}b`, "2", long);
    cache = await harness.reopen();
    await harness.elapse(soon.ttlMs + 1);
    expect(await cache.get(`${prefix}a`)).toBeUndefined();
    expect(await cache.get(`${prefix}b`)).toBe("2");
  });

  describe("a closed one", () => {
    test("refuses every call with one clear line", async () => {
      await cache.close();
      await cache.close();
      await expect(cache.get("a")).rejects.toThrow(/is closed/);
      await expect(cache.set("a", "1", long)).rejects.toThrow(/is closed/);
      await expect(cache.take("a")).rejects.toThrow(/is closed/);
      await expect(cache.describe()).rejects.toThrow(/is closed/);
    });
  });
}
