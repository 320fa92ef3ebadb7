/** A title's record as one asker sees it: in the asker's language, with what the rights say of the asker's country. */
import type { CatalogueTitle, TitleCard } from "./api/catalogue.ts";
import { type Locale, pickText, type Texts } from "./locales.ts";
import type { Visibility } from "./visibility.ts";

/** What a card is made of, of everything that is known of a title. */
export type CardSource = Pick<
  CatalogueTitle,
  | "titleId"
  | "kind"
  | "name"
  | "names"
  | "originalName"
  | "year"
  | "genres"
  | "ageMark"
  | "runtimeMinutes"
  | "referenceRuntimeMinutes"
>;

export type Visible = Extract<Visibility, { readonly kind: "visible" }>;
export type GenreNames = { readonly [genre: string]: Texts };

export const nameOf = (title: Pick<CardSource, "name" | "names">, locale: Locale): string =>
  pickText(title.names, locale) ?? title.name;

export const genreNameOf = (genre: string, genreNames: GenreNames, locale: Locale): string =>
  (Object.hasOwn(genreNames, genre) ? pickText(genreNames[genre] ?? {}, locale) : undefined) ?? genre;

/** By how many minutes the version held is shorter than the film; 0 where it is not, or one of them is not known. */
export const cutMinutesOf = (title: Pick<CardSource, "runtimeMinutes" | "referenceRuntimeMinutes">): number =>
  title.runtimeMinutes === null || title.referenceRuntimeMinutes === null
    ? 0
    : Math.max(0, title.referenceRuntimeMinutes - title.runtimeMinutes);

export function cardOf(
  title: CardSource,
  asker: { readonly locale: Locale; readonly genreNames: GenreNames; readonly visible: Visible },
): TitleCard {
  const { locale, genreNames, visible } = asker;
  const name = nameOf(title, locale);
  const originalName = title.originalName ?? title.name;
  const genres = title.genres.map((genre) => genreNameOf(genre, genreNames, locale));
  const cutMinutes = cutMinutesOf(title);
  return {
    titleId: title.titleId,
    name,
    year: title.year,
    genres: title.genres,
    ageMark: title.ageMark,
    runtimeMinutes: title.runtimeMinutes,
    ...(title.kind === "film" ? {} : { kind: title.kind }),
    ...(originalName === name ? {} : { originalName }),
    ...(genres.every((genre, place) => genre === title.genres[place]) ? {} : { genreNames: genres }),
    ...(visible.leavesAt === null ? {} : { leavesAt: new Date(visible.leavesAt).toISOString() }),
    ...(cutMinutes === 0 ? {} : { cutMinutes }),
    ...(visible.plans === "all" ? {} : { plans: [...visible.plans] }),
  };
}
