/**
 * The demo catalogue's words: names, plots, people, series, collections, rights. The one door to the data files beside
 * it. Everything is checked by `demo-content.test.ts`: ids exist, no text is missing, no letter is of a wrong alphabet.
 */
import { CollectionId, PartId, PersonId, TitleId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";
import { COLLECTIONS } from "./collections.ts";
import { CUT_VERSIONS } from "./cut-versions.ts";
import { type CreditRow, FILM_CREDITS } from "./film-credits.ts";
import { FILM_NAMES, ORIGINAL_NAMES, YEARS_CORRECTED } from "./film-names.ts";
import { FILM_PLOTS } from "./film-plots.ts";
import { GENRE_NAMES } from "./genres.ts";
import { PEOPLE, type PersonRow } from "./people.ts";
import { RIGHTS, type RightsRow } from "./rights.ts";
import { SERIES } from "./series.ts";
import type { SeriesRow } from "./series-rows.ts";
import type {
  DemoCollection,
  DemoCredits,
  DemoCutVersion,
  DemoPerson,
  DemoRights,
  DemoRightsWindow,
  DemoSeries,
  DemoText,
  GenreId,
  TextRow,
  Texts,
} from "./types.ts";

const texts = ([ru, be, en]: TextRow): Texts => ({ ru, be, en });

/** "Jean-Pierre Jeunet" → `person:jean-pierre-jeunet`; accents go, so that the id is plain ASCII. */
const personIdOf = (name: string): PersonId =>
  PersonId.parse(
    `person:${name
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")}`,
  );

const person = ([en, ru, be]: PersonRow): DemoPerson => ({ personId: personIdOf(en), names: { ru, be, en } });

/** By locale, for every genre that a title of the catalogue can have. */
export const genreNames: Readonly<Record<GenreId, Texts>> = Object.fromEntries(
  Object.entries(GENRE_NAMES).map(([genre, row]) => [genre, texts(row)]),
) as Record<GenreId, Texts>;

/** The 150 best-known films, the best known first. */
export const demoTexts: readonly DemoText[] = Object.entries(FILM_NAMES).map(([id, names]) => ({
  titleId: TitleId.parse(id),
  names: texts(names),
  originalName: ORIGINAL_NAMES[id] ?? null,
  yearCorrected: YEARS_CORRECTED[id] ?? null,
  plots: texts(FILM_PLOTS[id as keyof typeof FILM_PLOTS]),
}));

const seriesOf = (row: SeriesRow): DemoSeries => ({
  titleId: TitleId.parse(row.id),
  names: texts(row.names),
  plots: texts(row.plots),
  year: row.seasons[0]!.year,
  genres: row.genres,
  countries: row.countries,
  ageMark: row.ageMark,
  directors: row.by.map(([en]) => personIdOf(en)),
  cast: row.cast.map(([en]) => personIdOf(en)),
  seasons: row.seasons.map(({ year, episodes }, season) => ({
    number: season + 1,
    year,
    episodes: episodes.map((episode, index) => ({
      partId: PartId.parse(`${row.id}-s${season + 1}e${String(index + 1).padStart(2, "0")}`),
      number: index + 1,
      names: texts(episode.names),
      plots: texts(episode.plots),
      runtimeMinutes: episode.minutes ?? row.minutes,
    })),
  })),
});

/** Ten series that don't exist elsewhere. */
export const demoSeries: readonly DemoSeries[] = SERIES.map(seriesOf);

/** Of the films, then of the series; each once. */
export const demoPeople: readonly DemoPerson[] = [
  ...PEOPLE.map(person),
  ...SERIES.flatMap((row) => [...row.by, ...row.cast].map(person)),
];

const knownPeople = new Set(demoPeople.map((one) => one.personId));
const known = (name: string): PersonId => {
  const id = personIdOf(name);
  assert(knownPeople.has(id), "a credit names a person of people.ts", () => ({ name }));
  return id;
};

/** Of the films; a series carries its own. */
export const demoCredits: readonly DemoCredits[] = Object.entries<CreditRow>(FILM_CREDITS).map(([id, row]) => ({
  titleId: TitleId.parse(id),
  directors: row.by.map(known),
  cast: row.cast.map(known),
}));

export const demoCollections: readonly DemoCollection[] = Object.entries(COLLECTIONS).map(([id, row]) => ({
  collectionId: CollectionId.parse(`collection:${id}`),
  names: texts(row.names),
  titleIds: row.titles.map((titleId) => TitleId.parse(titleId)),
}));

const windowOf = (row: RightsRow): DemoRightsWindow => ({
  countries: row.countries ?? null,
  exceptCountries: row.except ?? [],
  plans: row.plans ?? null,
  fromDays: row.from ?? null,
  untilDays: row.until ?? null,
});

/** Only the titles that are restricted somewhere, sometime or in some plan. */
export const demoRights: readonly DemoRights[] = Object.entries(RIGHTS).map(([id, rows]) => ({
  titleId: TitleId.parse(id),
  windows: rows.map(windowOf),
}));

export const demoCutVersions: readonly DemoCutVersion[] = Object.entries(CUT_VERSIONS).map(([id, row]) => ({
  titleId: TitleId.parse(id),
  ...row,
}));
