import { Stars } from "@thewatcher/contracts/events";
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "./catalogue.ts";
import { examinationProbability } from "./evenings.ts";
import { clickProbability, respondToSlate } from "./respond.ts";
import { createWorld } from "./world.ts";

const worldNow = Date.UTC(2026, 10, 23, 12);
const world = createWorld({ seed: 3, worldNow, catalogue: loadCatalogue({ worldNow }), profileCount: 120 });
const adults = [...world.profiles.keys()].filter((index) => world.profiles[index]!.ageMark === null);
const titleId = (index: number): string => world.titles[index]!.titleId;

/** `length` different titles in random order, so that the position says nothing of the title. */
function randomSlate(length: number, rng: ReturnType<typeof createRng>): string[] {
  const slate = new Set<string>();
  while (slate.size < length) slate.add(titleId(rng.int(world.titles.length)));
  return [...slate];
}

describe("a live viewer", () => {
  test("position bias: on randomised slates both looks and clicks fall with the position, looks as stated", () => {
    const rng = createRng(11);
    const slateCount = 12_000;
    const looks = new Array<number>(12).fill(0);
    const clicks = new Array<number>(12).fill(0);
    for (let round = 0; round < slateCount; round++) {
      const profile = adults[round % adults.length]!;
      const response = respondToSlate(world, profile, randomSlate(12, rng), rng, worldNow);
      for (const position of response.examined) looks[position]!++;
      for (const position of response.clicked) clicks[position]!++;
    }
    for (const [position, count] of looks.entries()) {
      // Five standard errors of a proportion: 5 · √(¼ / 12,000) = 0.023.
      expect(Math.abs(count / slateCount - examinationProbability(position))).toBeLessThan(0.023);
    }
    // By thirds of the slate and at the ends: each falls by more than chance would hide.
    const third = (from: number) => clicks.slice(from, from + 4).reduce((sum, count) => sum + count, 0);
    expect(third(0)).toBeGreaterThan(1.3 * third(4));
    expect(third(4)).toBeGreaterThan(1.1 * third(8));
    expect(clicks[0]).toBeGreaterThan(2.5 * clicks[11]!);
  });

  test("of what is looked at, clicks follow the true utility: the stated probability within five standard errors", () => {
    const rng = createRng(12);
    const profile = adults[1]!;
    const liked = world.titlesOfTaste(world.tastesOf(profile)[0]!.tasteId)[0]!;
    const expected = clickProbability(world, profile, liked, worldNow);
    let clicked = 0;
    const rounds = 4000;
    for (let round = 0; round < rounds; round++) {
      clicked += respondToSlate(world, profile, [titleId(liked)], rng, worldNow).clicked.length;
    }
    expect(Math.abs(clicked / rounds - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / rounds));
    const [best, worst] = [...world.titles.keys()]
      .sort((a, b) => world.trueUtility(profile, b, worldNow) - world.trueUtility(profile, a, worldNow))
      .filter((_, rank) => rank === 0 || rank === world.titles.length - 1);
    expect(clickProbability(world, profile, best!, worldNow)).toBeGreaterThan(0.8);
    expect(clickProbability(world, profile, worst!, worldNow)).toBeLessThan(0.1);
  });

  test("a child never clicks what its mark forbids, nor anyone what the world does not know", () => {
    const rng = createRng(13);
    const child = world.profiles.findIndex((profile) => profile.ageMark === 6);
    const forbidden = [...world.titles.keys()].filter((index) => !world.isSuitable(child, index)).slice(0, 40);
    for (let round = 0; round < 200; round++) {
      expect(respondToSlate(world, child, forbidden.map(titleId), rng, worldNow).clicked).toEqual([]);
      const unknown = respondToSlate(world, 0, ["ml-1m:1", "ml-1m:2"], rng, worldNow);
      expect(unknown).toMatchObject({ clicked: [], play: null });
      expect(unknown.examined[0]).toBe(0);
    }
  });

  test("a play is of a clicked title, no longer than the film, with stars of half steps or none", () => {
    const rng = createRng(14);
    let plays = 0;
    for (let round = 0; round < 1500; round++) {
      const profile = adults[round % adults.length]!;
      const slate = randomSlate(24, rng);
      const { clicked, play, examined } = respondToSlate(world, profile, slate, rng, worldNow);
      for (const position of clicked) expect(examined).toContain(position);
      if (!play) continue;
      plays++;
      expect(clicked).toContain(play.position);
      expect(slate[play.position]).toBe(play.titleId);
      expect(play.watchedSeconds).toBeGreaterThan(0);
      expect(play.watchedSeconds).toBeLessThanOrEqual(play.durationSeconds);
      if (play.stars !== null) Stars.parse(play.stars);
    }
    expect(plays).toBeGreaterThan(200);
  });

  test("an empty slate gets an empty answer, and the same chance gives the same answer", () => {
    expect(respondToSlate(world, 0, [], createRng(1), worldNow)).toEqual({ examined: [], clicked: [], play: null });
    const slate = randomSlate(24, createRng(2));
    const once = respondToSlate(world, 0, slate, createRng(9), worldNow);
    expect(respondToSlate(world, 0, slate, createRng(9), worldNow)).toEqual(once);
  });
});
