/** Headings and reasons in the viewer's words, out of what the server states in a form that a machine can check. */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { Reason, Row } from "@thewatcher/contracts/api/serving";
import { strings } from "./strings.ts";

/** A title that leaves later than this is not yet worth a word on its card. */
const LEAVES_SOON_MS = 14 * 86_400_000;

/** Names of titles that the page knows; a reason names its seeds by id. */
export type NameOf = (titleId: string) => string | undefined;

/** In the viewer's language where they are known in it. */
export const genresOf = (title: Pick<TitleCard, "genres" | "genreNames">) => title.genreNames ?? title.genres;

/** What a viewer would regret not to have known, in a few words: the most pressing of them. */
export function badgeOf(title: TitleCard, nowMs: number): string | null {
  const words = strings.card;
  if (title.leavesAt !== undefined && Date.parse(title.leavesAt) < nowMs + LEAVES_SOON_MS) {
    return words.leaves(title.leavesAt);
  }
  if (title.cutMinutes !== undefined) return words.cut(title.cutMinutes);
  const [lowest, ...higher] = title.plans ?? [];
  if (lowest !== undefined) {
    const name = strings.planNames[lowest];
    return higher.length === 0 ? name : words.planAndUp(name);
  }
  return title.kind === "series" ? words.series : null;
}

export function reasonWords(reason: Reason, nameOf: NameOf): string {
  const words = strings.reasons;
  switch (reason.kind) {
    case "because_you_watched":
      return words.because_you_watched(reason.seedName);
    case "similar_to_history": {
      const names = reason.seeds.map((seed) => nameOf(seed.titleId)).filter((name) => name !== undefined);
      return names.length === 0 ? words.similar_to_history : words.similar_to_named(strings.list(names.slice(0, 2)));
    }
    case "similar_to_title":
      return words.similar_to_title;
    case "popular_in_country":
      return words.popular_in_country(reason.rank, strings.country(reason.country));
    case "popular":
      return words.popular(reason.rank);
    case "new":
      return reason.year === null ? words.new : words.newFrom(reason.year);
    case "continue_watching": {
      const { positionSeconds, durationSeconds } = reason;
      if (durationSeconds === null || durationSeconds <= positionSeconds) return words.continue_watching;
      return words.minutesLeft(Math.max(1, Math.round((durationSeconds - positionSeconds) / 60)));
    }
    case "genre":
      return words.genre(reason.genre);
    case "trending_in_country":
      return words.trending_in_country(strings.country(reason.country));
    case "editorial":
      return words.editorial(reason.collectionName);
    case "next_episode":
      return words.next_episode(reason.season, reason.episode);
    case "popular_in_segment":
    case "exploration":
    case "pinned":
    case "for_both":
      return words[reason.kind];
    case "personal_ranking":
      return words.similar_to_history;
    case "unfinished":
      return words.continue_watching;
  }
}

/** Reasons that say of a card what the heading of such a row says of all. */
const SAID_BY_ROW: Partial<Record<Row["kind"], Reason["kind"]>> = {
  because_you_watched: "because_you_watched",
  new: "new",
  genre: "genre",
  trending: "trending_in_country",
  segment: "popular_in_segment",
  editorial: "editorial",
  for_two: "for_both",
};

/** Whether a card's reason is news under its row's heading. */
export const saysMore = (reason: Reason, rowKind: Row["kind"] | undefined): boolean =>
  reason.kind !== "genre" && (rowKind === undefined || SAID_BY_ROW[rowKind] !== reason.kind);

const countryOf = (reason: Reason | null | undefined) =>
  reason?.kind === "popular_in_country" ? strings.country(reason.country) : null;

/** The place in a country's table; a title that stands elsewhere on the page leaves a gap, so it is not the place in the row. */
export const rankOf = (reason: Reason): number | null =>
  reason.kind === "popular_in_country" || reason.kind === "popular" ? reason.rank : null;

/** "Top 10" is said only of the first ten. */
const TOP_RANK_MAX = 10;

export function rowHeading(row: Pick<Row, "kind" | "reason" | "heading" | "items">): string {
  const words = strings.rows;
  const { kind, reason } = row;
  switch (kind) {
    case "because_you_watched":
      return reason?.kind === "because_you_watched" ? words.because_you_watched(reason.seedName) : row.heading;
    case "top_in_country": {
      const country = countryOf(reason) ?? countryOf(row.items[0]?.reason);
      const isTop = row.items.every((item) => (rankOf(item.reason) ?? item.position + 1) <= TOP_RANK_MAX);
      if (country === null) return isTop ? words.top : words.popular;
      return isTop ? words.top_in_country(country) : words.popular_in_country(country);
    }
    case "genre":
      return reason?.kind === "genre" ? words.genre(genreName(row.items, reason.genre)) : row.heading;
    case "editorial":
      return reason?.kind === "editorial" ? reason.collectionName : row.heading;
    default:
      return words[kind];
  }
}

/** The titles of its row say what a genre is called in the viewer's language. */
function genreName(items: Row["items"], genre: string): string {
  for (const { title } of items) {
    const at = title.genres.indexOf(genre);
    if (at >= 0) return genresOf(title)[at] ?? genre;
  }
  return genre;
}

/** Share of a film that was watched, in percent; null where the length is not known. */
export function watchedPercent(reason: Reason): number | null {
  if (reason.kind !== "continue_watching" || reason.durationSeconds === null || reason.durationSeconds <= 0)
    return null;
  return Math.min(100, Math.max(1, Math.round((reason.positionSeconds / reason.durationSeconds) * 100)));
}
