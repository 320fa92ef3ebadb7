/**
 * A mean over users with its 95% interval: the percentile bootstrap (Efron 1979) over users, 1,000 resamples. One set
 * of resamples serves all series over the same users, so that differences between models are paired. Each resample draws
 * as many users as there are, by index with replacement; same seed, same interval.
 *
 * What is not a mean over users (coverage, Gini) is computed anew on each resample. A resample holds fewer distinct users
 * (63%), which shifts such a figure, so its percentiles are moved by that shift: figure + (percentile - mean of the
 * resamples).
 */
import type { Rng } from "@thewatcher/kit/rng";
import { breathe, type Control } from "../model.ts";

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
/** Numbers added up between two steps: some 30 ms. */
const STEP_ADDITIONS = 2 ** 25;

/** Figures over a set of users as a whole; NaN where one has nothing to say. `users` may hold a user more than once. */
export interface WholeFigures {
  readonly count: number;
  of(users: Uint32Array): ArrayLike<number>;
  /** How many numbers `of` looks at, for its share of the steps. */
  readonly cost: number;
}

const NO_FIGURES: WholeFigures = { count: 0, of: () => [], cost: 0 };

/**
 * For each series (equally long, one number a user, NaN where the user has no value) its mean and interval, then each
 * whole figure with its interval. In a resample a mean is over the users drawn that have a value.
 */
export async function meansWithIntervals(
  series: readonly Float64Array[],
  rng: Rng,
  options: { readonly userCount?: number; readonly wholes?: WholeFigures; readonly control?: Control } = {},
): Promise<MetricValue[]> {
  const { wholes = NO_FIGURES, control } = options;
  const userCount = series[0]?.length ?? options.userCount ?? 0;
  const seriesCount = series.length;
  const noUsers: MetricValue = { kind: "undefined", reason: "no users to average over" };
  if (userCount === 0) return Array.from({ length: seriesCount + wholes.count }, () => noUsers);

  // A user's numbers lie side by side (a draw touches one place of the memory), absent ones as 0 beside their presence.
  const present = series.map((values) => values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0));
  const partial = series.flatMap((_, s) => (present[s]! < userCount ? [s] : []));
  const width = seriesCount + partial.length;
  const table = new Float64Array(userCount * width);
  for (let user = 0; user < userCount; user++) {
    for (let s = 0; s < seriesCount; s++) {
      const value = series[s]![user]!;
      table[user * width + s] = Number.isNaN(value) ? 0 : value;
    }
    partial.forEach((s, p) => {
      table[user * width + seriesCount + p] = Number.isNaN(series[s]![user]!) ? 0 : 1;
    });
  }
  const everyone = Uint32Array.from({ length: userCount }, (_, user) => user);
  const figuresOf = (users: Uint32Array): Float64Array => {
    const sums = new Float64Array(width);
    for (let i = 0; i < users.length; i++) {
      const row = users[i]! * width;
      for (let s = 0; s < width; s++) sums[s]! += table[row + s]!;
    }
    const figures = new Float64Array(seriesCount + wholes.count).fill(users.length, 0, seriesCount);
    partial.forEach((s, p) => {
      figures[s] = sums[seriesCount + p]!;
    });
    // 0 / 0 is NaN: a resample that happens to draw no user with a value says nothing.
    for (let s = 0; s < seriesCount; s++) figures[s] = sums[s]! / figures[s]!;
    figures.set(Float64Array.from(wholes.of(users)), seriesCount);
    return figures;
  };

  const resampled: Float64Array[] = [];
  const drawn = new Uint32Array(userCount);
  const perStep = Math.max(1, Math.floor(STEP_ADDITIONS / (userCount * (width + 4) + wholes.cost)));
  for (let r = 0; r < RESAMPLES; r++) {
    if (r % perStep === 0) await breathe(control, "intervals", r / RESAMPLES);
    for (let i = 0; i < userCount; i++) drawn[i] = rng.int(userCount);
    resampled.push(figuresOf(drawn));
  }
  return Array.from(figuresOf(everyone), (value, f) => {
    if (Number.isNaN(value)) return f < seriesCount ? noUsers : { kind: "undefined", reason: "no list to look at" };
    const spread = Float64Array.from(resampled, (figures) => figures[f]!)
      .filter((figure) => !Number.isNaN(figure))
      .sort();
    const shift = f < seriesCount ? 0 : value - spread.reduce((sum, figure) => sum + figure, 0) / spread.length;
    return {
      kind: "value",
      value,
      interval: { low: quantile(spread, TAIL) + shift, high: quantile(spread, 1 - TAIL) + shift },
      userCount: f < seriesCount ? present[f]! : userCount,
    };
  });
}

/** Linear between order statistics (Hyndman & Fan's type 7). `sorted` is not empty. */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
