/**
 * `npm run sim -- [--seed=N] [--seeds=10000] [--crash-at=STEP] [--rebalance-at=STEP]`: one seed step by step, or many
 * until one goes wrong.
 */
import { parseArgs } from "node:util";
import { systemClock } from "@thewatcher/kit/clock";
import { simulate } from "./simulate.ts";

const SEEDS_DEFAULT = 10_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    "crash-at": { type: "string" },
    "rebalance-at": { type: "string" },
  },
});

function numberOf(name: keyof typeof values, fallback: number): number {
  const text = values[name] ?? String(fallback);
  if (!/^\d+$/.test(text)) {
    process.stderr.write(`--${name}=${text}: a whole number from 0 is accepted\n`);
    process.exit(2);
  }
  return Number(text);
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const kind = values["crash-at"] === undefined ? ("rebalance" as const) : ("crash" as const);
const at = values[`${kind}-at`];
const forced = at === undefined ? {} : { force: { kind, step: numberOf(`${kind}-at`, 0) } };

if (values.seed !== undefined) {
  const { trace, violations, steps, events } = await simulate({ seed: numberOf("seed", 0), ...forced });
  for (const line of trace) say(line);
  say(`${steps} steps, ${events} events, ${violations.length === 0 ? "all as it should be" : violations.join("; ")}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} else {
  const seeds = numberOf("seeds", SEEDS_DEFAULT);
  const startedMs = systemClock.monotonicMs();
  let steps = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const run = await simulate({ seed, ...forced });
    steps += run.steps;
    if (run.violations.length > 0) {
      say(`seed ${seed}: ${run.violations[0]}\nstep by step: npm run sim -- --seed=${seed}`);
      process.exit(1);
    }
  }
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
  say(`${seeds} seeds, ${steps} steps, all as they should be: ${Math.round(seeds / seconds)} seeds/s`);
}
