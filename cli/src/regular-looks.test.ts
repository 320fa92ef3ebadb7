import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { expect, test } from "vitest";
import { type Look, lookRegularly } from "./regular-looks.ts";

const MINUTE_MS = 60_000;

/** Moves the clock a minute at a time and lets what woke go on. */
async function run(looks: readonly Look[], minutes: number) {
  const clock = createSimulatedClock(0);
  const told: string[] = [];
  const ending = new AbortController();
  const going = lookRegularly(
    looks,
    { clock, rng: createRng(3), firstAfterMs: MINUTE_MS, signal: ending.signal },
    {
      looked: (name) => told.push(`${name} at ${clock.now() / MINUTE_MS}`),
      failed: (name, error) => told.push(`${name} failed: ${(error as Error).message}`),
    },
  );
  for (let minute = 0; minute < minutes; minute++) {
    await clock.advance(MINUTE_MS);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
  ending.abort();
  await going;
  return told;
}

test("each look comes again after its pause, give or take a fifth", async () => {
  const looks = [5, 20].map(
    (minutes): Look => ({
      name: `every-${minutes}`,
      everyMs: minutes * MINUTE_MS,
      withinMs: MINUTE_MS,
      look: async () => {},
    }),
  );
  const told = await run(looks, 120);
  const countOf = (name: string): number => told.filter((line) => line.startsWith(`${name} `)).length;
  expect(countOf("every-5")).toBeGreaterThanOrEqual(120 / 6 - 2);
  expect(countOf("every-5")).toBeLessThanOrEqual(120 / 4 + 1);
  expect(countOf("every-20")).toBeGreaterThanOrEqual(120 / 24 - 1);
  expect(countOf("every-20")).toBeLessThanOrEqual(120 / 16 + 1);
});

test("a look that fails is told and tried again, and keeps no other from its turn", async () => {
  let attempts = 0;
  const failing = async () => {
    if (++attempts < 3) throw new Error("away");
  };
  const look = { everyMs: 5 * MINUTE_MS, withinMs: MINUTE_MS };
  const told = await run(
    [
      { ...look, name: "failing", look: failing },
      { ...look, name: "other", look: async () => {} },
    ],
    30,
  );
  expect(told.filter((line) => line === "failing failed: away")).toHaveLength(2);
  expect(told.some((line) => line.startsWith("failing at"))).toBe(true);
  expect(told.filter((line) => line.startsWith("other at")).length).toBeGreaterThanOrEqual(4);
});

test("a look that hangs costs its bound, is told at each turn, and is not begun a second time", async () => {
  let begun = 0;
  const hanging = (): Promise<void> => {
    begun++;
    return new Promise(() => {});
  };
  const look = { everyMs: 5 * MINUTE_MS, withinMs: MINUTE_MS };
  const told = await run(
    [
      { ...look, name: "hanging", look: hanging },
      { ...look, name: "other", look: async () => {} },
    ],
    30,
  );
  expect(begun).toBe(1);
  expect(told).toContain("hanging failed: no answer within 60000 ms");
  expect(told).toContain("hanging failed: the look before has not ended yet");
  expect(told.filter((line) => line.startsWith("other at")).length).toBeGreaterThanOrEqual(4);
});
