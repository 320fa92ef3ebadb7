/** The Gram matrix in which two titles count by how near they stand to each other in a history. */

// @ts-expect-error: decorator
@inline
function element(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

/**
 * Rows [from, to) of the lower triangle of Σ_u Σ_pq near[|p - q|] · x_p x_q over the entries p, q of user u: `gramRows`
 * with the positions of the entries (u32, beside the weights) and a table of f32 that is as long as the longest row.
 */
export function gramRowsNear(
  g: usize,
  ldg: i32,
  from: i32,
  to: i32,
  itemOffsets: usize,
  users: usize,
  itemWeights: usize,
  itemPositions: usize,
  userOffsets: usize,
  items: usize,
  userWeights: usize,
  userPositions: usize,
  near: usize,
  work: usize,
): i32 {
  for (let i = from; i < to; i++) {
    const row = element(g, i * ldg);
    memory.fill(row, 0, (<usize>(i + 1)) << 2);
    const last = load<u32>(element(itemOffsets, i), 4);
    for (let e = load<u32>(element(itemOffsets, i)); e < last; e++) {
      const user = load<i32>(element(users, e));
      const weight = load<f32>(element(itemWeights, e));
      const position = load<i32>(element(itemPositions, e));
      const end = load<u32>(element(userOffsets, user), 4);
      for (let p = load<u32>(element(userOffsets, user)); p < end; p++) {
        const item = load<i32>(element(items, p));
        if (item > i) break;
        const distance = position - load<i32>(element(userPositions, p));
        const factor = load<f32>(element(near, distance < 0 ? -distance : distance));
        const target = element(row, item);
        store<f32>(target, load<f32>(target) + weight * factor * load<f32>(element(userWeights, p)));
      }
    }
  }
  return 0;
}
