/**
 * Population stability index of a feature between a reference and now, over bins by the reference's deciles:
 *
 *   PSI = Σ_b (c_b − r_b) · ln(c_b / r_b)
 *
 * r_b, c_b: shares of the reference and of now in bin b, each with half a member added to every bin, so that an empty bin
 * is unlikely and not impossible: share = (n_b + ½) / (n + B/2). Bins are (−∞, e₁], (e₁, e₂] … (e_k, ∞), e the distinct
 * deciles; of a feature with few values that is fewer than ten. 0: the same; above 0.25 it is usually called a shift.
 */

const DECILES = 10;

/** Ascending and distinct. */
export function decileEdges(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values).sort();
  const edges = new Set<number>();
  for (let decile = 1; decile < DECILES && sorted.length > 0; decile++)
    edges.add(sorted[Math.ceil((decile * sorted.length) / DECILES) - 1]!);
  return [...edges];
}

function sharesOf(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = edges.findIndex((edge) => values[i]! <= edge);
    const place = bin < 0 ? edges.length : bin;
    counts[place] = counts[place]! + 1;
  }
  return counts.map((count) => (count + 0.5) / (values.length + counts.length / 2));
}

/** undefined: one of the two is empty. */
export function populationStabilityIndex(reference: ArrayLike<number>, current: ArrayLike<number>): number | undefined {
  if (reference.length === 0 || current.length === 0) return undefined;
  const edges = decileEdges(reference);
  const before = sharesOf(reference, edges);
  const now = sharesOf(current, edges);
  return now.reduce((sum, share, bin) => sum + (share - before[bin]!) * Math.log(share / before[bin]!), 0);
}
