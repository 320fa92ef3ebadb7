/** A watch that ends with the process. */
import type { Lifecycle } from "@thewatcher/kit/lifecycle";

export function watch(what: string, holder: { watch(signal: AbortSignal): Promise<void> }, lifecycle: Lifecycle): void {
  const ending = new AbortController();
  lifecycle.own(`watch of the ${what}`, holder.watch(ending.signal), async (watching) => {
    ending.abort();
    await watching;
  });
}
