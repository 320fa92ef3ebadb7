/**
 * Parts of an evaluation: where a mean over everybody hides who is served badly. Segments of users hold the users' own
 * means; segments of targets ask the metric again with only those of a user's targets, over the users that have any.
 */
import type { Interactions, Split } from "../dataset.ts";
import { popularityRanks } from "./beyond-accuracy.ts";
import { quantile } from "./interval.ts";

export type Segment =
  | {
      readonly kind: "users";
      readonly name: string;
      readonly definition: string;
      /** By position among the evaluated users: 1 where they belong. */
      readonly users: Uint8Array;
    }
  | {
      readonly kind: "targets";
      readonly name: string;
      readonly definition: string;
      /** By item index, also those behind the catalogue. */
      readonly items: Uint8Array;
    };

/** A page of picks says little before this many watches. */
const NEW_USER_INTERACTIONS_MAX = 10;
const HEAVY_USER_QUANTILE = 0.9;
/** Pareto's share: on MovieLens 1M the first fifth of the titles holds two thirds of the ratings. */
const HEAD_SHARE = 0.2;
const YOUNG_ITEM_DAYS = 30;
const DAY_MS = 86_400_000;

export function segmentsOf(split: Split, users: readonly number[], counts: Float64Array): Segment[] {
  return [...userSegments(split.histories, users), ...targetSegments(split, counts)];
}

function userSegments({ rowOffsets }: Interactions, users: readonly number[]): Segment[] {
  if (users.length === 0) return [];
  const lengths = users.map((user) => rowOffsets[user + 1]! - rowOffsets[user]!);
  const heavyFrom = Math.max(
    NEW_USER_INTERACTIONS_MAX + 1,
    Math.ceil(quantile(Float64Array.from(lengths).sort(), HEAVY_USER_QUANTILE)),
  );
  const segment = (name: string, definition: string, belongs: (length: number) => boolean): Segment => ({
    kind: "users",
    name,
    definition,
    users: Uint8Array.from(lengths, (length) => (belongs(length) ? 1 : 0)),
  });
  return [
    segment(
      "new users",
      `at most ${NEW_USER_INTERACTIONS_MAX} interactions as input`,
      (length) => length <= NEW_USER_INTERACTIONS_MAX,
    ),
    segment(
      "regular users",
      `${NEW_USER_INTERACTIONS_MAX + 1} to ${heavyFrom - 1} interactions as input`,
      (length) => length > NEW_USER_INTERACTIONS_MAX && length < heavyFrom,
    ),
    segment(
      "heavy users",
      `at least ${heavyFrom} interactions as input: the tenth with the most`,
      (length) => length >= heavyFrom,
    ),
  ];
}

function targetSegments({ train, targets }: Split, counts: Float64Array): Segment[] {
  const n = train.itemCount;
  const ranks = popularityRanks(counts);
  const isSeen = (item: number) => item < n && counts[item]! > 0;
  const isHead = (item: number) => isSeen(item) && ranks[item]! <= HEAD_SHARE * n;
  const segment = (name: string, definition: string, belongs: (item: number) => boolean): Segment => ({
    kind: "targets",
    name,
    definition,
    items: Uint8Array.from({ length: targets.itemCount }, (_, item) => (belongs(item) ? 1 : 0)),
  });
  const segments = [
    segment("head titles", `targets among the most watched ${HEAD_SHARE * 100}% of the catalogue`, isHead),
    segment("long tail", "the other targets that training has", (item) => isSeen(item) && !isHead(item)),
    segment("unseen titles", "targets that nobody watched in training", (item) => !isSeen(item)),
  ];
  if (train.timeQuality === "synthetic" || train.occurredAt.length === 0) return segments;
  const firstSeen = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  let end = Number.NEGATIVE_INFINITY;
  train.itemIndices.forEach((item, e) => {
    const at = train.occurredAt[e]!;
    if (at < firstSeen[item]!) firstSeen[item] = at;
    if (at > end) end = at;
  });
  const isYoung = (item: number) => isSeen(item) && firstSeen[item]! >= end - YOUNG_ITEM_DAYS * DAY_MS;
  return [
    ...segments,
    segment("young titles", `targets first watched in the last ${YOUNG_ITEM_DAYS} days of training`, isYoung),
    segment("older titles", "targets first watched before that", (item) => isSeen(item) && !isYoung(item)),
  ];
}
