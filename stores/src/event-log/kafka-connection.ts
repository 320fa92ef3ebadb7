/**
 * The one place that touches what is inside of kafkajs: its protocol layer (cluster, brokers, connections, TLS, SASL), whose
 * producer and consumer we leave aside (docs/decisions/0006-kafka-client.md). They are internal modules of a package that
 * has had no release since 2023; package.json pins the version, and `kafka.real.test.ts` runs all of it.
 *
 * A `KafkaConnection` is one client's connections to the brokers. Whatever breaks one, the next call gets new ones: kafkajs
 * repairs its pool in ways that depend on which request met the error first, a new pool is in one state only.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import type { Broker as PublicBroker, Cluster as PublicCluster } from "kafkajs";

/** A request that a healthy broker answers within milliseconds. */
export const REQUEST_TIMEOUT_MS = 5_000;
/** Until a broker accepts a connection. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Between attempts of one call: from the first to the last. */
const RETRY_PAUSE_MS_MIN = 50;
const RETRY_PAUSE_MS_MAX = 1_000;
/** The same line of kafkajs is passed on once in this time: it repeats itself for as long as a broker is away. */
const REPEATED_LINE_MS = 30_000;
const LEADERS_AGE_MS_MAX = 60_000;
const DEFAULT_PORT = 9_092;

// --- kafkajs's internals, as far as we use them ---

interface WireRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<unknown>;
  };
  readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  readonly requestTimeout?: number;
}

export interface Broker extends PublicBroker {
  listOffsets(request: {
    replicaId: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  readonly nodeId: number;
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  readonly connectionPool: {
    readonly host: string;
    readonly port: number;
    send(request: WireRequest): Promise<unknown>;
  };
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
  describeConfigs(request: { resources: { type: number; name: string; configNames: string[] }[] }): Promise<{
    resources: { configEntries: { configName: string; configValue: string }[] }[];
  }>;
  createTopics(request: {
    topics: {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: { name: string; value: string }[];
    }[];
    timeout: number;
  }): Promise<unknown>;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<{
    generationId: number;
    leaderId: string;
    memberId: string;
    members: { memberId: string; memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

interface Cluster extends PublicCluster {
  readonly brokerPool: {
    readonly metadata: {
      readonly clusterId: string | null;
      readonly brokers: readonly { nodeId: number; host: string; port: number }[];
    } | null;
  };
}

const load = createRequire(import.meta.url);
const ClusterOfKafkajs = load("kafkajs/src/cluster/index.js") as new (options: Record<string, unknown>) => Cluster;
const Encoder = load("kafkajs/src/protocol/encoder.js") as new (
  size: number,
) => { writeBuffer(buffer: Buffer): unknown };
const createSocketFactory = load("kafkajs/src/network/socketFactory.js") as () => unknown;
const { createLogger } = load("kafkajs/src/loggers/index.js") as {
  createLogger(options: { level: number; logCreator: () => (entry: KafkajsLogEntry) => void }): unknown;
};
const { createErrorFromCode } = load("kafkajs/src/protocol/error.js") as {
  createErrorFromCode(code: number): Error & { readonly type: string; readonly retriable: boolean };
};

interface KafkajsLogEntry {
  readonly namespace: string;
  readonly level: number;
  readonly log: { readonly message: string; readonly broker?: string; readonly error?: unknown };
}
const KAFKAJS_WARN = 2;

export const API = { produce: 0, fetch: 1 } as const;

export { createErrorFromCode as errorOfCode };

/** Kafka's name of an error (`NOT_LEADER_FOR_PARTITION`), also where kafkajs wrapped it. */
export function errorType(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("type" in at && typeof at.type === "string") return at.type;
    if ("errors" in at && Array.isArray(at.errors)) return errorType(at.errors[0]);
  }
  return undefined;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Errors that time does not mend. */
const LASTING = new Set([
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_TOPIC_EXCEPTION",
  "UNSUPPORTED_VERSION",
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "POLICY_VIOLATION",
  "INVALID_REPLICATION_FACTOR",
  "INVALID_PARTITIONS",
  "TOPIC_ALREADY_EXISTS",
  "OFFSET_OUT_OF_RANGE",
  // Of a group: its member has to decide.
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
  "FENCED_INSTANCE_ID",
  "INCONSISTENT_GROUP_PROTOCOL",
  "INVALID_SESSION_TIMEOUT",
  "NON_EMPTY_GROUP",
]);

export function isLasting(error: unknown): boolean {
  if (error instanceof UserError || error instanceof RangeError || error instanceof TypeError) return true;
  const type = errorType(error);
  return type === undefined ? isRefusedLogin(error) || isUntrusted(error) : LASTING.has(type);
}

/** kafkajs keeps only the words of TLS's errors. */
const isUntrusted = (error: unknown) => /certificate|altnames|wrong version number/i.test(messageOf(error));

export function isRefusedLogin(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at.name === "KafkaJSSASLAuthenticationError") return true;
  }
  return false;
}

/** Whether the connections themselves are in doubt: all but an answer of the broker, and a mistake of the caller. */
const isOfConnection = (error: unknown) =>
  errorType(error) === undefined && !(error instanceof UserError) && !(error instanceof RangeError);

// --- the setting ---

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly tls: { readonly ca?: string } | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  /** Before the name of every topic and group. */
  readonly prefix: string;
  readonly replication: number;
  /** The setting without its password. */
  readonly shown: string;
}

const ACCEPTED =
  "kafka://[user:password@]host:port[,host:port][/?tls=true&ca=/path/of/ca.pem&prefix=name.&replication=3] is accepted";

export function parseKafkaUrl(url: string): KafkaSettings {
  const shownOf = (text: string) => text.replace(/(^kafka:\/\/[^:/?@]*):[^@/]*@/, "$1:***@");
  const refuse = (why: string) => new UserError(`event log: ${shownOf(url)}: ${why}; ${ACCEPTED}`);
  const match = /^kafka:\/\/(?:([^:@/?]*):([^@/?]*)@)?([^@/?]+)(?:\/?(?:\?(.*))?)$/.exec(url);
  if (!match) throw refuse("not a Kafka URL");
  const [, user, password, hosts, query] = match;
  const brokers = hosts!.split(",").map((host) => {
    const parts = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(host);
    const port = Number(parts?.[2] ?? DEFAULT_PORT);
    if (!parts || port < 1 || port > 65_535) throw refuse(`${JSON.stringify(host)} is no host and port`);
    if (parts[1]!.startsWith("[")) throw refuse("addresses of IPv6 are not understood by kafkajs, use a name");
    return `${parts[1]}:${port}`;
  });
  const parameters = new URLSearchParams(query ?? "");
  for (const name of parameters.keys()) {
    if (!["tls", "ca", "prefix", "replication"].includes(name)) throw refuse(`${JSON.stringify(name)} is no parameter`);
  }
  const tls = parameters.get("tls") ?? "false";
  if (tls !== "true" && tls !== "false") throw refuse(`tls is ${JSON.stringify(tls)}; true or false`);
  const caFile = parameters.get("ca");
  if (caFile !== null && tls !== "true") throw refuse("ca says whom to trust, and tls is not true");
  let ca: string | undefined;
  if (caFile !== null) {
    try {
      ca = readFileSync(caFile, "utf8");
    } catch (error) {
      throw refuse(`ca can't be read (${messageOf(error)})`);
    }
  }
  const prefix = parameters.get("prefix") ?? "";
  if (!/^[A-Za-z0-9._-]{0,100}$/.test(prefix))
    throw refuse("prefix has characters other than letters, digits and . _ -");
  const replication = Number(parameters.get("replication") ?? 1);
  if (!Number.isInteger(replication) || replication < 1 || replication > 9) throw refuse("replication is not 1 to 9");
  let login: KafkaSettings["login"];
  if (user !== undefined) {
    try {
      login = { username: decodeURIComponent(user), password: decodeURIComponent(password!) };
    } catch {
      throw refuse("user or password is not percent-encoded");
    }
  }
  return {
    brokers,
    tls: tls === "true" ? (ca === undefined ? {} : { ca }) : undefined,
    login,
    prefix,
    replication,
    shown: shownOf(url),
  };
}

// --- connections ---

export interface KafkaConnection {
  /**
   * Runs `call`, again after a pause while its error may pass, until `deadlineMs` from now. `signal` ends it early.
   * The error that is thrown says what could not be done and where.
   */
  run<T>(
    what: string,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
    call: (client: KafkaClient) => Promise<T>,
  ): Promise<T>;
  /** Runs it once; on an error the connections are made anew for the next call. */
  once<T>(call: (client: KafkaClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface KafkaClient {
  readonly brokers: () => readonly { nodeId: number; host: string; port: number }[];
  readonly clusterId: () => string;
  /** Node ids of the leaders, by partition. Throws where the topic is unknown. */
  leaders(topic: string): Promise<readonly number[]>;
  /** The leaders moved: ask anew. */
  forgetLeaders(): void;
  broker(nodeId: number): Promise<Broker>;
  controller(): Promise<Broker>;
  coordinator(group: string): Promise<Broker>;
  forgetCoordinator(): void;
  /** A request with a body of ours, and the answer's body. */
  send(
    nodeId: number,
    request: { readonly apiKey: number; readonly version: number; readonly name: string; readonly body: Buffer },
    timeoutMs: number,
  ): Promise<Buffer>;
}

export function createKafkaConnection(options: {
  readonly settings: KafkaSettings;
  readonly clientId: string;
  readonly clock: Clock;
  readonly kafkajsLog: KafkajsLog;
}): KafkaConnection {
  const { settings, clock, kafkajsLog } = options;
  let client: Promise<KafkaClient & { disconnect(): Promise<void> }> | undefined;
  let closed = false;

  async function connect(): Promise<KafkaClient & { disconnect(): Promise<void> }> {
    const cluster = new ClusterOfKafkajs({
      logger: createLogger({ level: KAFKAJS_WARN, logCreator: () => kafkajsLog }),
      socketFactory: createSocketFactory(),
      brokers: settings.brokers,
      ssl: settings.tls,
      sasl: settings.login ? { mechanism: "plain", ...settings.login } : undefined,
      clientId: options.clientId,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
      metadataMaxAge: LEADERS_AGE_MS_MAX,
      allowAutoTopicCreation: false,
      isolationLevel: 0,
      // One more attempt each, so that every seed broker of two is tried; the loop around is ours.
      retry: { retries: settings.brokers.length, initialRetryTime: 30, maxRetryTime: 100, factor: 0, multiplier: 1 },
    });
    await cluster.connect();
    await cluster.refreshMetadata();
    let coordinator: { group: string; broker: Promise<Broker> } | undefined;
    let stale = false;
    return {
      brokers: () => cluster.brokerPool.metadata?.brokers ?? [],
      clusterId: () => cluster.brokerPool.metadata?.clusterId ?? "unknown",
      async leaders(topic) {
        if (stale) {
          await cluster.refreshMetadata();
          stale = false;
        }
        await cluster.addTargetTopic(topic);
        await cluster.refreshMetadataIfNecessary();
        const found = cluster.findTopicPartitionMetadata(topic);
        const leaders = new Array<number>(found.length).fill(-1);
        for (const { partitionId, leader } of found) leaders[partitionId] = leader;
        return leaders;
      },
      forgetLeaders() {
        stale = true;
      },
      broker: async (nodeId) => (await cluster.findBroker({ nodeId: String(nodeId) })) as Broker,
      controller: async () => (await cluster.findControllerBroker()) as Broker,
      coordinator(group) {
        if (coordinator?.group !== group) {
          const broker = cluster.findGroupCoordinator({ groupId: group }) as Promise<Broker>;
          coordinator = { group, broker };
          broker.catch(() => {
            if (coordinator?.broker === broker) coordinator = undefined;
          });
        }
        return coordinator!.broker;
      },
      forgetCoordinator() {
        coordinator = undefined;
      },
      async send(nodeId, { apiKey, version, name, body }, timeoutMs) {
        const broker = await cluster.findBroker({ nodeId: String(nodeId) });
        const answer = await (broker as Broker).connectionPool.send({
          request: {
            apiKey,
            apiVersion: version,
            apiName: name,
            encode: async () => {
              const encoder = new Encoder(body.length);
              encoder.writeBuffer(body);
              return encoder;
            },
          },
          response: { decode: async (payload) => payload, parse: async (decoded) => decoded },
          requestTimeout: timeoutMs,
        });
        return answer as Buffer;
      },
      disconnect: () => cluster.disconnect(),
    };
  }

  function current(): Promise<KafkaClient & { disconnect(): Promise<void> }> {
    if (closed) return Promise.reject(new Error(`event log at ${settings.shown} is closed`));
    if (!client) {
      const made = connect();
      client = made;
      made.catch(() => {
        if (client === made) client = undefined;
      });
    }
    return client;
  }

  function drop(made: Promise<{ disconnect(): Promise<void> }>): void {
    if (client === made) client = undefined;
    // Requests under way end by themselves: by their answer, the closed socket or their timeout.
    made.then((old) => old.disconnect()).catch(() => undefined);
  }

  async function once<T>(call: (client: KafkaClient) => Promise<T>): Promise<T> {
    const made = current();
    const ready = await made;
    try {
      return await call(ready);
    } catch (error) {
      if (isOfConnection(error)) drop(made);
      else {
        const type = errorType(error)!;
        if (/LEADER|UNKNOWN_TOPIC|REPLICA|KAFKA_STORAGE|FENCED_LEADER|UNKNOWN_LEADER/.test(type)) ready.forgetLeaders();
        if (/COORDINATOR|GROUP_LOAD/.test(type)) ready.forgetCoordinator();
      }
      throw error;
    }
  }

  return {
    once,
    async run(what, { deadlineMs, signal }, call) {
      const until = clock.monotonicMs() + deadlineMs;
      for (let pauseMs = RETRY_PAUSE_MS_MIN; ; pauseMs = Math.min(RETRY_PAUSE_MS_MAX, pauseMs * 2)) {
        try {
          return await withDeadline(once(call), until - clock.monotonicMs(), clock);
        } catch (error) {
          if (error instanceof UserError) throw error;
          const isOver = isLasting(error) || closed || signal?.aborted || clock.monotonicMs() + pauseMs >= until;
          if (isOver) throw couldNot(what, settings, error);
          await clock.sleep(pauseMs, signal).catch(() => undefined);
        }
      }
    },
    async close() {
      closed = true;
      const made = client;
      client = undefined;
      if (!made) return;
      // A frozen broker never answers what is under way: its sockets end by themselves.
      await withDeadline(
        made.then((old) => old.disconnect()),
        1_000,
        clock,
      ).catch(() => undefined);
    },
  };
}

function couldNot(what: string, settings: KafkaSettings, cause: unknown): Error {
  return new Error(`event log at ${settings.shown}: ${what}: ${reasonOf(cause)}`, { cause });
}

/** kafkajs's wrappers repeat each other: the innermost message, with Kafka's name of the error. */
export function reasonOf(error: unknown): string {
  let inner: unknown = error;
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause instanceof Error; depth++) inner = inner.cause;
  const type = errorType(error);
  return type === undefined ? messageOf(inner) : `${messageOf(inner)} (${type})`;
}

/** The promise, or an error when the time is over; what it does then is nobody's any more. */
export function withDeadline<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    promise.then(resolve, reject).finally(() => over.abort());
    clock.sleep(Math.max(0, ms), over.signal).then(
      () => reject(new Error(`no answer within ${Math.max(0, Math.round(ms))} ms`)),
      () => undefined,
    );
  });
}

export type KafkajsLog = (entry: KafkajsLogEntry) => void;

/**
 * kafkajs logs at ERROR what it tries again a moment later: what is told on is a warning, each line once in a while. One
 * for all connections of an event log: ten of them meet the same dead broker every second.
 */
export function createKafkajsLog(log: Log, clock: Clock): KafkajsLog {
  const toldAt = new Map<string, number>();
  return ({ namespace, log: { message, broker } }) => {
    // The first use of a group makes the broker create the topic of the positions: some refusals belong to it.
    // Answers with an error reach our own code as well, which knows what they mean.
    const isNoise = /coordinator|^Response |REBALANCE|rebalanc/i.test(message) || /Response/.test(message);
    const line = `${namespace} ${message}`;
    const at = clock.monotonicMs();
    if (isNoise || at - (toldAt.get(line) ?? Number.NEGATIVE_INFINITY) < REPEATED_LINE_MS) {
      log.debug({ kafkajs: namespace, broker }, message);
      return;
    }
    if (toldAt.size > 100) toldAt.clear();
    toldAt.set(line, at);
    log.warn({ kafkajs: namespace, broker }, message);
  };
}
