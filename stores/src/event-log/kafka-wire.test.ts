import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  crc32c,
  decodeBatches,
  decodeFetch,
  decodeProduce,
  encodeBatch,
  encodeProduce,
  restamp,
} from "./kafka-wire.ts";

const stamp = { producerId: 7n, producerEpoch: 0, baseSequence: 0 };
const bytesOf = (value: Uint8Array | string) => (typeof value === "string" ? Buffer.byteLength(value) : value.length);

/** As the broker stores it: with the offset that it gave. */
function at(offset: number, batch: Buffer): Buffer {
  const stored = Buffer.from(batch);
  stored.writeBigInt64BE(BigInt(offset), 0);
  return stored;
}

const batchOf = (records: { key: string; value: Uint8Array | string }[]) =>
  encodeBatch(
    records,
    records.map(({ value }) => bytesOf(value)),
    1_700_000_000_000,
    stamp,
  );

describe("record batches", () => {
  test("CRC-32C has the check value of its definition, whatever the length is modulo eight", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 37) & 0xff));
    const slow = (end: number) => {
      let crc = 0xffffffff;
      for (let i = 0; i < end; i++) {
        crc ^= bytes[i]!;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
      }
      return (crc ^ 0xffffffff) >>> 0;
    };
    for (let end = 0; end <= 100; end++) expect(crc32c(bytes, 0, end)).toBe(slow(end));
  });

  test("a batch of one record, byte for byte", () => {
    const batch = batchOf([{ key: "k", value: "ab" }]);
    expect(batch.toString("hex")).toBe(
      [
        "0000000000000000", // base offset: the broker gives it
        "0000003b", // 59 bytes follow: 49 of the header, 10 of the record
        "ffffffff02", // leader epoch unknown, format 2
        crc32c(batch, 21).toString(16).padStart(8, "0"),
        "000000000000", // no attributes, last offset delta 0
        "0000018bcfe568000000018bcfe56800", // first and last timestamp: 1,700,000,000,000
        "0000000000000007000000000000", // producer 7, epoch 0, sequence 0
        "00000001", // one record
        "12", // zigzag of 9 bytes
        "000000", // attributes, timestamp delta, offset delta
        "026b", // key: zigzag of 1, "k"
        "046162", // value: zigzag of 2, "ab"
        "00", // no headers
      ].join(""),
    );
  });

  test("any records are read back, from any offset of their batches", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(
            fc.record({
              key: fc.string({ unit: "grapheme", maxLength: 20 }),
              value: fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 300 })),
            }),
            { minLength: 1, maxLength: 200 },
          ),
          { minLength: 1, maxLength: 4 },
        ),
        fc.nat(),
        (batches, from) => {
          let offset = 1_000;
          const stored: Buffer[] = [];
          for (const records of batches) {
            stored.push(at(offset, batchOf(records)));
            offset += records.length;
          }
          const first = 1_000 + (from % (offset - 1_000));
          const { records, nextOffset } = decodeBatches(Buffer.concat(stored), first, "here");
          expect(nextOffset).toBe(offset);
          expect(records.map((r) => [r.offset, r.key, Buffer.from(r.value)])).toEqual(
            batches
              .flat()
              .map(({ key, value }, i) => [1_000 + i, Buffer.from(key).toString(), Buffer.from(value)])
              .slice(first - 1_000),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test("a batch cut short at the end of a fetch is left for the next one", () => {
    const whole = at(5, batchOf([{ key: "a", value: "1" }]));
    const cut = at(6, batchOf([{ key: "b", value: "2" }])).subarray(0, 69);
    const { records, nextOffset } = decodeBatches(Buffer.concat([whole, cut]), 5, "here");
    expect(records.map((r) => r.key)).toEqual(["a"]);
    expect(nextOffset).toBe(6);
  });

  test("one changed byte anywhere behind the checksum is refused with its place", () => {
    const batch = at(41, batchOf([{ key: "key", value: "value" }]));
    for (let i = 21; i < batch.length; i++) {
      const damaged = Buffer.from(batch);
      damaged[i]! ^= 0x10;
      expect(() => decodeBatches(damaged, 0, "t, partition 3")).toThrow(
        "t, partition 3, batch at offset 41 is damaged: its checksum differs",
      );
    }
  });

  test("a batch under another producer is the same but for its producer", () => {
    const batch = batchOf([{ key: "k", value: "v" }]);
    restamp(batch, { producerId: 99n, producerEpoch: 3, baseSequence: 12 });
    const fresh = encodeBatch([{ key: "k", value: "v" }], [1], 1_700_000_000_000, {
      producerId: 99n,
      producerEpoch: 3,
      baseSequence: 12,
    });
    expect(batch.equals(fresh)).toBe(true);
  });

  test("gzip of another producer is read, other compressions are named; control records are passed over", () => {
    const plain = at(3, batchOf([{ key: "k", value: "v" }]));
    const withAttributes = (attributes: number, body: Buffer) => {
      const batch = Buffer.concat([plain.subarray(0, 61), body]);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt16BE(attributes, 21);
      batch.writeUInt32BE(crc32c(batch, 21), 17);
      return batch;
    };
    const zipped = withAttributes(1, gzipSync(plain.subarray(61)));
    expect(decodeBatches(zipped, 0, "here").records).toMatchObject([{ offset: 3, key: "k" }]);
    expect(() => decodeBatches(withAttributes(4, plain.subarray(61)), 0, "here")).toThrow(/compressed by zstd/);
    expect(decodeBatches(withAttributes(0x20, plain.subarray(61)), 0, "here")).toEqual({ records: [], nextOffset: 4 });
  });
});

describe("requests and answers", () => {
  test("Produce v7 carries every partition's batch behind acks -1", () => {
    const body = encodeProduce("té", [{ partition: 2, batch: Buffer.from([1, 2, 3]) }], 5_000);
    expect(body.toString("hex")).toBe("ffffffff0000138800000001000374c3a9000000010000000200000003010203");
  });

  test("the outcome of every partition is told, errors among them", () => {
    const answer = Buffer.alloc(4 + 2 + 1 + 4 + 2 * 30 + 4);
    answer.writeInt32BE(1, 0);
    answer.writeInt16BE(1, 4);
    answer.write("t", 6);
    answer.writeInt32BE(2, 7);
    answer.writeInt32BE(4, 11);
    answer.writeBigInt64BE(123n, 17);
    answer.writeInt32BE(5, 41);
    answer.writeInt16BE(6, 45);
    answer.writeBigInt64BE(-1n, 47);
    expect(decodeProduce(answer)).toEqual([
      { partition: 4, errorCode: 0, baseOffset: 123 },
      { partition: 5, errorCode: 6, baseOffset: -1 },
    ]);
  });

  test("a fetch without records is an answer too", () => {
    const answer = Buffer.alloc(14 + 3 + 4 + 4 + 2 + 24 + 4 + 4 + 4);
    answer.writeInt32BE(1, 10);
    answer.writeInt16BE(1, 14);
    answer.write("t", 16);
    answer.writeInt32BE(1, 17);
    answer.writeInt32BE(9, 21);
    answer.writeBigInt64BE(77n, 27);
    answer.writeInt32BE(-1, 51);
    const { partitions } = decodeFetch(answer);
    expect(partitions).toMatchObject([{ partition: 9, errorCode: 0, highWatermark: 77 }]);
    expect(partitions[0]!.batches).toHaveLength(0);
  });
});
