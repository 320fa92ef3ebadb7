/**
 * The registry: every feature that the ranker sees, declared once. The order here is the order of the ranker's columns.
 *
 * A feature of a title or of a profile is an aggregate (definitions.ts) and needs nothing but its declaration: the
 * warehouse, the live fold, the training set, parity, drift and freshness follow from it. A feature of a pair or of the
 * request is a pure function at serving and is declared here for its name, its owner and the people who read
 * docs/features.md, which `ranking-features.test.ts` holds to this list.
 */
import {
  type Aggregate,
  type AggregateFeature,
  eventsOf,
  isAggregate,
  planFeatures,
  type RankingFeature,
  type Window,
} from "./definitions.ts";

const MINUTE_MS = 60_000;
/** What moves within a day is stale after a quarter of an hour without the log, what moves slowly after six hours. */
const FAST_MS = 15 * MINUTE_MS;
const SLOW_MS = 360 * MINUTE_MS;

const OWNER = "recommendations";

type Given = {
  readonly name: string;
  readonly window: Window;
  readonly aggregate: Aggregate;
  readonly describe: string;
  readonly dimension?: "country";
};

const aggregateOf = (entity: "title" | "profile", given: Given): AggregateFeature => {
  const { aggregate, window } = given;
  const signals = "among" in aggregate ? [aggregate.of, aggregate.among] : [aggregate.of];
  return {
    ...given,
    entity,
    type: "number",
    source: [...new Set(signals.flatMap(eventsOf))],
    owner: OWNER,
    freshnessMs: window !== "all" && window <= 7 ? FAST_MS : SLOW_MS,
  };
};
const ofTitle = (given: Given) => aggregateOf("title", given);
const ofProfile = (given: Given) => aggregateOf("profile", given);

/** A live state holds 300 titles (contracts/src/profile-state.ts): counts of a profile end well below that. */
const PROFILE_COUNT_MAX = 100;

export const RANKING_FEATURES: readonly RankingFeature[] = [
  ofTitle({
    name: "titleShown7d",
    window: 7,
    aggregate: { kind: "distinct", of: "shown" },
    describe: "Profiles that saw the title's card.",
  }),
  ofTitle({
    name: "titleImpressions1d",
    window: 1,
    aggregate: { kind: "count", of: "shown" },
    describe: "Times that the title's card was seen.",
  }),
  ofTitle({
    name: "titleClickShare28d",
    window: 28,
    // On the demo world about 5 of 100 who are shown a card click it.
    aggregate: { kind: "share", of: "clicked", among: "shown", prior: { share: 0.05, strength: 50 } },
    describe: "Of the profiles that saw the card, how many clicked it.",
  }),
  ofTitle({
    name: "titleViewers1d",
    window: 1,
    aggregate: { kind: "distinct", of: "played" },
    describe: "Profiles that played the title.",
  }),
  ofTitle({
    name: "titleViewers7d",
    window: 7,
    aggregate: { kind: "distinct", of: "played" },
    describe: "Profiles that played the title.",
  }),
  ofTitle({
    name: "titleViewers28d",
    window: 28,
    aggregate: { kind: "distinct", of: "played" },
    describe: "Profiles that played the title.",
  }),
  ofTitle({
    name: "titleViewersInCountry7d",
    window: 7,
    dimension: "country",
    aggregate: { kind: "distinct", of: "played" },
    describe: "Profiles that played the title in the viewer's country.",
  }),
  ofTitle({
    name: "titleFinishedShare28d",
    window: 28,
    aggregate: { kind: "share", of: "finished", among: "played", prior: { share: 0.5, strength: 20 } },
    describe: "Of the profiles that played the title, how many saw at least nine tenths of it in one go.",
  }),
  ofTitle({
    name: "titleDaysSincePlay28d",
    window: 28,
    aggregate: { kind: "days_since", of: "played" },
    describe: "Days since anybody played the title.",
  }),
  ofTitle({
    name: "titleMeanStars",
    window: "all",
    // 3.5 is the mean of MovieLens; ten ratings weigh as much as it does.
    aggregate: { kind: "mean", of: "rated", prior: { mean: 3.5, strength: 10 } },
    describe: "Mean of the ratings that stand, one a profile.",
  }),
  ofTitle({
    name: "titleRatings",
    window: "all",
    aggregate: { kind: "distinct", of: "rated" },
    describe: "Profiles whose rating of the title stands.",
  }),
  ofTitle({
    name: "titleWatchlisted",
    window: "all",
    aggregate: { kind: "distinct", of: "watchlisted" },
    describe: "Profiles that have the title on their watchlist.",
  }),
  ofTitle({
    name: "titleNotInterestedShare28d",
    window: 28,
    aggregate: { kind: "share", of: "notInterested", among: "shown", prior: { share: 0.01, strength: 100 } },
    describe: 'Of the profiles that saw the card, how many said "not interested" and stand by it.',
  }),
  ofProfile({
    name: "profilePlayed7d",
    window: 7,
    aggregate: { kind: "distinct", of: "played", atMost: PROFILE_COUNT_MAX },
    describe: "Titles that the profile played.",
  }),
  ofProfile({
    name: "profilePlayed28d",
    window: 28,
    aggregate: { kind: "distinct", of: "played", atMost: PROFILE_COUNT_MAX },
    describe: "Titles that the profile played.",
  }),
  ofProfile({
    name: "profileClicked7d",
    window: 7,
    aggregate: { kind: "distinct", of: "clicked", atMost: PROFILE_COUNT_MAX },
    describe: "Titles that the profile clicked.",
  }),
  ofProfile({
    name: "profileMeanStars28d",
    window: 28,
    aggregate: { kind: "mean", of: "rated", prior: { mean: 3.5, strength: 5 } },
    describe: "Mean of the profile's ratings that stand.",
  }),
  ofProfile({
    name: "profileRatings28d",
    window: 28,
    aggregate: { kind: "distinct", of: "rated", atMost: PROFILE_COUNT_MAX },
    describe: "Ratings of the profile that stand.",
  }),
  ofProfile({
    name: "profileNotInterested28d",
    window: 28,
    aggregate: { kind: "distinct", of: "notInterested", atMost: PROFILE_COUNT_MAX },
    describe: 'Titles that the profile said "not interested" of and stands by it.',
  }),
  ofProfile({
    name: "profileDaysSincePlay28d",
    window: 28,
    aggregate: { kind: "days_since", of: "played" },
    describe: "Days since the profile played anything.",
  }),
];

const aggregatesOf = (entity: "title" | "profile"): readonly AggregateFeature[] =>
  RANKING_FEATURES.filter(isAggregate).filter((feature) => feature.entity === entity);

export const TITLE_FEATURES = aggregatesOf("title");
export const PROFILE_FEATURES = aggregatesOf("profile");
export const TITLE_PLAN = planFeatures(TITLE_FEATURES);
export const PROFILE_PLAN = planFeatures(PROFILE_FEATURES);
