/**
 * A guard before a dependency: so many calls at once and no more (a bulkhead), and none for a while where most of them fail
 * (a circuit breaker; Nygard, Release It!, 2007). What is refused here costs its caller microseconds instead of a deadline,
 * and the dependency nothing while it gets up.
 *
 * Closed: everything passes. Open, when at least half of the last WINDOW calls failed or came late: nothing passes for a
 * second; then one call tries, and what becomes of it closes the guard or opens it for twice as long, up to 30 s.
 *
 * A call that has not come back by its deadline counts as failed and gives its place back, so that a dependency that hangs
 * does not fill the bulkhead for good. The healthy path is two counters and a place in a ring, no timer and no promise.
 */
import type { Clock } from "./clock.ts";

export interface Guard {
  /** Rejects with GuardRefusal where it does not call. */
  run<Value>(call: () => Promise<Value>): Promise<Value>;
  state(): "closed" | "open" | "trying";
  inFlight(): number;
}

/** A dependency was not asked. */
export class GuardRefusal extends Error {
  override readonly name = "GuardRefusal";
  readonly reason: "open" | "full";
  constructor(dependency: string, reason: "open" | "full") {
    super(
      reason === "open" ? `${dependency}: not asked, it failed a moment ago` : `${dependency}: too many calls at once`,
    );
    this.reason = reason;
  }
}

export const WINDOW = 20;
const FAILURES_MAX = WINDOW / 2;
export const OPEN_MS_MIN = 1_000;
export const OPEN_MS_MAX = 30_000;

interface Call {
  readonly startedMs: number;
  isGivenUp: boolean;
}

export function createGuard(options: {
  /** For messages. */
  readonly name: string;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly concurrentMax: number;
  /** Later is failed: nobody waits for it any more. */
  readonly deadlineMs: number;
  /** Told of each change. */
  readonly onChange?: (state: "closed" | "open", openMs: number) => void;
}): Guard {
  const { name, clock, concurrentMax, deadlineMs, onChange } = options;
  /** The last outcomes, 1 failed; how many of them, and where the next one goes. */
  const failed = new Uint8Array(WINDOW);
  let failures = 0;
  let seen = 0;
  let next = 0;
  /** In the order in which they began: a Set keeps it. */
  const calls = new Set<Call>();
  let openUntilMs: number | undefined;
  let openMs = OPEN_MS_MIN;
  let isTrying = false;
  /** The last one that tried. */
  let trial: Call | undefined;

  function record(isFailed: boolean): void {
    failures += (isFailed ? 1 : 0) - failed[next]!;
    failed[next] = isFailed ? 1 : 0;
    next = (next + 1) % WINDOW;
    seen = Math.min(WINDOW, seen + 1);
  }

  function forget(): void {
    failed.fill(0);
    failures = 0;
    seen = 0;
    next = 0;
  }

  function open(): void {
    openUntilMs = clock.monotonicMs() + openMs;
    onChange?.("open", openMs);
    openMs = Math.min(OPEN_MS_MAX, 2 * openMs);
    forget();
  }

  function settle(call: Call, isFailed: boolean, wasTrying: boolean): void {
    if (call.isGivenUp) return;
    call.isGivenUp = true;
    calls.delete(call);
    if (wasTrying) {
      isTrying = false;
      if (isFailed) open();
      else {
        openUntilMs = undefined;
        openMs = OPEN_MS_MIN;
        onChange?.("closed", 0);
      }
    } else if (openUntilMs === undefined) {
      // What began before it opened says nothing new.
      record(isFailed);
      if (seen === WINDOW && failures >= FAILURES_MAX) open();
    }
  }

  /** Those that nobody waits for any more. */
  function giveUpLate(nowMs: number): void {
    for (const call of calls) {
      if (nowMs - call.startedMs < deadlineMs) return;
      settle(call, true, call === trial);
    }
  }

  return {
    async run(callIt) {
      const nowMs = clock.monotonicMs();
      giveUpLate(nowMs);
      const wasTrying = openUntilMs !== undefined;
      if (openUntilMs !== undefined) {
        if (isTrying || nowMs < openUntilMs) throw new GuardRefusal(name, "open");
        isTrying = true;
      } else if (calls.size >= concurrentMax) {
        throw new GuardRefusal(name, "full");
      }
      const call: Call = { startedMs: nowMs, isGivenUp: false };
      if (wasTrying) trial = call;
      calls.add(call);
      try {
        const value = await callIt();
        settle(call, clock.monotonicMs() - nowMs >= deadlineMs, wasTrying);
        return value;
      } catch (error) {
        settle(call, true, wasTrying);
        throw error;
      }
    },
    state: () => (openUntilMs === undefined ? "closed" : isTrying ? "trying" : "open"),
    inFlight: () => calls.size,
  };
}
