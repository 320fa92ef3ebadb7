/**
 * Fractal expansion: a data set with `factor` times the users, items' popularity and users' activity distributed as in the
 * original. After Belletti, Chen & Chi, "Scaling Up Collaborative Filtering Data Sets through Randomized Fractal
 * Expansions", 2019: the Kronecker product of the matrix with a small one, here factor × 1, whose block b is the matrix with its
 * rows thinned and its columns shuffled among titles of like popularity, so that a copy of a user is no duplicate.
 *
 * Block 0 is the original. In block b each title of popularity rank r stands for the one of rank r ± up to `SHIFT` places, by a
 * permutation of its own, and each interaction is kept; so every block has exactly as many interactions as the original.
 */
import type { Rng } from "@thewatcher/kit/rng";

/** Titles trade places inside groups of so many of like popularity. */
const SHIFT = 16;

export interface Columns {
  readonly userCount: number;
  readonly itemCount: number;
  readonly userIndices: ArrayLike<number>;
  readonly itemIndices: ArrayLike<number>;
}

export function expandUsers({ userCount, itemCount, userIndices, itemIndices }: Columns, factor: number, rng: Rng) {
  const rows = userIndices.length;
  const counts = new Uint32Array(itemCount);
  for (let row = 0; row < rows; row++) counts[itemIndices[row]!]!++;
  const byRank = Array.from({ length: itemCount }, (_, item) => item).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const users = new Uint32Array(rows * factor);
  const items = new Uint32Array(rows * factor);
  for (let block = 0; block < factor; block++) {
    const standsFor = Uint32Array.from({ length: itemCount }, (_, item) => item);
    const mine = rng.fork(`block ${block}`);
    for (let from = 0; block > 0 && from < itemCount; from += SHIFT) {
      const group = byRank.slice(from, from + SHIFT);
      for (let i = group.length - 1; i > 0; i--) {
        const j = mine.int(i + 1);
        [group[i], group[j]] = [group[j]!, group[i]!];
      }
      group.forEach((item, place) => {
        standsFor[byRank[from + place]!] = item;
      });
    }
    for (let row = 0; row < rows; row++) {
      users[block * rows + row] = block * userCount + userIndices[row]!;
      items[block * rows + row] = standsFor[itemIndices[row]!]!;
    }
  }
  return { userCount: userCount * factor, itemCount, userIndices: users, itemIndices: items };
}
