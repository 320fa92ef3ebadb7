/** A clock that tests move by hand: `advance` runs what falls due, in order of time. */
import type { Schedule } from "./dwell.ts";

export interface FakeTimers {
  readonly now: () => number;
  readonly schedule: Schedule;
  readonly advance: (durationMs: number) => Promise<void>;
}

export function createFakeTimers(startMs: number): FakeTimers {
  let nowMs = startMs;
  let nextOrder = 0;
  const due = new Map<number, { atMs: number; then: () => void }>();

  /** Lets promise chains that a timer started come to rest; 20 links are more than any chain here has. */
  async function settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  return {
    now: () => nowMs,
    schedule(then, delayMs) {
      const order = nextOrder++;
      due.set(order, { atMs: nowMs + delayMs, then });
      return () => void due.delete(order);
    },
    async advance(durationMs) {
      const untilMs = nowMs + durationMs;
      await settle();
      for (;;) {
        const next = [...due].filter(([, timer]) => timer.atMs <= untilMs).sort((x, y) => x[1].atMs - y[1].atMs)[0];
        if (next === undefined) break;
        due.delete(next[0]);
        nowMs = next[1].atMs;
        next[1].then();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}
