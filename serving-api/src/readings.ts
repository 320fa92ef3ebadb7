/**
 * Reading from a store that may be slow or away: an answer in time, or why there is none.
 *
 * Requests that begin within the same few milliseconds share one timer (a timer and an abort signal of its own cost a
 * request more than composing a list), and nothing of an answered request waits for that timer: raced against one
 * promise, each answer's readings would live on for the whole deadline, which the garbage collector pays for.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { GuardRefusal } from "@thewatcher/kit/guard";
import type { Log } from "@thewatcher/kit/log";
import type { FailedReading, Reading } from "./request.ts";

/** Of the 250 ms that a page may take. An embedded store answers in microseconds, a remote one in a few milliseconds. */
export const READ_DEADLINE_MS = 100;
/** Of what whoever asked has left: to compose (2 ms), to write, to be heard on a busy machine. */
export const ANSWER_MS = 20;
/** A deadline may come this much early. */
const SHARED_MS = 5;

type Readers<Values extends readonly unknown[]> = { readonly [Key in keyof Values]: () => Promise<Values[Key]> };
type Readings<Values extends readonly unknown[]> = { readonly [Key in keyof Values]: Reading<Values[Key]> };

/**
 * Runs all readers at once. One that fails or comes late is a value: the slate is composed without it. `endsMs`: until when
 * (`clock.monotonicMs`) whoever asked waits for the answer, where they say so.
 */
export type ReadAll = <Values extends readonly unknown[]>(
  readers: Readers<Values>,
  endsMs?: number,
) => Promise<Readings<Values>>;

export function createReadAll(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly deadlineMs: number;
}): ReadAll {
  const { clock, log, deadlineMs } = deps;
  let sharedUntil = Number.NEGATIVE_INFINITY;
  let waiting = new Set<() => void>();

  /** The requests that the next timer will cut; a request takes itself out when it has what it asked for. */
  function currentWaiting(): Set<() => void> {
    const now = clock.monotonicMs();
    if (now < sharedUntil) return waiting;
    sharedUntil = now + Math.min(SHARED_MS, deadlineMs / 2);
    waiting = cutAfter(deadlineMs);
    return waiting;
  }

  function allowedUntil(endsMs: number | undefined): number {
    if (endsMs === undefined) return deadlineMs;
    return Math.max(0, Math.min(deadlineMs, Math.floor(endsMs - clock.monotonicMs()) - ANSWER_MS));
  }

  function cutAfter(durationMs: number): Set<() => void> {
    const cutTogether = new Set<() => void>();
    void clock.sleep(durationMs).then(() => {
      for (const cut of cutTogether) cut();
    });
    return cutTogether;
  }

  async function attempt<Value>(read: () => Promise<Value>): Promise<Reading<Value>> {
    try {
      return { kind: "read", value: await read() };
    } catch (error) {
      // A guard says once that it does not ask, not at each page.
      if (!(error instanceof GuardRefusal)) log.warn({ err: error }, "a reading failed; the answer goes without it");
      return { kind: "failed", cause: "unavailable", detail: "The store did not answer." };
    }
  }

  return function readAll<Values extends readonly unknown[]>(readers: Readers<Values>, endsMs?: number) {
    const allowedMs = allowedUntil(endsMs);
    const late: FailedReading = { kind: "failed", cause: "timed_out", detail: `No answer within ${allowedMs} ms.` };
    const readings: Reading<unknown>[] = readers.map(() => late);
    return new Promise<Readings<Values>>((resolve) => {
      // Our own callers have seconds: a timer of its own is for the last of them.
      const together = allowedMs < deadlineMs ? cutAfter(allowedMs) : currentWaiting();
      // A copy: what comes after the cut must not change an answer that is being composed.
      const finish = () => resolve([...readings] as unknown as Readings<Values>);
      together.add(finish);
      let missing = readers.length;
      readers.forEach((read, place) => {
        void attempt(read).then((reading) => {
          readings[place] = reading;
          missing--;
          if (missing === 0 && together.delete(finish)) finish();
        });
      });
    });
  };
}
