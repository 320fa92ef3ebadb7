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
  /** Nearest to the profile's vector. */
  "taste_vector",
  /** What grows in the country. */
  "trending_in_country",
  /** Popular among profiles of a like taste. */
  "popular_in_segment",
  /** A collection that editors made, or a place that a rule of theirs holds. */
  "editorial",
  /** Drawn by chance, with a known probability. */
  "exploration",
  "next_episode",
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
  /** `rank` (1-based) in the country's table of what grows; `growth`: this week's viewers to what was expected. */
  z.object({
    kind: z.literal("trending_in_country"),
    country: z.string(),
    rank: z.number().int().min(1),
    growth: z.number(),
  }),
  /** `rank` (1-based) in the table of the segment that is nearest to the profile's vector. */
  z.object({
    kind: z.literal("popular_in_segment"),
    segment: z.number().int().min(0),
    rank: z.number().int().min(1),
  }),
  z.object({ kind: z.literal("editorial"), collectionId: z.string(), collectionName: z.string() }),
  /** The slot was drawn: `propensity` is the probability that this title got it. */
  z.object({ kind: z.literal("exploration"), propensity: z.number().gt(0).max(1) }),
  z.object({
    kind: z.literal("next_episode"),
    partId: z.string(),
    season: z.number().int(),
    episode: z.number().int(),
  }),
  /** The editors' rule `ruleId` (rules.ts) holds its place. */
  z.object({ kind: z.literal("pinned"), ruleId: z.string() }),
  /** For two: what each of the two would give it, own first. */
  z.object({ kind: z.literal("for_both"), scores: z.tuple([z.number(), z.number()]) }),
  /** Of a row: the head of the profile's own ranking. */
  z.object({ kind: z.literal("personal_ranking"), titleCount: z.number().int().min(1) }),
  /** Of a row: begun and not finished. */
  z.object({ kind: z.literal("unfinished"), titleCount: z.number().int().min(1) }),
]);
export type Reason = z.infer<typeof Reason>;

export const SlateItem = z.object({
  title: TitleCard,
  /** 0-based place in its row. */
  position: z.number().int().min(0),
  score: z.number(),
  source: CandidateSource,
  reason: Reason,
  /** Probability that this title got this slot, where it was drawn; absent: it was certain. */
  propensity: z.number().gt(0).max(1).optional(),
});
export type SlateItem = z.infer<typeof SlateItem>;

export const RowKind = z.enum([
  "continue_watching",
  "because_you_watched",
  "top_picks",
  "top_in_country",
  "new",
  "genre",
  "trending",
  "segment",
  "editorial",
  "for_two",
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
  part: z.enum([
    "profile",
    "personal_list",
    "profile_state",
    "item_tables",
    "catalogue",
    "popularity",
    "ranker",
    "title_features",
    "rules",
    "editorial",
    "page",
  ]),
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

export const HomePage = z.object({
  ...answer,
  /** false: the profile wants no profiling, and nothing of what it does was read. */
  profiling: z.literal(false).optional(),
  rows: z.array(Row),
});
export type HomePage = z.infer<typeof HomePage>;

export const RecommendationList = z.object({ ...answer, items: z.array(SlateItem) });
export type RecommendationList = z.infer<typeof RecommendationList>;

/** `GET /api/v1/profiles/{id}/candidates?source=&n=&stages=`: what each source alone gives a profile, for those who run it. */
export const CandidatesView = z.object({
  profileId: ProfileId,
  generation: Generation.nullable(),
  composedAt: z.string(),
  degradations: z.array(Degradation),
  sources: z.array(
    z.object({
      source: z.string(),
      /** false: switched off; what it would give is listed all the same. */
      isOn: z.boolean(),
      ms: z.number().min(0),
      /** All that it gives, listed or not. */
      count: z.number().int().min(0),
      candidates: z.array(
        z.object({
          title: TitleCard,
          /** 1-based, of the source. */
          rank: z.number().int().min(1),
          /** The source's own. */
          score: z.number(),
          /** What this source would say. */
          reason: Reason.nullable(),
        }),
      ),
    }),
  ),
  /** With `stages=true`: what each stage of a page did. */
  stages: z
    .array(
      z.object({
        stage: z.enum(["read", "prepare", "retrieve", "rank", "rows"]),
        ms: z.number().min(0),
        countIn: z.number().int().min(0),
        countOut: z.number().int().min(0),
        /** What it took out, by cause; how rows came out, by row. */
        notes: z.array(z.object({ note: z.string(), count: z.number().int().min(0) })),
      }),
    )
    .optional(),
});
export type CandidatesView = z.infer<typeof CandidatesView>;

/** `GET /api/v1/profiles/{id}/why-not/{titleId}`: the page is composed now, and the title followed through its stages. */
export const WhyNot = z.object({
  profileId: ProfileId,
  titleId: TitleId,
  generation: Generation.nullable(),
  composedAt: z.string(),
  verdict: z.discriminatedUnion("kind", [
    /** It stands on the page. 0-based. */
    z.object({
      kind: z.literal("shown"),
      rowId: z.string(),
      heading: z.string(),
      rowPlace: z.number().int().min(0),
      position: z.number().int().min(0),
    }),
    /**
     * `not_in_catalogue`, `rights`, `age`, `not_interested`, `excluded`, `watched`, `started`, `put_away`, `minutes`, `rule`
     * or `rule:<id>`.
     */
    z.object({ kind: z.literal("removed"), cause: z.string(), detail: z.string().optional() }),
    /** No source gave it: it is like nothing of the history, and neither popular, nor new, nor collected. */
    z.object({ kind: z.literal("no_source") }),
    /** By rules of order or by diversity, behind titles that ranked below it. */
    z.object({ kind: z.literal("put_back"), rowId: z.string(), rank: z.number().int().min(1).nullable() }),
    /** Others ranked above it. 1-based, of all candidates; null: it is none, only at the end of a row's list. */
    z.object({
      kind: z.literal("below_cut"),
      rank: z.number().int().min(1).nullable(),
      of: z.number().int().min(0),
    }),
  ]),
  /** All candidates of the page. */
  candidates: z.number().int().min(0),
  /** What gave it, with the source's own score. */
  sources: z.array(z.object({ source: z.string(), score: z.number() })),
  /** Rows that looked at it. `rank`: 1-based among what the row looked at; null: it was only what fills the row up. */
  rows: z.array(
    z.object({
      rowId: z.string(),
      heading: z.string(),
      rank: z.number().int().min(1).nullable(),
      of: z.number().int().min(0),
      entriesMax: z.number().int().min(1),
      outcome: z.enum(["shown", "in_another_row", "put_back", "below_cut", "not_drawn", "row_too_short"]),
    }),
  ),
});
export type WhyNot = z.infer<typeof WhyNot>;

export const SimilarTitles = z.object({
  decisionId: DecisionId,
  titleId: TitleId,
  generation: Generation.nullable(),
  items: z.array(SlateItem),
});
export type SimilarTitles = z.infer<typeof SimilarTitles>;
