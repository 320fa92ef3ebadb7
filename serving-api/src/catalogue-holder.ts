/**
 * Keeps the whole catalogue in memory, read in slices from catalog-api (`GET /internal/catalogue`). Slices belong together
 * when the version did not change between the first and the last; else the reading begins again.
 */
import {
  CATALOGUE_SLICE_MAX,
  type CatalogueCollection,
  type CatalogueSlice,
} from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { GenreNames } from "@thewatcher/contracts/title-card";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { createRefresher, type Refresher } from "./holder.ts";
import type { CatalogueTitle } from "./title-view.ts";

/** A look costs one query of a version number. */
export const CATALOGUE_POLL_MS = 2_000;
/** While an import writes, versions change faster than slices are read: the next poll tries again. */
const READINGS_MAX = 3;

/** One slice, or undefined when `heldVersion` still is the version. */
export type FetchCatalogueSlice = (request: {
  readonly after: TitleId | undefined;
  readonly limit: number;
  readonly heldVersion: string | undefined;
}) => Promise<CatalogueSlice | undefined>;

export interface CatalogueHolder extends Refresher {
  /** The same array while the catalogue is the same; empty before the first reading. */
  current(): readonly CatalogueTitle[];
  genreNames(): GenreNames;
  /** Of the same reading. */
  collections(): readonly CatalogueCollection[];
  version(): string | undefined;
}

export function createCatalogueHolder(deps: {
  readonly fetchSlice: FetchCatalogueSlice;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs?: number;
}): CatalogueHolder {
  let titles: readonly CatalogueTitle[] = [];
  let genreNames: GenreNames = {};
  let collections: readonly CatalogueCollection[] = [];
  let version: string | undefined;

  async function read(): Promise<void> {
    for (let reading = 0; reading < READINGS_MAX; reading++) {
      const outcome = await readAll(deps.fetchSlice, version);
      if (outcome === "not_modified") return;
      if (outcome === "changed_meanwhile") continue;
      titles = outcome.titles;
      genreNames = outcome.genreNames;
      collections = outcome.collections;
      version = outcome.version;
      return;
    }
    throw new Error(`the catalogue changed during each of ${READINGS_MAX} readings`);
  }

  const { clock, log, pollMs = CATALOGUE_POLL_MS } = deps;
  return {
    ...createRefresher({ what: "catalogue", read, pollMs, clock, log }),
    current: () => titles,
    genreNames: () => genreNames,
    collections: () => collections,
    version: () => version,
  };
}

type Outcome =
  | "not_modified"
  | "changed_meanwhile"
  | {
      readonly titles: readonly CatalogueTitle[];
      readonly genreNames: GenreNames;
      readonly collections: readonly CatalogueCollection[];
      readonly version: string;
    };

async function readAll(fetchSlice: FetchCatalogueSlice, heldVersion: string | undefined): Promise<Outcome> {
  const first = await fetchSlice({ after: undefined, limit: CATALOGUE_SLICE_MAX, heldVersion });
  if (!first) return "not_modified";
  const ids = new Map<string, string>();
  const titles = first.titles.map((title) => catalogueTitleOf(title, ids));
  let { next } = first;
  while (next !== null) {
    const slice = await fetchSlice({ after: next, limit: CATALOGUE_SLICE_MAX, heldVersion: undefined });
    if (slice?.version !== first.version) return "changed_meanwhile";
    for (const title of slice.titles) titles.push(catalogueTitleOf(title, ids));
    next = slice.next;
  }
  const { genreNames, collections = [], version } = first;
  return { titles, genreNames, collections, version };
}

type SliceTitle = CatalogueSlice["titles"][number];

/** Without plots and names of people: what rows, their cards and rules are made of. `ids`: each person's id once in memory. */
function catalogueTitleOf(title: SliceTitle, ids: Map<string, string>): CatalogueTitle {
  const { titleId, kind, name, names, originalName, year, genres, ageMark, runtimeMinutes, referenceRuntimeMinutes } =
    title;
  return {
    facts: {
      titleId,
      kind,
      name,
      names,
      originalName,
      year,
      genres,
      ageMark,
      runtimeMinutes,
      referenceRuntimeMinutes,
    },
    rights: title.rights,
    addedAt: title.addedAt,
    attributes: attributesOf(title, ids),
    ...(title.episodes ? { episodes: title.episodes } : {}),
  };
}

function attributesOf(
  { countries, score, source, people }: SliceTitle,
  ids: Map<string, string>,
): NonNullable<CatalogueTitle["attributes"]> {
  const idOf = ({ personId }: { readonly personId: string }): string => {
    const known = ids.get(personId);
    if (known === undefined) ids.set(personId, personId);
    return known ?? personId;
  };
  return {
    countries,
    score,
    source,
    directors: people.filter(({ role }) => role === "director").map(idOf),
    people: people.map(idOf),
  };
}
