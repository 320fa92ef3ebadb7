/** Collections that an editor would make of the demo catalogue: names [Russian, Belarusian, English] and title ids. */
import type { TextRow } from "./types.ts";

export interface CollectionRow {
  readonly names: TextRow;
  readonly titles: readonly string[];
}

export const COLLECTIONS = {
  space: {
    names: ["Дорога к звёздам", "Дарога да зорак", "The Road to the Stars"],
    titles: [
      "film-1235",
      "film-1144",
      "film-0025",
      "film-2998",
      "film-1784",
      "film-1495",
      "film-0714",
      "series-08",
      "series-01",
    ],
  },
  heist: {
    names: ["План был идеален", "План быў ідэальны", "The Perfect Plan"],
    titles: ["film-2453", "film-2454", "film-2054", "film-0767", "film-2797", "film-2038", "film-0860"],
  },
  "animation-for-family": {
    names: ["Мультфильмы для всей семьи", "Мультфільмы для ўсёй сям’і", "Animation for the Family"],
    titles: [
      "film-0993",
      "film-2987",
      "film-1770",
      "film-2741",
      "film-2405",
      "film-3096",
      "film-2597",
      "film-3057",
      "film-0536",
      "film-2005",
    ],
  },
  puzzles: {
    names: ["Кино-головоломки", "Кіно-галаваломкі", "Films to Puzzle Over"],
    titles: ["film-2292", "film-1549", "film-2567", "film-2026", "film-1394", "film-2369", "film-3008", "film-1288"],
  },
  justice: {
    names: ["Именем закона", "Імем закона", "In the Name of the Law"],
    titles: ["film-0020", "film-0013", "film-0842", "film-1839", "film-0846", "series-04"],
  },
  war: {
    names: ["О войне без прикрас", "Пра вайну без прыкрас", "War as It Is"],
    titles: ["film-2894", "film-0817", "film-0062", "film-0715", "film-2505", "film-1997"],
  },
  "school-of-magic": {
    names: ["Школа волшебства", "Школа чарадзейства", "The School of Magic"],
    titles: ["film-1976", "film-1971", "film-1972", "film-1973", "film-1974", "film-1975"],
  },
  superheroes: {
    names: ["Супергерои: с чего начать", "Супергероі: з чаго пачаць", "Superheroes: Where to Begin"],
    titles: ["film-2826", "film-3173", "film-1265", "film-1267", "film-2048", "film-3101", "film-2405"],
  },
  "hollywood-classics": {
    names: ["Золотой век Голливуда", "Залаты век Галівуда", "Hollywood's Golden Age"],
    titles: ["film-0214", "film-0401", "film-0454", "film-0568", "film-0013", "film-1046"],
  },
  "our-series": {
    names: ["Наши сериалы", "Нашы серыялы", "Our Series"],
    titles: [
      "series-01",
      "series-02",
      "series-03",
      "series-04",
      "series-05",
      "series-06",
      "series-07",
      "series-08",
      "series-09",
      "series-10",
    ],
  },
} as const satisfies Record<string, CollectionRow>;
