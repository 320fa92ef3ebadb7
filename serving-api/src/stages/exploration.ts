/**
 * Exploration: reserved slots of a row, drawn by Plackett–Luce from a pool of titles that are hardly shown. A title with
 * weight w_i = boost_i · exp(z_i / temperature), z the utility in standard deviations of the pool, gets
 *   slot 1 with p_i = w_i / W,   slot 2 behind i with p(j | i) = w_j / (W − w_i),   W = Σ w,
 * and so on: one draw of Gumbel keys log w_i − log(−log u_i), the largest first, is such an order (Yellott 1977; Kool et
 * al. 2019).
 *
 * What is logged. `propensity` of a slot is the probability that this title got it, given everything that was composed
 * before it: exact, and the product over a page is the probability of the page, since all else on it follows from what
 * is drawn. `inclusion` is that before this row's draw, of being in any of its slots:
 *   slot 1: p_j;   slot 2: Σ_{i ≠ j} p_i · p(j | i) = w_j · (Σ_i p_i / (W − w_i) − p_j / (W − w_j)).
 * The pool holds none of the candidates that stand on merit in its own row: where they stand does not depend on the draw,
 * and their propensity is 1. A title that was not drawn may stand on merit further on (in a row composed later, or filling
 * this one up): with propensity 1, given the draws before it. Its marginal over the page is the sum over all draws of the
 * draw's probability where the page made with it shows the title: `inclusion` where nothing else would show it, 1 where
 * something surely would. An estimator that counts a title's plays anywhere on the page needs that one; one that counts
 * by slot needs `propensity`. They differ for titles of a pool alone.
 *
 * A draw is a function of the decision's seed, the row and the log weights of the pool: the page can be composed again.
 */
import { assert } from "@thewatcher/kit/assert";
import { createRng, type Rng } from "@thewatcher/kit/rng";

/** Of a row of twenty: in sight without scrolling, and behind the first scroll. Never the first place. */
export const RESERVED_POSITIONS = [4, 11] as const;
/** A draw of 64 costs some 10 µs; more titles make each one's turn rarer. */
export const POOL_MAX = 64;

/** What a new title is owed. */
export const NEW_TITLE_IMPRESSIONS = 100;
export const NEW_TITLE_HOURS = 48;
/** Paced to be done in three quarters of the time: the rest is for nights and for what comes late. */
const PACE_HOURS = 0.75 * NEW_TITLE_HOURS;
/**
 * This share of the impressions behind the pace, and the boost is at its largest. The pace aims as much too high: a force
 * that fades on the way to its aim stops short of it (at 96 of 100 in the test's cinema).
 */
const BEHIND_SHARE_MAX = 0.2;
/** e^7 ≈ 1,100: the worst of a pool of 64 gets nine draws of ten. */
const LOG_BOOST_MAX = 7;
/** Weights differ by at most e^20 ≈ 5·10^8: an rng of 32 bits draws what is rarer not at its exact rate. */
const LOG_WEIGHT_RANGE_MAX = 20;
/** Shown so often, and not new: known well enough. */
const LITTLE_SHOWN_IMPRESSIONS = 300;

/**
 * Log of the weight that brings a title to NEW_TITLE_IMPRESSIONS within NEW_TITLE_HOURS: 0 on the pace, at its largest
 * when a fifth of all is missing. What is not known of the impressions counts as none.
 */
export function newTitleLogBoost(impressions: number, ageHours: number): number {
  const shown = Number.isNaN(impressions) ? 0 : impressions;
  if (!isOwed(shown, ageHours)) return 0;
  const due = (1 + BEHIND_SHARE_MAX) * Math.min(1, Math.max(0, ageHours) / PACE_HOURS);
  const behind = due - shown / NEW_TITLE_IMPRESSIONS;
  return LOG_BOOST_MAX * Math.min(1, Math.max(0, behind / BEHIND_SHARE_MAX));
}

/** A title dated ahead is as new as can be. */
const isOwed = (impressions: number, ageHours: number): boolean =>
  ageHours < NEW_TITLE_HOURS && !(impressions >= NEW_TITLE_IMPRESSIONS);

export interface PoolCandidates {
  readonly count: number;
  /** So far, by everybody; NaN: not known. */
  readonly impressions: ArrayLike<number>;
  /** Since they were added; NaN: not known. */
  readonly ageHours: ArrayLike<number>;
}

const keys = new Float64Array(2 ** 10);

/**
 * Writes the places of those that a draw is for, and answers how many: new titles that are owed impressions, the least
 * shown first; then what was shown little, in the same order. Ties keep the order given.
 */
export function choosePool({ count, impressions, ageHours }: PoolCandidates, out: Int32Array): number {
  assert(count <= keys.length, "at most 1,024 candidates", () => count);
  let found = 0;
  for (let place = 0; place < count; place++) {
    const shown = impressions[place]!;
    const isNew = isOwed(shown, ageHours[place]!);
    // Of titles that are not new, little is known only where it is known how little.
    if (!isNew && !(shown < LITTLE_SHOWN_IMPRESSIONS)) continue;
    const rank = (isNew ? 0 : 2 ** 20) + (shown > 0 ? Math.floor(shown) : 0);
    keys[found++] = rank * keys.length + place;
  }
  const sorted = keys.subarray(0, found).sort();
  const chosen = Math.min(found, POOL_MAX, out.length);
  for (let at = 0; at < chosen; at++) out[at] = sorted[at]! % keys.length;
  return chosen;
}

export interface Pool {
  readonly count: number;
  /** Of any scale: what ranking thinks of the titles. */
  readonly utilities: ArrayLike<number>;
  /** Beside them; `newTitleLogBoost`. */
  readonly logBoosts: ArrayLike<number>;
}

/** Log weights of the pool, the largest 0. `temperature` near 0: the best of the pool; large: all alike. */
export function logWeights({ count, utilities, logBoosts }: Pool, temperature: number, out: Float64Array): void {
  assert(temperature > 0, "temperature above 0", () => temperature);
  let mean = 0;
  for (let place = 0; place < count; place++) mean += utilities[place]! / count;
  let variance = 0;
  for (let place = 0; place < count; place++) variance += (utilities[place]! - mean) ** 2 / count;
  const scale = variance > 0 && variance < Number.POSITIVE_INFINITY ? 1 / (Math.sqrt(variance) * temperature) : 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < count; place++) {
    const weight = (scale === 0 ? 0 : (utilities[place]! - mean) * scale) + logBoosts[place]!;
    out[place] = weight;
    if (weight > largest) largest = weight;
  }
  for (let place = 0; place < count; place++) out[place] = Math.max(-LOG_WEIGHT_RANGE_MAX, out[place]! - largest);
}

/** 32 bits of a decision's id. */
export const seedOfDecision = (decisionId: string): number =>
  createRng(0)
    .fork(decisionId)
    .int(2 ** 32);

/** The stream of one row's draw. */
export const drawRng = (seed: number, rowId: string): Rng => createRng(seed).fork(rowId);

export interface Drawn {
  /** Place in the pool. */
  readonly place: number;
  /** Given what was composed before. */
  readonly propensity: number;
  /** Before this draw: of being in any of its slots. */
  readonly inclusion: number;
}

/** Slots drawn at once: `inclusion` is in closed form for two. */
const SLOTS_MAX = 2;
const gumbelKeys = new Float64Array(POOL_MAX);
const weights = new Float64Array(POOL_MAX);

/** One slot after the other, as many as the pool has titles for. */
export function drawSlots(logWeightsOfPool: ArrayLike<number>, count: number, slotCount: number, rng: Rng): Drawn[] {
  assert(count <= POOL_MAX && slotCount <= SLOTS_MAX, "a pool and slots within their limits", () => [count, slotCount]);
  for (let place = 0; place < count; place++) {
    weights[place] = Math.exp(logWeightsOfPool[place]!);
    // Half a step of the rng off 0: its logarithm is finite.
    gumbelKeys[place] = logWeightsOfPool[place]! - Math.log(-Math.log(rng.next() + 2 ** -33));
  }
  const drawn: Drawn[] = [];
  const slots = Math.min(slotCount, count);
  let first = -1;
  for (let slot = 0; slot < slots; slot++) {
    let best = -1;
    let left = 0;
    for (let place = 0; place < count; place++) {
      if (place === first) continue;
      left += weights[place]!;
      if (best < 0 || gumbelKeys[place]! > gumbelKeys[best]!) best = place;
    }
    drawn.push({
      place: best,
      propensity: Math.min(1, weights[best]! / left),
      inclusion: inclusionOf(weights, count, slots, best),
    });
    first = best;
  }
  return drawn;
}

/** Of place j of a pool with these weights, in `slots` (1 or 2, at most `count`) drawn slots. */
export function inclusionOf(weightsOfPool: ArrayLike<number>, count: number, slots: number, j: number): number {
  if (slots >= count) return 1;
  let total = 0;
  for (let place = 0; place < count; place++) total += weightsOfPool[place]!;
  const own = weightsOfPool[j]!;
  let probability = own / total;
  if (slots > 1) {
    for (let i = 0; i < count; i++) {
      if (i !== j) probability += ((weightsOfPool[i]! / total) * own) / (total - weightsOfPool[i]!);
    }
  }
  return Math.min(1, probability);
}

/**
 * The places of a row: what stands on merit in its order, drawn titles at the reserved positions. Where the row ends
 * before a position, its drawn title stands at the end; never first, unless it is alone.
 */
export function withDrawn(merit: readonly number[], drawn: readonly number[]): number[] {
  const row = [...merit];
  drawn.forEach((title, slot) => {
    row.splice(RESERVED_POSITIONS[slot] ?? row.length, 0, title);
  });
  return row;
}
