import { Profile } from "@thewatcher/contracts/api/catalogue";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "./catalogue.ts";
import { DEMO_ACCOUNT_PLANS } from "./demo-accounts.ts";
import { TASTES } from "./tastes.ts";
import { createWorld } from "./world.ts";

const worldNow = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
const catalogue = loadCatalogue({ worldNow });
const world = createWorld({ seed: 1, worldNow, catalogue });
const everyProfile = [...world.profiles.keys()];

/** Σ(2k − n − 1)·x_k / (n·Σx), x ascending, k from 1: 0 where all are equal, towards 1 where one has everything. */
function gini(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return sorted.reduce((total, value, index) => total + (2 * (index + 1) - n - 1) * value, 0) / (n * sum);
}

test("gini is 0 for equal shares and (n − 1) / n where one has all", () => {
  expect(gini([3, 3, 3])).toBe(0);
  expect(gini([0, 0, 0, 8])).toBe(0.75);
});

describe("who lives there", () => {
  test("2,100 profiles in accounts of one to six, every profile valid and known by its identifier", () => {
    expect(world.profiles).toHaveLength(2100);
    for (const account of world.accounts) {
      expect(account.profiles.length).toBeGreaterThanOrEqual(1);
      expect(account.profiles.length).toBeLessThanOrEqual(6);
    }
    for (const [index, profile] of world.profiles.entries()) {
      Profile.parse(profile);
      expect(world.profileIndexOf(profile.profileId)).toBe(index);
    }
    expect(new Set(world.profiles.map((profile) => profile.country))).toEqual(new Set(["RU", "BY", "US"]));
  });

  test("the demo's accounts stand first, with the tastes and the history that their plan says", () => {
    expect(world.demoAccounts.map((account) => account.name)).toEqual(DEMO_ACCOUNT_PLANS.map((plan) => plan.name));
    const plans = DEMO_ACCOUNT_PLANS.flatMap((plan) => plan.profiles);
    for (const [index, plan] of plans.entries()) {
      expect(world.profiles[index]?.name).toBe(plan.name);
      expect(world.tastesOf(index).map((taste) => taste.tasteId)).toEqual(
        plan.tasteIds.length ? plan.tasteIds : expect.anything(),
      );
      // An evening pushed past the present by a binge is lost: never more than a few.
      expect(world.historyOf(index).count).toBeGreaterThanOrEqual(plan.watchCount * 0.95);
      expect(world.historyOf(index).count).toBeLessThanOrEqual(plan.watchCount);
    }
  });

  test("exactly one profile is cold, and it is the newcomers'", () => {
    const cold = everyProfile.filter((index) => world.historyOf(index).count === 0);
    expect(cold.map((index) => world.profiles[index]!.name)).toEqual(["Nobody yet"]);
    expect(world.demoAccounts.at(-1)!.profiles[0]!.profileId).toBe(world.profiles[cold[0]!]!.profileId);
  });

  test("no child ever watched, or is ever suited by, a title above its mark or of unknown mark", () => {
    const minors = everyProfile.filter((index) => world.profiles[index]!.ageMark !== null);
    expect(minors.length).toBeGreaterThan(100);
    for (const index of minors) {
      const limit = world.profiles[index]!.ageMark!;
      for (const title of world.historyOf(index).titleIndices) {
        expect(world.titles[title]!.ageMark).not.toBeNull();
        expect(world.titles[title]!.ageMark!).toBeLessThanOrEqual(limit);
      }
    }
    const unmarked = world.titles.findIndex((title) => title.ageMark === null);
    expect(world.isSuitable(minors[0]!, unmarked)).toBe(false);
    expect(world.isSuitable(0, unmarked)).toBe(true);
  });
});

describe("shaped like MovieLens", () => {
  const perProfile = everyProfile.map((index) => world.historyOf(index).count);
  const perTitle = new Array<number>(world.titles.length).fill(0);
  for (const index of everyProfile) for (const title of world.historyOf(index).titleIndices) perTitle[title]!++;
  const total = perProfile.reduce((sum, count) => sum + count, 0);

  test("at least 100,000 interactions, each (profile, title) once", () => {
    expect(total).toBeGreaterThanOrEqual(100_000);
    for (const index of everyProfile) {
      const history = world.historyOf(index);
      expect(new Set(history.titleIndices).size).toBe(history.count);
    }
  });

  // Computed from the published files: ML-100K titles 0.629, ML-1M titles 0.603.
  test("popularity: the Gini of titles is 0.60 ± 0.04, and a tenth of the titles takes 43% ± 4", () => {
    expect(gini(perTitle)).toBeGreaterThan(0.56);
    expect(gini(perTitle)).toBeLessThan(0.64);
    const head = [...perTitle].sort((a, b) => b - a).slice(0, Math.floor(perTitle.length / 10));
    const share = head.reduce((sum, count) => sum + count, 0) / total;
    // ML-100K 0.427, ML-1M 0.422
    expect(share).toBeGreaterThan(0.39);
    expect(share).toBeLessThan(0.47);
  });

  test("the tail is there: the less watched half of the titles has 6 to 14% of the watches", () => {
    const tail = [...perTitle].sort((a, b) => a - b).slice(0, perTitle.length >> 1);
    const share = tail.reduce((sum, count) => sum + count, 0) / total;
    // ML-100K 0.073, ML-1M 0.095
    expect(share).toBeGreaterThan(0.06);
    expect(share).toBeLessThan(0.14);
  });

  // ML-100K: median 65, mean 106, Gini 0.47, at least 20. Half a year holds fewer than a lifetime of ratings.
  test("histories: median 40 to 60, mean a third above it or more, a long tail, at least ten", () => {
    const sorted = [...perProfile].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1]!;
    expect(median).toBeGreaterThanOrEqual(40);
    expect(median).toBeLessThanOrEqual(60);
    expect(total / sorted.length).toBeGreaterThan(median * 1.33);
    expect(sorted[1]).toBeGreaterThanOrEqual(10);
    expect(sorted.at(-1)).toBeGreaterThan(250);
    expect(gini(perProfile)).toBeGreaterThan(0.35);
    expect(gini(perProfile)).toBeLessThan(0.5);
  });

  test("countries have favourites of their own: their twenty most watched differ", () => {
    const top = (country: string) => {
      const counts = new Array<number>(world.titles.length).fill(0);
      for (const index of everyProfile) {
        if (world.profiles[index]!.country !== country) continue;
        for (const title of world.historyOf(index).titleIndices) counts[title]!++;
      }
      return [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!).slice(0, 20);
    };
    const shared = top("RU").filter((title) => top("US").includes(title)).length;
    expect(shared).toBeGreaterThan(2);
    expect(shared).toBeLessThan(18);
  });
});

describe("tastes are planted", () => {
  test("every taste holds twenty titles or more, each with an affinity of at least 0.6, strongest first", () => {
    for (const { tasteId } of TASTES) {
      const members = world.titlesOfTaste(tasteId);
      expect(members.length, tasteId).toBeGreaterThanOrEqual(20);
      const affinities = members.map((title) => world.affinity(tasteId, title));
      expect(affinities).toEqual([...affinities].sort((a, b) => b - a));
      expect(affinities.at(-1)).toBeGreaterThanOrEqual(0.6);
    }
  });

  test("half of what is watched belongs to the viewer's tastes, which hold a twentieth of the catalogue", () => {
    let watched = 0;
    let inTaste = 0;
    let expected = 0;
    for (const index of everyProfile) {
      const members = new Set(world.tastesOf(index).flatMap(({ tasteId }) => world.titlesOfTaste(tasteId)));
      const history = world.historyOf(index);
      watched += history.count;
      expected += (history.count * members.size) / world.titles.length;
      for (const title of history.titleIndices) if (members.has(title)) inTaste++;
    }
    expect(inTaste / watched).toBeGreaterThan(0.4);
    expect(inTaste / expected).toBeGreaterThan(6);
  });

  test("a title of the viewer's first taste is worth more than another one, on average by more than one unit", () => {
    let difference = 0;
    const sample = everyProfile.slice(100, 300);
    for (const index of sample) {
      const members = world.titlesOfTaste(world.tastesOf(index)[0]!.tasteId);
      const mean = (titles: readonly number[]) =>
        titles.reduce((sum, title) => sum + world.trueUtility(index, title, worldNow), 0) / titles.length;
      difference += mean(members) - mean([...world.titles.keys()].filter((title) => title % 13 === 0));
    }
    expect(difference / sample.length).toBeGreaterThan(1);
  });

  test("the truth ranks withheld films far above popularity: there is something to learn", () => {
    // A fifth of each history withheld; nDCG@20 over every title that was not seen in the rest.
    const rng = createRng(5);
    const seen: Set<number>[] = [];
    const withheld: Set<number>[] = [];
    const popularity = new Float64Array(world.titles.length);
    for (const index of everyProfile) {
      const [a, b] = [new Set<number>(), new Set<number>()];
      for (const title of world.historyOf(index).titleIndices) (rng.next() < 0.2 ? b : a).add(title);
      for (const title of a) popularity[title]!++;
      seen.push(a);
      withheld.push(b);
    }
    const ndcg = (scoreOf: (profile: number, title: number) => number): number => {
      let sum = 0;
      let count = 0;
      for (let profile = 50; profile < everyProfile.length; profile += 20) {
        const relevant = withheld[profile]!;
        if (relevant.size === 0 || world.profiles[profile]!.ageMark !== null) continue;
        const scores = world.titles.map((_, title) =>
          seen[profile]!.has(title) ? Number.NEGATIVE_INFINITY : scoreOf(profile, title),
        );
        const top = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, 20);
        const gain = top.reduce((dcg, title, rank) => dcg + (relevant.has(title) ? 1 / Math.log2(rank + 2) : 0), 0);
        let ideal = 0;
        for (let rank = 0; rank < Math.min(20, relevant.size); rank++) ideal += 1 / Math.log2(rank + 2);
        sum += gain / ideal;
        count++;
      }
      return sum / count;
    };
    const ofPopularity = ndcg((_, title) => popularity[title]!);
    // Two months back: the middle of the window, so that no single evening's fatigue speaks.
    const ofTruth = ndcg((profile, title) => world.trueUtility(profile, title, worldNow - 60 * 24 * HOUR_MS));
    expect(ofPopularity).toBeGreaterThan(0.05);
    expect(ofTruth).toBeGreaterThan(1.8 * ofPopularity);
  });
});

describe("what no linear model holds", () => {
  test("fatigue: right after a film its genre is worth less, a fortnight later it is worth what it was", () => {
    const halfDay = 12 * HOUR_MS;
    const drops: number[] = [];
    for (const profile of everyProfile.slice(100, 400)) {
      // The last film of the history: after it there is only rest.
      const history = world.historyOf(profile);
      const watch = history.count - 1;
      const title = history.titleIndices[watch]!;
      const [genre, ...others] = world.titles[title]!.genres;
      if (genre === undefined || others.length > 0) continue;
      // Of the same genre and of none of the viewer's tastes: without drift, so that fatigue is all that moves.
      const tastes = world.tastesOf(profile);
      const plain = world.titles.findIndex(
        (other, index) =>
          other.genres.join() === genre && tastes.every(({ tasteId }) => world.affinity(tasteId, index) < 0.01),
      );
      const endedAt = history.startedAt[watch]! + history.watchedSeconds[watch]! * 1000;
      if (plain < 0) continue;
      const worth = (at: number) => world.trueUtility(profile, plain, at);
      const recovered = worth(endedAt + 100 * halfDay);
      expect(worth(endedAt)).toBeLessThan(worth(endedAt - 1));
      for (let step = 0; step < 10; step++) {
        expect(worth(endedAt + (step + 1) * halfDay)).toBeGreaterThan(worth(endedAt + step * halfDay));
      }
      // e^(−14 / 2.5) = 0.004: what is left of the satiation.
      expect(recovered - worth(endedAt + 28 * halfDay)).toBeLessThan(0.05);
      drops.push(recovered - worth(endedAt));
    }
    expect(drops.length).toBeGreaterThan(50);
    expect(drops.reduce((sum, drop) => sum + drop, 0) / drops.length).toBeGreaterThan(0.4);
  });

  test("drift: what one viewer's taste is worth changes by a quarter or more within four months", () => {
    const swings = everyProfile.slice(100, 200).map((profile) => {
      const title = world.titlesOfTaste(world.tastesOf(profile)[0]!.tasteId)[0]!;
      // Far beyond the history, so that only drift is left.
      const values = Array.from({ length: 9 }, (_, month) =>
        world.trueUtility(profile, title, worldNow + (40 + month * 15) * 24 * HOUR_MS),
      );
      return (Math.max(...values) - Math.min(...values)) / Math.max(...values);
    });
    const mean = swings.reduce((sum, swing) => sum + swing, 0) / swings.length;
    expect(mean).toBeGreaterThan(0.25);
  });

  test("abandonment: what is left early is worth less to its viewer than what is watched to the end", () => {
    const sums = { left: 0, leftCount: 0, ended: 0, endedCount: 0 };
    for (const profile of everyProfile.slice(100, 300)) {
      const history = world.historyOf(profile);
      for (let watch = 0; watch < history.count; watch++) {
        const title = history.titleIndices[watch]!;
        const utility = world.trueUtility(profile, title, history.startedAt[watch]!);
        if (history.watchedSeconds[watch]! < 0.5 * world.durationSeconds(title)) {
          sums.left += utility;
          sums.leftCount++;
        } else {
          sums.ended += utility;
          sums.endedCount++;
        }
      }
    }
    expect(sums.leftCount).toBeGreaterThan(200);
    expect(sums.ended / sums.endedCount).toBeGreaterThan(sums.left / sums.leftCount + 0.5);
  });

  test("ratings are missing not at random: a fifth is rated, and strong feelings are rated more often", () => {
    const rated = { weak: 0, weakAll: 0, strong: 0, strongAll: 0, all: 0, count: 0 };
    for (const profile of everyProfile.slice(0, 600)) {
      const history = world.historyOf(profile);
      for (let watch = 0; watch < history.count; watch++) {
        const utility = world.trueUtility(profile, history.titleIndices[watch]!, history.startedAt[watch]!);
        const isRated = history.halfStars[watch]! > 0 ? 1 : 0;
        rated.count += isRated;
        rated.all++;
        if (Math.abs(utility - 1.5) < 0.4) {
          rated.weak += isRated;
          rated.weakAll++;
        } else if (Math.abs(utility - 1.5) > 1.2) {
          rated.strong += isRated;
          rated.strongAll++;
        }
      }
    }
    expect(rated.count / rated.all).toBeGreaterThan(0.15);
    expect(rated.count / rated.all).toBeLessThan(0.3);
    expect(rated.strong / rated.strongAll).toBeGreaterThan(1.3 * (rated.weak / rated.weakAll));
  });
});

describe("determinism", () => {
  const small = (seed: number) => createWorld({ seed, worldNow, catalogue, profileCount: 60 });
  const watches = (seed: number, order: readonly number[]) => {
    const own = small(seed);
    return order.map((index) => [index, [...own.historyOf(index).titleIndices].join()] as const);
  };

  test("the same seed gives the same world, whichever history is asked for first", () => {
    const forwards = watches(7, [3, 20, 40]);
    const backwards = watches(7, [40, 20, 3]).reverse();
    expect(forwards).toEqual(backwards);
    expect(watches(8, [3, 20, 40])).not.toEqual(forwards);
  });

  test("more profiles do not change those that were there", () => {
    const wider = createWorld({ seed: 7, worldNow, catalogue, profileCount: 90 });
    expect(wider.profiles.slice(0, 59)).toEqual(small(7).profiles.slice(0, 59));
    expect([...wider.historyOf(20).titleIndices]).toEqual([...small(7).historyOf(20).titleIndices]);
  });

  test("a title is watched only after it arrived, and nothing after the present", () => {
    // Counted, not expected one by one: 140,000 expectations take nine seconds.
    const arrivedAt = world.titles.map((title) => Date.parse(title.addedAt));
    const wrong = { beforeArrival: 0, afterPresent: 0, overlapping: 0 };
    for (const index of everyProfile) {
      const history = world.historyOf(index);
      let freeAt = 0;
      for (let watch = 0; watch < history.count; watch++) {
        const startedAt = history.startedAt[watch]!;
        const endedAt = startedAt + history.watchedSeconds[watch]! * 1000;
        if (startedAt < arrivedAt[history.titleIndices[watch]!]!) wrong.beforeArrival++;
        if (endedAt >= worldNow) wrong.afterPresent++;
        if (startedAt <= freeAt) wrong.overlapping++;
        freeAt = endedAt;
      }
    }
    expect(wrong).toEqual({ beforeArrival: 0, afterPresent: 0, overlapping: 0 });
  });
});
