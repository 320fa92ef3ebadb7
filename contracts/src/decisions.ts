/**
 * A decision as it is logged, version 1: one composed page or list with what it was made of, so that it can be explained,
 * made again, and learned from. A record of the topic `decisions`, in JSON, at most 64 KiB.
 *
 * It names nobody: a profile's pseudonym, titles, and what the composer knew. Titles are places in `titleIds`; scores are
 * places in `numbers`, where each double stands once, since the score of a shown title is also that of the candidate and of
 * the row that ranked it. Typed arrays are packed (kit/src/packed.ts): exact, and short.
 * Sources, kinds and reasons are written by name, and readers take names that they don't know.
 *
 * Where a record would be longer than its bound, `cut` says what was left out, in this order:
 */
import { z } from "zod";
import { Instant } from "./events.ts";
import { Country, DecisionId, Generation, ProfileId, TitleId } from "./ids.ts";
import { Locale } from "./locales.ts";

export const DECISION_VERSION = 1;
/** A page of 200 titles with 40 features takes 40 to 50 KB. At 500 pages a second this is 32 MB a second at most. */
export const DECISION_BYTES_MAX = 65_536;
/** What was decided is kept so long: in the log, where it can forget, and in the warehouse. */
export const DECISION_DAYS = 30;
/** Candidates that were not shown, drawn by chance for each decision: what a ranker learns from beside what was shown. */
export const UNSHOWN_SAMPLE_MAX = 20;

/** In the order in which they are left out. What is shown, and why, always fits. */
export const DECISION_CUTS = [
  /** Features of candidates that were not shown. */
  "sample",
  /** Scores that each source gave its candidates. */
  "source_scores",
  /** What each stage took out. */
  "removed",
  /** What the rows ranked behind what they show: the page can't be made again. */
  "ranked",
  /** All features. */
  "features",
  /** All candidates. */
  "candidates",
  /** The history as it was read. */
  "history",
  /** Of each shown title its reason but for the kind. */
  "reasons",
] as const;
export const DecisionCut = z.enum(DECISION_CUTS);
export type DecisionCut = z.infer<typeof DecisionCut>;

export const DECISION_KINDS = ["home", "list", "similar"] as const;

/** `$i2:…`: a typed array. `$n2:…`: doubles, as places in `numbers`. */
const Packed = z.string().regex(/^\$[iufdn][0-8]:/, "a packed array");
/** Place in a table of the record. */
const Place = z.number().int().min(0);

/** What was shown in a row, position by position. */
export const LoggedSlots = z.object({
  /** In `titleIds`. */
  titles: Packed,
  /** Doubles. */
  scores: Packed,
  /** In `slotSources`. */
  sources: Packed,
  /** In `reasons`. */
  reasons: Packed,
  /** Of slots that were drawn: of getting this slot, and of being in any of the row's. The others were certain. */
  drawn: z.array(z.object({ position: Place, propensity: Place, inclusion: Place.optional() })).optional(),
});

/** Beside what is named here, what the row was chosen from, as the trace has it (serving-api/src/decision-trace.ts). */
export const LoggedRow = z.looseObject({
  rowId: z.string(),
  kind: z.string(),
  heading: z.string(),
  /** In `reasons`; null: dropped before it had one. */
  reason: Place.nullable(),
  /** Empty: the row was tried and is not on the page. */
  slots: LoggedSlots,
});

export const LoggedFeatures = z.object({
  names: z.array(z.string()),
  /** Places in `candidates`: those shown first, in no order, then the sample. */
  candidates: Packed,
  /**
   * By name: one value where it is the same for all (null: NaN, not known); else beside `candidates` an array, or places in
   * few values, or, of many values, steps from the least (0) to the largest (65,534), 65,535 being NaN: nearer than any
   * model looks.
   */
  columns: z.array(
    z.union([
      z.number().nullable(),
      Packed,
      z.object({ values: Packed, places: Packed }),
      z.object({ from: z.number(), to: z.number(), steps: Packed }),
    ]),
  ),
});

export const DecisionRecord = z.object({
  version: z.literal(DECISION_VERSION),
  decisionId: DecisionId,
  kind: z.enum(DECISION_KINDS),
  /** null: nobody's, as what is like a title, asked by a machine. */
  profileId: ProfileId.nullable(),
  occurredAt: Instant,
  generation: Generation.nullable(),
  versions: z.object({
    /** null: blended scores. */
    ranker: z.string().nullable(),
    rules: z.number().int().nullable(),
    titleFeatures: z.string().nullable(),
  }),
  country: Country,
  locale: Locale,
  /** Years; null: an adult's. */
  ageLimit: z.number().int().nullable(),
  device: z.string().max(64),
  /** ServingParameters as they were. */
  parameters: z.record(z.string(), z.unknown()),
  /** Variants of experiments. */
  arms: z.record(z.string(), z.string()),
  request: z.object({
    exclude: z.array(TitleId),
    minutes: z.number().nullable(),
    with: ProfileId.nullable(),
  }),
  stateRevision: z.string().nullable(),
  /** What chance on the page followed from. */
  seed: z.number(),
  /** Newest first. `flags`: 1 the list knows it, 2 watched. */
  history: z.object({ titleIds: z.array(TitleId), weights: Packed, flags: Packed }),
  titleIds: z.array(TitleId),
  /** Doubles, each once. */
  numbers: Packed,
  /** As the page said them, each once. */
  reasons: z.array(z.record(z.string(), z.unknown())),
  /** What `slots.sources` names. */
  slotSources: z.array(z.string()),
  /** What the bits of `candidates.sources` mean. */
  sourceNames: z.array(z.string()),
  candidates: z.object({
    titles: Packed,
    sources: Packed,
    /** By source, then by candidate: of those whose bit is set. */
    sourceScores: Packed.nullable(),
    scores: Packed,
  }),
  features: LoggedFeatures.nullable(),
  /** What a stage took out, by name of the cause. */
  removed: z.array(z.object({ stage: z.string(), cause: z.string(), titles: Packed })),
  /** In the order in which they were tried. */
  rows: z.array(LoggedRow),
  /** Whether rows stand by what they are worth to the profile, or in the order in which they chose. */
  rowsArePersonal: z.boolean(),
  /** As they stand on the page. */
  rowOrder: z.array(z.string()),
  degradations: z.array(z.object({ part: z.string(), cause: z.string(), detail: z.string() })),
  cut: z.array(DecisionCut),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;
