/**
 * What every reader must say of the events that arrived: an oracle that folds them, and how the warehouse, the owner of
 * stated preferences and the live states say it. For tests that kill.
 */
import { isDeepStrictEqual } from "node:util";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { titleIdOf } from "@thewatcher/ingestion/import/source";
import { systemClock } from "@thewatcher/kit/clock";
import { INTERACTIONS_AT_SQL } from "@thewatcher/stores/warehouse/interactions-at";
import type { Stores } from "../open-stores.ts";
import type { SentEvent } from "./live-traffic.ts";
import type { GeneratedRating } from "./movielens-files.ts";

export interface Pair {
  readonly stars: number;
  readonly clicks: number;
  readonly impressions: number;
  readonly watchedSeconds: number;
  readonly isWatchlisted: boolean;
  /** 0: never. */
  readonly clickedAt: number;
}
/** Of a title that was shown at most. */
const UNTOUCHED: Pair = {
  stars: 0,
  clicks: 0,
  impressions: 0,
  watchedSeconds: 0,
  isWatchlisted: false,
  clickedAt: 0,
};
type LivePair = Pick<Pair, "stars" | "clickedAt">;
const pairKey = (profileId: string, titleId: string) => `${profileId} ${titleId}`;

/** What the file and the events say, the events in the order of their instants. */
export function expectedPairs(
  base: readonly GeneratedRating[],
  events: readonly SentEvent[],
): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const { user, item, stars } of base) {
    pairs.set(pairKey(importedProfileId(`base:${user}`), titleIdOf("base", String(item))), { ...UNTOUCHED, stars });
  }
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const key = pairKey(event.profileId, event.titleId);
    pairs.set(key, touched(pairs.get(key) ?? UNTOUCHED, event));
  }
  return pairs;
}

function touched(pair: Pair, { type, at, payload }: SentEvent): Pair {
  switch (type) {
    case "click":
      return { ...pair, clicks: pair.clicks + 1, clickedAt: at };
    case "impression":
      return { ...pair, impressions: pair.impressions + 1 };
    case "play_progress":
      return { ...pair, watchedSeconds: pair.watchedSeconds + (payload.watchedSeconds ?? 0) };
    case "rate":
      return { ...pair, stars: payload.stars ?? 0 };
    case "watchlist":
      return { ...pair, isWatchlisted: true };
  }
}

export async function pairsOfWarehouse({ warehouse }: Pick<Stores, "warehouse">): Promise<ReadonlyMap<string, Pair>> {
  const rows = await warehouse.query<Omit<Pair, "isWatchlisted"> & { key: string; watchlisted: number }>(
    `SELECT concat(profileId, ' ', titleId) AS key, toFloat64(stars) AS stars, clicks, impressions, watchedSeconds,
       toUInt8(isWatchlisted) AS watchlisted, toFloat64(toUnixTimestamp64Milli(clickedAt)) AS clickedAt
     FROM (${INTERACTIONS_AT_SQL}) WHERE titleId LIKE 'base:%'`,
    { params: { asOf: new Date(systemClock.now() + 3_600_000).toISOString() } },
  );
  return new Map(rows.map(({ key, watchlisted, ...pair }) => [key, { ...pair, isWatchlisted: watchlisted === 1 }]));
}

export async function ratingsOfDatabase({ database }: Pick<Stores, "database">): Promise<ReadonlyMap<string, number>> {
  const rows = await database.kysely
    .selectFrom("stated_preferences")
    .select(["profile_id", "title_id", "value"])
    .where("kind", "=", "rate")
    .where("title_id", "like", "base:%")
    .execute();
  return new Map(rows.map((row) => [pairKey(row.profile_id, row.title_id), Number(row.value)]));
}

export async function pairsOfStates(
  { recommendations }: Pick<Stores, "recommendations">,
  profileIds: readonly ProfileId[],
): Promise<ReadonlyMap<string, LivePair>> {
  const states = await recommendations.getStates(profileIds);
  const pairs = states.flatMap((state) =>
    (state?.titles ?? []).map(
      ({ titleId, rated, clickedAt }) =>
        [pairKey(state?.profileId ?? "", titleId), { stars: rated?.stars ?? 0, clickedAt: clickedAt ?? 0 }] as const,
    ),
  );
  return new Map(pairs);
}

/** What a reader says otherwise than expected, at most ten of them. */
export function differences<Value>(found: ReadonlyMap<string, Value>, expected: ReadonlyMap<string, Value>) {
  return [...new Set([...found.keys(), ...expected.keys()])]
    .map((key) => ({ key, found: found.get(key), expected: expected.get(key) }))
    .filter((pair) => !isDeepStrictEqual(pair.found, pair.expected))
    .slice(0, 10);
}

/** What the owner of stated preferences must hold. */
export const ratingsIn = (expected: ReadonlyMap<string, Pair>): ReadonlyMap<string, number> =>
  new Map([...expected].flatMap(([pair, { stars }]) => (stars > 0 ? [[pair, stars] as const] : [])));

/** What the live states must hold: an impression leaves no trace there. */
export const livePairsIn = (expected: ReadonlyMap<string, Pair>): ReadonlyMap<string, LivePair> =>
  new Map(
    [...expected].flatMap(([pair, { impressions, stars, clickedAt, ...rest }]) =>
      isDeepStrictEqual({ ...UNTOUCHED, ...rest, stars, clickedAt }, UNTOUCHED)
        ? []
        : [[pair, { stars, clickedAt }] as const],
    ),
  );
