/**
 * The stores that a page reads, each behind its guard (kit/src/guard.ts). While one is away, pages go without it in
 * microseconds instead of waiting for the deadline of their readings each, and it gets up without them.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { createGuard } from "@thewatcher/kit/guard";
import type { Log } from "@thewatcher/kit/log";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { READ_DEADLINE_MS } from "./readings.ts";

/** Two readings a page: what 128 connections can ask at once. More only queue inside the store's client. */
const RECOMMENDATIONS_MAX = 256;
/** One query for all that wait, and one at a time (the directory of profiles); a few may be late. */
const PROFILES_MAX = 4;
/** A query for a thousand profiles takes 20 ms. Pages have what is remembered, after half of their own deadline. */
const PROFILES_DEADLINE_MS = 1_000;

type PageReads = Pick<RecommendationStore, "getLists" | "getStateUnless">;

export interface GuardOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** A dependency is not asked for a while, or again. */
  readonly onChange?: (dependency: string, isOpen: boolean) => void;
}

function guardOf(name: string, bounds: { concurrentMax: number; deadlineMs: number }, options: GuardOptions) {
  const { clock, log, onChange } = options;
  return createGuard({
    name,
    clock,
    ...bounds,
    onChange(state, openMs) {
      onChange?.(name, state === "open");
      if (state === "open")
        log.warn({ dependency: name, openMs }, "most calls failed or came late; pages go without it");
      else log.info({ dependency: name }, "answers again");
    },
  });
}

/** An unknown generation throws, too: one of a page's three calls during a flip, which opens nothing. */
export function guardRecommendations(recommendations: PageReads, options: GuardOptions): PageReads {
  const bounds = { concurrentMax: RECOMMENDATIONS_MAX, deadlineMs: READ_DEADLINE_MS };
  const guard = guardOf("recommendations", bounds, options);
  return {
    getLists: (...question) => guard.run(() => recommendations.getLists(...question)),
    getStateUnless: (...question) => guard.run(() => recommendations.getStateUnless(...question)),
  };
}

export function guardProfiles<Question extends readonly unknown[], Found>(
  read: (...question: Question) => Promise<Found>,
  options: GuardOptions,
): (...question: Question) => Promise<Found> {
  const guard = guardOf("profiles", { concurrentMax: PROFILES_MAX, deadlineMs: PROFILES_DEADLINE_MS }, options);
  return (...question) => guard.run(() => read(...question));
}
