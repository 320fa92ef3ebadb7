/**
 * Publishes the features of titles: out of the warehouse into one object, then the pointer. Hourly, and after trainings.
 * Several processes may do it: each object is whole, and the pointer moves to a later instant only.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { HOUR_MS } from "./definitions.ts";
import { TITLE_PLAN } from "./ranking-features.ts";
import { readTitleFeatures } from "./read-title-features.ts";
import {
  encodeTitleFeatureTable,
  planIdOf,
  TITLE_FEATURES_POINTER,
  TITLE_FEATURES_PREFIX,
  titleFeaturesKey,
} from "./title-feature-table.ts";

export const PUBLISH_EVERY_MS = HOUR_MS;
/** A day of hourly tables: to look back, and for readers that are on their way to one. */
export const TABLES_KEPT = 24;
/** After a failure: the warehouse is back within minutes or is somebody's concern. */
const RETRY_MS = 60_000;

export interface TitleFeaturesPointer {
  readonly key: string;
  readonly asOf: number;
  readonly planId: string;
}

/** undefined: none was published. Throws where the object says something else. */
export async function readPointer(objects: Pick<Objects, "get">): Promise<TitleFeaturesPointer | undefined> {
  const bytes = await objects.get(TITLE_FEATURES_POINTER);
  if (!bytes) return undefined;
  const read: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const { key, asOf, planId } = (read ?? {}) as Partial<TitleFeaturesPointer>;
  if (typeof key !== "string" || typeof asOf !== "number" || typeof planId !== "string")
    throw new Error(`${TITLE_FEATURES_POINTER} names no key, asOf and planId`);
  return { key, asOf, planId };
}

export interface PublisherDeps {
  readonly warehouse: Warehouse;
  readonly objects: Objects;
  readonly clock: Clock;
}

export interface PublishedTitleFeatures extends TitleFeaturesPointer {
  readonly titles: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export async function publishTitleFeatures({
  warehouse,
  objects,
  clock,
}: PublisherDeps): Promise<PublishedTitleFeatures> {
  const startedMs = clock.monotonicMs();
  const table = await readTitleFeatures(warehouse, { plan: TITLE_PLAN, at: clock.now() });
  const bytes = encodeTitleFeatureTable(table);
  const pointer = { key: titleFeaturesKey(table.asOf), asOf: table.asOf, planId: planIdOf(TITLE_PLAN) };
  await objects.put(pointer.key, bytes);
  const before = await readPointer(objects).catch(() => undefined);
  if (!before || before.asOf <= pointer.asOf) {
    await objects.put(TITLE_FEATURES_POINTER, new TextEncoder().encode(JSON.stringify(pointer)));
    await deleteOld(objects, pointer.key);
  }
  const durationMs = Math.round(clock.monotonicMs() - startedMs);
  return { ...pointer, titles: table.titleIds.length, bytes: bytes.byteLength, durationMs };
}

async function deleteOld(objects: Objects, current: string): Promise<void> {
  const listed = await objects.list({ prefix: TITLE_FEATURES_PREFIX, limit: 1_000 });
  const tables = listed.map(({ key }) => key).filter((key) => key.endsWith(".bin") && key <= current);
  const old = tables.slice(0, -TABLES_KEPT);
  if (old.length > 0) await objects.delete(old);
}

export interface TitleFeaturePublisher {
  /** One at a time: a call while another is under way shares the one that follows it. */
  publish(): Promise<PublishedTitleFeatures>;
  /** Whenever the last table is an hour old, or of other declarations, until the signal aborts. */
  publishRegularly(options: {
    readonly signal: AbortSignal;
    readonly onPublished: (published: PublishedTitleFeatures) => void;
    readonly onError: (error: unknown) => void;
  }): Promise<void>;
}

export function createTitleFeaturePublisher(deps: PublisherDeps): TitleFeaturePublisher {
  const { clock } = deps;
  let underWay: Promise<PublishedTitleFeatures> | undefined;
  let next: Promise<PublishedTitleFeatures> | undefined;

  function publish(): Promise<PublishedTitleFeatures> {
    if (!underWay) {
      underWay = publishTitleFeatures(deps).finally(() => {
        underWay = undefined;
      });
      return underWay;
    }
    next ??= underWay
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return publish();
      });
    return next;
  }

  return {
    publish,
    async publishRegularly({ signal, onPublished, onError }) {
      while (!signal.aborted) {
        let waitMs = RETRY_MS;
        try {
          const last = await readPointer(deps.objects);
          const isOurs = last?.planId === planIdOf(TITLE_PLAN);
          const dueInMs = last && isOurs ? last.asOf + PUBLISH_EVERY_MS - clock.now() : 0;
          if (dueInMs > 0) waitMs = dueInMs;
          else {
            onPublished(await publish());
            waitMs = PUBLISH_EVERY_MS;
          }
        } catch (error) {
          if (!signal.aborted) onError(error);
        }
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    },
  };
}
