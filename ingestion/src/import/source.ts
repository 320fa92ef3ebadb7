/** What an import reads, whatever the layout: titles, then rows in bounded arrays. */
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";

export interface ImportRow {
  /** The ids of the source, as text. */
  readonly user: string;
  readonly item: string;
  /** A rating in half stars, or undefined: then it is a watch of this strength (undefined: unknown). */
  readonly stars: number | undefined;
  readonly strength: number | undefined;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export interface ImportSource {
  /** Prefix of external ids: `ml-1m`. */
  readonly source: string;
  readonly layout: string;
  /** Known beforehand for a bar with the time left; undefined where only reading tells. */
  readonly rowsExpected: number | undefined;
  readonly timeQuality: "observed" | "synthetic";
  /** SHA-256 over the layout and the files' bytes: the same files again are the same import. */
  readonly fingerprint: string;
  readonly titles: readonly TitleDetails[];
  /** Throws UserError naming file and line at the first row that is none. */
  rows(): AsyncIterable<readonly ImportRow[]>;
}
