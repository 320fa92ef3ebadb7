/**
 * The only place that knows which world we are in: a store is chosen by the scheme of its URL. Adapters load when they
 * are chosen, so the embedded mode never loads a server's driver.
 */
import { isAbsolute, join } from "node:path";
import type { Clock } from "@thewatcher/kit/clock";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import type { Log } from "@thewatcher/kit/log";
import type { Cache } from "@thewatcher/stores/cache/port";
import type { Database } from "@thewatcher/stores/database/port";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import type { Settings } from "./settings.ts";

export interface Stores {
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly recommendations: RecommendationStore;
  readonly database: Database;
  readonly cache: Cache;
  readonly objects: Objects;
}

export interface StoreDeps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
}

/** `lmdb:event-log` → <data folder>/event-log; an absolute path stays. */
function pathOf(url: string, dataDir: string): string {
  const path = decodeURIComponent(url.slice(url.indexOf(":") + 1).replace(/^\/\//, ""));
  return isAbsolute(path) ? path : join(dataDir, path);
}
const schemeOf = (url: string): string => url.slice(0, url.indexOf(":") + 1);

async function openEventLog({ settings, clock }: StoreDeps): Promise<EventLog> {
  const { openLmdbEventLog } = await import("@thewatcher/stores/event-log/lmdb");
  return openLmdbEventLog({ path: pathOf(settings.eventLogUrl, settings.dataDir), clock });
}

async function openWarehouse({ settings, clock, log }: StoreDeps): Promise<Warehouse> {
  const url = settings.warehouseUrl;
  if (schemeOf(url) === "chdb:") {
    const { openChdbWarehouse } = await import("@thewatcher/stores/warehouse/chdb");
    return openChdbWarehouse({ path: pathOf(url, settings.dataDir), clock, log: (message) => log.info(message) });
  }
  const { openClickhouseWarehouse } = await import("@thewatcher/stores/warehouse/clickhouse");
  return openClickhouseWarehouse({ url, clock });
}

async function openRecommendations({ settings }: StoreDeps): Promise<RecommendationStore> {
  const { openLmdbRecommendations } = await import("@thewatcher/stores/recommendations/lmdb");
  return openLmdbRecommendations({ path: pathOf(settings.recommendationsUrl, settings.dataDir) });
}

async function openDatabase({ settings, clock, log }: StoreDeps): Promise<Database> {
  const url = settings.databaseUrl;
  if (schemeOf(url) === "embedded-postgres:") {
    const { openEmbeddedPostgres } = await import("@thewatcher/stores/database/embedded-postgres");
    return openEmbeddedPostgres({ path: pathOf(url, settings.dataDir), clock, log: (message) => log.info(message) });
  }
  const { openPostgres } = await import("@thewatcher/stores/database/postgres");
  return openPostgres({ url });
}

async function openCache({ settings, clock }: StoreDeps): Promise<Cache> {
  const { openLmdbCache } = await import("@thewatcher/stores/cache/lmdb");
  return openLmdbCache({ path: pathOf(settings.cacheUrl, settings.dataDir), clock });
}

async function openObjects({ settings }: StoreDeps): Promise<Objects> {
  const { openFolderObjects } = await import("@thewatcher/stores/objects/folder");
  return openFolderObjects({ path: pathOf(settings.objectsUrl, settings.dataDir) });
}

/** Opens all stores side by side (PostgreSQL and the warehouse take a second each); closes what opened when one fails. */
export async function openStores(deps: StoreDeps, lifecycle: Lifecycle): Promise<Stores> {
  const open = async <Store extends { close(): Promise<void> }>(
    name: string,
    opening: Promise<Store>,
  ): Promise<Store> => lifecycle.own(name, await opening, (store) => store.close());
  const openings = {
    eventLog: open("event log", openEventLog(deps)),
    warehouse: open("warehouse", openWarehouse(deps)),
    recommendations: open("recommendation store", openRecommendations(deps)),
    database: open("database", openDatabase(deps)),
    cache: open("cache", openCache(deps)),
    objects: open("objects", openObjects(deps)),
  };
  const settled = await Promise.allSettled(Object.values(openings));
  const failed = settled.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return {
    eventLog: await openings.eventLog,
    warehouse: await openings.warehouse,
    recommendations: await openings.recommendations,
    database: await openings.database,
    cache: await openings.cache,
    objects: await openings.objects,
  };
}
