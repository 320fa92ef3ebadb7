import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createSimulatedClock, systemClock } from "./clock.ts";

describe("a simulated clock", () => {
  test("wakes its sleepers in the order of their deadlines, each at its own instant", async () => {
    const clock = createSimulatedClock(1_000);
    const woken: string[] = [];
    const sleepers = [300, 100, 200].map((ms) =>
      clock.sleep(ms).then(() => {
        woken.push(`${ms} at ${clock.now()}`);
      }),
    );
    await clock.advance(250);
    expect(woken).toEqual(["100 at 1100", "200 at 1200"]);
    await clock.advance(50);
    await Promise.all(sleepers);
    expect(woken.at(-1)).toBe("300 at 1300");
  });

  test("ends the sleep of an aborted signal with its reason, at once or later", async () => {
    const clock = createSimulatedClock(0);
    const stopping = new AbortController();
    const sleeping = clock.sleep(10, stopping.signal);
    stopping.abort(new Error("stopped"));
    await expect(sleeping).rejects.toThrow("stopped");
    await expect(clock.sleep(10, stopping.signal)).rejects.toThrow("stopped");
  });
});

test("a sleeper that woke listens to its signal no longer, on either clock", async () => {
  const { signal } = new AbortController();
  const simulated = createSimulatedClock(0);
  const sleeping = simulated.sleep(1, signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await simulated.advance(1);
  await sleeping;
  await systemClock.sleep(1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
