/** The real servers by name: what each is for, how it is had, started and asked whether it lives. */
import type { InstallContext } from "./cache.ts";
import { clickhouseMissing, installClickhouse, startClickhouse } from "./clickhouse.ts";
import {
  ELASTICSEARCH_VERSION,
  elasticsearchMissing,
  installElasticsearch,
  startElasticsearch,
} from "./elasticsearch.ts";
import { installKafka, KAFKA_VERSION, kafkaMissing, startKafka } from "./kafka.ts";
import { installMinio, minioMissing, startMinio } from "./minio.ts";
import { installPgbouncer, pgbouncerMissing, startPgbouncer } from "./pgbouncer.ts";
import { installPostgres, postgresMissing, startPostgres } from "./postgres.ts";
import { accepts, ask, httpStatus } from "./probes.ts";
import { installRedis, redisMissing, startRedis } from "./redis.ts";
import { installS3proxy, S3PROXY_VERSION, s3proxyMissing, startS3proxy } from "./s3proxy.ts";
import type { RunningServer, StartOptions } from "./server.ts";
import { installTarantool, startTarantool, tarantoolMissing } from "./tarantool.ts";

export const SERVER_NAMES = [
  "clickhouse",
  "elasticsearch",
  "kafka",
  "minio",
  "pgbouncer",
  "postgres",
  "redis",
  "s3proxy",
  "tarantool",
] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface ServerKind {
  /** What is installed: of Debian's packages the one that Debian 12 has. */
  readonly version: string;
  /** The setting that its URL is a value of. */
  readonly setting: string;
  /** Another server that stands in front of it, or is the usual one for the setting: that one's URL is printed for it. */
  readonly secondTo?: ServerName;
  /** Started before it; its URL is this one's upstream. */
  readonly upstream?: ServerName;
  missing(): string | undefined;
  install(context: InstallContext): Promise<unknown>;
  start(options: StartOptions & { readonly upstream?: string }): Promise<RunningServer>;
  /** Whether it answers, now. */
  answers(port: number): Promise<boolean>;
}

const httpAnswers = (path: string, status: number) => async (port: number) =>
  (await httpStatus(`http://127.0.0.1:${port}${path}`)) === status;

/** In the order that they are started in; those that take longest to install last. */
export const SERVERS: Readonly<Record<ServerName, ServerKind>> = {
  redis: {
    version: "Debian's (7.0)",
    setting: "THEWATCHER_CACHE_URL",
    missing: redisMissing,
    install: installRedis,
    start: startRedis,
    // Without a login it answers that one is needed.
    answers: async (port) => (await ask(port, "PING\r\n")).startsWith("-NOAUTH"),
  },
  tarantool: {
    version: "Debian's (2.6)",
    setting: "THEWATCHER_RECOMMENDATIONS_URL",
    missing: tarantoolMissing,
    install: installTarantool,
    start: startTarantool,
    answers: async (port) => (await ask(port, "")).startsWith("Tarantool "),
  },
  postgres: {
    version: "Debian's (15)",
    setting: "THEWATCHER_DATABASE_URL",
    secondTo: "pgbouncer",
    missing: postgresMissing,
    install: installPostgres,
    start: startPostgres,
    answers: postgresAnswers,
  },
  pgbouncer: {
    version: "Debian's (1.18)",
    setting: "THEWATCHER_DATABASE_URL",
    upstream: "postgres",
    missing: pgbouncerMissing,
    install: installPgbouncer,
    start: (options) => startPgbouncer({ ...options, upstream: options.upstream ?? "" }),
    answers: postgresAnswers,
  },
  clickhouse: {
    version: "stand-in: chdb behind its HTTP interface",
    setting: "THEWATCHER_WAREHOUSE_URL",
    missing: clickhouseMissing,
    install: installClickhouse,
    start: startClickhouse,
    answers: httpAnswers("/ping", 200),
  },
  kafka: {
    version: KAFKA_VERSION,
    setting: "THEWATCHER_EVENT_LOG_URL",
    missing: kafkaMissing,
    install: installKafka,
    start: startKafka,
    answers: accepts,
  },
  s3proxy: {
    version: S3PROXY_VERSION,
    setting: "THEWATCHER_OBJECTS_URL",
    secondTo: "minio",
    missing: s3proxyMissing,
    install: installS3proxy,
    start: startS3proxy,
    answers: httpAnswers("/", 403),
  },
  elasticsearch: {
    version: ELASTICSEARCH_VERSION,
    setting: "THEWATCHER_SEARCH_URL",
    missing: elasticsearchMissing,
    install: installElasticsearch,
    start: startElasticsearch,
    answers: httpAnswers("/_cluster/health", 200),
  },
  minio: {
    version: "2026-02-12",
    setting: "THEWATCHER_OBJECTS_URL",
    missing: minioMissing,
    install: installMinio,
    start: startMinio,
    answers: httpAnswers("/minio/health/ready", 200),
  },
};

/** The question whether it speaks TLS (an SSLRequest: length 8, code 80877103) is answered before any login, by `S` or `N`. */
async function postgresAnswers(port: number): Promise<boolean> {
  const question = Buffer.alloc(8);
  question.writeInt32BE(8, 0);
  question.writeInt32BE(80_877_103, 4);
  return /^[SN]/.test(await ask(port, question));
}
