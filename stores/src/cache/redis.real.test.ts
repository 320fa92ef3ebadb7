/** Redis itself: the contract, then a server that fails, refuses, evicts. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { missing } from "@thewatcher/testbed/available";
import { makeCertificates } from "@thewatcher/testbed/certificates";
import { startRedis } from "@thewatcher/testbed/redis";
import { freePort, type RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheContract } from "./contract.ts";
import type { Cache } from "./port.ts";
import { openRedisCache } from "./redis.ts";

const lacking = missing("redis");
const long = { ttlMs: 600_000 };
/** Far below what a test waits for, far above what a busy machine takes. */

const CALL_MS = 2_000;

describe.skipIf(lacking !== undefined)(`Redis${lacking === undefined ? "" : `: ${lacking}`}`, () => {
  let folder: string;
  let redis: RunningServer;
  const servers: RunningServer[] = [];
  const opened: Cache[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "redis-real-"));
    redis = await start("main");
  });
  afterAll(async () => {
    for (const cache of opened) await cache.close();
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(name: string, options: Omit<Parameters<typeof startRedis>[0], "folder"> = {}) {
    const server = await startRedis({ folder: join(folder, name), ...options });
    servers.push(server);
    return server;
  }
  async function open(url: string, log?: (line: string) => void): Promise<Cache> {
    const cache = await openRedisCache({ url, callMsMax: CALL_MS, ...(log ? { log } : {}) });
    opened.push(cache);
    return cache;
  }
  async function refused(url: string): Promise<string> {
    const error = await openRedisCache({ url, callMsMax: CALL_MS }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).not.toContain("secret");
    expect(message).not.toContain("\n");
    return message;
  }
  const at = (change: (url: URL) => void, server = redis) => {
    const url = new URL(server.url);
    change(url);
    return url.href;
  };

  cacheContract({
    async open() {
      let port = await openRedisCache({ url: redis.url });
      return {
        port,
        // The server's own time: as long as the contract says, and no longer.
        elapse: (durationMs) => systemClock.sleep(durationMs),
        async reopen() {
          await port.close();
          port = await openRedisCache({ url: redis.url });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });

  test("two products on one server keep apart by their prefixes and by their databases", async () => {
    const caches = await Promise.all([
      open(at((url) => (url.search = "?prefix=one:"))),
      open(at((url) => (url.search = "?prefix=two:"))),
      open(at((url) => (url.pathname = "/1"))),
    ]);
    for (const [index, cache] of caches.entries()) await cache.set("same", `${index}`, long);
    expect(await Promise.all(caches.map((cache) => cache.get("same")))).toEqual(["0", "1", "2"]);
    await caches[0]?.delete(["same"]);
    expect(await Promise.all(caches.map((cache) => cache.get("same")))).toEqual([undefined, "1", "2"]);
  });

  test("killed and started again: calls under way and in between fail soon, the next works, and everything is there", async () => {
    const lines: string[] = [];
    const cache = await open(redis.url, (line) => lines.push(line));
    await cache.set("kept", "1", long);
    for (let round = 0; round < 2; round++) {
      // Frozen, so that they are under way for certain.
      redis.freeze();
      const underWay = Promise.allSettled(Array.from({ length: 50 }, (_, i) => cache.set(`under way ${i}`, "v", long)));
      await redis.kill();
      for (const outcome of await underWay) expect(outcome.status).toBe("rejected");
      await expect(cache.get("kept")).rejects.toThrow(/^cache at 127\.0\.0\.1:\d+\/0: get: /);
      await redis.start();
      await expect.poll(() => cache.get("kept").catch(() => undefined), { timeout: 20_000 }).toBe("1");
    }
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(20);
    for (const line of lines) expect(line).not.toContain("secret");
  });

  test("frozen: calls fail by their deadline and opening is refused; thawed, calls work again", async () => {
    const cache = await open(redis.url);
    redis.freeze();
    try {
      await expect(cache.take("frozen")).rejects.toThrow(/take: no answer within 2000 ms/);
      await expect(cache.add("frozen", "1", long)).rejects.toThrow(/add: /);
      expect(await refused(redis.url)).toMatch(/^cache at .*; start it, or choose another by the URL$/);
    } finally {
      redis.thaw();
    }
    await expect
      .poll(
        () =>
          cache.get("frozen").then(
            () => "answered",
            () => undefined,
          ),
        { timeout: 20_000 },
      )
      .toBe("answered");
    await cache.set("thawed", "1", long);
    expect(await cache.get("thawed")).toBe("1");
  });

  test("closing a frozen one ends by the deadline", async () => {
    const cache = await open(redis.url);
    redis.freeze();
    try {
      const underWay = expect(cache.get("frozen")).rejects.toThrow(/cache at /);
      await cache.close();
      await underWay;
    } finally {
      redis.thaw();
    }
  });

  test("a wrong password, none, an unknown user and a database that is not there are refused in one line", async () => {
    const credentials = /^cache at .*; give its user and password in the URL$/;
    expect(await refused(at((url) => (url.password = "wrong")))).toMatch(credentials);
    expect(
      await refused(
        at((url) => {
          url.username = "";
          url.password = "";
        }),
      ),
    ).toMatch(credentials);
    expect(await refused(at((url) => (url.username = "nobody")))).toMatch(credentials);
    expect(await refused(at((url) => (url.pathname = "/99")))).toMatch(/DB index is out of range; choose a database/);
  });

  test("a user of its own rights is enough", async () => {
    const server = await start("acl", {
      config: ["user cinema on >hush ~cinema:* +get +set +getdel +unlink +info +select +ping +quit +client"],
    });
    const url = at((own) => {
      own.username = "cinema";
      own.password = "hush";
      own.search = "?prefix=cinema:";
    }, server);
    const cache = await open(url);
    await cache.set("a", "1", long);
    expect(await cache.take("a")).toBe("1");
    expect(await refused(url.replace("prefix=cinema:", "prefix=other:"))).toMatch(/NOPERM.*; allow the user/);
  });

  test("a server that evicts is refused; without a limit of memory its policy means nothing", async () => {
    const server = await start("evicting", { config: ["maxmemory 20mb", "maxmemory-policy volatile-lru"] });
    expect(await refused(server.url)).toMatch(
      /it evicts \(maxmemory-policy volatile-lru\).*set maxmemory-policy noeviction$/,
    );
    const unlimited = await start("unlimited", { config: ["maxmemory-policy allkeys-lru"] });
    expect(await (await open(unlimited.url)).describe()).toMatch(/^Redis 7\..*append-only file\)$/);
  });

  test("a full server refuses the write in words, and keeps what it has", async () => {
    const server = await start("full", { config: ["maxmemory 3mb", "maxmemory-policy noeviction"] });
    const cache = await open(server.url);
    await cache.set("kept", "1", long);
    const fill = async () => {
      for (let i = 0; i < 100; i++) await cache.set(`fill ${i}`, "v".repeat(100_000), long);
    };
    await expect(fill()).rejects.toThrow(/set: OOM command not allowed/);
    expect(await cache.get("kept")).toBe("1");
  });

  test("a replica is refused by that name; one that says nothing or is no Redis within the deadline", async () => {
    const replica = await start("replica", { config: [`replicaof 127.0.0.1 ${redis.port}`, "masterauth secret"] });
    expect(await refused(replica.url)).toMatch(/it is a replica, which takes no writes; name its primary$/);
    expect(await refused(`redis://:secret@127.0.0.1:${await freePort()}`)).toMatch(/ECONNREFUSED.*; start it/);
    expect(await refused("redis://:secret@no-such-host.invalid")).toMatch(/no-such-host\.invalid.*; start it/);
    for (const answer of [undefined, "HTTP/1.1 400 Bad Request\r\n\r\n"]) {
      const other = createServer((socket) => {
        socket.on("error", () => {});
        if (answer !== undefined) socket.end(answer);
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const address = other.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      expect(await refused(`redis://:secret@127.0.0.1:${address.port}`)).toMatch(/^cache at /);
      other.close();
    }
  });

  test("TLS: the server is checked against its authority and by its name", async () => {
    const tls = await makeCertificates(join(folder, "tls"));
    const server = await start("tls", { tls });
    const withCa = at((url) => (url.search = `?ca=${tls.caFile}`), server);
    const cache = await open(withCa);
    await cache.set("a", "1", long);
    expect(await cache.get("a")).toBe("1");
    await open(withCa.replace("127.0.0.1", "localhost"));
    const check = /; check rediss:\/\/ and ca= against the server's certificate$/;
    expect(await refused(server.url)).toMatch(check);
    expect(await refused(withCa.replace("127.0.0.1", "127.0.0.2"))).toMatch(/^cache at 127\.0\.0\.2/);
    expect(await refused(withCa.replace(/rediss:(.*)\?.*/, "redis:$1"))).toMatch(/^cache at /);
  });
});

test.each([
  ["not a url", /can't be read/],
  ["http://h", /no scheme of Redis/],
  ["redis://", /names no host|can't be read/],
  ["redis://:secret@h/one", /database "one" is no number/],
  ["redis://:secret@h?family=6", /parameter "family" is not known/],
  ["redis://:secret@h?ca=/x", /ca needs rediss/],
  ["redis://:sec%ret@h", /%-escape/],
])("%s is refused in one line that keeps the password", async (url, why) => {
  const error = await openRedisCache({ url }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(why);
  expect((error as Error).message).toMatch(/^cache: .* is accepted$/);
  expect((error as Error).message).not.toMatch(/secret|sec%ret/);
});

test("an authority that can't be read is named", async () => {
  const opening = openRedisCache({ url: "rediss://:secret@h?ca=/nowhere/ca.pem" });
  await expect(opening).rejects.toThrow(/^cache: ca=\/nowhere\/ca\.pem can't be read: ENOENT/);
});
