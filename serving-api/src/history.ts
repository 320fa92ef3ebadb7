/**
 * One profile's live state, read once for a request: what may not be shown, what can be continued, and the history that
 * ranking and reasons work with.
 *
 * History: the titles of the item tables with a signal other than 0, newest first, so that place r carries the factor
 * 2^(−r / halfLifeInteractions) of item-tables.ts. The entries newer than the tables' `asOf` are the *fresh* ones: the
 * published list does not know them. A title that the list knew already and that was touched again counts as fresh; its
 * older, decayed share stays in the list, since only the model could take it out.
 *
 * A state keeps 300 titles (PROFILE_STATE_TITLES_MAX): what a profile watched before those is kept out of the published
 * list by the trainer, but not out of the popular rows.
 */
import type { ProfileState, TitleState } from "@thewatcher/contracts/profile-state";
import type { TitleView } from "./title-view.ts";

/** Started: both half a minute and a fiftieth of the playing time, so that a trailer's length of looking in is none. */
export const STARTED_SECONDS_MIN = 30;
export const STARTED_SHARE_MIN = 0.02;
/** Finished: end credits take the last 5–8% of a film. */
export const FINISHED_SHARE_MIN = 0.92;
/** Newest graded titles that a reason may name. Beyond them, and below the factor, a share of a score is noise. */
export const EXPLAINED_TITLES_MAX = 64;
export const EXPLAINED_FACTOR_MIN = 1 / 1024;

/** Turns what a profile did with one title into the signal that the models are trained on; 0: no interaction. */
export type GradeTitleState = (title: TitleState) => number;

export interface GradedTitle {
  readonly index: number;
  /** signal · 2^(−r / h). */
  readonly weight: number;
  readonly fresh: boolean;
  /** Watched in part or whole, rated, or marked as watched: "because you watched" is true of it. */
  readonly watched: boolean;
}

export interface Started {
  readonly index: number;
  readonly positionSeconds: number;
  readonly durationSeconds: number | null;
}

export interface History {
  /** "Not interested": shown nowhere. */
  readonly hidden: readonly number[];
  /** Finished, rated, or marked as watched: not recommended. */
  readonly watched: readonly number[];
  /** Started and not finished, the last played first. */
  readonly started: readonly Started[];
  /** Newest first: all the fresh ones, then up to EXPLAINED_TITLES_MAX in all. */
  readonly graded: readonly GradedTitle[];
  /** m of the overlay: fresh ones among them. They lead `graded`. */
  readonly freshCount: number;
  /** There was something to learn from when the lists were made, so a list should exist. */
  readonly known: boolean;
}

export const emptyHistory: History = { hidden: [], watched: [], started: [], graded: [], freshCount: 0, known: false };

export function readHistory(view: TitleView, state: ProfileState, grade: GradeTitleState): History {
  const hidden: number[] = [];
  const watched: number[] = [];
  const started: (Started & { readonly playedAt: number })[] = [];
  const graded: GradedTitle[] = [];
  const asOf = view.tables?.asOf ?? Number.POSITIVE_INFINITY;
  const decay = view.tables ? 2 ** (-1 / view.tables.halfLifeInteractions) : 1;
  let factor = 1;
  let freshCount = 0;
  let known = false;
  for (const title of state.titles) {
    const index = view.indexOf.get(title.titleId);
    if (index === undefined) continue;
    const seen = isWatched(title);
    if (title.notInterested?.on) hidden.push(index);
    else if (seen) watched.push(index);
    else if (isStarted(title)) {
      started.push({
        index,
        positionSeconds: title.positionSeconds ?? 0,
        durationSeconds: title.durationSeconds ?? null,
        playedAt: title.playedAt ?? 0,
      });
    }
    if (index >= view.trainedCount) continue;
    const fresh = title.touchedAt > asOf;
    if (!fresh && known && (graded.length >= EXPLAINED_TITLES_MAX || factor < EXPLAINED_FACTOR_MIN)) continue;
    const signal = grade(title);
    if (signal === 0) continue;
    if (fresh) freshCount++;
    else known = true;
    graded.push({ index, weight: signal * factor, fresh, watched: seen || (title.watchedSeconds ?? 0) > 0 });
    factor *= decay;
  }
  started.sort((a, b) => b.playedAt - a.playedAt);
  return { hidden, watched, started, graded, freshCount, known };
}

function isWatched(title: TitleState): boolean {
  if (title.watched?.on) return true;
  if (title.rated && title.rated.stars !== null) return true;
  // An episode's end is not the end of its series.
  return title.partId === undefined && isPlayedOut(title);
}

function isPlayedOut({ watched, playedAt = 0, positionSeconds = 0, watchedSeconds = 0, durationSeconds }: TitleState) {
  if (durationSeconds === undefined) return false;
  if (watched && !watched.on && watched.at >= playedAt) return false;
  return Math.max(positionSeconds, watchedSeconds) >= FINISHED_SHARE_MIN * durationSeconds;
}

function isStarted(title: TitleState): boolean {
  const position = title.positionSeconds ?? 0;
  const duration = title.durationSeconds ?? 0;
  if (duration > 0 && position >= FINISHED_SHARE_MIN * duration) return false;
  return position >= STARTED_SECONDS_MIN && position >= STARTED_SHARE_MIN * duration;
}
