import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { type Packable, pack } from "./pack.ts";

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });
const EDGES = [0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
const integer = fc.oneof(
  fc.constantFrom(...EDGES, ...EDGES.map((edge) => -edge), -0x20, -0x21, -0x8000, -0x8001, -(2 ** 31), -(2 ** 31) - 1),
  fc.maxSafeInteger(),
  fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
);

/** Integers of 64 bits come back as bigints. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return Number.isSafeInteger(value) ? `${BigInt(value)}` : value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Map ? [...value].map(plain) : value;
}

test("what is packed is read as it was by another implementation", () => {
  const leaf: fc.Arbitrary<Packable> = fc.oneof(
    integer,
    fc.double({ noNaN: true }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: Packable }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("value"), { maxLength: 20 })),
  }));
  fc.assert(fc.property(value, (each) => void expect(plain(unpackr.unpack(pack(each)))).toEqual(plain(each))));
});

test.each([31, 32, 255, 256, 65_535, 65_536])(
  "strings, bytes, arrays and maps of length %i are read as they were",
  (n) => {
    const bytes = Buffer.alloc(n, 7);
    expect(unpackr.unpack(pack("x".repeat(n)))).toBe("x".repeat(n));
    expect(bytes.equals(unpackr.unpack(pack(bytes)) as Buffer)).toBe(true);
    expect(unpackr.unpack(pack(new Array<null>(n).fill(null)))).toHaveLength(n);
    const map = new Map(Array.from({ length: n }, (_, i) => [i, true] as const));
    expect((unpackr.unpack(pack(map)) as Map<number, boolean>).size).toBe(n);
  },
);

test("whole numbers are integers, positive ones unsigned: what an unsigned field accepts", () => {
  expect(pack(2 ** 33)).toEqual(Buffer.of(0xcf, 0, 0, 0, 2, 0, 0, 0, 0));
  expect(pack(2n ** 33n)).toEqual(pack(2 ** 33));
  expect(pack(-1)).toEqual(Buffer.of(0xff));
  expect(pack([undefined])).toEqual(Buffer.of(0x91, 0xc0));
});

test("an integer of more than 64 bits is refused", () => {
  expect(() => pack(2n ** 64n)).toThrow("between -2^63 and 2^64 - 1 is accepted, got 18446744073709551616");
  expect(() => pack(-(2n ** 63n) - 1n)).toThrow("is accepted");
});
