import fc from "fast-check";
import { expect, test } from "vitest";
import { type Packable, pack, unpack } from "./packed.ts";

const bytesOf = (array: Packable) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)];
const float = fc.oneof(
  fc.float({ noNaN: true }),
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(-0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
);

test("what is unpacked has the type and the bytes of what was packed", () => {
  const arrays: fc.Arbitrary<Packable> = fc.oneof(
    fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map((values) => Int32Array.from(values)),
    fc.array(fc.integer({ min: 0, max: 70_000 })).map((values) => Int32Array.from(values)),
    fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })).map((values) => Uint32Array.from(values)),
    fc.array(float).map((values) => Float32Array.from(values)),
    fc.array(fc.oneof(fc.double({ noNaN: true }), float)).map((values) => Float64Array.from(values)),
  );
  fc.assert(
    fc.property(arrays, (array) => {
      const back = unpack(JSON.parse(JSON.stringify(pack(array))) as string);
      expect(back.constructor).toBe(array.constructor);
      expect(bytesOf(back)).toEqual(bytesOf(array));
    }),
    { numRuns: 500 },
  );
});

test("small whole numbers take a byte, places of a list two, and the numbers from 0 up none", () => {
  expect(pack(Int32Array.of(0, 1, 2, 3))).toBe("$i0:4");
  expect(pack(Int32Array.of())).toBe("$i0:0");
  // 1, 0, 1 → 01 00 01
  expect(pack(Float32Array.of(1, 0, 1))).toBe("$f1:AQAB");
  // 256 → 00 01
  expect(pack(Uint32Array.of(256))).toBe("$u2:AAE=");
  expect(pack(Float32Array.of(0.5))).toBe("$f4:AAAAPw==");
  expect(pack(Float64Array.of(-0))).toMatch(/^\$d8:/);
});

test.each(["", "AQAB", "$i3:AQAB", "$x4:AQAB", "$d4:AQAB", "$d8:AQAB"])("%j is no packed array", (text) => {
  expect(() => unpack(text)).toThrow(/packed array/);
});
