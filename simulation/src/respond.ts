/**
 * A live viewer: what a profile does with a slate put before it. For demo traffic and closed-loop tests.
 *
 * Position-based model (Craswell et al. 2008): P(click at k) = P(k is looked at) · P(click | looked at), where the first
 * depends on the position only and the second on the true utility only. Of the titles clicked, the viewer settles on
 * the best one and plays it, mostly.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";
import { examinationProbability, halfStarsOrNone, logistic, watchedFraction } from "./evenings.ts";
import { LIKING } from "./viewer.ts";
import type { World } from "./world.ts";

/** Slope of the click probability: a title at `LIKING` is clicked half of the times it is looked at. */
const CLICK_STEEPNESS = 2;
/** One in seven reads the title page and leaves. */
const PLAY_SHARE = 0.85;

export interface SlatePlay {
  readonly position: number;
  readonly titleId: string;
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
  /** 0.5 to 5 in half steps; null: the viewer does not say. */
  readonly stars: number | null;
}

export interface SlateResponse {
  /** 0-based positions that were looked at, ascending; the first always is. */
  readonly examined: readonly number[];
  /** Positions clicked, ascending. */
  readonly clicked: readonly number[];
  readonly play: SlatePlay | null;
}

/** P(click | looked at): the truth that a click model should recover. 0 for what the profile may not watch. */
export function clickProbability(world: World, profileIndex: number, titleIndex: number, at: number): number {
  if (!world.isSuitable(profileIndex, titleIndex)) return 0;
  return logistic(CLICK_STEEPNESS * (world.trueUtility(profileIndex, titleIndex, at) - LIKING));
}

/** Titles that the world does not know (imported ones beside it) are looked at and never clicked. */
export function respondToSlate(
  world: World,
  profileIndex: number,
  slate: readonly string[],
  rng: Rng,
  at: number,
): SlateResponse {
  const viewer = world.viewers[profileIndex];
  assert(viewer !== undefined, "no such profile", () => profileIndex);
  const examined: number[] = [];
  const clicked: number[] = [];
  let best: { readonly position: number; readonly titleIndex: number; readonly utility: number } | null = null;
  for (const [position, titleId] of slate.entries()) {
    if (rng.next() >= examinationProbability(position)) continue;
    examined.push(position);
    const titleIndex = world.titleIndexOf(titleId);
    if (titleIndex === undefined) continue;
    if (rng.next() >= clickProbability(world, profileIndex, titleIndex, at)) continue;
    clicked.push(position);
    const utility = world.trueUtility(profileIndex, titleIndex, at);
    if (best === null || utility > best.utility) best = { position, titleIndex, utility };
  }
  if (best === null || rng.next() >= PLAY_SHARE) return { examined, clicked, play: null };
  const durationSeconds = world.durationSeconds(best.titleIndex);
  const watchedSeconds = Math.max(1, Math.round(watchedFraction(best.utility, rng) * durationSeconds));
  const halfStars = halfStarsOrNone(viewer, best.utility, rng);
  const titleId = world.titles[best.titleIndex]!.titleId;
  return {
    examined,
    clicked,
    play: {
      position: best.position,
      titleId,
      watchedSeconds,
      durationSeconds,
      stars: halfStars === 0 ? null : halfStars / 2,
    },
  };
}
