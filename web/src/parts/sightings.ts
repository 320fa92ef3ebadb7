/** Which cards are in view: one IntersectionObserver for the whole page, feeding the dwell tracker. */
import { type DwellTracker, SEEN_RATIO_MIN } from "../events/dwell.ts";

export interface Sightings {
  /** Calls `onSeen` when the element has been seen under this key; answers what ends it. */
  readonly watch: (element: Element, key: string, onSeen: () => void) => () => void;
}

export function createSightings(tracker: DwellTracker): Sightings {
  interface Watched {
    readonly key: string;
    readonly onSeen: () => void;
    ratio: number;
  }
  const watched = new Map<Element, Watched>();
  const report = (one: Watched) => tracker.see(one.key, document.hidden ? 0 : one.ratio, one.onSeen);
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const one = watched.get(entry.target);
        if (one === undefined) continue;
        one.ratio = entry.intersectionRatio;
        report(one);
      }
    },
    // Zero too: a card that leaves in one jump must be told to have left.
    { threshold: [0, SEEN_RATIO_MIN] },
  );
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tracker.pause();
    else for (const one of watched.values()) report(one);
  });
  return {
    watch(element, key, onSeen) {
      watched.set(element, { key, onSeen, ratio: 0 });
      observer.observe(element);
      return () => {
        observer.unobserve(element);
        watched.delete(element);
        tracker.forget(key);
      };
    },
  };
}
