/**
 * Item-side tables of one generation: what the trainer publishes as one object and serving holds in memory.
 *
 * The model behind the lists is linear in the history: score(u, j) = Σ_i weight(u, i) · B[i, j], and the weight of the
 * r-th newest interaction (r = 0, 1, …) carries the factor 2^(−r / halfLifeInteractions). So serving can bring a list up
 * to date without the model: with m interactions newer than `asOf`,
 *   score'(u, j) = 2^(−m / h) · listScore(u, j) + Σ_new signal · 2^(−r / h) · B[i, j]
 * which is exact where B's row was not cut (`neighbours` keeps the largest entries of each row). A sign weaker than an
 * interaction (a click) counts in m and r by its signal: see serving-api/src/history.ts.
 *
 * Generations published before vectors, segments and trending were computed lack them: their sections follow the others.
 *
 * File: "TWIT1\n", a JSON header's length (uint32 LE), the header, zero bytes up to a multiple of 8, then the arrays that
 * the header names, each little-endian and aligned to 8 bytes. Object key: `generations/<generation>/item-tables.bin`.
 */

export interface NeighbourTable {
  /** Entries of a row. */
  readonly count: number;
  /** [titleCount × count], best first; −1 where a row has fewer. */
  readonly itemIndices: Int32Array;
  /** [titleCount × count]. */
  readonly weights: Float32Array;
}

export interface PopularityTable {
  /** ISO code, or `*` for everywhere. */
  readonly country: string;
  /** Best first. */
  readonly itemIndices: Int32Array;
  readonly scores: Float32Array;
}

/**
 * Titles as directions: v_i · v_j says how far the same people watch both. A profile's vector is the sum of its titles'
 * vectors, each by its weight in the history, brought to length 1.
 */
export interface TitleVectors {
  readonly dimension: number;
  /** [titleCount × dimension], rows of length 1; a row of zeros: nothing is known of the title. */
  readonly values: Float32Array;
}

/** Groups of profiles of a like taste, and what is popular in each. A profile is of the centroid with the largest product. */
export interface SegmentTables {
  /** [segments × dimension], in the space of `vectors`, rows of length 1. */
  readonly centroids: Float32Array;
  /** One a segment, beside the centroids: the segment's share of interactions, leaning on everybody's. */
  readonly popularity: readonly Omit<PopularityTable, "country">[];
}

export interface ItemTables {
  readonly generation: string;
  /** Milliseconds since the epoch: interactions up to here are in the lists. */
  readonly asOf: number;
  /** Halving of an interaction's weight, in newer interactions; Infinity: no recency. */
  readonly halfLifeInteractions: number;
  /** The dense index of a title is its place here. */
  readonly titleIds: readonly string[];
  /** Row i: the titles that an interaction with title i lifts most (row of B). */
  readonly neighbours: NeighbourTable;
  /** Row i: the titles most like title i ("more like this"). */
  readonly similar: NeighbourTable;
  /** One for each country with enough data, and `*`. */
  readonly popularity: readonly PopularityTable[];
  /** Absent in publications of before. */
  readonly vectors?: TitleVectors;
  readonly segments?: SegmentTables;
  /** By country, `*` everywhere: what grows. Scores are this week's viewers to what was expected. */
  readonly trending?: readonly PopularityTable[];
}

export const itemTablesKey = (generation: string): string => `generations/${generation}/item-tables.bin`;

const MAGIC = "TWIT1\n";
const align = (offset: number): number => (offset + 7) & ~7;

type Section = { readonly type: "i32" | "f32"; readonly length: number };

interface Header {
  readonly generation: string;
  readonly asOf: number;
  /** null stands for Infinity, which JSON has not. */
  readonly halfLifeInteractions: number | null;
  readonly titleIds: readonly string[];
  readonly neighbourCount: number;
  readonly similarCount: number;
  readonly countries: readonly string[];
  /** Absent before there were any. */
  readonly vectorDimension?: number;
  readonly segmentCount?: number;
  readonly trendingCountries?: readonly string[];
  readonly sections: readonly Section[];
}

export function encodeItemTables(tables: ItemTables): Uint8Array {
  const arrays: (Int32Array | Float32Array)[] = [
    tables.neighbours.itemIndices,
    tables.neighbours.weights,
    tables.similar.itemIndices,
    tables.similar.weights,
    ...tables.popularity.flatMap((table) => [table.itemIndices, table.scores]),
    ...(tables.vectors ? [tables.vectors.values] : []),
    ...(tables.segments ? [tables.segments.centroids] : []),
    ...(tables.segments?.popularity ?? []).flatMap((table) => [table.itemIndices, table.scores]),
    ...(tables.trending ?? []).flatMap((table) => [table.itemIndices, table.scores]),
  ];
  const header: Header = {
    generation: tables.generation,
    asOf: tables.asOf,
    halfLifeInteractions: Number.isFinite(tables.halfLifeInteractions) ? tables.halfLifeInteractions : null,
    titleIds: tables.titleIds,
    neighbourCount: tables.neighbours.count,
    similarCount: tables.similar.count,
    countries: tables.popularity.map((table) => table.country),
    ...(tables.vectors ? { vectorDimension: tables.vectors.dimension } : {}),
    ...(tables.segments ? { segmentCount: tables.segments.popularity.length } : {}),
    ...(tables.trending ? { trendingCountries: tables.trending.map((table) => table.country) } : {}),
    sections: arrays.map((array) => ({ type: array instanceof Int32Array ? "i32" : "f32", length: array.length })),
  };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const start = align(MAGIC.length + 4 + headerBytes.length);
  const size = arrays.reduce((offset, array) => align(offset + array.byteLength), start);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, headerBytes.length, true);
  bytes.set(headerBytes, MAGIC.length + 4);
  let offset = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset = align(offset + array.byteLength);
  }
  return bytes;
}

/** Throws an Error that says what is wrong with bytes that are no item tables. */
export function decodeItemTables(source: Uint8Array): ItemTables {
  if (source.byteLength < MAGIC.length + 4 || new TextDecoder().decode(source.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error(`item tables: the object does not start with ${JSON.stringify(MAGIC)}`);
  }
  // The arrays are views: their buffer must be aligned, so a view into a larger buffer is copied once.
  const bytes = source.byteOffset % 8 === 0 ? source : new Uint8Array(source);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  const headerEnd = MAGIC.length + 4 + headerLength;
  if (headerEnd > bytes.byteLength) throw new Error("item tables: the header is cut off");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, headerEnd))) as Header;
  let offset = align(headerEnd);
  const arrays = header.sections.map((section) => {
    const end = offset + section.length * 4;
    if (end > bytes.byteLength) throw new Error(`item tables: cut off at byte ${bytes.byteLength} of ${end}`);
    const at = bytes.byteOffset + offset;
    offset = align(end);
    return section.type === "i32"
      ? new Int32Array(bytes.buffer, at, section.length)
      : new Float32Array(bytes.buffer, at, section.length);
  });
  let next = 0;
  const ints = (): Int32Array => {
    const array = arrays[next++];
    if (!(array instanceof Int32Array)) throw new Error(`item tables: section ${next - 1} is not of integers`);
    return array;
  };
  const floats = (): Float32Array => {
    const array = arrays[next++];
    if (!(array instanceof Float32Array)) throw new Error(`item tables: section ${next - 1} is not of floats`);
    return array;
  };
  const ranked = (): Omit<PopularityTable, "country"> => ({ itemIndices: ints(), scores: floats() });
  const ofCountry = (country: string): PopularityTable => ({ country, ...ranked() });
  // In the order of `encodeItemTables`: each call takes the next section.
  const { vectorDimension, segmentCount, trendingCountries } = header;
  return {
    generation: header.generation,
    asOf: header.asOf,
    halfLifeInteractions: header.halfLifeInteractions ?? Number.POSITIVE_INFINITY,
    titleIds: header.titleIds,
    neighbours: { count: header.neighbourCount, itemIndices: ints(), weights: floats() },
    similar: { count: header.similarCount, itemIndices: ints(), weights: floats() },
    popularity: header.countries.map(ofCountry),
    ...(vectorDimension === undefined ? {} : { vectors: { dimension: vectorDimension, values: floats() } }),
    ...(segmentCount === undefined
      ? {}
      : {
          segments: {
            centroids: floats(),
            popularity: Array.from({ length: segmentCount }, ranked),
          },
        }),
    ...(trendingCountries === undefined ? {} : { trending: trendingCountries.map(ofCountry) }),
  };
}
