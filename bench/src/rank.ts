/**
 * `rank`: what each stage of a page is worth, on simulated worlds that nothing was learned from. The ranker learns from
 * what the viewers of other seeds did with their pages; then pages of each held-out seed are composed with the stages on
 * one after another, and counted by the viewers' true utilities (cli/src/testing/held-out-worlds.ts).
 */
import {
  bestSource,
  type HeldOutWorld,
  mean,
  measureHeldOut,
  spreadOf,
  trainOnWorlds,
} from "@thewatcher/cli/testing/held-out-worlds";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { type Figure, number } from "./report.ts";

const TRAINED_SEEDS = [1, 2, 3];
const TRAINED_PROFILES = 600;
const PAGES = 2;
const HELD_OUT_FROM = 101;
/** An interval over worlds needs two; five have one of ±1.2 standard deviations. */
const HELD_OUT_MIN = 2;
const PROFILES = 600;
/** Held by cli/src/held-out-worlds.slow.test.ts too. */
const MARGIN = 0.05;

async function run(context: BenchContext): Promise<Outcome> {
  const { clock, options, say } = context;
  const seeds = Array.from({ length: Math.max(HELD_OUT_MIN, options.rounds) }, (_, place) => HELD_OUT_FROM + place);
  const common = { clock, say };
  const trained = await trainOnWorlds({
    ...common,
    seeds: TRAINED_SEEDS,
    profileCount: TRAINED_PROFILES,
    pages: PAGES,
  });
  const worlds = await measureHeldOut(trained.ranker, {
    ...common,
    seeds,
    profileCount: PROFILES,
    profilesMax: PROFILES,
  });
  const best = bestSource(worlds);
  const of = (name: string, unit: string, value: (world: HeldOutWorld) => number): Figure => {
    const runs = worlds.map(value);
    return { name, unit, value: mean(runs), runs };
  };
  const gain = spreadOf(worlds.map(({ orders }) => orders.get("ranker")!.utility - orders.get(best)!.utility));
  const orders = [...worlds[0]!.orders.keys()].flatMap((name): Figure[] => [
    of(`first 20 by ${name}, true utility`, "utility", (world) => world.orders.get(name)!.utility),
    of(`first 20 by ${name}, picks expected`, "picks", (world) => world.orders.get(name)!.picks),
  ]);
  const stages = worlds[0]!.stages.flatMap(({ name }, place): Figure[] => [
    of(`page: ${name}, true utility`, "utility", (world) => mean(world.stages[place]!.utilities)),
    of(`page: ${name}, picks expected`, "picks", (world) => mean(world.stages[place]!.picks)),
    of(`page: ${name}, utility of top picks`, "utility", (world) => mean(world.stages[place]!.topUtilities)),
    of(`page: ${name}, distance within top picks`, "1 − cosine", (world) => world.stages[place]!.distance),
    of(`page: ${name}, coverage`, "of the catalogue", (world) => world.stages[place]!.coverage),
    of(`page: ${name}, Gini of exposure`, "", (world) => world.stages[place]!.gini),
    of(`page: ${name}, composing`, "µs", (world) => world.stages[place]!.composeMs * 1_000),
  ]);
  return {
    figures: [
      {
        name: `ranker above the best single source (${best}), true utility, lower end of 95% over worlds`,
        value: gain.low,
        unit: `utility (mean ${gain.mean.toFixed(3)})`,
        goal: { text: `≥ ${MARGIN}`, met: gain.low >= MARGIN },
      },
      ...orders,
      ...stages,
    ],
    notes: [
      `Ranker: ${number(trained.pages)} pages of ${TRAINED_SEEDS.length} worlds of ${TRAINED_PROFILES} profiles. Held out: seeds ${seeds.join(", ")}, ${worlds.map(({ profiles }) => profiles).join(", ")} profiles.`,
      "Utility: the world's own, of each card, weighted by how likely it is looked at: (row + 1)^(−½) · (place + 1)^(−½). Most titles lie between −0.5 and 1 for a viewer, those of a taste between 1.5 and 4.",
      "What was begun is left out; trending too, which is counted in the warehouse. Composing includes what the machine's other work took.",
    ],
  };
}

export const rankBench: Bench = {
  name: "rank",
  about: "true utility, coverage, diversity after each stage of a page, on held-out simulated seeds",
  run,
};
