/**
 * What composing takes, and the first step of each slate: the profile's state turned into what may be shown, and the
 * personal ranking. A reading that failed is an input like any other: the slate is composed without it and says so.
 */
import type { Degradation } from "@thewatcher/contracts/api/serving";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import { emptyHistory, type History } from "./history.ts";
import { beginRequest, type Ranking, rankPersonal, type Workspace } from "./ranking.ts";
import type { Showing } from "./showings.ts";
import { type Popularity, popularityIn } from "./title-view.ts";

/** What the composer has to know of a profile. */
export interface ServedProfile {
  /** ISO code. */
  readonly country: string;
  /** Age limit in years; null: an adult's. */
  readonly ageMark: number | null;
}

/** Whoever may not be read is served what anybody may see. */
export const UNKNOWN_PROFILE_AGE_MARK = 0;

export interface FailedReading {
  readonly kind: "failed";
  readonly cause: "unavailable" | "timed_out";
  readonly detail: string;
}

export type Reading<Value> = { readonly kind: "read"; readonly value: Value } | FailedReading;

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
}

export interface Prepared {
  readonly ws: Workspace;
  readonly history: History;
  readonly ranking: Ranking;
  readonly popularity: Popularity | undefined;
  readonly country: string;
  readonly showing: Showing;
  readonly degradations: Degradation[];
  /** In the catalogue here and now, within the age limit, not hidden, not excluded, not on this slate yet. */
  readonly mayShow: (index: number) => boolean;
  /** And neither watched nor started: everything else shows these. */
  readonly mayRecommend: (index: number) => boolean;
  /** Here, and within the age limit: may be named, whatever the viewer thinks of it. */
  readonly mayName: (index: number) => boolean;
}

/** `countMax`: personal titles that the slate can use. */
export function prepare(ws: Workspace, request: SlateRequest, countMax = Number.POSITIVE_INFINITY): Prepared {
  const { view } = ws;
  beginRequest(ws);
  const { epoch, hidden, barred, used } = ws;
  const { ageMarks } = view;
  const { showing } = request;
  const { shown } = showing;
  const degradations: Degradation[] = [];
  if (request.profileProblem) take(request.profileProblem, "profile", degradations);
  const history = take(request.history, "profile_state", degradations) ?? emptyHistory;
  const list = take(request.list, "personal_list", degradations);

  for (const index of history.hidden) hidden[index] = epoch;
  for (const index of history.watched) barred[index] = epoch;
  for (const { index } of history.started) barred[index] = epoch;
  for (const index of history.putAway) barred[index] = epoch;
  for (const titleId of request.exclude) {
    const index = view.indexOf.get(titleId);
    if (index !== undefined) hidden[index] = epoch;
  }
  const ageLimit = request.profile.ageMark ?? Number.POSITIVE_INFINITY;
  const mayName = (index: number): boolean => shown[index] === 1 && ageMarks[index]! <= ageLimit;
  const mayShow = (index: number): boolean =>
    shown[index] === 1 && ageMarks[index]! <= ageLimit && hidden[index] !== epoch && used[index] !== epoch;
  const mayRecommend = (index: number): boolean => barred[index] !== epoch && mayShow(index);

  const ranking = rankPersonal(ws, { list, history, countMax }, mayRecommend);
  const popularity = popularityIn(view, request.profile.country);
  if (ranking.listIsForeign && view.tables) {
    degradations.push(missing("item_tables", "stale", "The tables belong to another publication than the list."));
  }
  // A profile without a past has no list and misses none: that is no degradation. Nor is it before the first training.
  if (!list && request.list.kind === "read" && history.known) {
    degradations.push(missing("personal_list", "missing", "The publication has no list for this profile."));
  }
  if (view.newest.length === 0) degradations.push(missing("catalogue", "missing", "No titles are loaded."));
  if (!view.tables) {
    degradations.push(missing("item_tables", "missing", "No publication's tables are loaded."));
  } else if (!popularity) {
    degradations.push(missing("popularity", "missing", "The publication has no table of popular titles."));
  }
  return {
    ws,
    history,
    ranking,
    popularity,
    country: request.profile.country,
    showing,
    degradations,
    mayShow,
    mayRecommend,
    mayName,
  };
}

const missing = (part: Degradation["part"], cause: Degradation["cause"], detail: string): Degradation => ({
  part,
  cause,
  detail,
});

function take<Value>(reading: Reading<Value>, part: Degradation["part"], degradations: Degradation[]) {
  if (reading.kind === "read") return reading.value;
  degradations.push(missing(part, reading.cause, reading.detail));
  return undefined;
}
