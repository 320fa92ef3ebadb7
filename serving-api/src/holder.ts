/**
 * The watch that both holders share: reads again every `pollMs` and at each kick, one reading at a time, and keeps what
 * it has when a reading fails. A failure is logged once until it changes or passes: a poll repeats 240 times a minute.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";

export interface Refresher {
  /** Reads now. Resolves when what was current at the call is held; never rejects. */
  refresh(): Promise<void>;
  /** Refreshes every `pollMs` until the signal aborts. */
  watch(signal: AbortSignal): Promise<void>;
  /** What the last reading failed with; undefined when it succeeded. */
  problem(): string | undefined;
}

export function createRefresher(options: {
  readonly what: string;
  readonly read: () => Promise<void>;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Log;
}): Refresher {
  const { what, read, pollMs, clock, log } = options;
  let problem: string | undefined;
  let underWay: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    try {
      await read();
      if (problem !== undefined) log.info({ what }, "read again");
      problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (problem !== message) log.warn({ what, err: error }, "could not be read; what was held is kept");
      problem = message;
    }
  }

  /** A reading under way may have begun before what the caller knows of: another one follows it, shared by all who wait. */
  function refresh(): Promise<void> {
    if (!underWay) {
      underWay = readOnce().finally(() => {
        underWay = undefined;
      });
      return underWay;
    }
    next ??= underWay.then(() => {
      next = undefined;
      return refresh();
    });
    return next;
  }

  return {
    refresh,
    problem: () => problem,
    async watch(signal) {
      while (!signal.aborted) {
        await refresh();
        await clock.sleep(pollMs, signal).catch(() => {});
      }
    },
  };
}
