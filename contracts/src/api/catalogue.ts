/** Titles as they cross the wire. */
import { z } from "zod";
import { AccountId, Country, ProfileId, TitleId } from "../ids.ts";

/** Age marks of the region, in years. `null`: not known, treated as 18 where a limit applies. */
export const AgeMark = z.union([z.literal(0), z.literal(6), z.literal(12), z.literal(16), z.literal(18)]);
export type AgeMark = z.infer<typeof AgeMark>;

/** What a card shows. Unknown stays null: nothing is invented. */
export const TitleCard = z.object({
  titleId: TitleId,
  name: z.string().min(1).max(300),
  year: z.number().int().min(1874).max(2100).nullable(),
  genres: z.array(z.string().max(64)).max(12),
  ageMark: AgeMark.nullable(),
  runtimeMinutes: z.number().int().min(1).max(1_500).nullable(),
});
export type TitleCard = z.infer<typeof TitleCard>;

export const TitleDetails = TitleCard.extend({
  directors: z.array(z.string()).max(20),
  plot: z.string().nullable(),
  /** Critics' or voters' score out of 10, where the source had one. */
  score: z.number().min(0).max(10).nullable(),
  scoreVotes: z.number().int().min(0).nullable(),
  /** Where the record came from: `vega`, `ml-1m`… */
  source: z.string(),
  /** When it entered our catalogue. */
  addedAt: z.string(),
});
export type TitleDetails = z.infer<typeof TitleDetails>;

export const Profile = z.object({
  profileId: ProfileId,
  accountId: AccountId,
  name: z.string().min(1).max(64),
  /** Age limit of the profile; null: an adult's. */
  ageMark: AgeMark.nullable(),
  country: Country,
  externalId: z.string().nullable(),
});
export type Profile = z.infer<typeof Profile>;

/** Titles of one answer of `GET /api/v1/titles`. */
export const TITLES_PER_PAGE_MAX = 200;

/** `GET /api/v1/titles?limit=&cursor=`, by title id. */
export const TitlesPage = z.object({
  titles: z.array(TitleDetails).max(TITLES_PER_PAGE_MAX),
  /** Give it back as `cursor`; null at the end. */
  nextCursor: z.string().nullable(),
});
export type TitlesPage = z.infer<typeof TitlesPage>;

/** `GET /api/v1/profiles/{id}/watchlist?limit=&cursor=`, the latest first. */
export const WatchlistPage = z.object({
  profileId: ProfileId,
  items: z.array(z.object({ title: TitleCard, addedAt: z.string() })),
  nextCursor: z.string().nullable(),
});
export type WatchlistPage = z.infer<typeof WatchlistPage>;

/** `GET /api/v1/profiles/{id}/ratings?limit=&cursor=`, the latest first. */
export const RatingsPage = z.object({
  profileId: ProfileId,
  items: z.array(z.object({ title: TitleCard, stars: z.number(), ratedAt: z.string() })),
  nextCursor: z.string().nullable(),
});
export type RatingsPage = z.infer<typeof RatingsPage>;

/** Titles of one page of `GET /internal/catalogue`. */
export const CATALOGUE_SLICE_MAX = 5_000;

/**
 * `GET /internal/catalogue?after=&limit=`, for services that hold the whole catalogue in memory. `version` (also the
 * ETag, quoted) changes with every write to the titles: `If-None-Match` with the version held answers 304. Slices of
 * one reading belong together when the version of the last is the version of the first; else read again.
 */
export const CatalogueSlice = z.object({
  version: z.string(),
  titles: z.array(TitleDetails).max(CATALOGUE_SLICE_MAX),
  /** Give it back as `after`; null at the end. */
  next: TitleId.nullable(),
});
export type CatalogueSlice = z.infer<typeof CatalogueSlice>;
