/**
 * The event log: ordered, durable, partitioned by key. Kafka's model, small.
 *
 * Promises of every adapter (held by `contract.ts`): `append` resolves only when the records would survive kill -9 of
 * every process involved; offsets of a partition are dense from 0; records of one key keep the order in which their
 * appends were called; a reader sees a record only after it is durable; the records of one partition in a batch are
 * appended whole or not at all. An `append` that failed may have left some partitions written (a broker that went away
 * between two of them): the caller sends the batch again, and readers count an eventId once.
 */

/** Values above this are refused, with the index of the record. */
export const RECORD_BYTES_MAX = 1_048_576;
/** Keys above this (UTF-8) are refused. */
export const KEY_BYTES_MAX = 256;
/** Records of one `append`. */
export const APPEND_RECORDS_MAX = 20_000;
/** Keys and values of one `append` together: what one partition gets of it is one batch of Kafka's. */
export const APPEND_BYTES_MAX = 33_554_432;

export interface NewRecord {
  readonly key: string;
  /** UTF-8 JSON in all our topics; a string is encoded as UTF-8. */
  readonly value: Uint8Array | string;
}

export interface LogRecord {
  readonly offset: number;
  readonly key: string;
  readonly value: Uint8Array;
}

export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** In offset order, never empty. */
  readonly records: readonly LogRecord[];
}

export interface PartitionBounds {
  readonly partition: number;
  /** The oldest offset still kept. */
  readonly firstOffset: number;
  /** The offset that the next record will get. */
  readonly nextOffset: number;
}

export interface SubscriptionOptions {
  /** Readers of one group share the partitions; each group sees every record. */
  readonly group: string;
  readonly topic: string;
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** Wait this long for a fuller batch before a handler is called with a smaller one. 0: at once. */
  readonly lingerMs: number;
  /**
   * Called with one partition's batch at a time, in order; partitions may run side by side. When it resolves, the
   * group's position moves behind the batch. When it throws, the same records come again after a growing pause (100 ms
   * to 5 s), until they pass or the subscription closes: nothing is skipped.
   */
  handle(batch: RecordBatch): Promise<void>;
  /**
   * Asked whenever this reader takes a partition: how far the reader's own store is. The earlier of that and the group's
   * position is where reading begins, so that a store restored from an older backup gets what it lost, and a group whose
   * position was lost is no harm. undefined: the store can't tell, the group's position counts.
   */
  resumeAt?(partition: number): Promise<number | undefined>;
  /** Told of each failed attempt. */
  onError?(error: unknown, batch: { topic: string; partition: number; firstOffset: number }): void;
  /**
   * Told when what `onError` told of a partition is over without a batch of it having passed: it is known where to begin,
   * and there may be no record for days; or the partition is another reader's now. May come without an error before it.
   */
  onWell?(place: { topic: string; partition: number }): void;
}

export interface Subscription {
  /** Records appended but not yet handled by the group, over all partitions. */
  lag(): Promise<number>;
  /** Resolves when everything appended before the call has been handled. */
  caughtUp(signal?: AbortSignal): Promise<void>;
  /** Waits for handlers under way, then stops. */
  close(): Promise<void>;
}

export interface EventLog {
  /**
   * Creates the topic where it is missing. Throws when it exists with another number of partitions. What was appended longer
   * ago than `retentionMs` may go, oldest first and in large pieces, so that some of it stays longer; without it nothing
   * goes. Kafka is told when the topic is made: of one that exists, its own setting counts.
   */
  ensureTopic(topic: {
    readonly name: string;
    readonly partitionCount: number;
    readonly retentionMs?: number;
  }): Promise<void>;
  /** Refuses all of a batch when one record is out of bounds; answers each record's place, in the order given. The partition is a hash of the key. */
  append(topic: string, records: readonly NewRecord[]): Promise<readonly { partition: number; offset: number }[]>;
  /** In the order of the partitions. */
  bounds(topic: string): Promise<readonly PartitionBounds[]>;
  /** A bounded read from `fromOffset`; empty at the end. At least one record where there is one, whatever `bytesMax`. */
  read(request: {
    readonly topic: string;
    readonly partition: number;
    readonly fromOffset: number;
    readonly recordsMax: number;
    readonly bytesMax: number;
  }): Promise<readonly LogRecord[]>;
  /** The next offset that the group would handle, by partition; 0 where it never committed. */
  committed(group: string, topic: string): Promise<readonly { partition: number; nextOffset: number }[]>;
  /** Moves a group's position, back (a replay) or forth. Refused while that group has a subscription, here or in another process. */
  commit(group: string, topic: string, positions: readonly { partition: number; nextOffset: number }[]): Promise<void>;
  subscribe(options: SubscriptionOptions): Promise<Subscription>;
  /** Product and version, for `doctor`. Throws when it can't be reached. */
  describe(): Promise<string>;
  close(): Promise<void>;
}
