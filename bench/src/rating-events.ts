/**
 * Rating events in the shape of MovieLens 1M, as an import writes them: viewers in turn with a log-normal history of at
 * least 20 titles (mean 165), titles by a steep popularity, 3,416 of them, times a minute apart. Deterministic.
 */
import { EVENT_VERSION } from "@thewatcher/contracts/events";
import type { Rng } from "@thewatcher/kit/rng";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { NewRecord } from "@thewatcher/stores/event-log/port";

const TITLES = 3_416;
const HISTORY_MIN = 20;
/** exp(4.6 + 0.85² / 2) + 20 ≈ 165. */
const HISTORY_LOG_MEAN = 4.62;
const HISTORY_LOG_DEVIATION = 0.85;
const EPOCH_MS = Date.UTC(2000, 0, 1);

export function makeRatingEvents(count: number, rng: Rng): NewRecord[] {
  const records: NewRecord[] = [];
  const stamp = new Date(EPOCH_MS).toISOString();
  for (let viewer = 0; records.length < count; viewer++) {
    const length = HISTORY_MIN + Math.round(Math.exp(HISTORY_LOG_MEAN + HISTORY_LOG_DEVIATION * rng.normal()));
    const key = `p-${viewer.toString(16).padStart(20, "0")}`;
    for (let position = 0; position < length && records.length < count; position++) {
      const title = Math.floor(TITLES * rng.next() ** 2.5);
      const at = EPOCH_MS + position * 60_000;
      const occurredAt = new Date(at).toISOString();
      const eventId = deterministicUuid7(`${viewer}\n${position}`, at);
      const stars = 1 + rng.int(5);
      records.push({
        key,
        value: `{"version":${EVENT_VERSION},"eventId":"${eventId}","type":"rate","occurredAt":"${occurredAt}","sentAt":"${occurredAt}","receivedAt":"${stamp}","knownAt":"${stamp}","profileId":"${key}","device":"import","country":"US","timeQuality":"synthetic","payload":{"titleId":"ml-1m-${title}","stars":${stars}}}`,
      });
    }
  }
  return records;
}
