/**
 * What one synthetic viewer is, and what the simulation of evenings may ask of the world. Apart from `world.ts`, so
 * that the world can be built on the evenings and not the other way round.
 */
import type { AgeMark, Profile } from "@thewatcher/contracts/api/catalogue";

export const COUNTRIES = ["RU", "BY", "US"] as const;
export type WorldCountry = (typeof COUNTRIES)[number];

export const DEVICES = ["web", "tv", "mobile"] as const;

/** A utility from which on a viewer would rather watch than not. */
export const LIKING = 1.5;

/** Satiation wears off by 1/e in two and a half days. */
export const SATIATION_TAU_MS = 2.5 * 86_400_000;

/** One viewer's constants. Tastes are the strongest first. */
export interface Viewer {
  readonly profile: Profile;
  readonly country: WorldCountry;
  readonly device: (typeof DEVICES)[number];
  readonly tasteIndices: readonly number[];
  readonly tasteWeights: readonly number[];
  readonly driftPhases: readonly number[];
  readonly driftPeriodsMs: readonly number[];
  readonly lovedDirectors: ReadonlySet<string>;
  readonly gain: number;
  readonly conformity: number;
  readonly regard: number;
  readonly fatigue: number;
  /** Probability of rating a film that left no strong feeling. */
  readonly ratingShare: number;
  /** Shift of this viewer's stars. */
  readonly generosity: number;
  readonly firstAt: number;
  /** How many titles the history aims at; 0: a cold profile. */
  readonly watchTarget: number;
}

/** Everything that the simulation of evenings needs beside the public world. */
export interface WorldInternals {
  readonly titleCount: number;
  readonly addedAt: Float64Array;
  /** Genre numbers of each title. */
  readonly genresOf: readonly Uint8Array[];
  readonly genreCount: number;
  /** Utility without fatigue. */
  baseUtility(viewer: Viewer, profileIndex: number, titleIndex: number, at: number): number;
  fatigueOf(viewer: Viewer, satiation: number): number;
  tasteWeightAt(viewer: Viewer, slot: number, at: number): number;
  membersOf(tasteIndex: number): Uint16Array;
  durationSeconds(titleIndex: number): number;
  isSuitable(viewer: Viewer, titleIndex: number): boolean;
  /** Running sums of the chance that a title is shown in the country to viewers of this age. */
  exposure(country: WorldCountry, ageMark: AgeMark | null): Float64Array;
  /** Title indices by arrival, oldest first. */
  readonly byArrival: Uint16Array;
}
