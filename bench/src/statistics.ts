/** The few statistics that a benchmark quotes. Machines are shared and noisy: the median of the runs is the figure. */
import { assert } from "@thewatcher/kit/assert";

/** The middle value; of an even count, the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  assert(values.length > 0, "a median is of at least one value");
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Nearest rank: the smallest value that at least `fraction` of all are not above. */
export function quantile(values: ArrayLike<number>, fraction: number): number {
  assert(values.length > 0 && fraction > 0 && fraction <= 1, "a quantile of at least one value", () => fraction);
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(fraction * sorted.length) - 1]!;
}
