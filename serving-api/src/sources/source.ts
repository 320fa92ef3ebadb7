/**
 * Sources of candidates and what they fill. A source gives titles that may be offered at this moment, best first, each
 * with the score it has for it; what several give is one candidate with several bits. All of it stands in typed arrays of
 * the workspace that live as long as the view: nothing is allocated for a candidate.
 *
 * The order of SOURCES is the order of retrieval: where the candidates are full, the later sources add no new ones.
 */
import type { CandidateSource } from "@thewatcher/contracts/api/serving";
import type { SwitchableSource } from "@thewatcher/contracts/serving-parameters";
import type { Prepared } from "../request.ts";

export const SOURCES = [
  "personal_list",
  "item_to_item",
  "taste_vector",
  "new",
  "trending_in_country",
  "popular_in_country",
  "popular_in_segment",
  "editorial",
  "genre",
  "continue_watching",
  "next_episode",
  "exploration",
] as const satisfies readonly (CandidateSource | SwitchableSource)[];
export type SourceName = (typeof SOURCES)[number];

/** Place of a source in SOURCES, and of its bit. */
export const placeOf = (source: SourceName): number => SOURCES.indexOf(source);
export const bitOf = (source: SourceName): number => 1 << placeOf(source);

/** Sources that say what this profile likes. Without any of their candidates there are no top picks. */
export const PERSONAL_BITS = bitOf("personal_list") | bitOf("item_to_item") | bitOf("taste_vector");

/** A page shows 200 of them; features and ranking of 400 cost under a millisecond. */
export const CANDIDATES_MAX = 400;

/** Candidates of one request. A slot is a candidate's place here. */
export interface Candidates {
  count: number;
  /** [CANDIDATES_MAX]: indices of titles. */
  readonly indices: Int32Array;
  /** [CANDIDATES_MAX]: bits of the sources that gave it. */
  readonly sources: Uint32Array;
  /** [source × CANDIDATES_MAX + slot]: the source's own score; where the bit is set. */
  readonly sourceScores: Float32Array;
  /** [source × CANDIDATES_MAX + slot]: 1-based; where the bit is set. */
  readonly sourceRanks: Uint16Array;
  /** [source]: how many it gave. */
  readonly sourceCounts: Uint16Array;
  /** [CANDIDATES_MAX]: what ranking says. */
  readonly scores: Float64Array;
  /** [CANDIDATES_MAX]: slots, the best score first. */
  readonly order: Int32Array;
  /** Per title: its slot, where `stamps` has the request's epoch. */
  readonly slots: Int32Array;
  readonly stamps: Uint32Array;
}

export function createCandidates(titleCount: number): Candidates {
  return {
    count: 0,
    indices: new Int32Array(CANDIDATES_MAX),
    sources: new Uint32Array(CANDIDATES_MAX),
    sourceScores: new Float32Array(SOURCES.length * CANDIDATES_MAX),
    sourceRanks: new Uint16Array(SOURCES.length * CANDIDATES_MAX),
    sourceCounts: new Uint16Array(SOURCES.length),
    scores: new Float64Array(CANDIDATES_MAX),
    order: new Int32Array(CANDIDATES_MAX),
    slots: new Int32Array(titleCount),
    stamps: new Uint32Array(titleCount),
  };
}

/** What a source pushes into. */
export interface CandidateSink {
  /** A title once, the best first. false: no more are wanted. */
  push(index: number, score: number): boolean;
}

export interface Source {
  readonly name: SourceName;
  /** Most candidates that it gives to a page. */
  readonly limit: number;
  /** Absent: always on, as what a viewer began. */
  readonly switchable?: SwitchableSource;
  retrieve(prepared: Prepared, out: CandidateSink): void;
}

/** The slot of a title among the candidates of this request; −1: it is none. */
export const slotOf = (candidates: Candidates, epoch: number, index: number): number =>
  candidates.stamps[index] === epoch ? candidates.slots[index]! : -1;
