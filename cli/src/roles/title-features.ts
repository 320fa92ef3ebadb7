/** Publishes the features of titles: hourly by whoever runs the sink, and after each training here. */
import {
  createTitleFeaturePublisher,
  type PublishedTitleFeatures,
} from "@thewatcher/feature-store/publish-title-features";
import type { Stores } from "../open-stores.ts";
import type { RoleContext } from "./part.ts";

/** What an end waits for a table under way; it is whole or not there, and the next one comes. */
const END_MS_MAX = 5_000;

export interface TitleFeaturesPart {
  /** A generation was made active: tables of a cinema that has just learned are asked for at once. */
  activated(): void;
  publishRegularly(): void;
}

export function composeTitleFeatures(
  stores: Pick<Stores, "warehouse" | "objects">,
  { clock, logOf, lifecycle }: RoleContext,
): TitleFeaturesPart {
  const log = logOf("title-features");
  const ending = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const onPublished = ({ key, titles, bytes, durationMs }: PublishedTitleFeatures) =>
    log.info({ key, titles, bytes, durationMs }, "features of titles published");
  const onError = (err: unknown) => {
    if (!ending.signal.aborted) log.warn({ err }, "features of titles could not be published and will be again");
  };
  const publisher = createTitleFeaturePublisher({
    // Looked up when they are used: a process may train without having opened all of them.
    get warehouse() {
      return stores.warehouse;
    },
    get objects() {
      return stores.objects;
    },
    clock,
  });
  const own = (work: Promise<unknown>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  lifecycle.own("title features", ending, async () => {
    ending.abort();
    const over = new AbortController();
    const late = clock.sleep(END_MS_MAX, over.signal).catch(() => {});
    await Promise.race([Promise.allSettled(underWay), late]);
    over.abort();
  });
  return {
    activated: () => own(publisher.publish().then(onPublished, onError)),
    publishRegularly: () => own(publisher.publishRegularly({ signal: ending.signal, onPublished, onError })),
  };
}
