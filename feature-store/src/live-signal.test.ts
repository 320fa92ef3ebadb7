import type { TitleId } from "@thewatcher/contracts/ids";
import type { TitleState } from "@thewatcher/contracts/profile-state";
import { expect, test } from "vitest";
import { gradeTitleState } from "./live-signal.ts";

const state = (fields: Partial<TitleState>): TitleState => ({ titleId: "t" as TitleId, touchedAt: 1, ...fields });

test("what training would count weighs as much as training counts it: 1", () => {
  expect(gradeTitleState(state({ rated: { at: 1, stars: 0.5 } }))).toBe(1);
  expect(gradeTitleState(state({ watched: { at: 1, on: true } }))).toBe(1);
  // 0.2 + 0.8 · min(1, 3000 / (0.9 · 6000)) = 0.644…, above 0.45.
  expect(gradeTitleState(state({ playedAt: 1, watchedSeconds: 3000, durationSeconds: 6000 }))).toBe(1);
});

test("what only drew the eye weighs its grade", () => {
  expect(gradeTitleState(state({ clickedAt: 1 }))).toBe(0.2);
  expect(gradeTitleState(state({ clickedAt: 1, watchlisted: { at: 1, on: true } }))).toBe(0.4);
  // Left after 10 of 100 minutes: 0.2 + 0.8 · 600 / 5400 = 0.288…
  expect(gradeTitleState(state({ playedAt: 1, watchedSeconds: 600, durationSeconds: 6000 }))).toBeCloseTo(
    0.2 + (0.8 * 600) / 5400,
  );
});

test("what was taken back, or refused, weighs nothing", () => {
  expect(gradeTitleState(state({ rated: { at: 1, stars: null } }))).toBe(0);
  expect(gradeTitleState(state({ watchlisted: { at: 1, on: false } }))).toBe(0);
  expect(gradeTitleState(state({ clickedAt: 1, notInterested: { at: 2, on: true } }))).toBe(0);
});
