/**
 * What of serving may be switched and tuned, as one typed value: an operator's setting today, an experiment's variant
 * tomorrow. Every stage can be off, and the page still fills; a decision in the log names the parameters it was made by.
 */
import { z } from "zod";

/** Sources of candidates that can be switched. What a viewer began is always shown: it is the viewer's own. */
export const SWITCHABLE_SOURCES = [
  "personal_list",
  "item_to_item",
  "taste_vector",
  "new",
  "trending_in_country",
  "popular_in_country",
  "popular_in_segment",
  "editorial",
  "genre",
] as const;
export const SwitchableSource = z.enum(SWITCHABLE_SOURCES);
export type SwitchableSource = z.infer<typeof SwitchableSource>;

/** Slots of a row that exploration may take: more than two of twenty, and a row is no longer the viewer's. */
export const EXPLORATION_SLOTS_MAX = 2;

export const ServingParameters = z.strictObject({
  /** Sources that are off. */
  sourcesOff: z.array(SwitchableSource).max(SWITCHABLE_SOURCES.length).default([]),
  /** Off: candidates keep the order of their sources' blended scores. */
  ranker: z.boolean().default(true),
  /** 0: off, relevance alone; 1: difference alone. How much a title that resembles those above it is put back. */
  diversity: z.number().min(0).max(1).default(0.3),
  /** The product team's published rules. */
  rules: z.boolean().default(true),
  /** Reserved slots of a row of recommendations, drawn by Plackett–Luce; 0: none. */
  explorationSlots: z.number().int().min(0).max(EXPLORATION_SLOTS_MAX).default(1),
  /** Temperature of the draw: near 0 the best of the pool, large uniform. */
  explorationTemperature: z.number().gt(0).max(100).default(1),
  /** `fixed`: rows stand in one order for everybody. */
  rowOrder: z.enum(["personal", "fixed"]).default("personal"),
});
export type ServingParameters = z.infer<typeof ServingParameters>;

export const defaultServingParameters: ServingParameters = ServingParameters.parse({});

/** What one request is served by. Where experiments assign it, it is one value: no arm without the parameters of that arm. */
export interface ServingAssignment {
  readonly parameters: ServingParameters;
  /** Variant by experiment; empty: the request takes part in none. Logged with the decision. */
  readonly arms: Readonly<Record<string, string>>;
}

export const unassigned = (parameters: ServingParameters): ServingAssignment => ({ parameters, arms: {} });
