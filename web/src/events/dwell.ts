/**
 * When a card counts as seen: at least half visible for one second without a break, once for each key. The key names
 * the decision too, so the same title on a new page is seen anew. The page's visibility comes in from outside
 * (IntersectionObserver), as does the timer; nothing here touches the DOM.
 */

/** Half of the card: the share that the industry's viewability rule and `contracts/events` ask for. */
export const SEEN_RATIO_MIN = 0.5;
export const SEEN_AFTER_MS = 1_000;
/** Keys remembered as seen. A long evening shows some thousand cards; beyond it the oldest may be counted twice. */
const SEEN_KEYS_MAX = 20_000;

/** Runs `then` after the delay; answers what cancels it. */
export type Schedule = (then: () => void, delayMs: number) => () => void;

export interface DwellTracker {
  /** The share of the card in view changed. */
  readonly see: (key: string, ratio: number, onSeen: () => void) => void;
  /** The card left the page. */
  readonly forget: (key: string) => void;
  /** The tab went to the background: every running second is void. */
  readonly pause: () => void;
}

export function createDwellTracker(schedule: Schedule): DwellTracker {
  const running = new Map<string, () => void>();
  const seen = new Set<string>();

  function forget(key: string): void {
    running.get(key)?.();
    running.delete(key);
  }

  function remember(key: string): void {
    seen.add(key);
    if (seen.size <= SEEN_KEYS_MAX) return;
    for (const oldest of seen) {
      seen.delete(oldest);
      return;
    }
  }

  return {
    see(key, ratio, onSeen) {
      if (ratio < SEEN_RATIO_MIN) return forget(key);
      if (seen.has(key) || running.has(key)) return;
      const cancel = schedule(() => {
        running.delete(key);
        remember(key);
        onSeen();
      }, SEEN_AFTER_MS);
      running.set(key, cancel);
    },
    forget,
    pause() {
      for (const key of [...running.keys()]) forget(key);
    },
  };
}
