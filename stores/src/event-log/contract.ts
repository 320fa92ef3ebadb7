/** What every event log promises, as tests: run by each adapter's test file, embedded or real. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { partitionOf } from "./partitioner.ts";
import {
  APPEND_BYTES_MAX,
  APPEND_RECORDS_MAX,
  type EventLog,
  KEY_BYTES_MAX,
  type LogRecord,
  RECORD_BYTES_MAX,
  type RecordBatch,
  type SubscriptionOptions,
} from "./port.ts";

export interface EventLogHarness {
  readonly port: EventLog;
  /** Closes the port and opens what it left again. Absent where closing means nothing to what is stored. */
  readonly reopen?: () => Promise<EventLog>;
  /** A second port on the same log, as another process has it; asked for where `isShared`. */
  readonly openAnother?: () => Promise<EventLog>;
  readonly dispose: () => Promise<void>;
}

const text = (value: Uint8Array) => Buffer.from(value).toString("utf8");
const everything = { recordsMax: 100_000, bytesMax: 1e9 };

export function eventLogContract(adapter: {
  open(): Promise<EventLogHarness>;
  /** Whether several processes use one log at once. The embedded one belongs to a single process. */
  readonly isShared: boolean;
}): void {
  let harness: EventLogHarness;
  let log: EventLog;
  let topicCount = 0;

  beforeEach(async () => {
    harness = await adapter.open();
    log = harness.port;
  });
  afterEach(async () => {
    await harness.dispose();
  });

  async function newTopic(partitionCount: number): Promise<string> {
    const name = `contract-${process.pid}-${topicCount++}`;
    await log.ensureTopic({ name, partitionCount });
    return name;
  }

  async function readAll(topic: string, partition: number, limits = everything): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (;;) {
      const more = await log.read({ topic, partition, fromOffset: records.length, ...limits });
      if (more.length === 0) return records;
      records.push(...more);
    }
  }

  function reader(topic: string, over: Partial<SubscriptionOptions> = {}) {
    const batches: RecordBatch[] = [];
    const options: SubscriptionOptions = {
      group: "readers",
      topic,
      recordsMax: 1_000,
      bytesMax: 1_000_000,
      lingerMs: 0,
      async handle(batch) {
        batches.push(batch);
      },
      ...over,
    };
    return { batches, options };
  }

  describe("topics", () => {
    test("are made once; asking again with the same number of partitions changes nothing", async () => {
      const topic = await newTopic(3);
      await log.append(topic, [{ key: "a", value: "1" }]);
      await log.ensureTopic({ name: topic, partitionCount: 3 });
      const bounds = await log.bounds(topic);
      expect(bounds.map((b) => b.partition)).toEqual([0, 1, 2]);
      expect(bounds.reduce((sum, b) => sum + b.nextOffset, 0)).toBe(1);
    });

    test("another number of partitions is refused with both numbers", async () => {
      const topic = await newTopic(3);
      await expect(log.ensureTopic({ name: topic, partitionCount: 4 })).rejects.toThrow(/exists with 3 partitions, 4/);
    });

    test("a name or count that no log takes is refused", async () => {
      await expect(log.ensureTopic({ name: "with space", partitionCount: 1 })).rejects.toThrow(
        /"with space" is refused/,
      );
      await expect(log.ensureTopic({ name: "..", partitionCount: 1 })).rejects.toThrow(/is refused/);
      await expect(log.ensureTopic({ name: "none", partitionCount: 0 })).rejects.toThrow(/0 partitions/);
    });

    test("an unknown one is named in the error", async () => {
      await expect(log.append("nowhere", [{ key: "a", value: "1" }])).rejects.toThrow(/nowhere/);
      await expect(log.bounds("nowhere")).rejects.toThrow(/nowhere/);
    });
  });

  describe("append", () => {
    test("answers each record's place in the order given, dense from 0 in every partition", async () => {
      const topic = await newTopic(4);
      const records = Array.from({ length: 500 }, (_, i) => ({ key: `key-${i % 37}`, value: `value ${i}` }));
      const places = await log.append(topic, records);
      const next = [0, 0, 0, 0];
      for (const [i, place] of places.entries()) {
        expect(place).toEqual({ partition: partitionOf(records[i]!.key, 4), offset: next[place.partition] });
        next[place.partition]!++;
      }
      expect((await log.bounds(topic)).map((b) => b.nextOffset)).toEqual(next);
      for (const [i, { partition, offset }] of places.entries()) {
        const [record] = await log.read({ topic, partition, fromOffset: offset, recordsMax: 1, bytesMax: 1 });
        expect(record).toMatchObject({ offset, key: records[i]!.key });
        expect(text(record!.value)).toBe(records[i]!.value);
      }
    });

    test("an empty batch is accepted and appends nothing", async () => {
      const topic = await newTopic(1);
      expect(await log.append(topic, [])).toEqual([]);
      expect((await log.bounds(topic))[0]!.nextOffset).toBe(0);
    });

    test("keys and values come back as they were: empty, unicode, raw bytes, the largest", async () => {
      const topic = await newTopic(1);
      const all = new Uint8Array(256).map((_, i) => i);
      const largest = new Uint8Array(RECORD_BYTES_MAX).fill(0xab);
      const records = [
        { key: "", value: "" },
        { key: "ключ 鍵 🔑", value: '{"имя":"Андрей 🎬","a":"\\u0000"}' },
        { key: "é", value: "ÿ".repeat(1_000) },
        { key: "bytes", value: all },
        { key: "k".repeat(KEY_BYTES_MAX), value: largest },
        { key: "я".repeat(KEY_BYTES_MAX / 2), value: "x".repeat(RECORD_BYTES_MAX) },
      ];
      await log.append(topic, records);
      const found = await readAll(topic, 0);
      expect(found.map((r) => r.key)).toEqual(records.map((r) => r.key));
      for (const [i, { value }] of records.entries()) expect(Buffer.from(value).equals(found[i]!.value)).toBe(true);
    });

    test("any text is read back byte for byte, in order", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({ key: fc.string({ unit: "grapheme", maxLength: 12 }), value: fc.string({ unit: "binary" }) }),
            {
              minLength: 1,
              maxLength: 50,
            },
          ),
          async (records) => {
            const topic = await newTopic(1);
            await log.append(topic, records);
            const found = await readAll(topic, 0);
            expect(found.map((r) => [r.key, text(r.value)])).toEqual(
              records.map((r) => [text(Buffer.from(r.key)), text(Buffer.from(r.value))]),
            );
          },
        ),
        { numRuns: 25 },
      );
    });

    test("the largest batch is accepted; one record more is refused whole", async () => {
      const topic = await newTopic(2);
      const records = Array.from({ length: APPEND_RECORDS_MAX }, (_, i) => ({ key: `k${i}`, value: "v" }));
      expect(await log.append(topic, records)).toHaveLength(APPEND_RECORDS_MAX);
      await expect(log.append(topic, [...records, { key: "k", value: "v" }])).rejects.toThrow(
        `${APPEND_RECORDS_MAX + 1} records in one append`,
      );
      const bounds = await log.bounds(topic);
      expect(bounds.reduce((sum, b) => sum + b.nextOffset, 0)).toBe(APPEND_RECORDS_MAX);
    });

    test("a value or key beyond its limit is refused with its index, and nothing of the batch is appended", async () => {
      const topic = await newTopic(1);
      const good = { key: "a", value: "1" };
      const bigValue = { key: "b", value: "я".repeat(RECORD_BYTES_MAX / 2 + 1) };
      await expect(log.append(topic, [good, bigValue])).rejects.toThrow(
        `record 1 of the append to ${topic} has a value of ${RECORD_BYTES_MAX + 2} bytes; at most ${RECORD_BYTES_MAX}`,
      );
      const bigKey = { key: "я".repeat(KEY_BYTES_MAX / 2 + 1), value: "1" };
      await expect(log.append(topic, [good, good, bigKey])).rejects.toThrow(
        `record 2 of the append to ${topic} has a key of ${KEY_BYTES_MAX + 2} bytes; at most ${KEY_BYTES_MAX}`,
      );
      expect((await log.bounds(topic))[0]!.nextOffset).toBe(0);
    });

    test("a batch of more bytes than accepted is refused whole", async () => {
      const topic = await newTopic(2);
      const value = "x".repeat(RECORD_BYTES_MAX);
      const count = APPEND_BYTES_MAX / RECORD_BYTES_MAX;
      const records = Array.from({ length: count }, () => ({ key: "", value }));
      expect(await log.append(topic, records)).toHaveLength(count);
      await expect(log.append(topic, [...records, { key: "k", value: "" }])).rejects.toThrow(
        `${APPEND_BYTES_MAX + 1} bytes in one append to ${topic}; at most ${APPEND_BYTES_MAX} are accepted`,
      );
      const bounds = await log.bounds(topic);
      expect(bounds.reduce((sum, b) => sum + b.nextOffset, 0)).toBe(count);
    });

    test("many writers at once: offsets stay dense, each writer's records keep their order", async () => {
      const topic = await newTopic(3);
      const writers = 20;
      const rounds = 15;
      const places: { partition: number; offset: number }[] = [];
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          const waits: Promise<unknown>[] = [];
          for (let round = 0; round < rounds; round++) {
            const append = log
              .append(topic, [
                { key: `w${writer}`, value: `${round}:0` },
                { key: `w${writer}`, value: `${round}:1` },
              ])
              .then((found) => places.push(...found));
            // Half of the writers wait for each answer, half send everything at once.
            if (writer % 2 === 0) await append;
            else waits.push(append);
          }
          await Promise.all(waits);
        }),
      );
      expect(new Set(places.map((p) => `${p.partition}/${p.offset}`)).size).toBe(writers * rounds * 2);
      const values = new Map<string, string[]>();
      for (let partition = 0; partition < 3; partition++) {
        const records = await readAll(topic, partition);
        expect(records.map((r) => r.offset)).toEqual(records.map((_, i) => i));
        for (const { key, value } of records) values.set(key, [...(values.get(key) ?? []), text(value)]);
      }
      const expected = Array.from({ length: rounds }, (_, round) => [`${round}:0`, `${round}:1`]).flat();
      for (let writer = 0; writer < writers; writer++) expect(values.get(`w${writer}`)).toEqual(expected);
    });
  });

  describe("read", () => {
    test("obeys both limits, gives at least one record, and nothing at the end", async () => {
      const topic = await newTopic(1);
      const value = "v".repeat(99);
      await log.append(
        topic,
        Array.from({ length: 10 }, () => ({ key: "k", value })),
      );
      const read = (fromOffset: number, recordsMax: number, bytesMax: number) =>
        log.read({ topic, partition: 0, fromOffset, recordsMax, bytesMax });
      expect((await read(2, 3, 1e6)).map((r) => r.offset)).toEqual([2, 3, 4]);
      // A record is 1 + 99 bytes: 350 bytes hold three, 1 byte still gives one.
      expect((await read(0, 100, 350)).map((r) => r.offset)).toEqual([0, 1, 2]);
      expect((await read(7, 100, 1)).map((r) => r.offset)).toEqual([7]);
      expect((await read(8, 100, 1e6)).map((r) => r.offset)).toEqual([8, 9]);
      expect(await read(10, 100, 1e6)).toEqual([]);
      expect(await read(1_000, 100, 1e6)).toEqual([]);
    });

    test("any limits cut the same records, over appends of any size", async () => {
      const topic = await newTopic(1);
      let count = 0;
      for (const size of [1, 700, 3, 2_500, 1, 1]) {
        await log.append(
          topic,
          Array.from({ length: size }, () => ({
            key: `k${count % 7}`,
            value: `${count++} ${"x".repeat(count % 300)}`,
          })),
        );
      }
      const whole = await readAll(topic, 0);
      expect(whole).toHaveLength(count);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 50, max: 2_000 }),
          fc.integer({ min: 1_000, max: 900_000 }),
          async (r, b) => {
            const found = await readAll(topic, 0, { recordsMax: r, bytesMax: b });
            expect(found.map((record) => text(record.value))).toEqual(whole.map((record) => text(record.value)));
          },
        ),
        { numRuns: 15 },
      );
    });

    test("a partition that isn't there is refused", async () => {
      const topic = await newTopic(2);
      await expect(log.read({ topic, partition: 2, fromOffset: 0, ...everything })).rejects.toThrow(/0 to 1, not 2/);
    });
  });

  describe("subscriptions", () => {
    test("a group sees every record once, in the order of each partition, and its position moves behind them", async () => {
      const topic = await newTopic(3);
      const records = Array.from({ length: 300 }, (_, i) => ({ key: `k${i % 11}`, value: `${i}` }));
      await log.append(topic, records.slice(0, 150));
      const { batches, options } = reader(topic, { recordsMax: 40 });
      const subscription = await log.subscribe(options);
      await log.append(topic, records.slice(150));
      await subscription.caughtUp();
      expect(await subscription.lag()).toBe(0);
      await subscription.close();
      for (const partition of [0, 1, 2]) {
        const seen = batches.filter((b) => b.partition === partition).flatMap((b) => b.records);
        expect(seen.map((r) => r.offset)).toEqual(seen.map((_, i) => i));
        expect(seen.map((r) => text(r.value))).toEqual((await readAll(topic, partition)).map((r) => text(r.value)));
      }
      expect(batches.every((b) => b.records.length > 0 && b.records.length <= 40)).toBe(true);
      const bounds = await log.bounds(topic);
      expect(await log.committed("readers", topic)).toEqual(
        bounds.map(({ partition, nextOffset }) => ({ partition, nextOffset })),
      );
    });

    test("each group has its own position", async () => {
      const topic = await newTopic(1);
      await log.append(topic, [{ key: "a", value: "1" }]);
      for (const group of ["first", "second"]) {
        const { batches, options } = reader(topic, { group });
        const subscription = await log.subscribe(options);
        await subscription.caughtUp();
        await subscription.close();
        expect(batches.flatMap((b) => b.records.map((r) => text(r.value)))).toEqual(["1"]);
      }
      expect(await log.committed("third", topic)).toEqual([{ partition: 0, nextOffset: 0 }]);
    });

    test("a failed batch comes again whole until it passes; nothing is skipped, nothing behind it is handled before", async () => {
      const topic = await newTopic(1);
      await log.append(
        topic,
        Array.from({ length: 6 }, (_, i) => ({ key: "k", value: `${i}` })),
      );
      const calls: number[][] = [];
      const errors: unknown[] = [];
      let failuresLeft = 2;
      const { options } = reader(topic, {
        recordsMax: 3,
        async handle(batch) {
          calls.push(batch.records.map((r) => r.offset));
          if (batch.records[0]!.offset === 0 && failuresLeft-- > 0) throw new Error("the warehouse is away");
        },
        onError: (error, where) => errors.push([String(error), where]),
      });
      const subscription = await log.subscribe(options);
      await subscription.caughtUp();
      await subscription.close();
      expect(calls.slice(0, 3)).toEqual([
        [0, 1, 2],
        [0, 1, 2],
        [0, 1, 2],
      ]);
      expect(calls.slice(3).flat()).toEqual([3, 4, 5]);
      expect(errors).toEqual(
        Array.from({ length: 2 }, () => ["Error: the warehouse is away", { topic, partition: 0, firstOffset: 0 }]),
      );
    });

    test("a batch that never passed is the first one of the next subscription", async () => {
      const topic = await newTopic(1);
      await log.append(topic, [{ key: "k", value: "1" }]);
      let failed: () => void = () => undefined;
      const failure = new Promise<void>((resolve) => {
        failed = resolve;
      });
      const bad = reader(topic, {
        handle: () => Promise.reject(new Error("no")),
        onError: () => failed(),
      });
      const first = await log.subscribe(bad.options);
      await failure;
      await first.close();
      expect(await log.committed("readers", topic)).toEqual([{ partition: 0, nextOffset: 0 }]);
      const good = reader(topic);
      const second = await log.subscribe(good.options);
      await second.caughtUp();
      await second.close();
      expect(good.batches.flatMap((b) => b.records.map((r) => r.offset))).toEqual([0]);
    });

    test("close waits for the handler under way and keeps its position", async () => {
      const topic = await newTopic(1);
      await log.append(topic, [{ key: "k", value: "1" }]);
      let release: () => void = () => undefined;
      let started: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const under = new Promise<void>((resolve) => {
        started = resolve;
      });
      let finished = false;
      const { options } = reader(topic, {
        async handle() {
          started();
          await gate;
          finished = true;
        },
      });
      const subscription = await log.subscribe(options);
      await under;
      const closing = subscription.close().then(() => finished);
      release();
      expect(await closing).toBe(true);
      expect(await log.committed("readers", topic)).toEqual([{ partition: 0, nextOffset: 1 }]);
    });

    test("nothing is handled after close; caughtUp ends with an error where it can't be kept", async () => {
      const topic = await newTopic(1);
      const { batches, options } = reader(topic);
      const subscription = await log.subscribe(options);
      await subscription.caughtUp();
      await subscription.close();
      await log.append(topic, [{ key: "k", value: "1" }]);
      await expect(subscription.caughtUp()).rejects.toThrow(/closed before it caught up/);
      expect(batches).toEqual([]);
    });

    test("caughtUp gives up with the reason of its signal", async () => {
      const topic = await newTopic(1);
      await log.append(topic, [{ key: "k", value: "1" }]);
      const { options } = reader(topic, { handle: () => Promise.reject(new Error("no")) });
      const subscription = await log.subscribe(options);
      const abort = new AbortController();
      const waiting = subscription.caughtUp(abort.signal);
      abort.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
      expect(await subscription.lag()).toBe(1);
      await subscription.close();
    });

    test("readers of one group share the work: each record once, a partition never side by side", async () => {
      const topic = await newTopic(4);
      const busy = new Set<number>();
      const seen: string[] = [];
      let sideBySide = 0;
      const handle = async (batch: RecordBatch) => {
        // Not by `expect`: a handler that throws is called again, which would hide it.
        if (busy.has(batch.partition)) sideBySide++;
        busy.add(batch.partition);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(...batch.records.map((r) => `${batch.partition}/${r.offset}`));
        busy.delete(batch.partition);
      };
      const first = await log.subscribe(reader(topic, { handle, recordsMax: 5 }).options);
      for (let i = 0; i < 40; i++) {
        await log.append(
          topic,
          Array.from({ length: 10 }, (_, j) => ({ key: `k${i}-${j}`, value: "v" })),
        );
        if (i === 10 || i === 25) {
          const more = await log.subscribe(reader(topic, { handle, recordsMax: 7 }).options);
          if (i === 10) await more.close();
        }
      }
      await first.caughtUp();
      expect(sideBySide).toBe(0);
      expect(seen).toHaveLength(400);
      expect(new Set(seen).size).toBe(400);
    });
  });

  describe("a reader that knows how far its own store is", () => {
    const ten = Array.from({ length: 10 }, (_, i) => ({ key: "k", value: `${i}` }));

    async function handledFrom(topic: string, resumeAt: (partition: number) => Promise<number | undefined>) {
      const { batches, options } = reader(topic, { resumeAt });
      const subscription = await log.subscribe(options);
      await subscription.caughtUp();
      expect(await subscription.lag()).toBe(0);
      await subscription.close();
      return batches.flatMap((b) => b.records.map((r) => r.offset));
    }

    test("begins there where that is earlier than the group's position, and the position follows", async () => {
      const topic = await newTopic(1);
      await log.append(topic, ten);
      await log.commit("readers", topic, [{ partition: 0, nextOffset: 8 }]);
      expect(await handledFrom(topic, async () => 4)).toEqual([4, 5, 6, 7, 8, 9]);
      expect(await log.committed("readers", topic)).toEqual([{ partition: 0, nextOffset: 10 }]);
    });

    test("begins at the group's position where its store is ahead or can't tell", async () => {
      const topic = await newTopic(1);
      await log.append(topic, ten);
      await log.commit("readers", topic, [{ partition: 0, nextOffset: 7 }]);
      expect(await handledFrom(topic, async () => 9)).toEqual([7, 8, 9]);
      await log.commit("readers", topic, [{ partition: 0, nextOffset: 8 }]);
      expect(await handledFrom(topic, async () => undefined)).toEqual([8, 9]);
    });

    test("is asked for each partition, again until it answers, and handles nothing before", async () => {
      const topic = await newTopic(3);
      await log.append(
        topic,
        Array.from({ length: 30 }, (_, i) => ({ key: `k${i}`, value: "v" })),
      );
      const asked = new Map<number, number>();
      const answered = new Set<number>();
      const early: number[] = [];
      const { options } = reader(topic, {
        async resumeAt(partition) {
          asked.set(partition, (asked.get(partition) ?? 0) + 1);
          if (asked.get(partition) === 1) throw new Error("the store is away");
          answered.add(partition);
          return 0;
        },
        async handle({ partition }) {
          if (!answered.has(partition)) early.push(partition);
        },
      });
      const subscription = await log.subscribe(options);
      await subscription.caughtUp();
      await subscription.close();
      expect([...asked].sort()).toEqual([
        [0, 2],
        [1, 2],
        [2, 2],
      ]);
      expect(early).toEqual([]);
    });

    test("says that a failure to ask is over, also where there is no record to show it", async () => {
      const topic = await newTopic(2);
      const failing = new Set<number>();
      let isAway = true;
      const { options } = reader(topic, {
        async resumeAt() {
          if (isAway) throw new Error("the store is away");
          return 0;
        },
        onError: (_, at) => void failing.add(at.partition),
        onWell: (at) => void failing.delete(at.partition),
      });
      const subscription = await log.subscribe(options);
      await expect.poll(() => failing.size, { timeout: 20_000 }).toBe(2);
      isAway = false;
      await expect.poll(() => failing.size, { timeout: 20_000 }).toBe(0);
      await subscription.caughtUp();
      await subscription.close();
    });

    test("a partition that fails and goes to another reader is no failure of the first any more", async () => {
      const topic = await newTopic(2);
      const failing = new Set<number>();
      const away = reader(topic, {
        resumeAt: () => Promise.reject(new Error("the store is away")),
        onError: (_, at) => void failing.add(at.partition),
        onWell: (at) => void failing.delete(at.partition),
      });
      const first = await log.subscribe(away.options);
      await expect.poll(() => failing.size, { timeout: 20_000 }).toBe(2);
      const second = await log.subscribe(reader(topic).options);
      await expect.poll(() => failing.size, { timeout: 20_000 }).toBe(1);
      await first.close();
      await second.close();
    });

    test("a store that lost everything gets everything again", async () => {
      const topic = await newTopic(1);
      await log.append(topic, ten);
      expect(await handledFrom(topic, async () => 0)).toHaveLength(10);
      expect(await handledFrom(topic, async () => 0)).toHaveLength(10);
      expect(await handledFrom(topic, async () => 10)).toEqual([]);
    });
  });

  if (adapter.isShared) {
    describe("two processes", () => {
      test("share the partitions of a group; when one leaves, the other goes on with its partitions", async () => {
        const topic = await newTopic(4);
        const another = await harness.openAnother!();
        const seen: { reader: string; place: string }[] = [];
        const handleAs = (name: string) =>
          reader(topic, {
            recordsMax: 20,
            async handle({ partition, records }) {
              for (const { offset } of records) seen.push({ reader: name, place: `${partition}/${offset}` });
            },
          }).options;
        const append = (round: number) =>
          log.append(
            topic,
            Array.from({ length: 200 }, (_, i) => ({ key: `${round}-${i}`, value: "v" })),
          );
        const first = await log.subscribe(handleAs("first"));
        const second = await another.subscribe(handleAs("second"));
        const places = [...(await append(0))];
        await first.caughtUp();
        expect(new Set(seen.map(({ reader: name }) => name))).toEqual(new Set(["first", "second"]));
        expect(await second.lag()).toBe(0);
        await expect(another.commit("readers", topic, [{ partition: 0, nextOffset: 0 }])).rejects.toThrow(/is reading/);
        await second.close();
        const before = seen.length;
        places.push(...(await append(1)));
        await first.caughtUp();
        expect(new Set(seen.slice(before).map(({ reader: name }) => name))).toEqual(new Set(["first"]));
        expect(new Set(seen.map(({ place }) => place))).toEqual(
          new Set(places.map(({ partition, offset }) => `${partition}/${offset}`)),
        );
        await first.close();
        await another.close();
      });

      test("see each other's records and topics", async () => {
        const topic = await newTopic(2);
        const another = await harness.openAnother!();
        await another.ensureTopic({ name: topic, partitionCount: 2 });
        await expect(another.ensureTopic({ name: topic, partitionCount: 5 })).rejects.toThrow(/2 partitions, 5/);
        const [place] = await another.append(topic, [{ key: "k", value: "from the other" }]);
        const [record] = await readAll(topic, place!.partition);
        expect(text(record!.value)).toBe("from the other");
        await another.close();
      });
    });
  }

  describe("positions", () => {
    test("moved back, the records come again; moved forth, they don't", async () => {
      const topic = await newTopic(1);
      await log.append(
        topic,
        Array.from({ length: 5 }, (_, i) => ({ key: "k", value: `${i}` })),
      );
      const seen: number[][] = [];
      for (const nextOffset of [2, 0, 5]) {
        await log.commit("readers", topic, [{ partition: 0, nextOffset }]);
        const { batches, options } = reader(topic);
        const subscription = await log.subscribe(options);
        await subscription.caughtUp();
        await subscription.close();
        seen.push(batches.flatMap((b) => b.records.map((r) => r.offset)));
      }
      expect(seen).toEqual([[2, 3, 4], [0, 1, 2, 3, 4], []]);
    });

    test("are not moved under a reader, nor behind the end", async () => {
      const topic = await newTopic(1);
      const subscription = await log.subscribe(reader(topic).options);
      await expect(log.commit("readers", topic, [{ partition: 0, nextOffset: 0 }])).rejects.toThrow(/close its subscr/);
      await log.commit("others", topic, [{ partition: 0, nextOffset: 0 }]);
      await subscription.close();
      await expect(log.commit("readers", topic, [{ partition: 0, nextOffset: 1 }])).rejects.toThrow(/0 to 0/);
    });
  });

  describe("a log that was closed", () => {
    test("refuses every call with one clear line", async () => {
      const topic = await newTopic(1);
      await log.close();
      await log.close();
      await expect(log.append(topic, [{ key: "a", value: "1" }])).rejects.toThrow(/is closed/);
      await expect(log.read({ topic, partition: 0, fromOffset: 0, ...everything })).rejects.toThrow(/is closed/);
      await expect(log.bounds(topic)).rejects.toThrow(/is closed/);
      await expect(log.subscribe(reader(topic).options)).rejects.toThrow(/is closed/);
      await expect(log.describe()).rejects.toThrow(/is closed/);
    });

    test("finished the appends that it had accepted", async () => {
      const topic = await newTopic(1);
      const append = log.append(topic, [{ key: "a", value: "1" }]);
      await log.close();
      expect(await append).toEqual([{ partition: 0, offset: 0 }]);
    });

    test("opened again, has its records and positions, and goes on behind them", async () => {
      if (!harness.reopen) return;
      const topic = await newTopic(2);
      const places = await log.append(
        topic,
        Array.from({ length: 1_000 }, (_, i) => ({ key: `k${i}`, value: `${i}` })),
      );
      const subscription = await log.subscribe(reader(topic).options);
      await subscription.caughtUp();
      await log.close();
      log = await harness.reopen();
      await log.ensureTopic({ name: topic, partitionCount: 2 });
      const bounds = await log.bounds(topic);
      expect(bounds.reduce((sum, b) => sum + b.nextOffset, 0)).toBe(places.length);
      expect((await log.committed("readers", topic)).map((p) => p.nextOffset)).toEqual(bounds.map((b) => b.nextOffset));
      const [place] = await log.append(topic, [{ key: "k0", value: "again" }]);
      expect(place!.offset).toBe(bounds[place!.partition]!.nextOffset);
    });
  });

  test("describe names the product", async () => {
    expect((await log.describe()).length).toBeGreaterThan(3);
  });
}
