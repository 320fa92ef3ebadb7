/**
 * The warehouse over the network: a process of its own with a port, a user and a password. It stands in for a ClickHouse
 * server, of which no registry carries one: the engine is the real one, the HTTP interface before it is ours
 * (`chdb-child.ts`), and TLS is a proxy of this test. What it cannot show is named in `testbed/src/clickhouse.ts`.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { missing } from "@thewatcher/testbed/available";
import { makeCertificates } from "@thewatcher/testbed/certificates";
import { startClickhouse } from "@thewatcher/testbed/clickhouse";
import { freePort, type RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClickhouseOptions, openClickhouseWarehouse } from "./clickhouse.ts";
import { randomEvents, recordOf, warehouseContract } from "./contract.ts";
import type { Warehouse } from "./port.ts";

const lacking = missing("clickhouse");

describe.skipIf(lacking !== undefined)(`ClickHouse over HTTP${lacking === undefined ? "" : `: ${lacking}`}`, () => {
  let folder: string;
  let server: RunningServer;
  let databases = 0;
  const opened: Warehouse[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clickhouse-real-"));
    server = await startClickhouse({ folder: join(folder, "server") });
  });
  afterAll(async () => {
    for (const warehouse of opened) await warehouse.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A database of its own each time. */
  const urlOf = (parameters = "", name = `test_${++databases}`) =>
    `${server.url.slice(0, server.url.lastIndexOf("/"))}/${name}${parameters}`;
  async function open(url: string, options: Partial<ClickhouseOptions> = {}): Promise<Warehouse> {
    const warehouse = await openClickhouseWarehouse({ url, clock: systemClock, ...options });
    opened.push(warehouse);
    return warehouse;
  }
  async function openMigrated(url = urlOf(), options: Partial<ClickhouseOptions> = {}): Promise<Warehouse> {
    const warehouse = await open(url, options);
    await warehouse.migrate();
    return warehouse;
  }
  const batchOf = (seed: number, count: number) => ({
    topic: "behaviour",
    partition: 0,
    records: randomEvents(createRng(seed), count).map(recordOf),
  });
  const countOf = async (warehouse: Warehouse) =>
    (await warehouse.query<{ n: number }>("SELECT toUInt32(count()) AS n FROM events FINAL"))[0]?.n;
  async function refused(url: string, deadlines?: ClickhouseOptions["deadlines"]): Promise<string> {
    const opening = openClickhouseWarehouse({ url, clock: systemClock, ...(deadlines ? { deadlines } : {}) });
    const error = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toMatch(/^warehouse /);
    expect(message).not.toContain("secret");
    expect(message).not.toContain("\n");
    return message;
  }
  const failureOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => {
        throw new Error("it should have failed");
      },
      (error: Error) => error,
    );

  warehouseContract("remote", () => open(urlOf()));
  warehouseContract("remote, compressed", () => open(urlOf("?gzip=true")));

  /** A TCP way to the server that counts what clients send. */
  async function startWay(): Promise<{ readonly port: number; sentBytes: number; close(): void }> {
    const way = { port: 0, sentBytes: 0, close: () => void proxy.close() };
    const proxy = createServer((socket) => {
      const upstream = connect(server.port, "127.0.0.1");
      socket.on("data", (chunk: Buffer) => {
        way.sentBytes += chunk.length;
      });
      socket.pipe(upstream).pipe(socket);
      socket.on("error", () => upstream.destroy());
      upstream.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    way.port = (proxy.address() as AddressInfo).port;
    return way;
  }

  test("gzip halves what goes over the wire, and changes nothing of it", async () => {
    const sizes: number[] = [];
    for (const gzip of [false, true]) {
      const way = await startWay();
      const url = new URL(urlOf(`?gzip=${gzip}`));
      url.port = String(way.port);
      const warehouse = await openMigrated(url.href);
      way.sentBytes = 0;
      await warehouse.insertEvents(batchOf(1, 2_000));
      sizes.push(way.sentBytes);
      expect(await countOf(warehouse)).toBe(2_000);
      way.close();
    }
    expect(sizes[1]).toBeLessThan((sizes[0] as number) / 2);
  });

  describe("opening", () => {
    test("says in one line what is wrong with a URL, never its password", async () => {
      const at = server.url.slice(0, server.url.lastIndexOf("/"));
      expect(await refused("ht!tp//secret")).toContain("it can't be read");
      expect(await refused(`ftp${at.slice(4)}`)).toContain("scheme ftp:");
      expect(await refused(`${at}/a-b`)).toContain('database "a-b"');
      expect(await refused(`${at}/db?sslmode=require`)).toContain('unknown parameter "sslmode"');
      expect(await refused(`${at}/db?cluster=a%27b`)).toContain("cluster");
      expect(await refused(`${at}/db?gzip=yes`)).toContain("gzip=yes: true or false");
      expect(await refused(`${at}/db?ca=/nowhere.pem`)).toContain("ca belongs to https");
      expect(await refused(`https${at.slice(4)}/db?ca=/nowhere.pem`)).toContain(
        "ca /nowhere.pem cannot be read (ENOENT)",
      );
      expect(await refused(at.replace("secret", "%E0%A4%A"))).toContain("percent-encoded");
    });

    test("says that the password is wrong, the port refuses, the host is unknown, nobody answers", async () => {
      const url = new URL(urlOf());
      url.password = "another-secret";
      expect(await refused(url.href)).toContain("Authentication failed");
      const port = await freePort();
      expect(await refused(`http://u:secret@127.0.0.1:${port}/db`)).toContain(`http://127.0.0.1:${port}: `);
      expect(await refused(`http://u:secret@127.0.0.1:${port}/db`)).toContain("ECONNREFUSED");
      expect(await refused("http://u:secret@warehouse.invalid:8123/db")).toContain("warehouse.invalid");
      const silent = createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const { port: silentPort } = silent.address() as AddressInfo;
      expect(await refused(`http://u:secret@127.0.0.1:${silentPort}/db`, { openMs: 300 })).toContain(
        "no answer within 0.3 s",
      );
      silent.close();
    });

    test("refuses a schema newer than the program; two that migrate at once both end well", async () => {
      const url = urlOf();
      const [one, other] = [await open(url), await open(url)];
      await Promise.all([one.migrate(), other.migrate()]);
      await one.insertEvents(batchOf(2, 50));
      expect(await countOf(other)).toBe(50);
      await one.command("INSERT INTO schema_migrations SELECT '0099-later', 'x', now64(3)");
      const error = await failureOf(other.migrate());
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(/schema is newer than this program \(it has migration 0099-later\)/);
    });
  });

  describe("over TLS", () => {
    test("the server's certificate has to be signed by whom `ca` names", async () => {
      const { caFile, certFile, keyFile } = await makeCertificates(join(folder, "tls"));
      const others = await makeCertificates(join(folder, "others"));
      const proxy = createTlsServer(
        { cert: readFileSync(certFile), key: readFileSync(keyFile) },
        (incoming, outgoing) => {
          const { method, url, headers } = incoming;
          const onward = request({ host: "127.0.0.1", port: server.port, method, path: url, headers }, (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          });
          onward.on("error", () => outgoing.destroy());
          incoming.pipe(onward);
        },
      );
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const at = (ca?: string) => {
        const url = new URL(urlOf(ca === undefined ? "" : `?ca=${ca}`));
        url.port = String((proxy.address() as AddressInfo).port);
        return url.href.replace("http:", "https:");
      };
      const warehouse = await openMigrated(at(caFile));
      await warehouse.insertEvents(batchOf(3, 100));
      expect(await countOf(warehouse)).toBe(100);
      expect(await refused(at())).toMatch(/certificate|signed/);
      expect(await refused(at(others.caFile))).toMatch(/certificate|signed/);
      proxy.closeAllConnections();
      proxy.close();
    });
  });

  describe("a server that fails", () => {
    test("killed: every call under way settles, and the next one behind its return finds every acknowledged row", async () => {
      const warehouse = await openMigrated();
      await warehouse.insertEvents(batchOf(4, 200));
      await warehouse.advance({ topic: "behaviour", partition: 0, fromOffset: 0, nextOffset: 200, rows: 200 });
      const slow = Array.from({ length: 4 }, () =>
        warehouse.query("SELECT count() FROM numbers(1000000000000)", { maxExecutionSeconds: 50 }),
      );
      const settled = Promise.all(slow.map((query) => failureOf(query)));
      await server.kill();
      for (const error of await settled) expect(error.message).toMatch(/^warehouse http:\/\/127\.0\.0\.1:\d+: /);
      const down = await failureOf(warehouse.insertEvents(batchOf(5, 10)));
      expect(down.message).toContain("ECONNREFUSED");
      expect(down).not.toBeInstanceOf(UserError);
      await server.start();
      expect(await countOf(warehouse)).toBe(200);
      expect(await warehouse.positions()).toEqual([{ topic: "behaviour", partition: 0, nextOffset: 200 }]);
      await warehouse.insertEvents(batchOf(4, 200));
      expect(await countOf(warehouse)).toBe(200);
    });

    test("frozen: a call ends at its deadline, what it sent may land later, and sent again it is there once", async () => {
      const patient = await openMigrated();
      await patient.insertEvents(batchOf(6, 10));
      const warehouse = await open(urlOf("", `test_${databases}`), { deadlines: { insertMs: 400, graceMs: 400 } });
      server.freeze();
      try {
        const insert = await failureOf(warehouse.insertEvents(batchOf(7, 300)));
        expect(insert.message).toMatch(/no answer within 0\.4 s$/);
        const query = await failureOf(warehouse.query("SELECT 1", { maxExecutionSeconds: 1 }));
        expect(query.message).toMatch(/no answer within 1\.4 s$/);
      } finally {
        server.thaw();
      }
      await patient.insertEvents(batchOf(7, 300));
      expect(await countOf(patient)).toBe(300);
    });

    test("slow: the engine ends a query at its limit, and says so", async () => {
      const warehouse = await openMigrated();
      await expect(
        warehouse.query("SELECT count() FROM numbers(1000000000000)", { maxExecutionSeconds: 1 }),
      ).rejects.toMatchObject({ code: "159" });
    });

    test("that can't write says why, and takes the same batch when it can again", async () => {
      const warehouse = await openMigrated();
      await warehouse.command("RENAME TABLE events TO events_away");
      const error = await failureOf(warehouse.insertEvents(batchOf(8, 20)));
      expect(error).toMatchObject({ code: "60" });
      await warehouse.command("RENAME TABLE events_away TO events");
      await warehouse.insertEvents(batchOf(8, 20));
      expect(await countOf(warehouse)).toBe(20);
    });
  });
});
