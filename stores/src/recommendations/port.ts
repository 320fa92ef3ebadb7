/**
 * The recommendation store: each profile's precomputed list by generation, and its live state. Tarantool's job.
 *
 * Lists are written under a generation that nobody reads yet; `activate` flips one pointer, atomically; a reader gets
 * lists of one generation in one call, never a mixture. `activate` of an older one is the rollback.
 */
import type { Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";

/** Items of one list. */
export const LIST_ITEMS_MAX = 500;
/** Profiles of one call. */
export const PROFILES_PER_CALL_MAX = 5_000;

export interface RecommendationListEntry {
  readonly profileId: ProfileId;
  /** Best first; `scores` runs beside it and never rises. */
  readonly titleIds: readonly TitleId[];
  readonly scores: Float32Array;
}

export interface StoredList extends RecommendationListEntry {
  readonly generation: Generation;
}

export interface RevisedState {
  /** Names the content: two states of the same revision are the same. */
  readonly revision: string;
  /** undefined: unchanged since `knownRevision`. */
  readonly state: ProfileState | undefined;
}

/** A new state, and what it was made from. */
export interface StateUpdate {
  readonly state: ProfileState;
  /** The revision read; undefined: there was none. Where another one stands by now, this state is not written. */
  readonly replaces: string | undefined;
}

/** How far the states include a partition of the log. */
export interface StatePosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
}

export interface GenerationInfo {
  readonly generation: Generation;
  /** Lists written under it. */
  readonly listCount: number;
  readonly active: boolean;
  /** What the publisher wants to find again (run id, as-of…). */
  readonly note: Readonly<Record<string, string>>;
}

export interface RecommendationStore {
  /** Begins a generation. Throws when it exists. */
  begin(generation: Generation, note: Readonly<Record<string, string>>): Promise<void>;
  /** Idempotent: the same profile again replaces its list. Throws for an unknown or active generation. */
  putLists(generation: Generation, lists: readonly RecommendationListEntry[]): Promise<void>;
  /** Newest first. */
  generations(): Promise<readonly GenerationInfo[]>;
  /** The active generation, or undefined before the first. */
  active(): Promise<Generation | undefined>;
  /** Makes `generation` the one read, in one step. Throws when it doesn't exist. Answers the one before. */
  activate(generation: Generation): Promise<Generation | undefined>;
  /** Removes a generation and its lists. Refuses the active one. */
  drop(generation: Generation): Promise<void>;
  /** In the order asked; undefined where the generation (default: the active one) has no list. */
  getLists(profileIds: readonly ProfileId[], generation?: Generation): Promise<readonly (StoredList | undefined)[]>;
  /** In the order asked. */
  getStates(profileIds: readonly ProfileId[]): Promise<readonly (ProfileState | undefined)[]>;
  /**
   * One profile's state, unless it still is what `knownRevision` names: whoever keeps something made of a state asks
   * whether it holds without reading the state again. undefined: there is none.
   */
  getStateUnless(profileId: ProfileId, knownRevision: string | undefined): Promise<RevisedState | undefined>;
  /** As `getStates`, with their revisions. */
  getRevisedStates(
    profileIds: readonly ProfileId[],
  ): Promise<readonly ({ readonly revision: string; readonly state: ProfileState } | undefined)[]>;
  /**
   * Writes each state whose `replaces` still stands, and answers the profiles of the others: several folds may work on
   * one profile, and the one that comes second reads again. `position` is what the states include of the log: written
   * when there is no conflict, after them, and it never falls, so that an old owner that was stuck moves nothing back.
   */
  putStates(update: {
    readonly states: readonly StateUpdate[];
    readonly position?: StatePosition;
  }): Promise<{ readonly conflicts: readonly ProfileId[] }>;
  /** How far the fold of a topic is; 0 where it never wrote. */
  statePositions(topic: string): Promise<readonly { partition: number; nextOffset: number }[]>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
