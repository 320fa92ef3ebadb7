/**
 * Keeps every profile's live state: follows the event topics, folds each batch (`profile-state.ts`), and writes the
 * states together with the place in the log that they include.
 *
 * The store's own positions are the truth: a partition is read from there, also where the group is further, so that a
 * store that lost its states gets them back from the log. Folding is idempotent, so records read twice change nothing.
 *
 * One profile's events lie in several topics, and several processes fold: each may meet a state that another one has
 * just written. So a state is written only over the one that it was made from, and whoever comes second reads that
 * profile again and folds its events again. Within one process batches go one after the other, over all topics: that
 * spares most of these conflicts, and nothing rests on it.
 *
 * Live, nothing waits (lingerMs 0). A backlog comes in batches of 10,000 records, of which one profile's are folded at
 * the cost of one read and one write of its state.
 */
import { type EventType, payloads, type StoredEvent } from "@thewatcher/contracts/events";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { EVENT_TOPICS } from "@thewatcher/contracts/topics";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { EventLog, LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import type { RecommendationStore, StatePosition, StateUpdate } from "@thewatcher/stores/recommendations/port";
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
/**
 * Of the profiles that another process wrote in between; then the batch fails and comes again. Eight processes on one
 * profile at once need three rounds on average.
 */
const ROUNDS_MAX = 10;
/** Before a second round half of it on average, before each later one twice as long, at most 200 ms. */
const CONFLICT_PAUSE_MS = 4;
const CONFLICT_PAUSE_MS_MAX = 200;

export interface ProfileStateFoldDeps {
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
  readonly clock: Clock;
  readonly log: Log;
}

export function createProfileStateFold(deps: ProfileStateFoldDeps): EventReader {
  const { eventLog, recommendations, log } = deps;
  const { fold, resumeAt } = createBatchFold(deps);
  return followEventTopics({
    eventLog,
    log,
    group: PROFILE_STATE_GROUP,
    recordsMax: BATCH_RECORDS_MAX,
    bytesMax: BATCH_BYTES_MAX,
    lingerMs: 0,
    async prepare() {
      for (const topic of EVENT_TOPICS) await checkSameWorld({ eventLog, recommendations, topic });
    },
    handle: fold,
    resumeAt,
  });
}

async function checkSameWorld(deps: {
  readonly eventLog: EventLog;
  readonly recommendations: RecommendationStore;
  readonly topic: string;
}): Promise<void> {
  const { topic } = deps;
  // The log is asked last: it only grows.
  const included = await deps.recommendations.statePositions(topic);
  const bounds = await deps.eventLog.bounds(topic);
  for (const { partition, nextOffset } of included) {
    const end = bounds.find((other) => other.partition === partition)?.nextOffset ?? 0;
    if (nextOffset <= end) continue;
    throw new UserError(
      `profile states include ${topic}, partition ${partition} up to offset ${nextOffset}, but the event log ends at ${end}: they are of different worlds; empty the recommendation store to fold again`,
    );
  }
}

/** The fold of single batches: what a reader of the log calls. */
export function createBatchFold(deps: Pick<ProfileStateFoldDeps, "recommendations" | "clock" | "log">) {
  const { recommendations, clock, log } = deps;
  const write = createStateWriter(deps);
  /** The next offset that a state includes, by topic and partition: what lies before it needs no fold. */
  const positions = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();

  async function resumeAt(topic: string, partition: number): Promise<number> {
    const included = await recommendations.statePositions(topic);
    const position = included.find((other) => other.partition === partition)?.nextOffset ?? 0;
    positions.set(placeOf(topic, partition), position);
    return position;
  }

  async function foldNow(batch: RecordBatch): Promise<void> {
    const { topic, partition } = batch;
    const place = placeOf(topic, partition);
    const from = positions.get(place) ?? 0;
    const records = batch.records.filter(({ offset }) => offset >= from);
    const lastRecord = records.at(-1);
    if (!lastRecord) return;
    const startedMs = clock.monotonicMs();
    const position = { topic, partition, nextOffset: lastRecord.offset + 1 };
    const byProfile = await groupByProfile(records);
    await write(byProfile, position);
    const durationMs = clock.monotonicMs() - startedMs;
    log.debug({ ...position, records: records.length, profiles: byProfile.size, durationMs }, "folded");
    positions.set(place, position.nextOffset);
  }

  return {
    resumeAt,
    fold(batch: RecordBatch): Promise<void> {
      const turn = last.then(() => foldNow(batch));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/**
 * Folds events that were stated a moment ago into the live states, before the log brings them: the next page knows them,
 * however far the readers of the log are. Nothing rests on it: folded once more they change nothing.
 */
export function createStateApplication(deps: Pick<ProfileStateFoldDeps, "recommendations" | "clock">) {
  const write = createStateWriter(deps);
  return async function applyNow(events: readonly StoredEvent[]): Promise<void> {
    const byProfile = new Map<ProfileId, StoredEvent[]>();
    for (const event of events) {
      const held = byProfile.get(event.profileId);
      if (held) held.push(event);
      else byProfile.set(event.profileId, [event]);
    }
    if (byProfile.size > 0) await write(byProfile, undefined);
  };
}

/** Folds and writes until nobody came in between. */
function createStateWriter({ recommendations, clock }: Pick<ProfileStateFoldDeps, "recommendations" | "clock">) {
  const rng = createRng((clock.now() + Math.floor(clock.monotonicMs() * 1_000)) >>> 0);
  return async function write(
    byProfile: ReadonlyMap<ProfileId, readonly StoredEvent[]>,
    position: StatePosition | undefined,
  ): Promise<void> {
    let pending: readonly ProfileId[] = [...byProfile.keys()];
    for (let round = 1; ; round++) {
      pending = await foldProfiles(recommendations, byProfile, pending, position);
      if (pending.length === 0) return;
      if (round === ROUNDS_MAX) {
        const named = pending.slice(0, 3).join(", ");
        throw new Error(`profile states: others kept writing ${named} (${pending.length} in all) ${round} times`);
      }
      const pauseMs = Math.min(CONFLICT_PAUSE_MS_MAX, CONFLICT_PAUSE_MS * 2 ** (round - 1));
      await clock.sleep(pauseMs * rng.next());
    }
  };
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
      return isTextOrAbsent(payload.rowId);
    case "click":
      return isText(payload.titleId) && isTextOrAbsent(payload.rowId);
    case "search":
    case "exposure":
    case "quality":
    case "erasure":
    case "no_profiling":
    case "no_profiling_undo":
      return true;
    case "taste_edit":
      return Array.isArray(payload.edits) && payload.edits.every(isEdit);
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

const isEdit = (value: unknown) => isObject(value) && isText(value.facet) && isNumber(value.value);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);
const isNumber = (value: unknown) => typeof value === "number";
const isInstant = (value: unknown) => typeof value === "string" && !Number.isNaN(Date.parse(value));

/**
 * Reads, folds and writes; answers the profiles that somebody else wrote in between. The position is written with the last
 * states, and only when there was no conflict: folding is idempotent, so the parts of a large batch may land before it.
 */
async function foldProfiles(
  recommendations: RecommendationStore,
  byProfile: ReadonlyMap<ProfileId, readonly StoredEvent[]>,
  profileIds: readonly ProfileId[],
  position: StatePosition | undefined,
): Promise<readonly ProfileId[]> {
  const conflicts: ProfileId[] = [];
  let updates: StateUpdate[] = [];
  for (let start = 0; start < profileIds.length; start += STEP_READS) {
    if (start > 0) await othersTurn();
    const part = profileIds.slice(start, start + STEP_READS);
    const before = await recommendations.getRevisedStates(part);
    part.forEach((profileId, i) => {
      const stands = before[i];
      const folding = foldProfile(profileId, stands?.state);
      for (const event of byProfile.get(profileId) ?? []) folding.apply(event);
      const state = folding.state();
      if (state !== stands?.state) updates.push({ state, replaces: stands?.revision });
    });
    if (updates.length >= STEP_WRITES) {
      conflicts.push(...(await recommendations.putStates({ states: updates })).conflicts);
      updates = [];
    }
  }
  const isWhole = conflicts.length === 0;
  const outcome = await recommendations.putStates({ states: updates, ...(isWhole && position ? { position } : {}) });
  conflicts.push(...outcome.conflicts);
  return conflicts;
}
