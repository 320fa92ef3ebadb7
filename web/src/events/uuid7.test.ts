import { EventId } from "@thewatcher/contracts/ids";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uuid7 } from "./uuid7.ts";

describe("uuid7", () => {
  test("puts the milliseconds into the first 48 bits, version 7 and the variant into their places", () => {
    // 0x0191_2345_6789 ms; all chance bits set: 0xff → version nibble 7, variant bits 10 → b.
    expect(uuid7(0x0191_2345_6789, (bytes) => bytes.fill(0xff))).toBe("01912345-6789-7fff-bfff-ffffffffffff");
    expect(uuid7(0x0191_2345_6789, (bytes) => bytes.fill(0))).toBe("01912345-6789-7000-8000-000000000000");
  });

  test("every id is one that the collector accepts, and later ids sort after earlier ones", () => {
    const fill = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 2 }), (nowMs) => {
        const earlier = uuid7(nowMs, fill);
        expect(EventId.safeParse(earlier).success).toBe(true);
        expect(uuid7(nowMs + 1, fill) > earlier).toBe(true);
      }),
    );
  });
});
