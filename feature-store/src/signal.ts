/**
 * How much one title means to one viewer: the grading of everything that is known of the pair into one number.
 *
 * | what is known                                  | weight                                        | example            |
 * | ---------------------------------------------- | --------------------------------------------- | ------------------ |
 * | "not interested"                               | negative: never trained on, never recommended |                    |
 * | rated s stars                                  | 0.4 + 0.12·s                                  | 5 → 1, 1 → 0.52    |
 * | watched elsewhere, strength t (1 where unsaid) | 0.6 + 0.4·t/(t+1)                             | 1 → 0.8            |
 * | played, length known                           | 0.2 + 0.8·min(1, watched/(0.9·length))        | half → 0.644       |
 * | played, length unknown                         | 0.2 + 0.6·min(1, watched/1200 s)              | 10 min → 0.5       |
 * | on the watchlist                               | 0.4                                           |                    |
 * | clicked                                        | 0.2                                           |                    |
 * | shown only                                     | none                                          |                    |
 *
 * A rating is the viewer's own word and overrules the rest; else the strongest counts. A low rating stays well above 0:
 * who rated a film chose it first, and what one chose predicts the next choice better than how one liked it (on
 * MovieLens every rating counts as seen). Credits are left early, so 90% of the length is the whole.
 *
 * Recency is a factor of its own, at read time: 2^(−age/half-life), the age from the last positive thing that still
 * holds (an undone rating leaves its time out). Without a half-life it is 1, and for synthetic times it must be.
 *
 * `GRADE_SQL` is the same in SQL, beside it so that one is not changed without the other; a test holds both together.
 */

/** Facts of one (profile, title), as INTERACTIONS_AT_SQL names them; 0 where nothing is known. */
export interface InteractionFacts {
  readonly stars: number;
  readonly strength: number;
  readonly plays: number;
  /** Of all playbacks together. */
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
  readonly clicks: number;
  readonly isWatchlisted: boolean;
  readonly isNotInterested: boolean;
}

export type Signal =
  | { readonly kind: "positive"; readonly weight: number }
  | { readonly kind: "negative" }
  | { readonly kind: "none" };

const RATED_BASE = 0.4;
const RATED_PER_STAR = 0.12;
const ELSEWHERE_BASE = 0.6;
const ELSEWHERE_SPAN = 0.4;
const PLAYED_BASE = 0.2;
const PLAYED_SPAN_KNOWN = 0.8;
const PLAYED_SPAN_UNKNOWN = 0.6;
const WHOLE_SHARE = 0.9;
const LONG_PLAY_SECONDS = 1200;
const WATCHLISTED = 0.4;
const CLICKED = 0.2;

export function gradeSignal(facts: InteractionFacts): Signal {
  if (facts.isNotInterested) return { kind: "negative" };
  if (facts.stars > 0) return { kind: "positive", weight: RATED_BASE + RATED_PER_STAR * facts.stars };
  const weight = Math.max(
    facts.strength > 0 ? ELSEWHERE_BASE + (ELSEWHERE_SPAN * facts.strength) / (facts.strength + 1) : 0,
    playedWeight(facts),
    facts.isWatchlisted ? WATCHLISTED : 0,
    facts.clicks > 0 ? CLICKED : 0,
  );
  return weight > 0 ? { kind: "positive", weight } : { kind: "none" };
}

function playedWeight({ plays, watchedSeconds, durationSeconds }: InteractionFacts): number {
  if (plays === 0) return 0;
  return durationSeconds > 0
    ? PLAYED_BASE + PLAYED_SPAN_KNOWN * Math.min(1, watchedSeconds / (WHOLE_SHARE * durationSeconds))
    : PLAYED_BASE + PLAYED_SPAN_UNKNOWN * Math.min(1, watchedSeconds / LONG_PLAY_SECONDS);
}

const DAY_MS = 86_400_000;

/** `halfLifeDays` Infinity: 1. Something that happened behind `asOf` is not there to be asked. */
export function recencyFactor(times: { asOf: number; lastPositiveAt: number; halfLifeDays: number }): number {
  return 2 ** (-(times.asOf - times.lastPositiveAt) / (times.halfLifeDays * DAY_MS));
}

/** Weight of a row of INTERACTIONS_AT_SQL, as Float64; 0 for none. Negatives are told by `isNotInterested`. */
export const GRADE_SQL = `multiIf(
  stars > 0, ${RATED_BASE} + ${RATED_PER_STAR} * toFloat64(stars),
  greatest(
    if(strength > 0, ${ELSEWHERE_BASE} + ${ELSEWHERE_SPAN} * toFloat64(strength) / (toFloat64(strength) + 1), 0.),
    multiIf(plays = 0, 0., durationSeconds > 0,
      ${PLAYED_BASE} + ${PLAYED_SPAN_KNOWN} * least(1., watchedSeconds / (${WHOLE_SHARE} * toFloat64(durationSeconds))),
      ${PLAYED_BASE} + ${PLAYED_SPAN_UNKNOWN} * least(1., watchedSeconds / ${LONG_PLAY_SECONDS})),
    if(isWatchlisted, ${WATCHLISTED}, 0.),
    if(clicks > 0, ${CLICKED}, 0.)
  ))`;

/** When the last positive thing happened that still holds, in milliseconds. */
export const LAST_POSITIVE_MS_SQL = `greatest(
  if(clicks > 0, toUnixTimestamp64Milli(clickedAt), 0),
  if(plays > 0, toUnixTimestamp64Milli(playedAt), 0),
  if(stars > 0, ratedAtMs, 0),
  if(strength > 0, watchedAtMs, 0),
  if(isWatchlisted, watchlistedAtMs, 0))`;
