/**
 * The engine's figures for lists that somebody else made: what `cross_check.py` holds RecTools' against.
 * `node --conditions=@thewatcher/source --import tsx scripts/cross-check-metrics/figures.ts <case.json>` prints them.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInteractions } from "../../engine/src/dataset.ts";
import { accuracyMetrics } from "../../engine/src/metrics/accuracy.ts";
import {
  calibration,
  coverage,
  densePopularityRanks,
  exposureGini,
  intraListDiversity,
  itemCounts,
  novelty,
  popularityLift,
  popularityRank,
  popularityRanks,
  serendipity,
} from "../../engine/src/metrics/beyond-accuracy.ts";
import { categoryCosine, categoryShares, coOccurrenceCosine } from "../../engine/src/metrics/item-likeness.ts";

/** Users and items are numbered from 0; a list is best first. */
export interface Case {
  readonly userCount: number;
  readonly itemCount: number;
  readonly genreCount: number;
  readonly depths: readonly number[];
  /** [user, item] each. */
  readonly train: readonly (readonly [number, number])[];
  /** By user. */
  readonly targets: readonly (readonly number[])[];
  readonly lists: readonly (readonly number[])[];
  /** By item. */
  readonly genres: readonly (readonly number[])[];
}

/** By metric: one number a user (null where undefined), or one number in all. */
export type Figures = Readonly<Record<string, readonly (number | null)[] | number>>;

export function figuresOf({ userCount, itemCount, genreCount, depths, train, targets, lists, genres }: Case): Figures {
  const data = buildInteractions(
    { userIndices: train.map(([user]) => user), itemIndices: train.map(([, item]) => item) },
    { userCount, itemCount },
  );
  const counts = itemCounts(data);
  const ranks = popularityRanks(counts);
  const dense = densePopularityRanks(counts);
  const trained = new Set(train.map(([user]) => user)).size;
  const rowOffsets = new Uint32Array(itemCount + 1);
  genres.forEach((own, item) => {
    rowOffsets[item + 1] = (rowOffsets[item] ?? 0) + own.length;
  });
  const categories = { categoryCount: genreCount, rowOffsets, categories: Int32Array.from(genres.flat()) };
  const likeness = { coOccurrence: coOccurrenceCosine(data), genres: categoryCosine(categories) };
  const shares = categoryShares(categories);

  const figures: Record<string, readonly (number | null)[] | number> = {};
  const perUser = (label: string, of: (user: number) => number | undefined) => {
    figures[label] = lists.map((_, user) => of(user) ?? null);
  };
  for (const k of depths) {
    const list = (user: number) => lists[user] ?? [];
    const relevant = (user: number) => new Set(targets[user]);
    const history = (user: number) => data.itemIndices.subarray(data.rowOffsets[user], data.rowOffsets[user + 1]);
    for (const [name, metric] of Object.entries(accuracyMetrics)) {
      perUser(`${name}@${k}`, (user) => metric(list(user), relevant(user), k));
    }
    perUser(`serendipity@${k}`, (user) => serendipity(list(user), relevant(user), dense, k));
    perUser(`novelty@${k}`, (user) => novelty(list(user), { counts, userCount: trained }, k));
    perUser(`popularityRank@${k}`, (user) => popularityRank(list(user), ranks, k));
    perUser(`popularityLift@${k}`, (user) => popularityLift(list(user), history(user), counts, k));
    for (const [name, cosine] of Object.entries(likeness)) {
      perUser(`intraListDiversity(${name})@${k}`, (user) => intraListDiversity(list(user), cosine, k));
    }
    perUser(`calibration(genres)@${k}`, (user) => calibration(list(user), history(user), shares, k));
    const exposures = new Int32Array(itemCount);
    for (const own of lists) for (const item of own.slice(0, k)) exposures[item] = (exposures[item] ?? 0) + 1;
    figures[`coverage@${k}`] = coverage(exposures) ?? Number.NaN;
    figures[`exposureGini@${k}`] = exposureGini(exposures) ?? Number.NaN;
  }
  return figures;
}

const [, script, path] = process.argv;
if (script !== undefined && path !== undefined && resolve(script) === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(figuresOf(JSON.parse(readFileSync(path, "utf8")) as Case)));
}
