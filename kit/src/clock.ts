/**
 * Time as a parameter. The one place (with `rng.ts`) where the product touches the real clock, so that a test can
 * move years in a loop. Instants are integer milliseconds since the Unix epoch; durations carry `Ms` in their names.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for measuring durations; its zero means nothing. */
  monotonicMs(): number;
  /** Resolves after `durationMs`, or rejects with the signal's reason when it is aborted first. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(durationMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, durationMs);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

/** A clock that stands still until `advance` is called; sleepers wake in the order of their deadlines. */
export interface SimulatedClock extends Clock {
  advance(durationMs: number): Promise<void>;
}

export function createSimulatedClock(startAt: number): SimulatedClock {
  let now = startAt;
  let sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    monotonicMs: () => now,
    sleep(durationMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        const sleeper = { at: now + durationMs, wake };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    },
    async advance(durationMs) {
      const until = now + durationMs;
      for (;;) {
        const next = sleepers.filter((s) => s.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = Math.max(now, next.at);
        sleepers = sleepers.filter((s) => s !== next);
        next.wake();
        await Promise.resolve();
      }
      now = until;
    },
  };
}
