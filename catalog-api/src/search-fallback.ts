/**
 * Asks the search server within a deadline, and the embedded index where that fails: dead, slow, or without a generation.
 * After some failures in a row the server is left alone for a while, so that its being slow costs nobody a deadline; then
 * one request tries it.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Search, SearchAnswer, SearchRequest } from "@thewatcher/stores/search/port";

/** Somebody is typing: five times of what a search with typos takes over 100,000 titles. */
const DEADLINE_MS = 300;
const FAILURES_TO_OPEN = 3;
const OPEN_MS = 5_000;

export const FALLBACK_REASONS = ["failed", "slow", "resting", "empty"] as const;
/** `resting`: it failed a moment ago. `empty`: it has no generation yet. */
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

export interface SearchMetrics {
  /** Which index answered, and how long it took. */
  answered(index: "server" | "embedded", durationMs: number): void;
  /** A search that the server did not answer. */
  fellBack(reason: FallbackReason): void;
}

export interface FallbackDeps {
  /** undefined: there is none, the embedded one is all. */
  readonly server?: Pick<Search, "search"> | undefined;
  readonly embedded: Pick<Search, "search">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: SearchMetrics;
  readonly deadlineMs?: number;
}

const SLOW = Symbol("slow");

export function createFallbackSearch(deps: FallbackDeps): (request: SearchRequest) => Promise<SearchAnswer> {
  const { server, embedded, clock, log, metrics, deadlineMs = DEADLINE_MS } = deps;
  let failures = 0;
  let restsUntilMs = Number.NEGATIVE_INFINITY;
  let isTrying = false;

  async function askEmbedded(request: SearchRequest): Promise<SearchAnswer> {
    const startedMs = clock.monotonicMs();
    const answer = await embedded.search(request);
    metrics?.answered("embedded", clock.monotonicMs() - startedMs);
    return answer;
  }

  async function askServer(
    from: Pick<Search, "search">,
    request: SearchRequest,
  ): Promise<SearchAnswer | FallbackReason> {
    if (failures >= FAILURES_TO_OPEN) {
      if (isTrying || clock.monotonicMs() < restsUntilMs) return "resting";
      isTrying = true;
    }
    const startedMs = clock.monotonicMs();
    const deadline = new AbortController();
    const answering = from.search(request);
    // Behind the deadline nobody listens to it any more.
    answering.catch(() => undefined);
    try {
      const slow = clock.sleep(deadlineMs, deadline.signal).then(() => SLOW);
      slow.catch(() => undefined);
      const answer = await Promise.race([answering, slow]);
      if (answer === SLOW) return fail("slow", `no answer within ${deadlineMs} ms`);
      if (failures >= FAILURES_TO_OPEN) log.info("the search server answers again");
      failures = 0;
      const found = answer as SearchAnswer;
      if (found.generation === undefined) return "empty";
      metrics?.answered("server", clock.monotonicMs() - startedMs);
      return found;
    } catch (error) {
      return fail("failed", error instanceof Error ? error.message : String(error));
    } finally {
      deadline.abort();
      isTrying = false;
    }
  }

  function fail(reason: "failed" | "slow", why: string): FallbackReason {
    failures++;
    if (failures >= FAILURES_TO_OPEN) restsUntilMs = clock.monotonicMs() + OPEN_MS;
    if (failures === FAILURES_TO_OPEN) log.warn({ why }, "searches go on from the embedded index");
    return reason;
  }

  return async function search(request) {
    if (!server) return askEmbedded(request);
    const answer = await askServer(server, request);
    if (typeof answer === "object") return answer;
    metrics?.fellBack(answer);
    return askEmbedded(request);
  };
}
