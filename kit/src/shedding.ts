/**
 * Refusing some requests so that the others are answered: which kinds, and how many of them, while a process has more to do
 * than it can.
 *
 * The kinds are in an order, and the decision is one number, the level. Kind `i` is refused with the probability
 * `level - i`, within 0 and 1: at 2.4 the first two are refused whole and four of ten of the third. So no request of a kind
 * is refused while one of an earlier kind would be let in, and a level that settles between two whole numbers lets in as
 * much as the process can do, instead of everything and nothing in turns.
 *
 * Load is the larger of two shares of what is bearable: how late the event loop comes to a timer (what a request waits
 * before anybody looks at it), and how many requests are under way (what waits for stores). The level rises by one kind a
 * second while load is over 1 and not getting lower, falls by one in four seconds while it is under 1/2, and else stays:
 * under a steady load it moves in one direction or not at all. One long turn of the loop (a collection of garbage, a laptop
 * that slept) is no load: only the third look in a row counts, as CoDel tells a standing queue from a burst by its minimum
 * over an interval (Nichols, Jacobson: Controlling Queue Delay, ACM Queue, 2012).
 *
 * A turn of the loop answers all that came during the one before. At twice of what can be done each would be twice as long,
 * faster than any look: so within a turn that has lasted for two bounds of lateness what is still to be answered in it is
 * refused in the same order, one more kind for each bound.
 *
 * Where nothing is refused, a request costs two additions, a look at the clock and a comparison.
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

/** Within a turn of the loop that has made it late by so much already. */
export const levelWithinTurn = (lagMs: number, kinds: number): number =>
  Math.max(0, Math.min(kinds, lagMs / LAG_MS_MAX - 2));

/** `luck` is uniform in [0, 1). */
export const isShed = (level: number, place: number, luck: number): boolean => luck < level - place;

/** A page may take 250 ms; later than that nobody would wait for what is asked now. */
export const LAG_MS_MAX = 250;
/** Twice what the guard of a store lets through at once: more only wait for each other. */
export const IN_FLIGHT_MAX = 512;
/** How often it is looked: often enough that three looks are nothing beside a second, and 40 timers a second cost nothing. */
export const LOOK_EVERY_MS = 25;

export interface Shedder<Kind extends string> {
  /** A request has come; each is followed by `ended`. */
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
  readonly onLevel?: (level: number) => void;
}): Shedder<Kind> {
  const { kinds, clock, rng, onLevel } = deps;
  const places = new Map(kinds.map((kind, place) => [kind, place]));
  let shedding = NO_SHEDDING;
  let inFlight = 0;
  /** Infinite until somebody looks. */
  let nextLookMs = Number.POSITIVE_INFINITY;
  const levelNow = (): number =>
    Math.max(shedding.level, levelWithinTurn(clock.monotonicMs() - nextLookMs, kinds.length));
  return {
    began: () => void inFlight++,
    ended: () => void inFlight--,
    isRefusing: () => levelNow() > 0,
    refuses(kind) {
      const place = places.get(kind);
      return place !== undefined && isShed(levelNow(), place, rng.next());
    },
    async follow(signal) {
      while (!signal.aborted) {
        const beganMs = clock.monotonicMs();
        nextLookMs = beganMs + LOOK_EVERY_MS;
        try {
          await clock.sleep(LOOK_EVERY_MS, signal);
        } catch {
          return;
        }
        const nowMs = clock.monotonicMs();
        const load = Math.max((nowMs - nextLookMs) / LAG_MS_MAX, inFlight / IN_FLIGHT_MAX);
        const { level } = shedding;
        shedding = nextShedding(shedding, load, nowMs - beganMs, kinds.length);
        if (shedding.level !== level) onLevel?.(shedding.level);
      }
    },
  };
}
