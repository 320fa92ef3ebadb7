/**
 * How a viewer spends half a year of evenings: shown a slate, looks at part of it, watches the most attractive of what
 * was looked at, leaves early when it disappoints, sometimes rates it.
 *
 * A slate mixes what is famous in the country, what speaks to one of the viewer's tastes (search, friends), and what is
 * new. Only the examined positions can be chosen, and lower ones are examined less (position-based model: Craswell et
 * al. 2008): what a viewer watched is therefore not what the viewer would have liked best, and the history carries
 * exposure bias on purpose. The choice among the examined is a random-utility one (Gumbel noise, temperature 0.5).
 */
import type { Rng } from "@thewatcher/kit/rng";
import type { Viewer, WorldInternals } from "./viewer.ts";
import { LIKING, SATIATION_TAU_MS } from "./viewer.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Two dozen cards: what one screen and a half of rows show. */
const SLATE_LENGTH = 24;
const FAMOUS_SHARE = 0.6;
const NEW_SHARE = 0.08;
const NEW_DAYS = 42;
const CHOICE_TEMPERATURE = 0.5;
/** Of the evenings with a film, this share goes on to another. */
const BINGE_SHARE = 0.25;
const WATCHLIST_SHARE = 0.06;
const NOT_INTERESTED_SHARE = 0.02;
/**
 * Full slates are kept for the last day only. Every evening's 24 impressions would be 3.3 million events, twenty times
 * all the rest, and a first start has 30 seconds; one day of them is some 50,000, and the half year behind it is kept
 * as what was watched.
 */
const DETAIL_DAYS = 1;
/** The last evening begins this long before the world's present, so that its film ends within it. */
const LAST_START_MS = 4 * HOUR_MS;

/** East of Greenwich; one offset a country is enough for evenings to be evenings. */
const UTC_OFFSET_HOURS = { RU: 3, BY: 3, US: -6 } as const;

/** Probability that the 0-based position is looked at: 1, 0.71, 0.58, 0.5 … 0.2 at the 24th. */
export const examinationProbability = (position: number): number => (position + 1) ** -0.5;

/** What was on the screen when a film of the last day was chosen. */
export interface SessionDetail {
  /** Which watch it led to. */
  readonly watch: number;
  readonly slate: Uint16Array;
  /** One byte a position: 1 where it was looked at. */
  readonly examined: Uint8Array;
  readonly chosenPosition: number;
  readonly shownAt: number;
}

/** One profile's watches as columns, oldest first; each title once. */
export interface WatchHistory {
  readonly count: number;
  readonly titleIndices: Uint16Array;
  /** Milliseconds since the epoch. */
  readonly startedAt: Float64Array;
  readonly watchedSeconds: Uint32Array;
  /** Half stars, 1 to 10; 0: not rated. */
  readonly halfStars: Uint8Array;
  /** A title put on the watchlist or hidden when this watch was chosen, plus one; 0: none. */
  readonly watchlisted: Uint16Array;
  readonly notInterested: Uint16Array;
  readonly details: readonly SessionDetail[];
}

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** How much of a film is watched: mostly all of one that is liked, a sample of one that is not. */
export function watchedFraction(utility: number, rng: Rng): number {
  if (rng.next() < logistic(2 * (utility - LIKING + 1.1))) return 0.92 + 0.08 * rng.next();
  return 0.02 + 0.75 * rng.next() ** 1.5;
}

/** Strong feelings are told more often than lukewarm ones: ratings are missing not at random. */
export function halfStarsOrNone(viewer: Viewer, utility: number, rng: Rng): number {
  const feeling = Math.min(2, Math.abs(utility - LIKING));
  if (rng.next() >= Math.min(0.95, viewer.ratingShare * (0.6 + 0.7 * feeling))) return 0;
  const stars = 3.4 + 0.7 * (utility - LIKING) + viewer.generosity + 0.4 * rng.normal();
  return Math.min(10, Math.max(1, Math.round(stars * 2)));
}

const EXAMINATION = Float64Array.from({ length: SLATE_LENGTH }, (_, position) => examinationProbability(position));

const gumbel = (rng: Rng): number => -Math.log(-Math.log(1 - rng.next()) + 1e-12);

/** First index whose running sum exceeds `mass`. */
function searchSum(sums: Float64Array, mass: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > mass) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Evenings {
  readonly viewer: Viewer;
  readonly profileIndex: number;
  readonly worldNow: number;
  readonly rng: Rng;
  readonly internals: WorldInternals;
}

/** Start times, oldest first: days with more weight on weekends, hours around half past eight in the evening. */
function drawStarts({ viewer, worldNow, rng }: Evenings): Float64Array {
  const offsetMs = UTC_OFFSET_HOURS[viewer.country] * HOUR_MS;
  const days = Math.max(1, Math.floor((worldNow - viewer.firstAt) / DAY_MS));
  const starts = new Float64Array(viewer.watchTarget);
  let drawn = 0;
  while (drawn < starts.length) {
    const localMidnight = Math.floor((worldNow + offsetMs) / DAY_MS - rng.int(days)) * DAY_MS;
    const weekday = (localMidnight / DAY_MS + 4) % 7; // 1970-01-01 was a Thursday; 0 is Sunday
    if (weekday !== 0 && weekday !== 5 && weekday !== 6 && rng.next() < 0.35) continue;
    const isBinge = rng.next() < BINGE_SHARE;
    const hour = Math.min(23.4, Math.max(7, 20.5 + 2 * rng.normal()));
    let at = localMidnight - offsetMs + hour * HOUR_MS;
    while (at > worldNow - LAST_START_MS) at -= DAY_MS;
    starts[drawn++] = at;
    // The second film of the evening: its start is set when the first one's end is known.
    if (isBinge && drawn < starts.length) starts[drawn++] = at + 1;
  }
  return starts.sort();
}

export function simulateEvenings(evenings: Evenings): WatchHistory {
  const { viewer, profileIndex, worldNow, rng, internals } = evenings;
  const { addedAt, genresOf, byArrival } = internals;
  const starts = drawStarts(evenings);
  const capacity = starts.length;
  const titleIndices = new Uint16Array(capacity);
  const startedAt = new Float64Array(capacity);
  const watchedSeconds = new Uint32Array(capacity);
  const halfStars = new Uint8Array(capacity);
  const watchlisted = new Uint16Array(capacity);
  const notInterested = new Uint16Array(capacity);
  const details: SessionDetail[] = [];

  const seen = new Uint8Array(internals.titleCount);
  const satiation = new Float64Array(internals.genreCount);
  let satiationAt = viewer.firstAt;
  const exposure = internals.exposure(viewer.country, viewer.profile.ageMark);
  const exposureSum = exposure[exposure.length - 1]!;
  const slate = new Uint16Array(SLATE_LENGTH);
  const onSlate = new Uint8Array(internals.titleCount);

  /** How many titles had arrived by `at`. */
  const arrivedBy = (at: number): number => {
    let low = 0;
    let high = byArrival.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addedAt[byArrival[middle]!]! <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const drawCandidate = (at: number, newFrom: number, newTo: number): number => {
    const channel = rng.next();
    if (channel < FAMOUS_SHARE) return searchSum(exposure, rng.next() * exposureSum);
    if (channel < FAMOUS_SHARE + NEW_SHARE) {
      return newTo > newFrom
        ? byArrival[newFrom + rng.int(newTo - newFrom)]!
        : searchSum(exposure, rng.next() * exposureSum);
    }
    let mass = 0;
    for (let slot = 0; slot < viewer.tasteIndices.length; slot++) mass += internals.tasteWeightAt(viewer, slot, at);
    mass *= rng.next();
    let slot = 0;
    while (slot < viewer.tasteIndices.length - 1) {
      mass -= internals.tasteWeightAt(viewer, slot, at);
      if (mass < 0) break;
      slot++;
    }
    const members = internals.membersOf(viewer.tasteIndices[slot]!);
    return members[rng.int(members.length)]!;
  };

  /** Fills the slate and says how long it is: a child's may stay short. */
  const fillSlate = (at: number): number => {
    const newTo = arrivedBy(at);
    const newFrom = arrivedBy(at - NEW_DAYS * DAY_MS);
    let length = 0;
    // Four draws a card: seen, future and unsuitable titles are refused, and a small pool must end.
    for (let draw = 0; draw < SLATE_LENGTH * 4 && length < SLATE_LENGTH; draw++) {
      const candidate = drawCandidate(at, newFrom, newTo);
      if (seen[candidate] || onSlate[candidate] || addedAt[candidate]! > at) continue;
      if (!internals.isSuitable(viewer, candidate)) continue;
      onSlate[candidate] = 1;
      slate[length++] = candidate;
    }
    for (let position = 0; position < length; position++) onSlate[slate[position]!] = 0;
    return length;
  };

  let count = 0;
  let freeAt = 0;
  for (const start of starts) {
    const at = Math.floor(Math.max(start, freeAt + 60_000 * (2 + 6 * rng.next())));
    const length = fillSlate(at);
    if (length === 0) continue;
    const decay = Math.exp((satiationAt - at) / SATIATION_TAU_MS);
    for (let genre = 0; genre < satiation.length; genre++) satiation[genre]! *= decay;
    satiationAt = at;

    const examined = new Uint8Array(length);
    let chosen = -1;
    let chosenUtility = 0;
    let attraction = Number.NEGATIVE_INFINITY;
    let second = -1;
    let worst = -1;
    let worstUtility = Number.POSITIVE_INFINITY;
    for (let position = 0; position < length; position++) {
      if (rng.next() >= EXAMINATION[position]!) continue;
      examined[position] = 1;
      const title = slate[position]!;
      let strongest = 0;
      for (const genre of genresOf[title]!) strongest = Math.max(strongest, satiation[genre]!);
      const utility = internals.baseUtility(viewer, profileIndex, title, at) - internals.fatigueOf(viewer, strongest);
      const pull = utility + CHOICE_TEMPERATURE * gumbel(rng);
      if (pull > attraction) {
        second = chosen;
        attraction = pull;
        chosen = position;
        chosenUtility = utility;
      }
      if (utility < worstUtility) {
        worstUtility = utility;
        worst = position;
      }
    }
    // The first position is always looked at, so something is always chosen.
    const title = slate[chosen]!;
    const durationSeconds = internals.durationSeconds(title);
    const fraction = watchedFraction(chosenUtility, rng);
    const seconds = Math.max(1, Math.round(fraction * durationSeconds));
    const stars = halfStarsOrNone(viewer, chosenUtility, rng);
    const addsToList = second >= 0 && rng.next() < WATCHLIST_SHARE;
    const hides = worst >= 0 && worst !== chosen && worst !== second && rng.next() < NOT_INTERESTED_SHARE;
    // Pushed past the present by a binge: dropped, as an evening that has not come yet.
    if (at + seconds * 1000 > worldNow - HOUR_MS) break;

    titleIndices[count] = title;
    startedAt[count] = at;
    watchedSeconds[count] = seconds;
    halfStars[count] = stars;
    watchlisted[count] = addsToList ? slate[second]! + 1 : 0;
    notInterested[count] = hides ? slate[worst]! + 1 : 0;
    if (at > worldNow - DETAIL_DAYS * DAY_MS) {
      details.push({
        watch: count,
        slate: slate.slice(0, length),
        examined,
        chosenPosition: chosen,
        shownAt: at - 45_000,
      });
    }
    seen[title] = 1;
    if (hides) seen[slate[worst]!] = 1;
    // Satiation counts from the end of the film; `exp` brings it to the evening's own clock.
    const toEnd = Math.exp((seconds * 1000) / SATIATION_TAU_MS);
    for (const genre of genresOf[title]!) satiation[genre]! += fraction * toEnd;
    freeAt = at + seconds * 1000;
    count++;
  }
  return {
    count,
    titleIndices: titleIndices.subarray(0, count),
    startedAt: startedAt.subarray(0, count),
    watchedSeconds: watchedSeconds.subarray(0, count),
    halfStars: halfStars.subarray(0, count),
    watchlisted: watchlisted.subarray(0, count),
    notInterested: notInterested.subarray(0, count),
    details,
  };
}
