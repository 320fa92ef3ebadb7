/**
 * Titles as they cross the wire: cards and details in the asker's language, and the whole record in every language for
 * services that hold the catalogue. Everything that came after the first version is optional, and absent where it says
 * nothing, so that a plain film's card is as small as it was.
 */
import { z } from "zod";
import { AccountId, CollectionId, Country, PartId, PersonId, ProfileId, TitleId } from "../ids.ts";
import { LOCALES } from "../locales.ts";
import { PlanId } from "../plans.ts";
import { Rights } from "../visibility.ts";

/** Age marks of the region, in years. `null`: not known, treated as 18 where a limit applies. */
export const AgeMark = z.union([z.literal(0), z.literal(6), z.literal(12), z.literal(16), z.literal(18)]);
export type AgeMark = z.infer<typeof AgeMark>;

export const TitleKind = z.enum(["film", "series"]);
export type TitleKind = z.infer<typeof TitleKind>;

const name = z.string().min(1).max(300);
const plot = z.string().min(1).max(2_000);
/** By locale; a text that is not there is not known. */
export const NameTexts = z.partialRecord(z.enum(LOCALES), name);
export const PlotTexts = z.partialRecord(z.enum(LOCALES), plot);

const year = z.number().int().min(1874).max(2100);
const runtimeMinutes = z.number().int().min(1).max(1_500);
/** Keys, not words: `GET /api/v1/genres` names them. */
const genres = z.array(z.string().max(64)).max(12);

/** What a card shows. Unknown stays null: nothing is invented. */
export const TitleCard = z.object({
  titleId: TitleId,
  /** In the asker's language, or the nearest that there is. */
  name,
  year: year.nullable(),
  genres,
  ageMark: AgeMark.nullable(),
  runtimeMinutes: runtimeMinutes.nullable(),
  /** Absent: a film. */
  kind: TitleKind.optional(),
  /** Absent: the same as `name`. */
  originalName: name.optional(),
  /** Beside `genres`, in the asker's language. Absent: the same words. */
  genreNames: z.array(z.string().max(64)).max(12).optional(),
  /** ISO instant at which it leaves the asker's country. Absent: not known to leave. */
  leavesAt: z.string().optional(),
  /** By how many minutes this version is shorter than the film. Absent: it is not. */
  cutMinutes: z.number().int().min(1).optional(),
  /** Where it may be played. Absent: in every plan. */
  plans: z.array(PlanId).optional(),
});
export type TitleCard = z.infer<typeof TitleCard>;

export const CreditRole = z.enum(["director", "cast"]);
export type CreditRole = z.infer<typeof CreditRole>;

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
  /** Where it was made. Absent: not known. */
  countries: z.array(Country).max(20).optional(),
  /** What the whole film lasts. Absent: not known. */
  referenceRuntimeMinutes: runtimeMinutes.optional(),
  /** The leading roles first. Absent: nobody is known by id. */
  people: z.array(z.object({ personId: PersonId, name: z.string(), role: CreditRole })).optional(),
  /** Of a series. */
  seasonCount: z.number().int().min(1).optional(),
});
export type TitleDetails = z.infer<typeof TitleDetails>;

/** What a source without languages, people and rights says of a title. `name` and `plot` are the source's own. */
export type TitleFacts = Pick<
  TitleDetails,
  | "titleId"
  | "name"
  | "year"
  | "genres"
  | "ageMark"
  | "runtimeMinutes"
  | "directors"
  | "plot"
  | "score"
  | "scoreVotes"
  | "source"
  | "addedAt"
>;

export const CREDITS_PER_TITLE_MAX = 200;
export const SEASONS_PER_TITLE_MAX = 60;
export const EPISODES_PER_SEASON_MAX = 400;

export const Episode = z.object({
  /** What the player and its events name: unique in the whole catalogue. */
  partId: PartId,
  /** From 1 in every season; 0: a special. */
  number: z.number().int().min(0).max(10_000),
  names: NameTexts,
  plots: PlotTexts,
  runtimeMinutes: runtimeMinutes.nullable(),
});
export type Episode = z.infer<typeof Episode>;

export const Season = z.object({
  number: z.number().int().min(0).max(1_000),
  year: year.nullable(),
  episodes: z.array(Episode).max(EPISODES_PER_SEASON_MAX),
});
export type Season = z.infer<typeof Season>;

const record = {
  titleId: TitleId,
  kind: TitleKind.default("film"),
  /** The source's own, in whatever language that is: shown where no text is known. */
  name,
  /** In the title's own language, where that is not `name`. */
  originalName: name.nullable().default(null),
  year: year.nullable(),
  genres,
  countries: z.array(Country).max(20).default([]),
  ageMark: AgeMark.nullable(),
  runtimeMinutes: runtimeMinutes.nullable(),
  referenceRuntimeMinutes: runtimeMinutes.nullable().default(null),
  /** As the source names them; `credits` where people have ids. */
  directors: z.array(z.string()).max(20),
  plot: z.string().nullable(),
  names: NameTexts.default({}),
  plots: PlotTexts.default({}),
  score: z.number().min(0).max(10).nullable(),
  scoreVotes: z.number().int().min(0).nullable(),
  source: z.string(),
  addedAt: z.string(),
  rights: Rights.default(null),
};

/** Everything that an editor or an import says of one title, in every language. People are named by id. */
export const TitleDocument = z.object({
  ...record,
  genres: z.array(z.string().min(1).max(64)).max(12),
  directors: z.array(z.string().min(1).max(200)).max(20),
  plot: plot.nullable(),
  source: z.string().min(1).max(64),
  addedAt: z.iso.datetime(),
  /** Directors, then the cast, the leading roles first. */
  credits: z
    .array(z.object({ personId: PersonId, role: CreditRole }))
    .max(CREDITS_PER_TITLE_MAX)
    .default([]),
  seasons: z.array(Season).max(SEASONS_PER_TITLE_MAX).default([]),
});
export type TitleDocument = z.infer<typeof TitleDocument>;

/** An episode in the order in which a series is watched: what comes after what. Its texts are the catalogue's. */
export const CatalogueEpisode = z.object({
  partId: PartId,
  season: z.number().int(),
  number: z.number().int(),
  runtimeMinutes: runtimeMinutes.nullable(),
});
export type CatalogueEpisode = z.infer<typeof CatalogueEpisode>;

/** A title as `GET /internal/catalogue` gives it: every language, every window, people with their names. */
export const CatalogueTitle = z.object({
  ...record,
  people: z
    .array(z.object({ personId: PersonId, role: CreditRole, name: z.string(), names: NameTexts }))
    .max(CREDITS_PER_TITLE_MAX)
    .default([]),
  /** Of a series: specials (season 0) last. Absent: none are known. */
  episodes: z
    .array(CatalogueEpisode)
    .max(SEASONS_PER_TITLE_MAX * EPISODES_PER_SEASON_MAX)
    .optional(),
});
export type CatalogueTitle = z.infer<typeof CatalogueTitle>;

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
  /** How many of this page the profile may not see now: gone, not in its country, above its age. They stay on the list. */
  unavailableCount: z.number().int().min(0).optional(),
});
export type WatchlistPage = z.infer<typeof WatchlistPage>;

/** `GET /api/v1/profiles/{id}/ratings?limit=&cursor=`, the latest first. */
export const RatingsPage = z.object({
  profileId: ProfileId,
  items: z.array(z.object({ title: TitleCard, stars: z.number(), ratedAt: z.string() })),
  nextCursor: z.string().nullable(),
  /** As in `WatchlistPage`. */
  unavailableCount: z.number().int().min(0).optional(),
});
export type RatingsPage = z.infer<typeof RatingsPage>;

/** `GET /api/v1/titles/{id}/seasons`, in the asker's language. */
export const SeasonsView = z.object({
  titleId: TitleId,
  seasons: z.array(
    z.object({
      number: z.number().int(),
      year: z.number().int().nullable(),
      episodes: z.array(
        z.object({
          partId: PartId,
          number: z.number().int(),
          name: z.string().nullable(),
          plot: z.string().nullable(),
          runtimeMinutes: z.number().int().nullable(),
        }),
      ),
    }),
  ),
});
export type SeasonsView = z.infer<typeof SeasonsView>;

/** `GET /api/v1/people/{id}`: with what the asker may see of it, the newest first. Somebody of whom that is nothing is 404. */
export const PersonView = z.object({
  personId: PersonId,
  name: z.string(),
  originalName: z.string().optional(),
  titles: z.array(z.object({ title: TitleCard, roles: z.array(CreditRole) })),
});
export type PersonView = z.infer<typeof PersonView>;

/** `GET /api/v1/genres`: the genres of the catalogue. */
export const GenresView = z.object({ genres: z.array(z.object({ genre: z.string(), name: z.string() })) });
export type GenresView = z.infer<typeof GenresView>;

export const COLLECTIONS_MAX = 500;
export const TITLES_PER_COLLECTION_MAX = 500;

/** `GET /api/v1/collections`: those that hold something the asker may see. */
export const CollectionsView = z.object({
  collections: z.array(
    z.object({
      collectionId: CollectionId,
      name: z.string(),
      titleCount: z.number().int(),
      titles: z.array(TitleCard),
    }),
  ),
});
export type CollectionsView = z.infer<typeof CollectionsView>;

/** `GET /api/v1/collections/{id}`. */
export const CollectionView = z.object({ collectionId: CollectionId, name: z.string(), titles: z.array(TitleCard) });
export type CollectionView = z.infer<typeof CollectionView>;

/** `GET /api/v1/profiles/{id}/leaving`: of the watchlist and of what was begun, the soonest first. */
export const LeavingView = z.object({
  profileId: ProfileId,
  withinDays: z.number().int(),
  items: z.array(z.object({ title: TitleCard, leavesAt: z.string() })),
});
export type LeavingView = z.infer<typeof LeavingView>;

export const WISHES_PER_PROFILE_MAX = 100;
/** `PUT /api/v1/profiles/{id}/wishes`: a title that is not there, or words that nothing was found for. */
export const Wish = z.union([
  z.strictObject({ titleId: TitleId }),
  z.strictObject({ query: z.string().trim().min(2).max(200) }),
]);
export type Wish = z.infer<typeof Wish>;

/** The last wish first. `arrived`: since when the title is there; its card where the profile may see it still. */
export const WishesView = z.object({
  profileId: ProfileId,
  wishes: z.array(
    z.object({
      titleId: TitleId.nullable(),
      query: z.string().nullable(),
      wishedAt: z.string(),
      arrived: z.object({ at: z.string(), title: TitleCard.nullable() }).nullable(),
    }),
  ),
});
export type WishesView = z.infer<typeof WishesView>;

/** Titles of one page of `GET /internal/catalogue`. */
export const CATALOGUE_SLICE_MAX = 5_000;

/** A collection as services hold it. */
export const CatalogueCollection = z.object({
  collectionId: CollectionId,
  names: NameTexts,
  titleIds: z.array(TitleId).max(TITLES_PER_COLLECTION_MAX),
});
export type CatalogueCollection = z.infer<typeof CatalogueCollection>;

/**
 * `GET /internal/catalogue?after=&limit=`, for services that hold the whole catalogue in memory. `version` (also the
 * ETag, quoted) changes with every write to the titles: `If-None-Match` with the version held answers 304. Slices of
 * one reading belong together when the version of the last is the version of the first; else read again.
 */
export const CatalogueSlice = z.object({
  version: z.string(),
  titles: z.array(CatalogueTitle).max(CATALOGUE_SLICE_MAX),
  /** Names of all genres by key, with every slice: there are some dozens. */
  genreNames: z.record(z.string(), NameTexts).default({}),
  /** With the first slice of a reading. */
  collections: z.array(CatalogueCollection).max(COLLECTIONS_MAX).optional(),
  /** Give it back as `after`; null at the end. */
  next: TitleId.nullable(),
});
export type CatalogueSlice = z.infer<typeof CatalogueSlice>;
