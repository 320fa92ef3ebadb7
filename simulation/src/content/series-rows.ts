/** How a series is written in the `series-*.ts` files; `demo-content.ts` makes ids and numbers of it. */
import type { AgeMark } from "@thewatcher/contracts/api/catalogue";
import type { PersonRow } from "./people.ts";
import type { GenreId, TextRow } from "./types.ts";

/** Names and plot of one episode; the minutes where it is longer or shorter than the others of its series. */
export interface EpisodeRow {
  readonly names: TextRow;
  readonly plots: TextRow;
  readonly minutes?: number;
}

export interface SeriesRow {
  readonly id: string;
  readonly names: TextRow;
  readonly plots: TextRow;
  readonly genres: readonly GenreId[];
  readonly countries: readonly string[];
  readonly ageMark: AgeMark;
  /** Of an episode. */
  readonly minutes: number;
  readonly by: readonly PersonRow[];
  readonly cast: readonly PersonRow[];
  readonly seasons: readonly { readonly year: number; readonly episodes: readonly EpisodeRow[] }[];
}
