/**
 * The ranker and the stages behind it on simulated worlds that nothing was learned from, by the viewers' true utilities
 * (testing/held-out-worlds.ts). The larger run: `npm run bench -- rank`.
 */
import { systemClock } from "@thewatcher/kit/clock";
import { beforeAll, describe, expect, test } from "vitest";
import {
  bestSource,
  type HeldOutWorld,
  mean,
  measureHeldOut,
  spreadOf,
  trainOnWorlds,
} from "./testing/held-out-worlds.ts";

/** The margin of true utility: a title of a taste and one that just is there lie some 2 apart. */
const MARGIN = 0.05;

let worlds: readonly HeldOutWorld[];

beforeAll(async () => {
  const common = { profileCount: 300, clock: systemClock };
  const { ranker } = await trainOnWorlds({ ...common, seeds: [1, 2], pages: 2 });
  worlds = await measureHeldOut(ranker, { ...common, seeds: [101, 102, 103], profilesMax: 150 });
}, 400_000);

const gains = (of: (world: HeldOutWorld) => number, beside: (world: HeldOutWorld) => number) =>
  spreadOf(worlds.map((world) => of(world) - beside(world)));
const at = (stage: string, what: (stage: HeldOutWorld["stages"][number]) => number) => (world: HeldOutWorld) =>
  what(world.stages.find(({ name }) => name === stage)!);

describe("on held-out worlds", () => {
  test("the ranker's first twenty are worth more than the best single source's, by the margin in each world's interval", () => {
    const best = bestSource(worlds);
    const ranker = ({ orders }: HeldOutWorld) => orders.get("ranker")!.utility;
    const over = gains(ranker, ({ orders }) => orders.get(best)!.utility);
    console.log(`ranker above ${best}: ${over.mean.toFixed(3)} [${over.low.toFixed(3)}, ${over.high.toFixed(3)}]`);
    expect(over.low).toBeGreaterThan(MARGIN);
    // And than the order that pages have without one.
    expect(gains(ranker, ({ orders }) => orders.get("blended")!.utility).low).toBeGreaterThan(0);
    for (const { orders } of worlds) expect(orders.get("ranker")!.picks).toBeGreaterThan(orders.get(best)!.picks);
  });

  test("each stage does what it is for, at a price that is bounded", () => {
    const utility = (stage: string) => at(stage, ({ utilities }) => mean(utilities));
    const ofTop = (stage: string) => at(stage, ({ topUtilities }) => mean(topUtilities));
    const distance = (stage: string) => at(stage, (one) => one.distance);
    const picks = (stage: string) => at(stage, (one) => mean(one.picks));
    expect(gains(ofTop("+ ranker"), ofTop("sources, blended")).mean).toBeGreaterThan(0);
    // Diversity: rows less alike, for at most a fortieth of a unit of utility.
    expect(gains(distance("+ diversity"), distance("+ ranker")).low).toBeGreaterThan(0);
    expect(gains(utility("+ diversity"), utility("+ ranker")).mean).toBeGreaterThan(-0.025);
    // One drawn slot of twenty.
    expect(gains(utility("+ exploration"), utility("+ rules")).mean).toBeGreaterThan(-0.04);
    // Rows worth more stand where more look.
    expect(gains(picks("+ row order"), picks("+ exploration")).low).toBeGreaterThan(0);
  });
});
