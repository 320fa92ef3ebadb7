/** What every object store promises, as tests: run by each adapter's test file, embedded or real. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OBJECT_BYTES_MAX, OBJECT_LIST_MAX, OBJECT_SEGMENT_BYTES_MAX } from "./keys.ts";
import type { Objects } from "./port.ts";

export interface ObjectsHarness {
  readonly port: Objects;
  /** Closes the port and opens what it left again. Absent where closing means nothing to what is stored. */
  readonly reopen?: () => Promise<Objects>;
  readonly dispose: () => Promise<void>;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

export interface ObjectsAdapter {
  open(): Promise<ObjectsHarness>;
  /** Why it can't keep `a/b` beside an object `a`, where it can't. Nothing in the product asks for that. */
  readonly noKeysBelowAnObject?: string;
}

/** Larger than a part, so that a put of it is many requests. */
const LARGE_BYTES = 9 * 1_048_576;

/** No key below another that is an object: what every S3 server keeps. */
const withoutKeysBelowKeys = (keys: readonly string[]) =>
  keys.filter((key) => !keys.some((other) => key.startsWith(`${other}/`)));

export function objectsContract(adapter: ObjectsAdapter): void {
  let harness: ObjectsHarness;
  let objects: Objects;
  let root = "";
  let testCount = 0;

  beforeEach(async () => {
    harness = await adapter.open();
    objects = harness.port;
    // A real server outlives the test.
    root = `contract-${process.pid}-${testCount++}/`;
  });
  afterEach(async () => {
    await harness.dispose();
  });

  async function listAll(prefix: string, limit: number): Promise<string[]> {
    const keys: string[] = [];
    for (;;) {
      const after = keys.at(-1);
      const page = await objects.list({ prefix, limit, ...(after === undefined ? {} : { after }) });
      expect(page.length).toBeLessThanOrEqual(limit);
      if (page.length === 0) return keys;
      keys.push(...page.map((o) => o.key));
    }
  }

  test("an object comes back byte for byte: empty, binary, 32 MiB and a byte", async () => {
    const binary = new Uint8Array(256).map((_, i) => i);
    const large = new Uint8Array(32 * 1_048_576 + 1).map((_, i) => (i * 2_654_435_761) >>> 24);
    for (const [name, body] of Object.entries({ empty: new Uint8Array(0), binary, large })) {
      await objects.put(root + name, body);
      const found = await objects.get(root + name);
      expect(found && Buffer.from(found).equals(body)).toBe(true);
    }
    expect(await objects.list({ prefix: root, limit: 10 })).toEqual([
      { key: `${root}binary`, bytes: 256 },
      { key: `${root}empty`, bytes: 0 },
      { key: `${root}large`, bytes: 33_554_433 },
    ]);
  });

  test("a view of a larger buffer is stored as the view", async () => {
    await objects.put(`${root}view`, bytes("0123456789").subarray(3, 6));
    expect(Buffer.from((await objects.get(`${root}view`))!).toString()).toBe("345");
  });

  test("an absent one is undefined, beside others and below nothing", async () => {
    await objects.put(`${root}a`, bytes("1"));
    for (const key of ["b", "x/y/z", "a.b"]) expect(await objects.get(root + key)).toBeUndefined();
  });

  test("putting again replaces; readers meanwhile see one object or the other, whole", async () => {
    const versions = ["a", "b"].map((letter) => bytes(letter.repeat(200_000)));
    await objects.put(`${root}k`, versions[0]!);
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 20; i++) await objects.put(`${root}k`, versions[i % 2]!);
      writing = false;
    })();
    while (writing) {
      const found = Buffer.from((await objects.get(`${root}k`))!);
      expect(versions.some((version) => found.equals(version))).toBe(true);
    }
    await writer;
    expect(Buffer.from((await objects.get(`${root}k`))!).equals(versions[0]!)).toBe(true);
  });

  test("of writers of one key side by side one wins, whole; readers meanwhile see one of them, whole", async () => {
    const key = `${root}k`;
    const isWhole = (body: Uint8Array) => body.length === LARGE_BYTES && Buffer.from(body).equals(versions[body[0]!]!);
    const versions = Array.from({ length: 4 }, (_, writer) => Buffer.alloc(LARGE_BYTES, writer));
    await objects.put(key, versions[0]!);
    let writing = true;
    const writers = Promise.all(
      versions.map(async (version) => {
        for (let i = 0; i < 3; i++) await objects.put(key, version);
      }),
    ).finally(() => {
      writing = false;
    });
    let mixtures = 0;
    while (writing) if (!isWhole((await objects.get(key))!)) mixtures++;
    await writers;
    expect(mixtures).toBe(0);
    expect(isWhole((await objects.get(key))!)).toBe(true);
    expect(await objects.list({ prefix: root, limit: 10 })).toEqual([{ key, bytes: LARGE_BYTES }]);
  });

  test("1,100 objects are listed in pages of the largest size and deleted in one call", async () => {
    const keys = Array.from({ length: 1_100 }, (_, i) => `${root}day-${i % 7}/part-${i}`);
    const left = [...keys];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let key = left.pop(); key !== undefined; key = left.pop()) await objects.put(key, bytes(key));
      }),
    );
    const sorted = [...keys].sort();
    const first = await objects.list({ prefix: root, limit: OBJECT_LIST_MAX });
    expect(first.map((o) => o.key)).toEqual(sorted.slice(0, OBJECT_LIST_MAX));
    expect(await listAll(root, OBJECT_LIST_MAX)).toEqual(sorted);
    await objects.delete([...keys, ...keys.map((key) => `${key}-never`)]);
    expect(await objects.list({ prefix: root, limit: 1 })).toEqual([]);
  });

  test(`an object above ${OBJECT_BYTES_MAX} bytes is refused before it is sent`, async () => {
    const view = Object.defineProperty(new Uint8Array(1), "byteLength", { value: OBJECT_BYTES_MAX + 1 });
    await expect(objects.put(`${root}k`, view)).rejects.toThrow(/is refused; at most 1073741824 are accepted/);
    expect(await objects.get(`${root}k`)).toBeUndefined();
  });

  const belowTest = adapter.noKeysBelowAnObject === undefined ? test : test.fails;
  const belowTitle = adapter.noKeysBelowAnObject === undefined ? "" : ` (not here: ${adapter.noKeysBelowAnObject})`;
  belowTest(`an object and objects below its name live side by side${belowTitle}`, async () => {
    const keys = ["a", "a/b", "a/b/c", "a.b", "a-b", "a0", "a/b.c"].map((key) => root + key);
    for (const key of keys) await objects.put(key, bytes(key));
    for (const key of keys) expect(Buffer.from((await objects.get(key))!).toString()).toBe(key);
    expect(await objects.get(`${root}a0/b`)).toBeUndefined();
    expect(await listAll(root, 1_000)).toEqual([...keys].sort());
    await objects.delete([`${root}a/b`]);
    expect(await listAll(root, 1_000)).toEqual(keys.filter((key) => key !== `${root}a/b`).sort());
  });

  test("lists are in byte order, by prefix, complete over pages of any size", async () => {
    // None begins with two dots: S3Proxy reads a prefix that ends in them as the folder above.
    const segment = fc.stringMatching(/^[A-Za-z0-9._-]{1,4}$/).filter((s) => s !== "." && !s.startsWith(".."));
    const keys = fc.uniqueArray(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/")),
      { minLength: 1, maxLength: 12, selector: (key) => key.toLowerCase() },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), async (drawn, limit) => {
        const names = adapter.noKeysBelowAnObject === undefined ? drawn : withoutKeysBelowKeys(drawn);
        const below = `${root}${round++}/`;
        for (const name of names) await objects.put(below + name, bytes(name));
        const sorted = names.map((name) => below + name).sort();
        expect(await listAll(below, limit)).toEqual(sorted);
        const prefix = sorted[0]!.slice(0, below.length + 2);
        expect(await listAll(prefix, limit)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }),
      { numRuns: 15 },
    );
  });

  test("a list begins behind any `after`, whether it is a key or not", async () => {
    for (const key of ["a", "b/c", "b/d", "e"]) await objects.put(root + key, bytes(key));
    const behind = async (after: string) =>
      (await objects.list({ prefix: root, limit: 2, after: root + after })).map((o) => o.key.slice(root.length));
    expect(await behind("a")).toEqual(["b/c", "b/d"]);
    expect(await behind("b")).toEqual(["b/c", "b/d"]);
    expect(await behind("b/")).toEqual(["b/c", "b/d"]);
    expect(await behind("b/c5")).toEqual(["b/d", "e"]);
    expect(await behind("b0")).toEqual(["e"]);
    expect(await behind("z")).toEqual([]);
  });

  test("pages of 1 to 1000 are given", async () => {
    await expect(objects.list({ prefix: "", limit: 0 })).rejects.toThrow(/a list of 0 is refused; 1 to 1000/);
    await expect(objects.list({ prefix: "", limit: 1_001 })).rejects.toThrow(/a list of 1001 is refused/);
  });

  test("deleted ones are gone, absent ones are no error, a refused key in the call deletes nothing", async () => {
    for (const key of ["a", "b", "c/d/e"]) await objects.put(root + key, bytes(key));
    await expect(objects.delete([`${root}a`, "../b"])).rejects.toThrow(/is refused/);
    await objects.delete([]);
    await objects.delete([`${root}a`, `${root}never`, `${root}never/was`, `${root}c/d/e`]);
    expect(await listAll(root, 10)).toEqual([`${root}b`]);
  });

  test("a key is accepted by the pattern and kept, or refused everywhere with what is accepted", async () => {
    const refused = [
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "../a",
      "a/../b",
      "a/./b",
      "a b",
      "é",
      "ключ",
      "a\\b",
      "a@b",
    ];
    refused.push(
      "a\0b",
      "a\nb",
      "a%2e",
      "~",
      "+new/0",
      "a".repeat(OBJECT_SEGMENT_BYTES_MAX + 1),
      `${"ab/".repeat(171)}a`,
    );
    for (const key of refused) {
      await expect(objects.put(key, bytes("x"))).rejects.toThrow(/is refused; segments of letters, digits/);
      await expect(objects.get(key)).rejects.toThrow(/is refused/);
      await expect(objects.delete([key])).rejects.toThrow(/is refused/);
    }
    const longest = `${root}${"a".repeat(OBJECT_SEGMENT_BYTES_MAX)}/${"b".repeat(OBJECT_SEGMENT_BYTES_MAX)}`;
    for (const key of [longest, `${root}...`, `${root}.hidden`, `${root}a..b/-x`, `${root}con`]) {
      await objects.put(key, bytes(key));
      expect(Buffer.from((await objects.get(key))!).toString()).toBe(key);
    }
  });

  test("writers and deleters side by side: each key ends as its last call left it", async () => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, writer) => {
        for (let i = 0; i < 15; i++) {
          const key = `${root}shared/${writer % 3}/w${writer}`;
          await objects.put(key, bytes(`${i}`));
          if (writer % 2 === 0) await objects.delete([key]);
        }
      }),
    );
    const kept = await listAll(root, 1_000);
    expect(kept).toEqual([1, 3, 5, 7, 9, 11].map((w) => `${root}shared/${w % 3}/w${w}`).sort());
    for (const key of kept) expect(Buffer.from((await objects.get(key))!).toString()).toBe("14");
  });

  test("opened again, has its objects", async () => {
    if (!harness.reopen) return;
    await objects.put(`${root}a/b`, bytes("1"));
    objects = await harness.reopen();
    expect(Buffer.from((await objects.get(`${root}a/b`))!).toString()).toBe("1");
  });

  describe("a closed one", () => {
    test("refuses every call with one clear line", async () => {
      await objects.close();
      await objects.close();
      await expect(objects.get("a")).rejects.toThrow(/is closed/);
      await expect(objects.put("a", bytes("1"))).rejects.toThrow(/is closed/);
      await expect(objects.list({ prefix: "", limit: 1 })).rejects.toThrow(/is closed/);
      await expect(objects.describe()).rejects.toThrow(/is closed/);
    });
  });
}
