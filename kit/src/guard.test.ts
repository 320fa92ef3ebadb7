import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulatedClock } from "./clock.ts";
import { createGuard, GuardRefusal, OPEN_MS_MAX, OPEN_MS_MIN, WINDOW } from "./guard.ts";

const made = (concurrentMax = 100) => {
  const clock = createSimulatedClock(0);
  const changes: string[] = [];
  const guard = createGuard({
    name: "store",
    clock,
    concurrentMax,
    deadlineMs: 100,
    onChange: (state, openMs) => changes.push(state === "open" ? `open for ${openMs}` : state),
  });
  const ok = () => guard.run(async () => "value");
  const fail = () =>
    guard.run(async () => {
      throw new Error("away");
    });
  return { clock, changes, guard, ok, fail };
};

async function openIt({ fail }: { fail: () => Promise<unknown> }): Promise<void> {
  for (let i = 0; i < WINDOW; i++) await expect(fail()).rejects.toThrow();
}

describe("a guard", () => {
  test("lets a dependency that answers be, and hands on its values and its errors", async () => {
    const { guard, ok, fail, changes } = made();
    for (let i = 0; i < 100; i++) expect(await ok()).toBe("value");
    await expect(fail()).rejects.toThrow("away");
    expect(guard.state()).toBe("closed");
    expect(guard.inFlight()).toBe(0);
    expect(changes).toEqual([]);
  });

  test("does not open for less than half of the last calls", async () => {
    const { guard, ok, fail } = made();
    for (let i = 0; i < 200; i++) {
      if (i % 20 < 9) await expect(fail()).rejects.toThrow("away");
      else await ok();
    }
    expect(guard.state()).toBe("closed");
  });

  test("opens when most fail, asks nothing for a second, then lets one try, and closes when that one is answered", async () => {
    const it = made();
    await openIt(it);
    expect(it.guard.state()).toBe("open");
    await it.clock.advance(OPEN_MS_MIN - 1);
    await expect(it.ok()).rejects.toThrow(GuardRefusal);
    await it.clock.advance(1);
    let answer: (value: string) => void = () => {};
    const trial = it.guard.run(() => new Promise<string>((resolve) => (answer = resolve)));
    expect(it.guard.state()).toBe("trying");
    await expect(it.ok()).rejects.toThrow("not asked, it failed a moment ago");
    answer("up again");
    expect(await trial).toBe("up again");
    expect(await it.ok()).toBe("value");
    expect(it.changes).toEqual(["open for 1000", "closed"]);
  });

  test("a try that fails or hangs opens it for twice as long, up to half a minute", async () => {
    const it = made();
    await openIt(it);
    let openMs = OPEN_MS_MIN;
    for (let i = 0; i < 8; i++) {
      await it.clock.advance(openMs);
      if (i % 2 === 0) await expect(it.fail()).rejects.toThrow("away");
      else {
        void it.guard.run(() => new Promise(() => {}));
        await it.clock.advance(100);
        await expect(it.ok()).rejects.toThrow(GuardRefusal);
      }
      openMs = Math.min(OPEN_MS_MAX, 2 * openMs);
      expect(it.changes.at(-1)).toBe(`open for ${openMs}`);
    }
    expect(openMs).toBe(OPEN_MS_MAX);
  });

  test("no more calls at once than its bound; one that hangs gives its place back at its deadline", async () => {
    const { guard, ok, clock } = made(3);
    for (let i = 0; i < 3; i++) void guard.run(() => new Promise(() => {}));
    await expect(ok()).rejects.toThrow("too many calls at once");
    await clock.advance(100);
    expect(await ok()).toBe("value");
    expect(guard.inFlight()).toBe(0);
  });

  test("a dependency that answers late is as one that fails", async () => {
    const { guard, clock } = made();
    for (let i = 0; i < WINDOW; i++) {
      const late = guard.run(() => clock.sleep(100));
      await clock.advance(100);
      await late;
    }
    expect(guard.state()).toBe("open");
  });

  test("whatever happens, calls under way are within the bound and it finds its way back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("ok", "fail", "hang", "wait"), { maxLength: 120 }), async (steps) => {
        const { guard, ok, fail, clock } = made(5);
        for (const step of steps) {
          if (step === "ok") await ok().catch(() => {});
          if (step === "fail") await fail().catch(() => {});
          if (step === "hang") guard.run(() => new Promise(() => {})).catch(() => {});
          if (step === "wait") await clock.advance(150);
          expect(guard.inFlight()).toBeLessThanOrEqual(5);
        }
        await clock.advance(OPEN_MS_MAX + 200);
        await ok().catch(() => {});
        await clock.advance(OPEN_MS_MAX + 200);
        expect(await ok()).toBe("value");
        expect(guard.state()).toBe("closed");
      }),
      { numRuns: 100 },
    );
  });
});
