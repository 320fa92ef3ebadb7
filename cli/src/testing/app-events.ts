/**
 * What the apps of viewers post: batches of one profile each, an evening's impressions with clicks and plays among them.
 * Schema-valid, the same for the same seed but for their instants and ids.
 */
import type { EventType } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { Rng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";

const TITLES = 4_000;
/** Of a hundred events of an evening: mostly cards that were seen, then progress every 10 to 30 s of playing. */
const TYPES: readonly (readonly [EventType, number])[] = [
  ["impression", 62],
  ["play_progress", 26],
  ["click", 6],
  ["play_start", 3],
  ["play_stop", 3],
];
const ROWS = ["top-picks", "continue", "because-you-watched", "new"] as const;
/** The events of a batch are this far apart. */
const APART_MS = 400;

interface AppEvent {
  readonly eventId: string;
  readonly type: EventType;
  readonly occurredAt: string;
  readonly sentAt: string;
  readonly decisionId: string;
  readonly position: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface AppBatch {
  readonly profileId: ProfileId;
  readonly events: readonly AppEvent[];
}

export const appProfileId = (n: number) => `p-${n.toString(16).padStart(20, "0")}` as ProfileId;

function typeOf(rng: Rng): EventType {
  let left = rng.int(100);
  for (const [type, weight] of TYPES) {
    left -= weight;
    if (left < 0) return type;
  }
  return "impression";
}

export function makeAppBatch(
  rng: Rng,
  options: { readonly profiles: number; readonly events: number; readonly now: number },
): AppBatch {
  const { now } = options;
  const profileId = appProfileId(rng.int(options.profiles));
  const decisionId = uuid7(now);
  const sentAt = new Date(now).toISOString();
  const events = Array.from({ length: options.events }, (_, i): AppEvent => {
    const at = now - (options.events - i) * APART_MS;
    const type = typeOf(rng);
    const titleId = `film-${Math.floor(TITLES * rng.next() ** 2.5)}`;
    const seconds = rng.int(6_000);
    const playbackId = `${decisionId}:${rng.int(8)}`;
    const payload =
      type === "play_start"
        ? { titleId, playbackId, fromSeconds: seconds }
        : type === "play_progress" || type === "play_stop"
          ? { titleId, playbackId, positionSeconds: seconds, watchedSeconds: seconds, durationSeconds: 6_000 }
          : { titleId, rowId: ROWS[rng.int(ROWS.length)] };
    const occurredAt = new Date(at).toISOString();
    return { eventId: uuid7(at), type, occurredAt, sentAt, decisionId, position: rng.int(40), payload };
  });
  return { profileId, events };
}
