/**
 * One reader of one topic in a Kafka group: membership, fetching, buffers, handlers, positions.
 *
 * Four things run beside each other, so that none waits for another: the membership (join, then a heartbeat every
 * `HEARTBEAT_MS` whatever the handlers do: an outage of the handler's store for minutes costs no membership); one fetch a
 * broker for the partitions whose buffers have room (a full buffer is not fetched for: memory is bounded); one loop a
 * partition that hands out batches, one at a time; and the commits, which gather what was handled meanwhile.
 *
 * Rebalancing: at the first word of it nothing new is handed out, handlers under way get `HAND_OVER_MS` to finish and
 * commit, then we join again. A partition that stays ours keeps its buffer and, where the handler was slower than that, its
 * handler. One that leaves drops both: what such a handler finishes is never committed. The broker sees to the same from
 * its side: a commit carries the generation of the group in which the partition was ours, and one of an earlier generation
 * is refused. So the position of a group never moves back under its new owner.
 *
 * A partition begins at the earlier of the group's position and what the reader's own store says (`resumeAt`), asked before
 * the first fetch, so no record can arrive ahead of the answer.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { errorOfCode, errorType, type KafkaConnection, reasonOf, withDeadline } from "./kafka-connection.ts";
import { commitPositions, fetchRecords, joinGroup, OFFSET_OUT_OF_RANGE, syncGroup } from "./kafka-requests.ts";
import { decodeBatches } from "./kafka-wire.ts";
import type { LogRecord, PartitionBounds, Subscription, SubscriptionOptions } from "./port.ts";

/** A reader that was killed is missed after this; the shortest that a broker takes by default is 6 s. */
const SESSION_TIMEOUT_MS = 10_000;
/** How soon a reader learns of a rebalance; two small requests a second. */
const HEARTBEAT_MS = 500;
/** What handlers under way get before the partitions change hands without them. */
const HAND_OVER_MS = 10_000;
/** For all members to come back; above HAND_OVER_MS. */
const REBALANCE_TIMEOUT_MS = 30_000;
/** A fetch without records comes back after this; a partition whose buffer has room again waits at most as long. */
const FETCH_WAIT_MS = 200;
/** Of one partition in one fetch, and of a whole fetch: some milliseconds of decoding each. */
const FETCH_PARTITION_BYTES_MAX = 1_048_576;
const FETCH_BYTES_MAX = 8_388_608;
const RETRY_PAUSE_MS_MIN = 100;
const RETRY_PAUSE_MS_MAX = 5_000;
/** Between looks at positions that other processes move. */
const CAUGHT_UP_POLL_MS = 50;
/** `subscribe` answers after the first assignment, or after this: a member that hangs must not hold up a start. */
const FIRST_JOIN_MS = 15_000;
/** What `close` gives the last commits and the farewell. */
const FAREWELL_MS = 5_000;
const ASK_MS = 10_000;

const LEADER_NOT_AVAILABLE = 5;

/** A partition while it is ours. */
interface Owned {
  readonly partition: number;
  live: boolean;
  /** Behind what is handled and committed; undefined until it is known where to begin. */
  position: number | undefined;
  fetchFrom: number;
  buffer: LogRecord[];
  bufferedBytes: number;
  /** When the oldest record of the buffer came. */
  bufferedSince: number;
  /** A batch that failed, as it was. */
  held: { readonly records: readonly LogRecord[]; failures: number } | undefined;
  /** Handled up to here, and to be committed. */
  handledTo: number;
  /** Not fetched before: its records could not be read. */
  blockedUntil: number;
}

export interface SubscriptionContext {
  readonly options: SubscriptionOptions;
  /** The names in Kafka, with their prefix. */
  readonly topic: string;
  readonly group: string;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Without the password. */
  readonly where: string;
  connect(purpose: string): KafkaConnection;
  bounds(connection: KafkaConnection): Promise<readonly PartitionBounds[]>;
  committed(connection: KafkaConnection): Promise<readonly number[]>;
}

const recordBytes = ({ key, value }: LogRecord) => Buffer.byteLength(key) + value.length;

export async function subscribeToKafka(context: SubscriptionContext): Promise<Subscription> {
  const { options, topic, group, partitionCount, clock, log } = context;
  // Of its own each: a request to join is answered when all others have joined, and holds up what follows on its socket.
  const groupConnection = context.connect("group");
  const dataConnection = context.connect("data");

  let memberId = "";
  let generation = -1;
  const owned = new Map<number, Owned>();
  /** Handlers under way, also of partitions that are not ours any more: a partition is never handled side by side here. */
  const handling = new Map<number, Promise<void>>();
  /** Nothing new is handed out: a rebalance is near. */
  let handingOver = false;
  let closing = false;
  let closingSince = 0;
  const stopped = new AbortController();
  const awaited = new Set<readonly number[]>();
  const wakers = new Set<() => void>();

  const wake = () => {
    for (const waker of [...wakers]) waker();
  };

  /** Until something changed, or the time is over. */
  function change(timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const done = () => {
        wakers.delete(done);
        over.abort();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      wakers.add(done);
      signal?.addEventListener("abort", done, { once: true });
      if (timeoutMs !== undefined) clock.sleep(timeoutMs, over.signal).then(done, () => undefined);
      if (signal?.aborted) done();
    });
  }

  const pause = (ms: number) => clock.sleep(ms, stopped.signal).catch(() => undefined);

  function tell(error: unknown, partition: number, firstOffset: number): void {
    try {
      options.onError?.(error, { topic: options.topic, partition, firstOffset });
    } catch {
      // A listener that throws must not stop the partition: the records come again either way.
    }
  }

  function tellWell(partition: number): void {
    try {
      options.onWell?.({ topic: options.topic, partition });
    } catch {
      // As above.
    }
  }

  // --- membership ---

  let firstJoin: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => {
    firstJoin = resolve;
  });

  async function join(): Promise<void> {
    const joining = await groupConnection.once((client) =>
      joinGroup(client, {
        group,
        topic,
        memberId,
        owned: [...owned.keys()],
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      }),
    );
    memberId = joining.memberId;
    const mine = await groupConnection.once((client) => syncGroup(client, group, topic, partitionCount, joining));
    // Whoever missed a generation can't know who read its partitions meanwhile.
    if (joining.generation !== generation + 1) releaseAll();
    generation = joining.generation;
    for (const [partition, own] of owned) if (!mine.includes(partition)) release(own);
    for (const partition of mine) if (!owned.has(partition)) take(partition);
    handingOver = false;
    log.debug({ group, topic, generation, partitions: mine }, "partitions assigned");
    wake();
    firstJoin();
  }

  function release(own: Owned): void {
    own.live = false;
    own.buffer = [];
    own.held = undefined;
    if (owned.get(own.partition) === own) owned.delete(own.partition);
    tellWell(own.partition);
  }

  function releaseAll(): void {
    for (const own of [...owned.values()]) release(own);
    wake();
  }

  function take(partition: number): void {
    const own: Owned = {
      partition,
      live: true,
      position: undefined,
      fetchFrom: 0,
      buffer: [],
      bufferedBytes: 0,
      bufferedSince: 0,
      held: undefined,
      handledTo: 0,
      blockedUntil: 0,
    };
    owned.set(partition, own);
    void pump(own);
  }

  const beat = () =>
    groupConnection.once(async (client) => {
      const coordinator = await client.coordinator(group);
      await coordinator.heartbeat({ groupId: group, groupGenerationId: generation, memberId });
    });

  async function member(): Promise<void> {
    let failures = 0;
    let isMember = false;
    while (!stopped.signal.aborted) {
      try {
        if (!isMember) {
          await join();
          isMember = true;
        } else {
          await pause(HEARTBEAT_MS);
          if (stopped.signal.aborted) return;
          await beat();
        }
        failures = 0;
      } catch (error) {
        const type = errorType(error);
        if (type === "REBALANCE_IN_PROGRESS" || type === "MEMBER_ID_REQUIRED") {
          if (isMember) await handOver();
          isMember = false;
        } else if (type !== undefined && OUTCAST.has(type)) {
          if (type === "UNKNOWN_MEMBER_ID") memberId = "";
          log.debug({ group, topic, type }, "membership lost; joining again");
          releaseAll();
          isMember = false;
        } else {
          // The broker is away or busy. The membership may well outlive that: the next heartbeat tells.
          failures++;
          // The first use of a group meets some refusals while the broker makes the topic of the positions.
          const line = failures === 6 ? "warn" : "debug";
          log[line]({ group, topic, reason: reasonOf(error) }, "no word from the group's coordinator; trying on");
          await pause(Math.min(1_000, RETRY_PAUSE_MS_MIN * 2 ** (failures - 1)));
        }
      }
    }
  }

  /** Lets handlers finish and commit before the partitions may change hands; heartbeats go on meanwhile. */
  async function handOver(): Promise<void> {
    handingOver = true;
    wake();
    const until = clock.monotonicMs() + HAND_OVER_MS;
    let beatAt = clock.monotonicMs() + HEARTBEAT_MS;
    while (handling.size > 0 && clock.monotonicMs() < until && !stopped.signal.aborted) {
      await change(Math.max(1, Math.min(until, beatAt) - clock.monotonicMs()), stopped.signal);
      if (clock.monotonicMs() < beatAt) continue;
      beatAt = clock.monotonicMs() + HEARTBEAT_MS;
      await beat().catch(() => undefined);
    }
  }

  // --- fetching ---

  const fetching = new Set<number>();
  let scheduling = false;
  let scheduleAgain = false;
  let turn = 0;

  const hasRoom = (own: Owned) =>
    own.live &&
    own.position !== undefined &&
    own.buffer.length < options.recordsMax &&
    own.bufferedBytes < options.bytesMax &&
    own.blockedUntil <= clock.monotonicMs();

  /** Starts a fetch from every broker that leads a partition with room and has none under way. */
  function schedule(): void {
    if (scheduling) {
      scheduleAgain = true;
      return;
    }
    scheduling = true;
    void (async () => {
      let failures = 0;
      do {
        scheduleAgain = false;
        const wanted = [...owned.values()].filter(hasRoom);
        if (wanted.length === 0 || closing) continue;
        try {
          const leaders = await dataConnection.once(async (client) => {
            const found = await client.leaders(topic);
            if (wanted.some((own) => (found[own.partition] ?? -1) < 0)) throw errorOfCode(LEADER_NOT_AVAILABLE);
            return found;
          });
          failures = 0;
          const byLeader = new Map<number, Owned[]>();
          for (const own of wanted) {
            const leader = leaders[own.partition]!;
            if (!fetching.has(leader)) byLeader.set(leader, [...(byLeader.get(leader) ?? []), own]);
          }
          for (const [leader, parts] of byLeader) {
            fetching.add(leader);
            void fetchFrom(leader, parts).then(() => {
              fetching.delete(leader);
              schedule();
            });
          }
        } catch (error) {
          log.debug({ topic, reason: reasonOf(error) }, "leaders unknown; asking again");
          await pause(Math.min(1_000, RETRY_PAUSE_MS_MIN * 2 ** failures++));
          scheduleAgain = true;
        }
      } while (scheduleAgain && !closing);
      scheduling = false;
    })();
  }

  async function fetchFrom(leader: number, parts: readonly Owned[]): Promise<void> {
    // In turns, since the first partition of a request is the one that gets a batch larger than asked for.
    const from = turn++ % parts.length;
    const inTurn = [...parts.slice(from), ...parts.slice(0, from)];
    try {
      const { partitions } = await dataConnection.once((client) =>
        fetchRecords(client, leader, topic, {
          waitMs: FETCH_WAIT_MS,
          bytesMax: FETCH_BYTES_MAX,
          positions: inTurn.map((own) => ({
            partition: own.partition,
            offset: own.fetchFrom,
            bytesMax: Math.min(FETCH_PARTITION_BYTES_MAX, options.bytesMax),
          })),
        }),
      );
      let failure: unknown;
      for (const fetched of partitions) {
        const own = inTurn.find(({ partition }) => partition === fetched.partition);
        if (!own?.live) continue;
        if (fetched.errorCode === OFFSET_OUT_OF_RANGE) await beginAgain(own);
        else if (fetched.errorCode !== 0) failure = errorOfCode(fetched.errorCode);
        else keep(own, fetched.batches);
      }
      if (failure !== undefined) throw failure;
    } catch (error) {
      if (closing) return;
      log.debug({ topic, reason: reasonOf(error) }, "fetch failed; trying again");
      const type = errorType(error);
      // An answer inside of the fetch: `once` has seen none of it.
      if (type !== undefined) {
        await dataConnection
          .once(async (client) => {
            client.forgetLeaders();
          })
          .catch(() => undefined);
      }
      await pause(RETRY_PAUSE_MS_MIN * 2);
    }
  }

  function keep(own: Owned, batches: Buffer): void {
    if (batches.length === 0) return;
    try {
      const { records, nextOffset } = decodeBatches(batches, own.fetchFrom, `${topic}, partition ${own.partition}`);
      if (records.length > 0 && own.buffer.length === 0) own.bufferedSince = clock.monotonicMs();
      for (const record of records) {
        own.buffer.push(record);
        own.bufferedBytes += recordBytes(record);
      }
      own.fetchFrom = nextOffset;
      if (own.blockedUntil > 0 && !own.held) tellWell(own.partition);
      own.blockedUntil = 0;
      if (records.length > 0) wake();
    } catch (error) {
      log.error({ topic, partition: own.partition, reason: reasonOf(error) }, "records can't be read");
      tell(error, own.partition, own.fetchFrom);
      own.blockedUntil = clock.monotonicMs() + RETRY_PAUSE_MS_MAX;
      void pause(RETRY_PAUSE_MS_MAX).then(schedule);
    }
  }

  /** The position is outside of what the broker keeps: expired, or the topic is another one than it was. */
  async function beginAgain(own: Owned): Promise<void> {
    const bound = (await context.bounds(dataConnection))[own.partition]!;
    const isExpired = own.fetchFrom < bound.firstOffset;
    log[isExpired && own.fetchFrom > 0 ? "error" : "debug"](
      { group, topic, position: own.fetchFrom, ...bound },
      "the position is outside of the records kept; reading goes on at the first of them",
    );
    if (own.buffer.length > 0 || handling.has(own.partition) || own.held) {
      // What is buffered comes first; the fetch meets the same answer again afterwards.
      await pause(RETRY_PAUSE_MS_MIN);
      return;
    }
    own.fetchFrom = bound.firstOffset;
    own.position = bound.firstOffset;
    wake();
  }

  // --- handling ---

  const isAwaited = (own: Owned) => [...awaited].some((targets) => targets[own.partition]! > (own.position ?? 0));

  async function pump(own: Owned): Promise<void> {
    // Of the time when the partition was ours before.
    await handling.get(own.partition);
    await begin(own);
    while (own.live && !closing) {
      if (handingOver || (own.buffer.length === 0 && !own.held)) {
        await change();
        continue;
      }
      if (own.held) {
        const pauseMs = Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS_MIN * 2 ** (own.held.failures - 1));
        const until = clock.monotonicMs() + pauseMs;
        while (own.live && !closing && clock.monotonicMs() < until) await change(until - clock.monotonicMs());
        if (!own.live || closing || handingOver) continue;
      } else if (!(await linger(own))) continue;
      const batch = own.held ?? { records: cut(own), failures: 0 };
      own.held = batch;
      schedule();
      const under = attempt(own, batch);
      handling.set(own.partition, under);
      await under;
      handling.delete(own.partition);
      wake();
    }
  }

  /** Where reading begins. */
  async function begin(own: Owned): Promise<void> {
    for (let failures = 0; own.live && !stopped.signal.aborted && !closing; failures++) {
      try {
        const position = (await context.committed(groupConnection))[own.partition]!;
        const asked = await options.resumeAt?.(own.partition);
        if (!own.live) return;
        const start = asked === undefined ? position : Math.max(0, Math.min(position, asked));
        own.position = start;
        own.fetchFrom = start;
        // Told to the group too, so that its lag counts what comes again.
        if (start < position) await commit(own, start);
        if (own.live) tellWell(own.partition);
        wake();
        schedule();
        return;
      } catch (error) {
        log.debug(
          { group, topic, partition: own.partition, reason: reasonOf(error) },
          "where to begin is not known yet",
        );
        if (own.live) tell(error, own.partition, own.fetchFrom);
        const until = clock.monotonicMs() + Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS_MIN * 2 ** failures);
        while (own.live && !closing && clock.monotonicMs() < until) await change(until - clock.monotonicMs());
      }
    }
  }

  /** Waits for company; false when the partition, the rebalance or the end came between. */
  async function linger(own: Owned): Promise<boolean> {
    const until = own.bufferedSince + options.lingerMs;
    for (;;) {
      if (!own.live || closing || handingOver || own.buffer.length === 0) return false;
      const isFull = own.buffer.length >= options.recordsMax || own.bufferedBytes >= options.bytesMax;
      const leftMs = until - clock.monotonicMs();
      if (isFull || leftMs <= 0 || isAwaited(own)) return true;
      await change(leftMs);
    }
  }

  function cut(own: Owned): readonly LogRecord[] {
    let count = 0;
    let bytes = 0;
    for (const record of own.buffer) {
      const added = recordBytes(record);
      if (count > 0 && (count >= options.recordsMax || bytes + added > options.bytesMax)) break;
      bytes += added;
      count++;
    }
    own.bufferedBytes -= bytes;
    own.bufferedSince = clock.monotonicMs();
    return own.buffer.splice(0, count);
  }

  async function attempt(
    own: Owned,
    batch: { readonly records: readonly LogRecord[]; failures: number },
  ): Promise<void> {
    const { records } = batch;
    try {
      await options.handle({ topic: options.topic, partition: own.partition, records });
    } catch (error) {
      batch.failures++;
      // Of one that is another reader's by now nobody would say that it is over.
      if (own.live) tell(error, own.partition, records[0]!.offset);
      return;
    }
    if (own.held === batch) own.held = undefined;
    await commit(own, records.at(-1)!.offset + 1);
  }

  // --- positions ---

  const uncommitted = new Set<Owned>();
  let committing: Promise<void> | undefined;
  let failingSince: number | undefined;

  /** Resolves when the group's position is behind what was handled, or the partition is not ours any more. */
  async function commit(own: Owned, nextOffset: number): Promise<void> {
    own.handledTo = nextOffset;
    uncommitted.add(own);
    while (uncommitted.has(own)) {
      committing ??= flush().finally(() => {
        committing = undefined;
      });
      await committing;
    }
  }

  async function flush(): Promise<void> {
    // Partitions that end in the same turn of the event loop share a request.
    await new Promise((resolve) => setImmediate(resolve));
    for (const own of uncommitted) if (!own.live) uncommitted.delete(own);
    const round = [...uncommitted].map((own) => ({ own, partition: own.partition, nextOffset: own.handledTo }));
    if (round.length === 0) return;
    // Of now: by the time that the request goes out a rebalance may have given some of them away.
    const membership = { memberId, generation };
    try {
      await groupConnection.once((client) => commitPositions(client, group, topic, membership, round));
      for (const { own, nextOffset } of round) {
        own.position = nextOffset;
        if (own.handledTo === nextOffset) uncommitted.delete(own);
      }
      failingSince = undefined;
      wake();
    } catch (error) {
      // A generation that ended: the membership finds out by its heartbeat, and lets go of what is not ours any more.
      log.debug({ group, topic, reason: reasonOf(error) }, "positions not committed; trying again");
      const now = clock.monotonicMs();
      failingSince = closing ? Math.max(failingSince ?? now, closingSince) : (failingSince ?? now);
      // A broker that stays away must not hold up the end: the records come again.
      if (closing && now - failingSince >= FAREWELL_MS) uncommitted.clear();
      else await pause(RETRY_PAUSE_MS_MIN);
    }
  }

  async function positions(): Promise<readonly number[]> {
    const known = Array.from({ length: partitionCount }, (_, p) => owned.get(p)?.position);
    if (known.every((position) => position !== undefined)) return known as number[];
    const told = await context.committed(dataConnection);
    return known.map((position, p) => position ?? told[p]!);
  }

  const where = `event log at ${context.where}`;
  const closedEarly = () =>
    new Error(`${where}: the subscription of ${options.group} to ${options.topic} closed before it caught up`);

  void member();
  const patience = new AbortController();
  await Promise.race([joined, clock.sleep(FIRST_JOIN_MS, patience.signal).catch(() => undefined)]);
  patience.abort();

  let closed: Promise<void> | undefined;
  return {
    async lag() {
      const [ends, now] = await withDeadline(Promise.all([context.bounds(dataConnection), positions()]), ASK_MS, clock);
      return ends.reduce((sum, { partition, nextOffset }) => sum + Math.max(0, nextOffset - now[partition]!), 0);
    },

    async caughtUp(signal) {
      if (signal?.aborted) throw signal.reason;
      if (closing) throw closedEarly();
      let targets: readonly number[] | undefined;
      try {
        for (;;) {
          try {
            if (!targets) {
              targets = (await context.bounds(dataConnection)).map(({ nextOffset }) => nextOffset);
              awaited.add(targets);
              wake();
            }
            const now = await positions();
            // What is ours counts once it is known where to begin: `resumeAt` may move the position back.
            const isBegun = [...owned.values()].every(({ position }) => position !== undefined);
            if (isBegun && targets.every((target, p) => now[p]! >= target)) return;
          } catch (error) {
            log.debug({ group, topic, reason: reasonOf(error) }, "positions unknown; asking again");
          }
          if (signal?.aborted) throw signal.reason;
          if (closing) throw closedEarly();
          await change(CAUGHT_UP_POLL_MS, signal);
        }
      } finally {
        if (targets) awaited.delete(targets);
      }
    },

    close() {
      closed ??= (async () => {
        closing = true;
        closingSince = clock.monotonicMs();
        wake();
        // Heartbeats and commits go on until the last handler is done.
        while (handling.size > 0) await change();
        stopped.abort();
        if (memberId !== "") {
          const leaving = dataConnection.once(async (client) => {
            await (await client.coordinator(group)).leaveGroup({ groupId: group, memberId });
          });
          await withDeadline(leaving, FAREWELL_MS, clock).catch(() => undefined);
        }
        releaseAll();
        await Promise.all([groupConnection.close(), dataConnection.close()]);
      })();
      return closed;
    },
  };
}

const OUTCAST = new Set(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID"]);
