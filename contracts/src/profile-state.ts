/**
 * What the live path knows of one profile: a read model folded from the log within a second, rebuilt from it when lost.
 *
 * Each title holds last-writer-wins registers by `occurredAt`, so that an event delivered twice or out of order ends in
 * the same state (a join-semilattice: the tests hold it to that). Counts are left to the warehouse, which deduplicates.
 */
import type { RowKind } from "./api/serving.ts";
import type { TasteFacetEdit } from "./events.ts";
import type { ProfileId, TitleId } from "./ids.ts";

/** Most titles kept for a profile: those touched last. 300 covers a year of an eager viewer; a state stays under 32 KB. */
export const PROFILE_STATE_TITLES_MAX = 300;

/**
 * Of each kind of rows the newest hours in which one was in sight, and in which something of it was clicked: a month of an
 * everyday viewer, at most 5 KB of all kinds. Hours, so that an event that comes twice counts once.
 */
export const ROW_USE_HOURS_MAX = 32;

export interface RowUseHours {
  /** Hours since the epoch, newest first. What was clicked was seen. */
  readonly seen: readonly number[];
  readonly clicked: readonly number[];
}

/** Instants are milliseconds since the epoch. An absent register: never happened. */
export interface TitleState {
  readonly titleId: TitleId;
  /** Latest of all registers below, impressions left out. Orders the titles, newest first. */
  readonly touchedAt: number;
  readonly clickedAt?: number;
  /** The furthest playback: `watchedSeconds` is the largest seen, position is the latest reported. */
  readonly playedAt?: number;
  readonly watchedSeconds?: number;
  readonly positionSeconds?: number;
  readonly durationSeconds?: number;
  readonly partId?: string;
  /** `null` after an undo. */
  readonly rated?: { readonly at: number; readonly stars: number | null };
  readonly watchlisted?: { readonly at: number; readonly on: boolean };
  readonly notInterested?: { readonly at: number; readonly on: boolean };
  readonly watched?: { readonly at: number; readonly on: boolean };
  /** Taken out of "continue watching" until it is played again. */
  readonly continueHidden?: { readonly at: number; readonly on: boolean };
  /** While it is on, every register at or before it says nothing (`rememberedTitle`). */
  readonly forgotten?: { readonly at: number; readonly on: boolean };
}

export interface ProfileState {
  readonly version: 1;
  readonly profileId: ProfileId;
  /** Newest first, at most PROFILE_STATE_TITLES_MAX. */
  readonly titles: readonly TitleState[];
  /**
   * Everything at or before this place, ordered by time and then title, is forgotten: cut off by the limit above, or
   * erased. Absent: nothing was.
   */
  readonly horizon?: { readonly at: number; readonly titleId: string };
  /** What the viewer corrected of the believed taste, as a whole. */
  readonly tasteEdits?: { readonly at: number; readonly edits: readonly TasteFacetEdit[] };
  /** How the profile uses rows. Absent: nothing is known. */
  readonly rowUse?: Readonly<Partial<Record<RowKind, RowUseHours>>>;
  /** The last erasure: what of the profile itself is at or before it is gone. */
  readonly erasedAt?: number;
}

/**
 * The title without what was to be forgotten; undefined where nothing else is left. Played again since, it counts by that
 * playback alone: the largest `watchedSeconds` may be of an older one, and where it now stands bounds it.
 */
export function rememberedTitle(title: TitleState): TitleState | undefined {
  const { forgotten } = title;
  if (!forgotten?.on) return title;
  const { at } = forgotten;
  const since = <Register extends { readonly at: number }>(register: Register | undefined): Register | undefined =>
    register && register.at > at ? register : undefined;
  const clickedAt = title.clickedAt !== undefined && title.clickedAt > at ? title.clickedAt : undefined;
  const playedAt = title.playedAt !== undefined && title.playedAt > at ? title.playedAt : undefined;
  const rated = since(title.rated);
  const watchlisted = since(title.watchlisted);
  const notInterested = since(title.notInterested);
  const watched = since(title.watched);
  const continueHidden = since(title.continueHidden);
  const registers = [rated, watchlisted, notInterested, watched, continueHidden].map((register) => register?.at);
  const instants = [clickedAt, playedAt, ...registers].filter((instant) => instant !== undefined);
  if (instants.length === 0) return undefined;
  const { positionSeconds, watchedSeconds, durationSeconds, partId } = title;
  return {
    titleId: title.titleId,
    touchedAt: Math.max(...instants),
    ...(clickedAt === undefined ? {} : { clickedAt }),
    ...(playedAt === undefined
      ? {}
      : {
          playedAt,
          ...(positionSeconds === undefined ? {} : { positionSeconds }),
          ...(watchedSeconds === undefined ? {} : { watchedSeconds: Math.min(watchedSeconds, positionSeconds ?? 0) }),
          ...(durationSeconds === undefined ? {} : { durationSeconds }),
          ...(partId === undefined ? {} : { partId }),
        }),
    ...(rated && { rated }),
    ...(watchlisted && { watchlisted }),
    ...(notInterested && { notInterested }),
    ...(watched && { watched }),
    ...(continueHidden && { continueHidden }),
  };
}
