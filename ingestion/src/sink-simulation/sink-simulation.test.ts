import { describe, expect, test } from "vitest";
import { flaws } from "./broken-sinks.ts";
import { type SimulationOptions, simulate } from "./simulate.ts";

const SEEDS = 10_000;
/** Every flaw was found within 60 seeds; ten times that much leaves room for a changed scheduler. */
const SEEDS_TO_CATCH = 600;

/** The first seed that goes wrong, and how to see it again. */
async function firstViolation(
  seeds: number,
  options: Omit<SimulationOptions, "seed"> = {},
): Promise<{ readonly replay: string; readonly violation: string } | undefined> {
  for (let seed = 0; seed < seeds; seed++) {
    const { violations } = await simulate({ ...options, seed });
    if (violations.length > 0) {
      return { replay: `npm run sim -- --seed=${seed}`, violation: violations[0]! };
    }
  }
  return undefined;
}

describe("the sink in a simulated world", () => {
  test(`counts every event once in every reader, keeps every dead letter, and moves no position ahead of its rows: ${SEEDS} seeds`, async () => {
    expect(await firstViolation(SEEDS)).toBeUndefined();
  }, 300_000);

  test.each(["crash", "rebalance"] as const)(
    "survives a %s at every step of a run",
    async (kind) => {
      for (const seed of [7, 42, 611]) {
        const { steps, violations } = await simulate({ seed });
        expect(violations, `npm run sim -- --seed=${seed}`).toEqual([]);
        for (let step = 0; step < steps; step++) {
          const forced = await simulate({ seed, force: { step, kind } });
          expect(forced.violations, `npm run sim -- --seed=${seed} --${kind}-at=${step}`).toEqual([]);
        }
      }
    },
    120_000,
  );

  test("is the same run again from the same seed", async () => {
    const first = await simulate({ seed: 4_711 });
    expect(first.trace.length).toBeGreaterThan(50);
    expect(await simulate({ seed: 4_711 })).toEqual(first);
  });

  test.each(Object.entries(flaws))(
    "catches it when %s",
    async (_name, flaw) => {
      expect(await firstViolation(SEEDS_TO_CATCH, flaw)).toBeDefined();
    },
    60_000,
  );
});
