/**
 * Refusing some requests so that the others are answered: which kinds, and how many of them, while a process has more to do
 * than it can.
 *
 * The kinds are in an order, and the decision is one number, the level. Kind `i` is refused with the probability
 * `level - i`, within 0 and 1: at 2.4 the first two are refused whole and four of ten of the third. So no request of a kind
 * is refused while one of an earlier kind would be let in, and a level that settles between two whole numbers lets in as
 * much as the process can do, instead of everything and nothing in turns.
 *
 * Load is the longer of two waits, as a share of the longest one that is bearable: how late the event loop comes to a timer
 * (what waits before anybody looks at it), and the work that is let in already (requests under way × what one has cost of
 * the loop's time lately: what is begun waits for a signature or a store, and comes back all at once). The level rises by one kind a
 * second while load is over 1 and not getting lower, falls by one in four seconds while it is under 1/2, and else stays:
 * under a steady load it moves in one direction or not at all. One long turn of the loop (a collection of garbage, a laptop
 * that slept) is no load: only the third look in a row counts, as CoDel tells a standing queue from a burst by its minimum
 * over an interval (Nichols, Jacobson: Controlling Queue Delay, ACM Queue, 2012).
 *
 * A turn of the loop answers all that came during the one before. At twice of what can be done each would be twice as long,
 * faster than any look: so when the wait is two bounds long at this moment, what comes now is refused in the same order, one
 * more kind for each bound.
 *
 * Where nothing is refused, a request costs two additions, a look at the clock and two comparisons.
 */
import type { Clock } from "./clock.ts";
import type { Rng } from "./rng.ts";

export interface Shedding {
  /** 0: everything is let in; the number of kinds: nothing that has a kind is. */
  readonly level: number;
  /** Looks in a row with a load over 1. */
  readonly highLooks: number;
  /** What was seen last. */
  readonly load: number;
}

export const NO_SHEDDING: Shedding = { level: 0, highLooks: 0, load: 0 };

const HIGH_LOOKS_MIN = 3;
const CALM_LOAD = 0.5;
/** Lower than this part of the look before: what waited is being worked off, and refusing more would be too much. */
const FALLING = 0.95;
/** Slower than the loop answers to a change of the level, else the level runs past what is needed. */
const RISE_PER_SECOND = 1;
/** What was refused comes back in this time, all at once if the level fell as quickly as it rose. */
const FALL_PER_SECOND = 0.25;
/** What a process that stood still for a minute did not see, it can't decide upon. */
const LOOK_MS_MAX = 1_000;

export function nextShedding(before: Shedding, load: number, sinceMs: number, kinds: number): Shedding {
  const seconds = Math.min(sinceMs, LOOK_MS_MAX) / 1_000;
  const { level } = before;
  if (load > 1) {
    const highLooks = Math.min(HIGH_LOOKS_MIN, before.highLooks + 1);
    const isRising = highLooks === HIGH_LOOKS_MIN && load >= FALLING * before.load;
    return { level: isRising ? Math.min(kinds, level + RISE_PER_SECOND * seconds) : level, highLooks, load };
  }
  const isCalm = load < CALM_LOAD;
  return { level: isCalm ? Math.max(0, level - FALL_PER_SECOND * seconds) : level, highLooks: 0, load };
}

/** Between two looks, by what one would wait at this moment. */
export const levelBetweenLooks = (waitMs: number, kinds: number): number =>
  Math.max(0, Math.min(kinds, waitMs / WAIT_MS_MAX - 2));

/** `luck` is uniform in [0, 1). */
export const isShed = (level: number, place: number, luck: number): boolean => luck < level - place;

/** A page may take 250 ms; later than that nobody would wait for what is asked now. */
export const WAIT_MS_MAX = 250;
/** What a process does beside requests (folding events, a training) makes few of them look dear; so many are let in anyway. */
const ALWAYS_IN_FLIGHT = 16;
/** What a request costs is the mean over about this time. */
const COST_OVER_MS = 2_000;
/** How often it is looked: often enough that three looks are nothing beside a second, and 40 timers a second cost nothing. */
export const LOOK_EVERY_MS = 25;

export interface Shedder<Kind extends string> {
  /** A request is let in that will cost time of the loop; each is followed by `ended`. */
  began(): void;
  ended(): void;
  /** Whether one of this kind is refused now. */
  refuses(kind: Kind): boolean;
  /** Whether anything is refused now: where nothing is, nobody needs to know the kind. */
  isRefusing(): boolean;
  /** Looks at the load until the signal comes. */
  follow(signal: AbortSignal): Promise<void>;
}

export function createShedder<Kind extends string>(deps: {
  /** First refused first. */
  readonly kinds: readonly Kind[];
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  readonly rng: Rng;
  /** For how long the loop has worked since it began. */
  readonly busyMs?: () => number;
  readonly onLevel?: (level: number) => void;
}): Shedder<Kind> {
  const { kinds, clock, rng, onLevel, busyMs = () => performance.eventLoopUtilization().active } = deps;
  const places = new Map(kinds.map((kind, place) => [kind, place]));
  let shedding = NO_SHEDDING;
  let inFlight = 0;
  /** Infinite until somebody looks. */
  let nextLookMs = Number.POSITIVE_INFINITY;
  /** Of the last two seconds, what is older counting less. */
  const lately = { busyMs: 0, ended: 0 };
  let ended = 0;
  let costMs = 0;
  const waitMs = (): number =>
    Math.max(clock.monotonicMs() - nextLookMs, Math.max(0, inFlight - ALWAYS_IN_FLIGHT) * costMs);
  const levelNow = (): number => Math.max(shedding.level, levelBetweenLooks(waitMs(), kinds.length));

  function learnCost(sinceMs: number, workedMs: number): void {
    const kept = Math.exp(-sinceMs / COST_OVER_MS);
    lately.busyMs = kept * lately.busyMs + workedMs;
    lately.ended = kept * lately.ended + ended;
    ended = 0;
    if (lately.ended >= 1) costMs = lately.busyMs / lately.ended;
  }
  return {
    began: () => void inFlight++,
    ended() {
      inFlight--;
      ended++;
    },
    isRefusing: () => levelNow() > 0,
    refuses(kind) {
      const place = places.get(kind);
      return place !== undefined && isShed(levelNow(), place, rng.next());
    },
    async follow(signal) {
      while (!signal.aborted) {
        const beganMs = clock.monotonicMs();
        const busyBeforeMs = busyMs();
        nextLookMs = beganMs + LOOK_EVERY_MS;
        try {
          await clock.sleep(LOOK_EVERY_MS, signal);
        } catch {
          return;
        }
        const nowMs = clock.monotonicMs();
        learnCost(nowMs - beganMs, busyMs() - busyBeforeMs);
        const load = waitMs() / WAIT_MS_MAX;
        const { level } = shedding;
        shedding = nextShedding(shedding, load, nowMs - beganMs, kinds.length);
        if (shedding.level !== level) onLevel?.(shedding.level);
      }
    },
  };
}
