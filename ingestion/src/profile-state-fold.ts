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
import { type EventType, payloads, type StoredEvent } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { EVENT_TOPICS } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import type { EventLog, LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { decodeRecord } from "./decode-record.ts";
import { type EventReader, followEventTopics } from "./follow.ts";
import { foldProfile } from "./profile-state.ts";

export const PROFILE_STATE_GROUP = "profile-state";
/**
 * Folding 10,000 records takes 0.06 s where a profile's stand together and 0.13 s where every state is touched again. A
 * live click waits behind one batch of each partition that has a backlog, 0.5 s with all four of an import: 20,000 would
 * save a quarter of an import's time and break the second that a click has.
 */
const BATCH_RECORDS_MAX = 10_000;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Between steps of these sizes others get their turn: each holds the process for about 10 ms. */
const STEP_RECORDS = 2_000;
const STEP_READS = 200;
const STEP_WRITES = 500;

export interface ProfileStateFoldDeps {
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
  readonly clock: Clock;
  readonly log: Log;
}

export function createProfileStateFold(deps: ProfileStateFoldDeps): EventReader {
  const { eventLog, recommendations, clock, log } = deps;
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
    const startedMs = clock.monotonicMs();
    const changed = await foldProfiles(recommendations, await groupByProfile(records));
    const position = { topic: batch.topic, partition: batch.partition, nextOffset: lastRecord.offset + 1 };
    // Folding is idempotent, so the parts of a large batch may land before its position does; never after.
    let start = 0;
    for (; changed.length - start > STEP_WRITES; start += STEP_WRITES) {
      await recommendations.putStates({ states: changed.slice(start, start + STEP_WRITES) });
    }
    await recommendations.putStates({ states: changed.slice(start), position });
    const durationMs = clock.monotonicMs() - startedMs;
    log.debug({ ...position, records: records.length, states: changed.length, durationMs }, "folded");
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

const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const placeOf = (topic: string, partition: number) => `${topic}/${partition}`;

/** The events of each profile in the log's order. What is no event is left to the sink, which keeps it as a dead letter. */
async function groupByProfile(records: readonly LogRecord[]): Promise<ReadonlyMap<ProfileId, readonly StoredEvent[]>> {
  const byProfile = new Map<ProfileId, StoredEvent[]>();
  for (const [i, record] of records.entries()) {
    if (i > 0 && i % STEP_RECORDS === 0) await othersTurn();
    const event = eventOf(record);
    if (!event) continue;
    const events = byProfile.get(event.profileId);
    if (events) events.push(event);
    else byProfile.set(event.profileId, [event]);
  }
  return byProfile;
}

/**
 * What the fold reads of an event, checked; the rest was checked by whoever wrote it. The schema would cost 2.5 µs and as
 * much garbage for each record of a backlog (of 10 µs in all); this costs 0.1.
 */
function eventOf(record: LogRecord): StoredEvent | undefined {
  const value = decodeRecord(record.value);
  if (!value) return undefined;
  const { type, profileId, payload } = value;
  const isDated = isInstant(value.occurredAt) && isInstant(value.knownAt);
  if (!isDated || typeof profileId !== "string" || profileId === "") return undefined;
  if (typeof type !== "string" || !Object.hasOwn(payloads, type) || !isObject(payload)) return undefined;
  return isFoldable(type as EventType, payload) ? (value as StoredEvent) : undefined;
}

function isFoldable(type: EventType, payload: Readonly<Record<string, unknown>>): boolean {
  switch (type) {
    case "impression":
    case "search":
    case "exposure":
    case "quality":
    case "erasure":
      return true;
    case "rate":
      return isText(payload.titleId) && isNumber(payload.stars);
    case "play_start":
      return isText(payload.titleId) && isNumber(payload.fromSeconds) && isTextOrAbsent(payload.partId);
    case "play_progress":
    case "play_stop": {
      const { titleId, positionSeconds, watchedSeconds, durationSeconds, partId } = payload;
      const isTimed = isNumber(positionSeconds) && isNumber(watchedSeconds);
      return (
        isText(titleId) &&
        isTimed &&
        isTextOrAbsent(partId) &&
        (durationSeconds === undefined || isNumber(durationSeconds))
      );
    }
    default:
      return isText(payload.titleId);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);
const isNumber = (value: unknown) => typeof value === "number";
const isInstant = (value: unknown) => typeof value === "string" && !Number.isNaN(Date.parse(value));

async function foldProfiles(
  recommendations: RecommendationStore,
  byProfile: ReadonlyMap<ProfileId, readonly StoredEvent[]>,
): Promise<ProfileState[]> {
  const profileIds = [...byProfile.keys()];
  const changed: ProfileState[] = [];
  for (let start = 0; start < profileIds.length; start += STEP_READS) {
    if (start > 0) await othersTurn();
    const part = profileIds.slice(start, start + STEP_READS);
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
