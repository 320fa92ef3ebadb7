import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deterministicUuid7, uuid7 } from "./uuid.ts";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const anInstant = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const timeOf = (uuid: string) => Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16);

describe("uuid7", () => {
  test("has the form of RFC 9562, version 7, and carries its instant", () => {
    fc.assert(
      fc.property(anInstant, (instant) => {
        const uuid = uuid7(instant);
        expect(uuid).toMatch(FORM);
        expect(timeOf(uuid)).toBe(instant);
      }),
    );
  });

  test("sorts as text by time", () => {
    fc.assert(
      fc.property(anInstant, anInstant, (one, other) => {
        fc.pre(one !== other);
        expect(uuid7(one) < uuid7(other)).toBe(one < other);
      }),
    );
  });

  test("is never made twice, across refills of its pool of chance", () => {
    const made = new Set(Array.from({ length: 20_000 }, () => uuid7(1_700_000_000_000)));
    expect(made.size).toBe(20_000);
  });

  test("is the published example for the example's instant", () => {
    // RFC 9562, appendix A.6: 2022-02-22 14:22:22.00 GMT-05:00 = 0x017F22E279B0.
    expect(uuid7(0x017f22e279b0).slice(0, 13)).toBe("017f22e2-79b0");
  });
});

describe("deterministicUuid7", () => {
  test("makes the same id from the same name and instant, another from another", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), anInstant, (name, other, instant) => {
        const uuid = deterministicUuid7(name, instant);
        expect(uuid).toMatch(FORM);
        expect(deterministicUuid7(name, instant)).toBe(uuid);
        if (name !== other) expect(deterministicUuid7(other, instant)).not.toBe(uuid);
      }),
    );
  });

  test("stays the same for ever: events imported long ago are found again", () => {
    expect(deterministicUuid7("ml-1m:1:1193", 978_300_760_000)).toBe("00e3c744-efc0-76c9-a786-8ebd46370e51");
    expect(timeOf(deterministicUuid7("before 1970", -1))).toBe(0);
  });
});
