/** This package's own suites once more, on PostgreSQL behind PgBouncer in transaction mode with two connections. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "@thewatcher/stores/database/postgres";
import { missing } from "@thewatcher/testbed/available";
import { startPgbouncer } from "@thewatcher/testbed/pgbouncer";
import { startPostgres } from "@thewatcher/testbed/postgres";
import type { RunningServer } from "@thewatcher/testbed/server";
import { sql } from "kysely";
import { afterAll, beforeAll, describe } from "vitest";
import { openTestDatabasesBy } from "./testing.ts";

const lacking = missing("postgres") ?? missing("pgbouncer");

describe.skipIf(lacking !== undefined)(`behind a pooler${lacking === undefined ? "" : `: ${lacking}`}`, async () => {
  let folder: string;
  let postgres: RunningServer;
  let pgbouncer: RunningServer;
  let databases = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "catalog-pooler-"));
    // PostgreSQL's own user passes through it.
    await chmod(folder, 0o755);
    postgres = await startPostgres({ folder: join(folder, "postgres") });
    pgbouncer = await startPgbouncer({ folder: join(folder, "pgbouncer"), upstream: postgres.url });
  });
  afterAll(async () => {
    await pgbouncer?.stop();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  openTestDatabasesBy(async () => {
    const name = `catalog_${++databases}`;
    const admin = await openPostgres({ url: postgres.url });
    await sql`create database ${sql.id(name)}`.execute(admin.kysely);
    await admin.close();
    const url = new URL(pgbouncer.url);
    url.pathname = `/${name}`;
    const database = await openPostgres({ url: url.href });
    await database.migrate();
    return { database, dispose: () => database.close() };
  });

  await import("./app.test.ts");
  await import("./stated.test.ts");
  await import("./outbox-relay.test.ts");
});
