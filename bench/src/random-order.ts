/** The same things in a random order (Fisher–Yates), the same for the same generator. */
import type { Rng } from "@thewatcher/kit/rng";

export function inRandomOrder<Thing>(things: readonly Thing[], rng: Rng): Thing[] {
  const order = [...things];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = rng.int(last + 1);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}
