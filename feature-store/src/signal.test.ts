import { expect, test } from "vitest";
import { gradeSignal, type InteractionFacts, recencyFactor } from "./signal.ts";

const nothing: InteractionFacts = {
  stars: 0,
  strength: 0,
  plays: 0,
  watchedSeconds: 0,
  durationSeconds: 0,
  clicks: 0,
  isWatchlisted: false,
  isNotInterested: false,
};
const play = { plays: 1, durationSeconds: 6000 };

test.each<[string, Partial<InteractionFacts>, number]>([
  ["five stars: 0.4 + 0.12·5", { stars: 5 }, 1],
  ["one star stays well above a click: 0.4 + 0.12", { stars: 1 }, 0.52],
  ["a rating overrules a finished play", { stars: 1, ...play, watchedSeconds: 6000 }, 0.52],
  ["watched elsewhere: 0.6 + 0.4·1/2", { strength: 1 }, 0.8],
  ["watched elsewhere nine times: 0.6 + 0.4·9/10", { strength: 9 }, 0.96],
  ["half of it: 0.2 + 0.8·3000/5400", { ...play, watchedSeconds: 3000 }, 0.2 + (0.8 * 3000) / 5400],
  ["left at the credits", { ...play, watchedSeconds: 5400 }, 1],
  ["ten minutes of unknown length: 0.2 + 0.6/2", { plays: 1, watchedSeconds: 600 }, 0.5],
  ["the strongest counts", { isWatchlisted: true, clicks: 3, plays: 1 }, 0.4],
  ["a click", { clicks: 1 }, 0.2],
])("%s", (_, facts, weight) => {
  const signal = gradeSignal({ ...nothing, ...facts });
  expect(signal.kind === "positive" && signal.weight).toBeCloseTo(weight, 12);
});

test("shown only says nothing; not interested is a negative whatever else happened", () => {
  expect(gradeSignal(nothing)).toEqual({ kind: "none" });
  expect(gradeSignal({ ...nothing, stars: 5, clicks: 9, isNotInterested: true })).toEqual({ kind: "negative" });
});

test("a weight halves with each half-life, and stays without one", () => {
  const times = { asOf: 40 * 86_400_000, lastPositiveAt: 0 };
  expect(recencyFactor({ ...times, halfLifeDays: 20 })).toBe(0.25);
  expect(recencyFactor({ ...times, halfLifeDays: Number.POSITIVE_INFINITY })).toBe(1);
});
