/** PostgreSQL 15 itself and behind PgBouncer in transaction mode: the contract on both, then servers that fail. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { missing } from "@thewatcher/testbed/available";
import { makeCertificates } from "@thewatcher/testbed/certificates";
import { startPgbouncer } from "@thewatcher/testbed/pgbouncer";
import { startPostgres, UNPRIVILEGED } from "@thewatcher/testbed/postgres";
import { freePort, type RunningServer, runAs } from "@thewatcher/testbed/server";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseContract } from "./contract.ts";
import type { Deadlines } from "./lease.ts";
import type { Database } from "./port.ts";
import { openPostgres } from "./postgres.ts";

const lacking = missing("postgres") ?? missing("pgbouncer");

/** Far below what a test waits for, far above what a busy machine takes. */
const SHORT: Partial<Deadlines> = { connectMs: 3_000, queryMs: 2_000 };

function signal() {
  let fire: () => void = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

describe.skipIf(lacking !== undefined)(`PostgreSQL as a server${lacking === undefined ? "" : `: ${lacking}`}`, () => {
  let folder: string;
  let postgres: RunningServer;
  let pgbouncer: RunningServer;
  let databases = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "postgres-real-"));
    // PostgreSQL's own user passes through it.
    spawnSync("chmod", ["755", folder]);
    postgres = await startPostgres({
      folder: join(folder, "postgres"),
      tls: await makeCertificates(join(folder, "tls")),
    });
    pgbouncer = await startPgbouncer({ folder: join(folder, "pgbouncer"), upstream: postgres.url });
  });
  afterAll(async () => {
    await pgbouncer?.stop();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const opened: Database[] = [];
  afterAll(async () => {
    for (const database of opened) await database.close();
  });
  const urlOf = (server: RunningServer, change: (url: URL) => void = () => {}) => {
    const url = new URL(server.url);
    change(url);
    return url.href;
  };
  async function newDatabase(server: RunningServer): Promise<string> {
    const name = `test_${++databases}`;
    const admin = await openPostgres({ url: postgres.url });
    await sql`create database ${sql.id(name)}`.execute(admin.kysely);
    await admin.close();
    return urlOf(server, (url) => {
      url.pathname = `/${name}`;
    });
  }
  async function open(url: string, options: { log?: (line: string) => void; deadlines?: Partial<Deadlines> } = {}) {
    const database = await openPostgres({ url, ...options });
    opened.push(database);
    return database;
  }
  const write = (database: Database, event_id: string) =>
    database.kysely.insertInto("outbox").values({ event_id, topic: "stated", key: "p", value: "{}" }).execute();
  const eventsOf = async (database: Database) =>
    (await database.kysely.selectFrom("outbox").select("event_id").orderBy("sequence").execute()).map(
      ({ event_id }) => event_id,
    );
  /** Until it works: how soon is the test's own limit. */
  async function eventually<Value>(work: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        return await work();
      } catch {
        await systemClock.sleep(20);
      }
    }
  }
  const refused = async (url: string, deadlines: Partial<Deadlines> = SHORT) => {
    const error = await openPostgres({ url, deadlines }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).not.toContain("secret");
    expect(message).not.toContain("\n");
    return message;
  };

  databaseContract("PostgreSQL", async () => openPostgres({ url: await newDatabase(postgres) }));
  databaseContract("PostgreSQL behind PgBouncer", async () => openPostgres({ url: await newDatabase(pgbouncer) }));

  for (const [name, server] of [
    ["PostgreSQL", () => postgres],
    ["PgBouncer", () => pgbouncer],
  ] as const) {
    describe(name, () => {
      test("of several programs that migrate a new database at once one does, the others find it done", async () => {
        const url = await newDatabase(server());
        const programs = await Promise.all([1, 2, 3, 4].map(() => open(url)));
        const applied = await Promise.all(programs.map((program) => program.migrate()));
        expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
        const [program] = programs;
        if (!program) throw new Error("four are open");
        const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory'`.execute(program.kysely);
        expect(rows).toEqual([]);
      });

      test("of migrations of which one fails none is applied, and no lock stays", async () => {
        const url = await newDatabase(server());
        const make = (name: string) => ({
          up: async (kysely: Kysely<unknown>) => void (await sql.raw(name).execute(kysely)),
        });
        const first = make("create table first (id integer)");
        const broken = await openPostgres({
          url,
          migrations: { "0001": first, "0002": make("create tabel second ()") },
        });
        opened.push(broken);
        await expect(broken.migrate()).rejects.toMatchObject({ code: "42601" });
        const mended = await openPostgres({
          url,
          migrations: { "0001": first, "0002": make("create table second ()") },
        });
        opened.push(mended);
        expect(await mended.migrate()).toEqual(["0001", "0002"]);
      });

      test("killed and started again: what is under way fails, what was acknowledged is there, the next call works", async () => {
        const lines: string[] = [];
        const database = await open(await newDatabase(server()), { log: (line) => lines.push(line) });
        await database.migrate();
        await write(database, "before");
        // Two at work and, behind a pooler of two connections, two that wait for theirs.
        const copied = signal();
        const copying = database.writeBulk({
          table: "outbox",
          columns: ["event_id", "topic", "key", "value"],
          keyColumns: ["event_id"],
          onConflict: "keep",
          rows: {
            *[Symbol.iterator]() {
              for (let i = 0; ; i++) {
                if (i === 1_000) copied.fire();
                yield [`endless ${i}`, "t", "k", "v".repeat(1_000)];
              }
            },
          },
        });
        const sleeping = [1, 2].map(() => sql`select pg_sleep(60)`.execute(database.kysely));
        const transacting = database.transaction(async (inside) => {
          await sql`select pg_sleep(60)`.execute(inside);
        });
        const outcomes = Promise.allSettled([...sleeping, transacting, copying]);
        await copied.fired;
        await server().kill();
        for (const outcome of await outcomes) expect(outcome.status).toBe("rejected");
        await expect(write(database, "away")).rejects.toThrow(/database at 127\.0\.0\.1:\d+\/test_\d+: /);
        await server().start();
        await write(database, "after");
        expect(await eventsOf(database)).toEqual(["before", "after"]);
        for (const line of lines) expect(line).not.toContain("secret");
      });

      test("frozen: a query, a transaction, a copy and opening fail by their deadline; thawed, calls work again", async () => {
        const url = await newDatabase(server());
        const database = await open(url, { deadlines: SHORT });
        await database.migrate();
        const [begun, frozen] = [signal(), signal()];
        const inside = database.transaction(async (open) => {
          await write({ ...database, kysely: open }, "inside");
          begun.fire();
          await frozen.fired;
          await write({ ...database, kysely: open }, "frozen");
        });
        const copied = signal();
        const copy = database.writeBulk({
          table: "outbox",
          columns: ["event_id", "topic", "key", "value"],
          keyColumns: ["event_id"],
          onConflict: "keep",
          rows: {
            *[Symbol.iterator]() {
              for (let i = 0; ; i++) {
                if (i === 1_000) copied.fire();
                yield [`frozen ${i}`, "t", "k", "v".repeat(1_000)];
              }
            },
          },
        });
        const outcomes = Promise.allSettled([inside, copy]);
        await Promise.all([begun.fired, copied.fired]);
        server().freeze();
        frozen.fire();
        try {
          await expect(database.describe()).rejects.toThrow(/database at .*: .*(within 2000 ms|timeout)/);
          for (const outcome of await outcomes) expect(outcome.status).toBe("rejected");
          expect(await refused(url)).toMatch(
            /^database at 127\.0\.0\.1:\d+\/test_\d+: .*; start it, or choose another by the URL$/,
          );
        } finally {
          server().thaw();
        }
        await eventually(() => write(database, "thawed"));
        expect(await eventsOf(database)).toEqual(["thawed"]);
      });

      test("a wrong password, user and database are told apart in one line", async () => {
        const at = (change: (url: URL) => void) => refused(urlOf(server(), change));
        const credentials = /^database at .*; give its user and password in the URL$/;
        expect(await at((url) => (url.password = "wrong"))).toMatch(credentials);
        expect(await at((url) => (url.password = ""))).toMatch(credentials);
        expect(await at((url) => (url.username = "nobody"))).toMatch(credentials);
        expect(await at((url) => (url.pathname = "/nothing"))).toMatch(
          /nothing.*; make it by CREATE DATABASE, or name another in the URL$/,
        );
      });
    });
  }

  test("nobody there, a server that says nothing and one that is no PostgreSQL are refused within the deadline", async () => {
    const port = await freePort();
    expect(await refused(`postgres://u:secret@127.0.0.1:${port}/d`)).toMatch(/ECONNREFUSED.*; start it/);
    expect(await refused(`postgres://u:secret@localhost:${port}/d`)).toMatch(/ECONNREFUSED.*; start it/);
    expect(await refused("postgres://u:secret@no-such-host.invalid/d")).toMatch(/no-such-host\.invalid.*; start it/);
    for (const answer of [undefined, "HTTP/1.1 400 Bad Request\r\n\r\n"]) {
      const other = createServer((socket) => {
        socket.on("error", () => {});
        if (answer !== undefined) socket.end(answer);
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const address = other.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      expect(await refused(`postgres://u:secret@127.0.0.1:${address.port}/d`)).toMatch(/^database at /);
      other.close();
    }
  });

  test("TLS: the server is checked against its authority and by its name, addresses too", async () => {
    const ca = join(folder, "tls", "ca.crt");
    const withTls = (query: string) => `${postgres.url}?${query}`;
    const database = await open(withTls(`sslmode=verify-full&sslrootcert=${ca}`));
    const { rows } = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
      database.kysely,
    );
    expect(rows).toEqual([{ ssl: true }]);
    await open(withTls("sslmode=no-verify"));
    await open(withTls(`sslmode=verify-full&sslrootcert=${ca}`).replace("127.0.0.1", "localhost"));
    const check = /; check sslmode= and sslrootcert= against the server's certificate$/;
    expect(await refused(withTls("sslmode=verify-full"))).toMatch(check);
    expect(await refused(withTls(`sslmode=verify-full&sslrootcert=${ca}`).replace("127.0.0.1", "127.0.0.2"))).toMatch(
      /^database at 127\.0\.0\.2/,
    );
    expect(await refused(`${pgbouncer.url}?sslmode=no-verify`)).toMatch(check);
  });

  test("behind two connections that are held a query fails by its deadline, and works once they are free", async () => {
    const database = await open(`${await newDatabase(pgbouncer)}?connections=5`, { deadlines: SHORT });
    const free = signal();
    let holding = 0;
    const holders = [1, 2].map(() =>
      database.transaction(async (inside) => {
        await sql`select 1`.execute(inside);
        holding++;
        await free.fired;
      }),
    );
    await expect.poll(() => holding, { timeout: 20_000 }).toBe(2);
    await expect(database.describe()).rejects.toThrow(/no answer within 2000 ms/);
    free.fire();
    await Promise.all(holders);
    expect(await database.describe()).toMatch(/^PostgreSQL 15\./);
  });

  test("a transaction whose owner stands still is ended by the server, which frees its locks", async () => {
    const url = await newDatabase(pgbouncer);
    const database = await open(url, { deadlines: { idleMs: 200 } });
    await database.migrate();
    const wake = signal();
    const stuck = database.transaction(async (inside) => {
      await sql`select pg_advisory_xact_lock(1)`.execute(inside);
      await wake.fired;
      await write({ ...database, kysely: inside }, "late");
    });
    const outcome = expect(stuck).rejects.toThrow();
    await database.transaction(async (inside) => {
      await sql`select pg_advisory_xact_lock(1)`.execute(inside);
    });
    wake.fire();
    await outcome;
    expect(await eventsOf(database)).toEqual([]);
  });

  test("a server whose files can't grow refuses the write; what was there stays, and it goes on when there is room", async () => {
    const database = await open(await newDatabase(postgres));
    await database.migrate();
    await write(database, "before");
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(database.kysely);
    const url = urlOf(postgres, (own) => {
      own.pathname = `/${rows[0]?.name}`;
    });
    // Of the parent of all: connections made from here on inherit it. Larger than a segment of its log (16 MB).
    const limit = (soft: string) =>
      runAs(UNPRIVILEGED, "prlimit", ["--pid", String(postgres.pid()), `--fsize=${soft}:`]);
    await limit("20000000");
    const full = await openPostgres({ url });
    const fill = (target: Database) =>
      target.writeBulk({
        table: "outbox",
        columns: ["event_id", "topic", "key", "value"],
        keyColumns: ["event_id"],
        onConflict: "keep",
        rows: {
          *[Symbol.iterator]() {
            for (let i = 0; i < 40_000; i++) yield [`fill ${i}`, "t", "k", "v".repeat(1_000)];
          },
        },
      });
    await expect(fill(full)).rejects.toThrow(/could not (extend|write)/);
    expect(await eventsOf(full)).toEqual(["before"]);
    await limit("unlimited");
    await full.close();
    const roomy = await openPostgres({ url });
    expect(await fill(roomy)).toBe(40_000);
    await roomy.close();
  });
});

test.each([
  ["postgres://", /names no host|can't be read/],
  ["not a url", /can't be read/],
  ["mysql://u@h/d", /no scheme of PostgreSQL/],
  ["postgres://h/d", /names no user/],
  ["postgres://u:secret@h", /names no database/],
  ["postgres://u:secret@h/d?sslmode=require", /does not say whether the server is checked/],
  [
    "postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
    /sslrootcert=\/nowhere\/ca\.pem can't be read/,
  ],
  ["postgres://u:secret@h/d?sslrootcert=/x", /needs sslmode=verify-full/],
  ["postgres://u:secret@h/d?options=-c%20x", /parameter "options" is not known/],
  ["postgres://u:secret@h/d?connections=0", /connections=0 is refused/],
  ["postgres://u:sec%ret@h/d", /broken %-escape|can't be read/],
])("%s is refused in one line that keeps the password", async (url, why) => {
  const error = await openPostgres({ url }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(why);
  expect((error as Error).message).toMatch(/^database: .*(is accepted)$/);
  expect((error as Error).message).not.toMatch(/secret|sec%ret/);
});
