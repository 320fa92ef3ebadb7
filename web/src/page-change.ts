/** What a new page shows that the page before did not: the viewer sees that the last act counted. */
import type { HomePage } from "@thewatcher/contracts/api/serving";

export interface PageChange {
  /** Titles that were not on the page before. */
  readonly freshTitleIds: ReadonlySet<string>;
  /** The name in a new "because you watched" row, if one came. */
  readonly becauseOf: string | null;
}

export const NO_CHANGE: PageChange = { freshTitleIds: new Set(), becauseOf: null };

const titleIdsOf = (page: HomePage) => page.rows.flatMap((row) => row.items.map((item) => item.title.titleId));
const seedsOf = (page: HomePage) =>
  page.rows.flatMap((row) => (row.reason?.kind === "because_you_watched" ? [row.reason] : []));

export function changeBetween(before: HomePage | undefined, after: HomePage): PageChange {
  if (before === undefined || before.profileId !== after.profileId) return NO_CHANGE;
  const known = new Set<string>(titleIdsOf(before));
  const knownSeeds = new Set<string>(seedsOf(before).map((seed) => seed.seedTitleId));
  return {
    freshTitleIds: new Set(titleIdsOf(after).filter((titleId) => !known.has(titleId))),
    becauseOf: seedsOf(after).find((seed) => !knownSeeds.has(seed.seedTitleId))?.seedName ?? null,
  };
}
