/**
 * The event log on LMDB: one value a block of records (see `block.ts`), keyed by topic, partition and first offset, so
 * that the order of keys is the order of the log and a reader at any offset finds its block by one step back.
 *
 * Group commit: one transaction is under way at a time; appends that arrive meanwhile wait and become durable together,
 * records of one partition in one block. Offsets are given when the transaction is made, so a refused one (a full disk)
 * leaves no hole. A record is readable once its transaction is on the disk (see `../lmdb/environment.ts`): what anyone
 * has read or been told survives kill -9 and loss of power. Positions of groups travel in the same transactions.
 *
 * One process owns the folder (the data folder's lock sees to it): offsets are kept in memory.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { openEnvironment } from "../lmdb/environment.ts";
import { BLOCK_BYTES_TARGET, checkBlock, decodeRecords, encodeBlock, entryBytes, recordCount } from "./block.ts";
import { createGroup, type Group } from "./group.ts";
import { checkReadLimits, checkRecords, checkTopic, partitionCountDiffers } from "./limits.ts";
import { partitionOf } from "./partitioner.ts";
import type { EventLog, LogRecord, NewRecord, Subscription } from "./port.ts";

/** Of one transaction: beyond it, the appends that wait form the next. 32 MB take about 0.1 s on the disk. */
const COMMIT_BYTES_MAX = 33_554_432;
/** Sanity bound of a block's count field. */
const BLOCK_RECORDS_MAX = 65_536;
const FORMAT_VERSION = 1;
/** How often a partition that forgets remembers where it is, and looks what may go. */
const MARK_EVERY_MS = 3_600_000;
/** Blocks that go with one commit: 0.5 GB, and some 10 ms. What is left over goes with the next mark. */
const FORGOTTEN_BLOCKS_MAX = 2_000;

interface Partition {
  readonly index: number;
  firstOffset: number;
  nextOffset: number;
  /** Bytes made readable since the process began. */
  appendedBytes: number;
  /** Of a topic that forgets, oldest first: what stands below the offset was appended before the instant. */
  readonly marks: { readonly at: number; readonly offset: number }[];
  /** The block read last: readers that take less than a block come back for the rest. */
  lastBlock: { readonly firstOffset: number; readonly block: Buffer } | undefined;
}

interface Topic {
  readonly id: number;
  readonly name: string;
  readonly partitions: readonly Partition[];
  retentionMs: number | undefined;
}

interface StoredTopic {
  readonly id: number;
  readonly partitionCount: number;
}

type Place = { readonly partition: number; readonly offset: number };

interface PendingAppend {
  readonly kind: "append";
  readonly topic: Topic;
  readonly records: readonly NewRecord[];
  readonly valueBytes: Uint32Array;
  readonly partitions: Uint16Array;
  readonly bytes: number;
  readonly places: Place[];
  resolve(): void;
  reject(error: unknown): void;
}

interface PendingMove {
  readonly kind: "move";
  readonly topic: Topic;
  readonly group: string;
  readonly positions: readonly { partition: number; nextOffset: number }[];
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Records of one partition within one transaction. */
interface Gathered {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly records: NewRecord[];
  readonly valueBytes: number[];
  bytes: number;
}

/** What a commit made a partition forget, once it is durable. */
interface Forgetting {
  readonly partition: Partition;
  readonly mark: { readonly at: number; readonly offset: number };
  readonly firstOffset: number;
  readonly marksGone: number;
}

/** Topic u32, partition u16, offset u64, big-endian: bytes in the order of the log. */
function blockKey(topicId: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(14);
  key.writeUInt32BE(topicId, 0);
  key.writeUInt16BE(partition, 4);
  key.writeUInt32BE(Math.floor(offset / 2 ** 32), 6);
  key.writeUInt32BE(offset >>> 0, 10);
  return key;
}

function offsetOfKey(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(6) * 2 ** 32 + view.getUint32(10);
}

const KEY_OFFSET_MAX = Number.MAX_SAFE_INTEGER;

export async function openLmdbEventLog(options: {
  readonly path: string;
  readonly clock: Clock;
}): Promise<EventLog & AsyncDisposable> {
  const { clock } = options;
  const environment = openEnvironment({
    path: options.path,
    store: "event log",
    formatVersion: FORMAT_VERSION,
    flush: "before-answer",
  });
  const blocks = environment.table<Buffer, Uint8Array>("blocks", { encoding: "binary", keyEncoding: "binary" });
  const topicTable = environment.table<StoredTopic, string>("topics", {});
  const positionTable = environment.table<number, [string, string, number]>("positions", {});
  const markTable = environment.table<number, [string, number, number]>("marks", {});

  const topics = new Map<string, Topic>();
  for (const { key, value } of topicTable.getRange({})) topics.set(key, loadTopic(key, value));
  const positions = new Map<string, number[]>();
  const groups = new Map<string, Group>();
  const subscriptions = new Set<Subscription>();
  const pending: (PendingAppend | PendingMove)[] = [];
  let committing: Promise<void> | undefined;

  function loadTopic(name: string, stored: StoredTopic): Topic {
    const partitions = Array.from({ length: stored.partitionCount }, (_, index): Partition => {
      const first = blockKey(stored.id, index, 0);
      const behind = blockKey(stored.id, index, KEY_OFFSET_MAX);
      let firstOffset = 0;
      let nextOffset = 0;
      for (const key of blocks.getKeys({ start: first, end: behind, limit: 1 })) firstOffset = offsetOfKey(key);
      for (const { key, value } of blocks.getRange({
        start: behind,
        end: first,
        inclusiveEnd: true,
        reverse: true,
        limit: 1,
      })) {
        nextOffset = offsetOfKey(key) + recordCount(value);
      }
      const marks = [...markTable.getRange({ start: [name, index, 0], end: [name, index + 1, 0] })].map(
        ({ key, value }) => ({ at: key[2], offset: value }),
      );
      return { index, firstOffset, nextOffset, appendedBytes: 0, marks, lastBlock: undefined };
    });
    return { id: stored.id, name, partitions, retentionMs: undefined };
  }

  function requireTopic(name: string): Topic {
    environment.requireOpen();
    const topic = topics.get(name);
    if (!topic) throw new Error(`event log: topic ${JSON.stringify(name)} is unknown; ensureTopic makes it`);
    return topic;
  }

  function requirePartition(topic: Topic, index: number): Partition {
    const partition = topic.partitions[index];
    if (!partition) {
      throw new RangeError(
        `event log: topic ${topic.name} has partitions 0 to ${topic.partitions.length - 1}, not ${index}`,
      );
    }
    return partition;
  }

  function positionsOf(group: string, topic: Topic): number[] {
    const name = JSON.stringify([group, topic.name]);
    let known = positions.get(name);
    if (!known) {
      known = topic.partitions.map(({ index }) => positionTable.get([group, topic.name, index]) ?? 0);
      positions.set(name, known);
    }
    return known;
  }

  // --- writing ---

  function enqueue(entry: PendingAppend | PendingMove): void {
    pending.push(entry);
    committing ??= commitAll();
  }

  async function commitAll(): Promise<void> {
    // What else arrives in this turn of the event loop (one packet each from many connections) joins the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (pending.length > 0) await commitGroup(takeGroup());
    committing = undefined;
  }

  function takeGroup(): readonly (PendingAppend | PendingMove)[] {
    let bytes = 0;
    let count = 0;
    while (count < pending.length && (count === 0 || bytes + pending[count]!.bytes <= COMMIT_BYTES_MAX)) {
      bytes += pending[count++]!.bytes;
    }
    return pending.splice(0, count);
  }

  async function commitGroup(group: readonly (PendingAppend | PendingMove)[]): Promise<void> {
    try {
      const gathered = gather(group);
      const now = clock.now();
      const marking = [...gathered.values()].filter((part) => isMarked(part, now));
      const forgetting: Forgetting[] = [];
      await environment.write((track) => {
        for (const part of gathered.values()) putBlocks(part, track);
        for (const part of marking) forgetting.push(markAndForget(part, now, track));
        for (const entry of group) {
          if (entry.kind !== "move") continue;
          for (const { partition, nextOffset } of entry.positions) {
            track(positionTable.put([entry.group, entry.topic.name, partition], nextOffset));
          }
        }
      });
      for (const { partition, records, bytes } of gathered.values()) {
        partition.nextOffset += records.length;
        partition.appendedBytes += bytes;
      }
      for (const { partition, mark, firstOffset, marksGone } of forgetting) {
        partition.marks.splice(0, marksGone);
        partition.marks.push(mark);
        partition.firstOffset = firstOffset;
        if (partition.lastBlock && partition.lastBlock.firstOffset < firstOffset) partition.lastBlock = undefined;
      }
      for (const entry of group) {
        if (entry.kind === "move") {
          const known = positionsOf(entry.group, entry.topic);
          for (const { partition, nextOffset } of entry.positions) known[partition] = nextOffset;
        }
        entry.resolve();
      }
      for (const { topic, partition } of gathered.values()) {
        for (const [name, readers] of groups) if (name.endsWith(`\n${topic.name}`)) readers.wake(partition.index);
      }
    } catch (error) {
      for (const entry of group) entry.reject(error);
    }
  }

  /** Gives every record its place, behind what is durable. */
  function gather(group: readonly (PendingAppend | PendingMove)[]): Map<Partition, Gathered> {
    const gathered = new Map<Partition, Gathered>();
    for (const entry of group) {
      if (entry.kind !== "append") continue;
      const { topic, records, valueBytes, partitions, places } = entry;
      for (let i = 0; i < records.length; i++) {
        const partition = topic.partitions[partitions[i]!]!;
        let part = gathered.get(partition);
        if (!part) {
          part = { topic, partition, records: [], valueBytes: [], bytes: 0 };
          gathered.set(partition, part);
        }
        places.push({ partition: partition.index, offset: partition.nextOffset + part.records.length });
        part.records.push(records[i]!);
        part.valueBytes.push(valueBytes[i]!);
        part.bytes += records[i]!.key.length + valueBytes[i]!;
      }
    }
    return gathered;
  }

  function putBlocks(part: Gathered, track: (write: Promise<boolean>) => void): void {
    const { topic, partition, records, valueBytes } = part;
    let start = 0;
    let bytes = 0;
    const cut = (end: number) => {
      const block = encodeBlock(records.slice(start, end), valueBytes.slice(start, end));
      track(blocks.put(blockKey(topic.id, partition.index, partition.nextOffset + start), block));
      start = end;
      bytes = 0;
    };
    for (let i = 0; i < records.length; i++) {
      const added = entryBytes(records[i]!.key.length, valueBytes[i]!);
      if (i > start && (bytes + added > BLOCK_BYTES_TARGET || i - start >= BLOCK_RECORDS_MAX)) cut(i);
      bytes += added;
    }
    if (start < records.length) cut(records.length);
  }

  const isMarked = ({ topic, partition }: Gathered, now: number): boolean =>
    topic.retentionMs !== undefined && now - (partition.marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= MARK_EVERY_MS;

  /** Within the transaction that appends: what stands below the newest mark that is old enough goes, whole blocks each. */
  function markAndForget(
    { topic, partition }: Gathered,
    now: number,
    track: (write: Promise<boolean>) => void,
  ): Forgetting {
    const { marks, index, nextOffset } = partition;
    const place = (at: number): [string, number, number] => [topic.name, index, at];
    track(markTable.put(place(now), nextOffset));
    const forgotten = marks.filter(({ at }) => at <= now - topic.retentionMs!);
    const mark = { at: now, offset: nextOffset };
    let { firstOffset } = partition;
    const below = forgotten.at(-1)?.offset ?? firstOffset;
    const start = blockKey(topic.id, index, firstOffset);
    const keys = [...blocks.getKeys({ start, end: blockKey(topic.id, index, below), limit: FORGOTTEN_BLOCKS_MAX })];
    for (const key of keys) track(blocks.remove(key));
    if (keys.length < FORGOTTEN_BLOCKS_MAX) firstOffset = Math.max(firstOffset, below);
    else {
      const behind = blockKey(topic.id, index, offsetOfKey(keys.at(-1)!) + 1);
      for (const key of blocks.getKeys({ start: behind, limit: 1 })) firstOffset = offsetOfKey(key);
    }
    // The newest of them says what is left to go, until everything below it is gone.
    const marksGone = Math.max(0, firstOffset === below ? forgotten.length : forgotten.length - 1);
    for (const { at } of forgotten.slice(0, marksGone)) track(markTable.remove(place(at)));
    return { partition, mark, firstOffset, marksGone };
  }

  function move(group: string, topic: Topic, moved: PendingMove["positions"]): Promise<void> {
    return new Promise((resolve, reject) => {
      enqueue({ kind: "move", topic, group, positions: moved, bytes: moved.length * 64, resolve, reject });
    });
  }

  // --- reading ---

  /** The block that holds `offset`, which must be readable. */
  function blockAt(topic: Topic, partition: Partition, offset: number): { firstOffset: number; block: Buffer } {
    const last = partition.lastBlock;
    if (last && offset >= last.firstOffset && offset < last.firstOffset + recordCount(last.block)) return last;
    const start = blockKey(topic.id, partition.index, offset);
    const end = blockKey(topic.id, partition.index, 0);
    for (const { key, value } of blocks.getRange({ start, end, inclusiveEnd: true, reverse: true, limit: 1 })) {
      const firstOffset = offsetOfKey(key);
      try {
        checkBlock(value);
      } catch (error) {
        const where = `event log: topic ${topic.name}, partition ${partition.index}, block at offset ${firstOffset}`;
        throw new Error(`${where} is damaged: ${error instanceof Error ? error.message : String(error)}`);
      }
      partition.lastBlock = { firstOffset, block: value };
      if (offset < firstOffset + recordCount(value)) return partition.lastBlock;
    }
    throw new Error(`event log: topic ${topic.name}, partition ${partition.index} has no block with offset ${offset}`);
  }

  function readRecords(
    topic: Topic,
    partition: Partition,
    fromOffset: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): LogRecord[] {
    const records: LogRecord[] = [];
    let offset = Math.max(fromOffset, partition.firstOffset);
    let bytesLeft = limits.bytesMax;
    while (offset < partition.nextOffset && records.length < limits.recordsMax) {
      const { firstOffset, block } = blockAt(topic, partition, offset);
      const before = records.length;
      const { recordsMax } = limits;
      bytesLeft -= decodeRecords(
        block,
        firstOffset,
        offset - firstOffset,
        { recordsMax, bytesMax: bytesLeft },
        records,
      );
      if (records.length === before) break;
      offset += records.length - before;
      if (offset < firstOffset + recordCount(block)) break;
    }
    return records;
  }

  function groupOf(group: string, topic: Topic): Group {
    const name = `${group}\n${topic.name}`;
    let known = groups.get(name);
    if (!known) {
      known = createGroup(
        {
          topic: topic.name,
          partitionCount: topic.partitions.length,
          nextOffset: (p) => topic.partitions[p]!.nextOffset,
          appendedBytes: (p) => topic.partitions[p]!.appendedBytes,
          read: (p, fromOffset, limits) => readRecords(topic, topic.partitions[p]!, fromOffset, limits),
          position: (p) => positionsOf(group, topic)[p]!,
          savePosition: (p, nextOffset) => move(group, topic, [{ partition: p, nextOffset }]),
        },
        clock,
      );
      groups.set(name, known);
    }
    return known;
  }

  let closing: Promise<void> | undefined;
  const log: EventLog & AsyncDisposable = {
    async ensureTopic({ name, partitionCount, retentionMs }) {
      environment.requireOpen();
      checkTopic({ name, partitionCount });
      await environment.transaction(() => {
        const found = topicTable.get(name);
        if (found && found.partitionCount !== partitionCount) {
          throw partitionCountDiffers(name, found.partitionCount, partitionCount);
        }
        if (found) return;
        let id = 0;
        for (const { value } of topicTable.getRange({})) id = Math.max(id, value.id + 1);
        topicTable.putSync(name, { id, partitionCount });
      });
      const stored = topicTable.get(name);
      if (stored && !topics.has(name)) topics.set(name, loadTopic(name, stored));
      requireTopic(name).retentionMs = retentionMs;
    },

    async append(topicName, records) {
      const topic = requireTopic(topicName);
      const valueBytes = checkRecords(topicName, records);
      if (records.length === 0) return [];
      const partitions = new Uint16Array(records.length);
      let bytes = 0;
      for (let i = 0; i < records.length; i++) {
        partitions[i] = partitionOf(records[i]!.key, topic.partitions.length);
        bytes += valueBytes[i]! + records[i]!.key.length;
      }
      const places: Place[] = [];
      await new Promise<void>((resolve, reject) => {
        enqueue({ kind: "append", topic, records, valueBytes, partitions, bytes, places, resolve, reject });
      });
      return places;
    },

    async bounds(topicName) {
      return requireTopic(topicName).partitions.map(({ index, firstOffset, nextOffset }) => ({
        partition: index,
        firstOffset,
        nextOffset,
      }));
    },

    async read({ topic: topicName, partition, fromOffset, recordsMax, bytesMax }) {
      const topic = requireTopic(topicName);
      checkReadLimits({ recordsMax, bytesMax });
      return readRecords(topic, requirePartition(topic, partition), fromOffset, { recordsMax, bytesMax });
    },

    async committed(group, topicName) {
      const topic = requireTopic(topicName);
      return positionsOf(group, topic).map((nextOffset, partition) => ({ partition, nextOffset }));
    },

    async commit(group, topicName, moved) {
      const topic = requireTopic(topicName);
      for (const { partition, nextOffset } of moved) {
        const bound = requirePartition(topic, partition).nextOffset;
        if (!Number.isInteger(nextOffset) || nextOffset < 0 || nextOffset > bound) {
          throw new RangeError(
            `event log: position ${nextOffset} of ${group} in ${topicName}/${partition} is refused; 0 to ${bound} are accepted`,
          );
        }
      }
      if (groups.get(`${group}\n${topic.name}`)?.busy()) {
        throw new Error(
          `event log: ${group} is reading ${topicName}; close its subscriptions before its position is moved`,
        );
      }
      if (moved.length > 0) await move(group, topic, moved);
    },

    async subscribe(subscriptionOptions) {
      const topic = requireTopic(subscriptionOptions.topic);
      checkReadLimits(subscriptionOptions);
      const inner = groupOf(subscriptionOptions.group, topic).join(subscriptionOptions);
      const subscription: Subscription = {
        lag: () => inner.lag(),
        caughtUp: (signal) => inner.caughtUp(signal),
        async close() {
          await inner.close();
          subscriptions.delete(subscription);
        },
      };
      subscriptions.add(subscription);
      return subscription;
    },

    async describe() {
      environment.requireOpen();
      return `LMDB event log in ${environment.path}, ${topics.size} topics`;
    },

    close() {
      closing ??= (async () => {
        await Promise.all([...subscriptions].map((subscription) => subscription.close()));
        while (committing) await committing;
        await environment.close();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => log.close(),
  };
  return log;
}
