/**
 * How long whoever asked still waits, said from process to process: milliseconds left when the request was sent, not an
 * instant, so that clocks need not agree (as gRPC's `grpc-timeout`). What was on its way meanwhile is not subtracted:
 * between our processes that is about a millisecond, and a busy receiver can't see it.
 *
 * Believed only where our own processes ask; the public door neither reads it nor hands it on.
 */
export const DEADLINE_HEADER = "x-deadline-ms";

/** Nobody waits longer: a dry run of rules has 80 s. More is no deadline of ours. */
const DEADLINE_MS_MAX = 120_000;

/** 0: it had passed before it was sent. undefined: there is none, or nonsense. */
export function msLeftOf(headers: Pick<Headers, "get">): number | undefined {
  const text = headers.get(DEADLINE_HEADER);
  if (text === null || !/^\d{1,6}$/.test(text)) return undefined;
  const leftMs = Number(text);
  return leftMs <= DEADLINE_MS_MAX ? leftMs : undefined;
}

/** Rounded down: a receiver that believes it never works for nobody. */
export const deadlineHeader = (leftMs: number): Readonly<Record<string, string>> => ({
  [DEADLINE_HEADER]: String(Math.max(0, Math.min(DEADLINE_MS_MAX, Math.floor(leftMs)))),
});
