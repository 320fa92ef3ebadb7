/**
 * Looks that are repeated as long as a process lives: each after its own pause, one at a time (they share a warehouse), in a
 * bounded time. One that failed or took too long is told, and comes again at its next turn; one that hangs is not begun
 * again beside itself.
 *
 * Pauses vary by a fifth, so that processes that were started together do not look together.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Rng } from "@thewatcher/kit/rng";

export interface Look {
  readonly name: string;
  readonly everyMs: number;
  readonly withinMs: number;
  look(): Promise<void>;
}

export interface LookListener {
  looked(name: string, durationMs: number): void;
  failed(name: string, error: unknown): void;
}

/** Of the pause, to both sides. */
const JITTER = 0.2;

/** Until the signal; what is under way then is not waited for. The first round begins after `firstAfterMs`. */
export async function lookRegularly(
  looks: readonly Look[],
  deps: { readonly clock: Clock; readonly rng: Rng; readonly firstAfterMs: number; readonly signal: AbortSignal },
  listener: LookListener,
): Promise<void> {
  const { clock, rng, signal } = deps;
  const pauseOf = (ms: number): number => Math.round(ms * (1 - JITTER + 2 * JITTER * rng.next()));
  const turns = looks.map((look) => ({ look, dueAt: clock.monotonicMs() + pauseOf(deps.firstAfterMs), hangs: false }));
  while (!signal.aborted && turns.length > 0) {
    const turn = turns.reduce((first, other) => (other.dueAt < first.dueAt ? other : first));
    await clock.sleep(Math.max(0, turn.dueAt - clock.monotonicMs()), signal).catch(() => {});
    if (signal.aborted) return;
    const { look } = turn;
    const startedAt = clock.monotonicMs();
    turn.dueAt = startedAt + pauseOf(look.everyMs);
    if (turn.hangs) {
      listener.failed(look.name, new Error("the look before has not ended yet"));
      continue;
    }
    turn.hangs = true;
    const looking = look.look().finally(() => {
      turn.hangs = false;
    });
    try {
      await within(clock, looking, look.withinMs, signal);
      listener.looked(look.name, clock.monotonicMs() - startedAt);
    } catch (error) {
      if (signal.aborted) return;
      listener.failed(look.name, error);
    }
  }
}

async function within(clock: Clock, work: Promise<void>, durationMs: number, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(durationMs, AbortSignal.any([done.signal, signal])).then(() => {
    throw new Error(`no answer within ${durationMs} ms`);
  });
  late.catch(() => {});
  work.catch(() => {});
  try {
    await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}
