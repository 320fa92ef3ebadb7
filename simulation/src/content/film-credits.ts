/**
 * Who made and who plays in the 150 films: directors, then three to five leading roles, by the English names of
 * `people.ts`. The source file knows at most one director of a film, and no actors.
 */
import type { FILM_NAMES } from "./film-names.ts";

export interface CreditRow {
  readonly by: readonly string[];
  readonly cast: readonly string[];
}

export const FILM_CREDITS = {
  "film-0842": { by: ["Frank Darabont"], cast: ["Tim Robbins", "Morgan Freeman", "Bob Gunton"] },
  "film-1267": { by: ["Christopher Nolan"], cast: ["Christian Bale", "Heath Ledger", "Aaron Eckhart"] },
} as const satisfies Record<keyof typeof FILM_NAMES, CreditRow>;
