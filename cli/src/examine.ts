/** What each store is, whether it answers, and what to do where it doesn't: `doctor` and `/readyz`. */
import type { Clock } from "@thewatcher/kit/clock";
import { STORE_NAMES, STORES, type StoreName, type Stores } from "./open-stores.ts";
import { isEmbedded, type Settings, variableOf, withoutPassword } from "./settings.ts";

export interface StoreExamination {
  readonly name: StoreName;
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

/** Of the stores named; one that could not be opened answers what its opening failed with. */
export function examineStores(
  names: readonly StoreName[],
  stores: Stores,
  settings: Settings,
  clock: Clock,
): Promise<readonly StoreExamination[]> {
  return Promise.all(
    STORE_NAMES.filter((name) => names.includes(name)).map(async (name): Promise<StoreExamination> => {
      const { title, setting } = STORES[name];
      const url = settings[setting];
      const startedMs = clock.monotonicMs();
      const stop = new AbortController();
      const base = { name, store: title, setting: variableOf(setting), url: withoutPassword(url) };
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
  if (isEmbedded(url))
    return "restart; if it stays, look at the log in the data folder and at the free space of its disk";
  return `start the server, or set ${setting} to one that runs`;
}
