/**
 * Which real servers a test can have right now: `describe.skipIf(missing("kafka"))`. Looks at the disk alone, since vitest
 * collects tests synchronously. On Debian 12 `npm run test:real` installs them first, and a suite left out is a failure.
 */
import { clickhouseMissing } from "./clickhouse.ts";
import { elasticsearchMissing } from "./elasticsearch.ts";
import { kafkaMissing } from "./kafka.ts";
import { minioMissing } from "./minio.ts";
import { pgbouncerMissing } from "./pgbouncer.ts";
import { postgresMissing } from "./postgres.ts";
import { redisMissing } from "./redis.ts";
import { s3proxyMissing } from "./s3proxy.ts";
import { tarantoolMissing } from "./tarantool.ts";

const CHECKS = {
  clickhouse: clickhouseMissing,
  elasticsearch: elasticsearchMissing,
  kafka: kafkaMissing,
  minio: minioMissing,
  pgbouncer: pgbouncerMissing,
  postgres: postgresMissing,
  redis: redisMissing,
  s3proxy: s3proxyMissing,
  tarantool: tarantoolMissing,
} satisfies Record<string, () => string | undefined>;

/** Why this server can't be started here; `undefined` when it can. */
export function missing(name: keyof typeof CHECKS): string | undefined {
  const reason = CHECKS[name]();
  return reason === undefined ? undefined : `${reason}; \`npm run services -- install ${name}\``;
}
