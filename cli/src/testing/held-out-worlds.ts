/**
 * The ranker and every other stage on worlds that nothing was learned from: trained on what the viewers of some seeds did
 * with their pages, measured by the true utilities of other seeds' viewers, who have other tastes, moods and fame.
 *
 * Profiles of one world share its tastes, so worlds are the sample: intervals are Student's over the worlds' means.
 */
import { RuleSet } from "@thewatcher/contracts/rules";
import type { Clock } from "@thewatcher/kit/clock";
import { ruleTitlesOf } from "@thewatcher/serving-api/rule-titles";
import { SOURCES, type SourceName } from "@thewatcher/serving-api/sources/source";
import { FEATURE_NAMES } from "@thewatcher/serving-api/stages/features";
import type { Ranker } from "@thewatcher/serving-api/stages/ranker";
import { compileRules } from "@thewatcher/serving-api/stages/rules";
import { type RankerRow, rankerRowsOf } from "@thewatcher/trainer/ranker/rows";
import { type RankerTraining, trainRanker } from "@thewatcher/trainer/ranker/train-ranker";
import {
  measureStage,
  openSimulatedServing,
  ordersOf,
  rankerOf,
  STAGES,
  type StageWorth,
  viewPages,
} from "./simulated-serving.ts";

/** Student's t, two-sided 95%, by degrees of freedom from 1. */
const T_975 = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** What a product team might want: fresh titles up, old ones down, no row of comedies alone. */
const RULES = RuleSet.parse({
  rules: [
    {
      ruleId: "fresh",
      name: "Added within a month: higher",
      match: { addedWithinDays: 30 },
      effect: { kind: "boost", factor: 1.5 },
    },
    {
      ruleId: "old",
      name: "Before 1960: lower",
      match: { year: { to: 1959 } },
      effect: { kind: "bury", factor: 0.5 },
    },
    {
      ruleId: "comedies",
      name: "At most eight comedies in a row",
      match: { genre: ["Comedy"] },
      effect: { kind: "cap", perRow: 8 },
    },
  ],
});

export interface WorldsOptions {
  readonly seeds: readonly number[];
  readonly profileCount: number;
  readonly clock: Clock;
  readonly say?: (text: string) => void;
}

export async function trainOnWorlds(
  options: WorldsOptions & { readonly pages: number },
): Promise<{ readonly ranker: Ranker; readonly training: RankerTraining; readonly pages: number }> {
  const rows: RankerRow[] = [];
  let pages = 0;
  for (const seed of options.seeds) {
    options.say?.(`pages of seed ${seed}`);
    const serving = await openSimulatedServing({ seed, profileCount: options.profileCount, clock: options.clock });
    for (const row of viewPages(serving, { profiles: serving.warm, pages: options.pages })) {
      // Worlds one behind the other, so that the last part, which ends the training, is of each.
      rows.push({ ...row, at: row.at * options.seeds.length + options.seeds.indexOf(seed) });
    }
    pages += serving.warm.length * options.pages;
  }
  options.say?.(`training on ${rows.length} cards`);
  const training = await trainRanker(rankerRowsOf(FEATURE_NAMES, rows), {
    seed: 1,
    version: "simulated",
    trainedAt: 0,
  });
  return { ranker: rankerOf(training.model), training, pages };
}

export type Order = SourceName | "blended" | "ranker";

export interface HeldOutWorld {
  readonly seed: number;
  readonly profiles: number;
  /** Means over profiles for the first twenty: true utility and expected picks; orders that give anything. */
  readonly orders: ReadonlyMap<Order, { readonly utility: number; readonly picks: number }>;
  readonly stages: readonly StageWorth[];
}

export async function measureHeldOut(
  ranker: Ranker,
  options: WorldsOptions & { readonly profilesMax: number },
): Promise<readonly HeldOutWorld[]> {
  const worlds: HeldOutWorld[] = [];
  for (const seed of options.seeds) {
    options.say?.(`held-out seed ${seed}`);
    const { profileCount, clock } = options;
    const serving = await openSimulatedServing({ seed, profileCount, clock });
    const profiles = serving.warm.slice(0, options.profilesMax);
    const all = profiles.map((profile) => ordersOf(serving, profile, ranker));
    const orders = new Map<Order, { readonly utility: number; readonly picks: number }>();
    for (const name of [...SOURCES, "blended", "ranker"] as const) {
      const given = all.map((one) => one[name]).filter(({ titles }) => titles.length > 0);
      if (given.length < profiles.length / 2) continue;
      orders.set(name, {
        utility: mean(given.map(({ utility }) => utility)),
        picks: mean(given.map(({ picks }) => picks)),
      });
    }
    const rules = { version: 1, compiled: compileRules(RULES, ruleTitlesOf(serving.ws.view)) };
    const stages = STAGES.map((stage) => measureStage(serving, stage, { profiles, ranker, rules, clock }));
    worlds.push({ seed, profiles: profiles.length, orders, stages });
  }
  return worlds;
}

/** The source whose own order is worth most, over all worlds. */
export function bestSource(worlds: readonly HeldOutWorld[]): SourceName {
  const worth = (name: SourceName) => mean(worlds.map(({ orders }) => orders.get(name)?.utility ?? -Infinity));
  return SOURCES.reduce((best, name) => (worth(name) > worth(best) ? name : best));
}

export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Mean over worlds and its 95% interval. */
export function spreadOf(values: readonly number[]): Spread {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  const reach = (T_975[values.length - 2] ?? 2.26) * Math.sqrt(variance / values.length);
  return { mean: centre, low: centre - reach, high: centre + reach };
}

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
};
