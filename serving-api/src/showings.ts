/**
 * What viewers of one country and language may see of the titles now, ready to be written: one byte a title, and the
 * JSON of cards and names, encoded when they are first shown.
 *
 * Rights are windows of time and country, so the answer is the same for everybody of a country until the next edge of
 * a window there; it is worked out once and held until then. Countries that no window names share one answer. Cards
 * without rights are shared by all countries: a language has its own, a country only what its windows change.
 */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { Locale } from "@thewatcher/contracts/locales";
import { cardOf, type GenreNames, nameOf, type Visible } from "@thewatcher/contracts/title-card";
import { nextChangeOf, visibilityOf } from "@thewatcher/contracts/visibility";
import { bytesOf } from "./json-bytes.ts";
import type { TitleView } from "./title-view.ts";

export interface Showing {
  readonly locale: Locale;
  /** Beside the view's titles. 1: in the catalogue, and here now. Ages are the request's. */
  readonly shown: Uint8Array;
  /** The bytes of the card's JSON. Of a title that is shown. */
  cardJson(index: number): Uint8Array;
  /** The bytes of `"<title id>":"<name>"`; undefined where it is not shown. */
  nameJson(index: number): Uint8Array | undefined;
  cardOf(index: number): TitleCard;
  nameOf(index: number): string;
  /** Milliseconds since the epoch; null: not known to leave. */
  leavesAt(index: number): number | null;
}

export interface ShowingRequest {
  readonly country: string;
  readonly locale: Locale;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A country that no window can name. */
const ELSEWHERE = "";
const ALWAYS: Visible = { kind: "visible", plans: "all", leavesAt: null };

interface CountryTable {
  readonly shown: Uint8Array;
  readonly from: number;
  readonly until: number;
  /** Of the titles with rights that are visible. */
  readonly visible: ReadonlyMap<number, Visible>;
  readonly byLocale: Map<Locale, Showing>;
}

type Encoded = (Uint8Array | undefined)[];

export function createShowings(view: TitleView, genreNames: GenreNames): (request: ShowingRequest) => Showing {
  const restricted: number[] = [];
  const named = new Set<string>();
  view.titles.forEach((title, index) => {
    if (!title || title.rights === null) return;
    restricted.push(index);
    for (const { countries, exceptCountries } of title.rights) {
      for (const country of countries ?? []) named.add(country);
      for (const country of exceptCountries) named.add(country);
    }
  });
  const tables = new Map<string, CountryTable>();
  const sharedCards = new Map<Locale, Encoded>();
  const sharedNames = new Map<Locale, Encoded>();

  function tableOf(country: string, at: number): CountryTable {
    const shown = view.shown.slice();
    const visible = new Map<number, Visible>();
    let until = Number.POSITIVE_INFINITY;
    for (const index of restricted) {
      const { rights } = view.titles[index]!;
      const visibility = visibilityOf({ ageMark: 0, rights }, { country, ageLimit: null, at });
      if (visibility.kind === "visible") visible.set(index, visibility);
      else shown[index] = 0;
      until = Math.min(until, nextChangeOf(rights, country, at));
    }
    return { shown, from: at, until, visible, byLocale: new Map() };
  }

  function showingOf(table: CountryTable, locale: Locale): Showing {
    const shared = sharedOf(sharedCards, locale);
    const names = sharedOf(sharedNames, locale);
    const own: Encoded = new Array(table.visible.size === 0 ? 0 : view.titleCount);
    const cardAt = (index: number): TitleCard =>
      cardOf(view.titles[index]!.facts, { locale, genreNames, visible: table.visible.get(index) ?? ALWAYS });
    return {
      locale,
      shown: table.shown,
      cardJson(index) {
        const cards = table.visible.has(index) ? own : shared;
        let card = cards[index];
        if (card === undefined) {
          card = bytesOf(JSON.stringify(cardAt(index)));
          cards[index] = card;
        }
        return card;
      },
      nameJson(index) {
        if (table.shown[index] !== 1) return undefined;
        let name = names[index];
        if (name === undefined) {
          const { facts } = view.titles[index]!;
          name = bytesOf(`${JSON.stringify(facts.titleId)}:${JSON.stringify(nameOf(facts, locale))}`);
          names[index] = name;
        }
        return name;
      },
      cardOf: cardAt,
      nameOf: (index) => nameOf(view.titles[index]!.facts, locale),
      leavesAt: (index) => table.visible.get(index)?.leavesAt ?? null,
    };
  }

  function sharedOf(byLocale: Map<Locale, Encoded>, locale: Locale): Encoded {
    const held = byLocale.get(locale) ?? new Array(view.titleCount);
    byLocale.set(locale, held);
    return held;
  }

  return function showing({ country, locale, at }) {
    const key = named.has(country) ? country : ELSEWHERE;
    let table = tables.get(key);
    if (!table || at >= table.until || at < table.from) {
      table = tableOf(key, at);
      tables.set(key, table);
    }
    let found = table.byLocale.get(locale);
    if (!found) {
      found = showingOf(table, locale);
      table.byLocale.set(locale, found);
    }
    return found;
  };
}
