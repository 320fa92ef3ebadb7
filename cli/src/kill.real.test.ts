/**
 * kill -9 of sinks, collectors, the broker and the warehouse over real servers: afterwards every acknowledged event counts
 * exactly once in every reader.
 *
 * `STORM_SEED=<the printed seed> npm run test:real -- cli/src/kill.real.test.ts` makes the same choices again; what the
 * processes are at in those moments differs from run to run. Ten minutes of it: `npm run drill -- kill-storm`.
 */
import { missing } from "@thewatcher/testbed/available";
import { describe, expect, test } from "vitest";
import { runKillStorm, STORM_SERVERS } from "./testing/kill-storm.ts";

const { STORM_SEED } = process.env;
const SEED = Number(STORM_SEED ?? Date.now() % 1_000_000);
const ROUNDS = 10;
/** Rounds that take longer than 10 s each are a machine at work: fewer are enough then. */
const STORM_MS_MAX = 100_000;
const absent = STORM_SERVERS.map((name) => missing(name)).filter((reason) => reason !== undefined);

describe.skipIf(absent.length > 0)(`kill -9 over real servers ${absent.join("; ")}`, () => {
  test("every acknowledged event counts exactly once in every reader, and every letter is kept", async () => {
    process.stderr.write(`kill storm: STORM_SEED=${SEED}\n`);
    const report = await runKillStorm({
      seed: SEED,
      roundsMax: ROUNDS,
      stormMsMax: STORM_MS_MAX,
      say: (text) => process.stderr.write(`kill storm: ${text}\n`),
    });
    const { findings, ...counts } = report;
    process.stderr.write(`kill storm: ${JSON.stringify(counts)}\n`);
    expect(findings).toEqual({
      unexpected: [],
      lost: [],
      invented: [],
      places: [],
      audit: [],
      interactions: [],
      ratings: [],
      states: [],
      letters: [],
    });
    // 2,410 beside two busy loops at a load of 20; a few would prove nothing.
    expect(report.acknowledged).toBeGreaterThan(200);
    // It was tried whether doubles count: there must have been some.
    expect(report.doubles).toBeGreaterThan(20);
    expect(report.garbage).toBeGreaterThan(0);
  }, 900_000);
});
