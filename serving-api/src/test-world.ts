/** A small world for the tests: a catalogue, tables and states, all from a seed. */
import type { CatalogueCollection } from "@thewatcher/contracts/api/catalogue";
import type { CollectionId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import type { ItemTables, NeighbourTable } from "@thewatcher/contracts/item-tables";
import type { ProfileState, TitleState } from "@thewatcher/contracts/profile-state";
import type { CardSource } from "@thewatcher/contracts/title-card";
import type { Rng } from "@thewatcher/kit/rng";
import type { CatalogueTitle } from "./title-view.ts";

export const GENERATION = "g1800000000000-00aa";
export const AS_OF = 1_800_000_000_000;
export const PROFILE = "p-1" as ProfileId;
const GENRES = ["Action", "Comedy", "Drama", "Horror", "Musical", "Science Fiction", 'Film "Noir"'];
const AGE_MARKS = [0, 6, 12, 16, 18, null] as const;

export const titleIdOf = (index: number): TitleId => `film-${String(index).padStart(4, "0")}` as TitleId;

export function catalogueOf(rng: Rng, titleCount: number): CatalogueTitle[] {
  return Array.from({ length: titleCount }, (_, index) => {
    const facts: CardSource = {
      kind: "film",
      names: {},
      originalName: null,
      referenceRuntimeMinutes: null,
      titleId: titleIdOf(index),
      name: index % 7 === 0 ? `The "${index}" – café` : `Film ${index}`,
      year: rng.next() < 0.05 ? null : 1930 + rng.int(80),
      genres: GENRES.filter(() => rng.next() < 0.3),
      ageMark: AGE_MARKS[rng.int(AGE_MARKS.length)]!,
      runtimeMinutes: rng.next() < 0.1 ? null : 60 + rng.int(120),
    };
    return { facts, rights: null, addedAt: new Date(AS_OF - rng.int(400) * 86_400_000).toISOString() };
  });
}

/** Dense random effects, the largest first in each row; `count` = titleCount − 1 cuts nothing. */
function neighbourTable(rng: Rng, titleCount: number, count: number): NeighbourTable {
  const itemIndices = new Int32Array(titleCount * count).fill(-1);
  const weights = new Float32Array(titleCount * count);
  for (let row = 0; row < titleCount; row++) {
    const entries = Array.from({ length: titleCount }, (_, index) => ({ index, weight: Math.fround(rng.next()) }))
      .filter(({ index }) => index !== row)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, count);
    entries.forEach(({ index, weight }, place) => {
      itemIndices[row * count + place] = index;
      weights[row * count + place] = weight;
    });
  }
  return { count, itemIndices, weights };
}

export function tablesOf(
  rng: Rng,
  options: { readonly titleCount: number; readonly count: number; readonly halfLifeInteractions: number },
): ItemTables {
  const { titleCount, count, halfLifeInteractions } = options;
  const popularityOf = (country: string) => {
    const order = Array.from({ length: titleCount }, (_, index) => ({ index, key: rng.next() }));
    order.sort((a, b) => a.key - b.key);
    return {
      country,
      itemIndices: Int32Array.from(order, ({ index }) => index),
      scores: Float32Array.from(order, (_, place) => titleCount - place),
    };
  };
  return {
    generation: GENERATION,
    asOf: AS_OF,
    halfLifeInteractions,
    titleIds: Array.from({ length: titleCount }, (_, index) => titleIdOf(index)),
    neighbours: neighbourTable(rng, titleCount, count),
    similar: neighbourTable(rng, titleCount, count),
    popularity: [popularityOf("*"), popularityOf("BY")],
  };
}

/** With everything that a publication may have: vectors, segments, what grows. */
export function richTablesOf(rng: Rng, options: Parameters<typeof tablesOf>[1]): ItemTables {
  const { titleCount } = options;
  const dimension = 8;
  const unit = (): number[] => {
    const values = Array.from({ length: dimension }, () => rng.normal());
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  const shuffled = (count: number): Int32Array => {
    const order = Array.from({ length: titleCount }, (_, index) => ({ index, key: rng.next() }));
    order.sort((a, b) => a.key - b.key);
    return Int32Array.from(order.slice(0, count), ({ index }) => index);
  };
  const table = (count: number) => ({
    itemIndices: shuffled(count),
    scores: Float32Array.from({ length: count }, (_, place) => 1 + (count - place) / 10),
  });
  const segmentCount = 3;
  return {
    ...tablesOf(rng, options),
    vectors: { dimension, values: Float32Array.from(Array.from({ length: titleCount }, unit).flat()) },
    segments: {
      centroids: Float32Array.from(Array.from({ length: segmentCount }, unit).flat()),
      popularity: Array.from({ length: segmentCount }, () => table(80)),
    },
    trending: ["*", "BY"].map((country) => ({ country, ...table(60) })),
  };
}

export function collectionsOf(rng: Rng, titleCount: number): CatalogueCollection[] {
  return ["night", "winter", "short"].map((name) => ({
    collectionId: `collection-${name}` as CollectionId,
    names: { en: `For a ${name}`, ru: `Подборка: ${name}` },
    titleIds: [...new Set(Array.from({ length: 40 }, () => titleIdOf(rng.int(titleCount))))],
  }));
}

export function stateOf(titles: readonly TitleState[]): ProfileState {
  return { version: 1, profileId: PROFILE, titles: [...titles].sort((a, b) => b.touchedAt - a.touchedAt) };
}

/** Each title at most once, with whatever may have happened to it, before and after AS_OF. */
export function randomState(rng: Rng, titleCount: number, touchedCount: number): ProfileState {
  const touched = new Set<number>();
  for (let i = 0; i < touchedCount; i++) touched.add(rng.int(titleCount));
  return stateOf(
    [...touched].map((index): TitleState => {
      const at = AS_OF + (rng.int(2_000) - 1_400) * 60_000;
      const base = { titleId: titleIdOf(index), touchedAt: at };
      const seconds = rng.int(6_000);
      switch (rng.int(6)) {
        case 0:
          return { ...base, rated: { at, stars: rng.next() < 0.2 ? null : 1 + rng.int(5) } };
        case 1:
          return { ...base, notInterested: { at, on: rng.next() < 0.8 } };
        case 2:
          return { ...base, watched: { at, on: rng.next() < 0.8 } };
        case 3:
          return {
            ...base,
            playedAt: at,
            positionSeconds: seconds,
            watchedSeconds: seconds,
            durationSeconds: 6_000,
          };
        case 4:
          return { ...base, playedAt: at, positionSeconds: seconds, watchedSeconds: seconds };
        default:
          return { ...base, clickedAt: at };
      }
    }),
  );
}

/** Grades as the feature store does, in the fewest words: 1 trained on, 0.2 a click. The weights of the tests are these. */
export function gradeForTests(title: TitleState): number {
  if (title.notInterested?.on) return 0;
  if (title.watched?.on || title.rated?.stars != null || (title.watchedSeconds ?? 0) >= 2_000) return 1;
  return title.clickedAt === undefined ? 0 : 0.2;
}
