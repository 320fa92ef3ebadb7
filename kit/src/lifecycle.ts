/**
 * Lifetimes: what was opened is closed in the reverse order, once, even when one of the closings fails.
 */
import type { Log } from "./log.ts";

export interface Lifecycle extends AsyncDisposable {
  /** Remembers how to close what was just opened; answers the thing itself. */
  own<Thing>(name: string, thing: Thing, close: (thing: Thing) => Promise<unknown> | unknown): Thing;
  /** Closes everything, last opened first. A second call waits for the first. */
  close(): Promise<void>;
}

export function createLifecycle(log: Log): Lifecycle {
  const owned: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (let next = owned.pop(); next; next = owned.pop()) {
      try {
        await next.close();
      } catch (err) {
        log.error({ err, part: next.name }, "closing failed");
      }
    }
  };
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  return {
    own(name, thing, closeThing) {
      owned.push({ name, close: () => closeThing(thing) });
      return thing;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
