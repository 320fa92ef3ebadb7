/**
 * The ranker on the simulated world, whose viewers look at a place with probability (position + 1)^(−½)
 * (simulation/src/respond.ts) and whose true utilities are known. Pages stand in the order of a score that says
 * nothing of the viewer; whoever takes the place for worth learns that score.
 */
import { createRng } from "@thewatcher/kit/rng";
import { loadCatalogue } from "@thewatcher/simulation/catalogue";
import { clickProbability, respondToSlate } from "@thewatcher/simulation/respond";
import { createWorld } from "@thewatcher/simulation/world";
import { judge, ndcgByDecision, scoreRows } from "@thewatcher/trainer/ranker/judge-ranker";
import { type RankerRow, rankerRowsOf } from "@thewatcher/trainer/ranker/rows";
import { type RankerTraining, trainRanker } from "@thewatcher/trainer/ranker/train-ranker";
import { expect, test } from "vitest";

const AT = Date.UTC(2026, 10, 23, 12);
const PAGES = 12_000;
const SLATE = 20;
const POOL = 40;
const NAMES = ["sharp", "blurred", "fame", "shownBy", "chance"];

test("clicks that follow the place: the curve of looks is found, and the order is nearer to the true one than without", async () => {
  const world = createWorld({ seed: 3, worldNow: AT, catalogue: loadCatalogue({ worldNow: AT }), profileCount: 300 });
  const adults = [...world.profiles.keys()].filter((index) => world.profiles[index]!.ageMark === null);
  const rng = createRng(22);
  const fame = world.titles.map(() => rng.normal());
  /** What a model of each quality might say of a title: the utility in noise of its own. */
  const featuresOf = (profile: number, title: number): number[] => {
    const noise = createRng(profile * 100_003 + title);
    const utility = world.trueUtility(profile, title, AT);
    return [
      utility + 0.8 * noise.normal(),
      utility + 1.2 * noise.normal(),
      Math.exp(1.5 * fame[title]!),
      noise.normal() + 0.5 * fame[title]!,
      noise.normal(),
    ];
  };
  const draw = (count: number): number[] => {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(rng.int(world.titles.length));
    return [...drawn];
  };
  const rows: RankerRow[] = [];
  for (let page = 0; page < PAGES; page++) {
    const profile = adults[rng.int(adults.length)]!;
    const slate = draw(POOL)
      .map((title) => ({ title, features: featuresOf(profile, title) }))
      .sort((a, b) => b.features[3]! - a.features[3]!)
      .slice(0, SLATE);
    const titleIds = slate.map(({ title }) => world.titles[title]!.titleId);
    const { clicked } = respondToSlate(world, profile, titleIds, rng, AT);
    for (const [position, { features }] of slate.entries()) {
      rows.push({
        decisionId: `d${page}`,
        at: page,
        features,
        position,
        rowKind: "top_picks",
        blendedScore: features[3]!,
        label: clicked.includes(position) ? 1 : 0,
      });
    }
  }
  const fresh = rankerRowsOf(
    NAMES,
    Array.from({ length: 1_000 }, (_, page): RankerRow[] => {
      const profile = adults[rng.int(adults.length)]!;
      return draw(SLATE).map((title, position) => {
        const features = featuresOf(profile, title);
        const label = clickProbability(world, profile, title, AT);
        return { decisionId: `f${page}`, at: page, features, position, rowKind: "", blendedScore: features[3]!, label };
      });
    }).flat(),
  );
  const logged = rankerRowsOf(NAMES, rows);
  const options = { seed: 1, version: "r-simulated", trainedAt: 0 };
  const corrected = await trainRanker(logged, options);
  const uncorrected = await trainRanker(logged, { ...options, examination: "none" });

  // From 1,400 picks at the first place to 450 at the ninth.
  for (const position of [1, 2, 3, 5, 8]) {
    expect(Math.abs(corrected.examination[position]! - (position + 1) ** -0.5)).toBeLessThan(0.07);
  }
  const truth = (training: RankerTraining): number => {
    const values = ndcgByDecision(fresh, fresh.labels, scoreRows(training.model, fresh));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  // Measured: .877 and .813, and looks within .05 of the truth.
  expect(truth(corrected) - truth(uncorrected)).toBeGreaterThan(0.04);
  // The gate sees it too, on clicks alone, weighted by the looks that it found.
  expect(judge(corrected, logged).better).toBe(true);
}, 400_000);
