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
  /** Why a ranker that was published is not used; undefined: it is, or there is none. */
  rankerProblem(): string | undefined;
  /** The generation that the store last called active, whether its tables are loaded or not. */
  active(): Generation | undefined;
}

interface ReadRanker {
  readonly key?: string;
  readonly ranker?: Ranker;
  readonly problem?: string;
  readonly isToBeAskedAgain?: boolean;
}

const NO_RANKER: ReadRanker = {};
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

export function createItemTablesHolder(deps: {
  readonly recommendations: Pick<RecommendationStore, "active">;
  readonly objects: Pick<Objects, "get">;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs?: number;
  /** Told after each publication, and when it changes, whether its ranker can't be used. */
  readonly onRanker?: (isUnusable: boolean) => void;
}): ItemTablesHolder {
  let tables: ItemTables | undefined;
  let ranker: ReadRanker = NO_RANKER;
  let active: Generation | undefined;

  async function read(): Promise<void> {
    active = await deps.recommendations.active();
    if (active === undefined) return;
    if (active === tables?.generation) {
      if (ranker.isToBeAskedAgain) take(await readRanker(active));
      return;
    }
    const key = itemTablesKey(active);
    const bytes = await deps.objects.get(key);
    if (!bytes) throw new Error(`the active generation has no object ${key}`);
    const loaded = decodeItemTables(bytes);
    if (loaded.generation !== active) throw new Error(`${key} holds the tables of ${loaded.generation}`);
    take(await readRanker(active));
    tables = loaded;
  }

  function take(next: ReadRanker): void {
    const { key, problem } = next;
    if (problem !== undefined && problem !== ranker.problem)
      deps.log.warn({ key, problem }, "pages go without a ranker");
    if (problem === undefined && ranker.problem !== undefined) deps.log.info({ key }, "no ranker is missing any more");
    ranker = next;
    deps.onRanker?.(problem !== undefined);
  }

  /**
   * A page without its ranker is a page: what is wrong with a model keeps no publication from being served, and is told on
   * the pages that it does not rank. Where the store did not answer it is asked again.
   */
  async function readRanker(generation: Generation): Promise<ReadRanker> {
    const key = rankerModelKey(generation);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await deps.objects.get(key);
    } catch (error) {
      return { key, problem: `it could not be read (${messageOf(error)})`, isToBeAskedAgain: true };
    }
    if (!bytes) return { key };
    try {
      const binding = bindRanker(decodeRankerModel(bytes), FEATURE_NAMES);
      if (binding.kind === "ready") return { key, ranker: binding.ranker };
      return { key, problem: `it needs features that are not served (${binding.missing.join(", ").slice(0, 200)})` };
    } catch (error) {
      return { key, problem: `it can't be used (${messageOf(error)})` };
    }
  }

  const { clock, log, pollMs = ITEM_TABLES_POLL_MS } = deps;
  return {
    ...createRefresher({ what: "item tables", read, pollMs, clock, log }),
    current: () => tables,
    ranker: () => ranker.ranker,
    rankerProblem: () => ranker.problem,
    active: () => active,
  };
}
