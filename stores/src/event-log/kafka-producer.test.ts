/** The producer against a model of brokers that lose requests, answers and what they know, late or at once. */
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Broker, errorOfCode, type KafkaClient, type KafkaConnection } from "./kafka-connection.ts";
import { APPEND_DEADLINE_MS, createProducer, type Place, QUEUE_BYTES_MAX } from "./kafka-producer.ts";
import { decodeBatches } from "./kafka-wire.ts";
import { partitionOf } from "./partitioner.ts";

const OK = 0;
const NOT_LEADER = 6;
const MESSAGE_TOO_LARGE = 10;
const OUT_OF_ORDER = 45;

interface Known {
  next: number;
  readonly batches: { readonly sequence: number; readonly count: number; readonly offset: number }[];
}

/** A partition's log with the sequences of its producers, as a broker keeps them. */
function createPartition() {
  const log: string[] = [];
  let producers = new Map<string, Known>();
  return {
    log,
    forget() {
      producers = new Map();
    },
    append(batch: Buffer): { errorCode: number; offset: number } {
      const producer = `${batch.readBigInt64BE(43)}`;
      const sequence = batch.readInt32BE(53);
      const { records } = decodeBatches(batch, 0, "model");
      const known = producers.get(producer) ?? { next: 0, batches: [] };
      const same = known.batches.find((b) => b.sequence === sequence && b.count === records.length);
      if (same) return { errorCode: OK, offset: same.offset };
      if (sequence !== known.next) return { errorCode: OUT_OF_ORDER, offset: -1 };
      const offset = log.length;
      for (const { key, value } of records) log.push(`${key}=${Buffer.from(value).toString()}`);
      known.next += records.length;
      known.batches.push({ sequence, count: records.length, offset });
      if (known.batches.length > 5) known.batches.shift();
      producers.set(producer, known);
      return { errorCode: OK, offset };
    },
  };
}

function batchesOf(body: Buffer): { partition: number; batch: Buffer }[] {
  let at = 12 + 2 + body.readInt16BE(12);
  const count = body.readInt32BE(at);
  at += 4;
  return Array.from({ length: count }, () => {
    const partition = body.readInt32BE(at);
    const size = body.readInt32BE(at + 4);
    const batch = Buffer.from(body.subarray(at + 8, at + 8 + size));
    at += 8 + size;
    return { partition, batch };
  });
}

function answerOf(outcomes: { partition: number; errorCode: number; offset: number }[]): Buffer {
  const answer = Buffer.alloc(4 + 2 + 1 + 4 + outcomes.length * 30 + 4);
  answer.writeInt32BE(1, 0);
  answer.writeInt16BE(1, 4);
  answer.write("t", 6);
  answer.writeInt32BE(outcomes.length, 7);
  outcomes.forEach(({ partition, errorCode, offset }, i) => {
    answer.writeInt32BE(partition, 11 + i * 30);
    answer.writeInt16BE(errorCode, 15 + i * 30);
    answer.writeBigInt64BE(BigInt(offset), 17 + i * 30);
  });
  return answer;
}

type Send = (leader: number, batches: { partition: number; batch: Buffer }[]) => Promise<Buffer>;

function connectionOf(leaders: readonly number[], send: Send): KafkaConnection {
  let producerIds = 0;
  const client: KafkaClient = {
    brokers: () => [],
    clusterId: () => "model",
    leaders: async () => leaders,
    forgetLeaders: () => undefined,
    broker: () => Promise.reject(new Error("not modelled")),
    controller: async () =>
      ({ initProducerId: async () => ({ producerId: String(++producerIds), producerEpoch: 0 }) }) as unknown as Broker,
    coordinator: () => Promise.reject(new Error("not modelled")),
    forgetCoordinator: () => undefined,
    send: (leader, { body }) => send(leader, batchesOf(body)),
  };
  return { run: (_what, _options, call) => call(client), once: (call) => call(client), close: async () => undefined };
}

function batchFor(keys: readonly string[], value: string, partitionCount: number) {
  const records = keys.map((key) => ({ key, value }));
  return {
    records,
    valueBytes: Uint32Array.from(records, (record) => Buffer.byteLength(record.value)),
    partitions: Uint16Array.from(keys, (key) => partitionOf(key, partitionCount)),
    bytes: keys.length * (value.length + 4),
  };
}

const settle = async () => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("the producer", () => {
  test("whatever gets lost: an acknowledged record is where it said, keys keep their order, nothing is twice without need", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const rng = createRng(seed);
        const clock = createSimulatedClock(1_700_000_000_000);
        const partitionCount = 1 + rng.int(4);
        const partitions = Array.from({ length: partitionCount }, createPartition);
        const late: (() => void)[] = [];
        let outageUntil = 0;
        let forgot = false;
        const apply = (batches: { partition: number; batch: Buffer }[]) =>
          batches.map(({ partition, batch }) => ({ partition, ...partitions[partition]!.append(batch) }));
        const send: Send = async (_leader, batches) => {
          await clock.sleep(rng.int(5));
          const dice = rng.next();
          if (clock.monotonicMs() < outageUntil || dice < 0.1) throw new Error("closed before");
          if (dice < 0.2) {
            apply(batches);
            throw new Error("closed behind");
          }
          if (dice < 0.25) {
            // The broker hangs: the client gives up on its answer, the request is carried out later.
            late.push(() => void apply(batches));
            await clock.sleep(5_000);
            throw new Error("no answer");
          }
          if (dice < 0.3) {
            const moved = batches[0]!.partition;
            return answerOf([
              { partition: moved, errorCode: NOT_LEADER, offset: -1 },
              ...apply(batches.filter(({ partition }) => partition !== moved)),
            ]);
          }
          return answerOf(apply(batches));
        };
        const leaders = Array.from({ length: partitionCount }, (_, p) => p % 2);
        const producer = createProducer({ connection: connectionOf(leaders, send), clock, where: "model" });

        const acknowledged: { call: number; key: string; place: Place; record: string }[] = [];
        let rejected = 0;
        let open = 0;
        const start = clock.monotonicMs();
        for (let step = 0; step < 40; step++) {
          const dice = rng.next();
          if (dice < 0.6) {
            const keys = Array.from({ length: 1 + rng.int(4) }, () => `k${rng.int(6)}`);
            open++;
            producer.append("t", batchFor(keys, String(step), partitionCount)).then(
              (places) => {
                open--;
                expect(places).toHaveLength(keys.length);
                keys.forEach((key, i) => {
                  acknowledged.push({ call: step, key, place: places[i]!, record: `${key}=${step}` });
                });
              },
              () => {
                open--;
                rejected++;
              },
            );
          } else if (dice < 0.63) outageUntil = clock.monotonicMs() + rng.int(20_000);
          else if (dice < 0.66) {
            forgot = true;
            partitions[rng.int(partitionCount)]!.forget();
          } else if (dice < 0.75) late.shift()?.();
          else await clock.advance(rng.int(400));
          await settle();
        }
        for (let i = 0; i < 400 && open > 0; i++) {
          await clock.advance(250);
          await settle();
          if (rng.next() < 0.2) late.shift()?.();
        }
        for (const apply of late) apply();
        expect(open).toBe(0);
        expect(clock.monotonicMs() - start).toBeLessThan(200_000);
        for (const { place, record } of acknowledged)
          expect(partitions[place.partition]!.log[place.offset]).toBe(record);
        const places = acknowledged.map(({ place }) => `${place.partition}/${place.offset}`);
        expect(new Set(places).size).toBe(places.length);
        const last = new Map<string, { call: number; offset: number }>();
        for (const { call, key, place } of [...acknowledged].sort((a, b) => a.call - b.call)) {
          const before = last.get(key);
          if (before) expect(place.offset).toBeGreaterThan(before.offset);
          last.set(key, { call, offset: place.offset });
        }
        const written = partitions.reduce((sum, { log }) => sum + log.length, 0);
        if (rejected === 0 && !forgot) expect(written).toBe(acknowledged.length);
      }),
      { numRuns: 150 },
    );
  });

  test("a record that was given up is never taken for the next one: the producer begins again", async () => {
    const clock = createSimulatedClock(0);
    const partition = createPartition();
    let answers = false;
    const send: Send = async (_leader, batches) => {
      // Written, and the answer is lost, until the deadline is over.
      const outcomes = batches.map(({ batch }) => ({ partition: 0, ...partition.append(batch) }));
      if (!answers) throw new Error("closed behind");
      return answerOf(outcomes);
    };
    const producer = createProducer({ connection: connectionOf([0], send), clock, where: "model" });
    const first = producer.append("t", batchFor(["k"], "first", 1)).then(
      () => "written",
      (error: Error) => error.message,
    );
    for (let i = 0; i < 100; i++) {
      await settle();
      await clock.advance(APPEND_DEADLINE_MS / 50);
    }
    expect(await first).toMatch(/^event log at model: append to t: .*; a part of it may be written$/);
    answers = true;
    const second = producer.append("t", batchFor(["k"], "second", 1));
    await settle();
    expect(await second).toEqual([{ partition: 0, offset: 1 }]);
    expect(partition.log).toEqual(["k=first", "k=second"]);
  });

  test("a refusal of one partition fails the appends that touch it, and no other", async () => {
    const clock = createSimulatedClock(0);
    const refusing = partitionOf("a", 2);
    const other = ["b", "c", "d", "e"].find((key) => partitionOf(key, 2) !== refusing)!;
    const send: Send = async (_leader, batches) =>
      answerOf(
        batches.map(({ partition }) =>
          partition === refusing
            ? { partition, errorCode: MESSAGE_TOO_LARGE, offset: -1 }
            : { partition, errorCode: OK, offset: 0 },
        ),
      );
    const producer = createProducer({ connection: connectionOf([0, 0], send), clock, where: "model" });
    const both = await Promise.allSettled([
      producer.append("t", batchFor(["a"], "1", 2)),
      producer.append("t", batchFor([other], "1", 2)),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(String((both[0] as PromiseRejectedResult).reason)).toContain("MESSAGE_TOO_LARGE");
    expect(errorOfCode(MESSAGE_TOO_LARGE).type).toBe("MESSAGE_TOO_LARGE");
  });

  test("appends that wait are bounded: one more is refused at once, and the queue takes more once it is empty", async () => {
    const clock = createSimulatedClock(0);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let sends = 0;
    const send: Send = async (_leader, batches) => {
      sends++;
      await gate;
      return answerOf(batches.map(({ partition }) => ({ partition, errorCode: OK, offset: 0 })));
    };
    const producer = createProducer({ connection: connectionOf([0], send), clock, where: "model" });
    const half = { ...batchFor(["k"], "v", 1), bytes: QUEUE_BYTES_MAX / 2 };
    const under = [producer.append("t", half)];
    await settle();
    under.push(producer.append("t", half), producer.append("t", half));
    await expect(producer.append("t", { ...half, bytes: 1 })).rejects.toThrow(
      `${QUEUE_BYTES_MAX} bytes of appends wait for the broker, at most ${QUEUE_BYTES_MAX}`,
    );
    open();
    await Promise.all(under);
    expect(await producer.append("t", half)).toHaveLength(1);
    // Two waited, and each is a round of its own: together they would be more bytes than one takes.
    expect(sends).toBe(4);
  });
});
