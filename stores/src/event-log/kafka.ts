/**
 * The event log on Kafka, by the protocol layer of kafkajs (see `kafka-connection.ts` and docs/decisions/0006-kafka-client.md).
 *
 * Names in Kafka: topic `<prefix><topic>`, group `<prefix><group>.<topic>`: a group of ours has a position in each topic, and
 * readers of one topic need not wait for the rebalance of another. A topic is made with as many partitions as asked for, the
 * URL's `replication`, and a `max.message.bytes` that takes the largest append; how long records are kept is the broker's
 * (`log.retention.hours`, a week by default): set `retention.ms` on the topics whose history must stay.
 * With several brokers set `min.insync.replicas` to 2 there: an append is answered when all replicas in sync have it.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { type Log, silentLog } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import {
  API,
  createKafkaConnection,
  createKafkajsLog,
  errorOfCode,
  errorType,
  isRefusedLogin,
  type KafkaClient,
  type KafkaConnection,
  parseKafkaUrl,
  reasonOf,
} from "./kafka-connection.ts";
import { BATCH_BYTES_MAX, createProducer } from "./kafka-producer.ts";
import {
  commitPositions,
  fetchBounds,
  fetchPositions,
  fetchRecords,
  NO_MEMBER,
  OFFSET_OUT_OF_RANGE,
} from "./kafka-requests.ts";
import { subscribeToKafka } from "./kafka-subscription.ts";
import { decodeBatches } from "./kafka-wire.ts";
import { checkReadLimits, checkRecords, checkTopic, partitionCountDiffers } from "./limits.ts";
import { partitionOf } from "./partitioner.ts";
import type { EventLog, LogRecord, PartitionBounds, Subscription } from "./port.ts";

/** For a broker that is starting; a wrong password is told at once. */
const OPEN_DEADLINE_MS = 12_000;
/** Every call but `append` (see `APPEND_DEADLINE_MS`) and the subscriptions, which never give up. */
const CALL_DEADLINE_MS = 12_000;
const CREATE_TIMEOUT_MS = 4_000;
/** Of one fetch for `read`; records that the caller did not take yet wait for its next call. */
const READ_BYTES = 2_097_152;
/** Partitions whose read-ahead is kept. */
const READ_AHEADS_MAX = 16;
const TOPIC_RESOURCE = 2;

/** The group's name in Kafka. */
export const kafkaGroup = (prefix: string, group: string, topic: string) => `${prefix}${group}.${topic}`;

export async function openKafkaEventLog(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly log?: Log;
}): Promise<EventLog & AsyncDisposable> {
  const { clock, log = silentLog } = options;
  const settings = parseKafkaUrl(options.url);
  const kafkajsLog = createKafkajsLog(log, clock);
  const connect = (purpose: string): KafkaConnection =>
    createKafkaConnection({ settings, clientId: `thewatcher-${purpose}`, clock, kafkajsLog });
  const admin = connect("admin");
  const reader = connect("reader");
  const producing = connect("producer");
  const producer = createProducer({ connection: producing, clock, where: settings.shown });

  const partitionCounts = new Map<string, Promise<number>>();
  const subscriptions = new Set<Subscription>();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const nameOf = (topic: string) => settings.prefix + topic;
  const groupOf = (group: string, topic: string) => kafkaGroup(settings.prefix, group, topic);
  const run = <T>(what: string, connection: KafkaConnection, call: (client: KafkaClient) => Promise<T>) =>
    connection.run(what, { deadlineMs: CALL_DEADLINE_MS }, call);

  function requireOpen(): void {
    if (closed) throw new Error(`event log at ${settings.shown} is closed`);
  }

  /** Undefined where the topic is unknown. */
  async function findPartitionCount(connection: KafkaConnection, topic: string): Promise<number | undefined> {
    return await run(`look up topic ${topic}`, connection, async (client) => {
      try {
        return (await client.leaders(nameOf(topic))).length;
      } catch (error) {
        if (errorType(error) === "UNKNOWN_TOPIC_OR_PARTITION") return undefined;
        throw error;
      }
    });
  }

  /** Of a topic that was there: under load appends go together in batches that a topic with Kafka's default refuses. */
  async function requireLargeBatches(topic: string): Promise<void> {
    const name = nameOf(topic);
    const found = await run(`settings of topic ${topic}`, admin, async (client) => {
      const broker = await client.controller();
      const { resources } = await broker.describeConfigs({
        resources: [{ type: TOPIC_RESOURCE, name, configNames: ["max.message.bytes"] }],
      });
      return Number(resources[0]?.configEntries[0]?.configValue);
    });
    if (found >= BATCH_BYTES_MAX) return;
    throw new UserError(
      `event log: ${settings.shown}: topic ${name} takes batches of ${found} bytes, ours have up to ${BATCH_BYTES_MAX}: set max.message.bytes=${BATCH_BYTES_MAX} on it (kafka-configs --alter --entity-type topics --entity-name ${name})`,
    );
  }

  /** Always the same promise for a topic, so that appends that wait for it go on in the order of their calls. */
  function partitionCountOf(topic: string): Promise<number> {
    const known = partitionCounts.get(topic);
    if (known) return known;
    const asked = findPartitionCount(admin, topic).then((count) => {
      if (count !== undefined) return count;
      throw new Error(`event log: topic ${JSON.stringify(topic)} is unknown; ensureTopic makes it`);
    });
    partitionCounts.set(topic, asked);
    asked.catch(() => {
      if (partitionCounts.get(topic) === asked) partitionCounts.delete(topic);
    });
    return asked;
  }

  async function requirePartition(topic: string, partition: number): Promise<void> {
    const count = await partitionCountOf(topic);
    if (!Number.isInteger(partition) || partition < 0 || partition >= count) {
      throw new RangeError(`event log: topic ${topic} has partitions 0 to ${count - 1}, not ${partition}`);
    }
  }

  async function boundsBy(connection: KafkaConnection, topic: string): Promise<readonly PartitionBounds[]> {
    return await run(`bounds of ${topic}`, connection, (client) => fetchBounds(client, nameOf(topic)));
  }

  async function committedBy(connection: KafkaConnection, group: string, topic: string): Promise<readonly number[]> {
    const count = await partitionCountOf(topic);
    return await run(`position of ${group} in ${topic}`, connection, (client) =>
      fetchPositions(client, groupOf(group, topic), nameOf(topic), count),
    );
  }

  // --- read ---

  /** What a fetch brought and nobody has taken yet: a batch on the wire may hold more than a call asks for. */
  const readAheads = new Map<string, LogRecord[]>();

  function takeAhead(place: string, fromOffset: number): LogRecord[] | undefined {
    const ahead = readAheads.get(place);
    if (!ahead) return undefined;
    readAheads.delete(place);
    const index = fromOffset - ahead[0]!.offset;
    // Offsets are dense, but for topics that others write to.
    return ahead[index]?.offset === fromOffset ? (index === 0 ? ahead : ahead.slice(index)) : undefined;
  }

  function keepAhead(place: string, records: LogRecord[]): void {
    if (records.length === 0) return;
    readAheads.set(place, records);
    for (const oldest of readAheads.keys()) {
      if (readAheads.size <= READ_AHEADS_MAX) break;
      readAheads.delete(oldest);
    }
  }

  async function fetchFrom(topic: string, partition: number, offset: number): Promise<LogRecord[]> {
    const name = nameOf(topic);
    const isOutside = await run(`read ${topic}, partition ${partition}`, reader, async (client) => {
      const leader = (await client.leaders(name))[partition]!;
      const positions = [{ partition, offset, bytesMax: READ_BYTES }];
      const answer = await fetchRecords(client, leader, name, { waitMs: 0, bytesMax: READ_BYTES, positions });
      const fetched = answer.partitions[0];
      if (!fetched) throw new Error("the broker's answer has no word on the partition");
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) return "outside" as const;
      if (fetched.errorCode !== 0) throw errorOfCode(fetched.errorCode);
      return decodeBatches(fetched.batches, offset, `${topic}, partition ${partition}`);
    });
    if (isOutside !== "outside") {
      const { records, nextOffset } = isOutside;
      // A batch without records of ours (another's transaction): look behind it.
      return records.length === 0 && nextOffset > offset ? await fetchFrom(topic, partition, nextOffset) : records;
    }
    const { firstOffset } = (await boundsBy(reader, topic))[partition]!;
    return offset < firstOffset ? await fetchFrom(topic, partition, firstOffset) : [];
  }

  // --- open ---

  try {
    await admin.run("open", { deadlineMs: OPEN_DEADLINE_MS }, async (client) => {
      await client.broker(client.brokers()[0]!.nodeId);
    });
  } catch (error) {
    await Promise.all([admin.close(), reader.close(), producing.close()]);
    const advice = isRefusedLogin(error)
      ? "user or password is refused: kafka://user:password@host:port"
      : "is a broker there, and is tls as it is on its side?";
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw new UserError(`event log: ${settings.shown}: ${reasonOf(cause)}; ${advice}`, { cause: error });
  }

  const eventLog: EventLog & AsyncDisposable = {
    async ensureTopic({ name, partitionCount, retentionMs }) {
      requireOpen();
      checkTopic({ name, partitionCount });
      checkTopic({ name: nameOf(name), partitionCount });
      const found = await findPartitionCount(admin, name);
      if (found !== undefined && found !== partitionCount) throw partitionCountDiffers(name, found, partitionCount);
      if (found !== undefined) return await requireLargeBatches(name);
      await run(`make topic ${name}`, admin, async (client) => {
        const controller = await client.controller();
        try {
          await controller.createTopics({
            topics: [
              {
                topic: nameOf(name),
                numPartitions: partitionCount,
                replicationFactor: settings.replication,
                configEntries: [
                  { name: "max.message.bytes", value: String(BATCH_BYTES_MAX) },
                  // Retention goes by these: a client's clock must not decide what is kept.
                  { name: "message.timestamp.type", value: "LogAppendTime" },
                  ...(retentionMs === undefined ? [] : [{ name: "retention.ms", value: String(retentionMs) }]),
                ],
              },
            ],
            timeout: CREATE_TIMEOUT_MS,
          });
        } catch (error) {
          const type = errorType(error);
          if (type === "INVALID_REPLICATION_FACTOR") {
            const brokers = client.brokers().length;
            throw new UserError(
              `event log: ${settings.shown}: topic ${name} asks for ${settings.replication} replicas and the cluster has ${brokers} brokers; replication=1 to ${brokers} is accepted`,
            );
          }
          // Another process made it in the meantime.
          if (type !== "TOPIC_ALREADY_EXISTS") throw error;
        }
      });
      await run(`wait for topic ${name}`, admin, async (client) => {
        const leaders = await client.leaders(nameOf(name));
        if (leaders.length !== partitionCount) throw partitionCountDiffers(name, leaders.length, partitionCount);
        if (leaders.some((leader) => leader < 0)) {
          client.forgetLeaders();
          throw new Error("not every partition has a leader yet");
        }
      });
    },

    async append(topic, records) {
      requireOpen();
      const valueBytes = checkRecords(topic, records);
      const appending = (async () => {
        const count = await partitionCountOf(topic);
        if (records.length === 0) return [];
        const partitions = new Uint16Array(records.length);
        let bytes = 0;
        for (let i = 0; i < records.length; i++) {
          partitions[i] = partitionOf(records[i]!.key, count);
          bytes += valueBytes[i]! + records[i]!.key.length;
        }
        return await producer.append(nameOf(topic), { records, valueBytes, partitions, bytes });
      })();
      underWay.add(appending);
      try {
        return await appending;
      } finally {
        underWay.delete(appending);
      }
    },

    async bounds(topic) {
      requireOpen();
      await partitionCountOf(topic);
      return await boundsBy(admin, topic);
    },

    async read({ topic, partition, fromOffset, recordsMax, bytesMax }) {
      requireOpen();
      checkReadLimits({ recordsMax, bytesMax });
      await requirePartition(topic, partition);
      const place = `${topic}\n${partition}`;
      const taken: LogRecord[] = [];
      let bytesLeft = bytesMax;
      let ahead = takeAhead(place, fromOffset);
      for (let offset = fromOffset; ; ) {
        ahead ??= await fetchFrom(topic, partition, offset);
        if (ahead.length === 0) return taken;
        for (let i = 0; i < ahead.length; i++) {
          const record = ahead[i]!;
          bytesLeft -= Buffer.byteLength(record.key) + record.value.length;
          if (taken.length > 0 && (bytesLeft < 0 || taken.length >= recordsMax)) {
            keepAhead(place, ahead.slice(i));
            return taken;
          }
          taken.push(record);
        }
        offset = taken.at(-1)!.offset + 1;
        ahead = undefined;
        if (bytesLeft <= 0 || taken.length >= recordsMax) return taken;
      }
    },

    async committed(group, topic) {
      requireOpen();
      const positions = await committedBy(admin, group, topic);
      return positions.map((nextOffset, partition) => ({ partition, nextOffset }));
    },

    async commit(group, topic, moved) {
      requireOpen();
      for (const { partition } of moved) await requirePartition(topic, partition);
      const bounds = moved.length > 0 ? await boundsBy(admin, topic) : [];
      for (const { partition, nextOffset } of moved) {
        const bound = bounds[partition]!.nextOffset;
        if (!Number.isInteger(nextOffset) || nextOffset < 0 || nextOffset > bound) {
          throw new RangeError(
            `event log: position ${nextOffset} of ${group} in ${topic}/${partition} is refused; 0 to ${bound} are accepted`,
          );
        }
      }
      const id = groupOf(group, topic);
      const isReading = () =>
        new Error(`event log: ${group} is reading ${topic}; close its subscriptions before its position is moved`);
      await run(`move ${group} in ${topic}`, admin, async (client) => {
        const coordinator = await client.coordinator(id);
        const { groups } = (await coordinator.describeGroups({ groupIds: [id] })) as {
          groups: { members: unknown[] }[];
        };
        if ((groups[0]?.members.length ?? 0) > 0) return true;
        if (moved.length === 0) return false;
        try {
          await commitPositions(client, id, nameOf(topic), NO_MEMBER, moved);
        } catch (error) {
          // A reader joined between the two requests.
          if (errorType(error) === "UNKNOWN_MEMBER_ID" || errorType(error) === "ILLEGAL_GENERATION") return true;
          throw error;
        }
        return false;
      }).then((busy) => {
        if (busy) throw isReading();
      });
    },

    async subscribe(subscriptionOptions) {
      requireOpen();
      checkReadLimits(subscriptionOptions);
      const { group, topic } = subscriptionOptions;
      const partitionCount = await partitionCountOf(topic);
      const inner = await subscribeToKafka({
        options: subscriptionOptions,
        topic: nameOf(topic),
        group: groupOf(group, topic),
        partitionCount,
        clock,
        log,
        where: settings.shown,
        connect: (purpose) => connect(`${group}-${purpose}`),
        bounds: (connection) => boundsBy(connection, topic),
        committed: (connection) => committedBy(connection, group, topic),
      });
      const subscription: Subscription = {
        lag: () => inner.lag(),
        caughtUp: (signal) => inner.caughtUp(signal),
        async close() {
          await inner.close();
          subscriptions.delete(subscription);
        },
      };
      subscriptions.add(subscription);
      if (closed) {
        await subscription.close();
        requireOpen();
      }
      return subscription;
    },

    async describe() {
      requireOpen();
      return await run("describe", admin, async (client) => {
        const brokers = client.brokers();
        const { versions } = await client.broker(brokers[0]!.nodeId);
        const fetchMax = versions[API.fetch]?.maxVersion ?? 0;
        const hosts = brokers.map(({ host, port }) => `${host}:${port}`).join(", ");
        return `Kafka ${releaseOf(fetchMax)}, cluster ${client.clusterId()}, ${brokers.length === 1 ? "1 broker" : `${brokers.length} brokers`} (${hosts})`;
      });
    },

    async close() {
      if (!closed) {
        closed = true;
        closing = (async () => {
          await Promise.all([...subscriptions].map((subscription) => subscription.close()));
          await Promise.allSettled(underWay);
          await producer.idle();
          await Promise.all([admin.close(), reader.close(), producing.close()]);
        })();
      }
      await closing;
    },
    [Symbol.asyncDispose]: () => eventLog.close(),
  };
  let closing: Promise<void> | undefined;
  return eventLog;
}

/** A broker says which requests it knows, not its release: each of these versions of Fetch came with one. */
function releaseOf(fetchMax: number): string {
  if (fetchMax >= 18) return "4.1 or later";
  const releases: Record<number, string> = {
    17: "3.9 or 4.0",
    16: "3.7 or 3.8",
    15: "3.5 or 3.6",
    14: "3.4",
    13: "3.1 to 3.3",
  };
  return releases[fetchMax] ?? (fetchMax === 12 ? "2.7 to 3.0" : "older than 2.7");
}
