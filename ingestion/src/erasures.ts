/** What was erased: what a profile did up to its last erasure is to be forgotten, by everybody who reads the log again. */
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import { decodeRecord } from "./decode-record.ts";

export interface Erasures {
  /** Records of the topic `erasures`. */
  add(records: readonly LogRecord[]): void;
  /** Whether a record of another topic is of what was erased. */
  covers(record: LogRecord): boolean;
  /** Last erasure by profile. */
  readonly erasedAt: ReadonlyMap<string, number>;
}

export function createErasures(): Erasures {
  const erasedAt = new Map<string, number>();
  return {
    erasedAt,
    add(records) {
      for (const { value } of records) {
        const event = decodeRecord(value);
        const at = Date.parse(String(event?.occurredAt));
        if (event?.type !== "erasure" || typeof event.profileId !== "string" || Number.isNaN(at)) continue;
        erasedAt.set(event.profileId, Math.max(at, erasedAt.get(event.profileId) ?? at));
      }
    },
    covers({ value }) {
      if (erasedAt.size === 0) return false;
      const event = decodeRecord(value);
      const until = typeof event?.profileId === "string" ? erasedAt.get(event.profileId) : undefined;
      return until !== undefined && event?.type !== "erasure" && Date.parse(String(event?.occurredAt)) <= until;
    },
  };
}
