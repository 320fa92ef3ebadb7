/**
 * What one decision was made of: enough to say why each title stands where it stands, and to make the same rows again
 * (recompose.ts). Filled while composing, and only where somebody listens: some copies of typed arrays, 10–20 µs a page.
 * What it costs to write it down is the listener's (the decision log), off the path of the answer.
 *
 * Titles are indices into `titleIds`, the titles of this decision alone, so that a trace needs nothing beside it.
 */
import type { CandidateSource, Degradation, Reason } from "@thewatcher/contracts/api/serving";
import type { DecisionId, Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import type { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import type { PlannedKind } from "./rows.ts";

export type DecisionKind = "home" | "list" | "similar";

/** A title of the history as it was read, newest first. */
export interface TracedHistoryTitle {
  readonly titleId: TitleId;
  readonly weight: number;
  readonly listed: boolean;
  readonly watched: boolean;
}

/** Parallel arrays, a place a candidate. */
export interface TracedCandidates {
  readonly titles: Int32Array;
  /** Bits of SOURCES (sources/source.ts), whose names at that time are `sourceNames`. */
  readonly sources: Uint32Array;
  /** [source × count + candidate]; 0 where the bit is not set. */
  readonly sourceScores: Float32Array;
  readonly scores: Float64Array;
}

/** Feature rows of what was shown and of a sample of what was not. */
export interface TracedFeatures {
  readonly names: readonly string[];
  /** Places in `candidates`. */
  readonly candidates: Int32Array;
  /** [candidates × names]. */
  readonly values: Float32Array;
}

export interface TracedSlot {
  readonly title: number;
  readonly score: number;
  readonly source: CandidateSource;
  readonly reason: Reason;
  /** Where the slot was drawn: given what was composed before, and before this row's draw, of being in any of its slots. */
  readonly propensity?: number;
  readonly inclusion?: number;
}

/** One row that was tried, in the order in which rows choose their titles. */
export interface TracedRow {
  readonly rowId: string;
  readonly kind: PlannedKind;
  readonly heading: string;
  /** null: of a row that was dropped before it had one. */
  readonly reason: Reason | null;
  /** Rows of one group have a common limit. */
  readonly group: string;
  readonly groupRowsMax: number;
  readonly entriesMin: number;
  readonly entriesMax: number;
  /** Whether rules of order, diversity and exploration were applied: not to charts. */
  readonly isReranked: boolean;
  /** Its candidates in the order of ranking, taken by earlier rows or not. */
  readonly ranked: Int32Array;
  readonly rankedScores: Float64Array;
  /** What the row was filled up with behind them. */
  readonly filled: Int32Array;
  /** What of them was free, as rules and diversity put it: the row's own titles and some behind them. */
  readonly reranked: Int32Array;
  /** What a slot may be drawn from, free or not, with its utilities and the log of what new titles are owed. */
  readonly pool: Int32Array;
  readonly poolUtilities: Float64Array;
  readonly poolLogBoosts: Float64Array;
  /** Empty: the row was too short, and its titles stayed free. */
  readonly slots: readonly TracedSlot[];
  /** What its place on the page was decided by (stages/row-order.ts). */
  readonly worth: number;
}

/** What a stage took out of the profile's own list, by cause: `watched`, `age`, `rights`, `rule:<id>`… (removals.ts). */
export interface TracedRemoval {
  readonly stage: "retrieve" | "rules" | "slate";
  readonly cause: string;
  readonly titles: Int32Array;
}

export interface DecisionTrace {
  readonly decisionId: DecisionId;
  readonly kind: DecisionKind;
  /** null: nobody's. */
  readonly profileId: ProfileId | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly generation: Generation | null;
  /** Of the ranker's model; null: blended scores. */
  readonly rankerVersion: string | null;
  readonly country: string;
  readonly locale: Locale;
  readonly ageLimit: number | null;
  readonly device: string;
  readonly parameters: ServingParameters;
  /** Variants of experiments, by experiment. */
  readonly arms: Readonly<Record<string, string>>;
  readonly rulesVersion: number | null;
  /** Of the table of title features; null: there was none. */
  readonly titleFeaturesVersion: string | null;
  /** What chance on the page followed from. */
  readonly seed: number;
  readonly exclude: readonly TitleId[];
  readonly minutes: number | null;
  readonly with: ProfileId | null;
  /** Revision of the live state that was read; null: none. */
  readonly stateRevision: string | null;
  readonly history: readonly TracedHistoryTitle[];
  readonly titleIds: readonly TitleId[];
  readonly sourceNames: readonly string[];
  readonly candidates: TracedCandidates;
  readonly features: TracedFeatures | null;
  readonly removed: readonly TracedRemoval[];
  /** In the order in which they were tried. */
  readonly rows: readonly TracedRow[];
  /** Whether rows stand by their worths, or in the order in which they chose. */
  readonly rowsArePersonal: boolean;
  /** Ids of the rows as they stand on the page. */
  readonly rowOrder: readonly string[];
  readonly degradations: readonly Degradation[];
}
