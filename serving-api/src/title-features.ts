/**
 * What is known of the titles at the moment: columns that follow the event log (feature-store/src/title-feature-fold.ts),
 * beside the view's titles. Without them the ranker is given "not known", and exploration counts no impressions.
 */
import type { TitleFeatures } from "@thewatcher/feature-store/title-feature-fold";

export interface HeldTitleFeatures {
  /** Names what they were computed of, for the decision's trace. */
  version(): string;
  /** By the same array of ids the same columns, brought up to date. */
  features(titleIds: readonly string[]): TitleFeatures;
}
