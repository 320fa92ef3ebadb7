/**
 * The demo catalogue as whole documents: the films of the file joined with our texts, people, rights and cut versions,
 * and the invented series, which entered during the last weeks. Pure: the same catalogue and present, the same documents.
 */

import type { TitleFacts } from "@thewatcher/contracts/api/catalogue";
import { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import type { CollectionDocument } from "@thewatcher/contracts/api/editor";
import type { PersonId } from "@thewatcher/contracts/ids";
import type { Texts } from "@thewatcher/contracts/locales";
import {
  demoCollections,
  demoCredits,
  demoCutVersions,
  demoPeople,
  demoRights,
  demoSeries,
  demoTexts,
  genreNames,
} from "./content/demo-content.ts";
import type { DemoRights } from "./content/types.ts";

const DAY_MS = 86_400_000;
/** The series came one after the other, the last one this morning. */
const DAYS_BETWEEN_SERIES = 4;
const SERIES_SOURCE = "demo";

export interface DemoDocuments {
  readonly titles: readonly TitleDocument[];
  readonly people: readonly { readonly personId: PersonId; readonly name: string; readonly names: Texts }[];
  readonly collections: readonly CollectionDocument[];
  readonly genreNames: Readonly<Record<string, Texts>>;
}

export function demoDocuments(films: readonly TitleFacts[], options: { readonly worldNow: number }): DemoDocuments {
  const { worldNow } = options;
  const textsOf = new Map(demoTexts.map((one) => [one.titleId, one]));
  const creditsOf = new Map(demoCredits.map((one) => [one.titleId, one]));
  const rightsOf = new Map(demoRights.map((one) => [one.titleId, one]));
  const cutOf = new Map(demoCutVersions.map((one) => [one.titleId, one]));
  const titles = films.map((film) => {
    const text = textsOf.get(film.titleId);
    const cut = cutOf.get(film.titleId);
    const rights = rightsOf.get(film.titleId);
    return TitleDocument.parse({
      ...film,
      ...(text ? { names: text.names, plots: text.plots, originalName: text.originalName } : {}),
      ...(text?.yearCorrected == null ? {} : { year: text.yearCorrected }),
      ...(cut ? { runtimeMinutes: cut.runtimeMinutes, referenceRuntimeMinutes: cut.referenceRuntimeMinutes } : {}),
      rights: rights ? windowsOf(rights, worldNow) : null,
      credits: creditRows(creditsOf.get(film.titleId)),
    });
  });
  const series = demoSeries.map((one, place) =>
    TitleDocument.parse({
      titleId: one.titleId,
      kind: "series",
      name: one.names.en,
      names: one.names,
      plots: one.plots,
      plot: one.plots.en,
      year: one.year,
      genres: one.genres,
      countries: one.countries,
      ageMark: one.ageMark,
      runtimeMinutes: null,
      directors: [],
      score: null,
      scoreVotes: null,
      source: SERIES_SOURCE,
      addedAt: new Date(worldNow - (place + 0.25) * DAYS_BETWEEN_SERIES * DAY_MS).toISOString(),
      rights: windowsOf(rightsOf.get(one.titleId), worldNow),
      credits: creditRows(one),
      seasons: one.seasons,
    }),
  );
  return {
    titles: [...titles, ...series],
    people: demoPeople.map(({ personId, names }) => ({ personId, name: names.en, names })),
    collections: demoCollections.map(({ collectionId, names, titleIds }) => ({
      collectionId,
      names,
      titleIds: [...titleIds],
    })),
    genreNames,
  };
}

const creditRows = (
  credits: { readonly directors: readonly PersonId[]; readonly cast: readonly PersonId[] } | undefined,
) => [
  ...(credits?.directors ?? []).map((personId) => ({ personId, role: "director" })),
  ...(credits?.cast ?? []).map((personId) => ({ personId, role: "cast" })),
];

const windowsOf = (rights: DemoRights | undefined, worldNow: number) =>
  rights?.windows.map(({ countries, exceptCountries, plans, fromDays, untilDays }) => ({
    countries,
    exceptCountries,
    plans,
    from: fromDays === null ? null : worldNow + fromDays * DAY_MS,
    until: untilDays === null ? null : worldNow + untilDays * DAY_MS,
  })) ?? null;
