import { describe, expect, test } from "vitest";
import { DEADLINE_HEADER, deadlineHeader, msLeftOf } from "./deadline.ts";

const told = (text: string | undefined) => msLeftOf(new Headers(text === undefined ? {} : { [DEADLINE_HEADER]: text }));

describe("a deadline on its way", () => {
  test.each([
    [1_234.9, 1_234],
    [0.4, 0],
    [-5, 0],
    [1e9, 120_000],
  ])("%d ms left is read as %d", (leftMs, read) => {
    expect(msLeftOf(new Headers(deadlineHeader(leftMs)))).toBe(read);
  });

  test.each([undefined, "", " ", "-1", "1.5", "1e3", "0x10", "soon", "120001", "9999999", "5, 7", "5 ms"])(
    "%j is none",
    (text) => {
      expect(told(text)).toBeUndefined();
    },
  );
});
