/**
 * The training set at an instant: graded interactions as columns, read from the warehouse in one query.
 *
 * The engine does what is many: merging states, grading, sorting, and numbering the titles. One row arrives for each
 * viewer, with arrays inside (RowBinary), so that JavaScript makes a string a viewer and a title, not two an interaction.
 * Users are in the order of their ids, rows of a user by (occurredAt, titleId): the same events give the same bytes,
 * and `dataHash` is the SHA-256 of them.
 */
import { createHash } from "node:crypto";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { REMEMBERED_AT_SQL } from "./remembered.ts";
import { RowBinaryReader } from "./row-binary.ts";
import { GRADE_SQL, LAST_POSITIVE_MS_SQL } from "./signal.ts";

/** Merging and grading a million interactions takes 2 s; ten times that much, on a machine ten times slower. */
const READ_SECONDS_MAX = 300;
/** A title that the numbering does not know: it came in while the query ran. */
const UNKNOWN_TITLE = 0xffffffff;

export interface TrainingSetRequest {
  /** Milliseconds since the epoch: what occurred later is left out. */
  readonly asOf: number;
  /** Halves a weight each so many days; default: no recency. Left out where times are synthetic. */
  readonly halfLifeDays?: number | undefined;
  /** Grades below it are left out (before recency); default 0: everything positive. */
  readonly signalMin?: number | undefined;
}

export interface TrainingSet {
  /** Ascending. */
  readonly userIds: readonly string[];
  /** Ascending. */
  readonly itemIds: readonly string[];
  readonly userIndex: Uint32Array;
  readonly itemIndex: Uint32Array;
  readonly weight: Float32Array;
  /** Milliseconds of the last positive interaction. */
  readonly occurredAt: Float64Array;
  /** Per user, of the last touch. */
  readonly countryOfUser: readonly string[];
  /** Synthetic as soon as one interaction is. */
  readonly timeQuality: "observed" | "synthetic";
  /** Pairs that said "not interested", of users and items above. */
  readonly negatives: { readonly userIndex: Uint32Array; readonly itemIndex: Uint32Array };
  readonly dataHash: string;
}

const SQL = `WITH
  (SELECT arraySort(groupUniqArray(titleId)) FROM (
    SELECT DISTINCT titleId FROM stated_interactions
    UNION ALL SELECT DISTINCT titleId FROM behaviour_interactions
    UNION ALL SELECT DISTINCT titleId FROM events WHERE titleId != '' AND occurredAt >= toStartOfDay({asOf:DateTime64(3)})
  )) AS titles
SELECT
  if(rowNumberInAllBlocks() = 0, titles, CAST([], 'Array(String)')) AS titlesOnce,
  profileId, country, synthetic,
  positives.2 AS items, positives.3 AS weights, positives.1 AS times,
  hidden
FROM (
  SELECT
    profileId,
    -- One number instead of a tuple (the form of INTERACTIONS_AT_SQL): 0.7 s of processor time for a million rows.
    argMax(country, toUnixTimestamp64Milli(lastAt) * 65536 + reinterpretAsUInt16(toString(country))) AS country,
    max(synthetic) AS synthetic,
    arraySort(groupArrayIf((at, item, toFloat32(weight)), isPositive)) AS positives,
    arraySort(groupArrayIf(item, isNotInterested)) AS hidden
  FROM (
    SELECT profileId, country, lastAt, synthetic, isNotInterested,
      toUInt32(transform(titleId, titles, range(length(titles)), toUInt64(${UNKNOWN_TITLE}))) AS item,
      ${GRADE_SQL} AS weight,
      toInt64(${LAST_POSITIVE_MS_SQL}) AS at,
      NOT isNotInterested AND weight > 0 AND weight >= {signalMin:Float64} AS isPositive
    -- Whether there was a click is all that the grade asks, and its instant tells: merging a million sets is spared.
    FROM (${REMEMBERED_AT_SQL})
  )
  WHERE item != ${UNKNOWN_TITLE} AND (isPositive OR isNotInterested)
  GROUP BY profileId
  HAVING length(positives) > 0
  ORDER BY profileId
)
FORMAT RowBinary`;

interface UserRow {
  readonly profileId: string;
  readonly country: string;
  readonly items: Uint32Array;
  readonly weights: Float32Array;
  readonly times: BigInt64Array;
  readonly hidden: Uint32Array;
}

export async function readTrainingSet(warehouse: Warehouse, request: TrainingSetRequest): Promise<TrainingSet> {
  const { asOf, halfLifeDays = Number.POSITIVE_INFINITY, signalMin = 0 } = request;
  const reader = new RowBinaryReader(
    warehouse.stream(SQL, {
      params: { asOf: new Date(asOf).toISOString(), signalMin },
      maxExecutionSeconds: READ_SECONDS_MAX,
    }),
  );
  let titles: readonly string[] = [];
  const users: UserRow[] = [];
  let synthetic = false;
  let count = 0;
  while (!(await reader.atEnd())) {
    const titleCount = await reader.length();
    if (titleCount > 0) {
      const read: string[] = [];
      for (let i = 0; i < titleCount; i++) read.push(await reader.text());
      titles = read;
    }
    const profileId = await reader.text();
    const country = await reader.text();
    synthetic = (await reader.take(1))[0] === 1 || synthetic;
    const items = new Uint32Array(await reader.array(4));
    const weights = new Float32Array(await reader.array(4));
    const times = new BigInt64Array(await reader.array(8));
    const hidden = new Uint32Array(await reader.array(4));
    users.push({ profileId, country, items, weights, times, hidden });
    count += items.length;
  }
  return assemble({
    titles,
    users,
    count,
    synthetic,
    asOf,
    halfLifeDays: synthetic ? Number.POSITIVE_INFINITY : halfLifeDays,
  });
}

function assemble(read: {
  titles: readonly string[];
  users: readonly UserRow[];
  count: number;
  synthetic: boolean;
  asOf: number;
  halfLifeDays: number;
}): TrainingSet {
  const { titles, users, count, synthetic, asOf, halfLifeDays } = read;
  // Numbers of the titles that have a positive interaction, densely; the order stays that of the ids.
  const itemOfTitle = new Int32Array(titles.length).fill(-1);
  for (const { items } of users) for (const title of items) itemOfTitle[title] = 0;
  const itemIds: string[] = [];
  for (let title = 0; title < titles.length; title++) {
    if (itemOfTitle[title] === 0) itemOfTitle[title] = itemIds.push(titles[title] as string) - 1;
  }

  const userIndex = new Uint32Array(count);
  const itemIndex = new Uint32Array(count);
  const weight = new Float32Array(count);
  const occurredAt = new Float64Array(count);
  const hiddenUsers: number[] = [];
  const hiddenItems: number[] = [];
  const halfLifeMs = halfLifeDays * 86_400_000;
  let at = 0;
  users.forEach(({ items, weights, times, hidden }, user) => {
    for (let i = 0; i < items.length; i++, at++) {
      const time = Number(times[i]);
      userIndex[at] = user;
      itemIndex[at] = itemOfTitle[items[i] as number] as number;
      // A weight that recency has taken below what 32 bits hold stays the least above 0: it was an interaction.
      weight[at] = Math.max((weights[i] as number) * 2 ** (-(asOf - time) / halfLifeMs), 1.2e-38);
      occurredAt[at] = time;
    }
    for (const title of hidden) {
      const item = itemOfTitle[title] as number;
      if (item < 0) continue;
      hiddenUsers.push(user);
      hiddenItems.push(item);
    }
  });
  const userIds = users.map(({ profileId }) => profileId);
  const countryOfUser = users.map(({ country }) => country);
  const timeQuality = synthetic ? "synthetic" : "observed";
  const negatives = { userIndex: Uint32Array.from(hiddenUsers), itemIndex: Uint32Array.from(hiddenItems) };

  const hash = createHash("sha256");
  for (const ids of [userIds, itemIds, countryOfUser]) hash.update(`${ids.length}\n${ids.join("\n")}\n`);
  hash.update(timeQuality);
  for (const column of [userIndex, itemIndex, weight, occurredAt, negatives.userIndex, negatives.itemIndex]) {
    hash.update(`\n${column.length}\n`).update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return {
    userIds,
    itemIds,
    userIndex,
    itemIndex,
    weight,
    occurredAt,
    countryOfUser,
    timeQuality,
    negatives,
    dataHash: hash.digest("hex"),
  };
}
