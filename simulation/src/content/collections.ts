/** Collections that an editor would make of the demo catalogue: names [Russian, Belarusian, English] and title ids. */
import type { TextRow } from "./types.ts";

export interface CollectionRow {
  readonly names: TextRow;
  readonly titles: readonly string[];
}

export const COLLECTIONS = {
  "middle-earth": {
    names: ["Путь через Средиземье", "Шлях праз Міжзем’е", "Across Middle-earth"],
    titles: ["film-2204", "film-2202", "film-2203"],
  },
} as const satisfies Record<string, CollectionRow>;
