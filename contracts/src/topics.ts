/** Every topic of the event log. */
import type { EventType } from "./events.ts";
import { isRowEvent, isStated, isTasteEvent } from "./events.ts";
import { behaviour } from "./topics/behaviour.ts";
import { deadLetters } from "./topics/dead-letters.ts";
import { decisions } from "./topics/decisions.ts";
import { erasures } from "./topics/erasures.ts";
import { rows } from "./topics/rows.ts";
import { stated } from "./topics/stated.ts";
import { taste } from "./topics/taste.ts";
import type { Topic } from "./topics/topic.ts";

export const topics = { behaviour, stated, rows, taste, erasures, deadLetters, decisions } as const;
export const allTopics: readonly Topic[] = Object.values(topics);
/** What is kept for ever, so that everything can be made again from it. */
export const lastingTopics: readonly Topic[] = allTopics.filter(({ retentionMs }) => retentionMs === undefined);

/** The topics whose records are stored events. */
export const EVENT_TOPICS = [behaviour.name, stated.name, rows.name, taste.name, erasures.name] as const;

/** Where an event of this type lives. */
export function topicOf(type: EventType): (typeof EVENT_TOPICS)[number] {
  if (type === "erasure") return erasures.name;
  if (isRowEvent(type)) return rows.name;
  if (isTasteEvent(type)) return taste.name;
  return isStated(type) ? stated.name : behaviour.name;
}
