/**
 * Profiles' histories, read from their live states and kept for as long as those are unchanged. Each reading asks the
 * store, by the state's revision, so that a history is as new as the last click; what is saved is to decode and grade up
 * to 300 titles again (150 µs, most of a list) for a profile that did nothing since. A history is a function of the state
 * and of the view of the titles: all of them are forgotten with the view.
 */
import type { ProfileId } from "@thewatcher/contracts/ids";
import { hourOf } from "@thewatcher/feature-store/definitions";
import { profileFeatureValues } from "@thewatcher/feature-store/profile-features";
import type { Clock } from "@thewatcher/kit/clock";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { emptyHistory, type GradeTitleState, type History, readHistory } from "./history.ts";
import type { TitleView } from "./title-view.ts";

/** 2 to 6 KB each, and 4 KB more for what it last explained (ranking.ts): at most 100 MB. */
const HISTORIES_KEPT_MAX = 10_000;

interface Kept {
  readonly revision: string;
  readonly hour: number;
  readonly history: History;
}

type ReadHistoryOf = (view: TitleView, profileId: ProfileId) => Promise<History>;

export function createHistories(deps: {
  readonly recommendations: Pick<RecommendationStore, "getStateUnless">;
  readonly grade: GradeTitleState;
  readonly clock: Pick<Clock, "now">;
  readonly keptMax?: number;
}): ReadHistoryOf {
  const { recommendations, grade, clock, keptMax = HISTORIES_KEPT_MAX } = deps;
  let viewOfKept: TitleView | undefined;
  let keptNow = new Map<ProfileId, Kept>();

  return async function historyOf(view, profileId) {
    if (viewOfKept !== view) {
      viewOfKept = view;
      keptNow = new Map();
    }
    // The view may be another one after the reading: what was read goes where it belongs.
    const kept = keptNow;
    // Windows of a profile's features end with the hour: what was read before it is read again.
    const hour = hourOf(clock.now());
    const last = kept.get(profileId);
    const known = last?.hour === hour ? last : undefined;
    const found = await recommendations.getStateUnless(profileId, known?.revision);
    if (!found) return emptyHistory;
    const { revision, state } = found;
    if (known && !state) return known.history;
    if (!state) throw new Error(`the store kept back a state that nobody knows: ${profileId}`);
    const history = {
      ...readHistory(view, state, grade),
      profileFeatures: profileFeatureValues(state, clock.now()),
      revision,
    };
    kept.delete(profileId);
    if (kept.size >= keptMax) {
      const oldest = kept.keys().next();
      if (!oldest.done) kept.delete(oldest.value);
    }
    kept.set(profileId, { revision, hour, history });
    return history;
  };
}
