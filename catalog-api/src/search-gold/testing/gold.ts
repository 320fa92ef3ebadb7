/** The demo catalogue as the search reads it, and the gold set's two halves asked of it. */
import { readFileSync } from "node:fs";
import { CatalogueTitle } from "@thewatcher/contracts/api/catalogue";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { loadCatalogue } from "@thewatcher/simulation/catalogue";
import { demoCredits, demoPeople, demoSeries, demoTexts } from "@thewatcher/simulation/content/demo-content";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import type { Search } from "@thewatcher/stores/search/port";
import type { Asker } from "../../askers.ts";
import { createTitleIndex, type TitleIndex } from "../../search-index.ts";
import { searchTitles } from "../../search-titles.ts";

export const NOW = Date.UTC(2026, 10, 23);

export interface GoldQuery {
  readonly query: string;
  readonly kind: string;
  readonly expected: readonly string[];
}
export interface GoldHalf {
  readonly queries: readonly GoldQuery[];
  readonly absent: readonly GoldQuery[];
}

export const goldHalf = (name: "tuning" | "held-out"): GoldHalf =>
  JSON.parse(readFileSync(new URL(`../${name}.json`, import.meta.url), "utf8")) as GoldHalf;

/** 3,201 films, 150 of them with names and people in three languages, and ten series. */
export function demoTitles(): CatalogueTitle[] {
  const texts = new Map(demoTexts.map((text) => [text.titleId as string, text]));
  const names = new Map(demoPeople.map((person) => [person.personId, person.names]));
  const credits = new Map(demoCredits.map((credit) => [credit.titleId as string, credit]));
  type Credits = Pick<(typeof demoCredits)[number], "directors" | "cast">;
  const peopleOf = ({ directors, cast }: Credits) =>
    (["director", "cast"] as const).flatMap((role) =>
      (role === "director" ? directors : cast).map((personId) => {
        const known = names.get(personId);
        return { personId, role, name: known?.en ?? personId, names: known ?? {} };
      }),
    );
  const films = loadCatalogue({ worldNow: NOW }).titles.map((film) => {
    const text = texts.get(film.titleId);
    const credit = credits.get(film.titleId);
    return CatalogueTitle.parse({
      ...film,
      ...(text ? { names: text.names, originalName: text.originalName } : {}),
      ...(credit ? { people: peopleOf(credit) } : {}),
    });
  });
  const series = demoSeries.map((one) =>
    CatalogueTitle.parse({
      ...one,
      kind: "series",
      name: one.names.en,
      runtimeMinutes: null,
      directors: [],
      plot: null,
      score: null,
      scoreVotes: null,
      source: "demo",
      addedAt: new Date(NOW).toISOString(),
      people: peopleOf(one),
    }),
  );
  return [...films, ...series];
}

export const everybody: Asker = { locale: "ru", genreNames: {}, viewer: undefined };

/** An index of these titles, brought up to date; `server`: a search to be asked first. */
export async function indexOf(
  titles: readonly CatalogueTitle[],
  options: { readonly server?: Search; readonly deadlineMs?: number } = {},
): Promise<TitleIndex> {
  const index = createTitleIndex({
    source: { version: async () => "1", read: async () => ({ version: "1", titles }) },
    embedded: openMemorySearch(),
    clock: createSimulatedClock(NOW),
    log: silentLog,
    ...options,
  });
  await index.refresh();
  await index.publish();
  return index;
}

export interface GoldOutcome {
  /** Of the queries, those of which a title that is meant is among the first three. */
  readonly recall: number;
  readonly missed: readonly string[];
  /** Of the queries for what we don't have, those that are told so. */
  readonly toldAbsent: number;
  readonly notTold: readonly string[];
  /** By query. */
  readonly first: ReadonlyMap<string, string | undefined>;
}

export async function askGold(index: TitleIndex, half: GoldHalf): Promise<GoldOutcome> {
  const first = new Map<string, string | undefined>();
  const missed: string[] = [];
  const notTold: string[] = [];
  const ask = async (query: string) => {
    const page = await searchTitles(index, everybody, { text: query, limit: 10, filters: {} });
    const ids = page.hits.map(({ title }) => title.titleId as string);
    first.set(query, ids[0]);
    return { page, ids };
  };
  for (const { query, kind, expected } of half.queries) {
    const { ids } = await ask(query);
    if (!ids.slice(0, 3).some((id) => expected.includes(id))) missed.push(`${kind}: ${query} → ${ids.slice(0, 3)}`);
  }
  for (const { query } of half.absent) {
    const { page, ids } = await ask(query);
    if (!page.absent) notTold.push(`${query} → ${ids.slice(0, 3)}`);
  }
  return {
    recall: 1 - missed.length / half.queries.length,
    missed,
    toldAbsent: 1 - notTold.length / half.absent.length,
    notTold,
    first,
  };
}
