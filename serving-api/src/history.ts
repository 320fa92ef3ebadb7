/**
 * One profile's live state, read once for a request: what may not be shown, what can be continued, and the history that
 * ranking and reasons work with.
 *
 * History: the titles of the item tables with a signal, newest first. Signal 1 is an interaction as training takes it; a
 * weaker one (a click: 0.2) is a sign that training leaves out. The *listed* ones are the interactions up to the tables'
 * `asOf`: the published list knows them. All others are laid over it: what is newer, and signs of any time.
 * Places of item-tables.ts are counted in signal: an interaction moves what is older by one place, a sign by its
 * fraction, so that five clicks weigh and age as much as one film watched, and no number of them drowns the list. (The
 * list was made without the older signs, so those don't age the listed ones.)
 *
 * A title that the list knew already and that was touched again counts as new; its older, decayed share stays in the
 * list, since only the model could take it out. A state keeps 300 titles (PROFILE_STATE_TITLES_MAX): what a profile
 * watched before those is kept out of the published list by the trainer, but not out of the popular rows.
 */
import { type ProfileState, rememberedTitle, type TitleState } from "@thewatcher/contracts/profile-state";
import { rowUseOf } from "./row-use.ts";
import type { RowUse } from "./stages/row-order.ts";
import { tasteEditsOf } from "./taste-edits.ts";
import type { TitleView } from "./title-view.ts";

/** Started: both half a minute and a fiftieth of the playing time, so that a trailer's length of looking in is none. */
export const STARTED_SECONDS_MIN = 30;
export const STARTED_SHARE_MIN = 0.02;
/** Finished: end credits take the last 5–8% of a film. */
export const FINISHED_SHARE_MIN = 0.92;
/** Newest graded titles that a reason may name. Beyond them, and below the factor, a share of a score is noise. */
export const EXPLAINED_TITLES_MAX = 64;
export const EXPLAINED_FACTOR_MIN = 1 / 1024;

/** What a profile did with one title as a signal: 1 an interaction of the training set, less a weaker sign, 0 nothing. */
export type GradeTitleState = (title: TitleState) => number;

export interface GradedTitle {
  readonly index: number;
  /** signal · 2^(−place / halfLifeInteractions). */
  readonly weight: number;
  /** The published list knows it. */
  readonly listed: boolean;
  /** Watched in part or whole, rated, or marked as watched: "because you watched" is true of it. */
  readonly watched: boolean;
}

export interface Started {
  readonly index: number;
  readonly positionSeconds: number;
  readonly durationSeconds: number | null;
  /** Milliseconds since the epoch. */
  readonly playedAt: number;
}

/** A series whose last played episode is finished, and what comes after it. */
export interface NextEpisode {
  readonly index: number;
  readonly partId: string;
  readonly season: number;
  readonly episode: number;
  readonly runtimeMinutes: number | null;
  /** When the episode before it was played. */
  readonly playedAt: number;
}

/** What the viewer corrected of what is believed: `genre:Drama` × 0.5. */
export interface TasteEdit {
  readonly facet: string;
  readonly multiplier: number;
}

export interface History {
  /** "Not interested": shown nowhere. */
  readonly hidden: readonly number[];
  /** Finished, rated, or marked as watched: not recommended. */
  readonly watched: readonly number[];
  /** Started and not finished, the last played first. */
  readonly started: readonly Started[];
  /** The last played first. Not recommended, as what was started. */
  readonly nextEpisodes: readonly NextEpisode[];
  /** Started, and taken out of "continue watching" since: still not recommended. */
  readonly putAway: readonly number[];
  /** Of the titles touched last (PROFILE_STATE_TITLES_MAX). */
  readonly watchlisted: readonly number[];
  /** Newest first: everything newer than the tables, and the older ones up to EXPLAINED_TITLES_MAX in all. */
  readonly graded: readonly GradedTitle[];
  /** Those that the list does not know. */
  readonly unlistedCount: number;
  /** How many places the list has moved back since it was made. */
  readonly listAge: number;
  /** There was something to learn from when the lists were made, so a list should exist. */
  readonly known: boolean;
  readonly tasteEdits: readonly TasteEdit[];
  /** undefined: nothing is known. */
  readonly rowUse?: RowUse | undefined;
  /** To be forgotten, and nothing came since. */
  readonly forgotten: readonly number[];
  /** Forgotten since the list was made, which still knows them: what they brought is taken out of it. */
  readonly takenBack: readonly Pick<GradedTitle, "index" | "weight">[];
  /** In the order of PROFILE_FEATURE_NAMES, as of the hour of the reading; undefined: those of a profile without a past. */
  readonly profileFeatures?: Float32Array;
  /** Of the state that it was read from; undefined: there was none. */
  readonly revision?: string;
}

export const emptyHistory: History = {
  hidden: [],
  watched: [],
  started: [],
  nextEpisodes: [],
  putAway: [],
  watchlisted: [],
  graded: [],
  unlistedCount: 0,
  listAge: 0,
  known: false,
  tasteEdits: [],
  forgotten: [],
  takenBack: [],
};

export function readHistory(view: TitleView, state: ProfileState, grade: GradeTitleState): History {
  const hidden: number[] = [];
  const watched: number[] = [];
  const putAway: number[] = [];
  const watchlisted: number[] = [];
  const started: Started[] = [];
  const nextEpisodes: NextEpisode[] = [];
  const graded: GradedTitle[] = [];
  const asOf = view.tables?.asOf ?? Number.POSITIVE_INFINITY;
  const halfLife = view.tables?.halfLifeInteractions ?? Number.POSITIVE_INFINITY;
  const ageMax = -Math.log2(EXPLAINED_FACTOR_MIN) * halfLife;
  let age = 0;
  let listAge = 0;
  let listedCount = 0;
  /** Of the list: also those that it knows and that were to be forgotten. */
  let listedPlaces = 0;
  const takenBack: Pick<GradedTitle, "index" | "weight">[] = [];
  const forgotten: number[] = [];
  for (const { whole, title } of remembered(state.titles)) {
    const index = view.indexOf.get(whole.titleId);
    if (index === undefined) continue;
    if (whole.forgotten?.on && whole.forgotten.at > asOf && touchedAtOf(whole) <= asOf && index < view.trainedCount) {
      const signal = grade(whole);
      const weight = signal * 2 ** (-(listAge + listedPlaces) / halfLife);
      if (signal >= 1 && takenBack.length < EXPLAINED_TITLES_MAX) takenBack.push({ index, weight });
      if (signal >= 1) listedPlaces++;
      age += signal;
    }
    if (!title) {
      forgotten.push(index);
      continue;
    }
    const seen = isWatched(title);
    if (title.watchlisted?.on) watchlisted.push(index);
    if (title.notInterested?.on) hidden.push(index);
    else if (seen) watched.push(index);
    else if (isStarted(title)) {
      if (isPutAway(title)) putAway.push(index);
      else
        started.push({
          index,
          positionSeconds: title.positionSeconds ?? 0,
          durationSeconds: title.durationSeconds ?? null,
          playedAt: title.playedAt ?? 0,
        });
    } else if (title.partId !== undefined && isPlayedOut(title)) {
      const next = episodeAfter(view, index, title.partId);
      if (next === "end") watched.push(index);
      else if (next && isPutAway(title)) putAway.push(index);
      else if (next) nextEpisodes.push({ ...next, index, playedAt: title.playedAt ?? 0 });
    }
    if (index >= view.trainedCount) continue;
    const fresh = touchedAtOf(title) > asOf;
    if (!fresh && listedCount > 0 && (graded.length >= EXPLAINED_TITLES_MAX || age > ageMax)) continue;
    const signal = grade(title);
    if (signal === 0) continue;
    const listed = !fresh && signal >= 1;
    const place = listed ? listAge + listedPlaces : age;
    const weight = signal * 2 ** (-place / halfLife);
    graded.push({ index, weight, listed, watched: seen || (title.watchedSeconds ?? 0) > 0 });
    age += signal;
    if (fresh) listAge = age;
    if (!listed) continue;
    listedCount++;
    listedPlaces++;
  }
  started.sort((a, b) => b.playedAt - a.playedAt);
  nextEpisodes.sort((a, b) => b.playedAt - a.playedAt);
  const unlistedCount = graded.length - listedCount;
  return {
    hidden,
    watched,
    started,
    nextEpisodes,
    putAway,
    watchlisted,
    graded,
    unlistedCount,
    listAge,
    known: listedCount > 0,
    tasteEdits: tasteEditsOf(state.tasteEdits?.edits ?? []),
    rowUse: rowUseOf(state.rowUse),
    forgotten,
    takenBack,
  };
}

interface Remembered {
  readonly whole: TitleState;
  /** Without what was to be forgotten; undefined: nothing else is left. */
  readonly title: TitleState | undefined;
}

/** Forgetting touches a title, and says nothing of when it was watched: such titles stand where they stood. */
function remembered(titles: readonly TitleState[]): readonly Remembered[] {
  const all = titles.map((whole) => ({ whole, title: rememberedTitle(whole) }));
  if (!titles.some(({ forgotten }) => forgotten)) return all;
  const stoodAt = ({ whole, title }: Remembered) => touchedAtOf(title ?? whole);
  return all.sort((a, b) => stoodAt(b) - stoodAt(a));
}

/** undefined: the catalogue does not know the episode. Specials come after the last season, and don't follow it. */
function episodeAfter({ titles }: TitleView, index: number, partId: string) {
  const episodes = titles[index]?.episodes ?? [];
  const place = episodes.findIndex((episode) => episode.partId === partId);
  if (place < 0) return undefined;
  const next = episodes[place + 1];
  if (!next || (next.season === 0 && episodes[place]!.season !== 0)) return "end";
  const { season, number: episode, runtimeMinutes } = next;
  return { partId: next.partId, season, episode, runtimeMinutes };
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

/** A playback after it brings the title back. */
const isPutAway = ({ continueHidden, playedAt = 0 }: TitleState): boolean =>
  continueHidden?.on === true && continueHidden.at >= playedAt;

/** Putting a title away says nothing new of the viewer's taste, nor does forgetting it. */
function touchedAtOf(title: TitleState): number {
  if (!title.continueHidden && !title.forgotten) return title.touchedAt;
  const { clickedAt, playedAt, rated, watchlisted, notInterested, watched } = title;
  const instants = [clickedAt, playedAt, rated?.at, watchlisted?.at, notInterested?.at, watched?.at];
  return Math.max(...instants.map((at) => at ?? Number.NEGATIVE_INFINITY));
}

function isStarted(title: TitleState): boolean {
  const position = title.positionSeconds ?? 0;
  const duration = title.durationSeconds ?? 0;
  if (duration > 0 && position >= FINISHED_SHARE_MIN * duration) return false;
  return position >= STARTED_SECONDS_MIN && position >= STARTED_SHARE_MIN * duration;
}
