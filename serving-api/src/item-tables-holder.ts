/**
 * Keeps the item tables of the active generation in memory. A flip (or a rollback) is seen within a poll, or at once by a
 * kick; until the new tables stand, the old ones stay, and serving reads the lists of *their* generation: an answer is
 * always composed of one publication.
 */
import type { Generation } from "@thewatcher/contracts/ids";
import { decodeItemTables, type ItemTables, itemTablesKey } from "@thewatcher/contracts/item-tables";
import { decodeRankerModel, rankerModelKey } from "@thewatcher/contracts/ranker-model";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { RecommendationStore } from "@thewatcher/stores/recommendations/port";
import { createRefresher, type Refresher } from "./holder.ts";
import { FEATURE_NAMES } from "./stages/features.ts";
import { bindRanker, type Ranker } from "./stages/ranker.ts";

/** One look at a pointer: a new publication is served within a quarter of a second. */
export const ITEM_TABLES_POLL_MS = 250;

export interface ItemTablesHolder extends Refresher {
  /** undefined before the first publication is loaded. */
  current(): ItemTables | undefined;
  /** The ranker of the same publication; undefined: it has none, or one that needs features which serving has not. */
  ranker(): Ranker | undefined;
  /** The generation that the store last called active, whether its tables are loaded or not. */
  active(): Generation | undefined;
}

export function createItemTablesHolder(deps: {
  readonly recommendations: Pick<RecommendationStore, "active">;
  readonly objects: Pick<Objects, "get">;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs?: number;
}): ItemTablesHolder {
  let tables: ItemTables | undefined;
  let ranker: Ranker | undefined;
  let active: Generation | undefined;

  async function read(): Promise<void> {
    active = await deps.recommendations.active();
    if (active === undefined || active === tables?.generation) return;
    const key = itemTablesKey(active);
    const bytes = await deps.objects.get(key);
    if (!bytes) throw new Error(`the active generation has no object ${key}`);
    const loaded = decodeItemTables(bytes);
    if (loaded.generation !== active) throw new Error(`${key} holds the tables of ${loaded.generation}`);
    ranker = await readRanker(active);
    tables = loaded;
  }

  /** A page without its ranker is a page: what is wrong with a model keeps no publication from being served. */
  async function readRanker(generation: Generation): Promise<Ranker | undefined> {
    const key = rankerModelKey(generation);
    try {
      const bytes = await deps.objects.get(key);
      if (!bytes) return undefined;
      const binding = bindRanker(decodeRankerModel(bytes), FEATURE_NAMES);
      if (binding.kind === "ready") return binding.ranker;
      deps.log.warn({ key, missing: binding.missing }, "the ranker needs features that are not served");
    } catch (error) {
      deps.log.warn({ key, err: error }, "the ranker could not be read; pages keep the order of the blended scores");
    }
    return undefined;
  }

  const { clock, log, pollMs = ITEM_TABLES_POLL_MS } = deps;
  return {
    ...createRefresher({ what: "item tables", read, pollMs, clock, log }),
    current: () => tables,
    ranker: () => ranker,
    active: () => active,
  };
}
