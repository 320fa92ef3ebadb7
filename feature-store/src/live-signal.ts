/**
 * The live state of one title in the units that the published models count in, by the same grading as the training set:
 * what training would take as an interaction weighs 1 (the models' histories are binary, see engine/models/ease.ts);
 * what it would not, such as a click, moves the next page by its grade.
 */
import type { TitleState } from "@thewatcher/contracts/profile-state";
import { gradeSignal, type InteractionFacts } from "./signal.ts";

/**
 * Pairs below this grade are no training data: a click (0.2), an entry of the watchlist (0.4), a play left before its
 * first third. They say that a title drew the eye, not that it was watched; trained on, they would also keep the title
 * out of every list as "seen".
 */
export const TRAINING_SIGNAL_MIN = 0.45;

export function factsOf(state: TitleState): InteractionFacts {
  return {
    stars: state.rated?.stars ?? 0,
    // An import's own strength stays in the warehouse; the live state knows that it was watched.
    strength: state.watched?.on ? 1 : 0,
    plays: state.playedAt === undefined ? 0 : 1,
    watchedSeconds: state.watchedSeconds ?? 0,
    durationSeconds: state.durationSeconds ?? 0,
    clicks: state.clickedAt === undefined ? 0 : 1,
    isWatchlisted: state.watchlisted?.on ?? false,
    isNotInterested: state.notInterested?.on ?? false,
  };
}

/** 0: nothing that counts for it ("not interested" hides a title; it says nothing of its neighbours). */
export function gradeTitleState(state: TitleState): number {
  const signal = gradeSignal(factsOf(state));
  if (signal.kind !== "positive") return 0;
  return signal.weight >= TRAINING_SIGNAL_MIN ? 1 : signal.weight;
}
