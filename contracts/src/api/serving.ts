/** Pages and lists as they cross the wire. */
import { z } from "zod";
import { DecisionId, Generation, ProfileId, TitleId } from "../ids.ts";
import { TitleCard } from "./catalogue.ts";

/** Where a candidate came from. */
export const CandidateSource = z.enum([
  "personal_list",
  "recent_activity",
  "item_to_item",
  "popular_in_country",
  "popular",
  "new",
  "continue_watching",
  "genre",
]);
export type CandidateSource = z.infer<typeof CandidateSource>;

/**
 * Why a title or a row is there, in a form that a machine can check:
 * `because_you_watched`: `seedTitleId` is in the profile's history and `contribution` of it to the score is the largest;
 * `similar_to_history`: the listed seeds and contributions are the largest shares of `score`;
 * `similar_to_title`: `similarity` of the title to `titleId` in the generation's table of likeness;
 * `popular_in_country`: `rank` (1-based) in that country's table of the generation; and so on.
 */
export const Reason = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("because_you_watched"),
    seedTitleId: TitleId,
    seedName: z.string(),
    contribution: z.number(),
  }),
  z.object({
    kind: z.literal("similar_to_history"),
    seeds: z.array(z.object({ titleId: TitleId, contribution: z.number() })).max(3),
  }),
  z.object({ kind: z.literal("similar_to_title"), titleId: TitleId, similarity: z.number() }),
  z.object({ kind: z.literal("popular_in_country"), country: z.string(), rank: z.number().int().min(1) }),
  z.object({ kind: z.literal("popular"), rank: z.number().int().min(1) }),
  z.object({ kind: z.literal("new"), year: z.number().int().nullable(), addedAt: z.string() }),
  z.object({
    kind: z.literal("continue_watching"),
    positionSeconds: z.number(),
    durationSeconds: z.number().nullable(),
  }),
  z.object({ kind: z.literal("genre"), genre: z.string() }),
]);
export type Reason = z.infer<typeof Reason>;

export const SlateItem = z.object({
  title: TitleCard,
  /** 0-based place in its row. */
  position: z.number().int().min(0),
  score: z.number(),
  source: CandidateSource,
  reason: Reason,
});
export type SlateItem = z.infer<typeof SlateItem>;

export const RowKind = z.enum([
  "continue_watching",
  "because_you_watched",
  "top_picks",
  "top_in_country",
  "new",
  "genre",
]);
export type RowKind = z.infer<typeof RowKind>;

export const Row = z.object({
  rowId: z.string().min(1).max(64),
  kind: RowKind,
  /** In English; the app renders its own words from `kind` and `reason`. */
  heading: z.string(),
  reason: Reason.nullable(),
  items: z.array(SlateItem),
});
export type Row = z.infer<typeof Row>;

/** What the page had to do without, named. */
export const Degradation = z.object({
  part: z.enum(["profile", "personal_list", "profile_state", "item_tables", "catalogue", "popularity"]),
  cause: z.enum(["missing", "unavailable", "timed_out", "stale"]),
  detail: z.string(),
});
export type Degradation = z.infer<typeof Degradation>;

const answer = {
  decisionId: DecisionId,
  profileId: ProfileId,
  /** The publication that the page was composed from; null before the first. */
  generation: Generation.nullable(),
  composedAt: z.string(),
  degradations: z.array(Degradation),
  /** Names of the titles that reasons point at by id (`similar_to_history`). */
  seedNames: z.record(z.string(), z.string()),
};

export const HomePage = z.object({ ...answer, rows: z.array(Row) });
export type HomePage = z.infer<typeof HomePage>;

export const RecommendationList = z.object({ ...answer, items: z.array(SlateItem) });
export type RecommendationList = z.infer<typeof RecommendationList>;

export const SimilarTitles = z.object({
  decisionId: DecisionId,
  titleId: TitleId,
  generation: Generation.nullable(),
  items: z.array(SlateItem),
});
export type SimilarTitles = z.infer<typeof SimilarTitles>;
