import { describe, expect, test } from "vitest";
import { behindMsOf, CLOCK_BEHIND_MS_MAX, createClientClocks, WAY_MS_MAX } from "./client-clock.ts";
import { NOON } from "./testing/events.ts";

const HOUR_MS = 3_600_000;

describe("how far a client's clock is behind", () => {
  test.each([
    ["ahead", -HOUR_MS, 0],
    ["the way", WAY_MS_MAX, 0],
    ["more than the way", WAY_MS_MAX + 1, WAY_MS_MAX + 1],
    ["the wrong zone", CLOCK_BEHIND_MS_MAX, CLOCK_BEHIND_MS_MAX],
    ["kept offline", CLOCK_BEHIND_MS_MAX + 1, 0],
  ])("by one message: %s", (_name, delayMs, expected) => {
    expect(behindMsOf(NOON, NOON - delayMs)).toBe(expected);
  });

  test("the freshest of a batch says it: events that waited in a queue were not sent late by the clock", () => {
    const clocks = createClientClocks();
    expect(clocks.behindMs("p-1 web", NOON, [NOON - 5 * HOUR_MS, NOON - 100, Number.NaN])).toBe(0);
    expect(clocks.behindMs("p-2 web", NOON, [])).toBe(0);
    expect(clocks.behindMs("p-3 web", NOON, [Number.NaN])).toBe(0);
  });

  test("the same bytes sent again are corrected by as much as the first time, by whatever delay they come", () => {
    const clocks = createClientClocks();
    const sentAt = NOON - HOUR_MS;
    expect(clocks.behindMs("p-1 tv", NOON, [sentAt])).toBe(HOUR_MS);
    for (const laterMs of [1, 1_000, 600_000, HOUR_MS]) {
      expect(clocks.behindMs("p-1 tv", NOON + laterMs, [sentAt])).toBe(HOUR_MS);
    }
    // A clock that is right and bytes that were kept: not corrected either.
    expect(clocks.behindMs("p-2 web", NOON, [NOON - 10])).toBe(0);
    expect(clocks.behindMs("p-2 web", NOON + 600_000, [NOON - 10])).toBe(0);
  });

  test("a clock that is set right is believed at once, one that falls behind within the hour", () => {
    const clocks = createClientClocks();
    expect(clocks.behindMs("p-1 tv", NOON, [NOON - HOUR_MS])).toBe(HOUR_MS);
    expect(clocks.behindMs("p-1 tv", NOON + 1_000, [NOON + 900])).toBe(0);
    const later = NOON + 1_000 + HOUR_MS;
    expect(clocks.behindMs("p-1 tv", later, [later - HOUR_MS])).toBe(0);
    expect(clocks.behindMs("p-1 tv", later + 1, [later + 1 - HOUR_MS])).toBe(HOUR_MS);
  });

  test("it remembers 50,000 senders and no more", () => {
    const clocks = createClientClocks();
    clocks.behindMs("first", NOON, [NOON]);
    for (let i = 0; i < 50_000; i++) clocks.behindMs(`p-${i}`, NOON, [NOON]);
    expect(clocks.behindMs("first", NOON, [NOON - HOUR_MS])).toBe(HOUR_MS);
    expect(clocks.behindMs("p-49999", NOON, [NOON - HOUR_MS])).toBe(0);
  });
});
