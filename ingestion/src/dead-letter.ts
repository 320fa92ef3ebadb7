/** Dead letters on their way into the log: what could not become an event, kept with its cause. */
import type { DeadLetter } from "@thewatcher/contracts/topics/dead-letters";
import type { NewRecord } from "@thewatcher/stores/event-log/port";

/** As in the topic's schema. */
const RAW_CHARS_MAX = 16_384;

/** Cuts `raw` to what the topic takes. */
export function deadLetterRecord(letter: DeadLetter): NewRecord {
  return {
    key: letter.profileId,
    value: JSON.stringify({ ...letter, raw: letter.raw.slice(0, RAW_CHARS_MAX) }),
  };
}
