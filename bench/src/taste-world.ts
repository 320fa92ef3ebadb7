/**
 * A large made-up catalogue with known structure, the same for the same seed: titles belong to clusters of taste and have a
 * popularity by Zipf's law; viewers have a few clusters each, to different degrees, and some of what they watch is just
 * popular.
 *
 *   popularity of the title of rank r (ranks are dealt at random)  (r + 10)^-0.8
 *   a viewer's taste   1 to 5 clusters, weights from an exponential distribution
 *   number of titles   log-normal around its mean (σ = 0.7), at least 5
 *   each title         with probability 0.2 by popularity alone, otherwise from a cluster of the viewer, by popularity in it
 *
 * A cluster's neighbour (the next one by number) shares a third of its titles, so that tastes overlap.
 */
import type { Rng } from "@thewatcher/kit/rng";

const ZIPF_OFFSET = 10;
const ZIPF_EXPONENT = 0.8;
const TASTES_MAX = 5;
const LENGTH_SIGMA = 0.7;
const LENGTH_MIN = 5;
const POPULAR_SHARE = 0.2;
const SHARED_SHARE = 1 / 3;
/** Draws for one title before the viewer goes without: someone who has watched most of their clusters. */
const DRAWS_MAX = 20;

export interface TasteWorld {
  readonly userCount: number;
  readonly itemCount: number;
  /** Viewer by viewer. */
  readonly userIndices: Uint32Array;
  readonly itemIndices: Uint32Array;
}

export interface TasteWorldSize {
  readonly userCount: number;
  readonly itemCount: number;
  readonly clusterCount: number;
  readonly meanTitles: number;
}

/** Titles with running sums of their weights: a draw is a binary search. */
interface Urn {
  readonly items: Uint32Array;
  readonly sums: Float64Array;
}

function urnOf(items: readonly number[], weightOf: (item: number) => number): Urn {
  let sum = 0;
  const sums = Float64Array.from(items, (item) => {
    sum += weightOf(item);
    return sum;
  });
  return { items: Uint32Array.from(items), sums };
}

function draw({ items, sums }: Urn, rng: Rng): number {
  const at = rng.next() * (sums[sums.length - 1] ?? 0);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return items[low]!;
}

export function createTasteWorld(
  { userCount, itemCount, clusterCount, meanTitles }: TasteWorldSize,
  rng: Rng,
): TasteWorld {
  const ranks = Uint32Array.from({ length: itemCount }, (_, item) => item);
  const dealing = rng.fork("ranks");
  for (let i = itemCount - 1; i > 0; i--) {
    const j = dealing.int(i + 1);
    [ranks[i], ranks[j]] = [ranks[j]!, ranks[i]!];
  }
  const weightOf = (item: number) => (ranks[item]! + ZIPF_OFFSET) ** -ZIPF_EXPONENT;
  const members: number[][] = Array.from({ length: clusterCount }, () => []);
  const belonging = rng.fork("clusters");
  for (let item = 0; item < itemCount; item++) {
    const cluster = belonging.int(clusterCount);
    members[cluster]!.push(item);
    if (belonging.next() < SHARED_SHARE) members[(cluster + 1) % clusterCount]!.push(item);
  }
  const clusters = members.map((items) => urnOf(items, weightOf));
  const everything = urnOf([...ranks.keys()], weightOf);

  const viewing = rng.fork("viewers");
  const users: number[] = [];
  const items: number[] = [];
  for (let user = 0; user < userCount; user++) {
    const tastes = Array.from({ length: 1 + viewing.int(TASTES_MAX) }, () => viewing.int(clusterCount));
    const degrees = tastes.map(() => -Math.log(1 - viewing.next()));
    const taste = { items: Uint32Array.from(tastes), sums: Float64Array.from(degrees) };
    for (let t = 1; t < tastes.length; t++) taste.sums[t]! += taste.sums[t - 1]!;
    const length = Math.max(
      LENGTH_MIN,
      Math.round(meanTitles * Math.exp(LENGTH_SIGMA * viewing.normal() - LENGTH_SIGMA ** 2 / 2)),
    );
    const seen = new Set<number>();
    for (let title = 0; title < length; title++) {
      for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
        const urn = viewing.next() < POPULAR_SHARE ? everything : clusters[draw(taste, viewing)]!;
        if (urn.items.length === 0) continue;
        const item = draw(urn, viewing);
        if (seen.has(item)) continue;
        seen.add(item);
        users.push(user);
        items.push(item);
        break;
      }
    }
  }
  return { userCount, itemCount, userIndices: Uint32Array.from(users), itemIndices: Uint32Array.from(items) };
}
