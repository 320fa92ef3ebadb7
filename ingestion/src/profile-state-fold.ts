/**
 * Keeps every profile's live state: follows the event topics, folds each batch (`profile-state.ts`), and writes the
 * states together with the place in the log that they include.
 *
 * The store's own positions are the truth, not the group's: records below them are skipped, so none is folded twice
 * after a crash between the write and the commit; and where the store lost its states while the log kept the group's
 * positions, the group is put back, so that the state is rebuilt from the log.
 *
 * One profile's events lie in several topics, and a fold reads a state before it writes it. So batches are folded one
 * after the other, over all topics. One process folds at a time for the same reason.
 *
 * Live, nothing waits (lingerMs 0). A backlog comes in batches of 10,000 records, of which one profile's are folded at
 * the cost of one read and one write of its state.
 */
import { type EventType, type StoredEvent, storedEventSchemas } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { EVENT_TOPICS } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/result";
import type { EventLog, LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import { PROFILES_PER_CALL_MAX, type RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { decodeRecord } from "./decode-record.ts";
import { type EventReader, followEventTopics } from "./follow.ts";
import { foldProfile } from "./profile-state.ts";

export const PROFILE_STATE_GROUP = "profile-state";
/** 10,000 events of 400 bytes are 4 MB; more would only make a live click wait behind a longer fold (0.1 s). */
const BATCH_RECORDS_MAX = 10_000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

export interface ProfileStateFoldDeps {
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
  readonly clock: Clock;
  readonly log: Log;
}

export function createProfileStateFold(deps: ProfileStateFoldDeps): EventReader {
  const { eventLog, recommendations, log } = deps;
  /** The next offset that a state includes, by topic and partition. */
  const positions = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();

  async function restorePositions(topic: string): Promise<void> {
    const [included, committed, bounds] = await Promise.all([
      recommendations.statePositions(topic),
      eventLog.committed(PROFILE_STATE_GROUP, topic),
      eventLog.bounds(topic),
    ]);
    const includedOf = new Map(included.map(({ partition, nextOffset }) => [partition, nextOffset]));
    const moves: { partition: number; nextOffset: number }[] = [];
    for (const { partition, firstOffset, nextOffset } of bounds) {
      const position = includedOf.get(partition) ?? 0;
      if (position > nextOffset) {
        throw new UserError(
          `profile states include ${topic}, partition ${partition} up to offset ${position}, but the event log ends at ${nextOffset}: they are of different worlds; empty the recommendation store to fold again`,
        );
      }
      positions.set(placeOf(topic, partition), position);
      const group = committed.find((other) => other.partition === partition)?.nextOffset ?? 0;
      if (group > Math.max(position, firstOffset)) {
        moves.push({ partition, nextOffset: Math.max(position, firstOffset) });
      }
    }
    if (moves.length > 0) {
      log.warn({ topic, moves }, "profile states are behind the group's position: folding again from there");
      await eventLog.commit(PROFILE_STATE_GROUP, topic, moves);
    }
  }

  async function fold(batch: RecordBatch): Promise<void> {
    const place = placeOf(batch.topic, batch.partition);
    const from = positions.get(place) ?? 0;
    const records = batch.records.filter(({ offset }) => offset >= from);
    const lastRecord = records.at(-1);
    if (!lastRecord) return;
    const byProfile = groupByProfile(records);
    const changed = await foldProfiles(recommendations, byProfile);
    const position = { topic: batch.topic, partition: batch.partition, nextOffset: lastRecord.offset + 1 };
    // Folding is idempotent, so the parts of a large batch may land before its position does; never after.
    let start = 0;
    for (; changed.length - start > PROFILES_PER_CALL_MAX; start += PROFILES_PER_CALL_MAX) {
      await recommendations.putStates({ states: changed.slice(start, start + PROFILES_PER_CALL_MAX) });
    }
    await recommendations.putStates({ states: changed.slice(start), position });
    positions.set(place, position.nextOffset);
  }

  function foldInTurn(batch: RecordBatch): Promise<void> {
    const turn = last.then(() => fold(batch));
    last = turn.catch(() => undefined);
    return turn;
  }

  return followEventTopics({
    eventLog,
    log,
    group: PROFILE_STATE_GROUP,
    recordsMax: BATCH_RECORDS_MAX,
    bytesMax: BATCH_BYTES_MAX,
    lingerMs: 0,
    async prepare() {
      for (const topic of EVENT_TOPICS) await restorePositions(topic);
    },
    handle: foldInTurn,
  });
}

const placeOf = (topic: string, partition: number) => `${topic}/${partition}`;

/** The events of each profile in the log's order. What is no event is left to the sink, which keeps it as a dead letter. */
function groupByProfile(records: readonly LogRecord[]): ReadonlyMap<ProfileId, readonly StoredEvent[]> {
  const byProfile = new Map<ProfileId, StoredEvent[]>();
  for (const record of records) {
    const event = eventOf(record);
    if (!event) continue;
    const events = byProfile.get(event.profileId);
    if (events) events.push(event);
    else byProfile.set(event.profileId, [event]);
  }
  return byProfile;
}

function eventOf(record: LogRecord): StoredEvent | undefined {
  const value = decodeRecord(record.value);
  if (!value || typeof value.type !== "string" || !Object.hasOwn(storedEventSchemas, value.type)) return undefined;
  const parsed = storedEventSchemas[value.type as EventType].safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

async function foldProfiles(
  recommendations: RecommendationStore,
  byProfile: ReadonlyMap<ProfileId, readonly StoredEvent[]>,
): Promise<ProfileState[]> {
  const profileIds = [...byProfile.keys()];
  const changed: ProfileState[] = [];
  for (let start = 0; start < profileIds.length; start += PROFILES_PER_CALL_MAX) {
    const part = profileIds.slice(start, start + PROFILES_PER_CALL_MAX);
    const before = await recommendations.getStates(part);
    part.forEach((profileId, i) => {
      const folding = foldProfile(profileId, before[i]);
      for (const event of byProfile.get(profileId) ?? []) folding.apply(event);
      const state = folding.state();
      if (state !== before[i]) changed.push(state);
    });
  }
  return changed;
}
