/**
 * What composing takes, and the first step of each slate: the profile's state turned into what may be shown, and the
 * personal ranking. A reading that failed is an input like any other: the slate is composed without it and says so.
 *
 * For two: the other profile's list and state are read as the first one's. What either hid or watched is out, the lower
 * age limit holds, and their rankings, each in shares of its own best score, are one by their mean.
 */
import type { Degradation } from "@thewatcher/contracts/api/serving";
import type { AccountId } from "@thewatcher/contracts/ids";
import type { PlanId } from "@thewatcher/contracts/plans";
import { RULE_ROW_KINDS, type RuleRowKind } from "@thewatcher/contracts/rules";
import {
  defaultServingParameters,
  type ServingAssignment,
  type ServingParameters,
} from "@thewatcher/contracts/serving-parameters";
import type { TitleFeatures } from "@thewatcher/feature-store/title-feature-fold";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import { emptyHistory, type History } from "./history.ts";
import { beginRequest, orderScored, type Ranking, rankPersonal, type Workspace } from "./ranking.ts";
import type { Showing } from "./showings.ts";
import type { Ranker } from "./stages/ranker.ts";
import { beginRules, type CompiledRules, type RuledPage, type RuleEffect, removedBy } from "./stages/rules.ts";
import { type Popularity, popularityIn } from "./title-view.ts";

/** What the composer has to know of a profile. */
export interface ServedProfile {
  /** ISO code. */
  readonly country: string;
  /** Age limit in years; null: an adult's. */
  readonly ageMark: number | null;
  /** Whose profile it is; what is composed for two is composed for two of one account. */
  readonly accountId?: AccountId;
  /** false: nothing of what the profile did is read for it. Absent: true. */
  readonly profiling?: boolean;
}

/** Whoever may not be read is served what anybody may see. */
export const UNKNOWN_PROFILE_AGE_MARK = 0;

export interface FailedReading {
  readonly kind: "failed";
  readonly cause: "unavailable" | "timed_out";
  readonly detail: string;
}

export type Reading<Value> = { readonly kind: "read"; readonly value: Value } | FailedReading;

/** Who watches along. */
export interface OtherProfile {
  readonly profile: ServedProfile;
  readonly list: Reading<StoredList | undefined>;
  readonly history: Reading<History>;
}

export interface SlateRequest {
  readonly profile: ServedProfile;
  /** Why `profile` is a stand-in. */
  readonly profileProblem?: FailedReading;
  readonly list: Reading<StoredList | undefined>;
  /** Of the profile's live state; the empty one where there is none. */
  readonly history: Reading<History>;
  /** Titles that the caller doesn't want on this slate. */
  readonly exclude: readonly string[];
  /** Of the caller's country, language and instant. */
  readonly showing: Showing;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly device: string;
  readonly parameters?: ServingParameters;
  /** Assigned with the parameters; composing does not look at them. */
  readonly arms?: ServingAssignment["arms"];
  readonly titleFeatures?: { readonly version: string; readonly features: TitleFeatures } | undefined;
  readonly titleFeaturesProblem?: Pick<Degradation, "cause" | "detail"> | undefined;
  /** Of the tables' generation, over the columns of stages/features.ts. */
  readonly ranker?: Ranker | undefined;
  /** Why there is none, though one was published. */
  readonly rankerProblem?: string | undefined;
  /** The product team's, compiled for this view. */
  readonly rules?: { readonly version: number; readonly compiled: CompiledRules } | undefined;
  /** What the account subscribes to; null: nothing. */
  readonly planId?: PlanId | null;
  /** "I have 95 minutes": nothing that lasts longer, or of which it is not known. */
  readonly minutes?: number;
  readonly other?: OtherProfile;
  /** What chance on this slate follows from (stages/exploration.ts). */
  readonly seed?: number;
}

export interface Prepared {
  readonly ws: Workspace;
  readonly parameters: ServingParameters;
  readonly history: History;
  readonly ranking: Ranking;
  readonly popularity: Popularity | undefined;
  readonly country: string;
  readonly showing: Showing;
  readonly at: number;
  readonly device: string;
  readonly seed: number;
  /** In years; null: an adult's. Of two, the lower one. */
  readonly ageLimit: number | null;
  /** Infinity: no bound. */
  readonly minutesMax: number;
  /** What each of the two would give a title, in shares of their best; undefined: the page is for one. */
  readonly forTwo: ReadonlyMap<number, readonly [number, number]> | undefined;
  readonly titleFeatures: { readonly version: string; readonly features: TitleFeatures } | undefined;
  readonly ranker: Ranker | undefined;
  /** Of this page; undefined: none are published, or they are off. */
  readonly rules: RuledPage | undefined;
  readonly rulesVersion: number | null;
  /** What rules did so far. */
  readonly ruleEffects: readonly RuleEffect[];
  readonly degradations: Degradation[];
  /** In the catalogue here and now, within the age limit, not hidden, not excluded, short enough, not on this slate yet. */
  readonly mayShow: (index: number) => boolean;
  /** And neither watched nor started: everything else shows these. */
  readonly mayRecommend: (index: number) => boolean;
  /** As `mayRecommend`, on this slate or not: what sources give. */
  readonly mayOffer: (index: number) => boolean;
  /** Here, and within the age limit: may be named, whatever the viewer thinks of it. */
  readonly mayName: (index: number) => boolean;
  /** To be continued: as `mayShow`, however long it lasts. */
  readonly mayContinue: (index: number) => boolean;
}

export interface PrepareOptions {
  /** Personal titles that the slate can use. */
  readonly countMax?: number;
  /** Kinds of rows that the slate may have; for rules. */
  readonly rowKinds?: readonly RuleRowKind[];
  /** Without the filters and caps of rules. */
  readonly relaxed?: boolean;
}

export function prepare(ws: Workspace, request: SlateRequest, options: PrepareOptions = {}): Prepared {
  const { countMax = Number.POSITIVE_INFINITY, rowKinds = RULE_ROW_KINDS, relaxed = false } = options;
  const { view } = ws;
  const {
    showing,
    other,
    parameters = defaultServingParameters,
    minutes: minutesMax = Number.POSITIVE_INFINITY,
  } = request;
  const degradations: Degradation[] = [];
  if (request.profileProblem) take(request.profileProblem, "profile", degradations);
  const ownHistory = take(request.history, "profile_state", degradations) ?? emptyHistory;
  const ownList = take(request.list, "personal_list", degradations);
  const otherHistory = other && (take(other.history, "profile_state", degradations) ?? emptyHistory);
  const otherList = other && take(other.list, "personal_list", degradations);
  const personalOff = parameters.sourcesOff.includes("personal_list");
  const list = personalOff ? undefined : ownList;

  const both = otherHistory && [
    sharesOfBest(ws, personalOff, ownHistory, ownList),
    sharesOfBest(ws, personalOff, otherHistory, otherList),
  ];
  beginRequest(ws);
  const { epoch, hidden, barred, used } = ws;
  const { ageMarks, runtimes } = view;
  const { shown } = showing;
  for (const history of otherHistory ? [ownHistory, otherHistory] : [ownHistory]) {
    for (const index of history.hidden) hidden[index] = epoch;
    for (const index of history.watched) barred[index] = epoch;
    for (const { index } of history.started) barred[index] = epoch;
    for (const { index } of history.nextEpisodes) barred[index] = epoch;
    for (const index of history.putAway) barred[index] = epoch;
  }
  for (const titleId of request.exclude) {
    const index = view.indexOf.get(titleId);
    if (index !== undefined) hidden[index] = epoch;
  }
  const ageMark = lowerAge(request.profile.ageMark, other ? other.profile.ageMark : null);
  const ageLimit = ageMark ?? Number.POSITIVE_INFINITY;
  const mayName = (index: number): boolean => shown[index] === 1 && ageMarks[index]! <= ageLimit;
  const isWanted = (index: number): boolean =>
    shown[index] === 1 && ageMarks[index]! <= ageLimit && hidden[index] !== epoch && runtimes[index]! <= minutesMax;
  const ruleEffects: RuleEffect[] = [];
  const rules =
    request.rules && parameters.rules
      ? beginRules(request.rules.compiled, {
          at: request.at,
          leavesAt: (index) => showing.leavesAt(index),
          country: request.profile.country,
          planId: request.planId ?? null,
          device: request.device,
          ageLimit: ageMark,
          mayRecommend: (index) => barred[index] !== epoch && used[index] !== epoch && isWanted(index),
          rowKinds,
          relaxed,
          onEffect: (effect) => ruleEffects.push(effect),
        })
      : undefined;
  const isOffered = rules
    ? (index: number): boolean => isWanted(index) && removedBy(rules, index) === undefined
    : isWanted;
  const mayContinue = (index: number): boolean =>
    shown[index] === 1 && ageMarks[index]! <= ageLimit && hidden[index] !== epoch && used[index] !== epoch;
  const mayShow = (index: number): boolean => used[index] !== epoch && isOffered(index);
  const mayRecommend = (index: number): boolean => barred[index] !== epoch && mayShow(index);
  const mayOffer = (index: number): boolean => barred[index] !== epoch && isOffered(index);

  const listIsForeign = isForeign(ws, list);
  const shares = both && sharesOfTwo(both[0]!, both[1]!);
  const ranking = shares
    ? { count: rankShares(ws, shares, mayRecommend), listIsForeign }
    : personalOff
      ? noRanking
      : rankPersonal(ws, { list, history: ownHistory, countMax }, mayRecommend);
  const popularity = popularityIn(view, request.profile.country);
  if (listIsForeign && view.tables) {
    degradations.push(missing("item_tables", "stale", "The tables belong to another publication than the list."));
  }
  // A profile without a past has no list and misses none: that is no degradation. Nor is it before the first training.
  if (!ownList && request.list.kind === "read" && ownHistory.known) {
    degradations.push(missing("personal_list", "missing", "The publication has no list for this profile."));
  }
  if (view.newest.length === 0) degradations.push(missing("catalogue", "missing", "No titles are loaded."));
  if (!view.tables) {
    degradations.push(missing("item_tables", "missing", "No publication's tables are loaded."));
  } else if (!popularity) {
    degradations.push(missing("popularity", "missing", "The publication has no table of popular titles."));
  }
  const { titleFeaturesProblem, rankerProblem } = request;
  if (rankerProblem !== undefined && parameters.ranker && !other) {
    const detail = `The publication's ranker is not used: ${rankerProblem}.`;
    degradations.push(missing("ranker", "unavailable", detail));
  }
  if (titleFeaturesProblem) {
    degradations.push(missing("title_features", titleFeaturesProblem.cause, titleFeaturesProblem.detail));
  }
  return {
    ws,
    parameters,
    // What one of two did is not told to the other: nothing is explained by it, and nothing offered to go on with.
    history: shares ? emptyHistory : ownHistory,
    ranking,
    popularity,
    country: request.profile.country,
    showing,
    at: request.at,
    device: request.device,
    seed: request.seed ?? 0,
    ageLimit: ageMark,
    minutesMax,
    forTwo: shares,
    titleFeatures: request.titleFeatures,
    ranker: request.ranker,
    rules,
    rulesVersion: rules ? (request.rules?.version ?? null) : null,
    ruleEffects,
    degradations,
    mayShow,
    mayRecommend,
    mayOffer,
    mayName,
    mayContinue,
  };
}

const noRanking: Ranking = { count: 0, listIsForeign: false };

/** null: an adult's. */
export function lowerAge(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

const isForeign = ({ view }: Workspace, list: StoredList | undefined): boolean =>
  list !== undefined && list.generation !== view.tables?.generation;

/** The titles that a profile's ranking gives anything, in shares of the best one. A request of its own in the workspace. */
function sharesOfBest(
  ws: Workspace,
  isOff: boolean,
  history: History,
  list: StoredList | undefined,
): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  if (isOff) return shares;
  beginRequest(ws);
  const { count } = rankPersonal(ws, { list, history, countMax: Number.POSITIVE_INFINITY }, () => true);
  const best = count === 0 ? 0 : ws.scores[ws.order[0]!]!;
  if (best <= 0) return shares;
  for (let place = 0; place < count; place++) {
    const index = ws.order[place]!;
    shares.set(index, Math.max(0, ws.scores[index]! / best));
  }
  return shares;
}

type SharesOfTwo = ReadonlyMap<number, readonly [number, number]>;

function sharesOfTwo(own: ReadonlyMap<number, number>, others: ReadonlyMap<number, number>): SharesOfTwo {
  const indices = new Set([...own.keys(), ...others.keys()]);
  return new Map([...indices].map((index) => [index, [own.get(index) ?? 0, others.get(index) ?? 0]]));
}

/** By the mean of both; answers how many may be recommended. */
function rankShares(ws: Workspace, shares: SharesOfTwo, mayRecommend: (index: number) => boolean): number {
  let count = 0;
  for (const [index, [own, other]] of shares) {
    ws.scored[index] = ws.epoch;
    ws.scores[index] = (own + other) / 2;
    ws.freshScores[index] = 0;
    ws.candidates[count++] = index;
  }
  return orderScored(ws, count, mayRecommend);
}

const missing = (part: Degradation["part"], cause: Degradation["cause"], detail: string): Degradation => ({
  part,
  cause,
  detail,
});

function take<Value>(reading: Reading<Value>, part: Degradation["part"], degradations: Degradation[]) {
  if (reading.kind === "read") return reading.value;
  if (!degradations.some((known) => known.part === part && known.cause === reading.cause)) {
    degradations.push(missing(part, reading.cause, reading.detail));
  }
  return undefined;
}
