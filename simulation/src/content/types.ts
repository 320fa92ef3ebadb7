/**
 * What the demo catalogue says in words, as types. The texts lie beside this file as data, one concern a file, and
 * `demo-content.ts` joins them; nobody else reads the data files.
 */
import type { AgeMark } from "@thewatcher/contracts/api/catalogue";
import type { CollectionId, PartId, PersonId, TitleId } from "@thewatcher/contracts/ids";
import type { Locale } from "@thewatcher/contracts/locales";
import type { PlanId } from "@thewatcher/contracts/plans";

/** In every language of the catalogue: what we wrote ourselves lacks none. */
export type Texts = Readonly<Record<Locale, string>>;

/** What the data files are written in: Russian, Belarusian, English. */
export type TextRow = readonly [ru: string, be: string, en: string];

export interface DemoPerson {
  /** `person:peter-jackson`: made of the Latin name, so that it never changes. */
  readonly personId: PersonId;
  readonly names: Texts;
}

/** A film of the catalogue: the words that the source file lacks. */
export interface DemoText {
  readonly titleId: TitleId;
  readonly names: Texts;
  /** The name in the film's own language, where that is not the English one. */
  readonly originalName: string | null;
  /** Year of the premiere, where the file's year is a slip (not merely the year of the release in the USA). */
  readonly yearCorrected: number | null;
  /** One sentence, ours, without the ending. */
  readonly plots: Texts;
}

export interface DemoCredits {
  readonly titleId: TitleId;
  readonly directors: readonly PersonId[];
  /** The leading roles first. */
  readonly cast: readonly PersonId[];
}

export interface DemoEpisode {
  /** Unique in the whole catalogue: `series-07-s1e03`. */
  readonly partId: PartId;
  /** From 1 in every season. */
  readonly number: number;
  readonly names: Texts;
  readonly plots: Texts;
  readonly runtimeMinutes: number;
}

export interface DemoSeason {
  /** From 1. */
  readonly number: number;
  readonly year: number;
  readonly episodes: readonly DemoEpisode[];
}

/** One title with playable parts. All of them are invented, their people too. */
export interface DemoSeries {
  readonly titleId: TitleId;
  readonly names: Texts;
  readonly plots: Texts;
  /** Of the first season. */
  readonly year: number;
  /** Keys of `genreNames`. */
  readonly genres: readonly GenreId[];
  /** ISO 3166-1 alpha-2 of where it was made. */
  readonly countries: readonly string[];
  readonly ageMark: AgeMark;
  readonly directors: readonly PersonId[];
  readonly cast: readonly PersonId[];
  readonly seasons: readonly DemoSeason[];
}

export interface DemoCollection {
  /** `collection:space`. */
  readonly collectionId: CollectionId;
  readonly names: Texts;
  readonly titleIds: readonly TitleId[];
}

/**
 * When, where and in which plan a title may be shown. Days are counted from the demo's now: the demo is always fresh.
 * A title may be shown where at least one of its windows admits; a title without a row is unrestricted.
 */
export interface DemoRightsWindow {
  /** null: everywhere. */
  readonly countries: readonly string[] | null;
  /** Taken out of `countries`. */
  readonly exceptCountries: readonly string[];
  /** null: every plan. */
  readonly plans: readonly PlanId[] | null;
  /** Inclusive; null: since ever. Negative: in the past. */
  readonly fromDays: number | null;
  /** Exclusive; null: for good. */
  readonly untilDays: number | null;
}

export interface DemoRights {
  readonly titleId: TitleId;
  readonly windows: readonly DemoRightsWindow[];
}

/** What the film lasts elsewhere against what we hold. Invented for the demo: see `cut-versions.ts`. */
export interface DemoCutVersion {
  readonly titleId: TitleId;
  readonly runtimeMinutes: number;
  readonly referenceRuntimeMinutes: number;
}

/** The genres that `catalogue.ts` gives, in its own words. */
export type GenreId =
  | "Action"
  | "Adventure"
  | "Black comedy"
  | "Comedy"
  | "Concert"
  | "Documentary"
  | "Drama"
  | "Family"
  | "Fantasy"
  | "History"
  | "Horror"
  | "Musical"
  | "Romance"
  | "Science fiction"
  | "Superhero"
  | "Thriller"
  | "True story"
  | "Western";
