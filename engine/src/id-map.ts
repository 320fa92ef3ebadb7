/**
 * The one bridge between ids (strings, as they are on the wire) and dense indices 0…n-1 (as hot code wants them).
 * Indices follow the order in which ids were first added, so the same input gives the same indices.
 */
import { assert } from "@thewatcher/kit/assert";

export interface IdMap {
  readonly size: number;
  /** In the order of indices. */
  readonly ids: readonly string[];
  /** May miss. */
  indexOf(id: string): number | undefined;
  requireIndex(id: string): number;
  requireId(index: number): string;
}

export interface IdMapBuilder {
  /** The index of `id`, new or known. */
  add(id: string): number;
  size(): number;
  build(): IdMap;
}

export function createIdMapBuilder(): IdMapBuilder {
  const ids: string[] = [];
  const indices = new Map<string, number>();
  return {
    add(id) {
      const known = indices.get(id);
      if (known !== undefined) return known;
      indices.set(id, ids.length);
      ids.push(id);
      return ids.length - 1;
    },
    size: () => ids.length,
    build: () => createIdMap(ids),
  };
}

/** An id that appears twice is a mistake of the caller. */
export function createIdMap(source: Iterable<string>): IdMap {
  const ids = [...source];
  const indices = new Map(ids.map((id, index) => [id, index]));
  assert(indices.size === ids.length, "ids of an IdMap are distinct", () => ({ ids: ids.length, of: indices.size }));
  return {
    size: ids.length,
    ids,
    indexOf: (id) => indices.get(id),
    requireIndex(id) {
      const index = indices.get(id);
      assert(index !== undefined, "unknown id", () => id);
      return index;
    },
    requireId(index) {
      const id = ids[index];
      assert(id !== undefined, "index outside the IdMap", () => ({ index, size: ids.length }));
      return id;
    },
  };
}
