/**
 * Appends to Kafka: one lane a topic, one round of it under way at a time.
 *
 * Appends that arrive while a round is under way wait and go together in the next one, one batch a partition: a round trip
 * is paid once for all that came during the last, and with one round in flight the records of a key keep their order
 * whatever fails. Every lane is an idempotent producer of its own: a batch sent again carries the same sequence, so a broker
 * that already has it answers with its old place. That holds only while nobody knows the batch to be lost: once a round is
 * given up its sequences are in doubt (the next batch under the same number would be taken for the old one, acknowledged
 * and not written; kafkajs's producer does just that), so the lane begins again as a new producer.
 *
 * No transactions: they would put control records between ours, and offsets are promised dense.
 *
 * An append settles within `APPEND_DEADLINE_MS`. One that was given up may still be written later.
 */
import type { Clock } from "@thewatcher/kit/clock";
import {
  API,
  errorOfCode,
  isLasting,
  type KafkaClient,
  type KafkaConnection,
  REQUEST_TIMEOUT_MS,
  reasonOf,
} from "./kafka-connection.ts";
import { decodeProduce, encodeBatch, encodeProduce, RECORD_OVERHEAD_BYTES_MAX, restamp } from "./kafka-wire.ts";
import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX, type NewRecord } from "./port.ts";

/** From the call to its answer, also while every broker is away: below the patience of who posts events. */
export const APPEND_DEADLINE_MS = 15_000;
/** Appends that wait for their round. 64 MB hold some 100,000 events: ten seconds of a busy collector. */
export const QUEUE_BYTES_MAX = 67_108_864;
/** Of one round: beyond it, what waits forms the next one. An append alone may be larger, up to APPEND_BYTES_MAX. */
const ROUND_BYTES_MAX = 4_194_304;
const ROUND_RECORDS_MAX = APPEND_RECORDS_MAX;
/** A partition's batch with the largest append and Kafka's own bytes around every record: `max.message.bytes` of our topics. */
export const BATCH_BYTES_MAX = APPEND_BYTES_MAX + APPEND_RECORDS_MAX * RECORD_OVERHEAD_BYTES_MAX + 1_024;
const RETRY_PAUSE_MS_MIN = 20;
const RETRY_PAUSE_MS_MAX = 500;
/** Sequences are counted in 31 bits. */
const SEQUENCES = 2 ** 31;

export type Place = { readonly partition: number; readonly offset: number };

export interface LaneAppend {
  readonly records: readonly NewRecord[];
  readonly valueBytes: Uint32Array;
  readonly partitions: Uint16Array;
  readonly bytes: number;
}

export interface Producer {
  append(topic: string, append: LaneAppend): Promise<readonly Place[]>;
  /** Resolves when every append has settled. */
  idle(): Promise<void>;
}

interface Pending extends LaneAppend {
  readonly until: number;
  settled: boolean;
  resolve(places: readonly Place[]): void;
  reject(error: Error): void;
}

/** A producer as the broker knows it. */
interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** By partition: the sequence of the next record. */
  readonly sequences: Map<number, number>;
}

interface PartitionPart {
  readonly partition: number;
  readonly records: NewRecord[];
  readonly valueBytes: number[];
  batch?: Buffer;
  outcome?: { readonly baseOffset: number } | { readonly error: Error };
}

export function createProducer(options: {
  readonly connection: KafkaConnection;
  readonly clock: Clock;
  /** Without the password. */
  readonly where: string;
}): Producer {
  const { connection, clock, where } = options;
  const lanes = new Map<string, ReturnType<typeof createLane>>();
  let waitingBytes = 0;

  function createLane(topic: string) {
    const queue: Pending[] = [];
    let identity: Identity | undefined;
    let running: Promise<void> | undefined;

    async function drain(): Promise<void> {
      // What else arrives in this turn of the event loop (one request each from many connections) joins the round.
      await new Promise((resolve) => setImmediate(resolve));
      while (queue.length > 0) await sendRound(takeRound());
      running = undefined;
    }

    function takeRound(): readonly Pending[] {
      let count = 0;
      let bytes = 0;
      let records = 0;
      for (const pending of queue) {
        bytes += pending.bytes;
        records += pending.records.length;
        if (count > 0 && (bytes > ROUND_BYTES_MAX || records > ROUND_RECORDS_MAX)) break;
        count++;
      }
      const taken = queue.splice(0, count);
      for (const pending of taken) waitingBytes -= pending.bytes;
      return taken.filter((pending) => !pending.settled);
    }

    async function sendRound(round: readonly Pending[]): Promise<void> {
      if (round.length === 0) return;
      const parts = gather(round);
      const until = Math.max(...round.map((pending) => pending.until));
      let open = [...parts.values()];
      let reason: unknown;
      for (let pauseMs = RETRY_PAUSE_MS_MIN; ; pauseMs = Math.min(RETRY_PAUSE_MS_MAX, pauseMs * 2)) {
        try {
          reason = undefined;
          await connection.once((client) => attempt(client, open));
        } catch (error) {
          reason = error;
        }
        open = open.filter((part) => part.outcome === undefined);
        if (open.length === 0) break;
        if ((reason !== undefined && isLasting(reason)) || clock.monotonicMs() + pauseMs >= until) {
          const error = new Error(`no answer in time`, { cause: reason });
          for (const part of open) part.outcome = { error: reason instanceof Error ? reason : error };
          break;
        }
        await clock.sleep(pauseMs);
      }
      const isInDoubt = [...parts.values()].some((part) => part.outcome && "error" in part.outcome);
      if (isInDoubt) identity = undefined;
      answer(round, parts);
    }

    /** Sends what is open once. Parts that got an answer have an outcome after it; the others are to be sent again. */
    async function attempt(client: KafkaClient, open: readonly PartitionPart[]): Promise<void> {
      const leaders = await client.leaders(topic);
      identity ??= await introduce(client);
      const own = identity;
      const byLeader = new Map<number, PartitionPart[]>();
      for (const part of open) {
        const leader = leaders[part.partition];
        if (leader === undefined || leader < 0) throw errorOfCode(LEADER_NOT_AVAILABLE);
        stamp(part, own);
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), part]);
      }
      const failures: unknown[] = [];
      await Promise.all(
        [...byLeader].map(async ([leader, parts]) => {
          try {
            await produce(client, leader, parts);
          } catch (error) {
            failures.push(error);
          }
        }),
      );
      if (failures.length > 0) throw failures[0];
    }

    const stamped = new WeakMap<PartitionPart, Identity>();

    /** Encodes the part's batch under this producer, or leaves it as it was sent before. */
    function stamp(part: PartitionPart, own: Identity): void {
      if (stamped.get(part) === own) return;
      const baseSequence = own.sequences.get(part.partition) ?? 0;
      const { producerId, producerEpoch } = own;
      if (part.batch) restamp(part.batch, { producerId, producerEpoch, baseSequence });
      else {
        part.batch = encodeBatch(part.records, part.valueBytes, clock.now(), {
          producerId,
          producerEpoch,
          baseSequence,
        });
      }
      own.sequences.set(part.partition, (baseSequence + part.records.length) % SEQUENCES);
      stamped.set(part, own);
    }

    async function produce(client: KafkaClient, leader: number, parts: readonly PartitionPart[]): Promise<void> {
      const batches = parts.map((part) => ({ partition: part.partition, batch: part.batch! }));
      const body = encodeProduce(topic, batches, REQUEST_TIMEOUT_MS);
      const request = { apiKey: API.produce, version: 7, name: "Produce", body };
      const outcomes = decodeProduce(await client.send(leader, request, REQUEST_TIMEOUT_MS));
      let again: Error | undefined;
      for (const part of parts) {
        const found = outcomes.find(({ partition }) => partition === part.partition);
        if (!found) again = new Error(`the broker's answer has no word on partition ${part.partition}`);
        else if (found.errorCode === 0) part.outcome = { baseOffset: found.baseOffset };
        else {
          const error = errorOfCode(found.errorCode);
          if (FORGOTTEN.has(error.type)) {
            // The broker does not know us any more (its state was lost or has expired) and has not written the batch:
            // the same records go out under a new name.
            identity = undefined;
            again = error;
          } else if (isLasting(error) || error.type === "DUPLICATE_SEQUENCE_NUMBER") part.outcome = { error };
          else again = error;
        }
      }
      if (again) throw again;
    }

    return {
      idle: () => running ?? Promise.resolve(),
      enqueue(pending: Pending): void {
        queue.push(pending);
        running ??= drain();
      },
    };
  }

  async function introduce(client: KafkaClient): Promise<Identity> {
    const broker = await client.controller();
    const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
    return { producerId: BigInt(producerId), producerEpoch, sequences: new Map() };
  }

  function gather(round: readonly Pending[]): Map<number, PartitionPart> {
    const parts = new Map<number, PartitionPart>();
    for (const { records, valueBytes, partitions } of round) {
      for (let i = 0; i < records.length; i++) {
        let part = parts.get(partitions[i]!);
        if (!part) {
          part = { partition: partitions[i]!, records: [], valueBytes: [] };
          parts.set(part.partition, part);
        }
        part.records.push(records[i]!);
        part.valueBytes.push(valueBytes[i]!);
      }
    }
    return parts;
  }

  function answer(round: readonly Pending[], parts: ReadonlyMap<number, PartitionPart>): void {
    const behind = new Map<number, number>();
    for (const pending of round) {
      const places: Place[] = [];
      let failure: Error | undefined;
      for (const partition of pending.partitions) {
        const nth = behind.get(partition) ?? 0;
        behind.set(partition, nth + 1);
        const outcome = parts.get(partition)!.outcome!;
        if ("error" in outcome) failure = outcome.error;
        else places.push({ partition, offset: outcome.baseOffset + nth });
      }
      if (failure) pending.reject(failure);
      else pending.resolve(places);
    }
  }

  return {
    append(topic, append) {
      if (waitingBytes + append.bytes > QUEUE_BYTES_MAX && waitingBytes > 0) {
        return Promise.reject(
          new Error(
            `event log at ${where}: ${waitingBytes} bytes of appends wait for the broker, at most ${QUEUE_BYTES_MAX}; nothing of this one was appended`,
          ),
        );
      }
      let lane = lanes.get(topic);
      if (!lane) {
        lane = createLane(topic);
        lanes.set(topic, lane);
      }
      waitingBytes += append.bytes;
      return new Promise((resolve, reject) => {
        const over = new AbortController();
        const pending: Pending = {
          ...append,
          until: clock.monotonicMs() + APPEND_DEADLINE_MS,
          settled: false,
          resolve(places) {
            this.settled = true;
            over.abort();
            resolve(places);
          },
          reject(cause) {
            if (this.settled) return;
            this.settled = true;
            over.abort();
            reject(
              new Error(`event log at ${where}: append to ${topic}: ${reasonOf(cause)}; a part of it may be written`, {
                cause,
              }),
            );
          },
        };
        clock.sleep(APPEND_DEADLINE_MS, over.signal).then(
          () => pending.reject(new Error(`no answer within ${APPEND_DEADLINE_MS / 1_000} s`)),
          () => undefined,
        );
        lane.enqueue(pending);
      });
    },
    async idle() {
      await Promise.all([...lanes.values()].map((lane) => lane.idle()));
    },
  };
}

const LEADER_NOT_AVAILABLE = 5;
const FORGOTTEN = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
]);
