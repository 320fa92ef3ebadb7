/**
 * Features of titles in the memory of a process that serves: the last published table, and everything that the event log
 * says since. It never stands in the way of a page: a store that is away leaves what is held as it is, and when that has
 * grown older than the declarations allow, `degradation` says so.
 *
 * A newer table is loaded beside the one in use, brought to the end of the log, and takes its place; for that moment both
 * are in memory.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import type { Objects } from "@thewatcher/stores/objects/port";
import type { FeaturePlan } from "./definitions.ts";
import { followLog, othersTurn } from "./follow-log.ts";
import { readPointer } from "./publish-title-features.ts";
import { TITLE_PLAN } from "./ranking-features.ts";
import { loadTitleFeatureFold, type TitleFeatureFold, type TitleFeatures } from "./title-feature-fold.ts";
import { decodeTitleFeatureTable } from "./title-feature-table.ts";

/** A click is in the features within half a second; asking the log for its end costs under a millisecond. */
const FOLLOW_MS = 500;
/** Tables come hourly: looking twice a minute is soon enough. */
const POINTER_MS = 30_000;
/** What a start waits for at most, so that a log that hangs keeps nobody from serving. */
const REFRESH_MS_MAX = 2_000;

export interface LiveTitleFeatures {
  /** undefined until a table was published and loaded. */
  current(): HeldTitleFeatures | undefined;
  /** What a page that uses them has to say; before the first publication nothing, as before the first training. */
  degradation(): { readonly cause: "missing" | "stale"; readonly detail: string } | undefined;
  /** Everything in the log by this instant is in; undefined: nothing is held. */
  freshAt(): number | undefined;
  /** Looks at the pointer and the log now; never rejects, and waits no longer than two seconds. */
  refresh(): Promise<void>;
  /** Follows until the signal aborts; then nothing is read any more. */
  watch(signal: AbortSignal): Promise<void>;
}

export interface HeldTitleFeatures {
  /** The table's instant and the places in the log: `1763890000000 behaviour/0:12,behaviour/1:7`. */
  version(): string;
  features(titleIds: readonly string[]): TitleFeatures;
}

interface Held {
  readonly key: string;
  readonly asOf: number;
  readonly fold: TitleFeatureFold;
  version: string;
  /** The log forgot records that the table does not include. */
  missed: number;
}

export function createLiveTitleFeatures(deps: {
  readonly objects: Pick<Objects, "get">;
  readonly eventLog: Pick<EventLog, "bounds" | "read">;
  readonly clock: Clock;
  readonly log: Log;
  readonly plan?: FeaturePlan;
}): LiveTitleFeatures {
  const { objects, eventLog, clock, log, plan = TITLE_PLAN } = deps;
  const freshnessMs = Math.min(...plan.features.map((feature) => feature.freshnessMs));
  const started = clock.now();
  let held: Held | undefined;
  let freshAt: number | undefined;
  let published = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const problems = new Map<string, string>();
  let underWay: Promise<void> | undefined;
  /** A backlog of a million events takes half a minute: whoever ends waits for one step of it. */
  const ending = new AbortController();
  const { signal } = ending;

  /** Each trouble is said once until it changes or passes: the log is looked at 120 times a minute. */
  async function trying(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (problems.delete(what)) log.info({ what }, "read again");
    } catch (err) {
      if (signal.aborted) return;
      const message = err instanceof Error ? err.message : String(err);
      if (problems.get(what) !== message) log.warn({ what, err }, "could not be read; what was held is kept");
      problems.set(what, message);
    }
  }

  async function follow(next: Held): Promise<void> {
    const beganAt = clock.now();
    const { missed } = await followLog(eventLog, next.fold, { signal });
    for (const _ of next.fold.advance(clock.now())) await othersTurn();
    next.missed += missed;
    next.version = versionOf(next);
    if (next === held) freshAt = beganAt;
  }

  async function load(): Promise<void> {
    const now = clock.now();
    if (now - lookedAt < POINTER_MS) return;
    const pointer = await readPointer(objects);
    lookedAt = now;
    published ||= pointer !== undefined;
    if (!pointer || pointer.key === held?.key) return;
    const bytes = await objects.get(pointer.key);
    if (!bytes) throw new Error(`the pointer names ${pointer.key}, which is not there`);
    const table = decodeTitleFeatureTable(bytes);
    const fold = await loadTitleFeatureFold(table, { plan, now: clock.now() });
    const next: Held = { key: pointer.key, asOf: table.asOf, fold, version: "", missed: 0 };
    next.version = versionOf(next);
    const before = held;
    // Without a table in use there is nothing to wait for: an hour-old one is better than none.
    if (!before) {
      held = next;
      freshAt = table.asOf;
    }
    await follow(next);
    if (!before) return;
    held = next;
    freshAt = clock.now();
  }

  async function read(): Promise<void> {
    await trying("title features", load);
    const now = held;
    if (now) await trying("the log of title features", () => follow(now));
  }

  function once(): Promise<void> {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  const current: HeldTitleFeatures = {
    version: () => held?.version ?? "",
    features: (titleIds) => {
      if (!held) throw new Error("title features are asked for before there are any");
      return held.fold.features(titleIds);
    },
  };

  return {
    current: () => (held ? current : undefined),
    freshAt: () => freshAt,
    degradation() {
      const now = clock.now();
      if (!held) {
        // Nobody may have published any yet; where the objects are away for long, nobody knows.
        const isLost = published || (problems.size > 0 && now - started > freshnessMs);
        if (!isLost) return undefined;
        const why = problems.size > 0 ? ` (${[...problems.values()].join("; ")})` : "";
        return { cause: "missing", detail: `No features of titles are loaded${why}.` };
      }
      if (held.missed > 0)
        return { cause: "stale", detail: `The log forgot ${held.missed} events that the features of titles lack.` };
      const ageMs = now - (freshAt ?? held.asOf);
      if (ageMs <= freshnessMs) return undefined;
      return { cause: "stale", detail: `Features of titles know the log up to ${Math.round(ageMs / 60_000)} min ago.` };
    },
    async refresh() {
      lookedAt = Number.NEGATIVE_INFINITY;
      const over = new AbortController();
      const late = clock.sleep(REFRESH_MS_MAX, over.signal).catch(() => {});
      await Promise.race([once(), late]);
      over.abort();
    },
    async watch(until) {
      until.addEventListener("abort", () => ending.abort(), { once: true });
      if (until.aborted) ending.abort();
      while (!signal.aborted) {
        await once();
        await clock.sleep(FOLLOW_MS, signal).catch(() => {});
      }
    },
  };
}

const versionOf = ({ asOf, fold }: Pick<Held, "asOf" | "fold">): string => {
  const places = fold.positions().map(({ topic, partition, nextOffset }) => `${topic}/${partition}:${nextOffset}`);
  return `${asOf} ${places.sort().join(",")}`;
};
