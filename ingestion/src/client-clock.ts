/**
 * How far a client's clock is behind ours. `sentAt` is read off the client's clock as it sends, `receivedAt` off ours as it
 * arrives: what lies between is the way, and the error of the clock. A clock ahead shows at once (nothing arrives before it
 * is sent); one behind looks like a message that was long on its way, or like an app that sends old bytes again.
 *
 * So: what is within the tolerance is the way. What is above a limit is old bytes, and is believed as it is. In between it
 * is the clock, by the best evidence: the freshest `sentAt` of the batch, and the least that the same sender showed within
 * the last hour (Cristian's minimum: every delay makes it larger, none smaller). A batch that comes again as it was, after
 * its first answer was lost, is therefore corrected by as much as the first time. Known limit: old bytes as the first sign
 * of a sender after this process began are taken for a clock that is behind; apps stamp `sentAt` anew each time they send.
 */

/** The slowest upload that still counts as on its way; what it misdates an event by is at most this. */
export const WAY_MS_MAX = 30_000;
/** A clock set by hand in the wrong zone is at most this far off; a message above it was kept offline. */
export const CLOCK_BEHIND_MS_MAX = 12 * 3_600_000;
/** Clocks are set, by networks or hands. */
const REMEMBERED_MS = 3_600_000;
/** 100 bytes each. Beyond it the one that was silent longest is forgotten. */
const SENDERS_MAX = 50_000;

/** By one message alone. */
export function behindMsOf(receivedAt: number, sentAt: number): number {
  const behindMs = receivedAt - sentAt;
  return behindMs > WAY_MS_MAX && behindMs <= CLOCK_BEHIND_MS_MAX ? behindMs : 0;
}

export interface ClientClocks {
  /** `sentAts`: of one batch; those that are no instants are left out. */
  behindMs(sender: string, receivedAt: number, sentAts: readonly number[]): number;
}

export function createClientClocks(): ClientClocks {
  /** In the order of their last message. The evidence is the freshest `sentAt` against its arrival. */
  const senders = new Map<string, { readonly delayMs: number; readonly at: number }>();
  return {
    behindMs(sender, receivedAt, sentAts) {
      let freshest = Number.NEGATIVE_INFINITY;
      for (const sentAt of sentAts) if (sentAt > freshest) freshest = sentAt;
      if (freshest === Number.NEGATIVE_INFINITY) return 0;
      const delayMs = receivedAt - freshest;
      const known = senders.get(sender);
      const isSmaller = !known || receivedAt - known.at > REMEMBERED_MS || delayMs < known.delayMs;
      const best = isSmaller ? { delayMs, at: receivedAt } : known;
      senders.delete(sender);
      senders.set(sender, best);
      if (senders.size > SENDERS_MAX) {
        for (const oldest of senders.keys()) {
          senders.delete(oldest);
          break;
        }
      }
      return behindMsOf(receivedAt, receivedAt - best.delayMs);
    },
  };
}
