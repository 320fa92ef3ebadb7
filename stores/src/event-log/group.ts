/**
 * The readers of one group on one topic, within a process: who handles which partition, when, and what is handled next.
 *
 * One loop a partition, whoever its reader is: the records of a partition are handled one batch at a time also while
 * readers join and leave. Partition p belongs to reader p modulo the number of readers, looked up for every batch, so a
 * rebalance needs no agreement: the batch under way ends with its old reader, the next one goes to the new.
 * A batch that failed is kept and handed out again as it was, so that a handler that cuts its work by batch meets the
 * same cuts. A reader that takes a partition is asked first where its own store is (`resumeAt`).
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { LogRecord, Subscription, SubscriptionOptions } from "./port.ts";

const RETRY_PAUSE_MS_MIN = 100;
const RETRY_PAUSE_MS_MAX = 5_000;

export interface GroupSource {
  readonly topic: string;
  readonly partitionCount: number;
  /** The offset behind the last record that may be read. */
  nextOffset(partition: number): number;
  /** Bytes that became readable since the process began: only differences mean something. */
  appendedBytes(partition: number): number;
  read(
    partition: number,
    fromOffset: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): readonly LogRecord[];
  position(partition: number): number;
  /** Resolves when the position is durable and `position` answers it. */
  savePosition(partition: number, nextOffset: number): Promise<void>;
}

export interface Group {
  join(options: SubscriptionOptions): Subscription;
  /** Records of the partition became readable. */
  wake(partition: number): void;
  /** Whether anyone reads, or a handler is still under way. */
  busy(): boolean;
}

interface Member {
  readonly options: SubscriptionOptions;
  left: boolean;
  readonly attempts: Set<Promise<void>>;
}

interface Held {
  readonly records: readonly LogRecord[];
  readonly failures: number;
}

interface Waiter {
  readonly member: Member;
  readonly targets: readonly number[];
  settle(error?: unknown): void;
}

export function createGroup(source: GroupSource, clock: Clock): Group {
  const { topic, partitionCount } = source;
  const members: Member[] = [];
  const running = new Set<number>();
  const wakers = Array.from({ length: partitionCount }, () => new Set<() => void>());
  const held = new Map<number, Held>();
  /** Who was asked last where its own store is, by partition: whoever takes one is asked before its first batch. */
  const begunBy = new Map<number, Member>();
  const catchingUp = new Set<Waiter>();
  /** Who was told of an error, by partition, and not yet that it is over. */
  const toldOf = new Map<number, Member>();

  const wake = (partition: number) => {
    for (const waker of [...wakers[partition]!]) waker();
  };
  const wakeAll = () => {
    for (let partition = 0; partition < partitionCount; partition++) wake(partition);
  };

  /** Until the partition or the readers change, or the time is over. */
  function change(partition: number, timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const done = () => {
        wakers[partition]!.delete(done);
        over.abort();
        resolve();
      };
      wakers[partition]!.add(done);
      if (timeoutMs !== undefined) clock.sleep(timeoutMs, over.signal).then(done, () => undefined);
    });
  }

  /** Not before the partition's reader has said where its own store is: the position may move back. */
  const isBegun = (partition: number) => {
    const member = members[partition % members.length];
    return !member?.options.resumeAt || begunBy.get(partition) === member;
  };
  const reached = (targets: readonly number[]) =>
    targets.every((target, p) => source.position(p) >= target && isBegun(p));
  const settleReached = () => {
    for (const waiter of [...catchingUp]) if (reached(waiter.targets)) waiter.settle();
  };

  /** Whether someone waits for records that nobody has handled yet: then company is not worth a wait. */
  const isAwaited = (partition: number) =>
    [...catchingUp].some(({ targets }) => targets[partition]! > source.position(partition));

  /** The next batch for the member, or undefined when the readers changed while it waited. */
  async function nextBatch(partition: number, member: Member): Promise<readonly LogRecord[] | undefined> {
    const { recordsMax, bytesMax, lingerMs } = member.options;
    const from = source.position(partition);
    if (source.nextOffset(partition) <= from) {
      await change(partition);
      return undefined;
    }
    let records = source.read(partition, from, member.options);
    const readTo = () => from + records.length;
    if (lingerMs > 0 && readTo() === source.nextOffset(partition)) {
      // Everything there is fits: wait for more until it no longer would.
      const spare = bytesMax - records.reduce((sum, r) => sum + r.value.length + Buffer.byteLength(r.key), 0);
      const appended = source.appendedBytes(partition);
      const until = clock.monotonicMs() + lingerMs;
      for (;;) {
        const leftMs = until - clock.monotonicMs();
        const full = source.nextOffset(partition) - from >= recordsMax;
        if (leftMs <= 0 || full || isAwaited(partition) || source.appendedBytes(partition) - appended >= spare) break;
        await change(partition, leftMs);
        if (member.left || members[partition % members.length] !== member) return undefined;
      }
      if (source.nextOffset(partition) > readTo()) records = source.read(partition, from, member.options);
    }
    return records;
  }

  async function attempt(partition: number, member: Member, batch: Held): Promise<void> {
    const first = batch.records[0]!.offset;
    try {
      await member.options.handle({ topic, partition, records: batch.records });
      await source.savePosition(partition, first + batch.records.length);
      held.delete(partition);
      settleReached();
    } catch (error) {
      held.set(partition, { records: batch.records, failures: batch.failures + 1 });
      tell(member, error, partition, first);
    }
  }

  /** Moves the position back to where the member's own store is. */
  async function begin(partition: number, member: Member): Promise<void> {
    const asked = await member.options.resumeAt?.(partition);
    if (asked !== undefined && asked < source.position(partition)) {
      held.delete(partition);
      await source.savePosition(partition, Math.max(0, asked));
    }
    begunBy.set(partition, member);
    tellWell(partition);
    settleReached();
  }

  function tell(member: Member, error: unknown, partition: number, firstOffset: number): void {
    toldOf.set(partition, member);
    try {
      member.options.onError?.(error, { topic, partition, firstOffset });
    } catch {
      // A listener that throws must not stop the partition: the records come again either way.
    }
  }

  function tellWell(partition: number): void {
    const member = toldOf.get(partition);
    toldOf.delete(partition);
    try {
      member?.options.onWell?.({ topic, partition });
    } catch {
      // As above.
    }
  }

  async function pump(partition: number): Promise<void> {
    let readFailures = 0;
    for (;;) {
      const member = members[partition % members.length];
      if (!member) break;
      // It is another reader's now.
      if (toldOf.get(partition) !== member) tellWell(partition);
      let batch = held.get(partition);
      const failures = batch?.failures ?? readFailures;
      if (failures > 0) {
        const pauseMs = Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS_MIN * 2 ** (failures - 1));
        const until = clock.monotonicMs() + pauseMs;
        while (!member.left && clock.monotonicMs() < until) await change(partition, until - clock.monotonicMs());
        if (member.left) continue;
      }
      if (begunBy.get(partition) !== member) {
        try {
          await begin(partition, member);
          readFailures = 0;
          batch = held.get(partition);
        } catch (error) {
          readFailures++;
          tell(member, error, partition, source.position(partition));
          continue;
        }
        // Its leave woke nobody while it was asked.
        if (member.left) continue;
      }
      if (!batch) {
        try {
          const records = await nextBatch(partition, member);
          readFailures = 0;
          if (!records) continue;
          batch = { records, failures: 0 };
        } catch (error) {
          readFailures++;
          tell(member, error, partition, source.position(partition));
          continue;
        }
      }
      if (member.left) continue;
      const under = attempt(partition, member, batch);
      member.attempts.add(under);
      await under;
      member.attempts.delete(under);
    }
    held.delete(partition);
    begunBy.delete(partition);
    toldOf.delete(partition);
    running.delete(partition);
  }

  function startPumps(): void {
    for (let partition = 0; partition < partitionCount; partition++) {
      if (running.has(partition)) continue;
      running.add(partition);
      void pump(partition);
    }
  }

  return {
    wake,
    busy: () => members.length > 0 || running.size > 0,
    join(options) {
      const member: Member = { options, left: false, attempts: new Set() };
      members.push(member);
      startPumps();
      wakeAll();
      let closing: Promise<void> | undefined;
      return {
        async lag() {
          let lag = 0;
          for (let p = 0; p < partitionCount; p++) lag += Math.max(0, source.nextOffset(p) - source.position(p));
          return lag;
        },
        caughtUp(signal) {
          const targets = Array.from({ length: partitionCount }, (_, p) => source.nextOffset(p));
          return new Promise((resolve, reject) => {
            const settle = (error?: unknown) => {
              catchingUp.delete(waiter);
              signal?.removeEventListener("abort", onAbort);
              if (error === undefined) resolve();
              else reject(error);
            };
            const waiter: Waiter = { member, targets, settle };
            const onAbort = () => settle(signal?.reason ?? new Error("aborted"));
            if (signal?.aborted) return onAbort();
            if (reached(targets)) return settle();
            if (closing) return settle(closedBeforeCaughtUp(options));
            catchingUp.add(waiter);
            wakeAll();
            signal?.addEventListener("abort", onAbort, { once: true });
          });
        },
        close() {
          closing ??= (async () => {
            members.splice(members.indexOf(member), 1);
            member.left = true;
            wakeAll();
            while (member.attempts.size > 0) await Promise.all(member.attempts);
            for (const waiter of [...catchingUp]) {
              if (waiter.member === member) waiter.settle(closedBeforeCaughtUp(options));
            }
            // The last one out waits until the loops have seen it, so that `commit` is accepted afterwards.
            while (members.length === 0 && running.size > 0) await new Promise((resolve) => setImmediate(resolve));
          })();
          return closing;
        },
      };
    },
  };
}

function closedBeforeCaughtUp(options: SubscriptionOptions): Error {
  return new Error(`event log: the subscription of ${options.group} to ${options.topic} closed before it caught up`);
}
