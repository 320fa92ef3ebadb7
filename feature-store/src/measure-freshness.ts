/** How old what is served is, beside what each feature's declaration allows. */
import type { Clock } from "@thewatcher/kit/clock";
import type { Objects } from "@thewatcher/stores/objects/port";
import { PUBLISH_EVERY_MS, readPointer } from "./publish-title-features.ts";
import { TITLE_FEATURES } from "./ranking-features.ts";

/** A table that is twice as old as it should be: nobody publishes. */
const LATE_MS = 2 * PUBLISH_EVERY_MS;

export interface FeatureFreshness {
  readonly name: string;
  readonly ageMs: number;
  readonly freshnessMs: number;
  readonly isStale: boolean;
}

export type FreshnessReport =
  | {
      readonly kind: "measured";
      /** Of the published table. */
      readonly ageMs: number;
      readonly isLate: boolean;
      /** Of what a serving process holds; empty where this process serves nobody. */
      readonly features: readonly FeatureFreshness[];
    }
  | { readonly kind: "undecidable"; readonly reason: string };

export async function measureFreshness(deps: {
  readonly objects: Pick<Objects, "get">;
  readonly clock: Clock;
  /** Of a process that serves: `LiveTitleFeatures.freshAt`. */
  readonly freshAt?: () => number | undefined;
}): Promise<FreshnessReport> {
  const pointer = await readPointer(deps.objects);
  if (!pointer) return { kind: "undecidable", reason: "no features of titles were published yet" };
  const now = deps.clock.now();
  const freshAt = deps.freshAt?.();
  const features =
    freshAt === undefined
      ? []
      : TITLE_FEATURES.map(({ name, freshnessMs }) => {
          const ageMs = Math.max(0, now - freshAt);
          return { name, ageMs, freshnessMs, isStale: ageMs > freshnessMs };
        });
  const ageMs = Math.max(0, now - pointer.asOf);
  return { kind: "measured", ageMs, isLate: ageMs > LATE_MS, features };
}
