/**
 * Groups of profiles of a like taste: spherical k-means (Dhillon & Modha 2001) on vectors of length 1, so that the nearest
 * centroid is the one with the largest product. Starts from k-means++ (Arthur & Vassilvitskii 2007), with 1 − cosine as
 * the distance. Seeded, one thread: the same vectors give the same groups. Cost: rounds · n · k · d multiply-adds, on a
 * sample of at most `SAMPLE_MAX` profiles; all others only join.
 */
import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";
import { toUnit } from "./item-vectors.ts";

/** More profiles move sixteen centroids by less than chance does. */
const SAMPLE_MAX = 20_000;
/** Whatever still moves then moves between neighbours: on MovieLens 1M each round takes 10 ms. */
const ROUNDS_MAX = 20;

export interface TasteSegments {
  readonly count: number;
  /** [count × dimension], rows of length 1. */
  readonly centroids: Float32Array;
  /** Per profile; −1 for a vector of zeros. */
  readonly segmentOf: Int32Array;
}

export function tasteSegments(
  vectors: Float32Array,
  { dimension, count, rng }: { readonly dimension: number; readonly count: number; readonly rng: Rng },
): TasteSegments {
  assert(count >= 1 && vectors.length % dimension === 0, "whole vectors and a segment at least", () => ({ count }));
  const known: number[] = [];
  const profileCount = vectors.length / dimension;
  for (let profile = 0; profile < profileCount; profile++) {
    const row = vectors.subarray(profile * dimension, (profile + 1) * dimension);
    if (row.some((value) => value !== 0)) known.push(profile);
  }
  const sample = sampleOf(known, rng);
  const centroids = firstCentroids(vectors, sample, { dimension, count, rng });
  const k = centroids.length / dimension;
  const segmentOf = new Int32Array(profileCount).fill(-1);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let moved = 0;
    const sums = new Float64Array(centroids.length);
    for (const profile of sample) {
      const segment = nearestSegment(centroids, vectors, profile * dimension, dimension);
      if (segment !== segmentOf[profile]) moved++;
      segmentOf[profile] = segment;
      for (let at = 0; at < dimension; at++) sums[segment * dimension + at]! += vectors[profile * dimension + at]!;
    }
    if (moved === 0) break;
    for (let segment = 0; segment < k; segment++) {
      const sum = Float32Array.from(sums.subarray(segment * dimension, (segment + 1) * dimension));
      // One that nobody is nearest to any more stays where it was.
      if (sum.every((value) => value === 0)) continue;
      toUnit(sum);
      centroids.set(sum, segment * dimension);
    }
  }
  for (const profile of known) segmentOf[profile] = nearestSegment(centroids, vectors, profile * dimension, dimension);
  return { count: k, centroids, segmentOf };
}

/** The segment of the vector at `from`; the first of equals. */
export function nearestSegment(
  centroids: Float32Array,
  vectors: Float32Array,
  from: number,
  dimension: number,
): number {
  let best = 0;
  let bestProduct = Number.NEGATIVE_INFINITY;
  for (let segment = 0, at = 0; at < centroids.length; segment++) {
    let product = 0;
    for (let k = 0; k < dimension; k++) product += centroids[at++]! * vectors[from + k]!;
    if (product > bestProduct) {
      bestProduct = product;
      best = segment;
    }
  }
  return best;
}

/** In ascending order. */
function sampleOf(known: readonly number[], rng: Rng): readonly number[] {
  if (known.length <= SAMPLE_MAX) return known;
  const order = known.slice();
  for (let at = 0; at < SAMPLE_MAX; at++) {
    const other = at + rng.int(order.length - at);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order.slice(0, SAMPLE_MAX).sort((a, b) => a - b);
}

/** k-means++; fewer than asked where there are not so many different vectors. */
function firstCentroids(
  vectors: Float32Array,
  sample: readonly number[],
  { dimension, count, rng }: { readonly dimension: number; readonly count: number; readonly rng: Rng },
): Float32Array {
  const centroids = new Float32Array(count * dimension);
  const distances = new Float64Array(sample.length).fill(1);
  let chosen = 0;
  while (chosen < count) {
    const total = distances.reduce((sum, distance) => sum + distance, 0);
    // What f32 leaves of the distance of a vector to itself.
    if (!(total > 1e-6 * sample.length)) break;
    let mass = rng.next() * total;
    let place = 0;
    while (place < sample.length - 1 && mass >= distances[place]!) mass -= distances[place++]!;
    const from = sample[place]! * dimension;
    centroids.set(vectors.subarray(from, from + dimension), chosen * dimension);
    for (const [at, profile] of sample.entries()) {
      let product = 0;
      for (let k = 0; k < dimension; k++) product += vectors[from + k]! * vectors[profile * dimension + k]!;
      distances[at] = Math.min(distances[at]!, Math.max(0, 1 - product));
    }
    chosen++;
  }
  return centroids.slice(0, chosen * dimension);
}
