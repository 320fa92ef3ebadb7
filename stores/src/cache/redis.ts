/**
 * Sessions and short-lived values on Redis (≥ 6.2, one primary; Valkey too), by ioredis.
 *
 * `redis://[user:password@]host[:port][/database][?prefix=x]`; `rediss://` is TLS, with `ca=/path` for an authority of
 * one's own. A call is sent once: it is not repeated after a lost connection, since a `take` or an `add` that the server
 * did and whose answer was lost would give another answer the second time. A call while the connection is away waits for
 * the next attempt to connect (at most half a second behind the last), then fails with its cause.
 *
 * The port promises that nothing vanishes before its time, so a server that evicts is refused at open: it would sign
 * people out, and forget that a ticket was used.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type Clock, systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { Redis, type RedisOptions } from "ioredis";
import { decodedPart, hostOf, reasonOf } from "../server-url.ts";
import { checkCacheEntry, checkCacheIncrement, checkCacheKey } from "./limits.ts";
import type { Cache } from "./port.ts";

/** Connecting, TLS, password and first question. */
const OPEN_MS_MAX = 10_000;
const CONNECT_MS_MAX = 5_000;
/** An answer takes a tenth of a millisecond; a snapshot's fork on a large server some hundred. */
const CALL_MS_MAX = 3_000;
const RECONNECT_MS_FIRST = 20;
const RECONNECT_MS_LAST = 500;
/** Of the connection being ended by us: then it is cut. */
const DISCONNECT_MS_MAX = 500;
/** At 20,000 answers a second half a second of work; more only waits for its deadline. */
const IN_FLIGHT_MAX = 10_000;
/** The server does nothing else during one command: a thousand take it about a millisecond. */
const KEYS_PER_DELETE = 1_000;
const DEFAULT_PORT = 6379;
/** A count whose time runs out between two commands would be made anew without any: the time is set where there is none. */
const INCREMENT = `local count = redis.call("INCRBY", KEYS[1], ARGV[1])
if redis.call("PTTL", KEYS[1]) < 0 then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return count`;
const FORM = "redis://[user:password@]host[:port][/database][?prefix=x], rediss:// for TLS with [?ca=/path/to/ca.pem]";

export interface RedisCacheOptions {
  readonly url: string;
  readonly clock?: Clock;
  readonly log?: (message: string) => void;
  /** Default 3 s; a test gives less. */
  readonly callMsMax?: number;
}

interface Target {
  /** Without user and password. */
  readonly where: string;
  readonly prefix: string;
  readonly connection: RedisOptions;
}

function parseUrl(text: string): Target {
  const refuse = (why: string): never => {
    throw new UserError(`cache: ${why}; ${FORM} is accepted`);
  };
  const url = URL.canParse(text) ? new URL(text) : refuse("its URL can't be read");
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") refuse(`${url.protocol} is no scheme of Redis`);
  if (url.hostname === "") refuse("its URL names no host");
  const database = url.pathname.replace(/^\//, "");
  if (!/^\d{0,5}$/.test(database)) refuse(`database "${database}" is no number`);
  for (const name of url.searchParams.keys()) {
    if (name !== "prefix" && name !== "ca") refuse(`parameter "${name}" is not known`);
  }
  const ca = url.searchParams.get("ca");
  if (ca !== null && url.protocol === "redis:") refuse("ca needs rediss://");
  const host = hostOf(url);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const tls = url.protocol === "rediss:" ? { ...readAuthority(ca), ...(isIP(host) ? {} : { servername: host }) } : null;
  const decode = (escaped: string): string => decodedPart(escaped) ?? refuse("its URL has a broken %-escape");
  const username = decode(url.username);
  const password = decode(url.password);
  return {
    where: `cache at ${url.hostname}:${port}${database === "" ? "" : `/${database}`}`,
    prefix: url.searchParams.get("prefix") ?? "",
    connection: {
      host,
      port,
      db: Number(database),
      ...(tls ? { tls } : {}),
      ...(username === "" ? {} : { username }),
      ...(password === "" ? {} : { password }),
    },
  };
}

function readAuthority(path: string | null): { readonly ca?: Buffer } {
  if (path === null) return {};
  try {
    return { ca: readFileSync(path) };
  } catch (error) {
    throw new UserError(`cache: ca=${path} can't be read: ${reasonOf(error)}; a PEM file is accepted`);
  }
}

/** What a person can do about it. */
function adviceOn(reason: string): string {
  if (/^WRONGPASS|^NOAUTH|invalid password/.test(reason)) return "give its user and password in the URL";
  if (/^NOPERM/.test(reason))
    return "allow the user GET, SET, GETDEL, UNLINK, INCRBY, PTTL, PEXPIRE, EVAL and INFO on its keys";
  if (/DB index/.test(reason)) return "choose a database that the server has";
  if (/certificate|self.signed|unable to|altname|SSL|TLS|wrong version/i.test(reason))
    return "check rediss:// and ca= against the server's certificate";
  return "start it, or choose another by the URL";
}

const fieldsOf = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );

/** Why this server can't keep what the port promises. */
function unfit(info: ReadonlyMap<string, string>): string | undefined {
  const [major = 0, minor = 0] = (info.get("redis_version") ?? "").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2))
    return `version ${info.get("redis_version")} is too old; 6.2 or newer is accepted`;
  if (info.get("redis_mode") === "cluster") return "it is part of a cluster; a single primary is accepted";
  if (info.get("role") === "slave") return "it is a replica, which takes no writes; name its primary";
  const policy = info.get("maxmemory_policy");
  if (Number(info.get("maxmemory")) > 0 && policy !== undefined && policy !== "noeviction") {
    return `it evicts (maxmemory-policy ${policy}), so sessions would vanish before their time; set maxmemory-policy noeviction`;
  }
  return undefined;
}

/** What of it survives the server's end: a cache that starts empty signs everybody out. */
const persistenceOf = (info: ReadonlyMap<string, string>): string =>
  info.get("aof_enabled") === "1"
    ? "append-only file"
    : "no append-only file: its end costs what came after its last snapshot";

export async function openRedisCache(options: RedisCacheOptions): Promise<Cache & AsyncDisposable> {
  const { clock = systemClock, log = () => {}, callMsMax = CALL_MS_MAX } = options;
  const { where, prefix, connection } = parseUrl(options.url);
  let opened = false;
  let closing: Promise<void> | undefined;
  let inFlight = 0;
  let answeredAt = 0;
  let lastError: string | undefined;
  let logged: string | undefined;
  const waiting = new Set<{ readonly resolve: () => void; readonly reject: (error: Error) => void }>();

  const redis = new Redis({
    ...connection,
    lazyConnect: true,
    connectTimeout: CONNECT_MS_MAX,
    commandTimeout: callMsMax,
    disconnectTimeout: DISCONNECT_MS_MAX,
    keepAlive: 10_000,
    // Whoever waits waits here, with a deadline; ioredis would send what its caller has given up.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // 0: what was under way is refused as soon as the connection is lost.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) =>
      opened && !closing ? Math.min(RECONNECT_MS_LAST, RECONNECT_MS_FIRST * 2 ** Math.min(attempt, 10)) : null,
    // The primary became a replica: its name may lead to the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    disableClientInfo: true,
    connectionName: "thewatcher",
  });
  redis.on("error", (error: Error) => {
    lastError = reasonOf(error);
    if (opened && lastError !== logged) {
      logged = lastError;
      log(`${where}: ${lastError}`);
    }
  });
  redis.on("ready", () => {
    if (opened && logged !== undefined) log(`${where}: connected again`);
    lastError = undefined;
    logged = undefined;
    for (const { resolve } of waiting) resolve();
    waiting.clear();
  });
  redis.on("close", () => {
    for (const { reject } of waiting) reject(new Error(lastError ?? "the connection was lost"));
    waiting.clear();
  });

  async function untilReady(): Promise<void> {
    const settled = new AbortController();
    let waiter: { resolve: () => void; reject: (error: Error) => void } | undefined;
    const late = clock.sleep(callMsMax, settled.signal).then(
      () => {
        throw new Error(`no connection within ${callMsMax} ms${lastError === undefined ? "" : ` (${lastError})`}`);
      },
      () => {},
    );
    try {
      await Promise.race([
        late,
        new Promise<void>((resolve, reject) => {
          waiter = { resolve, reject };
          waiting.add(waiter);
        }),
      ]);
    } finally {
      if (waiter) waiting.delete(waiter);
      settled.abort();
    }
  }

  const requireOpen = () => {
    if (closing) throw new Error(`${where} is closed`);
  };

  async function call<Value>(what: string, command: () => Promise<Value>): Promise<Value> {
    requireOpen();
    if (inFlight >= IN_FLIGHT_MAX) throw new Error(`${where}: ${what}: ${IN_FLIGHT_MAX} calls are under way`);
    inFlight++;
    const startedAt = clock.monotonicMs();
    try {
      if (redis.status !== "ready") await untilReady();
      const value = await command();
      answeredAt = clock.monotonicMs();
      return value;
    } catch (error) {
      const reason = reasonOf(error);
      const late = reason === "Command timed out";
      // Nothing at all came since: a connection to nobody is found out by a new one, not by waiting for the system.
      if (late && answeredAt < startedAt && redis.status === "ready") redis.disconnect(true);
      const lost = /max retries per request|Connection is closed|Stream isn't writeable|aborted/.test(reason);
      const told = late ? `no answer within ${callMsMax} ms` : lost ? (lastError ?? "the connection was lost") : reason;
      throw new Error(`${where}: ${what}: ${told}`, { cause: error });
    } finally {
      inFlight--;
    }
  }

  const keyOf = (key: string): string => {
    checkCacheKey(key);
    return prefix + key;
  };
  const readInfo = async () => fieldsOf(await redis.info());

  try {
    await openWithin(redis, clock, () => lastError);
    // ioredis goes on with database 0 where the one asked for is not there.
    await redis.select(connection.db ?? 0);
    const problem = unfit(await readInfo());
    if (problem !== undefined) throw new UserError(`${where}: ${problem}`);
    // Reading is not all it needs: a user without the right, a server without room, a database that is not there.
    await redis.set(`${prefix}thewatcher:opened`, "1", "PX", OPEN_MS_MAX);
  } catch (error) {
    redis.disconnect();
    if (error instanceof UserError) throw error;
    const reason = reasonOf(error);
    throw new UserError(`${where}: ${reason}; ${adviceOn(reason)}`);
  }
  opened = true;

  const cache: Cache & AsyncDisposable = {
    async get(key) {
      requireOpen();
      const name = keyOf(key);
      return (await call("get", () => redis.get(name))) ?? undefined;
    },
    async set(key, value, { ttlMs }) {
      requireOpen();
      checkCacheEntry(key, value, ttlMs);
      await call("set", () => redis.set(prefix + key, value, "PX", ttlMs));
    },
    async add(key, value, { ttlMs }) {
      requireOpen();
      checkCacheEntry(key, value, ttlMs);
      return (await call("add", () => redis.set(prefix + key, value, "PX", ttlMs, "NX"))) === "OK";
    },
    async take(key) {
      requireOpen();
      const name = keyOf(key);
      return (await call("take", () => redis.getdel(name))) ?? undefined;
    },
    async increment(key, { ttlMs, by = 1 }) {
      requireOpen();
      checkCacheIncrement(key, by, ttlMs);
      return Number(await call("increment", () => redis.eval(INCREMENT, 1, prefix + key, by, ttlMs)));
    },
    async delete(keys) {
      requireOpen();
      const names = keys.map(keyOf);
      for (let start = 0; start < names.length; start += KEYS_PER_DELETE) {
        const some = names.slice(start, start + KEYS_PER_DELETE);
        await call("delete", () => redis.unlink(some));
      }
    },
    async describe() {
      requireOpen();
      const info = await call("describe", readInfo);
      const problem = unfit(info);
      return `Redis ${info.get("redis_version")}, ${where} (${persistenceOf(info)}${problem === undefined ? "" : `; ${problem}`})`;
    },
    close() {
      closing ??= (async () => {
        for (const { reject } of waiting) reject(new Error("it was closed"));
        // Answers come in the order of sending: what is under way is answered first.
        if (redis.status === "ready") await redis.quit().catch(() => {});
        redis.disconnect();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => cache.close(),
  };
  return cache;
}

async function openWithin(redis: Redis, clock: Clock, cause: () => string | undefined): Promise<void> {
  const settled = new AbortController();
  const late = clock.sleep(OPEN_MS_MAX, settled.signal).then(
    () => {
      throw new Error(`no answer within ${OPEN_MS_MAX / 1000} s`);
    },
    () => {},
  );
  try {
    await Promise.race([
      late.then(() => new Promise<never>(() => {})),
      redis.connect().catch((error: unknown) => {
        throw new Error(cause() ?? reasonOf(error));
      }),
    ]);
  } finally {
    settled.abort();
  }
}
