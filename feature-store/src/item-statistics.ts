/**
 * What item-KNN and EASE need of the interactions, as one query of the warehouse: for each pair of titles the sum of the
 * products of their weights in each history, and how many histories hold both. For a catalogue whose interactions do not
 * fit in one process: the inner part groups by profile, so that on tables sharded by profile each shard sums its own
 * histories, and the outer part adds up pairs.
 *
 *   product(i, j) = Σ_u x_ui x_uj,  x_ui = w_ui · 2^(-r_ui / h)
 *
 * w is 1 or the grade of the signal, r counts the newer interactions of the same history (order: last positive moment, then
 * title), h is the half-life; what has faded below 2^-24 is left out. product is the Gram matrix XᵀX of EASE; with its
 * diagonal it is cosine's numerator and norms. Cost: Σ_u n_u² / 2 rows pass through the grouping.
 */
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { REMEMBERED_AT_SQL } from "./remembered.ts";
import { GRADE_SQL, LAST_POSITIVE_MS_SQL } from "./signal.ts";

/** Pairs of a million interactions are 180 M rows: a minute on two cores, ten times that on a slow machine. */
const READ_SECONDS_MAX = 600;
/** As in the engine's `recency.ts`: the resolution of f32. */
const FADING_BITS_MAX = 24;
/** Stands for "no half-life": 2^(-r / it) is 1 in 64 bits for any history. */
const NO_HALF_LIFE = 1e300;

export interface ItemStatisticsRequest {
  /** Milliseconds since the epoch: what occurred later is left out. */
  readonly asOf: number;
  readonly signal: "binary" | "graded";
  /** undefined: all interactions count alike. */
  readonly halfLifeInteractions?: number | undefined;
  /** Only the profiles of shard `index` of `count`; their sums add up to the whole. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
}

/** Titles by id, itemId ≥ otherId: the lower triangle, the diagonal included. */
export interface ItemPair {
  readonly itemId: string;
  readonly otherId: string;
  readonly product: number;
  readonly profileCount: number;
}

const SQL = `SELECT itemId, groupArray(otherId) AS others, groupArray(product) AS products, groupArray(profiles) AS counts
FROM (
  SELECT a.1 AS itemId, b.1 AS otherId, sum(a.2 * b.2) AS product, count() AS profiles
  FROM (
    SELECT a, faded
    FROM (
      SELECT
        arrayReverseSort(groupArray((at, titleId, toFloat64(if({isGraded:UInt8} = 1, toFloat32(weight), 1))))) AS newest,
        arrayFilter(
          entry -> entry.3 > 0,
          arrayMap(
            (entry, newer) -> (entry.2, toFloat64(toFloat32(entry.3 * pow(2, -newer / {halfLife:Float64}))), if(newer / {halfLife:Float64} > ${FADING_BITS_MAX}, 0, 1)),
            newest,
            range(length(newest))
          )
        ) AS faded
      FROM (
        SELECT profileId, titleId, ${GRADE_SQL} AS weight, toInt64(${LAST_POSITIVE_MS_SQL}) AS at, isNotInterested
        FROM (${REMEMBERED_AT_SQL})
        WHERE cityHash64(profileId) % {shardCount:UInt32} = {shardIndex:UInt32}
      )
      WHERE NOT isNotInterested AND weight > 0
      GROUP BY profileId
    )
    ARRAY JOIN faded AS a
  )
  ARRAY JOIN faded AS b
  WHERE a.1 >= b.1
  GROUP BY itemId, otherId
  ORDER BY itemId, otherId
)
GROUP BY itemId
ORDER BY itemId`;

interface Row {
  readonly itemId: string;
  readonly others: readonly string[];
  readonly products: readonly number[];
  readonly counts: readonly (number | string)[];
}

export async function readItemStatistics(warehouse: Warehouse, request: ItemStatisticsRequest): Promise<ItemPair[]> {
  const { asOf, signal, halfLifeInteractions = NO_HALF_LIFE, shard = { index: 0, count: 1 } } = request;
  const rows = await warehouse.query<Row>(SQL, {
    params: {
      asOf: new Date(asOf).toISOString(),
      isGraded: signal === "graded" ? 1 : 0,
      halfLife: halfLifeInteractions,
      shardCount: shard.count,
      shardIndex: shard.index,
    },
    maxExecutionSeconds: READ_SECONDS_MAX,
  });
  return rows.flatMap(({ itemId, others, products, counts }) =>
    others.map((otherId, at) => ({
      itemId,
      otherId,
      product: products[at] as number,
      profileCount: Number(counts[at]),
    })),
  );
}
