/**
 * Keeps the indexes of titles up to date: the embedded one of this process always, and the search server's where there is
 * one. The catalogue's version is asked for; when it changed, or a window of somebody's rights opened or closed, everything
 * is read again and put into a new generation, which takes the place of the old one in one step.
 *
 * The server's generation is named by what it holds (a digest of its documents and the schema), so that any number of
 * processes agree on it without talking: who finds it active has nothing to do, who finds it half-filled waits for whoever
 * fills it, and takes over when that one stands still. One generation behind is kept for the way back, older ones go.
 *
 * Answers lag behind the catalogue by a poll and a build; what a viewer may see never does: every hit is judged again by
 * the title as this process holds it.
 */
import { createHash } from "node:crypto";
import { CATALOGUE_SLICE_MAX, type CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import {
  DOCUMENTS_PER_CALL_MAX,
  type Search,
  type SearchAnswer,
  type SearchDocument,
  type SearchRequest,
} from "@thewatcher/stores/search/port";
import { documentOf, SCHEMA } from "./search-documents.ts";
import { createFallbackSearch, type SearchMetrics } from "./search-fallback.ts";
import { COLLECTION } from "./search-titles.ts";
import { readCatalogueSlice, readCatalogueVersion } from "./titles.ts";

const POLL_MS = 2_000;
/** Slices of one reading that belong to different versions are read again. */
const READS_MAX = 5;
/** Whoever fills a generation puts 10,000 documents in some seconds; one that stands still this long is given up. */
const STANDSTILL_MS = 60_000;
const STANDSTILL_POLL_MS = 1_000;

/** The whole catalogue, as far as search needs it. */
export interface TitleSource {
  version(): Promise<string>;
  read(): Promise<{ readonly version: string; readonly titles: readonly CatalogueTitle[] }>;
}

export function databaseTitles(database: Database): TitleSource {
  return {
    version: () => readCatalogueVersion(database),
    async read() {
      for (let reads = 1; ; reads++) {
        const titles: CatalogueTitle[] = [];
        let version: string | undefined;
        let isWhole = true;
        for (let after: TitleId | undefined; ; ) {
          const slice = await readCatalogueSlice(database, { after, limit: CATALOGUE_SLICE_MAX });
          version ??= slice.version;
          isWhole = slice.version === version;
          for (const title of slice.titles) titles.push(title);
          if (!isWhole || slice.next === null) break;
          after = slice.next;
        }
        if (isWhole) return { version, titles };
        if (reads === READS_MAX) throw new Error(`the catalogue changed under ${READS_MAX} readings of it`);
      }
    },
  };
}

export interface TitleIndex {
  ask(request: SearchRequest): Promise<SearchAnswer>;
  title(titleId: string): CatalogueTitle | undefined;
  titleCount(): number;
  /** Brings the embedded index up to date now. */
  refresh(): Promise<void>;
  /** Brings the server up to date with the embedded one, where there is one. */
  publish(): Promise<void>;
  /** Both until the signal; what fails is logged and tried again. */
  watch(signal: AbortSignal): Promise<void>;
}

export interface TitleIndexDeps {
  readonly source: TitleSource;
  readonly embedded: Search;
  readonly server?: Search | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: SearchMetrics;
  readonly deadlineMs?: number;
}

interface Held {
  readonly version: string;
  readonly titles: ReadonlyMap<string, CatalogueTitle>;
  readonly generation: string;
  /** As of when its documents are. */
  readonly at: number;
  /** When a window of rights opens or closes next, so that other titles exist for somebody. */
  readonly untilMs: number;
}

interface Built {
  readonly generation: string;
  readonly documents: readonly SearchDocument[];
}

function generationOf(documents: readonly SearchDocument[]): string {
  const digest = createHash("sha256").update(JSON.stringify(SCHEMA));
  for (const document of documents) digest.update(JSON.stringify(document));
  return `t-${digest.digest("hex").slice(0, 24)}`;
}

/** The next instant at which `documentOf` may say something else of any of them. */
function nextEdge(titles: readonly CatalogueTitle[], at: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { rights } of titles) {
    for (const { from, until } of rights ?? []) {
      for (const edge of [from, until]) if (edge !== null && edge > at) next = Math.min(next, edge);
    }
  }
  return next;
}

async function putAll(search: Search, generation: string, documents: readonly SearchDocument[]): Promise<void> {
  for (let from = 0; from < documents.length; from += DOCUMENTS_PER_CALL_MAX) {
    await search.put(COLLECTION, generation, documents.slice(from, from + DOCUMENTS_PER_CALL_MAX));
  }
}

export function createTitleIndex(deps: TitleIndexDeps): TitleIndex {
  const { source, embedded, server, clock, log } = deps;
  const ask = createFallbackSearch(deps);
  let held: Held | undefined;
  /** What this process began to fill and has not ended: nobody else does. */
  let begun: string | undefined;
  /** What this process saw active on the server. */
  let published: string | undefined;

  async function buildEmbedded({ generation, documents }: Built): Promise<void> {
    if (held?.generation === generation) return;
    await embedded.drop(COLLECTION, generation).catch(() => undefined);
    const there = (await embedded.generations(COLLECTION)).find((one) => one.generation === generation);
    if (!there) await embedded.begin(COLLECTION, generation, SCHEMA);
    await putAll(embedded, generation, documents);
    const before = await embedded.activate(COLLECTION, generation);
    if (before !== undefined && before !== generation) await embedded.drop(COLLECTION, before);
  }

  async function buildOnServer(to: Search, { generation, documents }: Built): Promise<void> {
    let count = -1;
    for (let sinceMs = clock.monotonicMs(); ; ) {
      const there = (await to.generations(COLLECTION)).find((one) => one.generation === generation);
      if (there?.active) return;
      if (there && begun === generation) {
        await to.drop(COLLECTION, generation);
        begun = undefined;
      } else if (!there) {
        const isOurs = await to.begin(COLLECTION, generation, SCHEMA).then(
          () => true,
          (error) => {
            if (/has a generation/.test(String(error))) return false;
            throw error;
          },
        );
        if (!isOurs) continue;
        begun = generation;
        await putAll(to, generation, documents);
        begun = undefined;
        return activate(to, generation);
      } else {
        // Another process fills it, or did.
        if (there.documentCount >= documents.length) return activate(to, generation);
        if (there.documentCount !== count) [count, sinceMs] = [there.documentCount, clock.monotonicMs()];
        if (clock.monotonicMs() - sinceMs > STANDSTILL_MS) await to.drop(COLLECTION, generation);
        else {
          await clock.sleep(STANDSTILL_POLL_MS);
          await to.flush(COLLECTION, generation).catch(() => undefined);
        }
      }
    }
  }

  async function activate(on: Search, generation: string): Promise<void> {
    const before = await on.activate(COLLECTION, generation);
    // Another process did it meanwhile: it knows which one is behind, and drops the others.
    if (before === generation) return;
    for (const { generation: other } of await on.generations(COLLECTION)) {
      if (other !== generation && other !== before) await on.drop(COLLECTION, other);
    }
    log.info({ generation, before }, "titles are indexed");
  }

  async function refreshOnce(): Promise<void> {
    const version = await source.version();
    if (held && held.version === version && clock.now() < held.untilMs) return;
    const at = clock.now();
    const read = await source.read();
    const documents = read.titles.map((title) => documentOf(title, at));
    const generation = generationOf(documents);
    await buildEmbedded({ generation, documents });
    const titles = new Map<string, CatalogueTitle>(read.titles.map((title) => [title.titleId, title]));
    held = { version: read.version, titles, generation, at, untilMs: nextEdge(read.titles, at) };
  }

  async function publishOnce(): Promise<void> {
    if (!server || !held || published === held.generation) return;
    const { generation, titles, at } = held;
    await buildOnServer(server, { generation, documents: [...titles.values()].map((title) => documentOf(title, at)) });
    published = generation;
  }

  /** Whoever asks while it goes on gets the end of it. */
  const oneAtATime = (action: () => Promise<void>) => {
    let running: Promise<void> | undefined;
    return () => {
      running ??= action().finally(() => {
        running = undefined;
      });
      return running;
    };
  };
  const refresh = oneAtATime(refreshOnce);
  const publish = oneAtATime(publishOnce);

  return {
    async ask(request) {
      if (!held) await refresh();
      return ask(request);
    },
    title: (titleId) => held?.titles.get(titleId),
    titleCount: () => held?.titles.size ?? 0,
    refresh,
    publish,
    async watch(signal) {
      let isFailing = false;
      while (!signal.aborted) {
        try {
          await refresh();
          await publish();
          isFailing = false;
        } catch (error) {
          // Once for each time that it goes wrong.
          if (!isFailing) log.warn({ error: String(error) }, "the index of titles is behind the catalogue");
          isFailing = true;
        }
        await clock.sleep(POLL_MS, signal).catch(() => undefined);
      }
    },
  };
}
