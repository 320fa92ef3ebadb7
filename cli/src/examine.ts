/** What each store is, whether it answers, and what to do where it doesn't: `doctor` and `/readyz`. */
import type { Clock } from "@thewatcher/kit/clock";
import type { Stores } from "./open-stores.ts";
import { type SettingName, type Settings, variableOf, withoutPassword } from "./settings.ts";

export interface StoreExamination {
  readonly store: string;
  readonly setting: string;
  readonly url: string;
  readonly reachable: boolean;
  /** Product and version, or what went wrong. */
  readonly detail: string;
  readonly latencyMs: number;
  /** What to do; empty where all is well. */
  readonly advice: string;
}

const DEADLINE_MS = 2_000;

const STORES: readonly { name: keyof Stores; title: string; setting: SettingName }[] = [
  { name: "eventLog", title: "event log", setting: "eventLogUrl" },
  { name: "warehouse", title: "warehouse", setting: "warehouseUrl" },
  { name: "recommendations", title: "recommendation store", setting: "recommendationsUrl" },
  { name: "database", title: "database", setting: "databaseUrl" },
  { name: "cache", title: "cache", setting: "cacheUrl" },
  { name: "objects", title: "objects", setting: "objectsUrl" },
];

export function examineStores(stores: Stores, settings: Settings, clock: Clock): Promise<readonly StoreExamination[]> {
  return Promise.all(
    STORES.map(async ({ name, title, setting }): Promise<StoreExamination> => {
      const url = String(settings[setting]);
      const startedMs = clock.monotonicMs();
      const stop = new AbortController();
      const base = { store: title, setting: variableOf(setting), url: withoutPassword(url) };
      try {
        const detail = await Promise.race([
          stores[name].describe(),
          clock.sleep(DEADLINE_MS, stop.signal).then(() => {
            throw new Error(`no answer within ${DEADLINE_MS} ms`);
          }),
        ]);
        return { ...base, reachable: true, detail, latencyMs: Math.round(clock.monotonicMs() - startedMs), advice: "" };
      } catch (error) {
        return {
          ...base,
          reachable: false,
          detail: String((error as Error).message),
          latencyMs: Math.round(clock.monotonicMs() - startedMs),
          advice: adviceFor(url, base.setting),
        };
      } finally {
        stop.abort();
      }
    }),
  );
}

function adviceFor(url: string, setting: string): string {
  if (/^(lmdb|file|chdb|embedded-postgres):/.test(url)) {
    return "restart; if it stays, look at the log in the data folder and at the free space of its disk";
  }
  return `start the server, or set ${setting} to one that runs`;
}
