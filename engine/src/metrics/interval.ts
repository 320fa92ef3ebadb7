/**
 * A mean over users with its 95% interval: the percentile bootstrap (Efron 1979) over users, 1,000 resamples. One set
 * of resamples serves all series over the same users, so that differences between models are paired.
 * Each resample draws user counts by index with replacement; same seed, same interval.
 */
import type { Rng } from "@thewatcher/kit/rng";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type MetricValue =
  | { readonly kind: "value"; readonly value: number; readonly interval?: Interval; readonly userCount: number }
  | { readonly kind: "undefined"; readonly reason: string };

/** At 1,000 the end points of a 95% interval wander by about a twentieth of its width. */
const RESAMPLES = 1000;
const TAIL = 0.025;

/**
 * For each series (equally long, one number a user, NaN where the user has no value) its mean and interval. In a
 * resample a mean is over the users drawn that have a value.
 */
export function meansWithIntervals(series: readonly Float64Array[], rng: Rng): MetricValue[] {
  const userCount = series[0]?.length ?? 0;
  const stats = Array.from({ length: RESAMPLES }, () => new Float64Array(series.length));
  const present = series.map((values) => values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0));
  const drawn = new Uint32Array(userCount);
  for (const stat of userCount > 0 ? stats : []) {
    for (let i = 0; i < userCount; i++) drawn[i] = rng.int(userCount);
    series.forEach((values, s) => {
      stat[s] = meanOf(values, drawn);
    });
  }
  const everyone = Uint32Array.from({ length: userCount }, (_, user) => user);
  return series.map((values, s) => {
    if (present[s] === 0) return { kind: "undefined", reason: "no users to average over" };
    // A resample that happens to draw no user with a value says nothing.
    const means = Float64Array.from(stats, (stat) => stat[s]!)
      .filter((mean) => !Number.isNaN(mean))
      .sort();
    return {
      kind: "value",
      value: meanOf(values, everyone),
      interval: { low: quantile(means, TAIL), high: quantile(means, 1 - TAIL) },
      userCount: present[s]!,
    };
  });
}

function meanOf(values: Float64Array, users: Uint32Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < users.length; i++) {
    const value = values[users[i]!]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** Linear between order statistics (Hyndman & Fan's type 7). `sorted` is not empty. */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
