/**
 * The only place that knows which world we are in: a store is chosen by the scheme of its URL. Adapters load when they
 * are chosen, so the embedded mode never loads a server's driver; stores open by name, so a process opens what it uses.
 */
import { isAbsolute, join } from "node:path";
import { allTopics } from "@thewatcher/contracts/topics";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import type { Search } from "@thewatcher/stores/search/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { isEmbedded, type SettingName, type Settings } from "./settings.ts";

export interface Stores {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly recommendations: RecommendationStore;
  readonly database: Database;
  readonly cache: Cache;
  readonly search: Search;
  readonly objects: Objects;
}
export type StoreName = keyof Stores;

/** In the order of the data. */
export const STORES = {
  eventLog: { title: "event log", setting: "eventLogUrl" },
  warehouse: { title: "warehouse", setting: "warehouseUrl" },
  recommendations: { title: "recommendation store", setting: "recommendationsUrl" },
  database: { title: "database", setting: "databaseUrl" },
  cache: { title: "cache", setting: "cacheUrl" },
  search: { title: "search", setting: "searchUrl" },
  objects: { title: "objects", setting: "objectsUrl" },
} as const satisfies Record<StoreName, { title: string; setting: SettingName }>;
export const STORE_NAMES = Object.keys(STORES) as StoreName[];

/** Whether a store lies in the data folder, so that one process at a time may have it. */
export const needsDataFolder = (settings: Settings): boolean =>
  STORE_NAMES.some((name) => {
    const url = settings[STORES[name].setting];
    return isEmbedded(url) && !url.startsWith("memory:");
  });

export interface StoreDeps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
}

/** `lmdb:event-log` → <data folder>/event-log; an absolute path stays. */
export function pathOf(url: string, dataDir: string): string {
  const path = decodeURIComponent(url.slice(url.indexOf(":") + 1).replace(/^\/\//, ""));
  return isAbsolute(path) ? path : join(dataDir, path);
}
const schemeOf = (url: string): string => url.slice(0, url.indexOf(":") + 1);

const openers: { readonly [Name in StoreName]: (deps: StoreDeps) => Promise<Stores[Name]> } = {
  async eventLog({ settings, clock, log }) {
    const url = settings.eventLogUrl;
    if (schemeOf(url) === "kafka:") {
      const { openKafkaEventLog } = await import("@thewatcher/stores/event-log/kafka");
      return openKafkaEventLog({ url, clock, log });
    }
    const { openLmdbEventLog } = await import("@thewatcher/stores/event-log/lmdb");
    return openLmdbEventLog({ path: pathOf(url, settings.dataDir), clock });
  },

  async warehouse({ settings, clock, log }) {
    const url = settings.warehouseUrl;
    if (schemeOf(url) === "chdb:") {
      const { openChdbWarehouse } = await import("@thewatcher/stores/warehouse/chdb");
      return openChdbWarehouse({ path: pathOf(url, settings.dataDir), clock, log: (message) => log.info(message) });
    }
    const { openClickhouseWarehouse } = await import("@thewatcher/stores/warehouse/clickhouse");
    return openClickhouseWarehouse({ url, clock });
  },

  async recommendations({ settings, clock, log }) {
    const url = settings.recommendationsUrl;
    if (schemeOf(url) !== "lmdb:") {
      const { openTarantoolRecommendations } = await import("@thewatcher/stores/recommendations/tarantool");
      return openTarantoolRecommendations({ url, clock, log });
    }
    const { openLmdbRecommendations } = await import("@thewatcher/stores/recommendations/lmdb");
    return openLmdbRecommendations({ path: pathOf(url, settings.dataDir) });
  },

  async database({ settings, clock, log }) {
    const url = settings.databaseUrl;
    if (schemeOf(url) === "embedded-postgres:") {
      const { openEmbeddedPostgres } = await import("@thewatcher/stores/database/embedded-postgres");
      return openEmbeddedPostgres({ path: pathOf(url, settings.dataDir), clock, log: (message) => log.info(message) });
    }
    const { openPostgres } = await import("@thewatcher/stores/database/postgres");
    return openPostgres({ url, log: (message) => log.warn(message) });
  },

  async cache({ settings, clock, log }) {
    const url = settings.cacheUrl;
    if (schemeOf(url) !== "lmdb:") {
      const { openRedisCache } = await import("@thewatcher/stores/cache/redis");
      return openRedisCache({ url, clock, log: (message) => log.warn(message) });
    }
    const { openLmdbCache } = await import("@thewatcher/stores/cache/lmdb");
    return openLmdbCache({ path: pathOf(url, settings.dataDir), clock });
  },

  async search({ settings, clock }) {
    const url = settings.searchUrl;
    if (schemeOf(url) !== "memory:") {
      const { openElasticsearch } = await import("@thewatcher/stores/search/elasticsearch");
      return openElasticsearch({ url, clock, mayBeAway: true });
    }
    const { openMemorySearch } = await import("@thewatcher/stores/search/memory");
    return openMemorySearch();
  },

  async objects({ settings, clock, log }) {
    const url = settings.objectsUrl;
    if (schemeOf(url) === "s3:") {
      const { openS3Objects } = await import("@thewatcher/stores/objects/s3");
      return openS3Objects({ url, clock, log: (message) => log.warn(message) });
    }
    const { openFolderObjects } = await import("@thewatcher/stores/objects/folder");
    return openFolderObjects({ path: pathOf(url, settings.dataDir) });
  },
};

/**
 * Opens stores side by side (PostgreSQL and the embedded warehouse take a second each) and brings their schemas up to
 * date, under the locks that the stores keep for it: any number of processes may start at once. A store that was not
 * named is not there: asking for it is a bug. `tolerant`: one that can't be opened is asked for in vain, with the reason.
 */
export async function openStores(
  names: readonly StoreName[],
  deps: StoreDeps & { readonly tolerant?: boolean },
  lifecycle: Lifecycle,
): Promise<Stores> {
  const opened: Partial<Stores> = {};
  const failures = new Map<StoreName, unknown>();
  const open = async <Name extends StoreName>(name: Name): Promise<void> => {
    try {
      const store = lifecycle.own(STORES[name].title, await openers[name](deps), (it) => it.close());
      await prepare({ [name]: store }).catch((error: unknown) => {
        throw lostAtItsStart(error) ?? error;
      });
      opened[name] = store;
    } catch (error) {
      failures.set(name, error);
    }
  };
  await Promise.all(STORE_NAMES.filter((name) => names.includes(name)).map((name) => open(name)));
  if (failures.size > 0 && !deps.tolerant) throw allOf([...failures.values()]);
  const stores: Partial<Stores> = {};
  for (const name of STORE_NAMES) {
    Object.defineProperty(stores, name, {
      enumerable: name in opened,
      get() {
        if (failures.has(name)) throw failures.get(name);
        const store = opened[name];
        assert(store, `this process opens the ${STORES[name].title}`);
        return store;
      },
    });
  }
  return stores as Stores;
}

/**
 * A store that was there when it was opened and gone a moment later: as little a failure of ours as one that was never
 * there, and told the same way, so that whoever started this starts it again.
 */
function lostAtItsStart(error: unknown): UserError | undefined {
  if (error instanceof UserError || !(error instanceof Error) || !LOST.test(error.message)) return undefined;
  const reason = error.message.replaceAll(/\s*\n\s*/g, " ").trim();
  return new UserError(`${reason}; it was there a moment ago: see that it stays, and start this again`, {
    cause: error,
  });
}

/** As sockets, the clients' deadlines and a PostgreSQL that ends say it. */
const LOST =
  /\b(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)\b|socket hang up|Connection terminated|terminating connection|database system is (starting up|shutting down|in recovery)|no answer within/;

/** Everything that a person has to mend, in one line; a failure of ours alone. */
function allOf(failures: readonly unknown[]): unknown {
  const ours = failures.find((failure) => !(failure instanceof UserError));
  if (ours !== undefined || failures.length === 1) return ours ?? failures[0];
  return new UserError(failures.map((failure) => (failure as UserError).message).join("; "));
}

/** What has to be there before the first use; idempotent, and safe beside another process that does the same. */
async function prepare({ eventLog, database, warehouse }: Partial<Stores>): Promise<void> {
  await Promise.all([database?.migrate(), warehouse?.migrate()]);
  if (eventLog) for (const topic of allTopics) await eventLog.ensureTopic(topic);
}
