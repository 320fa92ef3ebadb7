/** Explanations of models whose score is a sum over the history: the largest positive terms, and what the rest gives. */
import type { Explanation } from "../model.ts";

/** `contributionOf(position)` is what the history's item at that position adds to `score`. */
export function explainSum(
  score: number,
  items: ArrayLike<number>,
  contributionOf: (position: number) => number,
  count: number,
): Explanation {
  const contributions = Array.from(items, (itemIndex, position) => ({
    itemIndex,
    contribution: contributionOf(position),
  }))
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution || a.itemIndex - b.itemIndex)
    .slice(0, count);
  return { score, contributions, rest: score - contributions.reduce((sum, { contribution }) => sum + contribution, 0) };
}
