/** The taste sheet: what the service believes a profile likes, in facets, and what the viewer corrects of it. */
import { z } from "zod";
import { TASTE_EDITS_MAX, TasteFacet, TasteFacetEdit } from "../events.ts";
import { ProfileId, TitleId } from "../ids.ts";
import { Degradation } from "./serving.ts";

/** Of a history; older ones weigh next to nothing. */
export const TASTE_TITLES_MAX = 100;

export const TasteView = z.object({
  profileId: ProfileId,
  composedAt: z.string(),
  /** false: nothing is read of what the profile does, and so nothing is believed. */
  profiling: z.boolean(),
  /** Titles of the history that it is made of. */
  titleCount: z.number().int().min(0),
  /** By kind; of each, what stands out most against the crowd first. */
  facets: z.array(
    z.object({
      facet: TasteFacet,
      kind: z.enum(["genre", "decade", "country", "person"]),
      /** Of a genre, in the language of the request; of the others, what stands behind the colon. */
      name: z.string(),
      /** Of the history's weight, 0 to 1; those of one kind add up to at most 1. */
      share: z.number().min(0).max(1.000_001),
      /** The same of what is popular in the country. */
      crowdShare: z.number().min(0).max(1.000_001),
      /** Titles of the history that have it. */
      titleCount: z.number().int().min(0),
      /** The correction in force: 1 more, −1 less, 0 none. */
      value: z.number().int().min(-1).max(1),
      /** Titles of the history that say so most. */
      evidence: z.array(z.object({ titleId: TitleId, name: z.string() })).max(3),
    }),
  ),
  /** What it is made of, the newest first; then what was to be forgotten, and counts no more. */
  titles: z.array(z.object({ titleId: TitleId, name: z.string(), forgotten: z.boolean() })).max(TASTE_TITLES_MAX),
  degradations: z.array(Degradation),
});
export type TasteView = z.infer<typeof TasteView>;

/** `PUT /api/v1/profiles/{id}/taste`: all corrections; what is not in it is corrected no more. */
export const TasteEdits = z.object({
  edits: z
    .array(TasteFacetEdit)
    .max(TASTE_EDITS_MAX)
    .refine((edits) => new Set(edits.map(({ facet }) => facet)).size === edits.length, "each facet once"),
});
export type TasteEdits = z.infer<typeof TasteEdits>;

/** `PUT /api/v1/profiles/{id}/profiling`. */
export const Profiling = z.object({ on: z.boolean() });
export type Profiling = z.infer<typeof Profiling>;
