import { describe, expect, test } from "vitest";
import { createDwellTracker } from "./dwell.ts";
import { createFakeTimers } from "./fake-timers.ts";

function setup() {
  const timers = createFakeTimers(0);
  const tracker = createDwellTracker(timers.schedule);
  const seen: string[] = [];
  return { timers, tracker, seen, see: (key: string, ratio: number) => tracker.see(key, ratio, () => seen.push(key)) };
}

describe("dwell tracker", () => {
  test("a card half visible for a whole second is seen, once", async () => {
    const { timers, see, seen } = setup();
    see("a", 0.5);
    await timers.advance(999);
    expect(seen).toEqual([]);
    await timers.advance(1);
    expect(seen).toEqual(["a"]);
    see("a", 1);
    await timers.advance(5_000);
    expect(seen).toEqual(["a"]);
  });

  test("a card less than half visible is never seen, and a break starts the second anew", async () => {
    const { timers, see, seen } = setup();
    see("a", 0.49);
    await timers.advance(2_000);
    see("a", 0.9);
    await timers.advance(900);
    see("a", 0.2);
    see("a", 0.9);
    await timers.advance(999);
    expect(seen).toEqual([]);
    await timers.advance(1);
    expect(seen).toEqual(["a"]);
  });

  test("changes of the share above a half do not restart the second", async () => {
    const { timers, see, seen } = setup();
    see("a", 0.5);
    await timers.advance(600);
    see("a", 1);
    await timers.advance(400);
    expect(seen).toEqual(["a"]);
  });

  test("a tab in the background and a card that left are not seen", async () => {
    const { timers, tracker, see, seen } = setup();
    see("a", 1);
    see("b", 1);
    tracker.forget("a");
    tracker.pause();
    await timers.advance(5_000);
    expect(seen).toEqual([]);
  });
});
