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
  type ServedFeature,
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
  const signs = "among" in aggregate ? [aggregate.of, aggregate.among] : [aggregate.of];
  return {
    ...given,
    entity,
    type: "number",
    source: [...new Set(signs.flatMap(eventsOf))],
    owner: OWNER,
    freshnessMs: window !== "all" && window <= 7 ? FAST_MS : SLOW_MS,
  };
};
const ofTitle = (given: Given) => aggregateOf("title", given);
const ofProfile = (given: Given) => aggregateOf("profile", given);

/** A live state holds 300 titles (contracts/src/profile-state.ts): counts of a profile end well below that. */
const PROFILE_COUNT_MAX = 100;

/** Of the request as it is composed: serving-api/src/stages/features.ts has each by its name. */
const servedOf = (
  entity: "pair" | "context",
  name: string,
  source: readonly string[],
  describe: string,
): ServedFeature => ({
  name,
  entity,
  type: "number",
  source,
  window: "now",
  owner: OWNER,
  freshnessMs: 0,
  describe,
});
const ofPair = (name: string, source: readonly string[], describe: string) => servedOf("pair", name, source, describe);
const ofContext = (name: string, source: readonly string[], describe: string) =>
  servedOf("context", name, source, describe);

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
  ofPair("blendedScore", ["sources"], "What the order would be by without a ranker."),
  ofPair("sourceCount", ["sources"], "How many sources gave the title."),
  ofPair("personalShare", ["personal_list"], "Its personal score as a share of the best one; 0: it has none."),
  ofPair(
    "personalRank",
    ["personal_list"],
    "Base-2 logarithm of 1 + its rank in the personal list; missing: not there.",
  ),
  ofPair("freshShare", ["profile_state"], "The part of its personal score that is newer than the published list."),
  ofPair(
    "itemToItemShare",
    ["item_to_item"],
    "What the last watches lift it, as a share of the most lifted; 0: nothing.",
  ),
  ofPair(
    "tasteVectorShare",
    ["taste_vector"],
    "Its product with the profile's vector as a share of the best; 0: not near.",
  ),
  ofPair("vectorCosine", ["vectors"], "Cosine of the title's and the profile's vectors; missing: one has none."),
  ofPair(
    "trendingShare",
    ["trending"],
    "Its growth as a share of the largest in the country; 0: it is not in the table.",
  ),
  ofPair("segmentShare", ["segments"], "Its place among viewers of a like taste, as a share of the first; 0: none."),
  ofPair(
    "popularityRank",
    ["popularity"],
    "Base-2 logarithm of 1 + its rank in the country; missing: not in the table.",
  ),
  ofPair("genreAffinity", ["profile_state"], "Mean share that its genres have in the profile's history."),
  ofPair("eraAffinity", ["profile_state"], "Share that its decade has in the profile's history."),
  ofPair("daysInCatalogue", ["catalogue"], "Base-2 logarithm of 1 + days since it was added."),
  ofPair("yearsOld", ["catalogue"], "Years since it came out; missing: not known."),
  ofPair("runtimeMinutes", ["catalogue"], "Minutes; missing: not known."),
  ofPair("isSeries", ["catalogue"], "1: a series, 0: a film."),
  ofPair("isTrainedOn", ["item_tables"], "1: the models know it, 0: it came after them."),
  ofContext("hourSine", ["clock"], "Sine of the hour of the day, UTC."),
  ofContext("hourCosine", ["clock"], "Cosine of the hour of the day, UTC."),
  ofContext("isWeekend", ["clock"], "1: Saturday or Sunday, UTC."),
  ofContext("historySize", ["profile_state"], "Base-2 logarithm of 1 + titles of the history that explain."),
  ofContext("isTelevision", ["device"], "1: a television."),
  ofContext("isPhone", ["device"], "1: a phone or a tablet."),
];

const aggregatesOf = (entity: "title" | "profile"): readonly AggregateFeature[] =>
  RANKING_FEATURES.filter(isAggregate).filter((feature) => feature.entity === entity);

export const TITLE_FEATURES = aggregatesOf("title");
export const PROFILE_FEATURES = aggregatesOf("profile");
export const TITLE_PLAN = planFeatures(TITLE_FEATURES);
export const PROFILE_PLAN = planFeatures(PROFILE_FEATURES);
