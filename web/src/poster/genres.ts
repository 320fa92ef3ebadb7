/**
 * Which art and colours a genre takes: the words of the catalogues that we import (the film catalogue of the demo world,
 * MovieLens). A genre that is not listed, or none, takes the abstract set.
 */
import type { CompositionName } from "./compositions.ts";
import type { PaletteName } from "./palettes.ts";

export interface GenreStyle {
  readonly art: readonly [CompositionName, ...CompositionName[]];
  readonly colours: readonly [PaletteName, ...PaletteName[]];
}

const abstract: GenreStyle = {
  art: ["contours", "tiles", "horizon"],
  colours: ["slate", "paper", "mint", "dusk"],
};

const crime: GenreStyle = { art: ["skyline", "blinds"], colours: ["night", "steel", "paper", "slate"] };
const thriller: GenreStyle = { art: ["blinds", "eye", "skyline"], colours: ["acid", "steel", "blood", "night"] };
const mystery: GenreStyle = { art: ["eye", "door", "blinds"], colours: ["violet", "night", "forest"] };
const romance: GenreStyle = { art: ["pair", "horizon"], colours: ["rose", "wine", "candy"] };
const music: GenreStyle = { art: ["record", "bars", "spotlights"], colours: ["neon", "butter", "violet", "cobalt"] };
const young: GenreStyle = { art: ["hills", "grin", "tiles"], colours: ["sky", "butter", "mint"] };

const styles: Readonly<Record<string, GenreStyle>> = {
  action: { art: ["burst", "chevrons", "skyline"], colours: ["ember", "cobalt", "steel"] },
  adventure: { art: ["peaks", "horizon"], colours: ["sea", "dune", "forest", "sky"] },
  animation: young,
  children: young,
  "children's": young,
  comedy: { art: ["tiles", "grin"], colours: ["butter", "cream", "candy", "mint"] },
  "black comedy": { art: ["checker", "grin", "portrait"], colours: ["bone", "paper", "acid", "candy", "blood"] },
  "concert/performance": { art: ["spotlights", "bars", "record"], colours: ["neon", "violet", "ember"] },
  concert: music,
  crime,
  documentary: { art: ["halftone", "contours"], colours: ["paper", "slate", "bone", "mint"] },
  drama: { art: ["portrait", "horizon", "door"], colours: ["dusk", "slate", "wine", "cream", "olive"] },
  family: young,
  fantasy: { art: ["spires", "peaks"], colours: ["violet", "forest", "dusk"] },
  "film-noir": crime,
  history: { art: ["spires", "horizon", "portrait", "chevrons"], colours: ["olive", "slate", "cream", "wine"] },
  horror: { art: ["teeth", "trunks", "eye"], colours: ["blood", "acid", "night"] },
  music,
  musical: music,
  mystery,
  romance,
  "romantic comedy": { art: ["pair", "grin", "tiles"], colours: ["rose", "candy", "cream"] },
  "sci-fi": { art: ["orbits", "contours"], colours: ["neon", "night", "violet", "sea"] },
  "science fiction": { art: ["orbits", "contours"], colours: ["neon", "night", "violet", "sea"] },
  superhero: { art: ["burst", "skyline"], colours: ["cobalt", "ember", "neon"] },
  thriller,
  "thriller/suspense": thriller,
  "true story": { art: ["portrait", "halftone"], colours: ["paper", "slate", "olive"] },
  war: { art: ["chevrons", "burst"], colours: ["olive", "steel", "bone"] },
  western: { art: ["mesa"], colours: ["sand", "dune", "ember"] },
};

/** The first genre that we know decides: catalogues put the most telling one first. */
export function styleOf(genres: readonly string[]): GenreStyle {
  for (const genre of genres) {
    const style = styles[genre.toLowerCase()];
    if (style !== undefined) return style;
  }
  return abstract;
}
